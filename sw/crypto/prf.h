// Pseudorandom functions of IKE (RFC 7296, 2.13) and what is expanded by them.
#ifndef VAM_SW_CRYPTO_PRF_H_
#define VAM_SW_CRYPTO_PRF_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "sw/base/bytes.h"
#include "sw/base/result.h"

namespace vam::crypto {

class Mac;

enum class PrfAlgorithm : uint8_t {
  kHmacMd5,  // legacy
  kHmacSha1,
  kHmacSha256,
  kHmacSha384,
  kHmacSha512,
  kAesXcbc128,  // RFC 4434
  kAesCmac128,  // RFC 4615
};

// The longest output, that of HMAC-SHA-512, in bytes.
inline constexpr size_t kMaxPrfBytes = 64;

// Bytes of output, and of key where IKE generates one (RFC 7296, 2.13).
size_t PrfBytes(PrfAlgorithm algorithm);

// Under one key. One thread at a time. What belongs to IKE alone is the caller's, like the first 64
// bits of each nonce as the key of XCBC and CMAC (RFC 7296, 2.14).
class Prf {
 public:
  // Any key length, 0 too: HMAC as RFC 2104, XCBC and CMAC by their RFC's rule for other lengths
  // than 16. kUnavailable when libcrypto does not offer the algorithm.
  static Result<Prf> Create(PrfAlgorithm algorithm, Bytes key);

  Prf(Prf&&) noexcept;  // out of line: Mac is known there
  Prf& operator=(Prf&&) noexcept;
  ~Prf();

  size_t output_bytes() const { return PrfBytes(algorithm_); }

  // prf(key, parts one behind the other). Requires: out.size() == output_bytes(). kInternal when
  // libcrypto fails; `out` is then zeroed.
  Status Compute(std::span<const Bytes> parts, MutableBytes out);

  // prf+ (RFC 7296, 2.13): fills `out`. kInvalidArgument beyond 255 outputs. kInternal when
  // libcrypto fails; `out` is then zeroed.
  Status Expand(std::span<const Bytes> seed, MutableBytes out);

 private:
  Prf(PrfAlgorithm algorithm, std::unique_ptr<Mac> mac);

  PrfAlgorithm algorithm_;
  std::unique_ptr<Mac> mac_;
};

}  // namespace vam::crypto

#endif  // VAM_SW_CRYPTO_PRF_H_
