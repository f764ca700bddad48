// Which SA contexts the card takes.
#ifndef VAM_SIM_MODEL_SA_RULES_H_
#define VAM_SIM_MODEL_SA_RULES_H_

#include <cstdint>

#include "driver/gen/vam_layouts.h"
#include "sw/base/gen/vam_reason.h"

namespace vam::sim {

inline constexpr uint8_t kModeTunnel = 0;
inline constexpr uint8_t kModeTransport = 1;
inline constexpr uint8_t kModeRaw = 2;

// kOk, kBadContext (a value out of range, or reserved bits) or kUnsupportedOp (an option this card
// does not have).
Reason CheckContext(const map::SaCtx& ctx);

// Inbound ESP SAs are found by key, all others by handle.
inline bool IsKeyed(const map::SaCtx& ctx) { return ctx.inbound == 1 && ctx.mode != kModeRaw; }

// Equal in all that an sa_modify may not change: everything but outer header, selectors and
// lifetimes.
bool SameIdentity(const map::SaCtx& a, const map::SaCtx& b);

}  // namespace vam::sim

#endif  // VAM_SIM_MODEL_SA_RULES_H_
