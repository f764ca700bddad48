#include "sw/ike/v2/exchange/rekey_ike.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "sw/ike/v2/exchange/followup_ke.h"
#include "sw/ike/v2/exchange/incoming.h"
#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/exchange/nonce.h"
#include "sw/ike/v2/exchange/resumption.h"
#include "sw/ike/v2/sa/lifetime.h"
#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

// The peer's new IKE SA where ours stays: the peer deletes it, or has never heard that it is there.
constexpr uint64_t kRedundantNs = 30 * kNsPerSecond;
// The old one, which the peer deletes: longer than it takes to answer a request.
constexpr uint64_t kReplacedNs = 120 * kNsPerSecond;
constexpr uint64_t kIkeRetryNs = 5 * kNsPerSecond;  // after TEMPORARY_FAILURE

// No child of it is being made or deleted: such an IKE SA may be made anew (2.25.2).
bool AtRest(const IkeSa& sa) {
  return std::ranges::all_of(sa.children, [](const auto& child) {
    return child->state == ChildSa::State::kUp && child->outbound_later == nullptr;
  });
}

// The new one is between the same two.
void Inherit(Core& core, const IkeSa& from, IkeSa& to) {
  to.session = from.session;
  core.Move(to, from.ends);
  to.home = from.home;
  to.caller = from.caller;
  to.redirects = from.redirects;
  to.redirected_from = from.redirected_from;
  to.peer_redirects = from.peer_redirects;
  // As client; a peer that was told to go may stay.
  to.leaving = from.caller && from.leaving;
  if (from.mobike != nullptr) {
    to.mobike = std::make_unique<MobikeState>(*from.mobike);
    // Numbers and SPIs are of the old one.
    to.mobike->last_update.reset();
    to.mobike->seen_as.clear();
    to.mobike->update_waits = to.mobike->check_waits = false;
  }
  to.peer_nat_traversal = from.peer_nat_traversal;
  to.nat_here = from.nat_here;
  to.nat_there = from.nat_there;
  to.peer_fragments = from.peer_fragments;
  core.SetProfile(to, from.profile);
  to.local_identity = from.local_identity;
  to.peer_identity = from.peer_identity;
  to.local_auth = from.local_auth;
  to.peer_auth = from.peer_auth;
  to.peer_subject = from.peer_subject;
  to.trusted_until_s = from.trusted_until_s;
  to.asked = from.asked;
  to.reauth = from.reauth;
  InheritTickets(core, from, to);
  to.ppk = from.ppk;  // its SK_d holds the key, so the new keys do as well (RFC 8784, 3)
  to.peer_name = from.peer_name;
  to.assigned = from.assigned;
  to.pushed = from.pushed;
  // Windows belong to one IKE SA (2.3): the new one begins with one request at a time.
  StartLife(to, core.now_ns(), core.rng());
  core.SetState(to, IkeSa::State::kUp);
  core.NotePeer(to);
}

// What an exchange agreed on. Its key exchanges may go on.
struct Agreed {
  uint64_t next = 0;  // SPI of the new one
  std::vector<uint8_t> nonce_i, nonce_r;
  crypto::SharedSecret shared;
};

// All is there: the new one has its keys, and is up. kNotFound: it has gone.
Result<IkeSa*> BringUp(Core& core, IkeSa& sa, const Agreed& agreed, Bytes additional) {
  IkeSa* const next = core.Find(agreed.next);
  if (next == nullptr) return Err(ErrorCode::kNotFound, "the new IKE SA has gone");
  VAM_TRY(next->keys, DeriveRekeyed(next->suite, sa.suite.prf, sa.keys.d(),
                                    {agreed.nonce_i, agreed.nonce_r, next->spi_i(), next->spi_r()},
                                    agreed.shared.bytes(), additional));
  next->keys.DropProofs();
  next->expires_ns = 0;
  Inherit(core, sa, *next);
  return next;
}

// Ours is up: it takes over, unless the peer's does.
Status Conclude(Core& core, IkeSa& sa, const Agreed& agreed, Bytes additional) {
  VAM_TRY(IkeSa* const next, BringUp(core, sa, agreed, additional));
  IkeSa* const peers = sa.successor == 0 ? nullptr : core.Find(sa.successor);
  // Both made one. That of the exchange with the lowest nonce is deleted by the end that began it,
  // the old one by the other (2.8.1).
  if (peers != nullptr && LowerNonce(LowestNonce(agreed.nonce_i, agreed.nonce_r), sa.peers_nonce)) {
    MoveChildren(core, sa, *peers);
    DeleteIke(core, *next, Cause::kReplaced);
    return Ok();
  }
  if (peers != nullptr) {
    peers->rekey_at_ns = 0;
    peers->expires_ns = core.now_ns() + kRedundantNs;
    core.Touch(*peers);
  }
  MoveChildren(core, sa, *next);
  core.SetState(sa, IkeSa::State::kReplaced);
  DeleteIke(core, sa, Cause::kReplaced);
  return Ok();
}

