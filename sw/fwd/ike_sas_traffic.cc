// What negotiated SAs tell IKE of their traffic: that a tunnel is idle, and that a peer is silent.
#include <utility>

#include "sw/fwd/ike_sas.h"

namespace vam::fwd {

using api::EventKind;
using offload::Broker;

// Packets of the whole set: of all SAs that it has at the moment.
IkeSas::Traffic IkeSas::TrafficOf(const Sa& sa) const {
  Traffic traffic;
  const uint32_t number = parts_.sets.FindId(sa.policy);
  if (number == kNoSet) return traffic;
  const SaSet& set = parts_.sets.at(number);
  for (const uint32_t index : set.outbound) traffic.out += parts_.sets.bundle(index).packets;
  for (const uint32_t index : set.inbound) traffic.in += parts_.sets.bundle(index).packets;
  return traffic;
}

// Both ways: an SA is idle when its tunnel is.
uint64_t IkeSas::PacketsOf(const Sa& sa) const {
  const Traffic traffic = TrafficOf(sa);
  return traffic.out + traffic.in;
}

float IkeSas::RateOf(uint64_t sa_id) const {
  const auto found = sas_.find(sa_id);
  if (found == sas_.end()) return Broker::kUnknownRate;
  const Bundle* const bundle = parts_.sets.Get(found->second.bundle);
  const uint64_t age_ns = parts_.clock.MonotonicNs() - found->second.since_ns;
  if (bundle == nullptr || age_ns == 0) return Broker::kUnknownRate;
  return static_cast<float>(bundle->packets) * float{kNsPerSecond} / static_cast<float>(age_ns);
}

void IkeSas::CheckIdle(uint64_t sa_id, Sa& sa, uint64_t now_ns) {
  const uint64_t packets = PacketsOf(sa);
  const bool idle = packets == std::exchange(sa.idle_packets, packets);
  sa.idle_at_ns = now_ns + sa.idle_ns;
  if (idle) notices_.push_back({sa_id, EventKind::kIdle, sa.idle_ns / kNsPerMs});
}

// Looks twice in the time that it may be silent, so packets need not note when they came: the event
// comes up to half that time late, never early.
void IkeSas::CheckSilence(uint64_t sa_id, Sa& sa, uint64_t now_ns) {
  const Traffic traffic = TrafficOf(sa);
  const bool first = sa.silence_at_ns == 0;
  sa.silence_at_ns = now_ns + sa.silence_ns / 2;
  if (first || traffic.in != sa.heard_packets) {
    sa.heard_ns = now_ns;
    sa.heard_packets = traffic.in;
    sa.sent_packets = traffic.out;
    return;
  }
  if (now_ns - sa.heard_ns < sa.silence_ns || traffic.out == sa.sent_packets) return;
  sa.sent_packets = traffic.out;
  notices_.push_back({sa_id, EventKind::kSilence, (now_ns - sa.heard_ns) / kNsPerMs});
}

}  // namespace vam::fwd
