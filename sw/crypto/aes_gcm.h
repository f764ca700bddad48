// AES-GCM (NIST SP 800-38D) with the nonce and tag that its users share: 12 and 16 bytes.
#ifndef VAM_SW_CRYPTO_AES_GCM_H_
#define VAM_SW_CRYPTO_AES_GCM_H_

#include <cstddef>

#include "sw/crypto/aead.h"

namespace vam::crypto {

// An Aead that is always AES-GCM.
class AesGcm : public Aead {
 public:
  static constexpr size_t kNonceBytes = 12;

  // Keys of 16, 24 or 32 bytes; nonces of 1 to 128 bytes, the same length for every message. Tags
  // of 1 to 16 bytes. Errors as in Aead::Create.
  static Result<AesGcm> Create(Bytes key, AeadPurpose purpose, size_t nonce_bytes = kNonceBytes) {
    VAM_TRY(Aead aead, Aead::Create(AeadAlgorithm::kAesGcm, key, purpose, nonce_bytes, 16));
    return AesGcm(std::move(aead));
  }

 private:
  explicit AesGcm(Aead aead) : Aead(std::move(aead)) {}
};

}  // namespace vam::crypto

#endif  // VAM_SW_CRYPTO_AES_GCM_H_
