#include "sw/fwd/pending.h"

#include <rte_mbuf.h>

namespace vam::fwd {

PendingPackets::~PendingPackets() {
  for (auto& [set, queue] : queues_) {
    for (const Waiting& waiting : queue.packets) rte_pktmbuf_free(waiting.packet);
  }
}

Reason PendingPackets::Add(uint64_t set, rte_mbuf* packet, uint64_t now_ns) {
  const size_t bytes = rte_pktmbuf_data_len(packet);
  const auto found = queues_.find(set);
  const size_t packets = found == queues_.end() ? 0 : found->second.packets.size();
  const size_t queued = found == queues_.end() ? 0 : found->second.bytes;
  if (packets_ >= limits_.in_all || packets >= limits_.packets || queued + bytes > limits_.bytes) {
    return Reason::kPendingFull;
  }
  Queue& queue = queues_[set];
  queue.packets.push_back({packet, now_ns});
  queue.bytes += bytes;
  order_.emplace_back(now_ns, set);
  ++packets_;
  return Reason::kOk;
}

rte_mbuf* PendingPackets::TakeFront(Queue& queue) {
  rte_mbuf* packet = queue.packets.front().packet;
  queue.packets.pop_front();
  queue.bytes -= rte_pktmbuf_data_len(packet);
  --packets_;
  return packet;
}

size_t PendingPackets::TakeExpired(uint64_t now_ns, std::span<rte_mbuf*> packets) {
  if (packets_ == 0) order_.clear();
  size_t count = 0;
  for (; count < packets.size() && !order_.empty(); order_.pop_front()) {
    const auto [since_ns, set] = order_.front();
    if (now_ns - since_ns < limits_.wait_ns) break;
    const auto found = queues_.find(set);
    // A packet that was taken has left its place in the order behind.
    if (found == queues_.end() || found->second.packets.front().since_ns != since_ns) continue;
    packets[count++] = TakeFront(found->second);
    if (found->second.packets.empty()) queues_.erase(found);
  }
  return count;
}

size_t PendingPackets::Take(uint64_t set, std::span<rte_mbuf*> packets) {
  const auto found = queues_.find(set);
  if (found == queues_.end()) return 0;
  size_t count = 0;
  while (count < packets.size() && !found->second.packets.empty()) {
    packets[count++] = TakeFront(found->second);
  }
  if (found->second.packets.empty()) queues_.erase(found);
  return count;
}

}  // namespace vam::fwd
