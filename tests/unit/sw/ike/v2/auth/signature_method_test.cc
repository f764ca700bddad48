// Methods and algorithms of signatures, against the bytes of RFC 7427, RFC 8420 and libcrypto.
#include "sw/ike/v2/auth/signature_method.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace vam::ike::v2 {
namespace {

using crypto::Hash;
using crypto::KeyType;
using crypto::SignatureKind;
using crypto::SignatureScheme;
using ::testing::ElementsAre;
using Buffer = std::vector<uint8_t>;

constexpr KeyType kTypes[] = {KeyType::kRsa,       KeyType::kEcdsaP256, KeyType::kEcdsaP384,
                              KeyType::kEcdsaP521, KeyType::kEd25519,   KeyType::kEd448};

// RFC 7427, appendix A, and RFC 8420, appendix A, as they stand there.
struct Object {
  const char* name;
  const char* hex;
  KeyType key;
  SignatureScheme scheme;
};
constexpr Object kTaken[] = {
    {"A.1.2 sha256WithRSAEncryption",
     "300d06092a864886f70d01010b0500",
     KeyType::kRsa,
     {SignatureKind::kRsaPkcs1, Hash::kSha256}},
    {"A.1.3 sha384WithRSAEncryption",
     "300d06092a864886f70d01010c0500",
     KeyType::kRsa,
     {SignatureKind::kRsaPkcs1, Hash::kSha384}},
    {"A.1.4 sha512WithRSAEncryption",
     "300d06092a864886f70d01010d0500",
     KeyType::kRsa,
     {SignatureKind::kRsaPkcs1, Hash::kSha512}},
    {"A.3.2 ecdsa-with-sha256",
     "300a06082a8648ce3d040302",
     KeyType::kEcdsaP256,
     {SignatureKind::kEcdsaDer, Hash::kSha256}},
    {"A.3.3 ecdsa-with-sha384",
     "300a06082a8648ce3d040303",
     KeyType::kEcdsaP384,
     {SignatureKind::kEcdsaDer, Hash::kSha384}},
    {"A.3.4 ecdsa-with-sha512",
     "300a06082a8648ce3d040304",
     KeyType::kEcdsaP521,
     {SignatureKind::kEcdsaDer, Hash::kSha512}},
    {"A.4.3 RSASSA-PSS with SHA-256",
     "304606092a864886f70d01010a3039a00f300d06096086480165030402010500a11c301a06092a864886f70d01010"
     "8"
     "300d06096086480165030402010500a203020120a303020101",
     KeyType::kRsa,
     {SignatureKind::kRsaPss, Hash::kSha256}},
    {"RFC 8420 Ed25519",
     "300506032b6570",
     KeyType::kEd25519,
     {SignatureKind::kEdDsa, Hash::kIdentity}},
    {"RFC 8420 Ed448", "300506032b6571", KeyType::kEd448, {SignatureKind::kEdDsa, Hash::kIdentity}},
};

Buffer Hex(std::string_view text) {
  Buffer out;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    out.push_back(static_cast<uint8_t>(std::stoul(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

Buffer AuthData(const Buffer& algorithm, const Buffer& signature = Buffer(64, 7)) {
  Buffer out{static_cast<uint8_t>(algorithm.size())};
  out.insert(out.end(), algorithm.begin(), algorithm.end());
  out.insert(out.end(), signature.begin(), signature.end());
  return out;
}
Result<ReceivedSignature> Read(const Buffer& data, KeyType key, bool legacy = false) {
  return ReadSignature({AuthMethod::kDigitalSignature, data}, key, legacy);
}

TEST(SignatureMethodTest, TheObjectsOfTheRfcs) {
  for (const Object& object : kTaken) {
    const Buffer data = AuthData(Hex(object.hex));
    const auto read = Read(data, object.key);
    ASSERT_TRUE(read.has_value()) << object.name;
    EXPECT_EQ(read->scheme, object.scheme) << object.name;
    EXPECT_EQ(read->signature.size(), 64U);
    for (const KeyType other : kTypes) {
      if (crypto::SchemeFits(object.scheme, other) && object.scheme.kind != SignatureKind::kEdDsa) {
        continue;
      }
      EXPECT_EQ(Read(data, other).has_value(), other == object.key) << object.name;
    }
    if (object.scheme.kind != SignatureKind::kRsaPss) {
      EXPECT_EQ(AlgorithmOf(object.scheme, object.key), Hex(object.hex)) << object.name;
    }
  }
}

// RFC 8247, 3.2.2: never, nor what they can be written as (A.1.1, A.2, A.3.1, A.4.1, A.4.2).
TEST(SignatureMethodTest, WhatMustNotBeUsedIsNotTaken) {
  constexpr const char* kRefused[] = {
      "300d06092a864886f70d0101050500",  // sha1WithRSAEncryption
      "300906072a8648ce380403",          // dsa-with-sha1
      "300b0609608648016503040302",      // dsa-with-sha256
      "300906072a8648ce3d0401",          // ecdsa-with-sha1
      "300d06092a864886f70d01010a3000",  // RSASSA-PSS, empty parameters
      "303e06092a864886f70d01010a3031a00b300906052b0e03021a0500a118301606092a864886f70d010108300906"
      "052b0e03021a0500a203020114a303020101",  // RSASSA-PSS, default parameters
      "300d06092a864886f70d0101040500",        // md5WithRSAEncryption
  };
  for (const char* hex : kRefused) {
    for (const KeyType key : kTypes) {
      const Buffer data = AuthData(Hex(hex));
      const auto read = Read(data, key, /*legacy=*/true);
      ASSERT_FALSE(read.has_value()) << hex;
      EXPECT_EQ(read.error().code, ErrorCode::kUnsupported);
    }
  }
}

// A salt length that was negative or long wrapped around and became the size of a buffer. Only the
// one that belongs to the hash is taken.
TEST(SignatureMethodTest, Cve2021_41990_SaltLengthsOfPss) {
  constexpr size_t kOuterLength = 1, kParametersLength = 14, kSalt = 62, kSaltBytes = 5;
  const Object& pss = kTaken[6];
  ASSERT_EQ(pss.scheme.kind, SignatureKind::kRsaPss);
  const auto with = [&](const Buffer& salt) {
    Buffer algorithm = Hex(pss.hex);
    const auto at = algorithm.begin() + kSalt;
    algorithm.insert(algorithm.erase(at, at + kSaltBytes), salt.begin(), salt.end());
    for (const size_t length : {kOuterLength, kParametersLength}) {
      algorithm[length] = static_cast<uint8_t>(algorithm[length] + salt.size() - kSaltBytes);
    }
    const Buffer data = AuthData(algorithm);
    return Read(data, KeyType::kRsa).has_value();
  };
  for (unsigned salt = 0; salt < 256; ++salt) {
    EXPECT_EQ(with({0xa2, 3, 2, 1, static_cast<uint8_t>(salt)}), salt == 32) << salt;
  }
  for (const char* salt :
       {"a200", "a2020200", "a20402020020", "a2060204ffffffff", "a206020480000000",
        "a2060204ffffffe0", "a207020500ffffffff", "a20702050100000020", "a20a02087fffffffffffffff",
        "a20b0209010000000000000020", "a2030201", "a203028420"}) {
    EXPECT_FALSE(with(Hex(salt))) << salt;
  }
}

// CVE-2018-16151 and its like: nothing of an algorithm is parsed, so nothing can hide in it.
TEST(SignatureMethodTest, EveryByteOfTheAlgorithmCounts) {
  for (const Object& object : kTaken) {
    const Buffer good = Hex(object.hex);
    for (size_t i = 0; i < good.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        Buffer bad = good;
        bad[i] = static_cast<uint8_t>(bad[i] ^ (1 << bit));
        const Buffer data = AuthData(bad);
        const auto read = Read(data, object.key);
        // Another arc may be another hash of the list, never the same.
        if (read) {
          EXPECT_NE(read->scheme, object.scheme) << object.name << " byte " << i;
        }
      }
    }
    for (const Buffer& more : {Buffer{0x05, 0x00}, Buffer{0x00}, Buffer(100, 0)}) {
      Buffer longer = good;
      longer.insert(longer.end(), more.begin(), more.end());
      if (longer.size() > 255) continue;
      const Buffer data = AuthData(longer);
      EXPECT_FALSE(Read(data, object.key).has_value()) << object.name;
      // Its length set right: parameters where there are none.
      longer[1] = static_cast<uint8_t>(longer.size() - 2);
      const Buffer inside = AuthData(longer);
      EXPECT_FALSE(Read(inside, object.key).has_value()) << object.name;
    }
    for (size_t size = 0; size < good.size(); ++size) {
      const Buffer data = AuthData(Buffer(good.begin(), good.begin() + static_cast<long>(size)));
      EXPECT_FALSE(Read(data, object.key).has_value()) << object.name;
    }
  }
  EXPECT_FALSE(Read({}, KeyType::kRsa).has_value());
  EXPECT_FALSE(Read({200, 0x30}, KeyType::kRsa).has_value());
}

// The same as what libcrypto writes into certificates.
Buffer ByLibcrypto(SignatureScheme scheme) {
  const char* const name = scheme.hash == Hash::kSha256   ? "SHA256"
                           : scheme.hash == Hash::kSha384 ? "SHA384"
                                                          : "SHA512";
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(2048), EVP_PKEY_free);
  std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), X509_free);
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                  EVP_MD_CTX_free);
  EVP_PKEY_CTX* parameters = nullptr;
  EXPECT_EQ(
      EVP_DigestSignInit_ex(context.get(), &parameters, name, nullptr, nullptr, key.get(), nullptr),
      1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST), 1);
  EXPECT_EQ(X509_set_pubkey(x509.get(), key.get()), 1);
  EXPECT_NE(X509_gmtime_adj(X509_getm_notBefore(x509.get()), 0), nullptr);
  EXPECT_NE(X509_gmtime_adj(X509_getm_notAfter(x509.get()), 1), nullptr);
  EXPECT_GT(X509_sign_ctx(x509.get(), context.get()), 0);
  const X509_ALGOR* algorithm = nullptr;
  X509_get0_signature(nullptr, &algorithm, x509.get());
  uint8_t* der = nullptr;
  const int size = i2d_X509_ALGOR(algorithm, &der);
  const Buffer out(der, der + size);
  OPENSSL_free(der);
  return out;
}

