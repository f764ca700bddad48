// mgmt with two roles that the test plays: whom it asks, in which order, and what it tells of one
// that is away.
#include <fmt/core.h>
#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/sw/mgmt/server_fixture.h"

namespace vam::mgmt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RolesTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    on_turn_ = [this] { PlayIke(); };
    Synchronise();
    on_show_ = [this](const api::ShowRequest& request) {
      asked_.push_back("fwd");
      api::ShowReply reply;
      if (request.kind() != api::SHOW_IPSEC_SA) return reply;
      api::IpsecInterface& interface = *reply.mutable_ipsec_sa()->add_interface();
      interface.set_name("net1");
      interface.set_local_address("10.0.0.1");
      api::IpsecFlow& flow = *interface.add_flow();
      flow.set_current_peer("10.0.0.2");
      flow.set_peer_port(500);
      flow.add_outbound_esp()->set_status("ACTIVE");
      return reply;
    };
  }
  void ConnectIke() {
    auto pair = api::Channel::Pair();
    ike_ = std::move(pair->second);
    distributor_->Connect(vamd::Role::kIkev2, std::move(pair->first));
    api::RoleStates states;
    for (const char* role : {"fwd", "ikev2"}) {
      auto& state = *states.add_role();
      state.set_role(role);
      state.set_state("up");
    }
    server_->SetStates(states);
    while (!distributor_->serves(vamd::Role::kIkev2)) Turn();
  }
  void PlayIke() {
    while (ike_.open()) {
      auto received = ike_.Receive();
      if (!received || !*received) return;
      Answer(**received);
    }
  }
  void Answer(const api::Message& message) {
    const Bytes payload(message.payload);
    if (message.type == api::MessageType::kPrepare) {
      const auto prepare = api::ParseAs<api::Prepare>(payload);
      ike_prepared_ = prepare->configuration();
      api::PrepareReply reply;
      reply.set_generation(prepare->generation());
      reply.set_error(ike_refusal_);
      ASSERT_TRUE(ike_.Send(api::MessageType::kPrepareReply, 0, reply));
    } else if (message.type == api::MessageType::kCommit) {
      api::CommitReply reply;
      reply.set_generation(api::ParseAs<api::Commit>(payload)->generation());
      ASSERT_TRUE(ike_.Send(api::MessageType::kCommitReply, 0, reply));
    } else if (message.type == api::MessageType::kShowRequest && !ike_silent_) {
      asked_.push_back("ikev2");
      ike_request_ = *api::ParseAs<api::ShowRequest>(payload);
      ASSERT_TRUE(ike_.Send(api::MessageType::kShowReply, message.request, Shown()));
    } else if (message.type == api::MessageType::kClearRequest) {
      ike_cleared_ = *api::ParseAs<api::ClearRequest>(payload);
      EXPECT_EQ(cleared_.kind(), api::CLEAR_NONE) << "fwd was asked before IKE";
      api::ClearReply reply;
      reply.set_error(ike_clear_error_);
      if (!ike_cleared_.redirect().empty()) {
        reply.set_told(3);
        reply.set_left(ike_left_);
      }
      ASSERT_TRUE(ike_.Send(api::MessageType::kClearReply, message.request, reply));
    } else if (message.type == api::MessageType::kDebugState) {
      ike_debug_ = *api::ParseAs<api::DebugState>(payload);
    }
  }
  // Five IKE SAs, two in a piece.
  api::ShowReply Shown() const {
    api::ShowReply reply;
    if (ike_request_.kind() == api::SHOW_IKEV2_STATS) {
      reply.mutable_ikev2_stats()->set_half_open(3);
      return reply;
    }
    reply.mutable_ike_sas()->set_version(2);
    uint64_t at = ike_request_.cursor().id();
    for (int i = 0; i < 2 && at < 5; ++i) {
      api::IkeSa& sa = *reply.mutable_ike_sas()->add_sa();
      sa.set_version(2);
      sa.set_conn_id(static_cast<uint32_t>(++at));
      sa.set_local("10.0.0.1");
      sa.set_local_port(500);
      sa.set_remote(fmt::format("10.0.0.{}", at + 1));
      sa.set_remote_port(500);
      sa.set_state("READY");
      sa.set_status("Active");
    }
    if (at < 5) reply.mutable_next()->set_id(at);
    return reply;
  }

  api::Channel ike_;
  std::string ike_prepared_, ike_refusal_, ike_clear_error_;
  bool ike_silent_ = false;
  api::ShowRequest ike_request_;
  api::ClearRequest ike_cleared_;
  uint32_t ike_left_ = 0;
  api::DebugState ike_debug_;
  std::vector<std::string> asked_;
};

