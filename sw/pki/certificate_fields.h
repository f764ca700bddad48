// Inside sw/pki only: what a Certificate has read, and the readers of its parts.
#ifndef VAM_SW_PKI_CERTIFICATE_FIELDS_H_
#define VAM_SW_PKI_CERTIFICATE_FIELDS_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sw/base/result.h"
#include "sw/pki/certificate.h"
#include "sw/pki/openssl_pointers.h"

namespace vam::pki {

struct Certificate::Fields {
  explicit Fields(crypto::PublicKey public_key) : key(std::move(public_key)) {}

  std::vector<uint8_t> der;
  X509Pointer x509;
  crypto::PublicKey key;
  std::array<uint8_t, 20> key_hash{};
  std::vector<uint8_t> subject_der;
  std::vector<uint8_t> issuer_der;
  std::string subject;
  std::string issuer;
  std::string serial;
  int64_t not_before_s = 0;
  int64_t not_after_s = 0;
  bool is_ca = false;
  bool self_issued = false;
  AltNames alt_names;
  std::vector<std::string> crl_urls;
  std::vector<std::string> ocsp_urls;
};

// Of one extension a certificate has one (RFC 5280, 4.2). kMalformed; kExhausted.
Status CheckExtensions(const X509* x509);
Result<AltNames> ReadAltNames(const X509* x509);
Result<std::vector<std::string>> ReadCrlUrls(const X509* x509);
Result<std::vector<std::string>> ReadOcspUrls(const X509* x509);

// Seconds since 1970-01-01 UTC; the two forms of RFC 5280, 4.1.2.5, in seconds and with Z.
// kMalformed.
Result<int64_t> SecondsOf(const ASN1_TIME* time);

}  // namespace vam::pki

#endif  // VAM_SW_PKI_CERTIFICATE_FIELDS_H_
