// mgmt with a real socket and a real channel to a forwarder that the test plays.
#ifndef VAM_TESTS_UNIT_SW_MGMT_SERVER_FIXTURE_H_
#define VAM_TESTS_UNIT_SW_MGMT_SERVER_FIXTURE_H_

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sw/mgmt/server.h"
#include "sw/vamsh/client.h"
#include "tests/unit/sw/config/example.h"

namespace vam::mgmt {

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/vam-server-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory_ = name;
    std::ofstream(directory_ + "/start.cfg") << config::kExample;
    ASSERT_TRUE(NumberStore::Initialise(directory_, rng_));
    auto numbers = NumberStore::Open(directory_);
    auto file = ConfigFile::Open(directory_ + "/start.cfg");
    auto listener = ListenAt(directory_ + "/sock");
    ASSERT_TRUE(numbers && file && listener);
    auto parsed = config::Parse(config::kExample);
    distributor_.emplace(std::get<config::Parsed>(parsed).running, std::move(*numbers), "", clock_,
                         Distributor::Hooks{[this](vamd::Role) { ++restarts_; }, {}});
    auto key = ConfigKeyFile::Open(directory_);
    ASSERT_TRUE(key);
    auto sealer = SealerOf(key->content());
    ASSERT_TRUE(sealer);
    server_.emplace(std::move(*listener), std::move(*file),
                    Sealing{std::move(*key), "", std::move(*sealer)}, *distributor_, clock_, rng_);
    auto supervisor = api::Channel::Pair();
    supervisor_ = std::move(supervisor->first);
    far_supervisor_ = std::move(supervisor->second);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void ConnectFwd() {
    auto pair = api::Channel::Pair();
    fwd_ = std::move(pair->second);
    distributor_->Connect(vamd::Role::kFwd, std::move(pair->first));
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
        if (on_show_) reply = on_show_(*api::ParseAs<api::ShowRequest>(payload));
        ASSERT_TRUE(fwd_.Send(api::MessageType::kShowReply, message.request, reply));
      } else if (message.type == api::MessageType::kPingRequest && on_ping_) {
        on_ping_(message.request, *api::ParseAs<api::PingRequest>(payload));
      } else if (message.type == api::MessageType::kDebugState) {
        debug_ = *api::ParseAs<api::DebugState>(payload);
      } else if (message.type == api::MessageType::kClearRequest) {
        cleared_ = *api::ParseAs<api::ClearRequest>(payload);
        ASSERT_TRUE(fwd_.Send(api::MessageType::kClearReply, message.request, api::ClearReply()));
      }
    }
  }
  void Turn() {
    server_->RunOnce(supervisor_, 1);
    PlayFwd();
    if (on_turn_) on_turn_();
  }
  void Synchronise() {
    ConnectFwd();
    Ready();
    while (!distributor_->synchronised()) Turn();
  }
  // Runs lines in one privileged session while the server turns here; the last one's answer.
  api::CliReply Run(std::vector<std::string> lines) {
    lines.insert(lines.begin(), "enable");
    return RunAsUser(std::move(lines));
  }
  api::CliReply RunAsUser(const std::vector<std::string>& lines) {
    api::CliReply last;
    InSession([&](vamsh::Client& client) {
      for (const std::string& line : lines) {
        auto reply = client.Run(line);
        if (!reply) break;
        last = *reply;
      }
    });
    return last;
  }
  // What a client does while the server turns here.
  void InSession(const std::function<void(vamsh::Client&)>& client_side) {
    std::atomic<bool> done = false;
    std::thread thread([&] {
      auto client = vamsh::Client::Connect(directory_ + "/sock");
      if (client) client_side(*client);
      done = true;
    });
    while (!done) Turn();
    thread.join();
  }
  std::string Startup() const {
    std::ifstream file(directory_ + "/start.cfg");
    return std::string((std::istreambuf_iterator<char>(file)), {});
  }

  SeededRng rng_{1};
  ManualClock clock_{kNsPerSecond, 1000 * kNsPerSecond};
  std::string directory_;
  std::optional<Distributor> distributor_;
  std::optional<Server> server_;
  api::Channel supervisor_, far_supervisor_, fwd_;
  std::string prepared_, committed_, refusal_;
  bool restart_required_ = false;
  bool answer_shows_ = true;
  std::function<void()> on_turn_;  // other roles than fwd
  std::function<api::ShowReply(const api::ShowRequest&)> on_show_;
  std::function<void(uint32_t, const api::PingRequest&)> on_ping_;
  api::ClearRequest cleared_;  // the last one
  api::DebugState debug_;
  int restarts_ = 0;
  int aborts_ = 0;
  std::optional<api::NumberBlock> block_;
  uint32_t block_request_ = 0;
};

}  // namespace vam::mgmt

#endif  // VAM_TESTS_UNIT_SW_MGMT_SERVER_FIXTURE_H_
