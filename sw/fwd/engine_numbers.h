// The numbers by which operators name SAs and flows at an engine: `conn id`, `flow_id` and the
// conditions of debugging (SY-68, SY-69). They have a range, so they come round; ids inside do not.
#ifndef VAM_SW_FWD_ENGINE_NUMBERS_H_
#define VAM_SW_FWD_ENGINE_NUMBERS_H_

#include <cstdint>

#include "sw/ipsec/sa.h"

namespace vam::fwd {

inline constexpr uint32_t kMaxEngineNumber = 32766;

// Of an SA by its id, from 1; 0: none.
constexpr uint32_t ConnectionNumber(uint64_t sa_id) {
  return sa_id == 0 ? 0 : static_cast<uint32_t>((sa_id - 1) % kMaxEngineNumber) + 1;
}

// Of one direction of an SA set by its id, from 1: the odd one is inbound. All SAs of a bundle
// share it (DP-37).
constexpr uint32_t FlowNumber(uint64_t set_id, ipsec::Direction direction) {
  if (set_id == 0) return 0;
  const uint64_t pair = (set_id - 1) % (kMaxEngineNumber / 2);
  return static_cast<uint32_t>(2 * pair) + (direction == ipsec::Direction::kIn ? 1 : 2);
}

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_ENGINE_NUMBERS_H_
