#include "sw/pki/certify.h"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include <memory>

#include "sw/pki/certificate.h"
#include "sw/pki/verify.h"

namespace vam::pki {
namespace {

using crypto::Hash;
using crypto::KeyType;
using crypto::PrivateKey;

constexpr int64_t kNow = 1'800'000'000;

class CertifyTest : public ::testing::TestWithParam<KeyType> {
 protected:
  static CertifyOptions Full() {
    CertifyOptions options;
    options.subject = "CN=gw.example.com,O=Example";
    options.dns_names = {"gw.example.com", "gw"};
    options.emails = {"gw@example.com"};
    options.addresses = {net::Address::V4(0xc0000201), *net::Address::Parse("2001:db8::1")};
    options.now_s = kNow;
    options.valid_days = 10;
    return options;
  }
  static PrivateKey Key() {
    return *PrivateKey::Generate(GetParam(), GetParam() == KeyType::kRsa ? 2048 : 0);
  }
};

// libcrypto, as a CA uses it, reads the request and finds its signature good.
TEST_P(CertifyTest, ARequestThatACaTakes) {
  SeededRng rng(1);
  CertifyOptions options = Full();
  const std::string challenge = "let me in";
  options.challenge_password =
      Bytes(reinterpret_cast<const uint8_t*>(challenge.data()), challenge.size());
  const auto der = Certify(Key(), options, rng);
  ASSERT_TRUE(der) << der.error().text;
  const uint8_t* end = der->data();
  const std::shared_ptr<X509_REQ> request(
      d2i_X509_REQ(nullptr, &end, static_cast<long>(der->size())), X509_REQ_free);
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(end, der->data() + der->size());
  EXPECT_EQ(X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())), 1);
  EXPECT_EQ(X509_REQ_get_version(request.get()), 0);
  char* line = X509_NAME_oneline(X509_REQ_get_subject_name(request.get()), nullptr, 0);
  EXPECT_STREQ(line, "/O=Example/CN=gw.example.com");
  OPENSSL_free(line);
  EXPECT_GE(X509_REQ_get_attr_by_NID(request.get(), NID_pkcs9_challengePassword, -1), 0);
  STACK_OF(X509_EXTENSION)* extensions = X509_REQ_get_extensions(request.get());
  int critical = 0;
  auto* names = static_cast<GENERAL_NAMES*>(
      X509V3_get_d2i(extensions, NID_subject_alt_name, &critical, nullptr));
  EXPECT_EQ(sk_GENERAL_NAME_num(names), 5);
  EXPECT_EQ(critical, 0);
  GENERAL_NAMES_free(names);
  auto* usage =
      static_cast<ASN1_BIT_STRING*>(X509V3_get_d2i(extensions, NID_key_usage, &critical, nullptr));
  ASSERT_NE(usage, nullptr);
  EXPECT_EQ(ASN1_BIT_STRING_get_bit(usage, 0), 1);
  EXPECT_EQ(critical, 1);
  ASN1_BIT_STRING_free(usage);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}

TEST_P(CertifyTest, ACertificateThatSignsItself) {
  SeededRng rng(1);
  CertifyOptions options = Full();
  options.self_signed = true;
  const PrivateKey key = Key();
  const auto der = Certify(key, options, rng);
  ASSERT_TRUE(der) << der.error().text;
  const auto read = Certificate::FromDer(*der);
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->subject(), options.subject);
  EXPECT_TRUE(read->self_issued());
  EXPECT_EQ(read->not_before_s(), kNow);
  EXPECT_EQ(read->not_after_s(), kNow + 10 * 86'400);
  EXPECT_EQ(read->alt_names().dns, options.dns_names);
  EXPECT_EQ(read->alt_names().emails, options.emails);
  EXPECT_EQ(read->alt_names().addresses, options.addresses);
  EXPECT_EQ(*read->key().ToDer(), *key.public_key().ToDer());
  EXPECT_EQ(X509_verify(read->x509(), X509_get0_pubkey(read->x509())), 1);
  // A peer that was given it trusts it.
  Trustpoint trustpoint;
  trustpoint.anchors = {*read};
  const std::vector<std::shared_ptr<const Trustpoint>> list = {
      std::make_shared<const Trustpoint>(trustpoint)};
  EXPECT_EQ(Verify(*read, {}, list, kNow, RevocationCache()).verdict, Verdict::kTrusted);
  const auto again = Certify(key, options, rng);
  ASSERT_TRUE(again);
  EXPECT_NE(Certificate::FromDer(*again)->serial(), read->serial());
}