TEST_F(RolesTest, AChangeReachesBoth) {
  ConnectIke();
  const auto reply = Run({"conf t", "hostname gw-b", "end"});
  EXPECT_EQ(reply.exit_code(), 0) << reply.text();
  EXPECT_THAT(committed_, HasSubstr("hostname gw-b"));
  EXPECT_THAT(ike_prepared_, HasSubstr("hostname gw-b"));
  ike_refusal_ = "Not that.";
  const auto refused = Run({"conf t", "hostname gw-c", "end"});
  EXPECT_EQ(refused.exit_code(), 1);
  EXPECT_THAT(refused.text(), HasSubstr("IKEv2 refuses: Not that."));
  EXPECT_EQ(distributor_->running().hostname, "gw-b");
}

TEST_F(RolesTest, ShowGoesToIkeAlone) {
  ConnectIke();
  const auto reply = Run({"show crypto ikev2 sa remote 10.0.0.2"});
  EXPECT_EQ(reply.exit_code(), 0);
  EXPECT_EQ(ike_request_.peer(), "10.0.0.2");
  EXPECT_FALSE(ike_request_.detail());
  EXPECT_THAT(asked_, ElementsAre("ikev2", "ikev2", "ikev2"));
  for (int i = 2; i <= 6; ++i) EXPECT_THAT(reply.text(), HasSubstr(fmt::format("10.0.0.{}/", i)));
  Run({"show crypto ikev2 session"});
  EXPECT_TRUE(ike_request_.detail());
  EXPECT_THAT(Run({"show crypto ikev2 stats"}).text(), HasSubstr("Half-open IKEv2 SAs: 3"));
  EXPECT_THAT(Run({"show crypto ikev2 stats | json"}).text(), HasSubstr("\"half_open\": 3"));
}

TEST_F(RolesTest, SessionsAreOfBoth) {
  const auto without = Run({"show crypto session"});
  EXPECT_EQ(without.exit_code(), 0);
  EXPECT_THAT(without.text(), HasSubstr("Session status: UP-NO-IKE"));
  ConnectIke();
  asked_.clear();
  const std::string text = Run({"show crypto session"}).text();
  EXPECT_THAT(asked_, ElementsAre("fwd", "ikev2", "ikev2", "ikev2"));
  EXPECT_THAT(text, HasSubstr("Session status: UP-ACTIVE\nPeer: 10.0.0.2/500\n"
                              "  IKEv2 SA: local 10.0.0.1/500 remote 10.0.0.2/500 Active\n"));
  EXPECT_THAT(Run({"show crypto session summary"}).text(),
              HasSubstr("Sessions: 5\n  UP-ACTIVE: 1\n  UP-IDLE: 4\n"));
}

TEST_F(RolesTest, OneThatIsAwayOrSilentIsSaid) {
  EXPECT_EQ(Run({"show crypto ikev2 sa"}).text(), "% IKEv2 is not running.\n");
  EXPECT_EQ(Run({"clear crypto ikev2 sa"}).text(), "% IKEv2 is not running.\n");
  ConnectIke();
  ike_silent_ = true;
  auto played = std::exchange(on_turn_, [this] {
    PlayIke();
    clock_.AdvanceNs(kNsPerSecond);
  });
  EXPECT_EQ(Run({"show crypto ikev2 sa"}).text(), "% IKEv2 does not answer.\n");
  EXPECT_THAT(Run({"show crypto session"}).text(), HasSubstr("% IKEv2 does not answer.\n"));
  on_turn_ = [this] { ike_ = api::Channel(); };
  EXPECT_THAT(Run({"show crypto ikev2 sa"}).text(), HasSubstr("% IKEv2 "));
  EXPECT_EQ(Run({"show crypto session"}).exit_code(), 0) << "what fwd knows is there";
}

