// Certificates by hash and URL in CERT payloads (RFC 7296, 3.6).
#ifndef VAM_SW_IKE_V2_AUTH_HASH_AND_URL_H_
#define VAM_SW_IKE_V2_AUTH_HASH_AND_URL_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/ike/v2/wire/payloads.h"
#include "sw/pki/certificate_cache.h"

namespace vam::ike::v2 {

// RFC 7296 sets no limit; what stands in certificates is shorter.
inline constexpr size_t kMaxHashedUrl = 512;

struct HashAndUrl {
  pki::CertificateHash hash{};  // SHA-1 of what is at the URL
  std::string url;              // begins with "http://"; printable ASCII without a blank
  bool bundle = false;          // the URL leads to a CertificateBundle
};

bool IsHashAndUrl(CertEncoding encoding);
// Requires: IsHashAndUrl(cert.encoding). kMalformed; kUnsupported: another scheme; kExhausted: the
// URL is longer than kMaxHashedUrl.
Result<HashAndUrl> ParseHashAndUrl(const CertPayload& cert);
// What stands in a payload for the certificate, which can be had from `url`.
std::vector<uint8_t> MakeHashAndUrl(Bytes der, std::string_view url);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_AUTH_HASH_AND_URL_H_
