// Message authentication codes with everything that depends on the key alone prepared once.
#ifndef VAM_SW_CRYPTO_MAC_H_
#define VAM_SW_CRYPTO_MAC_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "sw/base/bytes.h"
#include "sw/base/result.h"

namespace vam::crypto {

enum class MacAlgorithm : uint8_t {
  kHmacMd5,  // RFC 2104: keys of 1 to 64 bytes, or 128 over SHA-384 and SHA-512
  kHmacSha1,
  kHmacSha256,
  kHmacSha384,
  kHmacSha512,
  kAesXcbc,  // RFC 3566: keys of 16 bytes
  kAesCmac,  // NIST SP 800-38B: keys of 16, 24 or 32 bytes
  kAesGmac,  // NIST SP 800-38D: keys of 16, 24 or 32 bytes, nonces of 12
};

// One key, one thread at a time. Compute neither allocates nor enters the kernel.
class Mac {
 public:
  // kInvalidArgument for a key length that the algorithm does not take, kUnavailable when libcrypto
  // does not offer it.
  static Result<std::unique_ptr<Mac>> Create(MacAlgorithm algorithm, Bytes key);

  virtual ~Mac() = default;

  // Writes the first out.size() bytes of the code over the parts, one behind the other. `nonce` is
  // empty but for GMAC. False for a wrong length or when libcrypto fails; `out` then means nothing.
  virtual bool Compute(Bytes nonce, std::span<const Bytes> parts, MutableBytes out) = 0;
};

// The longest code, that of HMAC-SHA-512, in bytes.
inline constexpr size_t kMaxMacBytes = 64;

}  // namespace vam::crypto

#endif  // VAM_SW_CRYPTO_MAC_H_
