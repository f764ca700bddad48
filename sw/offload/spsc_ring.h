// A bounded queue from one thread to another.
#ifndef VAM_SW_OFFLOAD_SPSC_RING_H_
#define VAM_SW_OFFLOAD_SPSC_RING_H_

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sw/base/check.h"

namespace vam::offload {

// First in, first out, between one producer and one consumer; no lock, no system call, and no
// allocation after construction. The producer stages items and publishes them together; the
// consumer looks at what is ready and then drops it. So a batch costs one shared write each way.
//
// Positions are published and read sequentially consistent: who goes to sleep says so and then
// looks once more, who publishes looks afterwards for sleepers, and one of the two must see the
// other (EngineWorker).
template <typename T>
class SpscRing {
 public:
  // Rounds up to a power of two.
  explicit SpscRing(size_t capacity) : items_(std::bit_ceil(capacity)) {}

  size_t capacity() const { return items_.size(); }

  // Producer: how many more may be staged. Never too many.
  size_t FreePlaces() {
    if (staged_ - seen_head_ == items_.size()) seen_head_ = head_.load(std::memory_order_seq_cst);
    return items_.size() - (staged_ - seen_head_);
  }
  // As FreePlaces, but exact.
  size_t FreePlacesNow() {
    seen_head_ = head_.load(std::memory_order_seq_cst);
    return items_.size() - (staged_ - seen_head_);
  }
  // Producer. Requires: a free place.
  void Stage(T item) {
    VAM_CHECK(FreePlaces() > 0);
    items_[staged_ & (items_.size() - 1)] = std::move(item);
    ++staged_;
  }
  // Producer: what is staged may be taken.
  void Publish() { tail_.store(staged_, std::memory_order_seq_cst); }

  // Consumer: how many items are ready.
  size_t Ready() { return tail_.load(std::memory_order_seq_cst) - taken_; }
  // Consumer: item `i` of those that are ready; item 0 is the oldest.
  T& Peek(size_t i) { return items_[(taken_ + i) & (items_.size() - 1)]; }
  // Consumer: gives the places of the oldest `count` items back. Requires: they were ready.
  void Drop(size_t count) {
    taken_ += count;
    head_.store(taken_, std::memory_order_seq_cst);
  }

 private:
  static constexpr size_t kLineBytes = 64;

  std::vector<T> items_;
  // Each side's own words on a line of their own. Positions only grow.
  alignas(kLineBytes) std::atomic<uint64_t> tail_{0};  // written by the producer
  alignas(kLineBytes) uint64_t staged_ = 0;            // the producer's
  uint64_t seen_head_ = 0;
  alignas(kLineBytes) std::atomic<uint64_t> head_{0};  // written by the consumer
  alignas(kLineBytes) uint64_t taken_ = 0;             // the consumer's
};

}  // namespace vam::offload

#endif  // VAM_SW_OFFLOAD_SPSC_RING_H_
