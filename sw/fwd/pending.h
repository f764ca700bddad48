// Packets that wait for an SA: that IKE was asked for (design.md, section 7, "No SA"), or by which
// they came before it was installed.
#ifndef VAM_SW_FWD_PENDING_H_
#define VAM_SW_FWD_PENDING_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <utility>

#include "sw/base/clock.h"
#include "sw/base/gen/vam_reason.h"

struct rte_mbuf;

namespace vam::fwd {

// A bounded queue for each of what is waited for. Belongs to the worker. Owns the packets in it.
class PendingPackets {
 public:
  static constexpr size_t kMaxPackets = 8;     // of one set
  static constexpr size_t kMaxBytes = 65'536;  // of one set
  static constexpr size_t kMaxInAll = 1024;    // packets: the pool serves the others too
  static constexpr uint64_t kMaxWaitNs = 10 * kNsPerSecond;

  struct Limits {
    size_t packets = kMaxPackets;
    size_t bytes = kMaxBytes;
    size_t in_all = kMaxInAll;
    uint64_t wait_ns = kMaxWaitNs;
  };

  PendingPackets() : PendingPackets(Limits()) {}
  explicit PendingPackets(const Limits& limits) : limits_(limits) {}
  ~PendingPackets();
  PendingPackets(const PendingPackets&) = delete;
  PendingPackets& operator=(const PendingPackets&) = delete;

  // kOk: it is the queue's now. kPendingFull: it stays the caller's. `set`: SaSet::id, or
  // another number that is used once.
  Reason Add(uint64_t set, rte_mbuf* packet, uint64_t now_ns);
  // Takes packets that have waited too long; returns how many.
  size_t TakeExpired(uint64_t now_ns, std::span<rte_mbuf*> packets);
  // Takes packets of one set, in the order in which they came.
  size_t Take(uint64_t set, std::span<rte_mbuf*> packets);

  bool Waits(uint64_t set) const { return queues_.contains(set); }
  size_t size() const { return packets_; }

 private:
  struct Waiting {
    rte_mbuf* packet;
    uint64_t since_ns;
  };
  struct Queue {
    std::deque<Waiting> packets;
    size_t bytes = 0;
  };
  rte_mbuf* TakeFront(Queue& queue);

  const Limits limits_;
  std::map<uint64_t, Queue> queues_;                 // none is empty
  std::deque<std::pair<uint64_t, uint64_t>> order_;  // {since, set} of each, oldest first
  size_t packets_ = 0;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_PENDING_H_
