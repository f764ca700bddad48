// Inside sw/crypto only: what PublicKey and PrivateKey share.
#ifndef VAM_SW_CRYPTO_SIGNATURE_SCHEMES_H_
#define VAM_SW_CRYPTO_SIGNATURE_SCHEMES_H_

#include <openssl/evp.h>

#include "sw/crypto/openssl_pointers.h"
#include "sw/crypto/signature.h"

namespace vam::crypto {

// What is said of a key before anything is computed with it.
struct KeyKind {
  KeyType type;
  unsigned bits;
};
// kUnsupported for other kinds, curves and sizes, kMalformed for numbers that no RSA key has.
Result<KeyKind> KindOf(EVP_PKEY* key);

// Bytes of r, and of s, in the plain form of ECDSA; 0 for keys that are not ECDSA's.
size_t OrderBytes(KeyType type);

// libcrypto's name; null for kIdentity.
const char* HashName(Hash hash);

// Sets RSA's padding in the context of a begun operation; nothing to do for other kinds.
bool SetPadding(EVP_PKEY_CTX* parameters, SignatureKind kind);

}  // namespace vam::crypto

#endif  // VAM_SW_CRYPTO_SIGNATURE_SCHEMES_H_
