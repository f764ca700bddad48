// What happened to packets. Written by the worker that owns them, read by any thread.
#ifndef VAM_SW_FWD_COUNTERS_H_
#define VAM_SW_FWD_COUNTERS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "sw/base/gen/vam_reason.h"

namespace vam::fwd {

// One writer, so a plain load and store is enough; atomic, so that readers see whole values.
class Counter {
 public:
  void Add(uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void Clear() { value_.store(0, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// Every packet that is received or originated ends in exactly one reason; the reason of a
// transmitted packet is kOk. received + originated = sum of reasons + packets still inside.
struct ForwardCounters {
  Counter received;
  Counter originated;
  std::array<Counter, 256> reasons;

  void Count(Reason reason) { reasons[static_cast<size_t>(reason)].Add(1); }
  uint64_t operator[](Reason reason) const { return reasons[static_cast<size_t>(reason)].value(); }
  uint64_t Ended() const {
    uint64_t sum = 0;
    for (const Counter& c : reasons) sum += c.value();
    return sum;
  }
};

// Counts by reason where there are many such tables, each with few reasons, most with none: it has
// room from its first packet on. Past kReasons of them, which no flow has reached yet, others are
// counted with the last one. One thread counts, reads and clears.
class FewReasons {
 public:
  static constexpr size_t kReasons = 20;

  void Count(Reason reason) {
    if (table_ == nullptr) table_ = std::make_unique<Table>();
    auto& [reasons, counts] = *table_;
    size_t at = 0;
    while (at + 1 < kReasons && reasons[at] != reason && reasons[at] != Reason::kOk) ++at;
    if (reasons[at] == Reason::kOk) reasons[at] = reason;
    ++counts[at];
  }
  void Clear() { table_ = nullptr; }
  uint64_t operator[](Reason reason) const {
    for (size_t i = 0; table_ != nullptr && i < kReasons; ++i) {
      if (table_->reasons[i] == reason) return table_->counts[i];
    }
    return 0;
  }

 private:
  struct Table {
    std::array<Reason, kReasons> reasons{};  // kOk: free
    std::array<uint64_t, kReasons> counts{};
  };
  std::unique_ptr<Table> table_;
};

struct InterfaceCounters {
  Counter rx_packets, rx_bytes;
  Counter tx_packets, tx_bytes;
  Counter rx_drops, tx_drops;
  // TCP SYNs whose MSS was lowered here, and those whose options made no sense.
  Counter mss_adjusted, mss_malformed;
  std::array<Counter, 256> drops;  // of packets received here, by reason

  void Clear() {
    for (Counter* c : {&rx_packets, &rx_bytes, &tx_packets, &tx_bytes, &rx_drops, &tx_drops,
                       &mss_adjusted, &mss_malformed})
      c->Clear();
    for (Counter& c : drops) c.Clear();
  }
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_COUNTERS_H_
