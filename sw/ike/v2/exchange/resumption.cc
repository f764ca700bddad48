#include "sw/ike/v2/exchange/resumption.h"

#include <algorithm>
#include <utility>

#include "sw/ike/v2/policy/mark.h"
#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

// Less is not worth a ticket.
constexpr uint64_t kLeastLifeS = 10;
// What we hold at most of a peer's ticket: it must go in one packet in clear.
constexpr size_t kMaxHeldBytes = 1'200;
constexpr uint64_t kAskAgainNs = 10 * kNsPerSecond;      // behind TICKET_ACK
constexpr uint64_t kAfterRekeyNs = kNsPerSecond;         // the children have moved by then
constexpr uint64_t kLeastRefreshNs = 30 * kNsPerSecond;  // between two that we ask for

HeldKey KeyOf(const IkeSa& sa) {
  return {sa.home.local, sa.home.remote, sa.home.front_vrf, sa.profile->name};
}

const KeyringPeer* EntryToCall(const Profile& profile, const net::Address& remote,
                               const std::string& name) {
  return profile.keyring == nullptr ? nullptr : profile.keyring->ToCall(remote, name);
}

const KeyringPeer* EntryThatCalls(const IkeSa& sa, const Profile& profile) {
  return profile.keyring == nullptr ? nullptr
                                    : profile.keyring->ThatCalls(sa.peer_identity, sa.home.remote);
}

// What both ends have of an IKE SA that is up, but for the ticket's own end.
TicketState StateOf(const IkeSa& sa) {
  TicketState state;
  state.reauth_by_ns = sa.reauth.by_ns;
  state.session = sa.session;
  state.suite = sa.suite;
  const Bytes sk_d = sa.keys.d();
  std::ranges::copy(sk_d, state.sk_d.Resize(sk_d.size()).begin());
  state.local_auth = sa.local_auth;
  state.peer_auth = sa.peer_auth;
  state.local_identity = sa.local_identity;
  state.peer_identity = sa.peer_identity;
  state.profile = sa.profile->name;
  state.ppk = sa.ppk;
  state.peer_subject = sa.peer_subject;
  return state;
}

// No longer than the IKE SA and its authentication: RFC 4478, the peer's certificate.
uint64_t EndOf(const IkeSa& sa, uint64_t until_ns) {
  for (const uint64_t bound : {sa.expires_ns, sa.reauth.by_ns}) {
    if (bound != 0) until_ns = std::min(until_ns, bound);
  }
  return until_ns;
}

class TicketRequest final : public Request {
 public:
  ExchangeType type() const override { return ExchangeType::kInformational; }
  bool Write(Core& core, IkeSa& sa, MessageBuilder& message) override {
    if (sa.state != IkeSa::State::kUp) return false;
    AskForTicket(core, sa, message);
    return true;
  }
  void OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) override {
    NoteTicket(core, sa, answer);
  }
};

}  // namespace

// ---- client

void AskForTicket(Core& core, const IkeSa& sa, MessageBuilder& request) {
  if (sa.profile->resumption_s == 0) return;
  ++core.tickets().counts.asked;
  AddNotify(request, NotifyType::kTicketRequest);
}

void NoteTicket(Core& core, IkeSa& sa, const Incoming& answer) {
  Resumption& own = sa.resumption;
  own.ask_at_ns = 0;
  own.asks = false;
  // That of another gateway than the configured one would be shown to the wrong one.
  if (sa.profile->resumption_s == 0 || sa.state != IkeSa::State::kUp || sa.redirects != 0) return;
  if (Find(answer.notifies, NotifyType::kTicketAck) != nullptr) {
    own.asks = true;
    own.ask_at_ns = core.now_ns() + kAskAgainNs;
    return core.Touch(sa);
  }
  const NotifyPayload* const notify = Find(answer.notifies, NotifyType::kTicketLtOpaque);
  if (notify == nullptr) return;  // TICKET_NACK, or nothing known of tickets
  const auto given = ParseTicket(notify->data);
  if (!given || given->ticket.size() > kMaxHeldBytes) return;
  const uint64_t seconds = std::min(given->lifetime_seconds, sa.profile->resumption_s);
  const uint64_t now_ns = core.now_ns();
  auto held = std::make_unique<HeldTicket>();
  held->ticket.assign(given->ticket.begin(), given->ticket.end());
  held->of = sa.spi;
  held->peer_name = sa.peer_name;
  held->state = StateOf(sa);
  held->state.expires_ns = EndOf(sa, now_ns + seconds * kNsPerSecond);
  held->state.policy = MarkOf(*sa.profile, EntryToCall(*sa.profile, sa.home.remote, sa.peer_name));
  if (held->state.expires_ns < now_ns + kLeastLifeS * kNsPerSecond) return;
  own.asks = true;
  own.ask_at_ns = now_ns + std::max((held->state.expires_ns - now_ns) / 4 * 3, kLeastRefreshNs);
  core.tickets().held.Put(KeyOf(sa), std::move(held));
  ++core.tickets().counts.received;
  core.Touch(sa);
}

void OnTicketDue(Core& core, IkeSa& sa) {
  sa.resumption.ask_at_ns = 0;
  if (sa.state == IkeSa::State::kUp) core.Begin(sa, std::make_unique<TicketRequest>());
}

void InheritTickets(Core& core, const IkeSa& from, IkeSa& to) {
  to.resumption = from.resumption;
  to.resumption.given_until_ns = 0;
  to.resumption.ask_at_ns = from.resumption.asks ? core.now_ns() + kAfterRekeyNs : 0;
  ForgetTicket(core, from);
}

