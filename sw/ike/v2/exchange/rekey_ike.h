// The IKE SA made anew (RFC 7296, 1.3.2, 2.8, 2.18): its children move to the new one.
#ifndef VAM_SW_IKE_V2_EXCHANGE_REKEY_IKE_H_
#define VAM_SW_IKE_V2_EXCHANGE_REKEY_IKE_H_

#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

// Begins; the old one is deleted when the new one is there. Without effect while that is under way.
void RekeyIke(Core& core, IkeSa& sa);

// All children of one IKE SA, and what was not sent yet of their exchanges, go to another.
void MoveChildren(Core& core, IkeSa& from, IkeSa& to);

// The IKE SA goes, and the peer has made a new one: the children move there.
void HandOver(Core& core, IkeSa& sa);

// Whether the request is for a new IKE SA rather than for a child.
bool IsIkeRekey(const Incoming& request);
// Such a request of the peer.
void OnRekeyIke(Core& core, IkeSa& sa, const Incoming& request);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_REKEY_IKE_H_
