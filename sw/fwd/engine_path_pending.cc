// Packets without an SA: held while IKE is asked. engine_path.cc has the way through engines.
#include <rte_mbuf.h>

#include <algorithm>

#include "sw/fwd/engine_path.h"
#include "sw/fwd/packet.h"

namespace vam::fwd {

Reason EnginePath::Hold(rte_mbuf* packet, const ipsec::PolicyMatch& match,
                        const ipsec::Flow& flow) {
  const EntryRules* rules = sets_.rules(match.entry);
  // Manual keys are there or not; a dynamic entry only answers (SY-92).
  if (rules == nullptr || rules->kind != EntryKind::kIsakmp) return Reason::kPolicyNoSa;
  if (!ike_present_) return Reason::kIkeNoRole;
  const uint16_t interface = Meta(packet).out_interface;
  const auto set = sets_.Open(sets_.KeyOf(match, interface, flow));
  if (!set) return Reason::kSaSetsFull;
  SaSet& waiting = sets_.at(*set);
  const uint64_t now_ns = clock_.MonotonicNs();
  waiting.touched_ns = now_ns;
  // A full queue is a reason to ask again all the same.
  Meta(packet).sa_set = *set;
  const Reason queued = pending_.Add(waiting.id, packet, now_ns);
  if (MayAsk(waiting, now_ns)) {
    acquires_.push_back({waiting.id, match, flow, interface, Meta(packet).vrf});
  }
  if (queued != Reason::kOk) CountEnd(&waiting, true, queued);
  return queued;
}

bool EnginePath::MayAsk(SaSet& set, uint64_t now_ns) {
  if (set.acquire_ns != 0 && now_ns - set.acquire_ns < kAcquireIntervalNs) return false;
  if (now_ns - acquire_window_ns_ >= kNsPerSecond) {
    acquire_window_ns_ = now_ns;
    acquires_in_window_ = 0;
  }
  if (acquires_in_window_ == kAcquiresPerSecond) return false;
  ++acquires_in_window_;
  set.acquire_ns = now_ns;
  return true;
}

// What waited long enough ends; what has an SA now goes through routing and policy again.
size_t EnginePath::PollPending(std::span<Done> done) {
  std::array<rte_mbuf*, kMaxBatch> packets;
  const auto room = [&](size_t used) {
    return std::span(packets).first(std::min(packets.size(), done.size() - used));
  };
  size_t count = 0;
  const size_t expired = pending_.TakeExpired(clock_.MonotonicNs(), room(0));
  for (size_t i = 0; i < expired; ++i) {
    const uint32_t set = Meta(packets[i]).sa_set;
    if (sets_.Has(set)) CountEnd(&sets_.at(set), true, Reason::kPendingTimeout);
    done[count++] = {packets[i], Reason::kPendingTimeout, true};
  }
  for (const uint64_t id : ready_) {
    const size_t taken = pending_.Take(id, room(count));
    for (size_t i = 0; i < taken; ++i) done[count++] = {packets[i], Reason::kOk, true, true};
  }
  std::erase_if(ready_, [this](uint64_t id) { return !pending_.Waits(id); });
  return count;
}

void EnginePath::Release(uint64_t set) {
  if (pending_.Waits(set)) ready_.push_back(set);
}

}  // namespace vam::fwd
