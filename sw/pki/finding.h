// Inside sw/pki only: what one source says of one certificate.
#ifndef VAM_SW_PKI_FINDING_H_
#define VAM_SW_PKI_FINDING_H_

#include <cstdint>

namespace vam::pki {

enum class RevocationWord : uint8_t { kGood, kRevoked, kNothing };

struct Finding {
  RevocationWord word = RevocationWord::kNothing;
  const char* why = "no CRL is there";  // kNothing; a literal, or libcrypto's
};

inline Finding Nothing(const char* why) { return {RevocationWord::kNothing, why}; }

}  // namespace vam::pki

#endif  // VAM_SW_PKI_FINDING_H_
