#include "tests/support/identity.h"

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string_view>

namespace vam::test {
namespace {

// An unnamed condition would tell nothing.
void Need(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "identity: %s\n", what);
  ERR_print_errors_fp(stderr);
  std::abort();
}

std::shared_ptr<EVP_PKEY> NewKey(KeyChoice choice) {
  EVP_PKEY* key = nullptr;
  switch (choice) {
    case KeyChoice::kRsa2048:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{2048});
      break;
    case KeyChoice::kRsa3072:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{3072});
      break;
    case KeyChoice::kP256:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
      break;
    case KeyChoice::kP384:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384");
      break;
    case KeyChoice::kP521:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-521");
      break;
    case KeyChoice::kEd25519:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
      break;
    case KeyChoice::kEd448:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448");
      break;
  }
  Need(key != nullptr, "no key");
  return {key, EVP_PKEY_free};
}

// RSA keys take long to make: four of each length serve in turn.
std::shared_ptr<EVP_PKEY> KeyOf(KeyChoice choice) {
  if (choice != KeyChoice::kRsa2048 && choice != KeyChoice::kRsa3072) return NewKey(choice);
  static std::mutex mutex;
  static std::map<KeyChoice, std::pair<size_t, std::vector<std::shared_ptr<EVP_PKEY>>>> kept;
  const std::lock_guard lock(mutex);
  auto& [next, keys] = kept[choice];
  constexpr size_t kKept = 4;
  if (keys.size() < kKept) keys.push_back(NewKey(choice));
  return keys[next++ % kKept];
}

std::shared_ptr<X509_NAME> NameOf(std::string_view text) {
  std::shared_ptr<X509_NAME> name(X509_NAME_new(), X509_NAME_free);
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const size_t equals = part.find('=');
    Need(equals != std::string_view::npos, "a part of a name without =");
    const std::string type(part.substr(0, equals));
    const std::string value(part.substr(equals + 1));
    // At the front: the text has the last part first.
    Need(X509_NAME_add_entry_by_txt(name.get(), type.c_str(), MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), 0, 0) == 1,
         "a part of a name");
  }
  return name;
}

std::shared_ptr<ASN1_TIME> TimeOf(int64_t seconds) {
  // UTCTime until 2049, as RFC 5280 has it.
  std::shared_ptr<ASN1_TIME> time(ASN1_TIME_adj(nullptr, seconds, 0, 0), ASN1_TIME_free);
  Need(time != nullptr, "a time");
  return time;
}

std::shared_ptr<CONF> SectionsOf(const std::string& sections) {
  std::shared_ptr<CONF> conf(NCONF_new(nullptr), NCONF_free);
  const std::shared_ptr<BIO> text(
      BIO_new_mem_buf(sections.data(), static_cast<int>(sections.size())), BIO_free);
  long line = 0;
  Need(sections.empty() || NCONF_load_bio(conf.get(), text.get(), &line) == 1, "sections");
  return conf;
}

using Add = int (*)(void*, X509_EXTENSION*);
void AddExtension(X509V3_CTX& context, const std::string& sections, const std::string& name,
                  const std::string& value, void* to, Add add) {
  const auto conf = SectionsOf(sections);
  X509V3_set_nconf(&context, conf.get());
  const std::shared_ptr<X509_EXTENSION> extension(
      X509V3_EXT_nconf(conf.get(), &context, name.c_str(), value.c_str()), X509_EXTENSION_free);
  Need(extension != nullptr, name.c_str());
  Need(add(to, extension.get()) == 1, name.c_str());
}

std::string Joined(const std::string& prefix, const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) {
    if (!text.empty()) text += ",";
    text += prefix + value;
  }
  return text;
}

