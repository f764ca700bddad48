// CRLs and OCSP answers that were fetched, and what could not be fetched. Bounded.
#ifndef VAM_SW_PKI_REVOCATION_H_
#define VAM_SW_PKI_REVOCATION_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"

namespace vam::pki {

inline constexpr size_t kMaxCrlBytes = 8 * 1024 * 1024;
inline constexpr size_t kMaxOcspBytes = 64 * 1024;

// One thread. What is in it was not believed yet: Verify checks signature and time at each use.
class RevocationCache {
 public:
  // `key` is that of the FetchNeed. kExhausted beyond the limits; kMalformed for what is no CRL or
  // OCSP answer.
  Status Put(std::string_view key, Bytes der);
  // Nobody answered: until `until_s` (since 1970-01-01 UTC) it is not asked for again.
  void Fail(std::string_view key, int64_t until_s);
  void Clear();
  size_t bytes() const;
};

}  // namespace vam::pki

#endif  // VAM_SW_PKI_REVOCATION_H_
