// CERT and CERTREQ payloads (RFC 7296, 3.6 and 3.7; RFC 4945, 3): what of a peer's certificates is
// read, and which of ours go out.
#ifndef VAM_SW_IKE_V2_AUTH_CERTIFICATES_H_
#define VAM_SW_IKE_V2_AUTH_CERTIFICATES_H_

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "sw/base/result.h"
#include "sw/ike/v2/policy/credential.h"
#include "sw/ike/v2/wire/message.h"
#include "sw/pki/certificate.h"

namespace vam::ike::v2 {

// The peer's own certificate first, then those that came with it; that one must be there. Lists of
// revoked certificates, OCSP answers and unknown encodings are left out, as are certificates behind
// the first with keys or sizes that are not taken. kNotFound: there is none. kUnsupported: the
// first comes by hash and URL, or with a key that is not taken. kExhausted: more than
// pki::kMaxPeerCertificates. kMalformed: one does not parse.
Result<std::vector<pki::Certificate>> ReadCertificates(std::span<const RawPayload> payloads);

// The first leaf, then its intermediates.
void AddCertificates(MessageBuilder& message, const Credential& own);

// Authorities of all CERTREQ payloads for X.509 certificates. Only a hint: what does not parse is
// left out, and what is beyond kMaxAuthorities.
inline constexpr size_t kMaxAuthorities = 256;
std::vector<KeyHash> ReadAuthorities(std::span<const RawPayload> payloads);
// Nothing for no authorities.
void AddCertRequest(MessageBuilder& message, std::span<const KeyHash> authorities);

// The first that leads to one of the authorities that the peer names; if none does, the first: the
// peer may trust more than it says (RFC 7296, 3.7). Null: there is none.
std::shared_ptr<const Credential> ChooseCredential(
    std::span<const std::shared_ptr<const Credential>> own, std::span<const KeyHash> authorities);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_AUTH_CERTIFICATES_H_
