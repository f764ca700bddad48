// The key log: its files, and who may switch it on.
#include "sw/mgmt/key_log.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "sw/api/key_log.h"
#include "tests/unit/sw/mgmt/server_fixture.h"

namespace vam::mgmt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}
std::vector<uint8_t> Payload(api::KeyLogFile file, const std::string& line) {
  std::vector<uint8_t> payload{static_cast<uint8_t>(file)};
  payload.insert(payload.end(), line.begin(), line.end());
  return payload;
}

class KeyLogFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/vam-keys-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::string Ike() const { return ReadFile(directory_ + "/ikev2_decryption_table"); }
  std::string Esp() const { return ReadFile(directory_ + "/esp_sa"); }
  std::string directory_;
};

TEST_F(KeyLogFilesTest, LinesGoToTheirFiles) {
  auto log = KeyLog::Open(directory_);
  ASSERT_TRUE(log);
  ASSERT_TRUE(log->Begin());
  EXPECT_TRUE(log->Write(Payload(api::KeyLogFile::kIke, "one")));
  EXPECT_TRUE(log->Write(Payload(api::KeyLogFile::kEsp, "two")));
  EXPECT_TRUE(log->Write(Payload(api::KeyLogFile::kIke, "three")));
  EXPECT_EQ(Ike(), "one\nthree\n");
  EXPECT_EQ(Esp(), "two\n");
  for (const char* name : {"/ikev2_decryption_table", "/esp_sa"}) {
    struct stat status {};
    ASSERT_EQ(stat((directory_ + name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
  }
  // A restart of mgmt loses nothing; a new log begins empty.
  log = KeyLog::Open(directory_);
  ASSERT_TRUE(log);
  EXPECT_EQ(Ike(), "one\nthree\n");
  ASSERT_TRUE(log->Begin());
  EXPECT_EQ(Ike() + Esp(), "");
}
TEST_F(KeyLogFilesTest, NothingElseGetsIntoThem) {
  auto log = KeyLog::Open(directory_);
  ASSERT_TRUE(log);
  const std::vector<std::vector<uint8_t>> wrong = {
      {},
      {1},
      {0, 'x'},
      {3, 'x'},
      Payload(api::KeyLogFile::kIke, "two\nlines"),
      Payload(api::KeyLogFile::kIke, "\x1b[2J"),
      Payload(api::KeyLogFile::kIke, std::string(api::kLongestKeyLine + 1, 'x'))};
  for (const auto& payload : wrong) {
    const Status written = log->Write(payload);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::kMalformed);
  }
  EXPECT_EQ(Ike() + Esp(), "");
}
TEST_F(KeyLogFilesTest, TheyAreBounded) {
  auto log = KeyLog::Open(directory_);
  ASSERT_TRUE(log);
  const auto line = Payload(api::KeyLogFile::kEsp, std::string(1000, 'x'));
  Status written = Ok();
  while (written) written = log->Write(line);
  EXPECT_EQ(written.error().code, ErrorCode::kExhausted);
  EXPECT_LE(Esp().size(), KeyLog::kMostBytes);
}
TEST_F(KeyLogFilesTest, NoLinkIsFollowed) {
  ASSERT_EQ(symlink("/tmp/vam-elsewhere", (directory_ + "/esp_sa").c_str()), 0);
  EXPECT_FALSE(KeyLog::Open(directory_));
}

// A whole mgmt, whose ikev2 the test plays.
class KeyLogTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    server_->SetKeyLog(KeyLog::Open(directory_));
    Synchronise();
    auto pair = api::Channel::Pair();
    ikev2_ = std::move(pair->second);
    distributor_->Connect(vamd::Role::kIkev2, std::move(pair->first));
  }
  void SendKey(const std::string& line) {
    ASSERT_TRUE(ikev2_.Send(api::MessageType::kKeyLog, 0, Payload(api::KeyLogFile::kIke, line)));
    Turn();
  }
  std::string Ike() const { return ReadFile(directory_ + "/ikev2_decryption_table"); }
  api::Channel ikev2_;
};

TEST_F(KeyLogTest, ItIsSwitchedOnByItsOwnWordAlone) {
  EXPECT_FALSE(debug_.ikev2_keys());
  Run({"debug all"});
  EXPECT_FALSE(debug_.ikev2_keys());
  SendKey("early");
  EXPECT_EQ(Ike(), "");
  EXPECT_EQ(Run({"debug crypto ikev2 keys"}).text(), "IKEv2 key logging is on\n");
  EXPECT_TRUE(debug_.ikev2_keys());
  EXPECT_THAT(Run({"show debugging"}).text(), HasSubstr("IKEv2 key logging is on\n"));
  SendKey("a key");
  EXPECT_EQ(Ike(), "a key\n");
  // Once more changes nothing, and warns no second time.
  Run({"debug crypto ikev2 keys"});
  EXPECT_EQ(Ike(), "a key\n");
  const std::string log = Run({"show logging"}).text();
  EXPECT_THAT(log, HasSubstr("%CRYPTO-1-IKEV2_KEY_LOG: Keys of IKEv2 and ESP are written to "));
  EXPECT_EQ(log.find("IKEV2_KEY_LOG"), log.rfind("IKEV2_KEY_LOG"));
  Run({"undebug all"});
  EXPECT_FALSE(debug_.ikev2_keys());
  SendKey("late");
  EXPECT_EQ(Ike(), "a key\n");
  EXPECT_THAT(Run({"show debugging"}).text(), Not(HasSubstr("key logging")));
}
TEST_F(KeyLogTest, WithoutPrivilegeItIsRefused) {
  const auto reply = RunAsUser({"debug crypto ikev2 keys"});
  EXPECT_NE(reply.exit_code(), 0);
  EXPECT_FALSE(debug_.ikev2_keys());
}
TEST_F(KeyLogTest, WithoutFilesItIsRefused) {
  server_->SetKeyLog(Err(ErrorCode::kIo, "the files of the key log cannot be opened"));
  EXPECT_THAT(Run({"debug crypto ikev2 keys"}).text(),
              AllOf(HasSubstr("% Keys cannot be logged"), HasSubstr("cannot be opened")));
  EXPECT_FALSE(debug_.ikev2_keys());
}
TEST_F(KeyLogTest, AWrongLineEndsIt) {
  Run({"debug crypto ikev2 keys"});
  SendKey("two\nlines");
  Turn();
  EXPECT_FALSE(debug_.ikev2_keys());
  EXPECT_THAT(Run({"show logging"}).text(), HasSubstr("No further keys are logged"));
}

// In a build that is none for tests, the words are not there.
TEST_F(KeyLogTest, ImpairmentIsNotOffered) {
  for (const char* line : {"impair ikev2 drop", "no impair", "show impair"}) {
    EXPECT_NE(Run({line}).exit_code(), 0) << line;
  }
  EXPECT_THAT(Run({"show version"}).text(), Not(HasSubstr("test build")));
}

}  // namespace
}  // namespace vam::mgmt
