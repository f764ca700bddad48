// AES-GCM (NIST SP 800-38D) over OpenSSL, with everything that depends on the key alone prepared
// once.
#ifndef VAM_SW_CRYPTO_AES_GCM_H_
#define VAM_SW_CRYPTO_AES_GCM_H_

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "sw/base/bytes.h"
#include "sw/base/result.h"

namespace vam::crypto {

enum class AeadPurpose : uint8_t { kSeal, kOpen };

// One key, one purpose, one thread at a time. Seal and Open neither allocate nor enter the kernel.
// The caller owns nonce uniqueness.
class AesGcm {
 public:
  static constexpr size_t kNonceBytes = 12;

  // Keys of 16, 24 or 32 bytes; nonces of 1 to 128 bytes, the same length for every message.
  // kInvalidArgument for other lengths, kUnavailable when libcrypto offers no AES-GCM.
  static Result<AesGcm> Create(Bytes key, AeadPurpose purpose, size_t nonce_bytes = kNonceBytes);

  // Encrypts `in` into the first in.size() bytes of `out` (the same memory or disjoint) and writes
  // tag.size() bytes of tag. False on a wrong length or purpose, or when libcrypto fails; `out`
  // then means nothing.
  bool Seal(Bytes nonce, Bytes aad, Bytes in, MutableBytes out, MutableBytes tag);

  // The reverse. False also when the tag is wrong: `out` is then zeroed.
  // Tags under 16 bytes are compared over their own length.
  bool Open(Bytes nonce, Bytes aad, Bytes in, Bytes tag, MutableBytes out);

 private:
  struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  };
  using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

  AesGcm(Context context, AeadPurpose purpose, size_t nonce_bytes)
      : context_(std::move(context)), purpose_(purpose), nonce_bytes_(nonce_bytes) {}

  Context context_;
  AeadPurpose purpose_;
  size_t nonce_bytes_;
};

}  // namespace vam::crypto

#endif  // VAM_SW_CRYPTO_AES_GCM_H_
