// The table of transforms: every combination of SY-15, and what a set may not hold.
#include "sw/config/transforms.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sw/config/parser.h"
#include "sw/config/render.h"

namespace vam::config {
namespace {

using ::testing::HasSubstr;

// The oracle: kinds and rules as the guides and the RFCs state them, not as the table does.
const std::vector<std::string> kAh = {"",
                                      "ah-md5-hmac",
                                      "ah-sha-hmac",
                                      "ah-sha256-hmac",
                                      "ah-sha384-hmac",
                                      "ah-sha512-hmac",
                                      "ah-aes-xcbc",
                                      "ah-aes-cmac",
                                      "ah-gmac",
                                      "ah-gmac 256"};
const std::vector<std::string> kAlone = {"esp-gcm",           "esp-gcm 192",          "esp-gcm 256",
                                         "esp-gcm icv 8",     "esp-gcm 256 icv 12",   "esp-gmac",
                                         "esp-gmac 192",      "esp-gmac 256",         "esp-ccm",
                                         "esp-ccm 256 icv 8", "esp-chacha20-poly1305"};
const std::vector<std::string> kCiphers = {"esp-des",     "esp-3des",        "esp-aes",
                                           "esp-aes 192", "esp-aes 256",     "esp-aes-ctr",
                                           "esp-null",    "esp-aes-ctr 256", "esp-seal"};
const std::vector<std::string> kAuth = {"",
                                        "esp-md5-hmac",
                                        "esp-sha-hmac",
                                        "esp-sha256-hmac",
                                        "esp-sha384-hmac",
                                        "esp-sha512-hmac",
                                        "esp-aes-xcbc",
                                        "esp-aes-cmac"};
const std::vector<std::string> kCompression = {"", "comp-lzs", "comp-deflate"};

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word.empty() ? "" : " " + word;
  return text;
}

// "" when the set is accepted, else the error.
std::string ErrorOf(const std::string& transforms, bool legacy = true) {
  const std::string text = std::string(legacy ? "crypto legacy-algorithms enable\n" : "") +
                           "crypto ipsec transform-set t" + transforms + "\n";
  const auto parsed = Parse(text);
  if (const auto* errors = std::get_if<std::vector<Diagnostic>>(&parsed)) {
    EXPECT_EQ(errors->size(), 1u);
    return ToString(errors->front());
  }
  const TransformSet* set = std::get<Parsed>(parsed).running.FindTransformSet("t");
  EXPECT_EQ(" " + RenderTransform(*set), transforms) << "order and values as typed";
  return "";
}

TEST(TransformGrid, EveryCombinationOfTheTable) {
  std::vector<std::string> encryption = {""};
  encryption.insert(encryption.end(), kAlone.begin(), kAlone.end());
  encryption.insert(encryption.end(), kCiphers.begin(), kCiphers.end());
  size_t accepted = 0;
  for (const std::string& ah : kAh) {
    for (const std::string& cipher : encryption) {
      const bool alone = std::find(kAlone.begin(), kAlone.end(), cipher) != kAlone.end();
      for (const std::string& auth : kAuth) {
        for (const std::string& compression : kCompression) {
          const std::string set = Joined({ah, cipher, auth, compression});
          if (set.empty()) continue;
          const bool nothing = ah.empty() && cipher.empty() && auth.empty();
          const bool refused = nothing || cipher == "esp-seal" || (alone && !auth.empty()) ||
                               (cipher == "esp-null" && auth.empty());
          const std::string error = ErrorOf(set);
          ASSERT_EQ(error.empty(), !refused) << set << ": " << error;
          accepted += refused ? 0 : 1;
        }
      }
    }
  }
  EXPECT_GT(accepted, 2000u);
}

TEST(TransformGrid, TwoOfOneKindAreRefused) {
  const auto refused = [](const std::string& a, const std::string& b) {
    EXPECT_THAT(ErrorOf(Joined({a, b})), HasSubstr("a set has one")) << a << " " << b;
  };
  std::vector<std::string> encryption = kAlone;
  encryption.insert(encryption.end(), kCiphers.begin(), kCiphers.end());
  std::erase(encryption, "esp-seal");
  for (const auto& kind : {kAh, encryption, kAuth, kCompression}) {
    for (const std::string& a : kind) {
      for (const std::string& b : kind) {
        if (!a.empty() && !b.empty()) refused(a, b);
      }
    }
  }
}

TEST(TransformGrid, OrderIsAsTyped) {
  std::vector<std::string> words = {"ah-sha256-hmac", "esp-aes 256", "esp-sha256-hmac", "comp-lzs"};
  std::sort(words.begin(), words.end());
  do {
    EXPECT_EQ(ErrorOf(Joined(words)), "");
  } while (std::next_permutation(words.begin(), words.end()));
}

TEST(TransformGrid, LegacyAlgorithmsNeedTheirStatement) {
  for (const char* word :
       {"ah-md5-hmac", "ah-sha-hmac", "esp-des", "esp-3des", "esp-md5-hmac", "esp-sha-hmac"}) {
    EXPECT_THAT(ErrorOf(std::string(" ") + word, false),
                HasSubstr("needs 'crypto legacy-algorithms enable'"));
    EXPECT_THAT(ErrorOf(std::string(" ") + word, false), HasSubstr(word));
  }
  EXPECT_THAT(ErrorOf(" esp-aes", false), HasSubstr("without authentication"));
  EXPECT_EQ(ErrorOf(" esp-aes"), "");
  EXPECT_EQ(ErrorOf(" ah-sha256-hmac esp-aes", false), "") << "AH authenticates";
  EXPECT_EQ(ErrorOf(" esp-aes esp-sha256-hmac", false), "");
  EXPECT_EQ(ErrorOf(" esp-gcm", false), "");
}

TEST(TransformGrid, WordsOfOlderGuidesAndAbbreviations) {
  const auto parsed = Parse(
      "crypto legacy-algorithms enable\ncrypto ipsec transform-set a esp-des esp-sha\n"
      "crypto IPsec transform b ESP-AES esp-sha256-\n");
  ASSERT_TRUE(std::holds_alternative<Parsed>(parsed));
  const Running& running = std::get<Parsed>(parsed).running;
  EXPECT_EQ(RenderTransform(*running.FindTransformSet("a")), "esp-des esp-sha-hmac");
  EXPECT_EQ(RenderTransform(*running.FindTransformSet("b")), "esp-aes esp-sha256-hmac");
}

TEST(TransformGrid, SealHasNoEngine) {
  EXPECT_THAT(ErrorOf(" esp-seal"), HasSubstr("the software engine has no SEAL: 'esp-seal'"));
  const auto with_card = Parse(
      "engine card model\ncrypto legacy-algorithms enable\n"
      "crypto ipsec transform-set t esp-seal esp-sha-hmac\n");
  EXPECT_THAT(ToString(std::get<std::vector<Diagnostic>>(with_card).front()),
              HasSubstr("SEAL is not possible while a card is present"));
}

TEST(TransformGrid, ASetKeepsItsModeWhenItIsTypedAgain) {
  const auto parsed = Parse(
      "crypto ipsec transform-set t esp-gcm\n mode transport\n"
      "crypto ipsec transform-set t esp-gcm 256\n");
  const TransformSet& set = *std::get<Parsed>(parsed).running.FindTransformSet("t");
  EXPECT_EQ(set.mode, IpsecMode::kTransport);
  EXPECT_EQ(set.transforms[0].key_bits, 256);
  const auto back = Parse("crypto ipsec transform-set t esp-gcm\n mode transport\n default mode\n");
  EXPECT_EQ(std::get<Parsed>(back).running.FindTransformSet("t")->mode, IpsecMode::kTunnel);
}

// RFC 2403, 2404, 4868, 3566, 4494, 4543, 2405, 2451, 3602, 3686, 4106, 4309, 7634.
TEST(TransformKeys, LengthsAreTheRfcs) {
  const auto bytes = [](Transform transform, uint16_t bits = 0) {
    TransformUse use = DefaultUse(transform);
    if (bits != 0) use.key_bits = bits;
    return KeyBytes(use);
  };
  EXPECT_EQ(bytes(Transform::kAhMd5Hmac), 16u);
  EXPECT_EQ(bytes(Transform::kEspShaHmac), 20u);
  EXPECT_EQ(bytes(Transform::kEspSha256Hmac), 32u);
  EXPECT_EQ(bytes(Transform::kAhSha384Hmac), 48u);
  EXPECT_EQ(bytes(Transform::kEspSha512Hmac), 64u);
  EXPECT_EQ(bytes(Transform::kEspAesXcbc), 16u);
  EXPECT_EQ(bytes(Transform::kAhAesCmac), 16u);
  EXPECT_EQ(bytes(Transform::kAhGmac, 256), 36u);
  EXPECT_EQ(bytes(Transform::kEspDes), 8u);
  EXPECT_EQ(bytes(Transform::kEsp3Des), 24u);
  EXPECT_EQ(bytes(Transform::kEspAes), 16u);
  EXPECT_EQ(bytes(Transform::kEspAesCtr, 192), 28u);
  EXPECT_EQ(bytes(Transform::kEspGcm), 20u);
  EXPECT_EQ(bytes(Transform::kEspGmac, 256), 36u);
  EXPECT_EQ(bytes(Transform::kEspCcm, 256), 35u);
  EXPECT_EQ(bytes(Transform::kEspChaCha20Poly1305), 36u);
  EXPECT_EQ(bytes(Transform::kEspNull), 0u);
}

}  // namespace
}  // namespace vam::config
