// Certificates that peers name by hash and URL (RFC 7296, 3.6), as they were fetched. Bounded.
#ifndef VAM_SW_PKI_CERTIFICATE_CACHE_H_
#define VAM_SW_PKI_CERTIFICATE_CACHE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"

namespace vam::pki {

inline constexpr size_t kCertificateHashBytes = 20;  // SHA-1
using CertificateHash = std::array<uint8_t, kCertificateHashBytes>;

// The keys of FetchNeed begin so.
inline constexpr std::string_view kCertificateKeyPrefix = "cert:";
std::string CertificateKey(const CertificateHash& hash);

// One thread. SHA-1 only finds what was named; whether it is trusted is decided by its signatures.
class CertificateCache {
 public:
  static constexpr size_t kMaxBytes = 64 * 1024;  // of one certificate or bundle
  // For those who asked for it: how long, and how many beside those that are kept.
  static constexpr int64_t kShortS = 30;
  static constexpr size_t kMostShort = 64;
  static constexpr size_t kMaxAllBytes = 8 * 1024 * 1024;

  // `crypto ikev2 certificate-cache`: so many are kept for the next time; 0: none.
  void SetKept(size_t kept);
  // kInvalidArgument: not what the key names. kExhausted: too long.
  Status Put(std::string_view key, Bytes data, int64_t now_s);
  // Until `until_s` (since 1970-01-01 UTC) it is not asked for again.
  void Fail(std::string_view key, int64_t until_s);

  // Null: it is not there.
  std::shared_ptr<const std::vector<uint8_t>> Find(std::string_view key, int64_t now_s) const;
  bool Failed(std::string_view key, int64_t now_s) const;
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::shared_ptr<const std::vector<uint8_t>> data;  // null: it has failed
    int64_t until_s = 0;                               // of what is not kept, and of failures
    uint64_t number = 0;                               // the order in which they came
  };
  void Insert(std::string_view key, Entry entry);
  void Erase(std::map<std::string, Entry, std::less<>>::iterator at);
  // The oldest give way.
  void MakeRoom(size_t entries, size_t bytes);

  size_t kept_ = 0;
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<uint64_t, std::string> order_;  // the keys by number
  uint64_t next_number_ = 0;
  size_t bytes_ = 0;
};

}  // namespace vam::pki

#endif  // VAM_SW_PKI_CERTIFICATE_CACHE_H_
