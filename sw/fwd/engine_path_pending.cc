// Packets without an SA: held while IKE is asked, or while it installs. engine_path.cc has the way
// through engines.
#include <rte_mbuf.h>

#include <algorithm>

#include "sw/fwd/engine_path.h"
#include "sw/fwd/packet.h"

namespace vam::fwd {

namespace {

// Manual keys are there or not; a dynamic entry only answers (SY-92).
bool AsksForSas(const EntryRules* rules) {
  return rules != nullptr && rules->kind == EntryKind::kIsakmp;
}

EnginePath::AcquireWanted WantedFor(const SaSet& set, const rte_mbuf* packet,
                                    const ipsec::PolicyMatch& match, const ipsec::Flow& flow) {
  return {set.id, match, flow, Meta(packet).out_interface, Meta(packet).vrf};
}

}  // namespace

Reason EnginePath::Hold(rte_mbuf* packet, const ipsec::PolicyMatch& match,
                        const ipsec::Flow& flow) {
  if (!AsksForSas(sets_.rules(match.entry))) return Reason::kPolicyNoSa;
  if (!ike_present_) return Reason::kIkeNoRole;
  const auto set = sets_.Open(sets_.KeyOf(match, Meta(packet).out_interface, flow));
  if (!set) return Reason::kSaSetsFull;
  SaSet& waiting = sets_.at(*set);
  const uint64_t now_ns = clock_.MonotonicNs();
  waiting.touched_ns = now_ns;
  // A full queue is a reason to ask again all the same.
  Meta(packet).sa_set = *set;
  const AcquireWanted wanted = WantedFor(waiting, packet, match, flow);
  const bool first = !pending_.Waits(waiting.id);
  const Reason queued = pending_.Add(waiting.id, packet, now_ns);
  if (MayAsk(waiting, now_ns)) acquires_.push_back(wanted);
  if (first && queued == Reason::kOk) {
    repeats_.push_back({now_ns + kAcquireIntervalNs, *set, wanted});
  }
  if (queued != Reason::kOk) CountEnd(&waiting, true, queued);
  return queued;
}

void EnginePath::AskAnew(const rte_mbuf* packet, const ipsec::PolicyMatch& match,
                         const ipsec::Flow& flow) {
  if (!ike_present_ || !AsksForSas(sets_.rules(match.entry))) return;
  SaSet& set = sets_.at(Meta(packet).sa_set);
  if (!MayAsk(set, clock_.MonotonicNs())) return;
  acquires_.push_back(WantedFor(set, packet, match, flow));
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

// IKE may have been asked just before the last SA went, or its role may have ended with the
// question.
void EnginePath::AskAgain() {
  const uint64_t now_ns = clock_.MonotonicNs();
  while (!repeats_.empty() && repeats_.front().due_ns <= now_ns) {
    Repeat repeat = repeats_.front();
    repeats_.pop_front();
    const uint64_t id = repeat.wanted.set;
    if (!pending_.Waits(id) || !sets_.Has(repeat.set) || sets_.at(repeat.set).id != id) continue;
    if (MayAsk(sets_.at(repeat.set), now_ns)) acquires_.push_back(repeat.wanted);
    repeat.due_ns = now_ns + kAcquireIntervalNs;
    repeats_.push_back(repeat);
  }
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
  AskAgain();
  for (const uint64_t id : ready_) {
    const size_t taken = pending_.Take(id, room(count));
    for (size_t i = 0; i < taken; ++i) done[count++] = {packets[i], Reason::kOk, true, true};
  }
  std::erase_if(ready_, [this](uint64_t id) { return !pending_.Waits(id); });
  return count + PollEarly(done.subspan(count));
}

// Those that were held for an SA which did not come in time, and those that it refused.
size_t EnginePath::PollEarly(std::span<Done> done) {
  std::array<rte_mbuf*, kMaxBatch> packets;
  const auto room = std::span(packets).first(std::min(packets.size(), done.size()));
  size_t count = early_.TakeExpired(clock_.MonotonicNs(), room);
  for (size_t i = 0; i < count; ++i) {
    if (events_ != nullptr) events_->SayInbound(Reason::kNoSa, nullptr, Data(packets[i]));
    done[i] = {packets[i], Reason::kNoSa, false};
  }
  for (; count < done.size() && !early_ended_.empty(); early_ended_.pop_back()) {
    done[count++] = early_ended_.back();
  }
  return count;
}

bool EnginePath::HoldEarly(rte_mbuf* packet, const SaSets::InboundKey& key) {
  const auto found = expected_.find(key);
  if (found == expected_.end()) return false;
  return early_.Add(found->second, packet, clock_.MonotonicNs()) == Reason::kOk;
}

void EnginePath::Settle(const SaSets::InboundKey& key) {
  const auto found = expected_.find(key);
  if (found == expected_.end()) return;
  const uint64_t id = found->second;
  expected_.erase(found);
  std::array<rte_mbuf*, kEarly.packets> packets;
  const size_t held = early_.Take(id, packets);
  for (size_t i = 0; i < held; ++i) {
    const Reason reason = Decapsulate(packets[i]);
    if (reason != Reason::kOk) early_ended_.push_back({packets[i], reason, false});
  }
}

void EnginePath::Release(uint64_t set) {
  if (pending_.Waits(set)) ready_.push_back(set);
}

}  // namespace vam::fwd
