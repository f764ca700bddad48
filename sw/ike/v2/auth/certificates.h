// CERT and CERTREQ payloads (RFC 7296, 3.6 and 3.7; RFC 4945, 3): what of a peer's certificates is
// read, and which of ours go out.
#ifndef VAM_SW_IKE_V2_AUTH_CERTIFICATES_H_
#define VAM_SW_IKE_V2_AUTH_CERTIFICATES_H_

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "sw/base/result.h"
#include "sw/ike/v2/auth/hash_and_url.h"
#include "sw/ike/v2/policy/credential.h"
#include "sw/ike/v2/wire/message.h"
#include "sw/pki/certificate.h"
#include "sw/pki/certificate_cache.h"

namespace vam::ike::v2 {

// The peer's own certificate first, then those that came with it; that one must be there. Lists of
// revoked certificates, OCSP answers and unknown encodings are left out, as are certificates behind
// the first with keys or sizes that are not taken. Those by hash and URL are taken from `fetched`.
// kNotFound: there is none. kUnsupported: the first comes by hash and URL and `fetched` is null, or
// with a key that is not taken. kUnavailable: the first was not fetched. kExhausted: more than
// pki::kMaxPeerCertificates. kMalformed: one does not parse.
Result<std::vector<pki::Certificate>> ReadCertificates(
    std::span<const RawPayload> payloads, const pki::CertificateCache* fetched = nullptr,
    int64_t now_s = 0);

// Of the first kMostLookups by hash and URL, those that are neither in `fetched` nor known to have
// failed. What does not parse, or whose URL is none that is asked, is left out.
inline constexpr size_t kMostLookups = 4;
std::vector<HashAndUrl> MissingCertificates(std::span<const RawPayload> payloads,
                                            const pki::CertificateCache& fetched, int64_t now_s);

// The first leaf, then its intermediates. `looks_up`: the peer fetches what comes by hash and URL.
void AddCertificates(MessageBuilder& message, const Credential& own, bool looks_up = false);

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