INSTANTIATE_TEST_SUITE_P(Keys, CertifyTest,
                         ::testing::Values(KeyType::kRsa, KeyType::kEcdsaP256, KeyType::kEcdsaP384,
                                           KeyType::kEcdsaP521, KeyType::kEd25519,
                                           KeyType::kEd448));

TEST(CertifyHashTest, TheHashIsTheOneAskedFor) {
  SeededRng rng(1);
  const auto key = *PrivateKey::Generate(KeyType::kRsa, 2048);
  CertifyOptions options;
  options.subject = "CN=gw";
  for (const auto& [hash, nid] : {std::pair(Hash::kSha1, NID_sha1WithRSAEncryption),
                                  std::pair(Hash::kSha256, NID_sha256WithRSAEncryption),
                                  std::pair(Hash::kSha384, NID_sha384WithRSAEncryption),
                                  std::pair(Hash::kSha512, NID_sha512WithRSAEncryption)}) {
    options.hash = hash;
    const auto der = Certify(key, options, rng);
    ASSERT_TRUE(der);
    const uint8_t* end = der->data();
    const std::shared_ptr<X509_REQ> request(
        d2i_X509_REQ(nullptr, &end, static_cast<long>(der->size())), X509_REQ_free);
    EXPECT_EQ(X509_REQ_get_signature_nid(request.get()), nid);
  }
  options.hash = Hash::kIdentity;
  EXPECT_FALSE(Certify(key, options, rng));
}

TEST(CertifyLimitTest, WhatIsWrong) {
  SeededRng rng(1);
  const auto key = *PrivateKey::Generate(KeyType::kEd25519);
  const auto code = [&](const CertifyOptions& options) {
    const auto der = Certify(key, options, rng);
    return der ? std::string() : std::string(ErrorCodeName(der.error().code));
  };
  CertifyOptions options;
  EXPECT_EQ(code(options), "kInvalidArgument") << "no name at all";
  options.dns_names = {"gw"};
  EXPECT_EQ(code(options), "") << "no subject";
  options.subject = "gw";
  EXPECT_EQ(code(options), "kInvalidArgument");
  options.subject = "CN=gw";
  options.dns_names = std::vector<std::string>(kMaxCertifyNames, "gw");
  EXPECT_EQ(code(options), "");
  options.dns_names.emplace_back("gw");
  EXPECT_EQ(code(options), "kExhausted");
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string(kMaxCertifyNameBytes + 1, 'a')}) {
    options.dns_names = {name};
    EXPECT_EQ(code(options), "kInvalidArgument") << name;
  }
  options.dns_names.clear();
  const std::vector<uint8_t> challenge(kMaxChallengeBytes + 1, 'a');
  options.challenge_password = Bytes(challenge).first(kMaxChallengeBytes);
  EXPECT_EQ(code(options), "");
  options.challenge_password = challenge;
  EXPECT_EQ(code(options), "kInvalidArgument");
  options.self_signed = true;
  EXPECT_EQ(code(options), "kInvalidArgument") << "no days";
  options.valid_days = kMaxValidDays;
  EXPECT_EQ(code(options), "");
  options.valid_days = kMaxValidDays + 1;
  EXPECT_EQ(code(options), "kInvalidArgument");
}

}  // namespace
}  // namespace vam::pki
