#include "sw/ike/v2/exchange/create_child.h"

#include <algorithm>
#include <optional>

#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/exchange/nonce.h"
#include "sw/ike/v2/exchange/rekey_ike.h"
#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

constexpr uint64_t kRetryNs = 5 * kNsPerSecond;  // after TEMPORARY_FAILURE

bool WantsGroup(const ChildSa& child) {
  return std::ranges::any_of(child.config->offers,
                             [](const ChildOffer& offer) { return !offer.groups.empty(); });
}

uint16_t FirstGroup(const ChildSa& child) {
  for (const ChildOffer& offer : child.config->offers) {
    if (!offer.groups.empty()) return offer.groups.front();
  }
  return 0;
}

class CreateChildRequest final : public Request {
 public:
  explicit CreateChildRequest(uint32_t child) : child_(child) {}

  ExchangeType type() const override { return ExchangeType::kCreateChildSa; }
  bool Ready(const IkeSa& sa) const override {
    if (sa.state != IkeSa::State::kUp) return false;
    const auto mine = std::ranges::find_if(
        sa.children, [this](const auto& child) { return child->id == child_; });
    return mine == sa.children.end() || (*mine)->state != ChildSa::State::kReserving;
  }
  bool Write(Core& core, IkeSa& sa, MessageBuilder& message) override;
  void OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) override;
  void OnLost(Core& /*core*/, IkeSa& /*sa*/) override {}  // its child goes with the IKE SA

 private:
  static constexpr unsigned kMaxGroups = 3;
  void Refused(Core& core, IkeSa& sa, ChildSa& child, const NotifyPayload& refusal);
  Status Take(Core& core, IkeSa& sa, ChildSa& child, const Incoming& answer);
  bool IsRedundant(IkeSa& sa, const ChildSa& child, Bytes nonce_r) const;
  bool TryOtherGroup(Core& core, IkeSa& sa, Bytes data);

  uint32_t child_;
  std::vector<uint8_t> nonce_;
  std::vector<Proposal> proposals_;
  std::optional<crypto::KeyExchange> exchange_;
  unsigned groups_tried_ = 0;
};

bool CreateChildRequest::Write(Core& core, IkeSa& sa, MessageBuilder& message) {
  const ChildSa* child = sa.FindChild(child_);
  if (child == nullptr) return false;
  const ChildSa* old = child->replaces == 0 ? nullptr : sa.FindChild(child->replaces);
  if (child->replaces != 0 && old == nullptr) {
    core.EndChild(sa, *sa.FindChild(child_), Cause::kReplaced);
    return false;
  }
  nonce_ = MakeNonce(core.rng());
  proposals_ = ProposalsOf(*child, WantsGroup(*child));
  if (WantsGroup(*child) && !exchange_) {
    auto started =
        crypto::KeyExchange::Start(static_cast<crypto::Group>(FirstGroup(*child)), core.rng());
    if (!started) {
      core.EndChild(sa, *sa.FindChild(child_), Cause::kInternal);
      return false;
    }
    exchange_ = std::move(*started);
  }
  if (old != nullptr) {
    AddNotify(message, NotifyType::kRekeySa, old->suite.protocol, old->spi_in);
  }
  message.Add(PayloadType::kNonce, nonce_);
  if (exchange_) {
    AddKe(message, static_cast<uint16_t>(exchange_->group()), exchange_->public_data());
  }
  WriteChild(sa, *child, proposals_, message);
  return true;
}

bool CreateChildRequest::TryOtherGroup(Core& core, IkeSa& sa, Bytes data) {
  const auto group = ParseGroup(data);
  if (!group || !exchange_ || ++groups_tried_ >= kMaxGroups) return false;
  const bool offered = std::ranges::any_of(proposals_, [&](const Proposal& proposal) {
    return std::ranges::any_of(proposal.transforms, [&](const Transform& transform) {
      return transform.type == TransformType::kKeyExchange && transform.id == *group;
    });
  });
  if (!offered) return false;
  auto started = crypto::KeyExchange::Start(static_cast<crypto::Group>(*group), core.rng());
  if (!started) return false;
  auto again = std::make_unique<CreateChildRequest>(child_);
  again->exchange_ = std::move(*started);
  again->groups_tried_ = groups_tried_;
  core.Begin(sa, std::move(again));
  return true;
}

void CreateChildRequest::Refused(Core& core, IkeSa& sa, ChildSa& child,
                                 const NotifyPayload& refusal) {
  if (refusal.type == NotifyType::kInvalidKePayload && TryOtherGroup(core, sa, refusal.data)) {
    return;
  }
  ChildSa* old = child.replaces == 0 ? nullptr : sa.FindChild(child.replaces);
  const Cause cause = refusal.type == NotifyType::kTsUnacceptable     ? Cause::kTsUnacceptable
                      : refusal.type == NotifyType::kNoProposalChosen ? Cause::kNoProposal
                                                                      : Cause::kRefusedByPeer;
  core.EndChild(sa, child, cause);
  if (old == nullptr) return;
  if (old->state == ChildSa::State::kRekeying) old->state = ChildSa::State::kUp;
  if (refusal.type == NotifyType::kTemporaryFailure) {
    old->rekey_at_ns = core.now_ns() + kRetryNs + core.rng().Below(kRetryNs);
  } else if (refusal.type == NotifyType::kChildSaNotFound) {
    core.EndChild(sa, *old, Cause::kDeletedByPeer);  // it has gone there (2.25.1)
  }
}

