// Which keys are taken, and what is refused of forged RSA signatures.
#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sw/crypto/signature.h"

namespace vam::crypto {
namespace {

using Buffer = std::vector<uint8_t>;
using EvpKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using EvpContext = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;

const Buffer kAbc = {'a', 'b', 'c'};
constexpr SignatureScheme kPkcs1 = {SignatureKind::kRsaPkcs1, Hash::kSha256};

// The writer of an encoding: i2d_PUBKEY and the like.
template <typename T>
Buffer Der(int (*write)(const T*, unsigned char**), const T* object) {
  const int size = write(object, nullptr);
  EXPECT_GT(size, 0);
  Buffer der(static_cast<size_t>(std::max(size, 0)));
  uint8_t* end = der.data();
  write(object, &end);
  return der;
}

// One field of DER, with its length.
Buffer Tlv(uint8_t tag, const Buffer& content) {
  Buffer out = {tag};
  const size_t size = content.size();
  if (size >= 256) {
    out.insert(out.end(), {0x82, static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size)});
  } else if (size >= 128) {
    out.insert(out.end(), {0x81, static_cast<uint8_t>(size)});
  } else {
    out.push_back(static_cast<uint8_t>(size));
  }
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

Buffer Join(std::initializer_list<Buffer> parts) {
  Buffer all;
  for (const Buffer& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// SubjectPublicKeyInfo of an RSA key with these numbers (RFC 3279, 2.3.1), as DER integers.
Buffer RsaSpki(const Buffer& modulus, const Buffer& exponent) {
  const Buffer key = Tlv(0x30, Join({Tlv(0x02, modulus), Tlv(0x02, exponent)}));
  return Tlv(0x30,
             Join({*ParseHex("300d06092a864886f70d0101010500"), Tlv(0x03, Join({{0}, key}))}));
}

// Odd, of `bits` bits, positive in DER.
Buffer Modulus(size_t bits) {
  Buffer bytes(bits / 8, 0xc5);
  if (bits % 8 == 0) {
    bytes.insert(bytes.begin(), 0);
  } else {
    bytes.insert(bytes.begin(), static_cast<uint8_t>((1 << bits % 8) - 1));
  }
  return bytes;
}

const Buffer kF4 = {1, 0, 1};

void ExpectKey(const Buffer& der, std::optional<ErrorCode> error) {
  const auto key = PublicKey::FromDer(der);
  if (!error.has_value()) {
    EXPECT_TRUE(key.has_value()) << ToString(key.error());
    return;
  }
  ASSERT_FALSE(key.has_value());
  EXPECT_EQ(key.error().code, *error) << ToString(key.error());
}

// A small modulus made others write in front of a buffer: it is refused by its size alone.
TEST(SignatureKeyTest, Cve2018_17540_TinyRsaModulus) {
  for (const size_t bits : {8u, 16u, 48u, 512u, 1024u, 1536u, 2040u, 2047u}) {
    SCOPED_TRACE(bits);
    ExpectKey(RsaSpki(Modulus(bits), kF4), ErrorCode::kUnsupported);
  }
  ExpectKey(RsaSpki({0}, kF4), ErrorCode::kUnsupported);
  ExpectKey(RsaSpki({1}, kF4), ErrorCode::kUnsupported);
  ExpectKey(RsaSpki(Modulus(2048), kF4), std::nullopt);
  ExpectKey(RsaSpki(Modulus(16'384), kF4), std::nullopt);
  ExpectKey(RsaSpki(Modulus(16'392), kF4), ErrorCode::kUnsupported);
}

TEST(SignatureKeyTest, RsaNumbersThatNoKeyHas) {
  Buffer even = Modulus(2048);
  even.back() = 0xc4;
  ExpectKey(RsaSpki(even, kF4), ErrorCode::kMalformed);
  Buffer negative = Modulus(2048);
  negative.front() = 0x80;
  EXPECT_FALSE(PublicKey::FromDer(RsaSpki(negative, kF4)).has_value());
  for (const Buffer& exponent : std::vector<Buffer>{{0}, {1}, {2}, {1, 0, 0}, {0xfd}}) {
    ExpectKey(RsaSpki(Modulus(2048), exponent), ErrorCode::kMalformed);
  }
  ExpectKey(RsaSpki(Modulus(2048), {3}), std::nullopt);
  ExpectKey(RsaSpki(Modulus(2048), Buffer(8, 0x7f)), std::nullopt);
  Buffer huge(9, 0x7f);
  ExpectKey(RsaSpki(Modulus(2048), huge), ErrorCode::kUnsupported);
  ExpectKey(RsaSpki(Modulus(2048), Buffer(256, 0x7f)), ErrorCode::kUnsupported);
}

// Verifying with numbers that only look like a key ends in a refusal.
TEST(SignatureKeyTest, SignaturesUnderAnyModulusAreRefused) {
  const auto key = PublicKey::FromDer(RsaSpki(Modulus(2048), {3}));
  ASSERT_TRUE(key.has_value());
  for (const uint8_t fill : std::array<uint8_t, 3>{0, 1, 0xff}) {
    for (const size_t bytes : {0u, 1u, 255u, 256u, 257u, 4096u}) {
      const Status status = key->Verify(kPkcs1, kAbc, Buffer(bytes, fill));
      ASSERT_FALSE(status.has_value());
      EXPECT_EQ(status.error().code, ErrorCode::kAuthFailed);
    }
  }
}

Buffer SpkiOf(EVP_PKEY* key) {
  const EvpKey owned(key, EVP_PKEY_free);
  EXPECT_NE(key, nullptr);
  return Der(i2d_PUBKEY, static_cast<const EVP_PKEY*>(key));
}

TEST(SignatureKeyTest, OtherKindsOfKeysAreNamed) {
  for (const char* curve : {"P-224", "secp256k1", "brainpoolP256r1"}) {
    ExpectKey(SpkiOf(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve)), ErrorCode::kUnsupported);
  }
  for (const char* kind : {"X25519", "X448"}) {
    ExpectKey(SpkiOf(EVP_PKEY_Q_keygen(nullptr, nullptr, kind)), ErrorCode::kUnsupported);
  }
  const EvpContext pss(EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  ASSERT_EQ(EVP_PKEY_keygen_init(pss.get()), 1);
  ASSERT_EQ(EVP_PKEY_keygen(pss.get(), &key), 1);
  ExpectKey(SpkiOf(key), ErrorCode::kUnsupported);
}

// P-256, but by its parameters: who gives them may give others (CVE-2020-0601's kind).
TEST(SignatureKeyTest, CurvesByTheirParametersAreRefused) {
  const EvpContext maker(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr), EVP_PKEY_CTX_free);
  std::string group = "P-256";
  std::string encoding = "explicit";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING, encoding.data(), 0),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  ASSERT_EQ(EVP_PKEY_keygen_init(maker.get()), 1);
  ASSERT_EQ(EVP_PKEY_CTX_set_params(maker.get(), params), 1);
  ASSERT_EQ(EVP_PKEY_keygen(maker.get(), &key), 1);
  const Buffer der = SpkiOf(key);
  EXPECT_GT(der.size(), 200u);  // with a name it has 91 bytes
  ExpectKey(der, ErrorCode::kUnsupported);
}

constexpr KeyType kTypes[] = {KeyType::kRsa,       KeyType::kEcdsaP256, KeyType::kEcdsaP384,
                              KeyType::kEcdsaP521, KeyType::kEd25519,   KeyType::kEd448};

// Both encodings come back as they went, and no shorter, longer or other one is taken.
TEST(SignatureKeyTest, EncodingsThereAndBack) {
  constexpr unsigned kBits[] = {2048, 256, 384, 521, 255, 448};
  for (size_t i = 0; i < std::size(kTypes); ++i) {
    SCOPED_TRACE(i);
    const auto key = PrivateKey::Generate(kTypes[i], i == 0 ? 2048 : 0);
    ASSERT_TRUE(key.has_value());
    EXPECT_EQ(key->public_key().bits(), kBits[i]);
    Buffer secret = *key->ToDer();
    Buffer open = *key->public_key().ToDer();
    EXPECT_LT(open.size(), 400u);
    const auto again = PrivateKey::FromDer(secret);
    ASSERT_TRUE(again.has_value()) << ToString(again.error());
    EXPECT_EQ(again->type(), kTypes[i]);
    EXPECT_EQ(*again->ToDer(), secret);
    EXPECT_EQ(*again->public_key().ToDer(), open);
    const auto public_again = PublicKey::FromDer(open);
    ASSERT_TRUE(public_again.has_value());
    EXPECT_EQ(public_again->bits(), kBits[i]);
    EXPECT_EQ(*public_again->ToDer(), open);
    for (size_t cut = 0; cut < open.size(); ++cut) {
      EXPECT_FALSE(PublicKey::FromDer(Bytes(open).first(cut)).has_value()) << cut;
    }
    for (size_t cut = 0; cut < secret.size(); cut += 7) {
      EXPECT_FALSE(PrivateKey::FromDer(Bytes(secret).first(cut)).has_value()) << cut;
    }
    EXPECT_FALSE(PublicKey::FromDer(secret).has_value());
    EXPECT_FALSE(PrivateKey::FromDer(open).has_value());
    open.push_back(0);
    ExpectKey(open, ErrorCode::kMalformed);
    secret.push_back(0);
    EXPECT_FALSE(PrivateKey::FromDer(secret).has_value());
  }
}

// What else holds private keys: PKCS#1 and SEC 1 alone, and encrypted PKCS#8.
TEST(SignatureKeyTest, OtherEncodingsOfPrivateKeysAreRefused) {
  for (const KeyType type : {KeyType::kRsa, KeyType::kEcdsaP256}) {
    const auto key = PrivateKey::Generate(type, 2048);
    ASSERT_TRUE(key.has_value());
    const Buffer der = *key->ToDer();
    const uint8_t* at = der.data();
    const EvpKey evp(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())),
                     EVP_PKEY_free);
    ASSERT_NE(evp, nullptr);
    const auto bare =
        PrivateKey::FromDer(Der(i2d_PrivateKey, static_cast<const EVP_PKEY*>(evp.get())));
    ASSERT_FALSE(bare.has_value());
    EXPECT_EQ(bare.error().code, ErrorCode::kMalformed);
    PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(evp.get());
    X509_SIG* sealed = PKCS8_encrypt(-1, EVP_aes_128_cbc(), "word", 4, nullptr, 0, 10, info);
    ASSERT_NE(sealed, nullptr);
    EXPECT_FALSE(
        PrivateKey::FromDer(Der(i2d_X509_SIG, static_cast<const X509_SIG*>(sealed))).has_value());
    X509_SIG_free(sealed);
    PKCS8_PRIV_KEY_INFO_free(info);
  }
}

// A PKCS#8 of P-256 has the public point at its end: another key's does not belong there.
TEST(SignatureKeyTest, HalvesThatDoNotBelongTogether) {
  const auto one = PrivateKey::Generate(KeyType::kEcdsaP256);
  const auto other = PrivateKey::Generate(KeyType::kEcdsaP256);
  ASSERT_TRUE(one.has_value() && other.has_value());
  Buffer mixed = *one->ToDer();
  const Buffer theirs = *other->ToDer();
  ASSERT_EQ(mixed.size(), theirs.size());
  std::copy(theirs.end() - 64, theirs.end(), mixed.end() - 64);
  const auto made = PrivateKey::FromDer(mixed);
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code, ErrorCode::kMalformed);
}

TEST(SignatureKeyTest, RsaSizesThatAreNotMade) {
  for (const unsigned bits : {0u, 512u, 1024u, 2047u, 16'385u}) {
    const auto made = PrivateKey::Generate(KeyType::kRsa, bits);
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, ErrorCode::kInvalidArgument);
  }
}

// libcrypto answers 1, 0 or less than 0. What it cannot even read must not be taken for good.
TEST(SignatureKeyTest, Cve2013_2944_VerifyHasThreeAnswers) {
  for (const KeyType type : kTypes) {
    const auto key = PrivateKey::Generate(type, 2048);
    ASSERT_TRUE(key.has_value());
    const SignatureScheme scheme = type == KeyType::kRsa ? kPkcs1
                                   : type == KeyType::kEd25519 || type == KeyType::kEd448
                                       ? SignatureScheme{SignatureKind::kEdDsa, Hash::kIdentity}
                                       : SignatureScheme{SignatureKind::kEcdsaDer, Hash::kSha256};
    // No DER, an empty SEQUENCE, r = s = 0, r and s negative, an endless length.
    for (const char* text : {"", "00", "3000", "3006020100020100", "30060201ff0201ff", "3080",
                             "30ffffffffffffffffff", "3006020101020101"}) {
      const Status status = key->public_key().Verify(scheme, kAbc, *ParseHex(text));
      ASSERT_FALSE(status.has_value()) << text;
      EXPECT_EQ(status.error().code, ErrorCode::kAuthFailed);
    }
  }
}

// The RSA private operation on any block: what a signer may have signed, or a forger found.
class RawSigner {
 public:
  RawSigner() : key_(PrivateKey::Generate(KeyType::kRsa, 2048)), evp_(nullptr, EVP_PKEY_free) {
    const Buffer der = *key_->ToDer();
    const uint8_t* at = der.data();
    evp_.reset(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
  }

  bool Takes(const Buffer& block) const {
    const EvpContext context(EVP_PKEY_CTX_new(evp_.get(), nullptr), EVP_PKEY_CTX_free);
    Buffer signature(256);
    size_t size = signature.size();
    EXPECT_EQ(EVP_PKEY_sign_init(context.get()), 1);
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING), 1);
    EXPECT_EQ(EVP_PKEY_sign(context.get(), signature.data(), &size, block.data(), block.size()), 1);
    return key_->public_key().Verify(kPkcs1, kAbc, signature).has_value();
  }

 private:
  Result<PrivateKey> key_;
  EvpKey evp_;
};

// 00 01 FF .. FF 00 and what follows, as long as the modulus (RFC 8017, 9.2).
Buffer Padded(const Buffer& info) {
  return Join({{0, 1}, Buffer(256 - 3 - info.size(), 0xff), {0}, info});
}

// Each of these was taken by some implementation that parsed the block instead of comparing it.
TEST(SignatureKeyTest, Cve2018_16151_LenientPkcs1) {
  const RawSigner signer;
  // SHA-256 of "abc", FIPS 180-4.
  const Buffer digest =
      *ParseHex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const Buffer null = {5, 0};
  const Buffer oid = *ParseHex("0609608648016503040201");
  const auto info = [&](const Buffer& parameters, const Buffer& tail) {
    return Tlv(0x30, Join({Tlv(0x30, Join({oid, parameters})), Tlv(0x04, digest), tail}));
  };
  const Buffer good = Padded(info(null, {}));
  ASSERT_TRUE(signer.Takes(good));
  // Bytes behind the hash, inside and outside the DigestInfo, with the padding shortened for them.
  EXPECT_FALSE(signer.Takes(Padded(Join({info(null, {}), Buffer(100, 0x41)}))));
  EXPECT_FALSE(signer.Takes(Padded(info(null, Tlv(0x04, Buffer(100, 0x41))))));
  // CVE-2018-16152: parameters of the algorithm other than NULL, and none.
  EXPECT_FALSE(signer.Takes(Padded(info(Tlv(0x04, Buffer(100, 0x41)), {}))));
  EXPECT_FALSE(signer.Takes(Padded(info(Join({null, Buffer(50, 0)}), {}))));
  EXPECT_FALSE(signer.Takes(Padded(info({}, {}))));
  // The same length in a longer form, which BER has and DER not.
  EXPECT_FALSE(
      signer.Takes(Padded(Join({{0x30, 0x81, 0x31}, Buffer(good.end() - 0x31, good.end())}))));
  // The digest of another hash's name, another OID's last byte.
  Buffer other = good;
  other[other.size() - 32 - 2 - 2 - 1] = 2;  // SHA-384
  EXPECT_FALSE(signer.Takes(other));
  // Padding: type 2, other bytes, none, a zero within.
  for (const size_t at : {size_t{1}, size_t{2}, size_t{100}, size_t{203}}) {
    Buffer changed = good;
    changed[at] = changed[at] == 1 ? 2 : 0;
    EXPECT_FALSE(signer.Takes(changed)) << at;
  }
  Buffer short_padding(256, 0x41);
  const Buffer core = Join({{0, 1, 0xff, 0}, info(null, {})});
  std::copy(core.begin(), core.end(), short_padding.begin());
  EXPECT_FALSE(signer.Takes(short_padding));
}

}  // namespace
}  // namespace vam::crypto