TEST(SignatureMethodTest, PssIsWrittenAsLibcryptoDoes) {
  for (const Hash hash : {Hash::kSha256, Hash::kSha384, Hash::kSha512}) {
    const SignatureScheme scheme{SignatureKind::kRsaPss, hash};
    EXPECT_EQ(AlgorithmOf(scheme, KeyType::kRsa), ByLibcrypto(scheme));
    const Buffer data = AuthData(AlgorithmOf(scheme, KeyType::kRsa));
    ASSERT_TRUE(Read(data, KeyType::kRsa).has_value());
    EXPECT_EQ(Read(data, KeyType::kRsa)->scheme, scheme);
  }
}

// What we write, we read.
TEST(SignatureMethodTest, ThereAndBack) {
  const std::vector<Hash> all(kOwnHashes.begin(), kOwnHashes.end());
  const Buffer signature(70, 3);
  for (const KeyType key : kTypes) {
    for (const PeerHashes& peer : {PeerHashes(all), PeerHashes()}) {
      const auto method = ChooseMethod(key, peer, /*legacy=*/true);
      if (!method) continue;
      EXPECT_TRUE(crypto::SchemeFits(method->scheme, key));
      const Buffer data = AuthDataOf(*method, key, signature);
      const auto read = ReadSignature({method->method, data}, key, /*legacy=*/true);
      ASSERT_TRUE(read.has_value());
      EXPECT_EQ(read->scheme, method->scheme);
      EXPECT_EQ(Buffer(read->signature.begin(), read->signature.end()), signature);
    }
  }
}

