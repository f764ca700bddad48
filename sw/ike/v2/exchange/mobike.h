// MOBIKE (RFC 4555): an IKE SA and its children go on when an address changes or a way breaks.
//
// The mover, which began the first IKE SA, says where it is (UPDATE_SA_ADDRESSES); the other side
// asks by COOKIE2 whether it is there before packets go there. Children keep keys and numbers;
// those that fwd cannot move are made anew. The configuration knows an IKE SA by where it was set
// up (IkeSa::home).
#ifndef VAM_SW_IKE_V2_EXCHANGE_MOBIKE_H_
#define VAM_SW_IKE_V2_EXCHANGE_MOBIKE_H_

#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

// ---- IKE_AUTH

// MOBIKE_SUPPORTED and our other addresses, as far as the profile is for it.
void OfferMobike(const Core& core, const IkeSa& sa, MessageBuilder& request);
// The responder's side of it, of what the request said.
void AgreeOnMobike(const Core& core, IkeSa& sa, const Incoming& request, MessageBuilder& answer);
// The initiator's, of what the answer said.
void NoteMobike(const Core& core, IkeSa& sa, const Incoming& answer);

// ---- the mover

// Another configuration: our address may be another one now, or our other addresses.
void FollowPolicy(Core& core, IkeSa& sa);
// The peer does not answer where it was: true when another pair of addresses is tried from now on.
// The other side goes back to where the peer was last proven to be.
bool TryOtherPath(Core& core, IkeSa& sa);
// Liveness of a mover behind a NAT: what the peer sees of us (3.8).
void AskWhatIsSeen(const IkeSa& sa, MessageBuilder& request);
void NoteWhatIsSeen(Core& core, IkeSa& sa, const Incoming& answer);

// ---- INFORMATIONAL of the peer

// What the request says of addresses; the answer gets what belongs to that. Call it before the
// answer goes out.
void TakeMobike(Core& core, IkeSa& sa, const Incoming& request, MessageBuilder& answer);

// ---- children

// An SA that fwd has just installed between `installed`, where the IKE SA may have moved since.
void MoveInstalled(Core& core, IkeSa& sa, uint64_t fwd_sa, const Ends& installed, bool was_in_udp);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_MOBIKE_H_
