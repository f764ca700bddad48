// One X.509 certificate (RFC 5280), read once.
#ifndef VAM_SW_PKI_CERTIFICATE_H_
#define VAM_SW_PKI_CERTIFICATE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/crypto/signature.h"
#include "sw/net/address.h"

struct x509_st;

namespace vam::pki {

inline constexpr size_t kMaxCertificateBytes = 16 * 1024;
// Of one certificate, of each kind; URLs longer than kMaxUrlBytes are left out.
inline constexpr size_t kMaxAltNames = 64;
inline constexpr size_t kMaxUrls = 8;
inline constexpr size_t kMaxUrlBytes = 1024;
inline constexpr size_t kMaxSerialBytes = 40;  // RFC 5280, 4.1.2.2: 20

struct AltNames {
  std::vector<std::string> dns;  // as they stand there
  std::vector<std::string> emails;
  std::vector<net::Address> addresses;
};

// Immutable; copies share what was read. Any thread.
class Certificate {
 public:
  // DER, nothing behind it. kMalformed; kUnsupported for keys that crypto::PublicKey does not take;
  // kExhausted beyond the limits above.
  static Result<Certificate> FromDer(Bytes der);

  Bytes der() const;
  const crypto::PublicKey& key() const;
  Bytes subject_der() const;  // the Name
  Bytes issuer_der() const;
  std::string subject() const;  // "CN=gw.example.com,O=Example" (sw/pki/name.h)
  std::string issuer() const;
  std::string serial() const;    // hexadecimal, upper case, at least two digits
  int64_t not_before_s() const;  // since 1970-01-01 UTC
  int64_t not_after_s() const;
  bool is_ca() const;
  bool self_issued() const;
  const AltNames& alt_names() const;
  // SHA-1 of SubjectPublicKeyInfo: what a CERTREQ payload names (RFC 7296, 3.7).
  const std::array<uint8_t, 20>& key_hash() const;
  std::array<uint8_t, 32> Sha256() const;  // of the DER: its fingerprint
  const std::vector<std::string>& crl_urls() const;
  const std::vector<std::string>& ocsp_urls() const;

  bool operator==(const Certificate& other) const;

  // For sw/pki alone.
  x509_st* x509() const;

 private:
  struct Fields;
  explicit Certificate(std::shared_ptr<const Fields> fields) : fields_(std::move(fields)) {}
  std::shared_ptr<const Fields> fields_;
};

}  // namespace vam::pki

#endif  // VAM_SW_PKI_CERTIFICATE_H_
