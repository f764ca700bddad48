// SUPPORTED_AUTH_METHODS (RFC 9593): what is said, what is read, and what follows for our proof.
#include "sw/ike/v2/auth/supported_methods.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {
namespace {

using crypto::Hash;
using crypto::KeyType;
using crypto::SignatureKind;
using ::testing::SizeIs;
using Buffer = std::vector<uint8_t>;

constexpr KeyType kTypes[] = {KeyType::kRsa,       KeyType::kEcdsaP256, KeyType::kEcdsaP384,
                              KeyType::kEcdsaP521, KeyType::kEd25519,   KeyType::kEd448};
const PeerHashes kAllHashes{{Hash::kSha256, Hash::kSha384, Hash::kSha512, Hash::kIdentity}};

// The data of the one notify in a message.
Buffer DataOf(MessageBuilder& message) {
  const auto payloads = message.payloads();
  EXPECT_TRUE(payloads.has_value());
  const auto chain = ParseInner(message.first(), *payloads);
  EXPECT_TRUE(chain.has_value());
  const auto notifies = ParseNotifies(*chain);
  EXPECT_TRUE(notifies.has_value() && notifies->size() == 1);
  const NotifyPayload& notify = notifies->front();
  EXPECT_EQ(notify.type, NotifyType::kSupportedAuthMethods);
  return {notify.data.begin(), notify.data.end()};
}

Buffer Own(const OwnMethods& own) {
  MessageBuilder message;
  AddOwnMethods(message, own);
  return DataOf(message);
}

PeerMethods Announced(std::initializer_list<PeerMethod> methods) { return PeerMethods(methods); }

TEST(SupportedMethodsTest, WhatIsSaidByteForByte) {
  // RFC 9593, 3.2.1: two bytes of a method without certificates.
  EXPECT_EQ(Own({.shared_key = true, .signatures = {}}), (Buffer{2, 2}));
  // 3.2.2: three with a link, of the method of RFC 4754; 3.2.3: an AlgorithmIdentifier behind it.
  const Buffer p256 = Own({.signatures = {KeyType::kEcdsaP256}});
  const Buffer begin = {3, 9, 0, 15, 14, 0, 0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2};
  ASSERT_GE(p256.size(), begin.size());
  EXPECT_TRUE(std::equal(begin.begin(), begin.end(), p256.begin()));
  EXPECT_EQ(Own({.signatures = {KeyType::kEd25519}}),
            (Buffer{10, 14, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70}));
}

// Each way that we announce is one that we read, and each that we read is announced.
TEST(SupportedMethodsTest, WhatIsSaidIsWhatIsTaken) {
  for (const KeyType key : kTypes) {
    const PeerMethods said = ReadMethods(Own({.signatures = {key}}));
    ASSERT_TRUE(said.has_value());
    for (const PeerMethod& one : *said) {
      if (one.method != AuthMethod::kDigitalSignature) continue;
      Buffer data{static_cast<uint8_t>(one.algorithm.size())};
      data.insert(data.end(), one.algorithm.begin(), one.algorithm.end());
      data.resize(data.size() + 64, 7);
      EXPECT_TRUE(ReadSignature({one.method, data}, key, /*legacy=*/false).has_value());
    }
    EXPECT_EQ(ChooseMethod(key, kAllHashes, false, said), ChooseMethod(key, kAllHashes, false))
        << "between equals nothing changes";
  }
}

TEST(SupportedMethodsTest, AllOfAllIsWithinTheLimits) {
  OwnMethods all{.shared_key = true, .signatures = {}, .legacy = true};
  all.signatures.assign(std::begin(kTypes), std::end(kTypes));
  const auto parsed = ParseAuthMethods(Own(all));
  ASSERT_TRUE(parsed.has_value());
  // The shared key; RSA and three curves in the old way; PSS and PKCS#1 with three hashes, ECDSA
  // with three, two of EdDSA.
  EXPECT_THAT(*parsed, SizeIs(1 + 4 + 6 + 3 + 2));
}

TEST(SupportedMethodsTest, NothingSaidIsNothingChanged) {
  EXPECT_FALSE(ReadMethods({}).has_value());
  for (const Buffer& bad : {Buffer{1, 2}, Buffer{0, 0}, Buffer{3, 14}, Buffer{2}, Buffer(130, 2)}) {
    if (ParseAuthMethods(bad).has_value()) continue;
    EXPECT_FALSE(ReadMethods(bad).has_value());
  }
  EXPECT_TRUE(TakesSharedKey(std::nullopt));
  for (const KeyType key : kTypes) {
    EXPECT_EQ(ChooseMethod(key, kAllHashes, false, std::nullopt),
              ChooseMethod(key, kAllHashes, false));
  }
}

TEST(SupportedMethodsTest, SharedKeys) {
  EXPECT_TRUE(
      TakesSharedKey(Announced({{AuthMethod::kRsaSignature, {}}, {AuthMethod::kSharedKey, {}}})));
  EXPECT_FALSE(TakesSharedKey(Announced({{AuthMethod::kRsaSignature, {}}})));
}

// Ours is chosen among theirs.
TEST(SupportedMethodsTest, ThePeerChoosesTheAlgorithm) {
  const auto algorithm = [](SignatureKind kind, Hash hash, KeyType key) {
    return PeerMethod{AuthMethod::kDigitalSignature, AlgorithmOf({kind, hash}, key)};
  };
  const auto pkcs =
      ChooseMethod(KeyType::kRsa, kAllHashes, false,
                   Announced({algorithm(SignatureKind::kRsaPkcs1, Hash::kSha384, KeyType::kRsa)}));
  ASSERT_TRUE(pkcs.has_value());
  EXPECT_EQ(pkcs->scheme.kind, SignatureKind::kRsaPkcs1);
  EXPECT_EQ(pkcs->scheme.hash, Hash::kSha384);
  const auto pss =
      ChooseMethod(KeyType::kRsa, kAllHashes, false,
                   Announced({algorithm(SignatureKind::kRsaPkcs1, Hash::kSha256, KeyType::kRsa),
                              algorithm(SignatureKind::kRsaPss, Hash::kSha512, KeyType::kRsa)}));
  ASSERT_TRUE(pss.has_value());
  EXPECT_EQ(pss->scheme.kind, SignatureKind::kRsaPss) << "PSS before PKCS#1";
  const auto curve = ChooseMethod(
      KeyType::kEcdsaP384, kAllHashes, false,
      Announced({algorithm(SignatureKind::kEcdsaDer, Hash::kSha256, KeyType::kEcdsaP384)}));
  ASSERT_TRUE(curve.has_value());
  EXPECT_EQ(curve->scheme.hash, Hash::kSha256);
  // The old methods of curves, where nothing else is taken.
  const auto older = ChooseMethod(KeyType::kEcdsaP256, kAllHashes, false,
                                  Announced({{AuthMethod::kEcdsaSha256P256, {}}}));
  ASSERT_TRUE(older.has_value());
  EXPECT_EQ(older->method, AuthMethod::kEcdsaSha256P256);
}

TEST(SupportedMethodsTest, NoneInCommonIsNone) {
  const PeerMethods eddsa =
      Announced({{AuthMethod::kDigitalSignature,
                  AlgorithmOf({SignatureKind::kEdDsa, Hash::kIdentity}, KeyType::kEd25519)}});
  EXPECT_FALSE(ChooseMethod(KeyType::kRsa, kAllHashes, false, eddsa).has_value());
  EXPECT_FALSE(ChooseMethod(KeyType::kEd448, kAllHashes, false, eddsa).has_value());
  EXPECT_TRUE(ChooseMethod(KeyType::kEd25519, kAllHashes, false, eddsa).has_value());
  // SHA-1 with RSA only behind its switch, whatever the peer announces.
  const PeerMethods sha1 = Announced({{AuthMethod::kRsaSignature, {}}});
  EXPECT_FALSE(ChooseMethod(KeyType::kRsa, kAllHashes, false, sha1).has_value());
  EXPECT_TRUE(ChooseMethod(KeyType::kRsa, kAllHashes, true, sha1).has_value());
  // A hash that it does not take is not used, though the algorithm is announced.
  const PeerMethods sha512 =
      Announced({{AuthMethod::kDigitalSignature,
                  AlgorithmOf({SignatureKind::kEcdsaDer, Hash::kSha512}, KeyType::kEcdsaP256)}});
  EXPECT_FALSE(
      ChooseMethod(KeyType::kEcdsaP256, PeerHashes({Hash::kSha256}), false, sha512).has_value());
}

}  // namespace
}  // namespace vam::ike::v2
