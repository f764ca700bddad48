#include "sw/ike/v2/sa/lifetime.h"

namespace vam::ike::v2 {

void StartLife(IkeSa& sa, uint64_t now_ns, Rng& rng) {
  const uint64_t life_ns = sa.profile->lifetime_s * kNsPerSecond;
  sa.up_ns = now_ns;
  sa.expires_ns = now_ns + life_ns;
  sa.rekey_at_ns = now_ns + life_ns / 10 * 9 + rng.Below(life_ns / 20 + 1);
}

}  // namespace vam::ike::v2
