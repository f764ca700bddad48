// The secret of `enable`: hashes that other programs made, and the statements.
#include "sw/config/enable_secret.h"

#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <string>

#include "sw/config/diff.h"
#include "sw/config/parser.h"
#include "sw/config/render.h"

namespace vam::config {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

// Examples of hashcat for its modes 9300, 9200 and 500
// (hashcat.net/wiki/doku.php?id=example_hashes).
constexpr const char* kScryptHash = "$9$2MJBozw/9R3UsU$2lFhcKvpghcyw8deP25GOfyZaagyUOGBymkryvOdfo6";
constexpr const char* kPbkdf2Hash = "$8$TnGX/fE4KGHOVU$pEhnEvxrvaynpi8j4f.EMHr6M.FzU8xnZnBr/tJdFWk";
constexpr const char* kMd5Hash = "$1$28772684$iEwNOgGugqO9.bIz5sk8k/";

TEST(EnableSecret, HashesOfOthers) {
  for (const char* hash : {kScryptHash, kPbkdf2Hash, kMd5Hash}) {
    EXPECT_TRUE(EnableSecretMatches("hashcat", hash)) << hash;
    EXPECT_FALSE(EnableSecretMatches("hashcaT", hash)) << hash;
    EXPECT_FALSE(EnableSecretMatches("", hash)) << hash;
    std::string other = hash;
    other.back() = other.back() == '.' ? '/' : '.';
    EXPECT_FALSE(EnableSecretMatches("hashcat", other)) << other;
  }
  EXPECT_EQ(EnableHashType(kScryptHash), 9);
  EXPECT_EQ(EnableHashType(kPbkdf2Hash), 8);
  EXPECT_EQ(EnableHashType(kMd5Hash), 5);
}

// Every length up to two digests, against OpenSSL's program.
TEST(EnableSecret, Md5AgreesWithOpenssl) {
  for (size_t length = 1; length <= 33; length += 4) {
    const std::string password(length, static_cast<char>('a' + length % 26));
    const std::string command = "openssl passwd -1 -salt abc./XYZ " + password;
    std::FILE* pipe = popen(command.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::array<char, 128> line{};
    const bool got = std::fgets(line.data(), line.size(), pipe) != nullptr;
    ASSERT_EQ(pclose(pipe), 0);
    ASSERT_TRUE(got);
    std::string hash = line.data();
    hash.pop_back();
    EXPECT_TRUE(EnableSecretMatches(password, hash)) << hash;
    EXPECT_FALSE(EnableSecretMatches(password + "x", hash));
  }
}

TEST(EnableSecret, OwnHashesAreSalted) {
  SeededRng rng(1);
  const auto first = HashEnableSecret("correct horse", rng);
  const auto second = HashEnableSecret("correct horse", rng);
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
  EXPECT_THAT(*first, MatchesRegex("[$]9[$][./0-9A-Za-z]{14}[$][./0-9A-Za-z]{43}"));
  EXPECT_TRUE(EnableSecretMatches("correct horse", *first));
  EXPECT_TRUE(EnableSecretMatches("correct horse", *second));
  EXPECT_FALSE(EnableSecretMatches("correct horsf", *first));
}

TEST(EnableSecret, WhatIsNoHashMatchesNothing) {
  for (const char* hash : {"", "$9$", "$9$short$x", "$1$abc$tooshort", "plain", "$9$$", "$$$",
                           "$2$28772684$iEwNOgGugqO9.bIz5sk8k/"}) {
    EXPECT_EQ(EnableHashType(hash), 0) << hash;
    EXPECT_FALSE(EnableSecretMatches("", hash)) << hash;
    EXPECT_FALSE(EnableSecretMatches("plain", hash)) << hash;
  }
  EXPECT_FALSE(EnableSecretMatches(std::string(kLongestEnableSecret + 1, 'x'), kMd5Hash));
}

class EnableStatements : public ::testing::Test {
 protected:
  Parsed Good(const std::string& text) {
    auto parsed = Parse(text, {.rng = &rng_});
    if (auto* errors = std::get_if<std::vector<Diagnostic>>(&parsed)) {
      ADD_FAILURE() << ToString(errors->front());
      return {};
    }
    return std::move(std::get<Parsed>(parsed));
  }
  std::string Bad(const std::string& text, bool with_rng = true) {
    const auto parsed = Parse(text, {.rng = with_rng ? &rng_ : nullptr});
    const auto* errors = std::get_if<std::vector<Diagnostic>>(&parsed);
    if (errors == nullptr) return "<accepted>";
    EXPECT_THAT(ToString(errors->front()), Not(HasSubstr("swordfish")));
    return errors->front().message;
  }
  SeededRng rng_{1};
};

TEST_F(EnableStatements, ASecretInClearIsHashedAtOnce) {
  for (const char* line : {"enable secret swordfish", "enable secret 0 swordfish",
                           "enable secret level 15 swordfish", "enable password swordfish"}) {
    const Running running = Good(line).running;
    EXPECT_TRUE(EnableSecretMatches("swordfish", running.enable_secret)) << line;
    EXPECT_EQ(EnableHashType(running.enable_secret), 9);
    EXPECT_THAT(Render(running, Keys::kShown), Not(HasSubstr("swordfish")));
  }
}

TEST_F(EnableStatements, HashesAreTakenAsTheyAre) {
  for (const auto& [type, hash] :
       {std::pair("9", kScryptHash), std::pair("8", kPbkdf2Hash), std::pair("5", kMd5Hash)}) {
    const std::string line = std::string("enable secret ") + type + " " + hash;
    const Running running = Good(line).running;
    EXPECT_EQ(running.enable_secret, hash);
    EXPECT_THAT(Render(running, Keys::kShown), HasSubstr("\n" + line + "\n"));
    EXPECT_THAT(Render(running, Keys::kMasked),
                HasSubstr(std::string("\nenable secret ") + type + " <removed>\n"));
  }
  EXPECT_EQ(Good(std::string("enable secret 9 ") + kScryptHash + "\nno enable secret\n").running,
            Running());
}

TEST_F(EnableStatements, APasswordDoesNotCountBesideASecret) {
  const Parsed parsed =
      Good(std::string("enable secret 5 ") + kMd5Hash + "\nenable password swordfish\n");
  EXPECT_EQ(parsed.running.enable_secret, kMd5Hash);
  ASSERT_EQ(parsed.notices.size(), 1u);
  EXPECT_THAT(parsed.notices[0], HasSubstr("is not kept"));
  EXPECT_THAT(Good("enable password swordfish").notices.at(0), HasSubstr("enable secret 9"));
}

TEST_F(EnableStatements, WhatIsRefused) {
  EXPECT_THAT(Bad("enable secret 9 $9$short$swordfish"), HasSubstr("not a hash of type 9"));
  EXPECT_THAT(Bad(std::string("enable secret 9 ") + kMd5Hash), HasSubstr("not a hash of type 9"));
  EXPECT_THAT(Bad("enable secret 5 swordfish"), HasSubstr("not a hash of type 5"));
  EXPECT_THAT(Bad("enable secret 9 <removed>"), HasSubstr("shown without a config-key"));
  EXPECT_THAT(Bad("enable secret 7 0822455D0A16"), HasSubstr("type 7 hides nothing"));
  EXPECT_THAT(Bad("enable secret level 7 swordfish"), HasSubstr("one level, 15"));
  EXPECT_THAT(Bad("enable secret 9"), HasSubstr("incomplete command"));
  EXPECT_THAT(Bad("enable secret 4"), HasSubstr("a type without"));
  EXPECT_THAT(Bad("enable secret " + std::string(128, 'x')), HasSubstr("127 characters"));
  EXPECT_THAT(Bad("enable secret swordfish", false), HasSubstr("give its hash"));
}

TEST_F(EnableStatements, AreSensitive) {
  Candidate candidate(Running(), {.rng = &rng_});
  EXPECT_TRUE(candidate.Line("enable secret swordfish").empty());
  EXPECT_TRUE(candidate.sensitive());
  EXPECT_TRUE(candidate.Line("enable password swordfish").empty());
  EXPECT_TRUE(candidate.sensitive());
  const Running with = Good("enable secret swordfish").running;
  for (const std::string& line : Differences(Running(), with)) {
    EXPECT_THAT(line, Not(HasSubstr("$9$")));
  }
}

}  // namespace
}  // namespace vam::config
