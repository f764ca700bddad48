#include "sw/ike/v2/exchange/create_child.h"

#include <algorithm>
#include <optional>

#include "sw/ike/v2/exchange/configuration.h"
#include "sw/ike/v2/exchange/followup_ke.h"
#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/exchange/nonce.h"
#include "sw/ike/v2/exchange/reauth.h"
#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

// After TEMPORARY_FAILURE: what is in the way is an exchange or two (2.25), and an SA whose volume
// is used up has little time.
constexpr uint64_t kChildRetryNs = kNsPerSecond / 2;

// 0: no offer has one.
uint16_t FirstGroup(const ChildSa& child) {
  for (const ChildOffer& offer : child.config->offers) {
    if (!offer.groups.empty()) return offer.groups.front();
  }
  return 0;
}

void TryAgainSoon(Core& core, ChildSa& child) {
  child.rekey_at_ns = core.now_ns() + kChildRetryNs + core.rng().Below(kChildRetryNs);
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
  void Follow(Core& core, IkeSa& sa, ChildSa& child, const Incoming& answer,
              crypto::SharedSecret shared, Bytes nonce_r);
  bool IsRedundant(IkeSa& sa, const ChildSa& child, Bytes nonce_r) const;
  bool TryOtherGroup(Core& core, IkeSa& sa, Bytes data);

  uint32_t child_;
  std::vector<uint8_t> nonce_;
  std::vector<Proposal> proposals_;
  std::optional<crypto::KeyExchange> exchange_;
  unsigned groups_tried_ = 0;
  bool asks_address_ = false;  // by a configuration payload
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
  proposals_ = ProposalsOf(sa, *child, group != 0);
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
  asks_address_ = old == nullptr && LacksAddress(sa);
  if (asks_address_) WriteConfigurationRequest(sa, message);
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
  const uint32_t replaces = child.replaces;
  core.EndChild(sa, child, CauseOf(refusal));
  ChildSa* const old = replaces == 0 ? nullptr : sa.FindChild(replaces);
  // What the peer has deleted may have gone by now, or goes when the peer's new one carries.
  if (old == nullptr || old->deleted_by_peer) return;
  if (old->state == ChildSa::State::kRekeying) old->state = ChildSa::State::kUp;
  if (refusal.type == NotifyType::kTemporaryFailure) {
    TryAgainSoon(core, *old);
  } else if (refusal.type == NotifyType::kChildSaNotFound) {
    core.EndChild(sa, *old, Cause::kDeletedByPeer);  // it has gone there (2.25.1)
  }
}

Status CreateChildRequest::Take(Core& core, IkeSa& sa, ChildSa& child, const Incoming& answer) {
  VAM_TRY(const Bytes nonce, ReadNonce(answer));
  VAM_TRY_STATUS(ReadChildAnswer(answer, proposals_, child));
  if (asks_address_) VAM_TRY_STATUS(ReadConfigurationReply(sa, answer));
  crypto::SharedSecret shared;
  if (child.suite.group != 0) {
    if (!exchange_) return Err(ErrorCode::kMalformed, "a key exchange that was not offered");
    VAM_TRY(shared, FinishExchange(answer, child.suite.group, *exchange_));
  }
  const bool follows = !child.suite.additional_groups.empty();
  if (IsRedundant(sa, child, nonce)) {
    // One that is not complete is not gone on with, and the peer forgets it.
    if (follows) {
      core.EndChild(sa, child, Cause::kReplaced);
    } else {
      DeleteChild(core, sa, child, Cause::kReplaced);
    }
    return Ok();
  }
  if (follows) {
    Follow(core, sa, child, answer, std::move(shared), nonce);
    return Ok();
  }
  return InstallAsProposer(core, sa, child, {nonce_, nonce}, shared.bytes());
}

