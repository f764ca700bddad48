// Inside sw/pki only: libcrypto's objects of X.509, owned.
#ifndef VAM_SW_PKI_OPENSSL_POINTERS_H_
#define VAM_SW_PKI_OPENSSL_POINTERS_H_

#include <openssl/bio.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "sw/crypto/openssl_pointers.h"

namespace vam::pki {

using crypto::EncodeDer;
using crypto::ErrorsCleared;
using crypto::FreeWith;
using crypto::Pkcs8Pointer;

using X509Pointer = std::unique_ptr<X509, FreeWith<X509_free>>;
using NamePointer = std::unique_ptr<X509_NAME, FreeWith<X509_NAME_free>>;
using GeneralNamesPointer = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;
using Pkcs12Pointer = std::unique_ptr<PKCS12, FreeWith<PKCS12_free>>;
using SigPointer = std::unique_ptr<X509_SIG, FreeWith<X509_SIG_free>>;
using PurposesPointer = std::unique_ptr<EXTENDED_KEY_USAGE, FreeWith<EXTENDED_KEY_USAGE_free>>;
using BioPointer = std::unique_ptr<BIO, FreeWith<BIO_free>>;

// The stack alone: what is in it belongs to others.
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
  void operator()(STACK_OF(X509_CRL) * stack) const { sk_X509_CRL_free(stack); }
};
using CertificateStack = std::unique_ptr<STACK_OF(X509), FreeStack>;
using CrlStack = std::unique_ptr<STACK_OF(X509_CRL), FreeStack>;

struct FreeString {
  void operator()(unsigned char* text) const { OPENSSL_free(text); }
};
using TextPointer = std::unique_ptr<unsigned char, FreeString>;

}  // namespace vam::pki

#endif  // VAM_SW_PKI_OPENSSL_POINTERS_H_
