#include "sw/crypto/mac.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/vectors.h"

namespace vam::crypto {
namespace {

using Buffer = std::vector<uint8_t>;

// The code over `text`, cut into parts at every possible place in turn; they all must agree.
void Check(MacAlgorithm algorithm, const Buffer& key, const Buffer& nonce, const Buffer& text,
           const Buffer& expected) {
  auto mac = Mac::Create(algorithm, key);
  ASSERT_TRUE(mac.has_value()) << ToString(mac.error());
  for (size_t cut = 0; cut <= std::min<size_t>(text.size(), 70); ++cut) {
    const std::array<Bytes, 3> parts = {Bytes(text).first(cut / 2),
                                        Bytes(text).subspan(cut / 2, cut - cut / 2),
                                        Bytes(text).subspan(cut)};
    Buffer out(expected.size());
    ASSERT_TRUE((*mac)->Compute(nonce, parts, out));
    ASSERT_EQ(out, expected) << cut;
  }
  Buffer shorter(expected.size() / 2);
  const Bytes whole(text);
  ASSERT_TRUE((*mac)->Compute(nonce, {&whole, 1}, shorter));
  EXPECT_EQ(shorter, Buffer(expected.begin(), expected.begin() + expected.size() / 2));
}

TEST(MacTest, HmacOfRfc2202AndRfc4231) {
  const struct {
    MacAlgorithm algorithm;
    const char* file;
    size_t block_bytes;
  } files[] = {{MacAlgorithm::kHmacMd5, "rfc-2202-md5", 64},
               {MacAlgorithm::kHmacSha1, "rfc-2202-sha1", 64},
               {MacAlgorithm::kHmacSha256, "rfc-4231-sha256", 64},
               {MacAlgorithm::kHmacSha384, "rfc-4231-sha384", 128},
               {MacAlgorithm::kHmacSha512, "rfc-4231-sha512", 128}};
  for (const auto& file : files) {
    size_t taken = 0;
    for (const auto& r :
         test::LoadDebianVectors(std::string("HMAC/") + file.file + ".txt", "Len")) {
      SCOPED_TRACE(r.source);
      const Buffer key = r.Hex("Key");
      if (key.size() > file.block_bytes) {  // IPsec's keys are as long as the code
        EXPECT_FALSE(Mac::Create(file.algorithm, key).has_value());
        continue;
      }
      Check(file.algorithm, key, {}, r.Hex("Msg"), r.Hex("MD"));
      ++taken;
    }
    EXPECT_GE(taken, 4u) << file.file;
  }
}

TEST(MacTest, CmacOfSp80038b) {
  size_t taken = 0;
  for (const char* bits : {"128", "192", "256"}) {
    for (const auto& r :
         test::LoadDebianVectors(std::string("CMAC/nist-800-38b-aes") + bits + ".txt", "COUNT")) {
      SCOPED_TRACE(r.source);
      Check(MacAlgorithm::kAesCmac, r.Hex("KEY"), {}, r.Hex("MESSAGE"), r.Hex("OUTPUT"));
      ++taken;
    }
  }
  EXPECT_EQ(taken, 12u);
}

Buffer Counting(size_t bytes) {
  Buffer out(bytes);
  for (size_t i = 0; i < bytes; ++i) out[i] = static_cast<uint8_t>(i);
  return out;
}

TEST(MacTest, XcbcOfRfc3566) {
  const struct {
    Buffer text;
    const char* code;
  } cases[] = {{{}, "75f0251d528ac01c4573dfd584d79f29"},
               {Counting(3), "5b376580ae2f19afe7219ceef172756f"},
               {Counting(16), "d2a246fa349b68a79998a4394ff7a263"},
               {Counting(20), "47f51b4564966215b8985c63055ed308"},
               {Counting(32), "f54f0ec8d2b9f3d36807734bd5283fd4"},
               {Counting(34), "becbb3bccdb518a30677d5481fb6b4d8"},
               {Buffer(1000), "f0dafee895db30253761103b5d84528f"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text.size());
    Check(MacAlgorithm::kAesXcbc, Counting(16), {}, c.text, *ParseHex(c.code));
  }
}

// GMAC is GCM without a text.
TEST(MacTest, GmacOfNistCavp) {
  size_t taken = 0;
  for (const auto& v : test::Only96BitIv(test::LoadCavpGcm())) {
    if (!v.valid || !v.ct.empty() || v.aad.empty()) continue;
    SCOPED_TRACE(v.source);
    auto mac = Mac::Create(MacAlgorithm::kAesGmac, v.key);
    ASSERT_TRUE(mac.has_value());
    for (size_t cut = 0; cut <= v.aad.size(); cut += 5) {
      const std::array<Bytes, 2> parts = {Bytes(v.aad).first(cut), Bytes(v.aad).subspan(cut)};
      Buffer out(v.tag.size());
      ASSERT_TRUE((*mac)->Compute(v.iv, parts, out));
      ASSERT_EQ(out, v.tag);
    }
    ++taken;
  }
  EXPECT_GE(taken, 1000u);
}

TEST(MacTest, WrongUseIsRefused) {
  const Buffer key(129, 1);
  const auto made = [&key](MacAlgorithm algorithm, size_t bytes) {
    return Mac::Create(algorithm, Bytes(key).first(bytes)).has_value();
  };
  EXPECT_FALSE(made(MacAlgorithm::kHmacMd5, 0));
  EXPECT_FALSE(made(MacAlgorithm::kHmacSha256, 65));
  EXPECT_FALSE(made(MacAlgorithm::kHmacSha512, 129));
  EXPECT_FALSE(made(MacAlgorithm::kAesXcbc, 24));
  EXPECT_FALSE(made(MacAlgorithm::kAesCmac, 15));
  EXPECT_FALSE(made(MacAlgorithm::kAesGmac, 20));
  auto hmac = Mac::Create(MacAlgorithm::kHmacSha1, Bytes(key).first(20));
  auto gmac = Mac::Create(MacAlgorithm::kAesGmac, Bytes(key).first(16));
  Buffer out(64);
  EXPECT_FALSE((*hmac)->Compute({}, {}, MutableBytes(out).first(21)));
  EXPECT_FALSE((*hmac)->Compute({}, {}, {}));
  EXPECT_FALSE((*hmac)->Compute(Bytes(key).first(12), {}, MutableBytes(out).first(12)));
  EXPECT_FALSE((*gmac)->Compute({}, {}, MutableBytes(out).first(16)));
  EXPECT_FALSE((*gmac)->Compute(Bytes(key).first(12), {}, MutableBytes(out).first(17)));
  EXPECT_TRUE((*gmac)->Compute(Bytes(key).first(12), {}, MutableBytes(out).first(16)));
}

}  // namespace
}  // namespace vam::crypto