// The old one carries until the last key exchange is done.
void FollowupFailed(Core& core, IkeSa& sa, ChildSa& child, FollowupEnd end) {
  if (end == FollowupEnd::kLost) return;  // ends with the IKE SA
  ChildSa* const old = child.replaces == 0 ? nullptr : sa.FindChild(child.replaces);
  if (old != nullptr && old->state == ChildSa::State::kReplaced) {
    old->state = ChildSa::State::kUp;
    TryAgainSoon(core, *old);
  }
  // The peer may have the child.
  if (end == FollowupEnd::kMalformed) return DeleteChild(core, sa, child, Cause::kMalformed);
  core.EndChild(sa, child, Cause::kRefusedByPeer);
}

void CreateChildRequest::Follow(Core& core, IkeSa& sa, ChildSa& child, const Incoming& answer,
                                crypto::SharedSecret shared, Bytes nonce_r) {
  struct Kept {
    uint32_t child;
    std::vector<uint8_t> nonce_i, nonce_r;
    crypto::SharedSecret shared;
  };
  const auto kept = std::make_shared<const Kept>(
      Kept{child.id, nonce_, {nonce_r.begin(), nonce_r.end()}, std::move(shared)});
  const Status begun = BeginFollowup(core, sa, RoundsOf(child.suite.additional_groups), answer,
                                     [kept](Core& c, IkeSa& s, FollowupEnd end, Bytes additional) {
                                       ChildSa* const made = s.FindChild(kept->child);
                                       if (made == nullptr) return;
                                       if (end != FollowupEnd::kDone)
                                         return FollowupFailed(c, s, *made, end);
                                       const Status installed = InstallAsProposer(
                                           c, s, *made, {kept->nonce_i, kept->nonce_r},
                                           kept->shared.bytes(), additional);
                                       if (!installed) DeleteChild(c, s, *made, Cause::kInternal);
                                     });
  if (!begun) FollowupFailed(core, sa, child, FollowupEnd::kMalformed);
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
  std::optional<OwnedConfiguration> configuration;
  std::shared_ptr<const ChildChoice> choice;
  std::shared_ptr<const ChildKeys> keys;  // null: more key exchanges follow
  std::vector<uint8_t> nonce_i;
  std::vector<uint8_t> nonce;
  std::vector<uint8_t> lowest_nonce;
  std::shared_ptr<const crypto::SharedSecret> shared;
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
  agreed.nonce_i.assign(nonce_i.begin(), nonce_i.end());
  agreed.lowest_nonce = LowestNonce(nonce_i, agreed.nonce);
  const ChildSuite& suite = agreed.choice->choice.suite;
  if (!suite.additional_groups.empty()) {
    agreed.shared = std::make_shared<const crypto::SharedSecret>(std::move(shared));
    return agreed;
  }
  VAM_TRY(ChildKeys keys,
          DeriveChild(suite, sa.suite.prf, sa.keys.d(), nonce_i, agreed.nonce, shared.bytes()));
  agreed.keys = std::make_shared<ChildKeys>(std::move(keys));
  return agreed;
}

// A child that the peer made is answered: what goes out by it waits where it takes the place of
// another.
void GoOut(Core& core, IkeSa& sa, ChildSa& child, std::shared_ptr<const ChildKeys> keys,
           uint32_t replaces) {
  if (replaces == 0) {
    if (WaitsForOld(core, sa, child, keys)) return core.Touch(sa);
    return InstallOutbound(core, sa, child, *keys);
  }
  if (ChildSa* old = sa.FindChild(replaces)) old->state = ChildSa::State::kReplaced;
  child.outbound_later = std::move(keys);
  child.state = ChildSa::State::kUp;
}