TEST(SignatureMethodTest, TheHashOfTheKeysStrengthFirst) {
  const PeerHashes all =
      std::vector<Hash>{Hash::kSha1, Hash::kSha256, Hash::kSha384, Hash::kSha512, Hash::kIdentity};
  const auto chosen = [&](KeyType key) { return ChooseMethod(key, all, false)->scheme; };
  EXPECT_EQ(chosen(KeyType::kRsa), (SignatureScheme{SignatureKind::kRsaPss, Hash::kSha256}));
  EXPECT_EQ(chosen(KeyType::kEcdsaP256),
            (SignatureScheme{SignatureKind::kEcdsaDer, Hash::kSha256}));
  EXPECT_EQ(chosen(KeyType::kEcdsaP384),
            (SignatureScheme{SignatureKind::kEcdsaDer, Hash::kSha384}));
  EXPECT_EQ(chosen(KeyType::kEcdsaP521),
            (SignatureScheme{SignatureKind::kEcdsaDer, Hash::kSha512}));
  EXPECT_EQ(chosen(KeyType::kEd25519), (SignatureScheme{SignatureKind::kEdDsa, Hash::kIdentity}));
  const PeerHashes only = std::vector<Hash>{Hash::kSha512};
  EXPECT_EQ(ChooseMethod(KeyType::kRsa, only, false)->scheme.hash, Hash::kSha512);
  EXPECT_EQ(ChooseMethod(KeyType::kEcdsaP256, only, false)->scheme.hash, Hash::kSha512);
}

