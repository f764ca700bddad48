// mgmt with a real socket and a real channel to a forwarder that the test plays.
#include "sw/mgmt/server.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "sw/vamsh/client.h"
#include "tests/unit/sw/config/example.h"

namespace vam::mgmt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/vam-server-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory_ = name;
    std::ofstream(directory_ + "/start.cfg") << config::kExample;
    SeededRng rng(1);
    ASSERT_TRUE(NumberStore::Initialise(directory_, rng));
    auto numbers = NumberStore::Open(directory_);
    auto file = ConfigFile::Open(directory_ + "/start.cfg");
    auto listener = ListenAt(directory_ + "/sock");
    ASSERT_TRUE(numbers && file && listener);
    auto parsed = config::Parse(config::kExample);
    distributor_.emplace(std::get<config::Parsed>(parsed).running, std::move(*numbers), "", clock_,
                         Distributor::Hooks{[this] { ++restarts_; }, {}});
    server_.emplace(std::move(*listener), std::move(*file), *distributor_, clock_);
    auto supervisor = api::Channel::Pair();
    supervisor_ = std::move(supervisor->first);
    far_supervisor_ = std::move(supervisor->second);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void ConnectFwd() {
    auto pair = api::Channel::Pair();
    fwd_ = std::move(pair->second);
    distributor_->Connect(std::move(pair->first));
  }
  void Ready() {
    api::RoleStates states;
    auto& state = *states.add_role();
    state.set_role("fwd");
    state.set_state("up");
    server_->SetStates(states);
  }
  // Answers what fwd is asked, as the forwarder does.
  void PlayFwd() {
    while (fwd_.open()) {
      auto received = fwd_.Receive();
      if (!received || !*received) return;
      const api::Message& message = **received;
      const Bytes payload(message.payload);
      if (message.type == api::MessageType::kPrepare) {
        const auto prepare = api::ParseAs<api::Prepare>(payload);
        prepared_ = prepare->configuration();
        api::PrepareReply reply;
        reply.set_generation(prepare->generation());
        reply.set_error(refusal_);
        reply.set_restart_required(restart_required_);
        ASSERT_TRUE(fwd_.Send(api::MessageType::kPrepareReply, 0, reply));
      } else if (message.type == api::MessageType::kCommit) {
        committed_ = prepared_;
        api::CommitReply reply;
        reply.set_generation(api::ParseAs<api::Commit>(payload)->generation());
        ASSERT_TRUE(fwd_.Send(api::MessageType::kCommitReply, 0, reply));
      } else if (message.type == api::MessageType::kAbort) {
        ++aborts_;
      } else if (message.type == api::MessageType::kNumberBlock) {
        block_ = *api::ParseAs<api::NumberBlock>(payload);
        block_request_ = message.request;
      } else if (message.type == api::MessageType::kShowRequest && answer_shows_) {
        api::ShowReply reply;
        reply.mutable_reasons()->set_offered(77);
        ASSERT_TRUE(fwd_.Send(api::MessageType::kShowReply, message.request, reply));
      } else if (message.type == api::MessageType::kClearRequest) {
        ASSERT_TRUE(fwd_.Send(api::MessageType::kClearReply, message.request, api::ClearReply()));
      }
    }
  }
  void Turn() {
    server_->RunOnce(supervisor_, 1);
    PlayFwd();
  }
  void Synchronise() {
    ConnectFwd();
    Ready();
    while (!distributor_->synchronised()) Turn();
  }
  // Runs lines in one session while the server turns here.
  api::CliReply Run(std::vector<std::string> lines) {
    api::CliReply last;
    std::atomic<bool> done = false;
    std::thread thread([&] {
      auto client = vamsh::Client::Connect(directory_ + "/sock");
      for (const std::string& line : lines) {
        if (!client) break;
        auto reply = client->Run(line);
        if (!reply) break;
        last = *reply;
      }
      done = true;
    });
    while (!done) Turn();
    thread.join();
    return last;
  }

  ManualClock clock_{kNsPerSecond, 1000 * kNsPerSecond};
  std::string directory_;
  std::optional<Distributor> distributor_;
  std::optional<Server> server_;
  api::Channel supervisor_, far_supervisor_, fwd_;
  std::string prepared_, committed_, refusal_;
  bool restart_required_ = false;
  bool answer_shows_ = true;
  int restarts_ = 0;
  int aborts_ = 0;
  std::optional<api::NumberBlock> block_;
  uint32_t block_request_ = 0;
};

