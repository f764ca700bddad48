#include "sw/ike/v2/sa/lifetime.h"

namespace vam::ike::v2 {

void StartLife(IkeSa& sa, uint64_t now_ns, Rng& rng) {
  const uint64_t life_ns = sa.profile->lifetime_s * kNsPerSecond;
  sa.up_ns = now_ns;
  sa.expires_ns = now_ns + life_ns;
  sa.rekey_at_ns = now_ns + life_ns / 10 * 9 + rng.Below(life_ns / 20 + 1);
  SetKeepalive(sa, now_ns);
  sa.heard_ns = now_ns;
  SetLiveness(sa, now_ns);
}

void SetLiveness(IkeSa& sa, uint64_t from_ns) {
  const Dpd& dpd = sa.profile->dpd;
  const bool wanted = dpd.interval_s != 0 && !dpd.on_demand;
  sa.liveness_at_ns = wanted ? from_ns + dpd.interval_s * kNsPerSecond : 0;
}

void SetKeepalive(IkeSa& sa, uint64_t now_ns) {
  const bool wanted = sa.nat_here && sa.ends.encapsulated && sa.profile->nat_keepalive_s != 0;
  sa.keepalive_at_ns = wanted ? now_ns + sa.profile->nat_keepalive_s * kNsPerSecond : 0;
}

}  // namespace vam::ike::v2
