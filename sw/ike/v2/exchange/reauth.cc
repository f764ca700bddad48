#include "sw/ike/v2/exchange/reauth.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "sw/ike/v2/exchange/child.h"
#include "sw/ike/v2/exchange/create_child.h"
#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/exchange/sa_init.h"
#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

// For a set-up, one whose first messages are lost too; and up to a twentieth of the time more, an
// hour at most.
constexpr uint64_t kMarginNs = 60 * kNsPerSecond;
constexpr uint64_t kJitterPart = 20;
constexpr uint64_t kMostJitterNs = 3'600 * kNsPerSecond;
constexpr uint64_t kLookNs = kNsPerSecond;             // at an IKE SA that is being made
constexpr uint64_t kReauthRetryNs = 5 * kNsPerSecond;  // after a set-up that failed
constexpr uint64_t kDrainNs = 5 * kNsPerSecond;        // what is on its way comes in by the old SAs
constexpr uint64_t kLaterNs = kNsPerSecond;            // the peer has its SA by then

bool SamePlace(const ChildSa& a, const ChildSa& b) {
  return a.policy == b.policy && a.config->map == b.config->map &&
         a.config->sequence == b.config->sequence;
}

bool IsKept(const ChildSa& child) {
  return child.state == ChildSa::State::kUp || child.state == ChildSa::State::kRekeying;
}

// Of two times of which 0 is never.
uint64_t Sooner(uint64_t a, uint64_t b) { return a == 0 || b == 0 ? a + b : std::min(a, b); }

// Until what the peer proved itself by expires; 0: it does not.
uint64_t SecondsOfTrust(const Core& core, const IkeSa& sa) {
  // A date in the year 9999 means none (RFC 5280, 4.1.2.5).
  constexpr int64_t kNeverS = UINT32_MAX;
  const int64_t left_s = sa.trusted_until_s - core.now_s();
  if (sa.trusted_until_s == 0 || left_s > kNeverS) return 0;
  return static_cast<uint64_t>(std::max<int64_t>(left_s, 1));
}

// Who comes back by a ticket has proved nothing anew: the time goes on (RFC 5723, 6.2). 0: there is
// no end to it.
uint64_t SecondsOfTicket(const Core& core, const IkeSa& sa) {
  const uint64_t by_ns = sa.resumption.reauth_by_ns;
  if (by_ns == 0) return 0;
  return by_ns <= core.now_ns() ? 1 : std::max((by_ns - core.now_ns()) / kNsPerSecond, uint64_t{1});
}

// Until the first of both; 0: neither ends.
uint64_t SecondsOfProof(const Core& core, const IkeSa& sa) {
  return Sooner(SecondsOfTrust(core, sa), SecondsOfTicket(core, sa));
}

// What takes the place of a child in another IKE SA, carrying or on its way. Null: nothing.
const ChildSa* CounterpartOf(const ChildSa& child, const IkeSa& next) {
  const auto found = std::ranges::find_if(next.children, [&child](const auto& other) {
    return other->state != ChildSa::State::kDeleting && SamePlace(*other, child);
  });
  return found == next.children.end() ? nullptr : found->get();
}

ChildSa& AddCounterpart(Core& core, const ChildSa& child, IkeSa& next) {
  ChildSa& added = next.AddChild(child.config);
  added.policy = child.policy;
  added.selectors = child.selectors;
  added.transport = child.transport;
  ReserveSpi(core, next, added);
  return added;
}

void Begin(Core& core, IkeSa& sa) {
  const auto first =
      std::ranges::find_if(sa.children, [](const auto& child) { return IsKept(*child); });
  if (first == sa.children.end()) {
    sa.reauth.at_ns = 0;  // nothing to keep: its end comes by itself
    return;
  }
  if (sa.leaving) {  // another gateway is about to take its place
    sa.reauth.at_ns = core.now_ns() + kLookNs;
    return;
  }
  IkeSa& next = CreateAnew(core, sa, sa.ends.remote);
  next.pushed = sa.pushed;  // asks for its address again
  if (auto now = core.policy().FindProfile(sa.profile->name)) {
    core.SetProfile(next, std::move(now));
  }
  next.reauth.of_another = true;
  core.Begin(next, std::make_unique<SaInitRequest>());
  AddCounterpart(core, **first, next);  // goes with IKE_AUTH
  sa.reauth.next = next.spi;
  sa.reauth.at_ns = core.now_ns() + kLookNs;
}

// Begins what lacks. True: all carry.
bool MoveOver(Core& core, IkeSa& sa, IkeSa& next) {
  bool all = true;
  for (const auto& child : sa.children) {
    if (!IsKept(*child)) continue;
    const ChildSa* there = CounterpartOf(*child, next);
    if (there == nullptr) {
      core.Begin(next, MakeCreateChild(AddCounterpart(core, *child, next).id));
    }
    all = all && there != nullptr && there->carries() && there->sa_out != 0;
  }
  return all;
}

