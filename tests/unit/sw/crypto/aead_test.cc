// AES-CCM, ChaCha20-Poly1305 and short AES-GCM tags. aes_gcm_test.cc has AES-GCM's own vectors.
#include "sw/crypto/aead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "tests/support/vectors.h"

namespace vam::crypto {
namespace {

using Buffer = std::vector<uint8_t>;

struct Case {
  AeadAlgorithm algorithm;
  Buffer key, nonce, aad, text, sealed, tag;
  bool valid = true;
};

void ExpectRefused(const Case& c) {
  auto opener = Aead::Create(c.algorithm, c.key, AeadPurpose::kOpen, c.nonce.size(), c.tag.size());
  if (!opener.has_value()) return;
  Buffer text(c.sealed.size(), 0xaa);
  EXPECT_FALSE(opener->Open(c.nonce, c.aad, c.sealed, c.tag, text));
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](uint8_t b) { return b == 0; }));
}

void Check(const Case& c) {
  if (!c.valid) {
    ExpectRefused(c);
    return;
  }
  auto sealer = Aead::Create(c.algorithm, c.key, AeadPurpose::kSeal, c.nonce.size(), c.tag.size());
  auto opener = Aead::Create(c.algorithm, c.key, AeadPurpose::kOpen, c.nonce.size(), c.tag.size());
  ASSERT_TRUE(sealer.has_value() && opener.has_value());
  for (int again = 0; again < 2; ++again) {  // the context is used for many messages
    Buffer sealed = c.text;
    Buffer tag(c.tag.size());
    ASSERT_TRUE(sealer->Seal(c.nonce, c.aad, sealed, sealed, tag));
    EXPECT_EQ(sealed, c.sealed);
    EXPECT_EQ(tag, c.tag);
    ASSERT_TRUE(opener->Open(c.nonce, c.aad, sealed, tag, sealed));
    EXPECT_EQ(sealed, c.text);
  }
  for (auto part : {&Case::nonce, &Case::aad, &Case::sealed, &Case::tag, &Case::key}) {
    Case bad = c;
    if ((bad.*part).empty()) continue;
    (bad.*part)[c.sealed.size() % (bad.*part).size()] ^= 0x04;
    ExpectRefused(bad);
  }
  if (c.sealed.empty()) return;
  Case bad = c;
  bad.sealed.pop_back();
  ExpectRefused(bad);
}

Case FromCcm(const test::VectorRecord& r) {
  Case c{AeadAlgorithm::kAesCcm,
         r.Hex("Key"),
         r.Hex("Nonce"),
         r.Hex("Adata"),
         r.Hex("Payload"),
         r.Hex("CT"),
         {},
         true};
  // An empty field is written 00; the lengths tell.
  c.aad.resize(r.Number("Alen"));
  c.text.resize(r.Number("Plen"));
  c.tag.assign(c.sealed.end() - static_cast<std::ptrdiff_t>(r.Number("Tlen")), c.sealed.end());
  c.sealed.resize(c.sealed.size() - c.tag.size());
  c.valid = !r.Has("Result") || r.fields.at("Result") == "Pass";
  return c;
}

TEST(AeadTest, NistCavpCcm) {
  size_t records = 0;
  for (const char* kind : {"VADT", "VNT", "VPT", "VTT", "DVPT"}) {
    for (const char* bits : {"128", "192", "256"}) {
      const std::string file = std::string("ciphers/AES/CCM/") + kind + bits + ".rsp";
      for (const auto& record : test::LoadDebianVectors(file, "Count")) {
        SCOPED_TRACE(record.source);
        Check(FromCcm(record));
        ++records;
      }
    }
  }
  EXPECT_EQ(records, 2880u);
}

void RunWycheproof(AeadAlgorithm algorithm, const std::vector<test::GcmVector>& vectors,
                   size_t expected) {
  EXPECT_EQ(vectors.size(), expected);
  for (const test::GcmVector& v : vectors) {
    SCOPED_TRACE(v.source);
    Check({algorithm, v.key, v.iv, v.aad, v.pt, v.ct, v.tag, v.valid});
  }
}

TEST(AeadTest, WycheproofCcm) {
  RunWycheproof(AeadAlgorithm::kAesCcm, test::LoadWycheproofCcm(), 552);
}

TEST(AeadTest, WycheproofChaCha20Poly1305) {
  RunWycheproof(AeadAlgorithm::kChaCha20Poly1305, test::LoadWycheproofChaCha20Poly1305(), 325);
}

TEST(AeadTest, OpenSslsChaCha20Poly1305) {
  const auto records = test::LoadDebianVectors("ciphers/ChaCha20Poly1305/openssl.txt", "COUNT");
  EXPECT_GE(records.size(), 5u);
  for (const auto& r : records) {
    SCOPED_TRACE(r.source);
    Check({AeadAlgorithm::kChaCha20Poly1305, r.Hex("Key"), r.Hex("IV"), r.Hex("AAD"),
           r.Hex("Plaintext"), r.Hex("Ciphertext"), r.Hex("Tag"), !r.Has("Result")});
  }
}

TEST(AeadTest, GcmTagsOf8And12BytesAreTheFirstOfTheFullOnes) {
  size_t records = 0;
  for (test::GcmVector v : test::Only96BitIv(test::LoadWycheproofGcm())) {
    if (!v.valid || v.tag.size() != 16) continue;
    SCOPED_TRACE(v.source);
    for (const size_t bytes : {12, 8}) {
      v.tag.resize(bytes);
      Check({AeadAlgorithm::kAesGcm, v.key, v.iv, v.aad, v.pt, v.ct, v.tag, true});
    }
    ++records;
  }
  EXPECT_GE(records, 50u);
}

TEST(AeadTest, WrongUseIsRefused) {
  const Buffer key(32, 1);
  const auto code = [&key](AeadAlgorithm algorithm, size_t key_bytes, size_t nonce, size_t tag) {
    const auto made =
        Aead::Create(algorithm, Bytes(key).first(key_bytes), AeadPurpose::kSeal, nonce, tag);
    return made.has_value() ? ErrorCode::kInternal : made.error().code;
  };
  EXPECT_EQ(code(AeadAlgorithm::kChaCha20Poly1305, 16, 12, 16), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(AeadAlgorithm::kChaCha20Poly1305, 32, 8, 16), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(AeadAlgorithm::kAesCcm, 16, 6, 16), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(AeadAlgorithm::kAesCcm, 16, 14, 16), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(AeadAlgorithm::kAesCcm, 16, 11, 7), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(AeadAlgorithm::kAesCcm, 17, 11, 8), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(AeadAlgorithm::kAesGcm, 16, 12, 17), ErrorCode::kInvalidArgument);
  auto sealer = Aead::Create(AeadAlgorithm::kAesCcm, key, AeadPurpose::kSeal, 11, 8);
  ASSERT_TRUE(sealer.has_value());
  std::array<uint8_t, 11> nonce{};
  std::array<uint8_t, 16> tag{};
  std::array<uint8_t, 4> text{};
  EXPECT_FALSE(sealer->Seal(nonce, {}, text, text, tag));  // the tag has 8 bytes
  EXPECT_FALSE(sealer->Open(nonce, {}, text, Bytes(tag).first(8), text));
  EXPECT_TRUE(sealer->Seal(nonce, {}, text, text, MutableBytes(tag).first(8)));
}

}  // namespace
}  // namespace vam::crypto
