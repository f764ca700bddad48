// Post-quantum preshared keys (RFC 8784): who uses one with whom, and the keys with it.
#ifndef VAM_SW_IKE_V2_EXCHANGE_PPK_H_
#define VAM_SW_IKE_V2_EXCHANGE_PPK_H_

#include <optional>

#include "sw/ike/v2/exchange/core.h"
#include "sw/ike/v2/exchange/own_proof.h"
#include "sw/ike/v2/exchange/peer_proof.h"

namespace vam::ike::v2 {

// ---- IKE_SA_INIT

// Initiator: USE_PPK, where the keyring has a key for the peer that is called.
void OfferPpk(const IkeSa& sa, MessageBuilder& message);
// Responder: USE_PPK for a peer that offers it, where any keyring has such keys; who calls is not
// known yet.
void AnswerPpk(const Core& core, IkeSa& sa, const Incoming& request, MessageBuilder& message);
// Initiator: what the answer says. False: the peer does without, and the keyring requires the key;
// Setup::why says so.
bool NotePpkAnswer(IkeSa& sa, const Incoming& answer);

// ---- IKE_AUTH, initiator

// MakeOwnProof, with the key mixed into those of the IKE SA where both know of it; where the peer
// may do without, a second proof that it can take then.
void MakeProofWithPpk(Core& core, IkeSa& sa, ProofDone done);
// PPK_IDENTITY and NO_PPK_AUTH. Requires: that the proof was made.
void WritePpk(const IkeSa& sa, MessageBuilder& message);
// Whether the answer was made with the key: if not, the keys of the IKE SA are again those without
// it. kNoPpk: the key is required.
std::optional<Cause> TakePpkAnswer(IkeSa& sa, const Incoming& answer);

// ---- IKE_AUTH, responder

// Before the peer's proof is looked at, its profile being known: mixes the key that the request
// names into those of the IKE SA, or makes `claim` the one without it. kNoPpk: there is no way that
// both take; Setup::why says which.
std::optional<Cause> TakePpkRequest(IkeSa& sa, const Incoming& request, PeerClaim& claim);
// PPK_IDENTITY, where the key is used. Requires: that the request was taken.
void ConfirmPpk(const IkeSa& sa, MessageBuilder& message);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_PPK_H_