std::unique_ptr<HeldTicket> TakeTicket(Core& core, const IkeSa& sa) {
  auto held = core.tickets().held.Take(KeyOf(sa));
  if (held == nullptr) return nullptr;
  const PolicyMark now =
      MarkOf(*sa.profile, EntryToCall(*sa.profile, sa.home.remote, sa.peer_name));
  const bool good = sa.profile->resumption_s != 0 && held->state.expires_ns > core.now_ns() &&
                    held->state.policy == now && held->peer_name == sa.peer_name &&
                    StillOffered(core.policy(), sa.home, held->state.suite);
  return good ? std::move(held) : nullptr;
}

void PutBack(Core& core, const IkeSa& sa, std::unique_ptr<HeldTicket> ticket) {
  if (ticket->state.expires_ns <= core.now_ns()) return;
  if (core.tickets().held.Find(KeyOf(sa)) != nullptr) return;  // a newer one
  core.tickets().held.Put(KeyOf(sa), std::move(ticket));
}

const HeldTicket* HeldFor(const Core& core, const IkeSa& sa) {
  if (sa.profile == nullptr) return nullptr;
  const HeldTicket* const held = core.tickets().held.Find(KeyOf(sa));
  return held != nullptr && held->of == sa.spi ? held : nullptr;
}

void ForgetTicket(Core& core, const IkeSa& sa) {
  if (HeldFor(core, sa) != nullptr) static_cast<void>(core.tickets().held.Take(KeyOf(sa)));
}

// ---- gateway

namespace {

struct Made {
  uint32_t seconds = 0;
  std::vector<uint8_t> ticket;
};

// kNoPolicy: no ticket is given to this peer, or not now.
Result<Made> MakeTicket(Core& core, const IkeSa& sa) {
  const auto now = core.policy().FindProfile(sa.profile->name);
  // An IKE SA keeps the profile that it began with; a ticket for another would open nothing.
  if (sa.caller || sa.state != IkeSa::State::kUp || now == nullptr || now->resumption_s == 0 ||
      now->mark != sa.profile->mark) {
    return Err(ErrorCode::kNoPolicy, "the peer gets no ticket");
  }
  const uint64_t now_ns = core.now_ns();
  TicketState state = StateOf(sa);
  state.expires_ns = EndOf(sa, now_ns + now->resumption_s * kNsPerSecond);
  if (state.expires_ns < now_ns + kLeastLifeS * kNsPerSecond) {
    return Err(ErrorCode::kNoPolicy, "too little time is left");
  }
  state.policy = MarkOf(*sa.profile, EntryThatCalls(sa, *sa.profile));
  Made made;
  made.seconds = static_cast<uint32_t>((state.expires_ns - now_ns) / kNsPerSecond);
  VAM_TRY(made.ticket, core.tickets().keys.Seal(state));
  return made;
}

}  // namespace

void AnswerTicketRequest(Core& core, IkeSa& sa, const Incoming& request, MessageBuilder& answer) {
  if (Find(request.notifies, NotifyType::kTicketRequest) == nullptr) return;
  TicketCounts& counts = core.tickets().counts;
  ++counts.requested;
  const auto made = MakeTicket(core, sa);
  if (!made) return AddNotify(answer, NotifyType::kTicketNack);
  AddTicket(answer, {made->seconds, made->ticket});
  ++counts.given;
  sa.resumption.given_until_ns = core.now_ns() + made->seconds * kNsPerSecond;
}

// ---- both

void FollowTickets(Core& core) {
  const Policy& policy = core.policy();
  core.tickets().keys.SetLife(policy.longest_ticket_s() * kNsPerSecond);
  core.tickets().held.ForgetIf([&policy](const HeldKey& key, const HeldTicket& held) {
    const auto profile = policy.FindProfile(key.profile);
    return profile == nullptr || profile->resumption_s == 0 ||
           held.state.policy != MarkOf(*profile, EntryToCall(*profile, key.remote, held.peer_name));
  });
}

namespace {

bool Has(const auto& list, const auto& one) { return std::ranges::find(list, one) != list.end(); }

// What is demanded now was done then, and what was done is still taken (RFC 9370): the secrets of
// all key exchanges are in SK_d.
bool TakesAdditional(const IkeOffer& offer, const IkeSuite& suite) {
  const size_t rounds = std::max(offer.additional_groups.size(), suite.additional_groups.size());
  for (size_t i = 0; i < rounds; ++i) {
    const uint16_t done = i < suite.additional_groups.size() ? suite.additional_groups[i] : 0;
    const bool asked = i < offer.additional_groups.size() && !offer.additional_groups[i].empty();
    if (asked ? !Has(offer.additional_groups[i], done) : done != 0) return false;
  }
  return true;
}

}  // namespace

bool StillOffered(const Policy& policy, const Ends& ends, const IkeSuite& suite) {
  const IkePolicy* const found = policy.FindIke(ends.local, ends.front_vrf);
  if (found == nullptr) return false;
  return std::ranges::any_of(found->offers, [&](const IkeOffer& offer) {
    const bool whole = InfoOf(suite.cipher).combined() || Has(offer.integrities, suite.integrity);
    return Has(offer.ciphers, suite.cipher) && whole && Has(offer.prfs, suite.prf) &&
           Has(offer.groups, suite.group) && TakesAdditional(offer, suite);
  });
}

}  // namespace vam::ike::v2
