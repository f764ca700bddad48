// python3-cryptography, whose reader and writer of X.509 are its own, makes what is read here, and
// reads what is made here.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "sw/pki/certify.h"
#include "sw/pki/container.h"
#include "sw/pki/revocation_check.h"
#include "sw/pki/verify.h"
#include "tests/unit/sw/pki/temporary_folder.h"

namespace vam::pki {
namespace {

using crypto::PrivateKey;
using Trustpoints = std::vector<std::shared_ptr<const Trustpoint>>;

constexpr int64_t kNow = 1'800'000'000;
constexpr const char* kKinds[] = {"rsa", "p256", "p384", "p521", "ed25519", "ed448"};
const std::string kPassphrase = "correct horse";

Bytes BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

class CryptographyTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(Python("make"), 0); }

  int Python(const std::string& mode) const {
    const std::string command = "/usr/bin/python3 -W ignore " VAM_SOURCE_DIR
                                "/tests/unit/sw/pki/cryptography_pki.py " +
                                mode + " " + folder_.path();
    return std::system(command.c_str());  // NOLINT(cert-env33-c): our own script
  }
  std::vector<uint8_t> Read(const std::string& kind, const std::string& name) const {
    std::ifstream in(folder_.path() + "/" + kind + "." + name, std::ios::binary);
    EXPECT_TRUE(in) << kind << ' ' << name;
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void Write(const std::string& kind, const std::string& name, Bytes bytes) const {
    std::ofstream(folder_.path() + "/" + kind + "." + name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  Certificate Load(const std::string& kind, const std::string& name) const {
    return *Certificate::FromDer(Read(kind, name));
  }
  static Trustpoints Trust(const Certificate& root, RevocationCheck check) {
    auto trustpoint = std::make_shared<Trustpoint>();
    trustpoint->name = "CA1";
    trustpoint->anchors = {root};
    trustpoint->revocation = {check};
    return {trustpoint};
  }

  TemporaryFolder folder_;
};

TEST_F(CryptographyTest, ItsChainsCrlsAndAnswersAreTaken) {
  for (const char* kind : kKinds) {
    const Certificate root = Load(kind, "root");
    const Certificate leaf = Load(kind, "leaf");
    EXPECT_EQ(leaf.subject(), "CN=gw,O=Ex\\, ample");
    EXPECT_EQ(leaf.alt_names().dns, std::vector<std::string>{"gw.example.com"});
    EXPECT_EQ(leaf.not_before_s(), kNow - 86'400);
    for (const RevocationCheck check : {RevocationCheck::kCrl, RevocationCheck::kOcsp}) {
      const Trustpoints trust = Trust(root, check);
      RevocationCache cache;
      const Verification first = Verify(leaf, {}, trust, kNow, cache);
      ASSERT_EQ(first.verdict, Verdict::kNeedsRevocation) << kind << ": " << first.why;
      const std::string stem = check == RevocationCheck::kCrl ? "crl_" : "ocsp_";
      ASSERT_TRUE(cache.Put(first.needs.at(0).key, Read(kind, stem + "good")));
      EXPECT_EQ(Verify(leaf, {}, trust, kNow, cache).why, "") << kind << ' ' << stem;
      ASSERT_TRUE(cache.Put(first.needs.at(0).key, Read(kind, stem + "revoked")));
      EXPECT_NE(Verify(leaf, {}, trust, kNow, cache).why.find("is revoked"), std::string::npos)
          << kind << ' ' << stem;
    }
  }
}

TEST_F(CryptographyTest, ItsContainersAreOpened) {
  for (const char* kind : kKinds) {
    const PrivateKey key = *PrivateKey::FromDer(Read(kind, "key"));
    const auto p12 = OpenContainer(Read(kind, "p12"), BytesOf(kPassphrase));
    ASSERT_TRUE(p12) << kind << ": " << p12.error().text;
    EXPECT_EQ(*p12->key.ToDer(), *key.ToDer());
    ASSERT_EQ(p12->certificates.size(), 2u);
    EXPECT_TRUE(p12->certificates[0] == Load(kind, "leaf"));
    const auto pem = OpenContainer(Read(kind, "pem"), BytesOf(kPassphrase));
    ASSERT_TRUE(pem) << kind << ": " << pem.error().text;
    EXPECT_EQ(*pem->key.ToDer(), *key.ToDer());
  }
}

TEST_F(CryptographyTest, ItReadsWhatIsMadeHere) {
  SeededRng rng(1);
  const std::string challenge = "let me in";
  CertifyOptions options;
  options.subject = "CN=gw,O=Ex\\, ample";
  options.dns_names = {"gw.example.com"};
  options.emails = {"gw@example.com"};
  options.addresses = {net::Address::V4(0xc0000201)};
  options.now_s = kNow;
  options.valid_days = 10;
  for (const char* kind : kKinds) {
    const PrivateKey key = *PrivateKey::FromDer(Read(kind, "key"));
    options.self_signed = false;
    options.challenge_password = BytesOf(challenge);
    Write(kind, "csr", *Certify(key, options, rng));
    options.self_signed = true;
    const auto own = *Certify(key, options, rng);
    Write(kind, "own", own);
    const std::vector<Certificate> certificates = {*Certificate::FromDer(own)};
    Write(kind, "p12made", *MakePkcs12(key, certificates, "gw", BytesOf(kPassphrase)));
    Write(kind, "pemmade", *MakePem(key, certificates, BytesOf(kPassphrase)));
    const Trustpoints trust = Trust(Load(kind, "root"), RevocationCheck::kOcsp);
    Write(kind, "ocsprequest",
          OcspNeed(*trust[0], Load(kind, "leaf"), Load(kind, "root")).ocsp_request);
  }
  EXPECT_EQ(Python("read"), 0);
}

}  // namespace
}  // namespace vam::pki
