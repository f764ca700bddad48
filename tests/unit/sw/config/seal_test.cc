#include "sw/config/seal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace vam::config {
namespace {

constexpr std::string_view kWords = "correct horse battery";
// scrypt and AES-GCM of hashlib and pyca/cryptography: salt 00..0f, nonce a0..ab, secret 00..13.
constexpr std::string_view kVector =
    "AQABAgMEBQYHCAkKCwwNDg+goaKjpKWmp6ipqqt046r3mrayo66SGJR803wF/PUlblzvZ4LfaRHKoiEtd1iPaXw=";

SealSalt Salt(uint8_t first) {
  SealSalt salt;
  std::iota(salt.begin(), salt.end(), first);
  return salt;
}
Sealer Make(std::string_view words = kWords, uint8_t salt = 0) {
  Sealer sealer;
  EXPECT_TRUE(sealer.Add(words, Salt(salt)));
  return sealer;
}
std::vector<uint8_t> Counted(size_t size) {
  std::vector<uint8_t> bytes(size);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  return bytes;
}
// Fills with a0, a1, ...
class CountingRng final : public Rng {
 public:
  void Fill(std::span<uint8_t> out) override { std::iota(out.begin(), out.end(), uint8_t{0xa0}); }
};

TEST(Seal, IsWhatAnotherImplementationMakes) {
  CountingRng rng;
  EXPECT_EQ(Make().Seal(Counted(20), rng), kVector);
  auto opened = Make("another one", 9);
  ASSERT_TRUE(opened.Add(kWords, Salt(77)));  // the salt of the text counts
  const auto secret = opened.Open(kVector);
  ASSERT_TRUE(secret);
  EXPECT_TRUE(std::ranges::equal(secret->bytes(), Counted(20)));
}
TEST(Seal, EachTimeWithANonceOfItsOwn) {
  SeededRng rng(1);
  Sealer sealer = Make();
  const std::string first = sealer.Seal(Counted(36), rng);
  EXPECT_NE(first, sealer.Seal(Counted(36), rng));
  for (size_t size : {size_t{1}, size_t{20}, size_t{36}, kLongestSealed}) {
    const auto secret = sealer.Open(sealer.Seal(Counted(size), rng));
    ASSERT_TRUE(secret) << size;
    EXPECT_TRUE(std::ranges::equal(secret->bytes(), Counted(size)));
  }
}
TEST(Seal, EveryChangedCharacterIsNoticed) {
  Sealer sealer = Make();
  for (size_t i = 0; i + 1 < kVector.size(); ++i) {
    std::string text(kVector);
    text[i] = text[i] == 'A' ? 'B' : 'A';
    const auto secret = sealer.Open(text);
    ASSERT_FALSE(secret) << i;
    const ErrorCode code = secret.error().code;
    EXPECT_TRUE(code == ErrorCode::kMalformed || code == ErrorCode::kAuthFailed ||
                code == ErrorCode::kExhausted);
    if (code == ErrorCode::kExhausted) sealer = Make();
  }
}
TEST(Seal, OtherTextIsMalformed) {
  Sealer sealer = Make();
  for (const char* text : {"", "A", "AAAA", "====", "AAA=AAA=", "AQ%%", "<removed>"}) {
    EXPECT_EQ(sealer.Open(text).error().code, ErrorCode::kMalformed) << text;
  }
  EXPECT_EQ(sealer.Open(std::string(1000, 'A')).error().code, ErrorCode::kMalformed);
}
TEST(Seal, WithoutOrWithAnotherPassphraseNothingOpens) {
  EXPECT_EQ(Sealer().Open(kVector).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(Make("correct horse batterz").Open(kVector).error().code, ErrorCode::kAuthFailed);
}
TEST(Seal, TheOlderPassphraseOpensUntilItIsForgotten) {
  SeededRng rng(1);
  Sealer sealer = Make();
  ASSERT_TRUE(sealer.Add("the next one", Salt(1)));
  EXPECT_TRUE(sealer.Open(kVector));
  const std::string newer = sealer.Seal(Counted(20), rng);
  sealer.ForgetOlder();
  EXPECT_EQ(sealer.Open(kVector).error().code, ErrorCode::kAuthFailed);
  EXPECT_TRUE(sealer.Open(newer));
  EXPECT_TRUE(Make("the next one", 5).Open(newer));
  EXPECT_FALSE(Make().Open(newer));
}
TEST(Seal, ManySaltsAreNotDerivedForEver) {
  Sealer sealer = Make();
  SeededRng rng(1);
  ErrorCode last = ErrorCode::kInternal;
  for (uint8_t i = 1; i < 30 && last != ErrorCode::kExhausted; ++i) {
    std::string text(88, 'A');
    text[0] = 'A';
    text[1] = 'Q';
    text[5] = static_cast<char>('A' + i % 26);
    text[6] = static_cast<char>('A' + i / 26);
    last = sealer.Open(text).error().code;
  }
  EXPECT_EQ(last, ErrorCode::kExhausted);
  // It is not spent for good.
  EXPECT_TRUE(sealer.Add("the next one", Salt(3)));
  sealer.ForgetForeign();
  EXPECT_TRUE(sealer.Open(kVector));
}

}  // namespace
}  // namespace vam::config
