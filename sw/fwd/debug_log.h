// Debug records of the worker: asked for by an operator, limited in rate, never waited for.
#ifndef VAM_SW_FWD_DEBUG_LOG_H_
#define VAM_SW_FWD_DEBUG_LOG_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sw/api/debug.pb.h"
#include "sw/api/debug_filter.h"
#include "sw/base/clock.h"

namespace vam::fwd {

// Belongs to the worker. Where nothing is debugged, a debug point costs one relaxed load:
//   if (debug->Wants(api::DEBUG_IPSEC)) debug->Say(...);
class DebugLog {
 public:
  static constexpr uint64_t kPerSecond = 100;
  static constexpr size_t kMostQueued = 64;

  explicit DebugLog(const Clock& clock) : clock_(clock) {}

  void Set(const api::DebugState& state) { filter_.Set(state); }
  bool Wants(api::DebugArea area) const { return filter_.Wants(area); }
  // Names of VRFs by their numbers, for records that know a number only; the global one has none.
  void SetVrfs(std::vector<std::string> names) { vrfs_ = std::move(names); }
  std::string VrfName(uint16_t vrf) const {
    return vrf < vrfs_.size() ? vrfs_[vrf] : std::string();
  }
  // Queues the record, if the conditions admit it, the rate allows and there is room; else the next
  // record tells that it is missing.
  void Say(api::DebugArea area, bool error, const api::DebugContext& context, std::string text);
  bool empty() const { return queue_.empty(); }
  std::vector<api::DebugRecord> Take() { return std::exchange(queue_, {}); }

 private:
  bool Allowed();

  const Clock& clock_;
  api::DebugFilter filter_;
  std::vector<std::string> vrfs_;
  std::vector<api::DebugRecord> queue_;
  uint64_t second_ns_ = 0;  // when the present second began
  uint64_t said_ = 0;       // in it
  uint64_t dropped_ = 0;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_DEBUG_LOG_H_
