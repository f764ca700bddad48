// IKE_SESSION_RESUME (RFC 5723, 4.3): a ticket in the place of IKE_SA_INIT's key exchange, and of
// the keys and signatures of IKE_AUTH. The responder's side of the exchange itself is
// SaInitResponder's.
//
// Nothing that comes in clear takes a ticket away from the client: what fails is begun anew by
// IKE_SA_INIT, and the ticket goes when that has succeeded, or when the peer's word under its keys
// says that it is for nothing.
#ifndef VAM_SW_IKE_V2_EXCHANGE_SESSION_RESUME_H_
#define VAM_SW_IKE_V2_EXCHANGE_SESSION_RESUME_H_

#include <optional>

#include "sw/ike/v2/exchange/core.h"
#include "sw/ike/v2/exchange/peer_proof.h"

namespace vam::ike::v2 {

// ---- initiator

// The first message of a call: by a ticket of the peer where there is one, else IKE_SA_INIT.
void BeginCall(Core& core, IkeSa& sa);
// A call by a ticket ends before it is up. `fails`: not by our own will, so that the same is begun
// anew without it. Requires: Setup::resuming.
void LeaveTicket(Core& core, IkeSa& sa, bool fails);

// ---- IKE_AUTH, both sides. Requires: Setup::resuming.

// AUTH = prf(SK_px, octets), under the ticket's identity (4.3.3).
std::optional<Cause> MakeResumedProof(IkeSa& sa);
std::optional<Cause> VerifyResumed(const IkeSa& sa, const PeerClaim& claim);
// Responder: what the request proves, against the configuration of now; then our own proof. The
// ticket is used up.
std::optional<Cause> TakeResumed(Core& core, IkeSa& sa, const Incoming& request);

// ---- authenticated, before it is told that it is up

// What the ticket says goes to the IKE SA; the one that it was for goes without a word (4.3.4). Of
// an IKE SA that was called without one: a ticket from before is for nothing now.
void SettleTicket(Core& core, IkeSa& sa);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_SESSION_RESUME_H_
