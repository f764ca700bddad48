// PKCS#12 and PEM as an operator may be given them, under the passphrase "a" and under none.
#include <array>
#include <cstdint>

#include "sw/base/check.h"
#include "sw/pki/container.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr std::array<uint8_t, 1> kPassphrase = {'a'};
  for (const vam::Bytes passphrase : {vam::Bytes(kPassphrase), vam::Bytes()}) {
    const auto opened = vam::pki::OpenContainer({data, size}, passphrase);
    if (opened) {
      VAM_CHECK(opened->certificates.size() <= vam::pki::kMaxContainerCertificates);
      VAM_CHECK(opened->key.ToDer().has_value());
    }
  }
  return 0;
}
