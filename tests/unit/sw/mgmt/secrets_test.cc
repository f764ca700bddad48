// Secrets of the configuration: shown, stored, sealed anew, removed.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "sw/config/render.h"
#include "tests/unit/sw/mgmt/server_fixture.h"

namespace vam::mgmt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kKeyDigits = "000102030405060708090a0b0c0d0e0f1011";
constexpr std::string_view kSetKey = "key config-key password-encrypt open sesame 1";

class SecretsTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    Synchronise();
  }
  std::string Shown() { return Run({"show running-config"}).text(); }
  // What the next start reads from the startup configuration and the state directory.
  std::optional<config::Running> NextStart() const {
    auto key = ConfigKeyFile::Open(directory_);
    auto sealer = SealerOf(key->content());
    auto parsed = config::Parse(Startup(), {.sealer = &*sealer});
    if (!std::holds_alternative<config::Parsed>(parsed)) return std::nullopt;
    return std::get<config::Parsed>(parsed).running;
  }
};

TEST_F(SecretsTest, WithoutAConfigKeyTheyAreShownRemovedAndStoredPrivately) {
  EXPECT_THAT(Shown(), HasSubstr("cipher <removed>\n"));
  EXPECT_THAT(Shown(), Not(HasSubstr(std::string(kKeyDigits))));
  EXPECT_EQ(Run({"write memory"}).exit_code(), 0);
  EXPECT_EQ(NextStart(), distributor_->running());
  struct stat status {};
  ASSERT_EQ(stat((directory_ + "/start.cfg").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  const auto refused =
      Run({"conf t", "crypto map vpn 10", "set session-key inbound esp 300 cipher <removed>"});
  EXPECT_THAT(refused.text(), HasSubstr("'<removed>' stands for a secret"));
}

TEST_F(SecretsTest, WithAConfigKeyTheyAreSealed) {
  const auto set = Run({"conf t", std::string(kSetKey), "end"});
  EXPECT_EQ(set.exit_code(), 0) << set.text();
  const std::string shown = Shown();
  EXPECT_THAT(shown, HasSubstr("cipher 6 A"));
  EXPECT_THAT(shown, Not(HasSubstr("<removed>")));
  EXPECT_THAT(shown, Not(HasSubstr(std::string(kKeyDigits))));
  EXPECT_THAT(shown, Not(HasSubstr("sesame")));
  EXPECT_NE(shown, Shown());
  EXPECT_EQ(Run({"write"}).exit_code(), 0);
  EXPECT_THAT(Startup(), Not(HasSubstr(std::string(kKeyDigits))));
  EXPECT_EQ(NextStart(), distributor_->running());
  EXPECT_EQ(Run({"configure replace startup-config list"}).text(), "!No changes were found\n");
}

// What was shown may be pasted.
TEST_F(SecretsTest, AShownLineIsTakenBack) {
  const config::Running before = distributor_->running();
  Run({"conf t", std::string(kSetKey), "end"});
  const std::string shown = Run({"show running-config | include inbound"}).text();
  const std::string line = shown.substr(0, shown.find('\n'));
  Run({"conf t", "crypto map vpn 10", "no set session-key inbound esp", "end"});
  EXPECT_NE(distributor_->running(), before);
  const auto back = Run({"conf t", "crypto map vpn 10", line, "end"});
  EXPECT_EQ(back.exit_code(), 0) << back.text();
  EXPECT_EQ(distributor_->running(), before);
}

TEST_F(SecretsTest, ANewConfigKeySealsTheStartupConfigurationAnew) {
  Run({"conf t", std::string(kSetKey), "end", "write"});
  const std::string first = Startup();
  EXPECT_EQ(Run({"conf t", "key config-key password-encrypt another one", "end"}).exit_code(), 0);
  EXPECT_NE(Startup(), first);
  EXPECT_EQ(NextStart(), distributor_->running());
  config::Sealer old;
  ASSERT_TRUE(old.Add("open sesame 1", {}));
  EXPECT_FALSE(std::holds_alternative<config::Parsed>(config::Parse(Startup(), {.sealer = &old})));
  // The file keeps no passphrase that is no longer wanted.
  std::ifstream file(directory_ + "/config-key", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(bytes, HasSubstr("another one"));
  EXPECT_THAT(bytes, Not(HasSubstr("sesame")));
}

TEST_F(SecretsTest, ChangeCutShortLeavesAStartupConfigurationThatOpens) {
  Run({"conf t", std::string(kSetKey), "end", "write"});
  // The new passphrase is stored, the startup configuration is still the old one.
  auto key = ConfigKeyFile::Open(directory_);
  ASSERT_TRUE(key);
  ConfigKeyFile::Content half;
  half.salt = {7};
  half.current = *config::Passphrase::From(std::vector<uint8_t>(9, 'n'));
  half.older = key->content().current.Clone();
  ASSERT_TRUE(key->Write(std::move(half)));
  EXPECT_EQ(NextStart(), distributor_->running());
}

TEST_F(SecretsTest, WithoutItAgainTheStartupConfigurationStillStarts) {
  Run({"conf t", std::string(kSetKey), "end", "write"});
  const auto removed = Run({"conf t", "no key config-key password-encrypt", "end"});
  EXPECT_THAT(removed.text(), Not(HasSubstr("sesame")));
  EXPECT_THAT(Shown(), HasSubstr("<removed>"));
  EXPECT_EQ(NextStart(), distributor_->running());
  EXPECT_TRUE(ConfigKeyFile::Open(directory_)->content().current.empty());
}

TEST_F(SecretsTest, ThePassphraseIsRepeatedNowhere) {
  ::testing::internal::CaptureStderr();
  for (const char* line : {"key config-key password-encrypt sesame",  // too short
                           "key config-key password-encrypt sesame and open",
                           "key config-key password-encryp sesame sesame",
                           "key config-kye password-encrypt sesame sesame"}) {
    const auto reply = Run({"conf t", line});
    EXPECT_THAT(reply.text(), Not(HasSubstr("sesame"))) << line;
    EXPECT_TRUE(reply.sensitive()) << line;
  }
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), Not(HasSubstr("sesame")));
  EXPECT_THAT(prepared_ + committed_, Not(HasSubstr("sesame")));
}

class ConfigKeyFileTest : public SecretsTest {};

TEST_F(ConfigKeyFileTest, IsPrivateAndSurvivesATornCopy) {
  const std::string path = directory_ + "/config-key";
  for (size_t torn : {size_t{0}, size_t{4096}}) {
    std::filesystem::remove(path);
    auto file = ConfigKeyFile::Open(directory_);
    ASSERT_TRUE(file);
    ConfigKeyFile::Content content;
    content.salt = {1, 2, 3};
    content.current = *config::Passphrase::From(std::vector<uint8_t>(127, 'x'));
    ASSERT_TRUE(file->Write(std::move(content)));
    struct stat status {};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    std::fstream bytes(path, std::ios::binary | std::ios::in | std::ios::out);
    bytes.seekp(static_cast<std::streamoff>(torn + 40));
    bytes.put('?');
    bytes.close();
    auto again = ConfigKeyFile::Open(directory_);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->content().current.size(), 127u);
    EXPECT_EQ(again->content().salt[1], 2);
  }
}
TEST_F(ConfigKeyFileTest, DamagedAsAWholeIsSaid) {
  std::ofstream(directory_ + "/config-key", std::ios::trunc) << "something else";
  EXPECT_EQ(ConfigKeyFile::Open(directory_).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(ConfigKeyFile::Open("/nowhere").error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace vam::mgmt
