// Ciphers without a tag of their own, over OpenSSL: AES-CBC (RFC 3602), AES-CTR (RFC 3686), DES-CBC
// and 3DES-CBC (RFC 2405, RFC 2451).
#ifndef VAM_SW_CRYPTO_BLOCK_CIPHER_H_
#define VAM_SW_CRYPTO_BLOCK_CIPHER_H_

#include <cstddef>
#include <cstdint>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/crypto/evp_context.h"

namespace vam::crypto {

enum class CipherAlgorithm : uint8_t { kAesCbc, kAesCtr, kDesCbc, kTripleDesCbc };
enum class CipherPurpose : uint8_t { kEncrypt, kDecrypt };

// One key, one purpose, one thread at a time. Run neither allocates nor enters the kernel.
class BlockCipher {
 public:
  // Keys: AES 16, 24 or 32 bytes, DES 8, 3DES 24 (three keys; parity bits are not looked at).
  // kInvalidArgument for others, kUnavailable when libcrypto does not offer the algorithm.
  static Result<BlockCipher> Create(CipherAlgorithm algorithm, Bytes key, CipherPurpose purpose);

  // Ciphers `in` into the first in.size() bytes of `out` (the same memory or disjoint). `iv` has
  // block_bytes(); for AES-CTR it is the first counter block. In CBC the text is a multiple of the
  // block. False for other lengths, or when libcrypto fails; `out` then means nothing.
  bool Run(Bytes iv, Bytes in, MutableBytes out);

  // 16 for AES, 8 for DES and 3DES.
  size_t block_bytes() const { return block_bytes_; }

 private:
  BlockCipher(CipherContext context, size_t block_bytes, bool whole_blocks)
      : context_(std::move(context)), block_bytes_(block_bytes), whole_blocks_(whole_blocks) {}

  CipherContext context_;
  size_t block_bytes_;
  bool whole_blocks_;
};

}  // namespace vam::crypto

#endif  // VAM_SW_CRYPTO_BLOCK_CIPHER_H_
