// Show answers in pieces: together they are the whole, whatever changes between them; debug points.
#include "sw/fwd/show.h"

#include <gmock/gmock.h>

#include <set>

#include "sw/fwd/engine_numbers.h"
#include "tests/unit/sw/fwd/gateway_fixture.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

using ::testing::HasSubstr;

// `count` entries of one map, each with a peer and keys of its own.
std::string ManyTunnels(int count, int first = 1) {
  std::string text =
      "interface Ethernet0/0\n ip address 10.1.0.1 255.255.255.0\n"
      "interface Ethernet0/1\n ip address 192.0.2.1 255.255.255.0\n crypto map M\n"
      "crypto ipsec manual-counter-mode enable\ncrypto ipsec transform-set T esp-gcm 128\n";
  for (int i = first; i < first + count; ++i) {
    const std::string n = std::to_string(i);
    char head[8];
    std::snprintf(head, sizeof head, "%04x", static_cast<unsigned>(i));
    const std::string key = head + std::string(35, '5');
    text += "access-list " + std::to_string(100 + i) + " permit ip 10.1.0.0 0.0.0.255 10.2." + n +
            ".0 0.0.0.255\ncrypto map M " + n + " ipsec-manual\n set peer 192.0.2." +
            std::to_string(10 + i) + "\n set transform-set T\n match address " +
            std::to_string(100 + i) + "\n set session-key inbound esp " + std::to_string(1000 + i) +
            " cipher " + "a" + key + "\n set session-key outbound esp " + std::to_string(2000 + i) +
            " cipher " + "b" + key + "\n";
  }
  return text;
}

class ShowTest : public ::testing::Test {
 protected:
  // All sequence numbers that the pieces show, `each` at a time; `between` runs after each piece.
  template <typename Between>
  std::vector<uint32_t> Pieces(api::ShowRequest request, uint32_t each, Between between) {
    std::vector<uint32_t> seen;
    request.set_kind(api::SHOW_IPSEC_SA);
    request.set_limit(each);
    for (int piece = 0; piece < 1000; ++piece) {
      const api::ShowReply reply = g.gateway->Show(request);
      uint32_t rows = 0;
      for (const auto& interface : reply.ipsec_sa().interface()) {
        for (const auto& flow : interface.flow()) {
          seen.push_back(flow.sequence());
          ++rows;
        }
      }
      EXPECT_LE(rows, each == 0 ? kMostRows : each);
      if (!reply.has_next()) return seen;
      *request.mutable_cursor() = reply.next();
      between();
    }
    ADD_FAILURE() << "the answer does not end";
    return seen;
  }
  TestGateway g;
};

std::vector<uint32_t> Range(uint32_t first, uint32_t last) {
  std::vector<uint32_t> out;
  for (uint32_t i = first; i <= last; ++i) out.push_back(i);
  return out;
}

TEST_F(ShowTest, PiecesAreTheWhole) {
  g.Configure(ManyTunnels(90));
  g.Settle();
  for (const uint32_t each : {1U, 7U, 63U, 0U}) {
    EXPECT_EQ(Pieces({}, each, [] {}), Range(1, 90)) << each;
  }
}

TEST_F(ShowTest, FiltersActOverAllPieces) {
  g.Configure(ManyTunnels(90));
  g.Settle();
  api::ShowRequest request;
  request.set_peer("192.0.2.80");
  EXPECT_EQ(Pieces(request, 1, [] {}), Range(70, 70));
  request.set_peer_port(4500);
  EXPECT_TRUE(Pieces(request, 1, [] {}).empty());
  request = {};
  request.set_vrf("red");
  EXPECT_TRUE(Pieces(request, 1, [] {}).empty());
}

TEST_F(ShowTest, AChangeBetweenPiecesLosesNothingThatStays) {
  g.Configure(ManyTunnels(40));
  g.Settle();
  int pieces = 0;
  const auto seen = Pieces({}, 4, [&] {
    if (++pieces == 3) g.Configure(ManyTunnels(30, 11));  // 1..10 go, 41.. do not come
  });
  const std::set<uint32_t> once(seen.begin(), seen.end());
  EXPECT_EQ(once.size(), seen.size()) << "shown twice";
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  for (uint32_t i = 13; i <= 40; ++i) EXPECT_TRUE(once.contains(i)) << i;
}

