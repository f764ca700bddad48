#include "sw/pki/verify.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "sw/pki/path.h"
#include "sw/pki/revocation_check.h"

namespace vam::pki {

Verification Verify(const Certificate& leaf, std::span<const Certificate> others,
                    std::span<const std::shared_ptr<const Trustpoint>> trustpoints, int64_t now_s,
                    const RevocationCache& cache) {
  Verification out;
  if (others.size() > kMaxPeerCertificates) {
    out.why = fmt::format("The certificate of \"{}\" is refused: over {} came with it.",
                          leaf.subject(), kMaxPeerCertificates);
    return out;
  }
  std::string stranger;  // said only when no trustpoint has more to say
  for (const auto& trustpoint : trustpoints) {
    const PathQuestion question{leaf, others, *trustpoint, now_s};
    Path path = FindPath(question);
    if (path.certificates.empty()) {
      std::string& why = path.stranger ? stranger : out.why;
      if (why.empty()) why = std::move(path.why);
      continue;
    }
    RevocationResult result = CheckRevocation(question, path, cache);
    if (result.verdict != Verdict::kRefused) {
      out.verdict = result.verdict;
      out.why.clear();
      if (result.verdict == Verdict::kTrusted) {
        out.trustpoint = trustpoint.get();
        out.until_s =
            std::ranges::min(path.certificates, {}, &Certificate::not_after_s).not_after_s();
      }
      out.needs = std::move(result.needs);
      return out;
    }
    // What is revoked under one trustpoint is not asked of the next.
    if (result.revoked || out.why.empty()) out.why = std::move(result.why);
    if (result.revoked) return out;
  }
  if (out.why.empty()) out.why = std::move(stranger);
  if (out.why.empty()) {
    out.why = fmt::format("The certificate of \"{}\" is refused: there is no trustpoint.",
                          leaf.subject());
  }
  return out;
}

}  // namespace vam::pki
