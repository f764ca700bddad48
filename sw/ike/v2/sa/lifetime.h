// When an IKE SA is made anew and when it ends.
#ifndef VAM_SW_IKE_V2_SA_LIFETIME_H_
#define VAM_SW_IKE_V2_SA_LIFETIME_H_

#include <cstdint>

#include "sw/base/rng.h"
#include "sw/ike/v2/sa/ike_sa.h"

namespace vam::ike::v2 {

// From now on it is up for as long as its profile says: rekeyed at a moment of chance in the last
// tenth, so that neither both ends nor all peers of a gateway begin at once.
void StartLife(IkeSa& sa, uint64_t now_ns, Rng& rng);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_LIFETIME_H_
