// Which debug records an operator wants to see: areas, and conditions (security-for-vpns,
// SY-176..183).
#ifndef VAM_SW_API_DEBUG_FILTER_H_
#define VAM_SW_API_DEBUG_FILTER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "sw/api/debug.pb.h"

namespace vam::api {

// What a record is about; parts that it does not know stay empty or 0. Ids come in pairs: either of
// an SA set's two speaks for both (SY-177).
struct DebugContext {
  std::string peer;  // address
  std::string front_vrf, inside_vrf;
  std::string group, hostname, username;
  std::array<uint32_t, 2> spis{};
  std::array<uint32_t, 2> connids{};
  std::array<uint32_t, 2> flowids{};
  uint32_t engine_id = 0;
};

// One writer; any thread may ask Wants and Any.
class DebugFilter {
 public:
  void Set(const DebugState& state);
  const DebugState& state() const { return state_; }

  // One relaxed load: false almost always. True: it may be wanted, ask Admits.
  bool Wants(DebugArea area) const {
    return (areas_.load(std::memory_order_relaxed) & (1U << area)) != 0;
  }
  // Whether a record is to be sent. With conditions: one of them holds, or the record has nothing
  // that any of them looks at and unmatched records are asked for.
  bool Admits(DebugArea area, bool error, const DebugContext& context) const;

 private:
  std::atomic<uint32_t> areas_{0};
  DebugState state_;
};

}  // namespace vam::api

#endif  // VAM_SW_API_DEBUG_FILTER_H_
