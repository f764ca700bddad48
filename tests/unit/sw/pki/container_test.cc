#include "sw/pki/container.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <memory>

#include "tests/support/identity.h"
#include "tests/support/vectors.h"
#include "tests/unit/sw/pki/chain.h"

namespace vam::pki {
namespace {

using crypto::PrivateKey;
using test::Identity;

const std::string kPass = "correct horse";
Bytes BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

PrivateKey KeyOf(const Identity& identity) { return *PrivateKey::FromDer(identity.private_key()); }

template <typename T, typename Encode>
std::vector<uint8_t> DerOf(T* object, Encode encode) {
  unsigned char* der = nullptr;
  const int size = encode(object, &der);
  std::vector<uint8_t> out(der, der + size);
  OPENSSL_free(der);
  return out;
}

// As `openssl pkcs12 -export` makes it.
std::vector<uint8_t> Pkcs12(const Chain& chain, const char* pass, int key_cipher = 0,
                            int certificate_cipher = 0, int iterations = 2048,
                            int mac_iterations = 2048) {
  const std::shared_ptr<STACK_OF(X509)> others(sk_X509_new_null(),
                                               [](STACK_OF(X509) * s) { sk_X509_free(s); });
  sk_X509_push(others.get(), chain.ca.x509());
  const std::shared_ptr<PKCS12> p12(
      PKCS12_create(pass, "gw", chain.leaf.key(), chain.leaf.x509(), others.get(), key_cipher,
                    certificate_cipher, iterations, mac_iterations, 0),
      PKCS12_free);
  return p12 == nullptr ? std::vector<uint8_t>() : DerOf(p12.get(), i2d_PKCS12);
}

std::string Code(const std::vector<uint8_t>& data, const std::string& pass) {
  const auto opened = OpenContainer(data, BytesOf(pass));
  return opened ? std::string() : std::string(ErrorCodeName(opened.error().code));
}
std::string Code(const std::string& text, const std::string& pass) {
  return Code(std::vector<uint8_t>(text.begin(), text.end()), pass);
}

TEST(ContainerTest, Pkcs12OfOpenSsl) {
  const Chain chain;
  for (const int cipher : {0, NID_aes_128_cbc, NID_pbe_WithSHA1And3_Key_TripleDES_CBC}) {
    const auto opened = OpenContainer(Pkcs12(chain, kPass.c_str(), cipher, cipher), BytesOf(kPass));
    ASSERT_TRUE(opened) << opened.error().text;
    EXPECT_EQ(*opened->key.ToDer(), *KeyOf(chain.leaf).ToDer());
    ASSERT_EQ(opened->certificates.size(), 2u);
    EXPECT_EQ(opened->certificates[0].subject(), "CN=gw") << "the key's own first";
    EXPECT_EQ(opened->certificates[1].subject(), "CN=ca");
  }
  EXPECT_EQ(Code(Pkcs12(chain, kPass.c_str(), -1, -1), kPass), "") << "only the MAC needs it";
  EXPECT_EQ(Code(Pkcs12(chain, ""), ""), "");
  EXPECT_EQ(Code(Pkcs12(chain, nullptr), ""), "");
}

TEST(ContainerTest, EveryKindOfKeyThereAndBack) {
  for (const test::KeyChoice choice :
       {test::KeyChoice::kRsa2048, test::KeyChoice::kP256, test::KeyChoice::kP521,
        test::KeyChoice::kEd25519, test::KeyChoice::kEd448}) {
    const auto ca = Identity::SelfSigned({.subject = "CN=ca", .ca = true});
    const auto leaf = ca.Issue({.subject = "CN=gw", .key = choice});
    const std::vector<Certificate> certificates = {Read(leaf), Read(ca)};
    const PrivateKey key = KeyOf(leaf);
    for (const bool pkcs12 : {true, false}) {
      const auto made = pkcs12 ? MakePkcs12(key, certificates, "gw", BytesOf(kPass))
                               : MakePem(key, certificates, BytesOf(kPass));
      ASSERT_TRUE(made) << made.error().text;
      const auto opened = OpenContainer(*made, BytesOf(kPass));
      ASSERT_TRUE(opened) << opened.error().text;
      EXPECT_EQ(*opened->key.ToDer(), *key.ToDer());
      ASSERT_EQ(opened->certificates.size(), 2u);
      EXPECT_TRUE(opened->certificates[0] == certificates[0]);
      EXPECT_TRUE(opened->certificates[1] == certificates[1]);
      EXPECT_EQ(Code(*made, "wrong"), "kAuthFailed");
      EXPECT_EQ(Code(*made, ""), "kAuthFailed");
      // Nothing of it is in clear.
      const auto secret = *key.ToDer();
      EXPECT_EQ(std::search(made->begin(), made->end(), secret.end() - 20, secret.end()),
                made->end());
    }
  }
}

// libcrypto's own reader takes what is made here.
TEST(ContainerTest, OpenSslReadsWhatIsMade) {
  const Chain chain;
  const std::vector<Certificate> certificates = {Read(chain.leaf), Read(chain.ca)};
  const auto p12 = MakePkcs12(KeyOf(chain.leaf), certificates, "gw", BytesOf(kPass));
  ASSERT_TRUE(p12);
  const uint8_t* end = p12->data();
  const std::shared_ptr<PKCS12> read(d2i_PKCS12(nullptr, &end, static_cast<long>(p12->size())),
                                     PKCS12_free);
  EVP_PKEY* key = nullptr;
  X509* own = nullptr;
  STACK_OF(X509)* others = nullptr;
  ASSERT_EQ(PKCS12_parse(read.get(), kPass.c_str(), &key, &own, &others), 1);
  EXPECT_EQ(EVP_PKEY_eq(key, chain.leaf.key()), 1);
  EXPECT_EQ(X509_cmp(own, chain.leaf.x509()), 0);
  EXPECT_EQ(sk_X509_num(others), 1);
  EVP_PKEY_free(key);
  X509_free(own);
  sk_X509_pop_free(others, X509_free);

  const auto pem = MakePem(KeyOf(chain.leaf), certificates, BytesOf(kPass));
  ASSERT_TRUE(pem);
  const std::shared_ptr<BIO> in(BIO_new_mem_buf(pem->data(), static_cast<int>(pem->size())),
                                BIO_free);
  std::string pass = kPass;
  const std::shared_ptr<EVP_PKEY> from_pem(
      PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, pass.data()), EVP_PKEY_free);
  ASSERT_NE(from_pem, nullptr);
  EXPECT_EQ(EVP_PKEY_eq(from_pem.get(), chain.leaf.key()), 1);
}

TEST(ContainerTest, PemInItsForms) {
  const Chain chain;
  const std::string key = test::Pem("PRIVATE KEY", chain.leaf.private_key());
  const std::string leaf = test::Pem("CERTIFICATE", chain.leaf.certificate());
  const std::string ca = test::Pem("CERTIFICATE", chain.ca.certificate());
  const std::string text = "a word before\n" + ca + key + leaf;
  const auto opened = OpenContainer(BytesOf(text), {});
  ASSERT_TRUE(opened) << opened.error().text;
  ASSERT_EQ(opened->certificates.size(), 2u);
  EXPECT_EQ(opened->certificates[0].subject(), "CN=gw");
  EXPECT_EQ(Code(key, ""), "");
  EXPECT_EQ(Code(ca, ""), "kMalformed") << "no key";
  EXPECT_EQ(Code(key + key, ""), "kMalformed") << "two keys";
  EXPECT_EQ(Code(test::Pem("RSA PRIVATE KEY", chain.leaf.private_key()), ""), "kUnsupported");
  EXPECT_EQ(Code("-----BEGIN PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: A,B\n\nAAAA\n"
                 "-----END PRIVATE KEY-----\n",
                 ""),
            "kUnsupported");
  EXPECT_EQ(Code(test::Pem("PRIVATE KEY", {0x30, 0x00}), ""), "kMalformed");
  EXPECT_EQ(Code("", ""), "kMalformed");
}

TEST(ContainerTest, KeysAndCertificatesThatAreNotTaken) {
  const std::string key = test::Pem("PRIVATE KEY", Chain().leaf.private_key());
  EXPECT_EQ(Code(key + test::Pem("CERTIFICATE", {0x30, 0x00}), ""), "kMalformed");
  const std::shared_ptr<EVP_PKEY> tiny(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{1024}),
                                       EVP_PKEY_free);
  const std::shared_ptr<PKCS8_PRIV_KEY_INFO> info(EVP_PKEY2PKCS8(tiny.get()),
                                                  PKCS8_PRIV_KEY_INFO_free);
  EXPECT_EQ(Code(test::Pem("PRIVATE KEY", DerOf(info.get(), i2d_PKCS8_PRIV_KEY_INFO)), ""),
            "kUnsupported");
}

