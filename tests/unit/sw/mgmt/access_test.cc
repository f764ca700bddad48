// `enable` and its secret, and system messages for sessions.
#include <gmock/gmock.h>

#include "sw/config/enable_secret.h"
#include "tests/unit/sw/mgmt/server_fixture.h"

namespace vam::mgmt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class AccessTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    Synchronise();
  }
  void SetSecret() {
    const auto reply = Run({"configure terminal", "enable secret swordfish", "end"});
    ASSERT_EQ(reply.exit_code(), 0) << reply.text();
    ASSERT_TRUE(config::EnableSecretMatches("swordfish", distributor_->running().enable_secret));
  }
  // `enable`, then one try after the other.
  std::vector<api::CliReply> Enable(vamsh::Client& client,
                                    const std::vector<std::string>& secrets) {
    std::vector<api::CliReply> replies{*client.Run("enable")};
    for (const std::string& secret : secrets) {
      api::CliRequest request;
      request.set_line("enable");
      request.set_secret(secret);
      replies.push_back(*client.Run(request));
    }
    return replies;
  }
  static api::CliReply Copy(vamsh::Client& client, const std::string& file) {
    EXPECT_TRUE(client.Run("enable").has_value());
    api::CliRequest request;
    request.set_line("copy /x.cfg running-config");
    request.set_file(file);
    return *client.Run(request);
  }
};

TEST_F(AccessTest, NothingIsAskedWhereNothingIsSet) {
  InSession([&](vamsh::Client& client) {
    const auto replies = Enable(client, {});
    EXPECT_EQ(replies[0].prompt(), "gw-a#");
    EXPECT_TRUE(replies[0].question().empty());
  });
}

TEST_F(AccessTest, TheRightSecretOpens) {
  SetSecret();
  InSession([&](vamsh::Client& client) {
    const auto replies = Enable(client, {"wrong", "swordfish"});
    EXPECT_EQ(replies[0].question(), "Password: ");
    EXPECT_TRUE(replies[0].hidden());
    EXPECT_EQ(replies[0].prompt(), "gw-a>");
    EXPECT_EQ(replies[1].question(), "Password: ");
    EXPECT_EQ(replies[2].prompt(), "gw-a#");
    EXPECT_EQ(client.Run("enable")->prompt(), "gw-a#") << "once is enough";
    const std::string log = client.Run("show logging")->text();
    EXPECT_THAT(log, HasSubstr("%SYS-5-PRIV_AUTH_FAIL: Authentication to privilege level 15 failed "
                               "by vamsh, try 1 of 3"));
    EXPECT_THAT(log, HasSubstr("%SYS-5-PRIV_AUTH_PASS"));
    for (const char* line : {"show logging", "show history", "show running-config",
                             "show startup-config", "show tech-support ipsec"}) {
      const std::string text = client.Run(line)->text();
      EXPECT_THAT(text, Not(HasSubstr("swordfish"))) << line;
      EXPECT_THAT(text, Not(HasSubstr("wrong"))) << line;
    }
  });
  EXPECT_THAT(prepared_, Not(HasSubstr("swordfish")));
}

TEST_F(AccessTest, ThreeTriesAndNoMore) {
  SetSecret();
  InSession([&](vamsh::Client& client) {
    const auto replies = Enable(client, {"a", "b", "c"});
    EXPECT_EQ(replies[2].question(), "Password: ");
    EXPECT_EQ(replies[3].question(), "");
    EXPECT_EQ(replies[3].text(), "% Bad secrets\n");
    EXPECT_EQ(replies[3].exit_code(), 1);
    EXPECT_EQ(replies[3].prompt(), "gw-a>");
    EXPECT_EQ(client.Run("configure terminal")->exit_code(), 2) << "not privileged";
    EXPECT_EQ(Enable(client, {"swordfish"})[1].prompt(), "gw-a#") << "a new `enable`";
  });
}

// The hash goes to the startup configuration and comes back with it.
TEST_F(AccessTest, SurvivesASave) {
  SetSecret();
  InSession([&](vamsh::Client& client) {
    Enable(client, {"swordfish"});
    EXPECT_THAT(client.Run("write memory")->text(), HasSubstr("[OK]"));
  });
  EXPECT_THAT(Startup(), HasSubstr("enable secret 9 $9$"));
  EXPECT_THAT(Startup(), Not(HasSubstr("swordfish")));
}

