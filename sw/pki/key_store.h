// The private keys and their file. The signer role's alone.
#ifndef VAM_SW_PKI_KEY_STORE_H_
#define VAM_SW_PKI_KEY_STORE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sw/api/channel.h"
#include "sw/base/result.h"
#include "sw/crypto/signature.h"

namespace vam::pki {

inline constexpr size_t kMaxKeys = 64;
inline constexpr size_t kMaxLabelBytes = 64;
// Longer RSA keys take so long to sign with that others would wait.
inline constexpr unsigned kMaxStoredRsaBits = 8192;

struct StoredKey {
  std::string label;
  crypto::PrivateKey key;
  bool exportable = false;
  uint64_t made_s = 0;  // since 1970-01-01 UTC
};

// 1 to kMaxLabelBytes printable ASCII characters but the blank.
bool IsLabel(std::string_view label);

// DIR/keys, mode 0600, opened once and never again. Two slots of kSlotBytes, each big-endian:
//   0 "VAMKEYS1"   8 version (8)   16 content bytes (4)   20 SHA-256 of the 20 bytes before and
//   of the content (32)   52 content   zeros up to the end
// The content is, for each key: label bytes (1), label, flags (1; bit 0: exportable), made (8), key
// bytes (4), PKCS#8 DER. A change goes to the older slot, and to the other one when it is durable
// there: one of them is whole at every instant, and a key that was removed is in neither.
//
// One thread.
class KeyStore {
 public:
  static constexpr size_t kSlotBytes = 512 * 1024;

  // Makes the file when there is none, finishes what a crash left half done. kIo: the directory is
  // not there or refuses. kUnavailable: another process has the file. kMalformed: neither slot is
  // whole; the file is left as it is.
  static Result<KeyStore> Open(const std::string& directory);

  const std::vector<StoredKey>& keys() const { return keys_; }
  // Null when there is none.
  const StoredKey* Find(std::string_view label) const;

  // Adds a key, or replaces the one of its label. On the disk when it returns. kExists, without
  // `replace`; kInvalidArgument for a label, kUnsupported for an RSA key above the limit;
  // kExhausted beyond kMaxKeys or the slot. kIo: nothing changed here, and what is on the disk is
  // unknown; later changes are kUnavailable.
  Status Put(StoredKey key, bool replace);
  // Removes those of which `wanted` says so; their number. Errors as above.
  Result<size_t> Remove(const std::function<bool(const StoredKey&)>& wanted);

  // For tests: each write to the disk, in order, is cut off after `bytes` and fails, once `writes`
  // of them were good.
  void FailAfter(size_t writes, size_t bytes) {
    fail_after_writes_ = writes;
    fail_at_byte_ = bytes;
    fails_ = true;
  }

 private:
  explicit KeyStore(api::OwnedFd fd) : fd_(std::move(fd)) {}

  Status Load();
  Status Save(const std::vector<StoredKey>& keys);
  Status WriteSlot(size_t slot, const std::vector<uint8_t>& image);

  api::OwnedFd fd_;
  std::vector<StoredKey> keys_;
  uint64_t version_ = 0;
  size_t older_ = 0;  // the slot that is written first
  bool broken_ = false;

  bool fails_ = false;
  size_t fail_after_writes_ = 0;
  size_t fail_at_byte_ = 0;
};

}  // namespace vam::pki

#endif  // VAM_SW_PKI_KEY_STORE_H_