TEST(SignatureMethodTest, NoCommonHash) {
  const PeerHashes sha1 = std::vector<Hash>{Hash::kSha1};
  const PeerHashes none = std::vector<Hash>{};
  for (const KeyType key : kTypes) {
    for (const bool legacy : {false, true}) {
      EXPECT_EQ(ChooseMethod(key, sha1, legacy), std::nullopt);
      EXPECT_EQ(ChooseMethod(key, none, legacy), std::nullopt);
    }
  }
  const PeerHashes sha2 = std::vector<Hash>{Hash::kSha256, Hash::kSha384, Hash::kSha512};
  EXPECT_EQ(ChooseMethod(KeyType::kEd25519, sha2, true), std::nullopt) << "RFC 8420, 2";
  EXPECT_EQ(ChooseMethod(KeyType::kRsa, std::vector<Hash>{Hash::kIdentity}, true), std::nullopt);
}

// RFC 7427, 4: to who does not know of it, the methods from before.
TEST(SignatureMethodTest, PeersWithoutTheNotify) {
  EXPECT_EQ(ChooseMethod(KeyType::kRsa, {}, false), std::nullopt);
  EXPECT_EQ(ChooseMethod(KeyType::kRsa, {}, true),
            (SignatureMethod{AuthMethod::kRsaSignature, {SignatureKind::kRsaPkcs1, Hash::kSha1}}));
  EXPECT_EQ(ChooseMethod(KeyType::kEcdsaP256, {}, false)->method, AuthMethod::kEcdsaSha256P256);
  EXPECT_EQ(ChooseMethod(KeyType::kEcdsaP384, {}, false)->method, AuthMethod::kEcdsaSha384P384);
  EXPECT_EQ(ChooseMethod(KeyType::kEcdsaP521, {}, false)->method, AuthMethod::kEcdsaSha512P521);
  EXPECT_EQ(ChooseMethod(KeyType::kEcdsaP521, {}, false)->scheme.kind, SignatureKind::kEcdsaPlain);
  EXPECT_EQ(ChooseMethod(KeyType::kEd25519, {}, true), std::nullopt);
  EXPECT_EQ(ChooseMethod(KeyType::kEd448, {}, true), std::nullopt);
}

TEST(SignatureMethodTest, MethodsBelongToTheirKeys) {
  const Buffer data(64, 1);
  for (const KeyType key : kTypes) {
    const auto takes = [&](AuthMethod method, bool legacy) {
      return ReadSignature({method, data}, key, legacy).has_value();
    };
    EXPECT_EQ(takes(AuthMethod::kRsaSignature, true), key == KeyType::kRsa);
    EXPECT_FALSE(takes(AuthMethod::kRsaSignature, false));
    EXPECT_EQ(takes(AuthMethod::kEcdsaSha256P256, false), key == KeyType::kEcdsaP256);
    EXPECT_EQ(takes(AuthMethod::kEcdsaSha384P384, false), key == KeyType::kEcdsaP384);
    EXPECT_EQ(takes(AuthMethod::kEcdsaSha512P521, false), key == KeyType::kEcdsaP521);
    EXPECT_FALSE(takes(AuthMethod::kSharedKey, true));
    EXPECT_FALSE(takes(AuthMethod::kNull, true));
    EXPECT_FALSE(takes(static_cast<AuthMethod>(200), true));
  }
}

TEST(SignatureMethodTest, HashesOfTheNotify) {
  const Buffer data{0, 1, 0, 2, 0, 5, 0x40, 0x00, 0, 99};
  const auto read = ReadHashes(data);
  ASSERT_TRUE(read.has_value());
  EXPECT_THAT(*read, ElementsAre(Hash::kSha1, Hash::kSha256, Hash::kIdentity));
  EXPECT_FALSE(ReadHashes(Buffer{0, 1, 0}).has_value());
  MessageBuilder message;
  AddOwnHashes(message);
  const auto payloads = message.payloads();
  ASSERT_TRUE(payloads.has_value());
  const auto notify = ParseNotify(payloads->subspan(4));
  ASSERT_TRUE(notify.has_value());
  EXPECT_EQ(notify->type, NotifyType::kSignatureHashAlgorithms);
  EXPECT_THAT(Buffer(notify->data.begin(), notify->data.end()),
              ElementsAre(0, 2, 0, 3, 0, 4, 0, 5));
}

}  // namespace
}  // namespace vam::ike::v2
