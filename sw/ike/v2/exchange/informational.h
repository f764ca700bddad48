// INFORMATIONAL (RFC 7296, 1.4): deletion, and whether the peer is alive.
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

// The child has carried nothing for its idle time: as DeleteChild; the last one takes the IKE SA
// along (DP-87). Where the entry says so the next call goes to its default peer (DP-89).
void DeleteIdle(Core& core, IkeSa& sa, ChildSa& child);

// An empty request, when nothing was heard of the peer for an interval (1.4; DP-42, DP-47): of its
// time, or when fwd sends to it and hears nothing (DP-43). A peer that answers none of five is
// dead: the IKE SA ends, and its children with it.
void AskWhetherAlive(Core& core, IkeSa& sa);

// A request of the peer.
void OnInformational(Core& core, IkeSa& sa, const Incoming& request);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_INFORMATIONAL_H_
