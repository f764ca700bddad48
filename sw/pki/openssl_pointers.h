// Inside sw/pki only: libcrypto's objects of X.509, owned.
#ifndef VAM_SW_PKI_OPENSSL_POINTERS_H_
#define VAM_SW_PKI_OPENSSL_POINTERS_H_

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "sw/crypto/openssl_pointers.h"

namespace vam::pki {

using crypto::ErrorsCleared;
using crypto::FreeWith;

using X509Pointer = std::unique_ptr<X509, FreeWith<X509_free>>;
using NamePointer = std::unique_ptr<X509_NAME, FreeWith<X509_NAME_free>>;
using GeneralNamesPointer = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;

struct FreeString {
  void operator()(unsigned char* text) const { OPENSSL_free(text); }
};
using TextPointer = std::unique_ptr<unsigned char, FreeString>;

}  // namespace vam::pki

#endif  // VAM_SW_PKI_OPENSSL_POINTERS_H_
