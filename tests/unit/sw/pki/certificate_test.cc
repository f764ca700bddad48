#include "sw/pki/certificate.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>

#include "tests/support/identity.h"
#include "tests/support/vectors.h"

namespace vam::pki {
namespace {

using test::CertificateOptions;
using test::Identity;
using test::KeyChoice;

std::vector<uint8_t> DebianCertificate(const std::string& file) {
  std::vector<uint8_t> bytes = test::LoadDebianFile("x509/" + file);
  if (!file.ends_with(".pem")) return bytes;
  const std::shared_ptr<BIO> in(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())),
                                BIO_free);
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* der = nullptr;
  long size = 0;
  EXPECT_EQ(PEM_read_bio(in.get(), &name, &header, &der, &size), 1) << file;
  bytes.assign(der, der + size);
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(der);
  return bytes;
}

TEST(CertificateTest, ReadsWhatOpenSslWrote) {
  const auto ca = Identity::SelfSigned({.subject = "CN=CA,O=Example", .ca = true});
  const auto identity = ca.Issue({.subject = "CN=gw.example.com,O=Example",
                                  .dns = {"gw.example.com", "*.example.com"},
                                  .emails = {"gw@example.com"},
                                  .addresses = {"192.0.2.1", "2001:db8::1"},
                                  .not_before_s = 1'700'000'000,
                                  .not_after_s = 2'600'000'000,
                                  .crl_urls = {"http://ca.example.com/ca.crl"},
                                  .ocsp_urls = {"http://ocsp.example.com/"},
                                  .serial = 0xabcdef01});
  const auto read = Certificate::FromDer(identity.certificate());
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->subject(), "CN=gw.example.com,O=Example");
  EXPECT_EQ(read->issuer(), "CN=CA,O=Example");
  EXPECT_EQ(read->serial(), "ABCDEF01");
  EXPECT_EQ(read->not_before_s(), 1'700'000'000);
  EXPECT_EQ(read->not_after_s(), 2'600'000'000) << "a GeneralizedTime";
  EXPECT_FALSE(read->is_ca());
  EXPECT_FALSE(read->self_issued());
  EXPECT_EQ(read->alt_names().dns, (std::vector<std::string>{"gw.example.com", "*.example.com"}));
  EXPECT_EQ(read->alt_names().emails, (std::vector<std::string>{"gw@example.com"}));
  ASSERT_EQ(read->alt_names().addresses.size(), 2u);
  EXPECT_EQ(read->alt_names().addresses[0], net::Address::V4(0xc0000201));
  EXPECT_EQ(ToString(read->alt_names().addresses[1]), "2001:db8::1");
  EXPECT_EQ(read->crl_urls(), (std::vector<std::string>{"http://ca.example.com/ca.crl"}));
  EXPECT_EQ(read->ocsp_urls(), (std::vector<std::string>{"http://ocsp.example.com/"}));
  const auto issuer = Certificate::FromDer(ca.certificate());
  ASSERT_TRUE(issuer);
  EXPECT_TRUE(issuer->is_ca());
  EXPECT_TRUE(issuer->self_issued());
  EXPECT_TRUE(std::ranges::equal(issuer->subject_der(), read->issuer_der()));
  EXPECT_FALSE(*issuer == *read);
  EXPECT_TRUE(*read == *Certificate::FromDer(identity.certificate()));
}

TEST(CertificateTest, HashesAreLibcryptos) {
  for (const KeyChoice key : {KeyChoice::kRsa2048, KeyChoice::kP384, KeyChoice::kEd25519}) {
    const auto identity = Identity::SelfSigned({.key = key});
    const auto read = Certificate::FromDer(identity.certificate());
    ASSERT_TRUE(read);
    std::array<uint8_t, 32> fingerprint{};
    ASSERT_EQ(X509_digest(identity.x509(), EVP_sha256(), fingerprint.data(), nullptr), 1);
    EXPECT_EQ(read->Sha256(), fingerprint);
    unsigned char* spki = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(identity.x509()), &spki);
    std::array<uint8_t, 20> hash{};
    EVP_Digest(spki, static_cast<size_t>(size), hash.data(), nullptr, EVP_sha1(), nullptr);
    OPENSSL_free(spki);
    EXPECT_EQ(read->key_hash(), hash);
  }
}

TEST(CertificateTest, OnlyDerWithNothingBehindIt) {
  const std::vector<uint8_t> good = Identity::SelfSigned({}).certificate();
  for (size_t size = 0; size < good.size(); ++size) {
    const auto cut = Certificate::FromDer(Bytes(good).first(size));
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().code, ErrorCode::kMalformed);
  }
  std::vector<uint8_t> more = good;
  more.push_back(0);
  EXPECT_FALSE(Certificate::FromDer(more));
}