void TryAgain(Core& core, IkeSa& sa) {
  sa.rekey_at_ns = core.now_ns() + kIkeRetryNs + core.rng().Below(kIkeRetryNs);
  core.Touch(sa);
}

// It comes to nothing; what the peer made of the old one takes over, or it is tried again.
void GiveUp(Core& core, IkeSa& sa, uint64_t next, Cause cause) {
  if (IkeSa* const left = core.Find(next)) core.End(*left, cause);
  if (sa.successor != 0) return HandOver(core, sa);
  if (AwaitedOfIke(sa) != nullptr) return;  // the peer goes on with its own
  TryAgain(core, sa);
}

// Our chain of key exchanges is over.
void OnFollowed(Core& core, IkeSa& sa, const Agreed& agreed, FollowupEnd end, Bytes additional) {
  sa.rekeying = false;
  switch (end) {
    case FollowupEnd::kDone:
      if (Conclude(core, sa, agreed, additional)) return;
      break;
    case FollowupEnd::kRefused:
      return GiveUp(core, sa, agreed.next, Cause::kRefusedByPeer);
    case FollowupEnd::kLost:
      if (IkeSa* const left = core.Find(agreed.next)) core.End(*left, Cause::kNoAnswer);
      return;
    case FollowupEnd::kMalformed:
      break;
  }
  if (IkeSa* const left = core.Find(agreed.next)) core.End(*left, Cause::kMalformed);
  DeleteIke(core, sa, Cause::kMalformed);
}

class RekeyIkeRequest final : public Request {
 public:
  ExchangeType type() const override { return ExchangeType::kCreateChildSa; }
  bool Ready(const IkeSa& sa) const override { return sa.requests.empty() && AtRest(sa); }
  bool Write(Core& core, IkeSa& sa, MessageBuilder& message) override;
  void OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) override;
  void OnLost(Core& core, IkeSa& sa) override;

 private:
  void Refused(Core& core, IkeSa& sa, const NotifyPayload& refusal);
  Status Take(Core& core, IkeSa& sa, const Incoming& answer);
  Status Follow(Core& core, IkeSa& sa, Agreed agreed, const Incoming& answer);
  void Abandon(Core& core, Cause cause);

  uint64_t next_ = 0;  // SPI of the new one
  std::vector<uint8_t> nonce_;
  std::vector<Proposal> proposals_;
  std::optional<crypto::KeyExchange> exchange_;
};

bool RekeyIkeRequest::Write(Core& core, IkeSa& sa, MessageBuilder& message) {
  const IkePolicy* policy = core.policy().FindIke(sa.home.local, sa.home.front_vrf);
  if (sa.state != IkeSa::State::kUp || policy == nullptr || policy->offers.empty()) return false;
  // The group that the peer took before, where it is offered still.
  const auto& groups = policy->offers.front().groups;
  const bool again = std::ranges::find(groups, sa.suite.group) != groups.end();
  auto started = crypto::KeyExchange::Start(
      static_cast<crypto::Group>(again ? sa.suite.group : groups.front()), core.rng());
  if (!started) return false;
  exchange_ = std::move(*started);
  IkeSa& next = core.Create(sa.ends, /*initiator=*/true);
  next_ = next.spi;
  sa.rekeying = true;
  nonce_ = MakeNonce(core.rng());
  proposals_ = Propose(policy->offers, next_, 8);
  AddSa(message, proposals_);
  message.Add(PayloadType::kNonce, nonce_);
  AddKe(message, static_cast<uint16_t>(exchange_->group()), exchange_->public_data());
  return true;
}

void RekeyIkeRequest::Abandon(Core& core, Cause cause) {
  if (IkeSa* next = core.Find(next_)) core.End(*next, cause);
}

void RekeyIkeRequest::OnLost(Core& core, IkeSa& /*sa*/) { Abandon(core, Cause::kNoAnswer); }

void RekeyIkeRequest::Refused(Core& core, IkeSa& sa, const NotifyPayload& refusal) {
  if (refusal.type == NotifyType::kInvalidKePayload) {
    // Taken note of as if it were what we had: the next try begins with it.
    if (const auto group = ParseGroup(refusal.data)) sa.suite.group = *group;
  }
  GiveUp(core, sa, next_, Cause::kRefusedByPeer);
}

