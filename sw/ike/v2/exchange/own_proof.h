// Our side of IKE_AUTH: who we say we are, and the AUTH payload that proves it (RFC 7296, 2.15).
#ifndef VAM_SW_IKE_V2_EXCHANGE_OWN_PROOF_H_
#define VAM_SW_IKE_V2_EXCHANGE_OWN_PROOF_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

// Nothing: it worked.
using ProofDone = std::function<void(Core& core, IkeSa& sa, std::optional<Cause> failed)>;

// Fills Setup::own and the local identity. By a shared key at once, by a signature when the signer
// has answered: then `done` is called in a later call, unless the IKE SA has ended. Requires: the
// profile, and IKE_SA_INIT both ways; of the peer its identity, where it has shown one.
void MakeOwnProof(Core& core, IkeSa& sa, ProofDone done);
// ID, CERT and AUTH. Requires: that it was made.
void WriteOwnProof(const IkeSa& sa, MessageBuilder& message);

// What an ID payload's body holds from its type on (RFC 7296, 3.5).
std::vector<uint8_t> RestOfId(const Identity& identity);

// SUPPORTED_AUTH_METHODS of what is taken of the peer: `kinds` of its profile, or of all while it
// is not known.
void AnnounceMethods(const Core& core, std::span<const AuthKind> kinds, MessageBuilder& message);
// What the peer announces.
void NoteMethods(IkeSa& sa, const Incoming& message);

// ---- what the peer's proof needs as well

// The octets that one side's AUTH payload covers.
Result<std::vector<uint8_t>> OctetsOf(const IkeSa& sa, bool of_initiator, Bytes rest_of_id);
// The keyring's entry for the peer. Null: none.
const KeyringPeer* KeyringPeerOf(const IkeSa& sa);
// Another role is asked: nothing else is taken from the peer, and a half-open IKE SA gets the time
// that this may take.
void Hold(Core& core, IkeSa& sa);
// It has answered. Null: the IKE SA has ended meanwhile.
IkeSa* Resume(Core& core, uint64_t spi);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_OWN_PROOF_H_