// What is read is not believed, but must not hurt: no crash, and whatever parses has a text.
TEST(CertificateTest, EveryBitFlipped) {
  std::vector<uint8_t> der =
      Identity::SelfSigned({.dns = {"gw.example.com"}, .addresses = {"192.0.2.1"}, .ca = true})
          .certificate();
  for (size_t bit = 0; bit < der.size() * 8; ++bit) {
    der[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    const auto read = Certificate::FromDer(der);
    EXPECT_TRUE(!read || !read->serial().empty()) << bit;
    der[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
  }
}

TEST(CertificateTest, Limits) {
  CertificateOptions options;
  for (size_t i = 0; i < kMaxAltNames; ++i) options.dns.push_back("a" + std::to_string(i));
  EXPECT_TRUE(Certificate::FromDer(Identity::SelfSigned(options).certificate()));
  options.dns.emplace_back("b");
  const auto names = Certificate::FromDer(Identity::SelfSigned(options).certificate());
  ASSERT_FALSE(names);
  EXPECT_EQ(names.error().code, ErrorCode::kExhausted);

  options = {};
  for (size_t i = 0; i <= kMaxUrls; ++i)
    options.crl_urls.push_back("http://a/" + std::to_string(i));
  const auto urls = Certificate::FromDer(Identity::SelfSigned(options).certificate());
  ASSERT_FALSE(urls);
  EXPECT_EQ(urls.error().code, ErrorCode::kExhausted);
  EXPECT_FALSE(Certificate::FromDer(std::vector<uint8_t>(kMaxCertificateBytes + 1)));
}

TEST(CertificateTest, UrlsThatAreNotFetchedAreLeftOut) {
  const auto identity = Identity::SelfSigned(
      {.crl_urls = {"ldap://ca/cn=x", "file:///etc/passwd", "HTTP://ca/a.crl", "http://ca/a.crl",
                    "http://ca/a.crl", "https://ca/b.crl", "http://ca/" + std::string(1020, 'x')}});
  const auto read = Certificate::FromDer(identity.certificate());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->crl_urls(),
            (std::vector<std::string>{"HTTP://ca/a.crl", "http://ca/a.crl", "https://ca/b.crl"}));
}

TEST(CertificateTest, TimesAreInSecondsAndUtc) {
  // RFC 5280, 4.1.2.5: no time zone, no fraction, no time without seconds.
  std::vector<uint8_t> der = Identity::SelfSigned({}).certificate();
  const std::string_view time = "231114221320Z";
  const auto at = std::search(der.begin(), der.end(), time.begin(), time.end());
  ASSERT_NE(at, der.end());
  *(at + 12) = '0';
  const auto read = Certificate::FromDer(der);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kMalformed);
}

// CVE-2009-2408: "gw.example.com\0.evil.org".
TEST(CertificateTest, StrangeCharactersInNames) {
  for (const char* name : {"DER:3010820e61002e6578616d706c652e6f7267", "DER:30038201ff",
                           "DER:30028200", "DER:3003870101"}) {
    const auto read = Certificate::FromDer(
        Identity::SelfSigned({.more = {{"subjectAltName", name}}}).certificate());
    ASSERT_FALSE(read) << name;
    EXPECT_EQ(read.error().code, ErrorCode::kMalformed) << name;
  }
}

struct Known {
  const char* file;
  const char* error;  // "": is read
};
// Of python3-cryptography-vectors: those that others tripped over.
TEST(CertificateTest, StrangeCertificatesOfOthers) {
  constexpr Known kKnown[] = {
      {"cryptography.io.pem", ""},
      {"v1_cert.pem", "kUnsupported"},  // 1024 bits
      {"custom/all_supported_names.pem", ""},
      {"custom/negative_serial.pem", ""},
      {"custom/post2000utctime.pem", ""},
      {"custom/unsupported_extension_critical.pem", ""},
      {"custom/san_wildcard_idna.pem", ""},
      {"ed25519/root-ed25519.pem", ""},
      {"custom/two_basic_constraints.pem", "kMalformed"},
      {"custom/ec_no_named_curve.pem", "kUnsupported"},
      {"custom/dsa_selfsigned_ca.pem", "kUnsupported"},
      {"custom/unsupported_subject_public_key_info.pem", "kUnsupported"},
      {"custom/invalid_version.pem", "kMalformed"},
      {"custom/invalid_utf8_common_name.pem", "kMalformed"},
      {"utf8-dnsname.pem", "kMalformed"},
      {"verisign_md2_root.pem", "kUnsupported"},
      {"e-trust.ru.der", "kUnsupported"},
  };
  for (const Known& known : kKnown) {
    const auto read = Certificate::FromDer(DebianCertificate(known.file));
    const std::string error = read ? "" : ErrorCodeName(read.error().code);
    EXPECT_EQ(error, known.error) << known.file << ": " << (read ? "" : read.error().text);
  }
}

TEST(CertificateTest, PkitsIsRead) {
  size_t good = 0;
  size_t other_keys = 0;
  const std::string folder = "x509/PKITS_data/certs/";
  for (const std::string& file : test::ListDebianFiles(folder)) {
    const auto read = Certificate::FromDer(test::LoadDebianFile(folder + file));
    if (read) ++good;
    if (read) continue;
    EXPECT_EQ(read.error().code, ErrorCode::kUnsupported) << file << ": " << read.error().text;
    EXPECT_NE(file.find("DSA"), std::string::npos) << file << ": " << read.error().text;
    ++other_keys;
  }
  EXPECT_EQ(good, 400u);
  EXPECT_EQ(other_keys, 5u);
}

}  // namespace
}  // namespace vam::pki