// IKE tells the peers before fwd removes the SAs.
TEST_F(RolesTest, ASessionIsClearedInBoth) {
  EXPECT_EQ(Run({"clear crypto session remote 10.0.0.2"}).exit_code(), 0);
  EXPECT_EQ(cleared_.kind(), api::CLEAR_CRYPTO_SESSION) << "fwd alone, since IKE is away";
  ConnectIke();
  cleared_.Clear();
  EXPECT_EQ(Run({"clear crypto session remote 10.0.0.2 fvrf red"}).exit_code(), 0);
  for (const api::ClearRequest* one : {&cleared_, &ike_cleared_}) {
    EXPECT_EQ(one->kind(), api::CLEAR_CRYPTO_SESSION);
    EXPECT_EQ(one->peer(), "10.0.0.2");
    EXPECT_EQ(one->front_vrf(), "red");
  }
  cleared_.Clear();
  ike_clear_error_ = "There is no VRF green.";
  const auto refused = Run({"clear crypto session fvrf green"});
  EXPECT_EQ(refused.exit_code(), 1);
  EXPECT_EQ(refused.text(), "% There is no VRF green.\n");
  EXPECT_EQ(cleared_.kind(), api::CLEAR_NONE) << "nothing is cleared in part";
}

TEST_F(RolesTest, IkeAloneIsCleared) {
  ConnectIke();
  EXPECT_EQ(Run({"clear crypto ikev2 sa local 10.0.0.1"}).exit_code(), 0);
  EXPECT_EQ(ike_cleared_.kind(), api::CLEAR_IKEV2_SA);
  EXPECT_EQ(ike_cleared_.local(), "10.0.0.1");
  Run({"clear crypto ikev2 stats"});
  EXPECT_EQ(ike_cleared_.kind(), api::CLEAR_IKEV2_STATS);
  EXPECT_EQ(cleared_.kind(), api::CLEAR_NONE);
}

TEST_F(RolesTest, HowManyPeersWereSentOnIsSaid) {
  ConnectIke();
  const std::string command = "clear crypto ikev2 sa redirect 198.51.100.7";
  EXPECT_EQ(Run({command}).text(),
            "IKE SAs whose peer was told to go: 3\nIKE SAs that are left: 0\n");
  EXPECT_EQ(ike_cleared_.redirect(), "198.51.100.7");
  ike_left_ = 2;
  EXPECT_EQ(Run({command}).text(),
            "IKE SAs whose peer was told to go: 3\nIKE SAs that are left: 2 (begun here, or the "
            "peer does not follow redirects or go there)\n");
  EXPECT_EQ(cleared_.kind(), api::CLEAR_NONE);
}

TEST_F(RolesTest, DebugAndMessagesOfIke) {
  Run({"debug crypto ikev2 packet"});
  ConnectIke();
  Turn();
  EXPECT_THAT(ike_debug_.area(), ElementsAre(api::DEBUG_IKEV2_PACKET)) << "it comes with the role";
  Run({"debug crypto ikev2"});
  Turn();
  EXPECT_EQ(ike_debug_.area_size(), 2);
  EXPECT_EQ(debug_.area_size(), 2) << "fwd is told the same";
  api::DebugRecord record;
  record.set_area(api::DEBUG_IKEV2_PACKET);
  record.set_text("IKEv2:Received Packet");
  ASSERT_TRUE(ike_.Send(api::MessageType::kDebugRecord, 0, record));
  api::LogRecord log;
  log.set_facility("CRYPTO");
  log.set_severity(5);
  log.set_mnemonic("IKEV2_SESSION_STATUS");
  log.set_text("Crypto tunnel v2 is UP.");
  ASSERT_TRUE(ike_.Send(api::MessageType::kLogRecord, 0, log));
  Turn();
  const std::string shown = Run({"show debugging"}).text();
  EXPECT_THAT(shown, HasSubstr("  IKEv2 packet debugging is on\n"));
  EXPECT_THAT(shown, HasSubstr("debug ikev2 packet: ikev2: IKEv2:Received Packet"));
  Run({"conf t", "logging buffered debugging", "end"});
  ASSERT_TRUE(ike_.Send(api::MessageType::kLogRecord, 0, log));
  Turn();
  EXPECT_THAT(Run({"show logging"}).text(),
              HasSubstr("%CRYPTO-5-IKEV2_SESSION_STATUS: Crypto tunnel v2 is UP."));
}

// What one role says of a question that another was asked does not count.
TEST_F(RolesTest, AnswersOfTheWrongRoleDoNotCount) {
  ConnectIke();
  ike_silent_ = true;
  on_turn_ = [this] {
    api::ShowReply reply;
    reply.set_error("forged");
    for (uint32_t number = 0; number < 8; ++number) {
      ASSERT_TRUE(fwd_.Send(api::MessageType::kShowReply, number, reply));
    }
    PlayIke();
    clock_.AdvanceNs(kNsPerSecond / 2);
  };
  EXPECT_EQ(Run({"show crypto ikev2 stats"}).text(), "% IKEv2 does not answer.\n");
}

}  // namespace
}  // namespace vam::mgmt
