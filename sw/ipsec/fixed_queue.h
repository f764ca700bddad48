#ifndef VAM_SW_IPSEC_FIXED_QUEUE_H_
#define VAM_SW_IPSEC_FIXED_QUEUE_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "sw/base/check.h"

namespace vam::ipsec {

// First in, first out, of a size fixed at the start. One thread.
template <typename T>
class FixedQueue {
 public:
  explicit FixedQueue(size_t capacity) : items_(capacity) {}

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t free_places() const { return items_.size() - size_; }

  // Requires: free_places() > 0.
  void Push(T item) {
    VAM_CHECK(size_ < items_.size());
    items_[(head_ + size_) % items_.size()] = std::move(item);
    ++size_;
  }
  // Requires: !empty().
  T& front() {
    VAM_CHECK(size_ > 0);
    return items_[head_];
  }
  T Pop() {
    T item = std::move(front());
    head_ = (head_ + 1) % items_.size();
    --size_;
    return item;
  }

 private:
  std::vector<T> items_;
  size_t head_ = 0;
  size_t size_ = 0;
};

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_FIXED_QUEUE_H_
