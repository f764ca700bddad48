// Whether a peer's certificate is trusted: path validation (RFC 5280, section 6), revocation by CRL
// and OCSP (RFC 6960). Nothing is fetched here: what is missing is named, and the caller gets it.
#ifndef VAM_SW_PKI_VERIFY_H_
#define VAM_SW_PKI_VERIFY_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/pki/certificate.h"
#include "sw/pki/revocation.h"

namespace vam::pki {

enum class RevocationCheck : uint8_t { kNone, kCrl, kOcsp };

// What `crypto pki trustpoint` says of whom it trusts.
struct Trustpoint {
  std::string name;
  std::vector<Certificate> anchors;        // trusted as they are
  std::vector<Certificate> intermediates;  // help to build a path; not trusted by themselves
  // Tried in this order until one answers. kNone at the end: what nobody answers for is good.
  // Empty: as {kCrl}.
  std::vector<RevocationCheck> revocation;
  std::string ocsp_url;  // instead of those in certificates
  std::string crl_url;
};

// What is asked of others before the verdict.
struct FetchNeed {
  RevocationCheck kind = RevocationCheck::kCrl;  // kNone: a certificate (certificate_cache.h)
  std::string trustpoint;
  std::vector<std::string> urls;      // tried in this order
  std::vector<uint8_t> ocsp_request;  // DER
  // The cache's key of what is wanted: RevocationCache::Put and ::Fail take it.
  std::string key;
};

enum class Verdict : uint8_t {
  kTrusted,
  kRefused,
  // Ask again when all of `needs` were put into the cache or failed: the path itself is good.
  kNeedsRevocation,
};
struct Verification {
  Verdict verdict = Verdict::kRefused;
  std::string why;  // kRefused: a sentence for the log, naming the certificate by its subject
  const Trustpoint* trustpoint = nullptr;  // kTrusted: whose anchor
  int64_t until_s = 0;                     // kTrusted: when the first of the path expires
  std::vector<FetchNeed> needs;
};

inline constexpr size_t kMaxPathLength = 8;         // certificates from the leaf to the anchor
inline constexpr size_t kMaxPeerCertificates = 16;  // that one message may bring

// `leaf` with the help of `others`, whom nobody trusts, at `now_s` (since 1970-01-01 UTC), for an
// IKE end: key usage, when it is there, allows signing (RFC 4945, 5.1.3.2), and so does extended
// key usage (5.1.3.12). The trustpoints are tried in their order.
Verification Verify(const Certificate& leaf, std::span<const Certificate> others,
                    std::span<const std::shared_ptr<const Trustpoint>> trustpoints, int64_t now_s,
                    const RevocationCache& cache);

}  // namespace vam::pki

#endif  // VAM_SW_PKI_VERIFY_H_
