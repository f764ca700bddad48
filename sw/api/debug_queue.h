// Debug records on their way to mgmt: asked for by an operator, limited in rate, never waited for.
#ifndef VAM_SW_API_DEBUG_QUEUE_H_
#define VAM_SW_API_DEBUG_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sw/api/debug.pb.h"
#include "sw/api/debug_filter.h"
#include "sw/base/clock.h"

namespace vam::api {

// One thread. Where nothing is debugged, Wants is all that a debug point costs.
class DebugQueue {
 public:
  static constexpr uint64_t kPerSecond = 100;
  static constexpr size_t kMostQueued = 64;

  explicit DebugQueue(const Clock& clock) : clock_(clock) {}

  void Set(const DebugState& state) { filter_.Set(state); }
  bool Wants(DebugArea area) const { return filter_.Wants(area); }
  // Queues the record, if the conditions admit it, the rate allows and there is room; else the next
  // record tells that it is missing.
  void Say(DebugArea area, bool error, const DebugContext& context, std::string text);
  bool empty() const { return queue_.empty(); }
  std::vector<DebugRecord> Take() { return std::exchange(queue_, {}); }

 private:
  bool Allowed();

  const Clock& clock_;
  DebugFilter filter_;
  std::vector<DebugRecord> queue_;
  uint64_t second_ns_ = 0;  // when the present second began
  uint64_t said_ = 0;       // in it
  uint64_t dropped_ = 0;
};

}  // namespace vam::api

#endif  // VAM_SW_API_DEBUG_QUEUE_H_
