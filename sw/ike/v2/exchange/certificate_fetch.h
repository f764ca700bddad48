// Certificates that a peer names by hash and URL (RFC 7296, 3.6), with `crypto ikev2 http-url
// cert`.
//
// They must be fetched before anybody has proved anything, so a stranger can make this system ask
// where he likes. What he must bring first: an IKE_SA_INIT that got its answer, so the address is
// his; a valid IKE_AUTH under its keys; an identity that means a profile with trustpoints. What he
// gets for that: kMostLookups URLs, within a budget of his and one of all (FetchBudget), each once
// a minute when it fails; from public addresses, without redirects, short (sw/mgmt/fetch_worker.h).
#ifndef VAM_SW_IKE_V2_EXCHANGE_CERTIFICATE_FETCH_H_
#define VAM_SW_IKE_V2_EXCHANGE_CERTIFICATE_FETCH_H_

#include <functional>

#include "sw/ike/v2/exchange/peer_proof.h"

namespace vam::ike::v2 {

// HTTP_CERT_LOOKUP_SUPPORTED, where it is configured and `signatures` may prove the peer.
void AddCertificateLookup(const Core& core, bool signatures, MessageBuilder& message);

// What the peer says of our certificate: the authorities that it names, and whether it looks up
// what comes by hash and URL.
void NoteCertificateRequest(IkeSa& sa, const Incoming& message);

// ReadClaim, with what has been fetched where that is configured.
Result<PeerClaim> ReadPeerClaim(Core& core, const Incoming& message, PayloadType id_type);

struct ClaimPlace {
  const Incoming& message;
  PayloadType id_type;
};
using ClaimDone = std::function<void(Core& core, IkeSa& sa, const PeerClaim& claim)>;
// Calls `done` with the claim: at once, or later as it is then, when certificates of the message
// had to be fetched; not when the IKE SA has ended meanwhile. The message must live as long as
// `done`. Requires: the profile.
void WithCertificates(Core& core, IkeSa& sa, const ClaimPlace& place, const PeerClaim& claim,
                      ClaimDone done);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_CERTIFICATE_FETCH_H_
