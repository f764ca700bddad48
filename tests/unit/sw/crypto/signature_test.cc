// Verifying and signing by published vectors.
#include "sw/crypto/signature.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/support/vectors.h"

namespace vam::crypto {
namespace {

using Buffer = std::vector<uint8_t>;

Buffer Hex(const std::string& text) {
  auto bytes = ParseHex(text);
  EXPECT_TRUE(bytes.has_value()) << text;
  return bytes.has_value() ? *bytes : Buffer();
}

const Buffer kAbc = {'a', 'b', 'c'};

// Nothing but a good signature is good: one bit of it, of the message, or a byte more or less.
void ExpectOnlyThis(const PublicKey& key, SignatureScheme scheme, const Buffer& message,
                    const Buffer& signature) {
  EXPECT_TRUE(key.Verify(scheme, message, signature).has_value());
  std::vector<std::pair<Buffer, Buffer>> bad;
  for (const size_t at : {size_t{0}, signature.size() / 2, signature.size() - 1}) {
    Buffer changed = signature;
    changed[at] ^= 0x01;
    bad.emplace_back(message, changed);
  }
  Buffer longer = message;
  longer.push_back(0);
  bad.emplace_back(longer, signature);
  bad.emplace_back(message, Buffer());
  bad.emplace_back(message, Buffer(signature.begin(), signature.end() - 1));
  Buffer more = signature;
  more.push_back(0);
  bad.emplace_back(message, more);
  Buffer shifted = signature;
  shifted.insert(shifted.begin(), 0);
  bad.emplace_back(message, shifted);
  for (const auto& pair : bad) {
    const Status status = key.Verify(scheme, pair.first, pair.second);
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().code, ErrorCode::kAuthFailed);
  }
}

struct File {
  const char* name;
  SignatureScheme scheme;
  size_t records;
  size_t valid;
};

// "acceptable" is refused: Wycheproof says so of a PKCS#1 DigestInfo without the NULL of its
// parameters alone (RFC 8017, 9.2 has only one encoding).
void CheckFile(const File& file) {
  const auto records = test::LoadVectors(std::string("wycheproof_") + file.name + ".rsp", "Count");
  EXPECT_EQ(records.size(), file.records) << file.name;
  size_t valid = 0;
  for (const auto& r : records) {
    SCOPED_TRACE(r.source);
    const auto key = PublicKey::FromDer(r.Hex("Key"));
    ASSERT_TRUE(key.has_value()) << ToString(key.error());
    const Status status = key->Verify(file.scheme, r.Hex("Msg"), r.Hex("Sig"));
    ASSERT_EQ(status.has_value(), r.fields.at("Result") == "valid");
    if (status.has_value()) {
      ++valid;
    } else {
      EXPECT_EQ(status.error().code, ErrorCode::kAuthFailed);
    }
  }
  EXPECT_EQ(valid, file.valid) << file.name;
}

TEST(SignatureTest, EcdsaOfWycheproof) {
  for (const File& file : std::vector<File>{
           {"ecdsa_secp256r1_sha256", {SignatureKind::kEcdsaDer, Hash::kSha256}, 484, 174},
           {"ecdsa_secp256r1_sha256_p1363", {SignatureKind::kEcdsaPlain, Hash::kSha256}, 262, 173},
           {"ecdsa_secp384r1_sha384", {SignatureKind::kEcdsaDer, Hash::kSha384}, 504, 194},
           {"ecdsa_secp384r1_sha384_p1363", {SignatureKind::kEcdsaPlain, Hash::kSha384}, 280, 193},
           {"ecdsa_secp521r1_sha512", {SignatureKind::kEcdsaDer, Hash::kSha512}, 542, 232},
           {"ecdsa_secp521r1_sha512_p1363",
            {SignatureKind::kEcdsaPlain, Hash::kSha512},
            318,
            231}}) {
    CheckFile(file);
  }
}

TEST(SignatureTest, EdDsaOfWycheproof) {
  CheckFile({"ed25519", {SignatureKind::kEdDsa, Hash::kIdentity}, 151, 88});
  CheckFile({"ed448", {SignatureKind::kEdDsa, Hash::kIdentity}, 87, 17});
}

TEST(SignatureTest, RsaPkcs1OfWycheproof) {
  CheckFile({"rsa_signature_2048_sha256", {SignatureKind::kRsaPkcs1, Hash::kSha256}, 259, 9});
  CheckFile({"rsa_signature_3072_sha384", {SignatureKind::kRsaPkcs1, Hash::kSha384}, 259, 7});
  CheckFile({"rsa_signature_4096_sha512", {SignatureKind::kRsaPkcs1, Hash::kSha512}, 259, 7});
}

TEST(SignatureTest, RsaPssOfWycheproof) {
  CheckFile({"rsa_pss_2048_sha256_mgf1_32", {SignatureKind::kRsaPss, Hash::kSha256}, 108, 63});
  CheckFile({"rsa_pss_2048_sha384_mgf1_48", {SignatureKind::kRsaPss, Hash::kSha384}, 141, 95});
  CheckFile({"rsa_pss_3072_sha256_mgf1_32", {SignatureKind::kRsaPss, Hash::kSha256}, 108, 63});
  CheckFile({"rsa_pss_4096_sha512_mgf1_64", {SignatureKind::kRsaPss, Hash::kSha512}, 179, 132});
}

// Our salts are as long as the hash: one without is refused, though it is a signature.
TEST(SignatureTest, RsaPssOfAnotherSaltIsRefused) {
  const auto records = test::LoadVectors("wycheproof_rsa_pss_2048_sha256_mgf1_0.rsp", "Count");
  EXPECT_EQ(records.size(), 103u);
  for (const auto& r : records) {
    SCOPED_TRACE(r.source);
    EXPECT_EQ(r.Number("SaltBytes"), 0u);
    const auto key = PublicKey::FromDer(r.Hex("Key"));
    ASSERT_TRUE(key.has_value());
    const SignatureScheme pss = {SignatureKind::kRsaPss, Hash::kSha256};
    // Wycheproof's "s_len changed to 32" is one of ours, under a key of another salt.
    const bool ours = r.fields.at("Count") == "69";
    EXPECT_EQ(key->Verify(pss, r.Hex("Msg"), r.Hex("Sig")).has_value(), ours);
  }
}

// RFC 4754, 8: the signature of "abc" under each curve.
TEST(SignatureTest, EcdsaOfRfc4754) {
  const struct {
    KeyType type;
    Hash hash;
    const char* spki;  // up to x
    const char* xy;
    const char* rs;
  } cases[] = {
      {KeyType::kEcdsaP256, Hash::kSha256, "3059301306072a8648ce3d020106082a8648ce3d03010703420004",
       "2442a5cc0ecd015fa3ca31dc8e2bbc70bf42d60cbca20085e0822cb04235e970"
       "6fc98bd7e50211a4a27102fa3549df79ebcb4bf246b80945cddfe7d509bbfd7d",
       "cb28e0999b9c7715fd0a80d8e47a77079716cbbf917dd72e97566ea1c066957c"
       "86fa3bb4e26cad5bf90b7f81899256ce7594bb1ea0c89212748bff3b3d5b0315"},
      {KeyType::kEcdsaP384, Hash::kSha384, "3076301006072a8648ce3d020106052b8104002203620004",
       "96281bf8dd5e0525ca049c048d345d3082968d10fedf5c5aca0c64e6465a97ea5ce10c9dfec21797415710721f4"
       "37922447688ba94708eb6e2e4d59f6ab6d7edff9301d249fe49c33096655f5d502fad3d383b91c5e7edaa2b714c"
       "c99d5743ca",
       "fb017b914e29149432d8bac29a514640b46f53ddab2c69948084e2930f1c8f7e08e07c9c63f2d21a07dcb56a6af"
       "56eb3b263a1305e057f984d38726a1b46874109f417bca112674c528262a40a629af1cbb9f516ce0fa7d2ff6308"
       "63a00e8b9f"},
      {KeyType::kEcdsaP521, Hash::kSha512, "30819b301006072a8648ce3d020106052b810400230381860004",
       "0151518f1af0f563517edd5485190df95a4bf57b5cba4cf2a9a3f6474725a35f7afe0a6ddeb8bedbcd6a197e592"
       "d40188901cecd650699c9b5e456aea5add19052a8006f3b142ea1bfff7e2837ad44c9e4ff6d2d34c73184bbad90"
       "026dd5e6e85317d9df45cad7803c6c20035b2f3ff63aff4e1ba64d1c077577da3f4286c58f0aeae643",
       "0154fd3836af92d0dca57dd5341d3053988534fde8318fc6aaaab68e2e6f4339b19f2f281a7e0b22c269d93cf87"
       "94a9278880ed7dbb8d9362caeacee544320552251017705a7030290d1ceb605a9a1bb03ff9cdd521e87a696ec92"
       "6c8c10c8362df4975367101f67d1cf9bccbf2f3d239534fa509e70aac851ae01aac68d62f866472660"}};
  for (const auto& c : cases) {
    const auto key = PublicKey::FromDer(Hex(std::string(c.spki) + c.xy));
    ASSERT_TRUE(key.has_value()) << ToString(key.error());
    EXPECT_EQ(key->type(), c.type);
    ExpectOnlyThis(*key, {SignatureKind::kEcdsaPlain, c.hash}, kAbc, Hex(c.rs));
  }
}

struct EdKey {
  PrivateKey secret;
  PublicKey open;
};

// RFC 8410: the fixed bytes before a key in PKCS#8 and in SubjectPublicKeyInfo.
EdKey MakeEdKey(KeyType type, const std::string& secret, const std::string& open) {
  const bool small = type == KeyType::kEd25519;
  auto made = PrivateKey::FromDer(Hex(
      (small ? "302e020100300506032b657004220420" : "3047020100300506032b6571043b0439") + secret));
  auto spki = PublicKey::FromDer(
      Hex((small ? "302a300506032b6570032100" : "3043300506032b6571033a00") + open));
  EXPECT_TRUE(made.has_value() && spki.has_value());
  return {std::move(*made), std::move(*spki)};
}

// EdDSA has no chance in it: we sign as the vectors do.
void CheckEdDsa(KeyType type, const std::string& secret, const std::string& open,
                const std::string& text, const std::string& signature) {
  const SignatureScheme scheme = {SignatureKind::kEdDsa, Hash::kIdentity};
  const EdKey key = MakeEdKey(type, secret, open);
  const auto made = key.secret.Sign(scheme, Hex(text));
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(FormatHex(*made), signature);
  ExpectOnlyThis(key.open, scheme, Hex(text), *made);
  EXPECT_EQ(*key.secret.public_key().ToDer(), *key.open.ToDer());
}

// The 1,024 that RFC 8032, 7.1 is taken from: secret and public key, public key, text, signature
// and text. The texts have 0 to 1,023 bytes.
TEST(SignatureTest, Ed25519OfItsAuthors) {
  std::ifstream file(
      "/usr/lib/python3/dist-packages/cryptography_vectors/asymmetric/Ed25519/sign.input");
  ASSERT_TRUE(file) << "tools/setup.sh --tests installs the vectors";
  size_t taken = 0;
  for (std::string line; std::getline(file, line); ++taken) {
    SCOPED_TRACE(taken);
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    const size_t third = line.find(':', second + 1);
    ASSERT_NE(third, std::string::npos);
    CheckEdDsa(KeyType::kEd25519, line.substr(0, 64), line.substr(first + 1, second - first - 1),
               line.substr(second + 1, third - second - 1), line.substr(third + 1, 128));
  }
  EXPECT_EQ(taken, 1024u);
}

// RFC 8032, 7.4; those with a context are left out: IKE has none (RFC 8420, 2).
TEST(SignatureTest, Ed448OfRfc8032) {
  size_t taken = 0;
  for (const auto& r : test::LoadDebianVectors("asymmetric/Ed448/rfc8032.txt", "COUNT")) {
    if (r.Has("CONTEXT")) continue;
    SCOPED_TRACE(r.source);
    CheckEdDsa(KeyType::kEd448, r.fields.at("SECRET"), r.fields.at("PUBLIC"),
               r.fields.at("MESSAGE"), r.fields.at("SIGNATURE"));
    ++taken;
  }
  EXPECT_EQ(taken, 8u);
}

constexpr KeyType kTypes[] = {KeyType::kRsa,       KeyType::kEcdsaP256, KeyType::kEcdsaP384,
                              KeyType::kEcdsaP521, KeyType::kEd25519,   KeyType::kEd448};
constexpr SignatureKind kKinds[] = {SignatureKind::kRsaPkcs1, SignatureKind::kRsaPss,
                                    SignatureKind::kEcdsaDer, SignatureKind::kEcdsaPlain,
                                    SignatureKind::kEdDsa};
constexpr Hash kHashes[] = {Hash::kIdentity, Hash::kSha1, Hash::kSha256, Hash::kSha384,
                            Hash::kSha512};

// Every scheme under every kind of key: those that fit sign what verifies, the others are refused.
TEST(SignatureTest, EverySchemeUnderEveryKey) {
  size_t fitting = 0;
  for (const KeyType type : kTypes) {
    const auto key = PrivateKey::Generate(type, type == KeyType::kRsa ? kMinRsaBits : 0);
    const auto other = PrivateKey::Generate(type, type == KeyType::kRsa ? kMinRsaBits : 0);
    ASSERT_TRUE(key.has_value() && other.has_value());
    EXPECT_EQ(key->type(), type);
    for (const SignatureKind kind : kKinds) {
      for (const Hash hash : kHashes) {
        SCOPED_TRACE(testing::Message() << int(type) << " " << int(kind) << " " << int(hash));
        const SignatureScheme scheme = {kind, hash};
        const auto signature = key->Sign(scheme, kAbc);
        ASSERT_EQ(signature.has_value(), SchemeFits(scheme, type));
        if (!signature.has_value()) {
          EXPECT_EQ(signature.error().code, ErrorCode::kInvalidArgument);
          const Status status = key->public_key().Verify(scheme, kAbc, kAbc);
          ASSERT_FALSE(status.has_value());
          EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
          continue;
        }
        ++fitting;
        ExpectOnlyThis(key->public_key(), scheme, kAbc, *signature);
        EXPECT_FALSE(other->public_key().Verify(scheme, kAbc, *signature).has_value());
      }
    }
  }
  // RSA: 2 x 4 hashes. Each curve: 4 hashes in DER, 1 in plain. EdDSA: 2.
  EXPECT_EQ(fitting, 8u + 3 * 5 + 2);
}

}  // namespace
}  // namespace vam::crypto
