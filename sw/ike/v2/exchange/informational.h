// INFORMATIONAL (RFC 7296, 1.4): deletion.
#ifndef VAM_SW_IKE_V2_EXCHANGE_INFORMATIONAL_H_
#define VAM_SW_IKE_V2_EXCHANGE_INFORMATIONAL_H_

#include <cstdint>
#include <vector>

#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

// Tells the peer, then removes the child; a child that is not agreed yet goes at once.
void DeleteChild(Core& core, IkeSa& sa, ChildSa& child, Cause cause);
// Tells the peer once its other requests are answered, then ends the IKE SA with all children. One
// that is not up ends at once.
void DeleteIke(Core& core, IkeSa& sa, Cause cause);

// A request of the peer.
void OnInformational(Core& core, IkeSa& sa, const Incoming& request);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_INFORMATIONAL_H_