TEST_F(ServerTest, TheStartupConfigurationIsCommittedOnceFwdIsReady) {
  ConnectFwd();
  for (int i = 0; i < 20; ++i) Turn();
  EXPECT_THAT(prepared_, HasSubstr("hostname gw-a"));
  EXPECT_EQ(committed_, "");
  Ready();
  while (!distributor_->synchronised()) Turn();
  EXPECT_EQ(committed_, prepared_);
}

TEST_F(ServerTest, StatementsActTogetherAtEnd) {
  Synchronise();
  const auto reply = Run({"conf t", "hostname gw-b", "interface lan0", "mtu 1300", "end"});
  EXPECT_EQ(reply.exit_code(), 0) << reply.text();
  EXPECT_EQ(reply.prompt(), "gw-b#");
  EXPECT_THAT(committed_, HasSubstr("hostname gw-b"));
  EXPECT_THAT(committed_, HasSubstr(" mtu 1300"));
  EXPECT_EQ(distributor_->running().hostname, "gw-b");
}

TEST_F(ServerTest, PromptsFollowTheMode) {
  Synchronise();
  EXPECT_EQ(Run({""}).prompt(), "gw-a#");
  EXPECT_EQ(Run({"conf t"}).prompt(), "gw-a(config)#");
  EXPECT_EQ(Run({"conf t", "interface lan0"}).prompt(), "gw-a(config-if)#");
  EXPECT_EQ(Run({"conf t", "crypto map vpn 10"}).prompt(), "gw-a(config-crypto-map)#");
  EXPECT_EQ(Run({"conf t", "interface lan0", "exit"}).prompt(), "gw-a(config)#");
  EXPECT_EQ(Run({"conf t", "abort"}).prompt(), "gw-a#");
  EXPECT_TRUE(Run({"exit"}).closed());
}

TEST_F(ServerTest, ARefusalChangesNothing) {
  Synchronise();
  const std::string before = committed_;
  refusal_ = "No memory.";
  const auto reply = Run({"conf t", "hostname gw-b", "end"});
  EXPECT_EQ(reply.exit_code(), 1);
  EXPECT_THAT(reply.text(), HasSubstr("The forwarder refuses: No memory."));
  Turn();
  EXPECT_EQ(aborts_, 1);
  EXPECT_EQ(committed_, before);
  EXPECT_EQ(distributor_->running().hostname, "gw-a");
}

TEST_F(ServerTest, FaultsBetweenStatementsChangeNothing) {
  Synchronise();
  const auto reply = Run({"conf t", "hostname gw-b", "interface lan0", "crypto map gone", "end"});
  EXPECT_EQ(reply.exit_code(), 1);
  EXPECT_THAT(reply.text(), HasSubstr("crypto map gone is not defined"));
  EXPECT_EQ(distributor_->running().hostname, "gw-a");
}

TEST_F(ServerTest, AChangeOfPortsRestartsFwd) {
  Synchronise();
  restart_required_ = true;
  EXPECT_EQ(Run({"conf t", "interface lan0", "device tap t9", "end"}).exit_code(), 0);
  EXPECT_EQ(restarts_, 1);
}

TEST_F(ServerTest, TwoSessionsDoNotOverwriteEachOther) {
  Synchronise();
  auto slow = vamsh::Client::Connect(directory_ + "/sock");
  ASSERT_TRUE(slow);
  std::atomic<int> step = 0;
  api::CliReply last;
  std::thread thread([&] {
    static_cast<void>(slow->Run("conf t").has_value());
    static_cast<void>(slow->Run("hostname slow").has_value());
    step = 1;
    while (step != 2) std::this_thread::yield();
    last = *slow->Run("end");
    step = 3;
  });
  while (step != 1) Turn();
  EXPECT_EQ(Run({"conf t", "hostname quick", "end"}).exit_code(), 0);
  step = 2;
  while (step != 3) Turn();
  thread.join();
  EXPECT_EQ(last.exit_code(), 1);
  EXPECT_THAT(last.text(), HasSubstr("changed by another session"));
  EXPECT_EQ(distributor_->running().hostname, "quick");
}

TEST_F(ServerTest, FwdIsAskedForItsFacts) {
  Synchronise();
  EXPECT_THAT(Run({"show counters"}).text(), HasSubstr("Packets offered: 77"));
  EXPECT_THAT(Run({"show counters | json"}).text(), HasSubstr("\"offered\": \"77\""));
  EXPECT_EQ(Run({"clear counters"}).exit_code(), 0);
}

