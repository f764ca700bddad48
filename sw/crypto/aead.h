// Authenticated encryption over OpenSSL, with everything that depends on the key alone prepared
// once: AES-GCM (NIST SP 800-38D), AES-CCM (RFC 3610), ChaCha20-Poly1305 (RFC 8439).
#ifndef VAM_SW_CRYPTO_AEAD_H_
#define VAM_SW_CRYPTO_AEAD_H_

#include <cstddef>
#include <cstdint>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/crypto/evp_context.h"

namespace vam::crypto {

enum class AeadPurpose : uint8_t { kSeal, kOpen };
enum class AeadAlgorithm : uint8_t { kAesGcm, kAesCcm, kChaCha20Poly1305 };

// One key, one purpose, one thread at a time. Seal and Open neither allocate nor enter the kernel.
// The caller owns nonce uniqueness.
class Aead {
 public:
  // AES keys of 16, 24 or 32 bytes, ChaCha20 keys of 32. Nonces have the same length in every
  // message: GCM 1 to 128 bytes, CCM 7 to 13, ChaCha20-Poly1305 12. CCM binds the message to its
  // tag length: 4 to 16, even. The others take `tag_bytes` as the longest. kInvalidArgument for
  // other lengths, kUnavailable when libcrypto does not offer the algorithm.
  static Result<Aead> Create(AeadAlgorithm algorithm, Bytes key, AeadPurpose purpose,
                             size_t nonce_bytes, size_t tag_bytes);

  // Encrypts `in` into the first in.size() bytes of `out` (the same memory or disjoint) and writes
  // tag.size() bytes of tag. False on a wrong length or purpose, or when libcrypto fails; `out`
  // then means nothing.
  bool Seal(Bytes nonce, Bytes aad, Bytes in, MutableBytes out, MutableBytes tag);

  // The reverse. False also when the tag is wrong: `out` is then zeroed.
  // Tags under 16 bytes are compared over their own length.
  bool Open(Bytes nonce, Bytes aad, Bytes in, Bytes tag, MutableBytes out);

 private:
  Aead(CipherContext context, AeadAlgorithm algorithm, AeadPurpose purpose, size_t nonce_bytes,
       size_t tag_bytes)
      : context_(std::move(context)),
        nonce_bytes_(nonce_bytes),
        tag_bytes_(tag_bytes),
        algorithm_(algorithm),
        purpose_(purpose) {}

  // Both are in line: at 64 bytes a packet every call shows.
  [[gnu::always_inline]] inline bool LengthsFit(Bytes nonce, Bytes aad, Bytes in, MutableBytes out,
                                                size_t tag_bytes) const;
  // Everything between the nonce and the end of the text.
  [[gnu::always_inline]] inline bool Process(Bytes nonce, Bytes aad, Bytes in, uint8_t* out);

  CipherContext context_;
  size_t nonce_bytes_;
  size_t tag_bytes_;
  AeadAlgorithm algorithm_;
  AeadPurpose purpose_;
};

}  // namespace vam::crypto

#endif  // VAM_SW_CRYPTO_AEAD_H_
