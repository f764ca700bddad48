// Inside sw/pki only: a private key as libcrypto's functions of X.509 and PKCS take it.
#ifndef VAM_SW_PKI_EVP_KEY_H_
#define VAM_SW_PKI_EVP_KEY_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "sw/crypto/signature.h"
#include "sw/pki/openssl_pointers.h"

namespace vam::pki {

inline Result<crypto::Key> EvpKeyOf(const crypto::PrivateKey& key) {
  VAM_TRY(std::vector<uint8_t> der, key.ToDer());
  const uint8_t* end = der.data();
  const Pkcs8Pointer info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &end, static_cast<long>(der.size())));
  OPENSSL_cleanse(der.data(), der.size());
  crypto::Key made(info == nullptr ? nullptr : EVP_PKCS82PKEY(info.get()));
  if (made == nullptr) return Err(ErrorCode::kInternal, "libcrypto did not read its own key");
  return made;
}

}  // namespace vam::pki

#endif  // VAM_SW_PKI_EVP_KEY_H_