TEST(ContainerTest, WorkIsBounded) {
  const Chain chain;
  // The number of rounds is raised in the DER: nobody could wait for one that is made so.
  std::vector<uint8_t> p12 = Pkcs12(chain, kPass.c_str(), 0, 0, 0x010203, 0x010204);
  const auto raise = [](std::vector<uint8_t> der, uint8_t last, size_t which) {
    const std::vector<uint8_t> number = {0x02, 0x03, 0x01, 0x02, last};
    auto at = der.begin();
    for (size_t i = 0; i <= which; ++i) {
      at = std::search(i == 0 ? at : at + 1, der.end(), number.begin(), number.end());
      EXPECT_NE(at, der.end());
      if (at == der.end()) return der;
    }
    *(at + 2) = 0x7f;
    return der;
  };
  EXPECT_EQ(Code(p12, kPass), "");
  EXPECT_EQ(Code(raise(p12, 0x04, 0), kPass), "kExhausted") << "of the MAC";

  const auto pem = MakePem(KeyOf(chain.leaf), {}, BytesOf(kPass));
  ASSERT_TRUE(pem);
  const std::shared_ptr<BIO> in(BIO_new_mem_buf(pem->data(), static_cast<int>(pem->size())),
                                BIO_free);
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* bytes = nullptr;
  long size = 0;
  ASSERT_EQ(PEM_read_bio(in.get(), &name, &header, &bytes, &size), 1);
  std::vector<uint8_t> der(bytes, bytes + size);
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(bytes);
  const std::vector<uint8_t> rounds = {0x02, 0x03, 0x01, 0x86, 0xa0};  // 100,000
  const auto at = std::search(der.begin(), der.end(), rounds.begin(), rounds.end());
  ASSERT_NE(at, der.end());
  *(at + 2) = 0x7f;
  EXPECT_EQ(Code(test::Pem("ENCRYPTED PRIVATE KEY", der), kPass), "kExhausted");
}