// What a file's statements did beyond what they say is told to the one who copies it.
TEST_F(AccessTest, NoticesOfAFileAreShown) {
  InSession([&](vamsh::Client& client) {
    const auto reply = Copy(client, "enable password swordfish\n");
    EXPECT_EQ(reply.exit_code(), 0);
    EXPECT_THAT(reply.text(), HasSubstr("% 'enable password' is kept as 'enable secret 9'"));
    EXPECT_THAT(reply.text(), HasSubstr("[OK]"));
  });
}

class MonitorTest : public AccessTest {
 protected:
  // A session that asked for messages and is not looked at.
  std::optional<vamsh::Client> Watcher() {
    std::optional<vamsh::Client> watcher;
    InSession([&](vamsh::Client& client) {
      EXPECT_TRUE(client.Run("enable").has_value());
      EXPECT_EQ(client.Run("terminal monitor")->exit_code(), 0);
      watcher = std::move(client);
    });
    return watcher;
  }
  void FromFwd(const std::string& mnemonic, uint32_t severity = 5) {
    api::LogRecord record;
    record.set_facility("CRYPTO");
    record.set_severity(severity);
    record.set_mnemonic(mnemonic);
    record.set_text("text");
    ASSERT_TRUE(fwd_.Send(api::MessageType::kLogRecord, 0, record));
    Turn();
  }
  static std::vector<std::string> Read(vamsh::Client& client) {
    std::vector<std::string> lines;
    EXPECT_TRUE(client.ReadMessages());
    while (auto line = client.TakeMessage()) lines.push_back(std::move(*line));
    return lines;
  }
};

TEST_F(MonitorTest, MessagesComeAsTheyHappen) {
  auto watcher = Watcher();
  ASSERT_TRUE(watcher);
  FromFwd("ONE");
  EXPECT_THAT(Read(*watcher), ElementsAre(HasSubstr("%CRYPTO-5-ONE: text")));
  Run({"configure terminal", "logging monitor warnings", "end"});
  Read(*watcher);
  FromFwd("TWO", 5);
  FromFwd("THREE", 4);
  EXPECT_THAT(Read(*watcher), ElementsAre(HasSubstr("%CRYPTO-4-THREE: text")));
  EXPECT_THAT(Run({"show logging"}).text(), HasSubstr("Monitor logging: level warnings, 2 "));
  Run({"configure terminal", "no logging monitor", "end"});
  Read(*watcher);
  FromFwd("FOUR", 1);
  EXPECT_TRUE(Read(*watcher).empty());
  EXPECT_THAT(Run({"show logging"}).text(), HasSubstr("Monitor logging: disabled"));
}

TEST_F(MonitorTest, OnlyForThoseWhoAsked) {
  std::optional<vamsh::Client> other;
  InSession([&](vamsh::Client& client) {
    EXPECT_TRUE(client.Run("enable").has_value());
    EXPECT_TRUE(client.Run("terminal monitor").has_value());
    EXPECT_EQ(client.Run("terminal no monitor")->exit_code(), 0);
    other = std::move(client);
  });
  FromFwd("ONE");
  EXPECT_TRUE(Read(*other).empty());
  InSession([&](vamsh::Client& client) {
    EXPECT_EQ(client.Run("terminal monitor")->exit_code(), 2) << "not privileged";
  });
}

// A session that does not read costs what its socket holds, and nobody else notices.
TEST_F(MonitorTest, ASessionThatDoesNotReadLosesThem) {
  auto watcher = Watcher();
  ASSERT_TRUE(watcher);
  constexpr int kMessages = 3000;
  for (int i = 0; i < kMessages; ++i) {
    if (i % 10 == 0) clock_.AdvanceNs(kNsPerSecond);  // the limit of a kind
    FromFwd("FLOOD");
  }
  api::CliReply shown = Run({"show logging"});
  EXPECT_THAT(shown.text(), HasSubstr("%CRYPTO-5-FLOOD"));
  EXPECT_THAT(shown.text(), Not(HasSubstr("(0 messages dropped")));
  const size_t got = Read(*watcher).size();
  EXPECT_GT(got, 0u);
  EXPECT_LT(got, static_cast<size_t>(kMessages));
  Turn();  // what waited for room in the socket
  Read(*watcher);
  FromFwd("AFTER");
  EXPECT_THAT(Read(*watcher), ElementsAre(HasSubstr("%CRYPTO-5-AFTER")));
}

}  // namespace
}  // namespace vam::mgmt