ExtensionText ExtensionsOf(const CertificateOptions& options) {
  ExtensionText out;
  if (options.ca) {
    std::string constraints = "critical,CA:TRUE";
    if (options.path_length >= 0) constraints += ",pathlen:" + std::to_string(options.path_length);
    out.emplace_back("basicConstraints", constraints);
  }
  std::string usage = options.key_usage;
  if (usage.empty() && options.ca) usage = "critical,keyCertSign,cRLSign";
  if (!usage.empty()) out.emplace_back("keyUsage", usage);
  std::string names = Joined("DNS:", options.dns);
  for (const std::string& more :
       {Joined("email:", options.emails), Joined("IP:", options.addresses)}) {
    if (!names.empty() && !more.empty()) names += ",";
    names += more;
  }
  if (!names.empty()) out.emplace_back("subjectAltName", names);
  if (!options.crl_urls.empty()) {
    out.emplace_back("crlDistributionPoints", Joined("URI:", options.crl_urls));
  }
  if (!options.ocsp_urls.empty()) {
    out.emplace_back("authorityInfoAccess", Joined("OCSP;URI:", options.ocsp_urls));
  }
  out.insert(out.end(), options.more.begin(), options.more.end());
  return out;
}

const EVP_MD* HashFor(const EVP_PKEY* key, const std::string& hash) {
  const bool own = EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1;
  return own ? nullptr : EVP_get_digestbyname(hash.c_str());
}

std::shared_ptr<X509> NewCertificate(const CertificateOptions& options, EVP_PKEY* key, X509* issuer,
                                     EVP_PKEY* issuer_key) {
  static std::atomic<uint64_t> next = 0x1001;
  std::shared_ptr<X509> x509(X509_new(), X509_free);
  const auto name = NameOf(options.subject);
  if (issuer == nullptr) issuer = x509.get();
  Need(X509_set_version(x509.get(), X509_VERSION_3) == 1, "version");
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509.get()),
                          options.serial != 0 ? options.serial : next++);
  X509_set_subject_name(x509.get(), name.get());
  X509_set_issuer_name(x509.get(), X509_get_subject_name(issuer));
  X509_set1_notBefore(x509.get(), TimeOf(options.not_before_s).get());
  X509_set1_notAfter(x509.get(), TimeOf(options.not_after_s).get());
  Need(X509_set_pubkey(x509.get(), key) == 1, "key");
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, x509.get(), nullptr, nullptr, 0);
  const Add add = [](void* to, X509_EXTENSION* extension) {
    return X509_add_ext(static_cast<X509*>(to), extension, -1);
  };
  const ExtensionText marks = {{"subjectKeyIdentifier", "hash"}};
  for (const auto& [type, value] : marks) AddExtension(context, "", type, value, x509.get(), add);
  if (issuer != x509.get()) {
    AddExtension(context, "", "authorityKeyIdentifier", "keyid", x509.get(), add);
  }
  for (const auto& [type, value] : ExtensionsOf(options)) {
    AddExtension(context, options.sections, type, value, x509.get(), add);
  }
  Need(X509_sign(x509.get(), issuer_key, HashFor(issuer_key, options.hash)) > 0, "signature");
  return x509;
}

template <typename T, typename Encode>
std::vector<uint8_t> DerOf(T* object, Encode encode) {
  unsigned char* der = nullptr;
  const int size = encode(object, &der);
  Need(size > 0, "DER");
  std::vector<uint8_t> out(der, der + size);
  OPENSSL_free(der);
  return out;
}

}  // namespace

Identity Identity::SelfSigned(const CertificateOptions& options) {
  Identity made;
  made.key_ = KeyOf(options.key);
  made.certificate_ = NewCertificate(options, made.key_.get(), nullptr, made.key_.get());
  return made;
}

Identity Identity::Issue(const CertificateOptions& options) const {
  Identity made;
  made.key_ = KeyOf(options.key);
  made.certificate_ = NewCertificate(options, made.key_.get(), certificate_.get(), key_.get());
  return made;
}

Identity Identity::IssueFor(const Identity& key, const CertificateOptions& options) const {
  Identity made;
  made.key_ = key.key_;
  made.certificate_ = NewCertificate(options, made.key_.get(), certificate_.get(), key_.get());
  return made;
}

std::vector<uint8_t> Identity::certificate() const { return DerOf(certificate_.get(), i2d_X509); }

std::vector<uint8_t> Identity::private_key() const {
  const std::shared_ptr<PKCS8_PRIV_KEY_INFO> info(EVP_PKEY2PKCS8(key_.get()),
                                                  PKCS8_PRIV_KEY_INFO_free);
  return DerOf(info.get(), i2d_PKCS8_PRIV_KEY_INFO);
}