// The last key exchange of a child is done: it is installed, then answered.
void FinishFollowup(Core& core, IkeSa& sa, const Agreed& agreed, uint32_t child_id,
                    const Header& request, MessageBuilder message, Bytes additional) {
  ChildSa* const child = sa.FindChild(child_id);
  const uint32_t replaces = child == nullptr ? 0 : child->replaces;
  const bool old_gone = replaces != 0 && sa.FindChild(replaces) == nullptr;
  auto derived = child == nullptr || old_gone
                     ? Result<ChildKeys>(Err(ErrorCode::kNotFound, "the child has gone"))
                     : DeriveChild(child->suite, sa.suite.prf, sa.keys.d(), agreed.nonce_i,
                                   agreed.nonce, agreed.shared->bytes(), additional);
  if (!derived) {
    if (child != nullptr) core.EndChild(sa, *child, Cause::kReplaced);
    return core.AnswerWith(sa, request, NotifyType::kStateNotFound);
  }
  const auto keys = std::make_shared<const ChildKeys>(std::move(*derived));
  const auto answer = std::make_shared<MessageBuilder>(std::move(message));
  GoOnAccepted(core, sa, *child, keys,
               [keys, answer, request, replaces](Core& c, IkeSa& s, ChildSa* made) {
                 if (made == nullptr) {
                   return c.AnswerWith(s, request, NotifyType::kNoAdditionalSas);
                 }
                 c.Answer(s, ExchangeType::kIkeFollowupKe, request.message_id, *answer);
                 GoOut(c, s, *made, keys, replaces);
               });
}

// Waits for the key exchanges that follow.
void Await(Core& core, IkeSa& sa, const ChildSa& child, const std::shared_ptr<const Agreed>& agreed,
           MessageBuilder& answer) {
  auto followup = std::make_unique<Followup>();
  followup->groups = RoundsOf(child.suite.additional_groups);
  followup->finish = [agreed, id = child.id](Core& c, IkeSa& s, const Header& request,
                                             MessageBuilder message, Bytes additional) {
    FinishFollowup(c, s, *agreed, id, request, std::move(message), additional);
  };
  followup->abandon = [id = child.id](Core& c, IkeSa& s) {
    if (ChildSa* const left = s.FindChild(id)) c.EndChild(s, *left, Cause::kNoAnswer);
  };
  AwaitFollowup(core, sa, std::move(followup), answer);
}

void Accept(Core& core, IkeSa& sa, const Incoming& request, Agreed agreed, uint32_t replaces) {
  const uint32_t id = request.header.message_id;
  const auto message = std::make_shared<MessageBuilder>();
  if (agreed.configuration) agreed.configuration->Write(*message);
  message->Add(PayloadType::kNonce, agreed.nonce);
  if (agreed.own) {
    AddKe(*message, static_cast<uint16_t>(agreed.own->group()), agreed.own->public_data());
  }
  const auto kept = std::make_shared<const Agreed>(std::move(agreed));
  AcceptChild(core, sa, kept->choice, replaces, kept->keys,
              [message, id, kept, replaces](Core& c, IkeSa& s, ChildSa* child) {
                MessageBuilder refusal;
                if (child == nullptr) {
                  AddNotify(refusal, NotifyType::kNoAdditionalSas);
                  return c.Answer(s, ExchangeType::kCreateChildSa, id, refusal);
                }
                WriteAccepted(*child, *kept->choice, *message);
                if (kept->keys == nullptr) Await(c, s, *child, kept, *message);
                c.Answer(s, ExchangeType::kCreateChildSa, id, *message);
                if (kept->keys != nullptr) GoOut(c, s, *child, kept->keys, replaces);
              });
}

// The peer has as many children as it may. Those that were made anew go by themselves.
bool HasAllItMay(const Core& core, const IkeSa& sa) {
  const auto made = static_cast<size_t>(std::ranges::count_if(sa.children, [](const auto& child) {
    return child->peers && child->state != ChildSa::State::kReplaced;
  }));
  if (made < kMaxPeersChildren) return false;
  size_t lines = 0;
  for (const auto& config : ConfiguredFor(core, sa)) lines += config->lines.size();
  return made >= kMaxPeersChildren + lines;
}

