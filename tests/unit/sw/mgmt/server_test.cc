// mgmt's loop: configuration to fwd and back, sessions, numbers.
#include "sw/mgmt/server.h"

#include <fmt/core.h>
#include <gmock/gmock.h>

#include "tests/unit/sw/mgmt/server_fixture.h"

namespace vam::mgmt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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
    static_cast<void>(slow->Run("enable").has_value());
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
    static_cast<void>(client->Run("enable").has_value());
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
  const Bytes key = entry.outbound.esp->cipher->bytes();
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

TEST_F(ServerTest, TheSocketIsPrivate) {
  const auto status = std::filesystem::status(directory_ + "/sock");
  EXPECT_EQ(status.permissions() & std::filesystem::perms::others_all,
            std::filesystem::perms::none);
  EXPECT_EQ(ListenAt(directory_ + "/sock").error().code, ErrorCode::kExists);
}

}  // namespace
}  // namespace vam::mgmt
