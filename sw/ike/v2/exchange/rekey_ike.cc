#include "sw/ike/v2/exchange/rekey_ike.h"

#include <algorithm>
#include <optional>

#include "sw/ike/v2/exchange/incoming.h"
#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/exchange/nonce.h"
#include "sw/ike/v2/sa/lifetime.h"
#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

// The peer's new IKE SA where ours stays: the peer deletes it, or has never heard that it is there.
constexpr uint64_t kRedundantNs = 30 * kNsPerSecond;
constexpr uint64_t kRetryNs = 5 * kNsPerSecond;  // after TEMPORARY_FAILURE

// No child of it is being made or deleted: such an IKE SA may be made anew (2.25.2).
bool AtRest(const IkeSa& sa) {
  return std::ranges::all_of(sa.children, [](const auto& child) {
    return child->state == ChildSa::State::kUp && child->outbound_later == nullptr;
  });
}

// Children, and what was not sent yet of their exchanges.
void MoveChildren(Core& core, IkeSa& from, IkeSa& to) {
  to.children = std::move(from.children);
  to.last_child = from.last_child;
  from.children.clear();
  for (const auto& child : to.children) core.NoteSas(to, *child);
  for (auto& request : std::exchange(from.waiting, {})) core.Begin(to, std::move(request));
}

// The new one is between the same two.
void Inherit(Core& core, const IkeSa& from, IkeSa& to) {
  to.session = from.session;
  core.Move(to, from.ends);
  to.home = from.home;
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
  to.reauth = from.reauth;
  to.ppk = from.ppk;  // its SK_d holds the key, so the new keys do as well (RFC 8784, 3)
  // Windows belong to one IKE SA (2.3): the new one begins with one request at a time.
  StartLife(to, core.now_ns(), core.rng());
  core.SetState(to, IkeSa::State::kUp);
  core.NotePeer(to);
}

// Additional key exchanges are of IKE_SA_INIT alone; SK_d carries what they gave.
std::vector<IkeOffer> OffersOf(const IkePolicy& policy) {
  std::vector<IkeOffer> offers = policy.offers;
  for (IkeOffer& offer : offers) offer.additional_groups.clear();
  return offers;
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
  proposals_ = Propose(OffersOf(*policy), next_, 8);
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
  Abandon(core, Cause::kRefusedByPeer);
  if (refusal.type == NotifyType::kInvalidKePayload) {
    // Taken note of as if it were what we had: the next try begins with it.
    if (const auto group = ParseGroup(refusal.data)) sa.suite.group = *group;
  }
  if (sa.successor != 0) return HandOver(core, sa);
  sa.rekey_at_ns = core.now_ns() + kRetryNs + core.rng().Below(kRetryNs);
}

Status RekeyIkeRequest::Take(Core& core, IkeSa& sa, const Incoming& answer) {
  VAM_TRY(const Bytes sa_body, Only(answer.payloads, PayloadType::kSa));
  VAM_TRY(const Proposal chosen, ParseChosenSa(sa_body));
  VAM_TRY(const Bytes nonce_r, ReadNonce(answer));
  VAM_TRY(const IkeSuite suite, CheckAnswer(proposals_, chosen));
  if (chosen.spi == 0) return Err(ErrorCode::kMalformed, "an IKE SA without an SPI");
  VAM_TRY(const crypto::SharedSecret shared, FinishExchange(answer, suite.group, *exchange_));
  IkeSa* next = core.Find(next_);
  if (next == nullptr) return Err(ErrorCode::kNotFound, "the new IKE SA has gone");
  next->peer_spi = chosen.spi;
  next->suite = suite;
  VAM_TRY(next->keys,
          DeriveRekeyed(suite, sa.suite.prf, sa.keys.d,
                        {nonce_, nonce_r, next->spi_i(), next->spi_r()}, shared.bytes()));
  Inherit(core, sa, *next);
  IkeSa* const peers = sa.successor == 0 ? nullptr : core.Find(sa.successor);
  // Both made one. That of the exchange with the lowest nonce is deleted by the end that began it,
  // the old one by the other (2.8.1).
  if (peers != nullptr && LowerNonce(LowestNonce(nonce_, nonce_r), sa.peers_nonce)) {
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

void RekeyIkeRequest::OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) {
  sa.rekeying = false;
  if (const NotifyPayload* refusal = FindRefusal(answer)) return Refused(core, sa, *refusal);
  if (Take(core, sa, answer)) return;
  Abandon(core, Cause::kMalformed);
  DeleteIke(core, sa, Cause::kMalformed);
}

}  // namespace

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

void OnRekeyIke(Core& core, IkeSa& sa, const Incoming& request) {
  if (sa.state != IkeSa::State::kUp || !AtRest(sa) || sa.successor != 0) {
    return core.AnswerWith(sa, request.header, NotifyType::kTemporaryFailure);
  }
  const auto asked = ReadKeyOffer(request);
  if (!asked) return core.AnswerWith(sa, request.header, NotifyType::kInvalidSyntax);
  const IkePolicy* policy = core.policy().FindIke(sa.home.local, sa.home.front_vrf);
  if (policy == nullptr) return core.AnswerWith(sa, request.header, NotifyType::kNoProposalChosen);
  const auto choice = Choose(asked->proposals, OffersOf(*policy), asked->ke.group);
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
  const std::vector<uint8_t> nonce = MakeNonce(core.rng());
  auto keys =
      DeriveRekeyed(next.suite, sa.suite.prf, sa.keys.d,
                    {asked->nonce, nonce, next.spi_i(), next.spi_r()}, answer->shared.bytes());
  if (!keys) {
    core.End(next, Cause::kInternal);
    return core.AnswerWith(sa, request.header, NotifyType::kTemporaryFailure);
  }
  next.keys = std::move(*keys);
  Proposal chosen = choice->proposal;
  chosen.spi = next.spi;
  MessageBuilder message;
  AddSa(message, {&chosen, 1});
  message.Add(PayloadType::kNonce, nonce);
  AddKe(message, asked->ke.group, answer->own.public_data());
  core.Answer(sa, ExchangeType::kCreateChildSa, request.header.message_id, message);
  sa.successor = next.spi;
  sa.peers_nonce = LowestNonce(asked->nonce, nonce);
  Inherit(core, sa, next);
  // While ours is under way too, its answer tells where the children go. The peer deletes the old
  // one; where it does not, the old one's own life ends it.
  core.SetState(sa, IkeSa::State::kReplaced);
  if (!sa.rekeying) HandOver(core, sa);
}

}  // namespace vam::ike::v2