TEST_F(ShowTest, ACursorToNowhereEnds) {
  g.Configure(ManyTunnels(3));
  g.Settle();
  api::ShowRequest request;
  request.set_kind(api::SHOW_IPSEC_SA);
  request.mutable_cursor()->set_interface("gone");
  request.mutable_cursor()->set_interface_index(4'000'000'000U);
  const api::ShowReply reply = g.gateway->Show(request);
  EXPECT_EQ(reply.ipsec_sa().interface_size(), 0);
  EXPECT_FALSE(reply.has_next());
}

TEST_F(ShowTest, PlacementsInPieces) {
  g.Configure(ManyTunnels(20));
  g.Settle();
  api::ShowRequest request;
  request.set_kind(api::SHOW_CRYPTO_ENGINE);
  request.set_limit(3);
  std::set<uint64_t> ids;
  int engines = 0;
  for (int piece = 0; piece < 100; ++piece) {
    const api::ShowReply reply = g.gateway->Show(request);
    engines += reply.crypto_engine().engine_size();
    for (const auto& row : reply.crypto_engine().placement()) ids.insert(row.id());
    if (!reply.has_next()) break;
    *request.mutable_cursor() = reply.next();
  }
  EXPECT_EQ(engines, 2);
  EXPECT_EQ(ids.size(), 40u);
}

TEST_F(ShowTest, TheTimeOfAPieceIsBounded) {
  CardTestGateway slow;  // each look at its clock costs 100 us
  slow.Configure(ManyTunnels(90));
  slow.Settle();
  api::ShowRequest request;
  request.set_kind(api::SHOW_IPSEC_SA);
  const api::ShowReply reply = slow.gateway->Show(request);
  ASSERT_TRUE(reply.has_next());
  EXPECT_LE(reply.ipsec_sa().interface(0).flow_size(), 4);
  EXPECT_GE(reply.ipsec_sa().interface(0).flow_size(), 1);
}

TEST_F(ShowTest, ThePiecesCountersAreAskedFor) {
  g.Configure(ManyTunnels(90));
  g.Settle();
  api::ShowRequest request;
  request.set_kind(api::SHOW_IPSEC_SA);
  request.set_limit(5);
  EXPECT_FALSE(g.gateway->StatsPending());
  g.gateway->RefreshStats(request);
  EXPECT_TRUE(g.gateway->StatsPending());
  for (int turn = 0; turn < 1000 && g.gateway->StatsPending(); ++turn) g.gateway->RunOnce();
  EXPECT_FALSE(g.gateway->StatsPending());
}

std::string AllText(DebugLog& log) {
  std::string text;
  for (const api::DebugRecord& record : log.Take()) text += record.text() + "\n";
  return text;
}

TEST_F(ShowTest, DebugTellsOfSas) {
  api::DebugState state;
  state.add_area(api::DEBUG_IPSEC);
  g.gateway->debug().Set(state);
  g.Configure(ManyTunnels(2));
  g.Settle();
  const std::string made = AllText(g.gateway->debug());
  EXPECT_THAT(made, HasSubstr("IPSEC(create_sa): (sa) sa_dest= 192.0.2.1, sa_proto= 50, sa_spi= "
                              "0x3E9(1001), sa_conn_id= "));
  EXPECT_THAT(made, HasSubstr("sa_dest= 192.0.2.12, sa_proto= 50, sa_spi= 0x7D2(2002)"));
  g.gateway->sas().Restart();
  g.Settle();
  EXPECT_THAT(AllText(g.gateway->debug()), HasSubstr("IPSEC(delete_sa): (sa)"));
}

TEST_F(ShowTest, DebugConditionsAndSilence) {
  g.Configure(ManyTunnels(2));
  g.Settle();
  EXPECT_TRUE(g.gateway->debug().empty());
  api::DebugState state;
  state.add_area(api::DEBUG_IPSEC);
  state.add_condition()->set_kind(api::DebugCondition::PEER_IPV4);
  state.mutable_condition(0)->set_text("192.0.2.12");
  g.gateway->debug().Set(state);
  g.gateway->sas().Restart();
  g.Settle();
  const std::string text = AllText(g.gateway->debug());
  EXPECT_THAT(text, HasSubstr("sa_spi= 0x7D2(2002)"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("(2001)")));
}

// SY-177: the VRF of an operation, which its SAs know by number.
TEST_F(ShowTest, ConditionsByVrf) {
  g.Configure(
      "vrf definition red\n address-family ipv4\nvrf definition blue\n address-family ipv4\n"
      "interface Ethernet0/1\n vrf forwarding red\n" +
      ManyTunnels(2));
  g.Settle();
  for (const auto kind : {api::DebugCondition::FRONT_VRF, api::DebugCondition::INSIDE_VRF}) {
    for (const char* name : {"red", "blue"}) {
      api::DebugState state;
      state.add_area(api::DEBUG_IPSEC);
      state.add_condition()->set_kind(kind);
      state.mutable_condition(0)->set_text(name);
      g.gateway->debug().Set(state);
      g.gateway->sas().Restart();
      g.Settle();
      EXPECT_EQ(AllText(g.gateway->debug()).empty(), std::string(name) == "blue") << name;
    }
  }
}

// What is shown is what a condition takes, and each direction has a number of its own (SY-68).
TEST_F(ShowTest, NumbersOfConnectionsAndFlowsAreThoseOfConditions) {
  g.Configure(ManyTunnels(2));
  g.Settle();
  for (const bool inbound : {true, false}) {
    for (const auto kind : {api::DebugCondition::CONNID, api::DebugCondition::FLOWID}) {
      api::ShowRequest request;
      request.set_kind(api::SHOW_IPSEC_SA);
      const api::IpsecFlow flow = g.gateway->Show(request).ipsec_sa().interface(0).flow(1);
      const api::SaEntry &in = flow.inbound_esp(0), &out = flow.outbound_esp(0);
      EXPECT_EQ(in.flow_id() % 2, 1u);
      EXPECT_EQ(out.flow_id(), in.flow_id() + 1);
      EXPECT_NE(in.conn_id(), out.conn_id());
      const api::SaEntry& sa = inbound ? in : out;
      api::DebugState state;
      state.add_area(api::DEBUG_IPSEC);
      state.add_condition()->set_kind(kind);
      const bool connection = kind == api::DebugCondition::CONNID;
      state.mutable_condition(0)->set_number(connection ? sa.conn_id() : sa.flow_id());
      g.gateway->debug().Set(state);
      g.gateway->sas().Restart();
      g.Settle();
      const std::string text = AllText(g.gateway->debug());
      EXPECT_THAT(text, HasSubstr("(2002)")) << "either direction is for the whole flow";
      EXPECT_THAT(text, HasSubstr("(1002)"));
      EXPECT_THAT(text, ::testing::Not(HasSubstr("(2001)")));
    }
  }
}

// SY-69.
TEST(EngineNumbers, ComeRoundWithinTheirRange) {
  EXPECT_EQ(ConnectionNumber(0), 0u);
  EXPECT_EQ(ConnectionNumber(1), 1u);
  EXPECT_EQ(ConnectionNumber(32766), 32766u);
  EXPECT_EQ(ConnectionNumber(32767), 1u);
  EXPECT_EQ(FlowNumber(0, ipsec::Direction::kIn), 0u);
  EXPECT_EQ(FlowNumber(1, ipsec::Direction::kIn), 1u);
  EXPECT_EQ(FlowNumber(2, ipsec::Direction::kOut), 4u);
  EXPECT_EQ(FlowNumber(16383, ipsec::Direction::kOut), 32766u);
  EXPECT_EQ(FlowNumber(16384, ipsec::Direction::kIn), 1u);
  EXPECT_LE(ConnectionNumber(UINT64_MAX), kMaxEngineNumber);
}

TEST(DebugLog, RateAndQueueAreBounded) {
  ManualClock clock(10 * kNsPerSecond);
  DebugLog log(clock);
  api::DebugState state;
  state.add_area(api::DEBUG_IPSEC);
  log.Set(state);
  EXPECT_FALSE(log.Wants(api::DEBUG_ENGINE));
  for (int i = 0; i < 1000; ++i) log.Say(api::DEBUG_IPSEC, false, {}, "x");
  EXPECT_EQ(log.Take().size(), DebugLog::kMostQueued);
  for (int i = 0; i < 1000; ++i) log.Say(api::DEBUG_IPSEC, false, {}, "x");
  const auto more = log.Take();
  EXPECT_EQ(more.size(), DebugLog::kPerSecond - DebugLog::kMostQueued);
  EXPECT_EQ(more[0].dropped(), 1000 - DebugLog::kMostQueued);
  clock.AdvanceNs(kNsPerSecond);
  log.Say(api::DEBUG_IPSEC, false, {}, "x");
  EXPECT_EQ(log.Take().at(0).dropped(), 1000 - more.size());
}

}  // namespace
}  // namespace vam::fwd::test
