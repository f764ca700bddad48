// The peer's side of IKE_AUTH: who it says it is, and whether that is so (RFC 7296, 2.15; RFC 4945,
// 3 and 5).
#ifndef VAM_SW_IKE_V2_EXCHANGE_PEER_PROOF_H_
#define VAM_SW_IKE_V2_EXCHANGE_PEER_PROOF_H_

#include <optional>
#include <string>
#include <vector>

#include "sw/ike/v2/exchange/own_proof.h"
#include "sw/ike/v2/wire/payloads.h"

namespace vam::ike::v2 {

// What a message claims. Spans belong to it.
struct PeerClaim {
  Identity identity;
  Bytes rest_of_id;
  AuthPayload auth;
  // Where AUTH is a signature: the peer's own first. Empty: why not, in the other two.
  std::vector<pki::Certificate> certificates;
  std::optional<Cause> bad_certificates;
  std::string why;
};
// kTruncated, kMalformed: no ID or AUTH payload, or one that does not parse. Certificates by hash
// and URL come from `fetched`; null: they are not taken.
Result<PeerClaim> ReadClaim(const Incoming& message, PayloadType id_type,
                            const pki::CertificateCache* fetched = nullptr, int64_t now_s = 0);

// The peer that was meant: by its identity, or by a certificate map.
bool Means(const Profile& profile, const PeerClaim& claim);
// That of a peer that calls, by its identity and then by its certificate. Null: none.
std::shared_ptr<const Profile> ProfileFor(const Core& core, const IkeSa& sa,
                                          const PeerClaim& claim);

// Whether the peer is who it says, by the profile and the identity that are in the IKE SA. The
// signature first, then whether the certificate is trusted; so nobody is asked for what a stranger
// sends. `done` is called at once, or later when CRLs or OCSP answers are to be fetched, unless the
// IKE SA has ended then; the message must live as long as `done`.
void VerifyPeer(Core& core, IkeSa& sa, const PeerClaim& claim, ProofDone done);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_PEER_PROOF_H_