Status CreateChildRequest::Take(Core& core, IkeSa& sa, ChildSa& child, const Incoming& answer) {
  VAM_TRY(const Bytes nonce_body, Only(answer.payloads, PayloadType::kNonce));
  VAM_TRY(const Bytes nonce, ParseNonce(nonce_body));
  VAM_TRY_STATUS(ReadChildAnswer(answer, proposals_, child));
  crypto::SharedSecret shared;
  if (child.suite.group != 0) {
    VAM_TRY(const Bytes ke_body, Only(answer.payloads, PayloadType::kKe));
    VAM_TRY(const KeyExchangePayload ke, ParseKe(ke_body));
    if (!exchange_ || ke.group != child.suite.group ||
        ke.group != static_cast<uint16_t>(exchange_->group())) {
      return Err(ErrorCode::kMalformed, "the answer's key exchange is of another group");
    }
    VAM_TRY(shared, exchange_->Finish(ke.data));
  }
  if (IsRedundant(sa, child, nonce)) {
    DeleteChild(core, sa, child, Cause::kReplaced);
    return Ok();
  }
  return InstallAsProposer(core, sa, child, {nonce_, nonce}, shared.bytes());
}

// Both ends made the child anew at once. Of the two new ones that of the exchange with the lowest
// nonce goes, by the end that began it; the other end deletes the old one (2.8.1).
bool CreateChildRequest::IsRedundant(IkeSa& sa, const ChildSa& child, Bytes nonce_r) const {
  if (child.replaces == 0) return false;
  ChildSa* old = sa.FindChild(child.replaces);
  if (old == nullptr) {
    // Deleted by the peer already: because its own new one stays, or for another reason.
    return std::ranges::any_of(sa.children, [&child](const auto& other) {
      return !other->ours && other->replaces == child.replaces;
    });
  }
  old->state = ChildSa::State::kReplaced;
  return !old->peers_nonce.empty() && LowerNonce(LowestNonce(nonce_, nonce_r), old->peers_nonce);
}

void CreateChildRequest::OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) {
  ChildSa* child = sa.FindChild(child_);
  if (const NotifyPayload* refusal = FindRefusal(answer)) {
    if (child != nullptr) Refused(core, sa, *child, *refusal);
    return;
  }
  // The peer has it and we do not want it any more, or cannot read it.
  if (child == nullptr || !Take(core, sa, *child, answer)) {
    if (child != nullptr) DeleteChild(core, sa, *child, Cause::kMalformed);
  }
}

// ---- responder

void Refuse(Core& core, IkeSa& sa, const Incoming& request, NotifyType type) {
  MessageBuilder message;
  AddNotify(message, type);
  core.Answer(sa, ExchangeType::kCreateChildSa, request.header.message_id, message);
}

// What the answer to a good request consists of.
struct Agreed {
  std::shared_ptr<const ChildChoice> choice;
  std::shared_ptr<const ChildKeys> keys;
  std::vector<uint8_t> nonce;
  std::vector<uint8_t> lowest_nonce;
  std::optional<crypto::KeyExchange> own;
};

NotifyType RefusalOf(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNoPolicy:
      return NotifyType::kTsUnacceptable;
    case ErrorCode::kNotFound:
      return NotifyType::kNoProposalChosen;
    case ErrorCode::kTruncated:
    case ErrorCode::kMalformed:
      return NotifyType::kInvalidSyntax;
    default:
      return NotifyType::kTemporaryFailure;
  }
}

Status AnswerKeyExchange(Core& core, const Incoming& request, Agreed& agreed,
                         crypto::SharedSecret& shared) {
  const uint16_t group = agreed.choice->choice.suite.group;
  if (group == 0) return Ok();
  VAM_TRY(const Bytes body, Only(request.payloads, PayloadType::kKe));
  VAM_TRY(const KeyExchangePayload ke, ParseKe(body));
  VAM_TRY(auto answer,
          crypto::KeyExchange::Respond(static_cast<crypto::Group>(group), ke.data, core.rng()));
  agreed.own = std::move(answer.own);
  shared = std::move(answer.shared);
  return Ok();
}