TEST(ContainerTest, Limits) {
  const Chain chain;
  const std::string key = test::Pem("PRIVATE KEY", chain.leaf.private_key());
  const std::string ca = test::Pem("CERTIFICATE", chain.ca.certificate());
  std::string text = key;
  for (size_t i = 0; i < kMaxContainerCertificates; ++i) text += ca;
  EXPECT_EQ(Code(text, ""), "");
  EXPECT_EQ(Code(text + ca, ""), "kExhausted");
  std::string parts = key;
  for (size_t i = 0; i < 32; ++i) parts += test::Pem("OTHER", {1});
  EXPECT_EQ(Code(parts, ""), "kExhausted");
  EXPECT_EQ(Code(std::string(kMaxContainerBytes + 1, ' '), ""), "kExhausted");
  EXPECT_EQ(Code(key, std::string(kMaxPassphraseBytes + 1, 'a')), "kInvalidArgument");

  const PrivateKey own = KeyOf(chain.leaf);
  for (const std::string& pass :
       {std::string(), std::string(kMaxPassphraseBytes + 1, 'a'), std::string("a\0b", 3)}) {
    EXPECT_FALSE(MakePkcs12(own, {}, "gw", BytesOf(pass)));
    EXPECT_FALSE(MakePem(own, {}, BytesOf(pass)));
  }
  const std::vector<Certificate> others = {Read(chain.ca)};
  EXPECT_FALSE(MakePkcs12(own, others, "gw", BytesOf(kPass))) << "not of this key";
  EXPECT_FALSE(MakePem(own, others, BytesOf(kPass)));
}

TEST(ContainerTest, CutAndFlipped) {
  const Chain chain;
  std::vector<uint8_t> der = Pkcs12(chain, kPass.c_str(), 0, 0, 1, 1);
  for (size_t size = 0; size < der.size(); ++size) {
    EXPECT_NE(
        Code(std::vector<uint8_t>(der.begin(), der.begin() + static_cast<ptrdiff_t>(size)), kPass),
        "");
  }
  for (size_t i = 0; i < der.size(); i += 3) {
    der[i] ^= 0x11;
    static_cast<void>(Code(der, kPass));
    der[i] ^= 0x11;
  }
}

// PKCS#12 that others made, with the passphrase "cryptography".
TEST(ContainerTest, Pkcs12OfOthers) {
  for (const char* file : {"pkcs12/cert-key-aes256cbc.p12", "pkcs12/cert-none-key-none.p12"}) {
    const auto opened = OpenContainer(test::LoadDebianFile(file), BytesOf("cryptography"));
    EXPECT_TRUE(opened) << file << ": " << opened.error().text;
  }
}

}  // namespace
}  // namespace vam::pki
