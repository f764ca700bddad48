// Inside sw/pki only: whether the certificates of a path are revoked, by what a trustpoint asks.
#ifndef VAM_SW_PKI_REVOCATION_CHECK_H_
#define VAM_SW_PKI_REVOCATION_CHECK_H_

#include <string>
#include <vector>

#include "sw/pki/path.h"
#include "sw/pki/revocation.h"
#include "sw/pki/verify.h"

namespace vam::pki {

// For how long what never was good is not asked for again.
inline constexpr int64_t kAskAgainS = 60;

// What is asked for to know whether `subject` is revoked.
FetchNeed CrlNeed(const Trustpoint& trustpoint, const Certificate& subject);
FetchNeed OcspNeed(const Trustpoint& trustpoint, const Certificate& subject,
                   const Certificate& issuer);

struct RevocationResult {
  Verdict verdict = Verdict::kRefused;
  std::string why;       // kRefused: a sentence
  bool revoked = false;  // kRefused, because somebody said so
  std::vector<FetchNeed> needs;
};

// Each certificate of `path` but the anchor, which is trusted as it is.
RevocationResult CheckRevocation(const PathQuestion& question, const Path& path,
                                 const RevocationCache& cache);

}  // namespace vam::pki

#endif  // VAM_SW_PKI_REVOCATION_CHECK_H_
