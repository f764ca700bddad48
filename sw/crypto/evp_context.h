// Inside sw/crypto only: an owned EVP cipher context and its one step.
#ifndef VAM_SW_CRYPTO_EVP_CONTEXT_H_
#define VAM_SW_CRYPTO_EVP_CONTEXT_H_

#include <openssl/evp.h>

#include <climits>
#include <cstdint>
#include <memory>

#include "sw/base/bytes.h"

namespace vam::crypto {

struct FreeCipherContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipherContext>;

// EVP takes a null output for associated data only, so an empty text must be skipped, not passed.
inline bool UpdateCipher(EVP_CIPHER_CTX* context, uint8_t* out, Bytes in) {
  if (in.empty()) return true;
  if (in.size() > INT_MAX) return false;  // EVP counts in int
  int size = 0;
  return EVP_CipherUpdate(context, out, &size, in.data(), static_cast<int>(in.size())) == 1;
}

}  // namespace vam::crypto

#endif  // VAM_SW_CRYPTO_EVP_CONTEXT_H_