Result<Agreed> Agree(Core& core, IkeSa& sa, const Incoming& request, ChildChoice choice) {
  Agreed agreed;
  VAM_TRY(const Bytes nonce_body, Only(request.payloads, PayloadType::kNonce));
  VAM_TRY(const Bytes nonce_i, ParseNonce(nonce_body));
  agreed.nonce = MakeNonce(core.rng());
  agreed.choice = std::make_shared<ChildChoice>(std::move(choice));
  crypto::SharedSecret shared;
  VAM_TRY_STATUS(AnswerKeyExchange(core, request, agreed, shared));
  VAM_TRY(ChildKeys keys, DeriveChild(agreed.choice->choice.suite, sa.suite.prf, sa.keys.d, nonce_i,
                                      agreed.nonce, shared.bytes()));
  agreed.keys = std::make_shared<ChildKeys>(std::move(keys));
  agreed.lowest_nonce = LowestNonce(nonce_i, agreed.nonce);
  return agreed;
}

void Accept(Core& core, IkeSa& sa, const Incoming& request, Agreed agreed, uint32_t replaces) {
  const uint32_t id = request.header.message_id;
  const auto message = std::make_shared<MessageBuilder>();
  message->Add(PayloadType::kNonce, agreed.nonce);
  if (agreed.own) {
    AddKe(*message, static_cast<uint16_t>(agreed.own->group()), agreed.own->public_data());
  }
  const auto choice = agreed.choice;
  const auto keys = agreed.keys;
  AcceptChild(core, sa, choice, replaces, keys,
              [message, id, choice, keys, replaces](Core& c, IkeSa& s, ChildSa* child) {
                MessageBuilder refusal;
                if (child == nullptr) {
                  AddNotify(refusal, NotifyType::kNoAdditionalSas);
                  return c.Answer(s, ExchangeType::kCreateChildSa, id, refusal);
                }
                WriteAccepted(*child, *choice, *message);
                c.Answer(s, ExchangeType::kCreateChildSa, id, *message);
                if (replaces == 0) return InstallOutbound(c, s, *child, *keys);
                if (ChildSa* old = s.FindChild(replaces)) {
                  old->state = ChildSa::State::kReplaced;
                }
                child->outbound_later = keys;
                child->state = ChildSa::State::kUp;
              });
}

// The child that a request makes anew. A null child: it makes another one.
struct Rekeyed {
  ChildSa* child = nullptr;
  std::optional<NotifyType> refusal;
};
Rekeyed RekeyedBy(IkeSa& sa, const Incoming& request) {
  const NotifyPayload* rekey = Find(request.notifies, NotifyType::kRekeySa);
  if (rekey == nullptr) return {};
  ChildSa* child = sa.FindChildByPeer(static_cast<uint32_t>(rekey->spi));
  if (child == nullptr || child->suite.protocol != rekey->protocol) {
    return {nullptr, NotifyType::kChildSaNotFound};
  }
  // One that is about to go, or was made anew already, is not made anew again (2.25.1).
  if (child->state != ChildSa::State::kUp && child->state != ChildSa::State::kRekeying) {
    return {nullptr, NotifyType::kTemporaryFailure};
  }
  return {child, std::nullopt};
}

}  // namespace

std::unique_ptr<Request> MakeCreateChild(uint32_t child) {
  return std::make_unique<CreateChildRequest>(child);
}

void RekeyChild(Core& core, IkeSa& sa, ChildSa& child) {
  if (child.state != ChildSa::State::kUp || sa.state != IkeSa::State::kUp) return;
  child.state = ChildSa::State::kRekeying;
  ChildSa& next = sa.AddChild(child.config);
  next.policy = child.policy;
  next.selectors = child.selectors;
  next.transport = child.transport;
  next.replaces = child.id;
  ReserveSpi(core, sa, next);
  core.Begin(sa, MakeCreateChild(next.id));
}

void OnCreateChild(Core& core, IkeSa& sa, const Incoming& request) {
  // Nothing new on an IKE SA that is about to go (2.25.2).
  if (sa.state != IkeSa::State::kUp || sa.rekeying) {
    return Refuse(core, sa, request, NotifyType::kTemporaryFailure);
  }
  const auto offered = ReadChildOffer(request, /*with_group=*/true);
  if (!offered) return Refuse(core, sa, request, NotifyType::kInvalidSyntax);
  const Rekeyed rekeyed = RekeyedBy(sa, request);
  if (rekeyed.refusal) return Refuse(core, sa, request, *rekeyed.refusal);
  auto choice = ChooseChild(core, sa, *offered, rekeyed.child);
  if (!choice) return Refuse(core, sa, request, RefusalOf(choice.error()));
  if (choice->choice.suite.group != 0 && choice->choice.suite.group != offered->group) {
    MessageBuilder message;
    AddInvalidKe(message, choice->choice.suite.group);
    return core.Answer(sa, ExchangeType::kCreateChildSa, request.header.message_id, message);
  }
  auto agreed = Agree(core, sa, request, std::move(*choice));
  if (!agreed) return Refuse(core, sa, request, RefusalOf(agreed.error()));
  uint32_t replaces = 0;
  if (rekeyed.child != nullptr) {
    replaces = rekeyed.child->id;
    // If ours is under way too, its answer will tell which of the two stays.
    rekeyed.child->peers_nonce = agreed->lowest_nonce;
  }
  Accept(core, sa, request, std::move(*agreed), replaces);
}

}  // namespace vam::ike::v2
