#include "sw/ike/v2/exchange/create_child.h"

#include <algorithm>
#include <optional>

#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/exchange/nonce.h"
#include "sw/ike/v2/exchange/reauth.h"
#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

// After TEMPORARY_FAILURE: what is in the way is an exchange or two (2.25), and an SA whose volume
// is used up has little time.
constexpr uint64_t kRetryNs = kNsPerSecond / 2;

// 0: no offer has one.
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
  ChildSa* child = sa.FindChild(child_);
  if (child == nullptr) return false;
  const ChildSa* old = child->replaces == 0 ? nullptr : sa.FindChild(child->replaces);
  if (child->replaces != 0 && old == nullptr) {
    core.EndChild(sa, *child, Cause::kReplaced);
    return false;
  }
  const uint16_t group = FirstGroup(*child);
  nonce_ = MakeNonce(core.rng());
  proposals_ = ProposalsOf(*child, group != 0);
  if (group != 0 && !exchange_) {
    auto started = crypto::KeyExchange::Start(static_cast<crypto::Group>(group), core.rng());
    if (!started) {
      core.EndChild(sa, *child, Cause::kInternal);
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
  WriteChild(*child, proposals_, message);
  return true;
}

bool CreateChildRequest::TryOtherGroup(Core& core, IkeSa& sa, Bytes data) {
  const auto group = ParseGroup(data);
  if (!group || !exchange_ || ++groups_tried_ >= kMaxGroups) return false;
  if (!OffersGroup(proposals_, *group)) return false;
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
  core.EndChild(sa, child, CauseOf(refusal));
  if (old == nullptr) return;
  if (old->state == ChildSa::State::kRekeying) old->state = ChildSa::State::kUp;
  if (refusal.type == NotifyType::kTemporaryFailure) {
    old->rekey_at_ns = core.now_ns() + kRetryNs + core.rng().Below(kRetryNs);
  } else if (refusal.type == NotifyType::kChildSaNotFound) {
    core.EndChild(sa, *old, Cause::kDeletedByPeer);  // it has gone there (2.25.1)
  }
}

Status CreateChildRequest::Take(Core& core, IkeSa& sa, ChildSa& child, const Incoming& answer) {
  VAM_TRY(const Bytes nonce, ReadNonce(answer));
  VAM_TRY_STATUS(ReadChildAnswer(answer, proposals_, child));
  crypto::SharedSecret shared;
  if (child.suite.group != 0) {
    if (!exchange_) return Err(ErrorCode::kMalformed, "a key exchange that was not offered");
    VAM_TRY(shared, FinishExchange(answer, child.suite.group, *exchange_));
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
  if (child == nullptr) return;
  // The peer has it, and we cannot read what it agreed to.
  if (!Take(core, sa, *child, answer)) DeleteChild(core, sa, *child, Cause::kMalformed);
}

// ---- responder

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
  VAM_TRY(const Bytes nonce_i, ReadNonce(request));
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
                if (replaces == 0) {
                  if (WaitsForOld(c, s, *child, keys)) return c.Touch(s);
                  return InstallOutbound(c, s, *child, *keys);
                }
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
    return core.AnswerWith(sa, request.header, NotifyType::kTemporaryFailure);
  }
  const auto offered = ReadChildOffer(request, /*with_group=*/true);
  if (!offered) return core.AnswerWith(sa, request.header, NotifyType::kInvalidSyntax);
  const Rekeyed rekeyed = RekeyedBy(sa, request);
  if (rekeyed.refusal) return core.AnswerWith(sa, request.header, *rekeyed.refusal);
  auto choice = ChooseChild(core, sa, *offered, rekeyed.child);
  if (!choice) return core.AnswerWith(sa, request.header, RefusalOf(choice.error()));
  if (choice->choice.suite.group != 0 && choice->choice.suite.group != offered->group) {
    MessageBuilder message;
    AddInvalidKe(message, choice->choice.suite.group);
    return core.Answer(sa, ExchangeType::kCreateChildSa, request.header.message_id, message);
  }
  auto agreed = Agree(core, sa, request, std::move(*choice));
  if (!agreed) return core.AnswerWith(sa, request.header, RefusalOf(agreed.error()));
  uint32_t replaces = 0;
  if (rekeyed.child != nullptr) {
    replaces = rekeyed.child->id;
    // If ours is under way too, its answer will tell which of the two stays.
    rekeyed.child->peers_nonce = agreed->lowest_nonce;
  }
  Accept(core, sa, request, std::move(*agreed), replaces);
}

}  // namespace vam::ike::v2
