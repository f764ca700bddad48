// What the gateway tells the operator unasked: system messages of lists, SAs, ports and engines.
#include <fmt/core.h>

#include <algorithm>

#include "sw/fwd/gateway.h"

namespace vam::fwd {
namespace {

constexpr uint64_t kSessionsNs = 100 * kNsPerMs;    // at most once in this time
constexpr uint64_t kMissedNs = 300 * kNsPerSecond;  // as often as lists tell their sums

}  // namespace

// As IOS tells `shutdown` and its end. Requires: both of the same ports.
void Gateway::SayLinks(const Snapshot& before, const Snapshot& now) {
  const size_t ports = std::min(before.interfaces.size(), now.interfaces.size());
  for (size_t i = 0; i < ports; ++i) {
    const bool down = now.interfaces[i].shutdown;
    if (down == before.interfaces[i].shutdown) continue;
    const std::string& name = port_names_[i];
    events_->Say(down ? EventName::kLinkChanged : EventName::kLinkUp,
                 fmt::format("Interface {}, changed state to {}", name,
                             down ? "administratively down" : "up"));
    events_->Say(EventName::kLineProtocol,
                 fmt::format("Line protocol on Interface {}, changed state to {}", name,
                             down ? "down" : "up"));
  }
}

void Gateway::SayCard() {
  if (card_told_ || !broker_->card_failed()) return;
  card_told_ = true;
  size_t lost = 0;
  for (const auto& [id, placement] : broker_->placements()) lost += placement.lost ? 1 : 0;
  events_->Say(
      EventName::kEngineFailed,
      fmt::format("Crypto engine: card 0 has failed: {} SAs are lost; their successors run "
                  "in software",
                  lost));
  events_->Say(EventName::kEngineState, "Crypto engine: card 0 State changed to: Disabled");
}

void Gateway::SaySessions(uint64_t now_ns) {
  const bool wanted = running_->crypto.log_sessions;
  const bool fresh = wanted && !watching_sessions_;
  watching_sessions_ = wanted;
  // What is up when it is switched on has not come up just now.
  if (fresh) sessions_.Look(sets_, *snapshot_, nullptr);
  if (!wanted || now_ns < next_sessions_ns_) return;
  next_sessions_ns_ = now_ns + kSessionsNs;
  if (seen_sets_ == sets_.changes()) return;
  seen_sets_ = sets_.changes();
  sessions_.Look(sets_, *snapshot_, events_.get());
}

// Every turn: without anything to tell it reads no clock.
void Gateway::CollectEvents() {
  for (const AclLog::Event& event : forwarder_->TakeAclEvents()) events_->SayAcl(*running_, event);
  const uint64_t missed = forwarder_->acl_events_missed();
  if (!running_->crypto.log_sessions && !watching_sessions_ && missed == acl_missed_) return;
  const uint64_t now_ns = clock_->MonotonicNs();
  SaySessions(now_ns);
  if (missed == acl_missed_ || now_ns < next_missed_ns_) return;
  next_missed_ns_ = now_ns + kMissedNs;
  events_->Say(EventName::kAclMissed,
               fmt::format("access-list logging rate-limited or missed {} packet{}",
                           missed - acl_missed_, missed - acl_missed_ == 1 ? "" : "s"));
  acl_missed_ = missed;
}

}  // namespace vam::fwd
