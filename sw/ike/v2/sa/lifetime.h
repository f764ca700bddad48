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

// The next keepalive, where we are behind a NAT and the profile asks for it (RFC 3948, 4).
void SetKeepalive(IkeSa& sa, uint64_t now_ns);

// The next question whether the peer is alive: an interval of the profile after `from_ns`, when it
// was heard or asked, where that is asked periodically.
void SetLiveness(IkeSa& sa, uint64_t from_ns);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_LIFETIME_H_
