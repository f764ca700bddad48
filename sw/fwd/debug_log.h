// Debug records of the worker, and the names that it has for them.
#ifndef VAM_SW_FWD_DEBUG_LOG_H_
#define VAM_SW_FWD_DEBUG_LOG_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sw/api/debug_queue.h"

namespace vam::fwd {

// Belongs to the worker. Where nothing is debugged, a debug point costs one relaxed load:
//   if (debug->Wants(api::DEBUG_IPSEC)) debug->Say(...);
class DebugLog final : public api::DebugQueue {
 public:
  using api::DebugQueue::DebugQueue;

  // Names of VRFs by their numbers, for records that know a number only; the global one has none.
  void SetVrfs(std::vector<std::string> names) { vrfs_ = std::move(names); }
  std::string VrfName(uint16_t vrf) const {
    return vrf < vrfs_.size() ? vrfs_[vrf] : std::string();
  }

 private:
  std::vector<std::string> vrfs_;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_DEBUG_LOG_H_
