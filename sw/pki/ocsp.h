// Inside sw/pki only: OCSP (RFC 6960), one certificate at a time. Without a nonce, so that answers
// can be kept.
#ifndef VAM_SW_PKI_OCSP_H_
#define VAM_SW_PKI_OCSP_H_

#include <openssl/ocsp.h>

#include <cstdint>
#include <vector>

#include "sw/pki/certificate.h"
#include "sw/pki/finding.h"

namespace vam::pki {

// How far the responder's clock may be from ours.
inline constexpr int64_t kOcspSkewS = 300;
// For how long an answer holds that does not say when there will be a newer one (RFC
// 6960, 4.2.2.1).
inline constexpr int64_t kOcspAgeS = 3600;

// DER; names the certificate by SHA-1, which all responders know and nothing depends on. Empty when
// libcrypto is out of memory.
std::vector<uint8_t> OcspRequest(const Certificate& subject, const Certificate& issuer);

// What the answer says of `subject`: signed by its issuer or by whom the issuer let do it
// (4.2.2.2), and current. An answer that is only too old still revokes. A delegate's own
// certificate is not asked about.
Finding ReadOcspAnswer(OCSP_RESPONSE* answer, const Certificate& subject, const Certificate& issuer,
                       int64_t now_s);

}  // namespace vam::pki

#endif  // VAM_SW_PKI_OCSP_H_