TEST_F(ServerTest, ASilentOrAbsentFwdIsSaid) {
  EXPECT_THAT(Run({"show counters"}).text(), HasSubstr("not running"));
  EXPECT_THAT(Run({"conf t", "hostname x", "end"}).text(), HasSubstr("not running"));
  Synchronise();
  answer_shows_ = false;
  std::atomic<bool> done = false;
  api::CliReply reply;
  std::thread thread([&] {
    auto client = vamsh::Client::Connect(directory_ + "/sock");
    reply = *client->Run("show counters");
    done = true;
  });
  while (!done) {
    Turn();
    clock_.AdvanceNs(kNsPerSecond);
  }
  thread.join();
  EXPECT_THAT(reply.text(), HasSubstr("does not answer"));
}

TEST_F(ServerTest, NumbersComeFromTheStore) {
  Synchronise();
  api::ReserveNumbers request;
  request.set_map("vpn");
  request.set_sequence(10);
  request.set_generation(distributor_->generation());
  uint64_t next = 1;
  for (uint32_t i = 7; i < 10; ++i) {
    block_.reset();
    ASSERT_TRUE(fwd_.Send(api::MessageType::kReserveNumbers, i, request));
    while (!block_) Turn();
    EXPECT_EQ(block_request_, i);
    EXPECT_EQ(block_->problem(), "");
    EXPECT_EQ(block_->first(), next);
    next = block_->end();
  }
  request.set_sequence(20);
  block_.reset();
  ASSERT_TRUE(fwd_.Send(api::MessageType::kReserveNumbers, 0, request));
  while (!block_) Turn();
  EXPECT_THAT(block_->problem(), HasSubstr("no such key"));
}

// fwd asks by keys that this mgmt has not: its numbers would be those of another key.
TEST_F(ServerTest, NumbersAreForTheKeysOfTheCommittedGeneration) {
  Synchronise();
  api::ReserveNumbers request;
  request.set_map("vpn");
  request.set_sequence(10);
  for (const uint64_t off : {uint64_t{1}, uint64_t{0} - 1}) {
    request.set_generation(distributor_->generation() + off);
    ASSERT_TRUE(fwd_.Send(api::MessageType::kReserveNumbers, 1, request));
  }
  request.set_generation(distributor_->generation());
  ASSERT_TRUE(fwd_.Send(api::MessageType::kReserveNumbers, 2, request));
  while (!block_) Turn();
  EXPECT_EQ(block_request_, 2u);
  EXPECT_EQ(block_->first(), 1u) << "the questions of other generations took numbers";
}

TEST_F(ServerTest, ACommitRefusesAKeyInUse) {
  Synchronise();
  const auto& entry = distributor_->running().crypto_maps[0].entries[0];
  const Bytes key = entry.outbound->key->bytes();
  std::string hex;
  for (const uint8_t byte : key) hex += fmt::format("{:02x}", byte);
  const std::string before = committed_;
  const auto reply = Run({"conf t", "crypto map other 5 ipsec-manual",
                          "set session-key inbound esp 4000 cipher " + hex, "end"});
  EXPECT_EQ(reply.exit_code(), 1);
  EXPECT_THAT(reply.text(), HasSubstr("crypto map other 5 inbound: the cipher key is also that of "
                                      "crypto map vpn 10 outbound"));
  EXPECT_THAT(reply.text(), Not(HasSubstr(hex)));
  EXPECT_EQ(committed_, before);
}

TEST_F(ServerTest, WriteMemorySavesWhatRuns) {
  Synchronise();
  Run({"conf t", "hostname saved", "end"});
  EXPECT_THAT(Run({"write memory"}).text(), HasSubstr("[OK]"));
  std::ifstream file(directory_ + "/start.cfg");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto parsed = config::Parse(text);
  ASSERT_TRUE(std::holds_alternative<config::Parsed>(parsed));
  EXPECT_EQ(std::get<config::Parsed>(parsed).running, distributor_->running());
}

TEST_F(ServerTest, BadLinesAreNamed) {
  EXPECT_EQ(Run({"show nothing"}).exit_code(), 2);
  EXPECT_THAT(Run({"show nothing"}).text(), HasSubstr("unknown word: 'nothing'"));
  EXPECT_THAT(Run({std::string("show \x01")}).text(), HasSubstr("control characters"));
  EXPECT_THAT(Run({std::string(5000, 'a')}).text(), HasSubstr("too long"));
}

TEST_F(ServerTest, TheSocketIsPrivate) {
  const auto status = std::filesystem::status(directory_ + "/sock");
  EXPECT_EQ(status.permissions() & std::filesystem::perms::others_all,
            std::filesystem::perms::none);
  EXPECT_EQ(ListenAt(directory_ + "/sock").error().code, ErrorCode::kExists);
}

}  // namespace
}  // namespace vam::mgmt
