#include "sw/crypto/prf.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/support/vectors.h"

namespace vam::crypto {
namespace {

using Buffer = std::vector<uint8_t>;

Buffer Join(std::initializer_list<Buffer> parts) {
  Buffer all;
  for (const Buffer& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Buffer Compute(PrfAlgorithm algorithm, const Buffer& key, std::initializer_list<Buffer> texts) {
  auto prf = Prf::Create(algorithm, key);
  EXPECT_TRUE(prf.has_value()) << ToString(prf.error());
  const std::vector<Bytes> parts(texts.begin(), texts.end());
  Buffer out(prf->output_bytes());
  EXPECT_TRUE(prf->Compute(parts, out).has_value());
  return out;
}

Buffer Expand(PrfAlgorithm algorithm, const Buffer& key, std::initializer_list<Buffer> seeds,
              size_t bytes) {
  auto prf = Prf::Create(algorithm, key);
  EXPECT_TRUE(prf.has_value()) << ToString(prf.error());
  const std::vector<Bytes> parts(seeds.begin(), seeds.end());
  Buffer out(bytes);
  EXPECT_TRUE(prf->Expand(parts, out).has_value());
  return out;
}

// All keys, also those longer than the block. RFC 4231 has one code cut to 128 bits.
TEST(PrfTest, HmacOfRfc2202AndRfc4231) {
  const struct {
    PrfAlgorithm algorithm;
    const char* file;
    size_t records;
  } files[] = {{PrfAlgorithm::kHmacMd5, "rfc-2202-md5", 7},
               {PrfAlgorithm::kHmacSha1, "rfc-2202-sha1", 7},
               {PrfAlgorithm::kHmacSha256, "rfc-4231-sha256", 6},
               {PrfAlgorithm::kHmacSha384, "rfc-4231-sha384", 6},
               {PrfAlgorithm::kHmacSha512, "rfc-4231-sha512", 6}};
  for (const auto& file : files) {
    const auto records = test::LoadDebianVectors(std::string("HMAC/") + file.file + ".txt", "Len");
    EXPECT_EQ(records.size(), file.records) << file.file;
    for (const auto& r : records) {
      SCOPED_TRACE(r.source);
      const Buffer text = r.Hex("Msg");
      const Buffer expected = r.Hex("MD");
      ASSERT_FALSE(expected.empty());
      Buffer code = Compute(file.algorithm, r.Hex("Key"), {text});
      ASSERT_LE(expected.size(), code.size());
      code.resize(expected.size());
      EXPECT_EQ(code, expected);
    }
  }
}

TEST(PrfTest, XcbcOfRfc4434AndCmacOfRfc4615) {
  const Buffer text = *ParseHex("000102030405060708090a0b0c0d0e0f10111213");
  const struct {
    PrfAlgorithm algorithm;
    const char* key;
    const char* output;
  } cases[] = {
      {PrfAlgorithm::kAesXcbc128, "000102030405060708090a0b0c0d0e0f",
       "47f51b4564966215b8985c63055ed308"},
      {PrfAlgorithm::kAesXcbc128, "00010203040506070809", "0fa087af7d866e7653434e602fdde835"},
      {PrfAlgorithm::kAesXcbc128, "000102030405060708090a0b0c0d0e0fedcb",
       "8cd3c93ae598a9803006ffb67c40e9e4"},
      {PrfAlgorithm::kAesCmac128, "000102030405060708090a0b0c0d0e0fedcb",
       "84a348a4a45d235babfffc0d2b4da09a"},
      {PrfAlgorithm::kAesCmac128, "000102030405060708090a0b0c0d0e0f",
       "980ae87b5f4c9c5214f5b6a8455e4c2d"},
      {PrfAlgorithm::kAesCmac128, "00010203040506070809", "290d9e112edb09ee141fcf64c0b72f3d"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(FormatHex(Compute(c.algorithm, *ParseHex(c.key), {text})), c.output) << c.key;
  }
}

// The key schedule of RFC 7296, 2.13, 2.14, 2.17 and 2.18 by the vectors of NIST.
TEST(PrfTest, Ikev2KdfOfNist) {
  const auto records = test::LoadVectors("ikev2_kdf.rsp", "Count");
  EXPECT_EQ(records.size(), 3u);
  for (const auto& r : records) {
    SCOPED_TRACE(r.source);
    const std::string& hash = r.fields.at("Hash");
    const PrfAlgorithm prf = hash == "SHA-1"     ? PrfAlgorithm::kHmacSha1
                             : hash == "SHA-256" ? PrfAlgorithm::kHmacSha256
                                                 : PrfAlgorithm::kHmacSha512;
    const Buffer ni = r.Hex("Ni");
    const Buffer nr = r.Hex("Nr");
    const Buffer seed = r.Hex("SKEYSEED");
    EXPECT_EQ(Compute(prf, Join({ni, nr}), {r.Hex("gir")}), seed);
    const Buffer dkm = r.Hex("DKM");
    ASSERT_GT(dkm.size(), 2 * PrfBytes(prf));
    EXPECT_EQ(Expand(prf, seed, {ni, nr, r.Hex("SPIi"), r.Hex("SPIr")}, dkm.size()), dkm);
    const Buffer sk_d(dkm.begin(), dkm.begin() + static_cast<std::ptrdiff_t>(PrfBytes(prf)));
    EXPECT_EQ(Expand(prf, sk_d, {ni, nr}, r.Hex("Child").size()), r.Hex("Child"));
    EXPECT_EQ(Expand(prf, sk_d, {r.Hex("girNew"), ni, nr}, r.Hex("ChildDh").size()),
              r.Hex("ChildDh"));
    EXPECT_EQ(Compute(prf, sk_d, {r.Hex("girNew"), ni, nr}), r.Hex("Rekey"));
  }
}

constexpr std::array kAll = {PrfAlgorithm::kHmacMd5,    PrfAlgorithm::kHmacSha1,
                             PrfAlgorithm::kHmacSha256, PrfAlgorithm::kHmacSha384,
                             PrfAlgorithm::kHmacSha512, PrfAlgorithm::kAesXcbc128,
                             PrfAlgorithm::kAesCmac128};

// A shorter expansion is the front of a longer one, up to 255 outputs; one byte more is refused.
TEST(PrfTest, ExpansionOfEveryLength) {
  const Buffer key(20, 7);
  const Buffer seed(33, 9);
  for (const PrfAlgorithm algorithm : kAll) {
    const size_t most = 255 * PrfBytes(algorithm);
    const Buffer whole = Expand(algorithm, key, {seed}, most);
    // The last of the 255, by hand (RFC 7296, 2.13).
    const size_t step = PrfBytes(algorithm);
    const Buffer before(whole.end() - static_cast<std::ptrdiff_t>(2 * step),
                        whole.end() - static_cast<std::ptrdiff_t>(step));
    const Buffer last(whole.end() - static_cast<std::ptrdiff_t>(step), whole.end());
    EXPECT_EQ(Compute(algorithm, key, {before, seed, {255}}), last);
    for (const size_t bytes :
         {size_t{0}, size_t{1}, step - 1, step, step + 1, 3 * step, most - 1}) {
      const Buffer part = Expand(algorithm, key, {seed}, bytes);
      EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin())) << bytes;
    }
    auto prf = Prf::Create(algorithm, key);
    Buffer out(most + 1);
    const Status status = prf->Expand({}, out);
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
  }
}

// RFC 2104 pads keys with zeros: none at all is one zero byte. RFC 4434 likewise; RFC 4615 not.
TEST(PrfTest, EmptyKeys) {
  const Buffer text = {1, 2, 3};
  for (const PrfAlgorithm algorithm : kAll) {
    const bool pads = algorithm != PrfAlgorithm::kAesCmac128;
    EXPECT_EQ(Compute(algorithm, {}, {text}) == Compute(algorithm, {0}, {text}), pads);
  }
  // hmac.new(b"", b"", hash).hexdigest() of Python.
  EXPECT_EQ(FormatHex(Compute(PrfAlgorithm::kHmacSha256, {}, {})),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

// One object serves many texts, and moves.
TEST(PrfTest, StateDoesNotLeakBetweenTexts) {
  const Buffer key(16, 1);
  for (const PrfAlgorithm algorithm : kAll) {
    auto made = Prf::Create(algorithm, key);
    Prf prf = std::move(*made);
    Buffer first(prf.output_bytes());
    Buffer second(prf.output_bytes());
    const Buffer text(100, 3);
    const std::array<Bytes, 2> parts = {Bytes(text).first(40), Bytes(text).subspan(40)};
    const Bytes whole(text);
    ASSERT_TRUE(prf.Compute(parts, first).has_value());
    ASSERT_TRUE(prf.Compute({}, second).has_value());
    EXPECT_NE(first, second);
    ASSERT_TRUE(prf.Compute({&whole, 1}, second).has_value());
    EXPECT_EQ(first, second);
  }
}

}  // namespace
}  // namespace vam::crypto