Status RekeyIkeRequest::Take(Core& core, IkeSa& sa, const Incoming& answer) {
  VAM_TRY(const Bytes sa_body, Only(answer.payloads, PayloadType::kSa));
  VAM_TRY(const Proposal chosen, ParseChosenSa(sa_body));
  VAM_TRY(const Bytes nonce_r, ReadNonce(answer));
  VAM_TRY(const IkeSuite suite, CheckAnswer(proposals_, chosen));
  if (chosen.spi == 0) return Err(ErrorCode::kMalformed, "an IKE SA without an SPI");
  VAM_TRY(crypto::SharedSecret shared, FinishExchange(answer, suite.group, *exchange_));
  IkeSa* next = core.Find(next_);
  if (next == nullptr) return Err(ErrorCode::kNotFound, "the new IKE SA has gone");
  next->peer_spi = chosen.spi;
  next->suite = suite;
  Agreed agreed{next_, nonce_, {nonce_r.begin(), nonce_r.end()}, std::move(shared)};
  if (!suite.additional_groups.empty()) return Follow(core, sa, std::move(agreed), answer);
  // A chain of the peer's that is not complete has lost by now.
  AbandonOfIke(core, sa);
  return Conclude(core, sa, agreed, {});
}

// Both ends made it anew at once: of two chains that are not complete only one is gone on with.
Status RekeyIkeRequest::Follow(Core& core, IkeSa& sa, Agreed agreed, const Incoming& answer) {
  const auto lowest = LowestNonce(agreed.nonce_i, agreed.nonce_r);
  const Followup* const peers = AwaitedOfIke(sa);
  const bool lost = peers != nullptr ? LowerNonce(lowest, peers->lowest_nonce)
                                     : sa.successor != 0 && LowerNonce(lowest, sa.peers_nonce);
  if (lost) {
    Abandon(core, Cause::kReplaced);
    HandOver(core, sa);
    return Ok();
  }
  sa.rekeying = true;
  AbandonOfIke(core, sa);
  const std::vector<uint16_t> rounds = RoundsOf(core.Find(agreed.next)->suite.additional_groups);
  const auto kept = std::make_shared<const Agreed>(std::move(agreed));
  const Status begun = BeginFollowup(core, sa, rounds, answer,
                                     [kept](Core& c, IkeSa& s, FollowupEnd end, Bytes additional) {
                                       OnFollowed(c, s, *kept, end, additional);
                                     });
  if (!begun) sa.rekeying = false;
  return begun;
}

void RekeyIkeRequest::OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) {
  sa.rekeying = false;
  if (const NotifyPayload* refusal = FindRefusal(answer)) return Refused(core, sa, *refusal);
  if (Take(core, sa, answer)) return;
  Abandon(core, Cause::kMalformed);
  DeleteIke(core, sa, Cause::kMalformed);
}

}  // namespace

void MoveChildren(Core& core, IkeSa& from, IkeSa& to) {
  to.children = std::move(from.children);
  to.last_child = from.last_child;
  from.children.clear();
  for (const auto& child : to.children) core.NoteSas(to, *child);
  for (auto& request : std::exchange(from.waiting, {})) core.Begin(to, std::move(request));
}

void RekeyIke(Core& core, IkeSa& sa) {
  if (sa.state != IkeSa::State::kUp) return;
  core.Begin(sa, std::make_unique<RekeyIkeRequest>());
}

void HandOver(Core& core, IkeSa& sa) {
  IkeSa* const to = sa.successor == 0 ? nullptr : core.Find(sa.successor);
  if (to != nullptr && !sa.children.empty()) MoveChildren(core, sa, *to);
}

bool IsIkeRekey(const Incoming& request) {
  const RawPayload* body = Find(request.payloads, PayloadType::kSa);
  if (body == nullptr) return false;
  const auto proposals = ParseSa(body->body);
  return proposals && proposals->front().protocol == Protocol::kIke;
}

