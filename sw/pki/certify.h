// What a private key signs of itself: a request to a CA (PKCS#10, RFC 2986), or a certificate.
#ifndef VAM_SW_PKI_CERTIFY_H_
#define VAM_SW_PKI_CERTIFY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/base/rng.h"
#include "sw/crypto/signature.h"
#include "sw/net/address.h"

namespace vam::pki {

inline constexpr size_t kMaxCertifyNames = 16;       // of each kind
inline constexpr size_t kMaxCertifyNameBytes = 255;  // of each
inline constexpr size_t kMaxChallengeBytes = 255;    // RFC 2985, appendix: pkcs-9-ub
inline constexpr uint32_t kMaxValidDays = 36'500;

struct CertifyOptions {
  crypto::Hash hash = crypto::Hash::kSha256;  // EdDSA has its own
  std::string subject;                        // sw/pki/name.h
  std::vector<std::string> dns_names;         // subjectAltName
  std::vector<std::string> emails;
  std::vector<net::Address> addresses;
  Bytes challenge_password;  // of a request; empty: none
  // Of a certificate, which is valid from now_s (since 1970-01-01 UTC).
  bool self_signed = false;
  int64_t now_s = 0;
  uint32_t valid_days = 0;
};

// DER. Both ask for, or have, key usage digitalSignature; the number of a certificate is 64 bits of
// `rng`. kInvalidArgument: a name, the hash or the days; kExhausted: over a limit.
Result<std::vector<uint8_t>> Certify(const crypto::PrivateKey& key, const CertifyOptions& options,
                                     Rng& rng);

}  // namespace vam::pki

#endif  // VAM_SW_PKI_CERTIFY_H_
