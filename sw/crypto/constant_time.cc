#include "sw/crypto/constant_time.h"

#include <openssl/crypto.h>

namespace vam::crypto {

bool ConstantTimeEqual(Bytes a, Bytes b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace vam::crypto