namespace {

// The peer's new one is up. `answer` tells the peer, before anything else goes out.
Status Succeed(Core& core, IkeSa& sa, const Agreed& agreed, Bytes additional,
               const std::function<void()>& answer) {
  VAM_TRY(IkeSa* const next, BringUp(core, sa, agreed, additional));
  answer();
  sa.successor = next->spi;
  next->predecessor = sa.spi;
  sa.peers_nonce = LowestNonce(agreed.nonce_i, agreed.nonce_r);
  // While ours is under way too, its answer tells where the children go. The peer deletes the old
  // one; where it does not, we do.
  sa.expires_ns = std::min(sa.expires_ns, core.now_ns() + kReplacedNs);
  core.SetState(sa, IkeSa::State::kReplaced);
  if (!sa.rekeying) HandOver(core, sa);
  return Ok();
}

// Waits for the key exchanges that follow.
void Await(Core& core, IkeSa& sa, IkeSa& next, Agreed agreed, MessageBuilder& answer) {
  const auto kept = std::make_shared<const Agreed>(std::move(agreed));
  auto followup = std::make_unique<Followup>();
  followup->groups = RoundsOf(next.suite.additional_groups);
  followup->lowest_nonce = LowestNonce(kept->nonce_i, kept->nonce_r);
  followup->finish = [kept](Core& c, IkeSa& s, const Header& request, MessageBuilder message,
                            Bytes additional) {
    const Status made = Succeed(c, s, *kept, additional, [&] {
      c.Answer(s, ExchangeType::kIkeFollowupKe, request.message_id, message);
    });
    if (!made) c.AnswerWith(s, request, NotifyType::kStateNotFound);
  };
  followup->abandon = [kept](Core& c, IkeSa& s) {
    if (IkeSa* const left = c.Find(kept->next)) c.End(*left, Cause::kReplaced);
    if (!s.rekeying) TryAgain(c, s);
  };
  AwaitFollowup(core, sa, std::move(followup), answer);
  // Should the old one end before.
  next.expires_ns = sa.followups.back()->expires_ns + kRedundantNs;
  core.Touch(next);
}

}  // namespace

void OnRekeyIke(Core& core, IkeSa& sa, const Incoming& request) {
  if (sa.state != IkeSa::State::kUp || !AtRest(sa) || sa.successor != 0 || IsFollowing(sa) ||
      AwaitedOfIke(sa) != nullptr) {
    return core.AnswerWith(sa, request.header, NotifyType::kTemporaryFailure);
  }
  // Two of one peer, not a row of them.
  if (core.Find(sa.predecessor) != nullptr) {
    core.Drop(sa.ends, Cause::kTooManyRequests);
    return core.AnswerWith(sa, request.header, NotifyType::kTemporaryFailure);
  }
  const auto asked = ReadKeyOffer(request);
  if (!asked) return core.AnswerWith(sa, request.header, NotifyType::kInvalidSyntax);
  const IkePolicy* policy = core.policy().FindIke(sa.home.local, sa.home.front_vrf);
  if (policy == nullptr) return core.AnswerWith(sa, request.header, NotifyType::kNoProposalChosen);
  const auto choice = Choose(asked->proposals, policy->offers, asked->ke.group);
  if (!choice || choice->proposal.spi_bytes != 8 || choice->proposal.spi == 0) {
    return core.AnswerWith(sa, request.header, NotifyType::kNoProposalChosen);
  }
  if (choice->suite.group != asked->ke.group) {
    MessageBuilder message;
    AddInvalidKe(message, choice->suite.group);
    return core.Answer(sa, ExchangeType::kCreateChildSa, request.header.message_id, message);
  }
  auto answer = crypto::KeyExchange::Respond(static_cast<crypto::Group>(asked->ke.group),
                                             asked->ke.data, core.rng());
  if (!answer) return core.AnswerWith(sa, request.header, NotifyType::kInvalidSyntax);

  IkeSa& next = core.Create(sa.ends, /*initiator=*/false);
  next.peer_spi = choice->proposal.spi;
  next.suite = choice->suite;
  Agreed agreed{next.spi,
                {asked->nonce.begin(), asked->nonce.end()},
                MakeNonce(core.rng()),
                std::move(answer->shared)};
  Proposal chosen = choice->proposal;
  chosen.spi = next.spi;
  MessageBuilder message;
  AddSa(message, {&chosen, 1});
  message.Add(PayloadType::kNonce, agreed.nonce_r);
  AddKe(message, asked->ke.group, answer->own.public_data());
  if (!next.suite.additional_groups.empty()) {
    Await(core, sa, next, std::move(agreed), message);
    // Its keys are not there yet: the peer asks again (RFC 5723, 4.1).
    if (Find(request.notifies, NotifyType::kTicketRequest) != nullptr) {
      AddNotify(message, NotifyType::kTicketAck);
    }
    return core.Answer(sa, ExchangeType::kCreateChildSa, request.header.message_id, message);
  }
  const Status made = Succeed(core, sa, agreed, {}, [&] {
    AnswerTicketRequest(core, next, request, message);
    core.Answer(sa, ExchangeType::kCreateChildSa, request.header.message_id, message);
  });
  if (!made) {
    core.End(next, Cause::kInternal);
    core.AnswerWith(sa, request.header, NotifyType::kTemporaryFailure);
  }
}

}  // namespace vam::ike::v2