uint64_t Identity::serial() const {
  uint64_t serial = 0;
  Need(ASN1_INTEGER_get_uint64(&serial, X509_get0_serialNumber(certificate_.get())) == 1, "serial");
  return serial;
}

std::vector<uint8_t> Identity::Crl(const CrlOptions& options) const {
  const std::shared_ptr<X509_CRL> crl(X509_CRL_new(), X509_CRL_free);
  X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(certificate_.get()));
  const auto this_update = TimeOf(options.this_update_s);
  X509_CRL_set1_lastUpdate(crl.get(), this_update.get());
  if (options.next_update_s != 0) {
    X509_CRL_set1_nextUpdate(crl.get(), TimeOf(options.next_update_s).get());
  }
  for (const uint64_t serial : options.revoked) {
    X509_REVOKED* revoked = X509_REVOKED_new();
    const std::shared_ptr<ASN1_INTEGER> number(ASN1_INTEGER_new(), ASN1_INTEGER_free);
    ASN1_INTEGER_set_uint64(number.get(), serial);
    X509_REVOKED_set_serialNumber(revoked, number.get());
    X509_REVOKED_set_revocationDate(revoked, this_update.get());
    Need(X509_CRL_add0_revoked(crl.get(), revoked) == 1, "revoked");
  }
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate_.get(), nullptr, nullptr, crl.get(), 0);
  const Add add = [](void* to, X509_EXTENSION* extension) {
    return X509_CRL_add_ext(static_cast<X509_CRL*>(to), extension, -1);
  };
  AddExtension(context, "", "authorityKeyIdentifier", "keyid", crl.get(), add);
  for (const auto& [type, value] : options.more) {
    AddExtension(context, options.sections, type, value, crl.get(), add);
  }
  Need(X509_CRL_sign(crl.get(), key_.get(), HashFor(key_.get(), options.hash)) > 0, "signature");
  return DerOf(crl.get(), i2d_X509_CRL);
}

std::vector<uint8_t> Identity::OcspAnswer(const Identity& subject, const Identity& issuer,
                                          const OcspOptions& options) const {
  const std::shared_ptr<OCSP_BASICRESP> basic(OCSP_BASICRESP_new(), OCSP_BASICRESP_free);
  const std::shared_ptr<OCSP_CERTID> id(OCSP_cert_to_id(EVP_sha1(), subject.x509(), issuer.x509()),
                                        OCSP_CERTID_free);
  constexpr int kStatus[] = {V_OCSP_CERTSTATUS_GOOD, V_OCSP_CERTSTATUS_REVOKED,
                             V_OCSP_CERTSTATUS_UNKNOWN};
  const auto this_update = TimeOf(options.this_update_s);
  const auto next_update = TimeOf(options.next_update_s);
  const auto general = [](ASN1_TIME* time) {
    return std::shared_ptr<ASN1_TIME>(ASN1_TIME_to_generalizedtime(time, nullptr), ASN1_TIME_free);
  };
  Need(OCSP_basic_add1_status(
           basic.get(), id.get(), kStatus[static_cast<size_t>(options.status)], -1,
           general(this_update.get()).get(), general(this_update.get()).get(),
           options.next_update_s == 0 ? nullptr : general(next_update.get()).get()) != nullptr,
       "status");
  Need(OCSP_basic_sign(basic.get(), certificate_.get(), key_.get(), HashFor(key_.get(), "SHA256"),
                       nullptr, options.by_key ? OCSP_RESPID_KEY : 0) == 1,
       "signature");
  const std::shared_ptr<OCSP_RESPONSE> response(
      OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()), OCSP_RESPONSE_free);
  return DerOf(response.get(), i2d_OCSP_RESPONSE);
}

std::vector<uint8_t> OcspError(int status) {
  const std::shared_ptr<OCSP_RESPONSE> response(OCSP_response_create(status, nullptr),
                                                OCSP_RESPONSE_free);
  return DerOf(response.get(), i2d_OCSP_RESPONSE);
}

std::string Pem(const std::string& label, const std::vector<uint8_t>& der) {
  const std::shared_ptr<BIO> out(BIO_new(BIO_s_mem()), BIO_free);
  Need(PEM_write_bio(out.get(), label.c_str(), "", der.data(), static_cast<long>(der.size())) > 0,
       "PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<size_t>(size)};
}

}  // namespace vam::test
