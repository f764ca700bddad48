#include "sw/crypto/aes_gcm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "tests/support/vectors.h"

namespace vam::crypto {
namespace {

bool AllZero(const std::vector<uint8_t>& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

void ExpectOpens(const test::GcmVector& v) {
  auto opener = AesGcm::Create(v.key, AeadPurpose::kOpen, v.iv.size());
  ASSERT_TRUE(opener.has_value());
  std::vector<uint8_t> text(v.ct.size());
  EXPECT_TRUE(opener->Open(v.iv, v.aad, v.ct, v.tag, text));
  EXPECT_EQ(text, v.pt);
}

void ExpectSeals(const test::GcmVector& v) {
  auto sealer = AesGcm::Create(v.key, AeadPurpose::kSeal, v.iv.size());
  ASSERT_TRUE(sealer.has_value());
  std::vector<uint8_t> text(v.pt.size());
  std::vector<uint8_t> tag(v.tag.size());
  EXPECT_TRUE(sealer->Seal(v.iv, v.aad, v.pt, text, tag));
  EXPECT_EQ(text, v.ct);
  EXPECT_EQ(tag, v.tag);
}

void ExpectRefuses(const test::GcmVector& v) {
  auto opener = AesGcm::Create(v.key, AeadPurpose::kOpen, v.iv.size());
  if (!opener.has_value()) return;  // Wycheproof's empty nonces end here
  std::vector<uint8_t> text(v.ct.size(), 0xaa);
  EXPECT_FALSE(opener->Open(v.iv, v.aad, v.ct, v.tag, text));
  EXPECT_TRUE(AllZero(text));
}

// Each good record breeds bad ones: a flipped bit in every part, a short text.
void ExpectBredNegatives(const test::GcmVector& v) {
  for (auto part : {&test::GcmVector::iv, &test::GcmVector::aad, &test::GcmVector::ct,
                    &test::GcmVector::tag, &test::GcmVector::key}) {
    test::GcmVector bad = v;
    if ((bad.*part).empty()) continue;
    (bad.*part)[v.ct.size() % (bad.*part).size()] ^= 0x10;
    ExpectRefuses(bad);
  }
  if (v.ct.empty()) return;
  test::GcmVector bad = v;
  bad.ct.pop_back();
  ExpectRefuses(bad);
}

void RunAll(const std::vector<test::GcmVector>& vectors) {
  for (const test::GcmVector& v : vectors) {
    SCOPED_TRACE(v.source);
    if (v.iv.size() > 128) {  // libcrypto's limit; IPsec's nonces have 12 bytes
      EXPECT_FALSE(AesGcm::Create(v.key, AeadPurpose::kSeal, v.iv.size()).has_value());
      continue;
    }
    if (!v.valid) {
      ExpectRefuses(v);
      continue;
    }
    ExpectSeals(v);
    ExpectOpens(v);
    ExpectBredNegatives(v);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(AesGcmTest, NistCavp) {
  const auto vectors = test::LoadCavpGcm();
  EXPECT_GE(vectors.size(), 47'000u);
  RunAll(vectors);
}

TEST(AesGcmTest, Wycheproof) {
  const auto vectors = test::LoadWycheproofGcm();
  EXPECT_GE(vectors.size(), 316u);
  RunAll(vectors);
}

TEST(AesGcmTest, WorksInPlaceAndManyTimes) {
  const std::vector<uint8_t> key(16, 1);
  auto sealer = AesGcm::Create(key, AeadPurpose::kSeal);
  auto opener = AesGcm::Create(key, AeadPurpose::kOpen);
  for (uint8_t i = 0; i < 100; ++i) {
    const std::vector<uint8_t> nonce(12, i);
    std::vector<uint8_t> text(i, i);
    std::vector<uint8_t> tag(16);
    ASSERT_TRUE(sealer->Seal(nonce, {}, text, text, tag));
    if (i % 3 == 0) {
      // A refused message must not disturb the next one.
      std::vector<uint8_t> bad_tag = tag;
      bad_tag[15] ^= 1;
      std::vector<uint8_t> spoilt = text;
      ASSERT_FALSE(opener->Open(nonce, {}, spoilt, bad_tag, spoilt));
    }
    ASSERT_TRUE(opener->Open(nonce, {}, text, tag, text));
    EXPECT_EQ(text, std::vector<uint8_t>(i, i));
  }
}

TEST(AesGcmTest, WrongUseIsRefused) {
  EXPECT_EQ(AesGcm::Create(std::vector<uint8_t>(15), AeadPurpose::kSeal).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_FALSE(AesGcm::Create(std::vector<uint8_t>(16), AeadPurpose::kSeal, 0).has_value());
  auto sealer = AesGcm::Create(std::vector<uint8_t>(16), AeadPurpose::kSeal);
  auto opener = AesGcm::Create(std::vector<uint8_t>(16), AeadPurpose::kOpen);
  std::array<uint8_t, 12> nonce{};
  std::array<uint8_t, 16> tag{};
  std::array<uint8_t, 4> text{};
  EXPECT_FALSE(sealer->Open(nonce, {}, text, tag, text));
  EXPECT_FALSE(opener->Seal(nonce, {}, text, text, tag));
  EXPECT_FALSE(sealer->Seal(Bytes(nonce).first(11), {}, text, text, tag));
  EXPECT_FALSE(sealer->Seal(nonce, {}, text, MutableBytes(text).first(3), tag));
  EXPECT_FALSE(sealer->Seal(nonce, {}, text, text, {}));
}

}  // namespace
}  // namespace vam::crypto
