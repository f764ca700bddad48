// Inside sw/crypto and sw/pki only: libcrypto's objects, owned. Those that may hold a secret are
// wiped.
#ifndef VAM_SW_CRYPTO_OPENSSL_POINTERS_H_
#define VAM_SW_CRYPTO_OPENSSL_POINTERS_H_

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace vam::crypto {

template <auto kFree>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using BigNumber = std::unique_ptr<BIGNUM, FreeWith<BN_clear_free>>;
using BigContext = std::unique_ptr<BN_CTX, FreeWith<BN_CTX_free>>;  // wipes its numbers
using Montgomery = std::unique_ptr<BN_MONT_CTX, FreeWith<BN_MONT_CTX_free>>;
using EcGroup = std::unique_ptr<EC_GROUP, FreeWith<EC_GROUP_free>>;
using EcPoint = std::unique_ptr<EC_POINT, FreeWith<EC_POINT_clear_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>>;
using Pkcs8Pointer = std::unique_ptr<PKCS8_PRIV_KEY_INFO, FreeWith<PKCS8_PRIV_KEY_INFO_free>>;

// The DER of `object` by one of libcrypto's i2d functions; empty when there is none.
template <typename T, typename Encode>
std::vector<uint8_t> EncodeDer(T* object, Encode encode) {
  const int size = object == nullptr ? 0 : encode(object, nullptr);
  if (size <= 0) return {};
  std::vector<uint8_t> der(static_cast<size_t>(size));
  uint8_t* end = der.data();
  encode(object, &end);
  return der;
}

// Empties this thread's queue of libcrypto's errors when it ends: what a peer sent wrong must not
// stay there to be read as the error of a later call.
class ErrorsCleared {
 public:
  ErrorsCleared() = default;
  ErrorsCleared(const ErrorsCleared&) = delete;
  ErrorsCleared& operator=(const ErrorsCleared&) = delete;
  ~ErrorsCleared() { ERR_clear_error(); }
};

}  // namespace vam::crypto

#endif  // VAM_SW_CRYPTO_OPENSSL_POINTERS_H_
