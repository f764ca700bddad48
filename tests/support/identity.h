// Certificate authorities, certificates, CRLs and OCSP answers for tests, made by libcrypto with
// nothing of ours. All is DER. What cannot be made ends the test program: it is the test's fault.
#ifndef VAM_TESTS_SUPPORT_IDENTITY_H_
#define VAM_TESTS_SUPPORT_IDENTITY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace vam::test {

enum class KeyChoice : uint8_t { kRsa2048, kRsa3072, kP256, kP384, kP521, kEd25519, kEd448 };

// 2023-11-14 and 2096-10-02: around what the clock says and what tests say.
inline constexpr int64_t kNotBefore = 1'700'000'000;
inline constexpr int64_t kNotAfter = 4'000'000'000;

// Name and value of extensions, as openssl.cnf writes them: {"keyUsage", "critical,cRLSign"}.
using ExtensionText = std::vector<std::pair<std::string, std::string>>;

struct CertificateOptions {
  std::string subject =
      "CN=test";  // "CN=gw,O=Example", without escapes; the first is the DER's last
  KeyChoice key = KeyChoice::kP256;
  std::vector<std::string> dns = {};
  std::vector<std::string> emails = {};
  std::vector<std::string> addresses = {};  // "192.0.2.1", "2001:db8::1"
  int64_t not_before_s = kNotBefore;
  int64_t not_after_s = kNotAfter;
  bool ca = false;       // basicConstraints and keyUsage of one
  int path_length = -1;  // of a CA; -1: none
  std::string key_usage =
      {};  // "critical,digitalSignature"; "": none, of a CA keyCertSign and cRLSign
  std::vector<std::string> crl_urls = {};
  std::vector<std::string> ocsp_urls = {};
  std::string hash = "SHA256";  // of the signature; of EdDSA none
  uint64_t serial = 0;          // 0: the next of the program
  ExtensionText more = {};
  std::string sections = {};  // "[name]\nkey=value\n", for values "@name" of `more`
};

struct CrlOptions {
  std::vector<uint64_t> revoked = {};  // numbers
  int64_t this_update_s = kNotBefore;
  int64_t next_update_s = kNotAfter;  // 0: none
  std::string hash = "SHA256";
  ExtensionText more = {};
  std::string sections = {};
};

enum class OcspStatus : uint8_t { kGood, kRevoked, kUnknown };
struct OcspOptions {
  OcspStatus status = OcspStatus::kGood;
  int64_t this_update_s = kNotBefore;
  int64_t next_update_s = kNotAfter;  // 0: none
  bool by_key = false;                // the responder is named by its key
};

// A key and its certificate. Copies share them.
class Identity {
 public:
  static Identity SelfSigned(const CertificateOptions& options);
  // A certificate and key signed by this one.
  Identity Issue(const CertificateOptions& options) const;
  // A certificate for `key` signed by this one: one key in several certificates.
  Identity IssueFor(const Identity& key, const CertificateOptions& options) const;

  std::vector<uint8_t> certificate() const;
  std::vector<uint8_t> private_key() const;  // PKCS#8
  uint64_t serial() const;
  x509_st* x509() const { return certificate_.get(); }
  evp_pkey_st* key() const { return key_.get(); }

  std::vector<uint8_t> Crl(const CrlOptions& options) const;
  // About `subject` that `issuer` issued, signed by this one, which is `issuer` or its delegate.
  std::vector<uint8_t> OcspAnswer(const Identity& subject, const Identity& issuer,
                                  const OcspOptions& options) const;

 private:
  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<x509_st> certificate_;
};

// An OCSP answer without content: 1 malformedRequest, 2 internalError, 3 tryLater, 6 unauthorized.
std::vector<uint8_t> OcspError(int status);

// "-----BEGIN label-----" and so on.
std::string Pem(const std::string& label, const std::vector<uint8_t>& der);

}  // namespace vam::test

#endif  // VAM_TESTS_SUPPORT_IDENTITY_H_
