// What an operator pastes: PEM or base64. Blocks that are read are written and read back the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "sw/base/check.h"
#include "sw/mgmt/pki_paste.h"
#include "sw/mgmt/pki_work.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vam;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto blocks = mgmt::ReadPasted(text);
  if (blocks) {
    for (const mgmt::PemBlock& block : *blocks) {
      const auto again = mgmt::ReadPasted(mgmt::ToPem("X", block.der));
      VAM_CHECK(again && again->size() == 1 && again->front().der == block.der);
    }
  }
  const auto pasted = mgmt::CertificatesIn(text);
  VAM_CHECK(!pasted.problem.empty() || !pasted.certificates.empty());
  for (const auto& certificate : pasted.certificates) {
    VAM_CHECK(mgmt::Configured(certificate, true).der.size() <= pki::kMaxCertificateBytes);
  }
  return 0;
}