bool LeavesReplaced(const IkeSa& sa) {
  return static_cast<size_t>(std::ranges::count_if(sa.children, [](const auto& child) {
           return child->state == ChildSa::State::kReplaced;
         })) >= kMaxReplacedChildren;
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
  // Nor twice at once, which would make two of one each time.
  const bool begun = std::ranges::any_of(sa.children, [child](const auto& other) {
    return !other->ours && other->replaces == child->id;
  });
  if (begun) return {nullptr, NotifyType::kTemporaryFailure};
  return {child, std::nullopt};
}

// One SA carries what we send by a line, so a peer that wants another for each of its processors is
// told that there is no more (RFC 9611, section 4). Without SA_RESOURCE_INFO it may have its
// reason.
bool IsOneMorePerResource(const IkeSa& sa, const Incoming& request, const ChildChoice& choice) {
  if (Find(request.notifies, NotifyType::kSaResourceInfo) == nullptr) return false;
  return std::ranges::any_of(sa.children, [&choice](const auto& child) {
    return child->state == ChildSa::State::kUp && child->config == choice.config &&
           child->selectors.local == choice.selectors.local &&
           child->selectors.remote == choice.selectors.remote;
  });
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
  next.peers = child.peers;
  next.replaces = child.id;
  ReserveSpi(core, sa, next);
  core.Begin(sa, MakeCreateChild(next.id));
}

void OnCreateChild(Core& core, IkeSa& sa, const Incoming& request) {
  // Nothing new on an IKE SA that is about to go (2.25.2).
  if (sa.state != IkeSa::State::kUp || sa.rekeying || AwaitedOfIke(sa) != nullptr) {
    return core.AnswerWith(sa, request.header, NotifyType::kTemporaryFailure);
  }
  const auto offered = ReadChildOffer(request, /*with_group=*/true);
  if (!offered) return core.AnswerWith(sa, request.header, NotifyType::kInvalidSyntax);
  const Rekeyed rekeyed = RekeyedBy(sa, request);
  if (rekeyed.refusal) return core.AnswerWith(sa, request.header, *rekeyed.refusal);
  if (rekeyed.child == nullptr ? HasAllItMay(core, sa) : LeavesReplaced(sa)) {
    core.Drop(sa.ends, Cause::kTooManyChildren);
    return core.AnswerWith(sa, request.header, NotifyType::kNoAdditionalSas);
  }
  ConfigurationAnswer configuration;
  if (rekeyed.child == nullptr) configuration = AnswerConfiguration(core, sa, request);
  if (configuration.refusal) return core.AnswerWith(sa, request.header, *configuration.refusal);
  auto choice = ChooseChild(core, sa, *offered, rekeyed.child);
  if (!choice) return core.AnswerWith(sa, request.header, RefusalOf(choice.error()));
  if (rekeyed.child == nullptr && IsOneMorePerResource(sa, request, *choice)) {
    return core.AnswerWith(sa, request.header, NotifyType::kTsMaxQueue);
  }
  if (choice->choice.suite.group != 0 && choice->choice.suite.group != offered->group) {
    MessageBuilder message;
    AddInvalidKe(message, choice->choice.suite.group);
    return core.Answer(sa, ExchangeType::kCreateChildSa, request.header.message_id, message);
  }
  if (!choice->choice.suite.additional_groups.empty() && !MayAwaitFollowup(sa)) {
    return core.AnswerWith(sa, request.header, NotifyType::kTemporaryFailure);
  }
  auto agreed = Agree(core, sa, request, std::move(*choice));
  if (!agreed) return core.AnswerWith(sa, request.header, RefusalOf(agreed.error()));
  agreed->configuration = std::move(configuration.reply);
  uint32_t replaces = 0;
  if (rekeyed.child != nullptr) {
    replaces = rekeyed.child->id;
    // If ours is under way too, its answer will tell which of the two stays.
    rekeyed.child->peers_nonce = agreed->lowest_nonce;
  }
  Accept(core, sa, request, std::move(*agreed), replaces);
}

}  // namespace vam::ike::v2
