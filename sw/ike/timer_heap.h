// One time for each of many objects, found by their number: the next at which it must be looked at.
#ifndef VAM_SW_IKE_TIMER_HEAP_H_
#define VAM_SW_IKE_TIMER_HEAP_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <unordered_map>
#include <vector>

namespace vam::ike {

// An entry of the heap whose object has another time by now, or none, is passed over when it comes
// up. So setting a time is cheap, and there is one live entry for each object.
class TimerHeap {
 public:
  static constexpr uint64_t kNever = UINT64_MAX;

  // From now on `id` is due at `when_ns`; kNever: not at all.
  void Set(uint64_t id, uint64_t when_ns) {
    if (when_ns == kNever) {
      times_.erase(id);
      return;
    }
    const auto [place, added] = times_.try_emplace(id, when_ns);
    if (!added && place->second == when_ns) return;
    place->second = when_ns;
    heap_.push({when_ns, id});
    if (heap_.size() > 2 * times_.size() + kSlack) Rebuild();
  }

  // One that is due: it then has no time until it is set again.
  std::optional<uint64_t> TakeDue(uint64_t now_ns) {
    while (!heap_.empty() && heap_.top().when_ns <= now_ns) {
      const Entry entry = heap_.top();
      heap_.pop();
      const auto found = times_.find(entry.id);
      if (found == times_.end() || found->second != entry.when_ns) continue;
      times_.erase(found);
      return entry.id;
    }
    return std::nullopt;
  }

  // When the next one is due, or sooner; kNever: nothing is set.
  uint64_t next_ns() const { return heap_.empty() ? kNever : heap_.top().when_ns; }
  size_t size() const { return times_.size(); }

 private:
  static constexpr size_t kSlack = 64;
  struct Entry {
    uint64_t when_ns;
    uint64_t id;
    bool operator>(const Entry& other) const { return when_ns > other.when_ns; }
  };

  // Times that are set again and again must not fill the memory.
  void Rebuild() {
    std::vector<Entry> live;
    live.reserve(times_.size());
    for (const auto& [id, when_ns] : times_) live.push_back({when_ns, id});
    heap_ = decltype(heap_)(std::greater<>(), std::move(live));
  }

  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
  std::unordered_map<uint64_t, uint64_t> times_;
};

}  // namespace vam::ike

#endif  // VAM_SW_IKE_TIMER_HEAP_H_
