// CRLs and OCSP answers that were fetched, and what could not be fetched. Bounded.
#ifndef VAM_SW_PKI_REVOCATION_H_
#define VAM_SW_PKI_REVOCATION_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"

struct X509_crl_st;
struct ocsp_response_st;

namespace vam::pki {

inline constexpr size_t kMaxCrlBytes = 8 * 1024 * 1024;
inline constexpr size_t kMaxOcspBytes = 64 * 1024;
// What one path can ask for fits. The oldest gives way.
inline constexpr size_t kMaxCacheBytes = 64 * 1024 * 1024;
inline constexpr size_t kMaxCacheEntries = 16'384;

// One thread. What is in it was not believed yet: Verify checks signature and time at each use.
class RevocationCache {
 public:
  // `key` is that of the FetchNeed. kExhausted beyond the limits; kMalformed for what is no CRL or
  // OCSP answer.
  Status Put(std::string_view key, Bytes der);
  // Nobody answered: until `until_s` (since 1970-01-01 UTC) it is not asked for again.
  void Fail(std::string_view key, int64_t until_s);
  void Clear();
  size_t bytes() const { return bytes_; }

  // For sw/pki alone.
  struct Entry {
    std::shared_ptr<X509_crl_st> crl;  // one of both, or none yet
    std::shared_ptr<ocsp_response_st> ocsp;
    size_t bytes = 0;
    uint64_t number = 0;         // the order in which they came
    int64_t failed_until_s = 0;  // 0: it was not tried in vain
    // When it was first looked at: what was good once and is no more is asked for again, what never
    // was is not. 0: not yet.
    mutable int64_t seen_s = 0;
    bool has_data() const { return crl != nullptr || ocsp != nullptr; }
  };
  const Entry* Find(std::string_view key) const;

 private:
  Entry& Make(std::string_view key);
  void MakeRoom(size_t bytes);
  void Erase(std::map<std::string, Entry, std::less<>>::iterator entry);

  std::map<std::string, Entry, std::less<>> entries_;
  std::map<uint64_t, std::string> order_;  // the keys by number
  uint64_t next_number_ = 0;
  size_t bytes_ = 0;
};

// The keys of FetchNeed begin so.
inline constexpr std::string_view kCrlKeyPrefix = "crl:";
inline constexpr std::string_view kOcspKeyPrefix = "ocsp:";

}  // namespace vam::pki

#endif  // VAM_SW_PKI_REVOCATION_H_
