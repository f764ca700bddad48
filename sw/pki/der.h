// The form of DER (X.690, 10), before libcrypto looks at what is in it: that reads BER too.
#ifndef VAM_SW_PKI_DER_H_
#define VAM_SW_PKI_DER_H_

#include <cstddef>
#include <cstdint>

#include "sw/base/bytes.h"
#include "sw/base/result.h"

namespace vam::pki {

inline constexpr size_t kMaxDerDepth = 24;

// One element with nothing behind it; in it, and in all that are constructed, lengths are definite
// and as short as they can be. What stands in a string is not looked at. kMalformed; kExhausted
// when elements are nested deeper than kMaxDerDepth.
Status CheckDer(Bytes der);

// The first element of DER that CheckDer took, or of what stands in one: `whole` with its header.
// kMalformed: there is none.
struct DerElement {
  uint8_t tag = 0;  // as it stands there
  Bytes content;
  Bytes whole;
};
Result<DerElement> ReadDerElement(Bytes der);

}  // namespace vam::pki

#endif  // VAM_SW_PKI_DER_H_