void GoOn(Core& core, IkeSa& sa) {
  IkeSa* const next = core.Find(sa.reauth.next);
  sa.reauth.at_ns = core.now_ns() + kLookNs;
  if (next == nullptr || next->state == IkeSa::State::kDeleting) {
    sa.reauth.next = 0;
    sa.reauth.at_ns = core.now_ns() + kReauthRetryNs + core.rng().Below(kReauthRetryNs);
  } else if (next->state == IkeSa::State::kUp && MoveOver(core, sa, *next)) {
    core.SetState(sa, IkeSa::State::kReplaced);
    sa.reauth.at_ns = core.now_ns() + kDrainNs;
    sa.reauth.by_ns = 0;
  }
}

}  // namespace

void AddAuthLifetime(const Core& core, IkeSa& sa, MessageBuilder& message) {
  const uint64_t seconds = Sooner(sa.profile->reauth_s, SecondsOfProof(core, sa));
  if (seconds == 0) return;
  sa.reauth.by_ns = core.now_ns() + seconds * kNsPerSecond;
  // Without `reauth` nothing is said: the peer knows its own certificate.
  if (sa.profile->reauth_s == 0) return;
  AddNotifyNumber(message, NotifyType::kAuthLifetime, static_cast<uint32_t>(seconds));
}

void NoteAuthLifetime(Core& core, IkeSa& sa, const Incoming& message) {
  sa.reauth.called = true;
  const NotifyPayload* notify = Find(message.notifies, NotifyType::kAuthLifetime);
  const auto told = notify == nullptr ? Result<uint32_t>(0U) : ParseAuthLifetime(notify->data);
  const uint64_t asked = Sooner(told.has_value() ? *told : 0, sa.profile->reauth_s);
  const uint64_t seconds = Sooner(asked, SecondsOfProof(core, sa));
  if (seconds == 0) return;
  const uint64_t life_ns = seconds * kNsPerSecond;
  const uint64_t jitter_ns = std::min(life_ns / kJitterPart, kMostJitterNs);
  const uint64_t margin_ns = std::min(life_ns / 2, kMarginNs + core.rng().Below(jitter_ns + 1));
  sa.reauth.by_ns = core.now_ns() + life_ns;
  // So near its end that the peer would have a new certificate by now: it ends.
  const bool ends = seconds != asked && life_ns <= 2 * kMarginNs;
  sa.reauth.at_ns = ends ? 0 : sa.reauth.by_ns - margin_ns;
  core.Touch(sa);
}

bool OnReauthDue(Core& core, IkeSa& sa) {
  const uint64_t now_ns = core.now_ns();
  const bool is_old = sa.state == IkeSa::State::kReplaced && sa.successor == 0;
  if (sa.state != IkeSa::State::kUp && !is_old) {
    sa.reauth.at_ns = sa.reauth.by_ns = 0;
    return false;
  }
  if (sa.reauth.at_ns != 0 && sa.reauth.at_ns <= now_ns) {
    if (is_old) {
      sa.reauth = {};
      DeleteIke(core, sa, Cause::kReplaced);
      return true;
    }
    if (sa.reauth.next == 0) {
      Begin(core, sa);
    } else {
      GoOn(core, sa);
    }
  }
  if (sa.reauth.by_ns == 0 || sa.reauth.by_ns > now_ns) return false;
  sa.reauth = {};
  const bool expired = sa.trusted_until_s != 0 && sa.trusted_until_s <= core.now_s();
  DeleteIke(core, sa, expired ? Cause::kCertificateExpired : Cause::kNotReauthenticated);
  return true;
}

bool WaitsForOld(Core& core, const IkeSa& sa, ChildSa& child,
                 const std::shared_ptr<const ChildKeys>& keys) {
  for (const IkeSa* other : core.OfPeer(sa.peer_identity)) {
    if (other == &sa || !other->up()) continue;
    const bool carried = std::ranges::any_of(other->children, [&child](const auto& old) {
      return old->carries() && old->sa_out != 0 && SamePlace(*old, child);
    });
    if (!carried) continue;
    child.outbound_later = keys;
    child.state = ChildSa::State::kUp;
    child.rekey_at_ns = core.now_ns() + kLaterNs;
    return true;
  }
  return false;
}

void ReleaseWaiting(Core& core, const IkeSa& sa) {
  for (IkeSa* other : core.OfPeer(sa.peer_identity)) {
    if (other == &sa) continue;
    for (const auto& child : other->children) {
      if (child->outbound_later != nullptr && child->replaces == 0) {
        InstallLater(core, *other, *child);
      }
    }
  }
}

}  // namespace vam::ike::v2
