// Show commands through mgmt with a played forwarder: answers in pieces, tech-support, debug.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <array>

#include "tests/unit/sw/mgmt/server_fixture.h"

namespace vam::mgmt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ServerShowTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    Synchronise();
  }
  // A forwarder with `flows` SA sets that answers with `each` of them in a piece.
  void PlayFlows(uint32_t flows, uint32_t each) {
    on_show_ = [this, flows, each](const api::ShowRequest& request) {
      ++pieces_;
      api::ShowReply reply;
      if (request.kind() == api::SHOW_CRYPTO_RULESET) {
        reply.mutable_crypto_ruleset()->add_rule()->set_match("ip any any");
        return reply;
      }
      if (request.kind() != api::SHOW_IPSEC_SA) {
        reply.mutable_crypto_engine()->add_engine()->set_name("software");
        return reply;
      }
      api::IpsecInterface& interface = *reply.mutable_ipsec_sa()->add_interface();
      interface.set_name("net1");
      interface.set_crypto_map_tag("vpn");
      uint32_t at = request.cursor().sequence();
      for (uint32_t i = 0; i < each && at < flows; ++i, ++at) {
        api::IpsecFlow& flow = *interface.add_flow();
        flow.set_current_peer(fmt::format("192.0.2.{}", at % 250));
        flow.set_sequence(at);
        flow.add_inbound_esp()->set_status("ACTIVE");
      }
      if (at < flows) reply.mutable_next()->set_sequence(at);
      return reply;
    };
  }
  static size_t Count(const std::string& text, std::string_view what) {
    size_t count = 0;
    for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++count;
    return count;
  }
  int pieces_ = 0;
};

TEST_F(ServerShowTest, PiecesBecomeOneAnswer) {
  PlayFlows(1000, 64);
  const auto reply = Run({"show crypto ipsec sa"});
  EXPECT_EQ(reply.exit_code(), 0);
  EXPECT_EQ(pieces_, 16);
  EXPECT_EQ(Count(reply.text(), "current_peer:"), 1000u);
  EXPECT_EQ(Count(reply.text(), "interface: net1"), 1u);
  EXPECT_EQ(Run({"show crypto ipsec sa | count current_peer"}).text(),
            "Number of lines which match regexp = 1000\n");
  EXPECT_EQ(Run({"show crypto ipsec sa count"}).text(),
            "IPsec SA total: 1000, active: 1000, rekeying: 0, unused: 1000, invalid: 0\n");
}

TEST_F(ServerShowTest, PiecesAsJsonAreOneObject) {
  PlayFlows(200, 64);
  const auto reply = Run({"show crypto ipsec sa | json"});
  google::protobuf::Struct read;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(reply.text(), &read).ok());
  EXPECT_EQ(read.fields().at("schema_version").number_value(), 1);
  EXPECT_EQ(read.fields().at("interface").list_value().values_size(), 4);
}

// What was printed is closed, so that the whole is JSON, with the reason in it.
TEST_F(ServerShowTest, AnErrorInTheMiddleLeavesJson) {
  on_show_ = [this](const api::ShowRequest&) {
    api::ShowReply reply;
    if (++pieces_ == 3) {
      reply.set_error("The forwarder is \"tired\".");
      return reply;
    }
    reply.mutable_ipsec_sa()->add_interface()->set_name("net1");
    reply.mutable_next()->set_sequence(static_cast<uint32_t>(pieces_));
    return reply;
  };
  const auto reply = Run({"show crypto ipsec sa | json"});
  EXPECT_EQ(reply.exit_code(), 1);
  google::protobuf::Struct read;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(reply.text(), &read).ok())
      << reply.text();
  EXPECT_EQ(read.fields().at("error").string_value(), "The forwarder is \"tired\".");
  EXPECT_EQ(read.fields().at("interface").list_value().values_size(), 2);
  pieces_ = 2;
  const auto at_once = Run({"show crypto ipsec sa | json"});
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(at_once.text(), &read).ok())
      << at_once.text();
  EXPECT_EQ(read.fields_size(), 1);
}

// The line above a group says how many routes are in it, whatever the pieces are.
TEST_F(ServerShowTest, RoutesInPiecesAreOneTable) {
  constexpr uint32_t kRoutes = 3000, kEach = 64;
  on_show_ = [this](const api::ShowRequest& request) {
    ++pieces_;
    api::ShowReply reply;
    api::IpRoute& show = *reply.mutable_ip_route();
    show.set_ipv6(request.kind() == api::SHOW_IPV6_ROUTE);
    show.set_total(kRoutes);
    uint32_t at = request.cursor().prefix().empty()
                      ? 0
                      : static_cast<uint32_t>(std::stoul(request.cursor().prefix()));
    for (uint32_t i = 0; i < kEach && at < kRoutes; ++i, ++at) {
      api::RouteEntry& route = *show.add_route();
      route.set_code("S");
      route.set_prefix(show.ipv6()
                           ? fmt::format("2001:db8:{:x}::/48", at)
                           : fmt::format("{}.{}.{}.0/24", at < 1000 ? 10 : 11, at / 250, at % 250));
      route.set_next_hop("192.0.2.9");
      route.set_active(true);
    }
    if (at < kRoutes) reply.mutable_next()->set_prefix(std::to_string(at));
    return reply;
  };
  const std::string text = Run({"show ip route"}).text();
  EXPECT_EQ(pieces_, 47);
  EXPECT_EQ(Count(text, "Gateway of last resort"), 1u);
  EXPECT_EQ(Count(text, " via 192.0.2.9"), kRoutes);
  EXPECT_EQ(Count(text, "is subnetted"), 2u);
  EXPECT_THAT(text, HasSubstr("     10.0.0.0/8 is subnetted, 1000 subnets\nS     10.0.0.0/24 "));
  EXPECT_THAT(text, HasSubstr("     11.0.0.0/8 is subnetted, 2000 subnets\nS     11.4.0.0/24 "));
  const std::string v6 = Run({"show ipv6 route"}).text();
  EXPECT_EQ(Count(v6, "IPv6 Routing Table - default - 3000 entries\n"), 1u);
  EXPECT_EQ(Count(v6, "S   2001:db8:"), kRoutes);
  google::protobuf::Struct read;
  const auto json = Run({"show ip route | json"});
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json.text(), &read).ok());
  EXPECT_EQ(read.fields().at("route").list_value().values_size(), static_cast<int>(kRoutes));
}

TEST_F(ServerShowTest, AClientThatDoesNotReadHoldsUpTheQuestions) {
  PlayFlows(200'000, 64);
  auto slow = vamsh::Client::Connect(directory_ + "/sock");
  ASSERT_TRUE(slow);
  std::atomic<bool> asked = false, go = false;
  std::thread thread([&] {
    static_cast<void>(slow->Run("enable").has_value());
    api::CliRequest request;
    request.set_line("show crypto ipsec sa");
    static_cast<void>(slow->Run(request, {[&](std::string_view) {
                                  asked = true;
                                  while (!go) std::this_thread::yield();
                                }})
                          .has_value());
  });
  while (!asked) Turn();
  for (int i = 0; i < 300; ++i) Turn();
  const int held = pieces_;
  for (int i = 0; i < 300; ++i) Turn();
  EXPECT_EQ(pieces_, held) << "fwd is asked although nobody reads";
  EXPECT_LT(held, 3125);
  server_.reset();  // the client goes without its answer
  go = true;
  thread.join();
}

TEST_F(ServerShowTest, ARepeatedCursorEnds) {
  on_show_ = [](const api::ShowRequest&) {
    api::ShowReply reply;
    reply.mutable_ipsec_sa();
    reply.mutable_next()->set_sequence(7);
    return reply;
  };
  const auto reply = Run({"show crypto ipsec sa"});
  EXPECT_EQ(reply.exit_code(), 1);
  EXPECT_THAT(reply.text(), HasSubstr("% The forwarder repeats its answer."));
}

TEST_F(ServerShowTest, SessionsOfManualKeysHaveNoIke) {
  PlayFlows(3, 2);
  const auto reply = Run({"show crypto session"});
  EXPECT_THAT(reply.text(), StartsWith("Crypto session current status\nInterface: net1\n"
                                       "Session status: UP-NO-IKE\nPeer: 192.0.2.0/"));
  EXPECT_EQ(Count(reply.text(), "Session status"), 3u);
  EXPECT_THAT(Run({"show crypto session summary"}).text(), HasSubstr("  UP-NO-IKE: 3\n"));
}

TEST_F(ServerShowTest, FiltersReachTheForwarder) {
  api::ShowRequest asked;
  on_show_ = [&](const api::ShowRequest& request) {
    asked = request;
    api::ShowReply reply;
    reply.mutable_ipsec_sa();
    return reply;
  };
  Run({"show crypto ipsec sa peer 192.0.2.2 port 4500 detail"});
  EXPECT_EQ(asked.peer(), "192.0.2.2");
  EXPECT_EQ(asked.peer_port(), 4500u);
  Run({"show crypto ipsec sa peer 2001:DB8::1"});
  EXPECT_EQ(asked.peer(), "2001:db8::1");
  Run({"show crypto ipsec sa vrf red address"});
  EXPECT_EQ(asked.vrf(), "red");
  Run({"show crypto ipsec sa interface ne"});
  EXPECT_EQ(asked.interface(), "net1");
  Run({"show crypto session local 10.0.0.1 port 500 remote 192.0.2.2 fvrf out ivrf in detail"});
  EXPECT_EQ(asked.local(), "10.0.0.1");
  EXPECT_EQ(asked.local_port(), 500u);
  EXPECT_EQ(asked.peer(), "192.0.2.2");
  EXPECT_EQ(asked.front_vrf(), "out");
  EXPECT_EQ(asked.vrf(), "in");
  // The guide writes `detailed` here and `detail` elsewhere (C-33).
  for (const char* line :
       {"show crypto ipsec sa ipv6 net1 detailed", "show crypto ipsec sa ipv6 detail"}) {
    asked.Clear();
    EXPECT_EQ(Run({line}).exit_code(), 0) << line;
    EXPECT_TRUE(asked.ipv6()) << line;
  }
  EXPECT_EQ(Run({"show crypto engine connections show"}).text(),
            Run({"show crypto engine connections active"}).text());
  const auto wrong = Run({"show crypto ipsec sa peer nowhere"});
  EXPECT_EQ(wrong.exit_code(), 2);
  EXPECT_THAT(wrong.text(), HasSubstr("not an IPv4 or IPv6 address"));
}

constexpr std::array kTechSupport{"show version",
                                  "show running-config",
                                  "show crypto isakmp sa count",
                                  "show crypto ipsec sa count",
                                  "show crypto session summary",
                                  "show crypto session detail",
                                  "show crypto isakmp sa detail",
                                  "show crypto ipsec sa detail",
                                  "show crypto isakmp peers",
                                  "show crypto ruleset detail",
                                  "show processes memory | include Crypto IKMP",
                                  "show processes cpu | include Crypto IKMP",
                                  "show crypto eli",
                                  "show crypto engine accelerator statistic"};

TEST_F(ServerShowTest, TechSupportInItsOrder) {
  PlayFlows(3, 2);
  const auto reply = Run({"show tech-support ipsec"});
  EXPECT_EQ(reply.exit_code(), 0) << reply.text();
  size_t at = 0;
  for (const char* command : kTechSupport) {
    const std::string head = fmt::format("\n------------------ {} ------------------\n", command);
    const size_t found = reply.text().find(head, at);
    ASSERT_NE(found, std::string::npos) << command;
    at = found + 1;
  }
  EXPECT_THAT(reply.text(), HasSubstr("cipher <removed>"));
  EXPECT_THAT(reply.text(), Not(HasSubstr("0a0b0c")));
  EXPECT_THAT(reply.text(), Not(HasSubstr("not there yet")));
  const std::string of_peer = Run({"show tech-support ipsec peer 192.0.2.1"}).text();
  EXPECT_THAT(of_peer, HasSubstr("--- show crypto session remote 192.0.2.1 detail ---"));
  EXPECT_THAT(of_peer, Not(HasSubstr("session summary")));
  const std::string of_vrf = Run({"show tech-support ipsec vrf red"}).text();
  EXPECT_THAT(of_vrf, HasSubstr("--- show crypto session fvrf red detail ---"));
}

TEST_F(ServerShowTest, TechSupportAsJsonIsOneObject) {
  PlayFlows(100, 64);
  const auto reply = Run({"show tech-support ipsec | json"});
  google::protobuf::Struct read;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(reply.text(), &read).ok())
      << reply.text();
  const auto& sections = read.fields().at("section").list_value();
  ASSERT_EQ(sections.values_size(), static_cast<int>(kTechSupport.size()));
  const auto& session = sections.values(5).struct_value().fields().at("answer").struct_value();
  EXPECT_EQ(session.fields().at("body").string_value(), "crypto_sessions");
}

TEST_F(ServerShowTest, DebugReachesTheForwarder) {
  EXPECT_EQ(Run({"debug crypto ipsec"}).text(), "Crypto IPSEC debugging is on\n");
  EXPECT_EQ(Run({"debug crypto engine error"}).text(), "Crypto Engine Error debugging is on\n");
  Run({"debug crypto condition peer subnet 10.0.0.0 255.0.0.0"});
  Run({"debug crypto condition spi 0x1000"});
  Run({"debug crypto condition unmatched ipsec"});
  Turn();
  EXPECT_EQ(debug_.area_size(), 1);
  EXPECT_EQ(debug_.error_area(0), api::DEBUG_ENGINE);
  ASSERT_EQ(debug_.condition_size(), 2);
  EXPECT_EQ(debug_.condition(0).mask(), "255.0.0.0");
  EXPECT_EQ(debug_.condition(1).number(), 0x1000u);
  EXPECT_EQ(debug_.unmatched_size(), 1);
  EXPECT_THAT(Run({"show debugging"}).text(),
              HasSubstr("  Crypto IPSEC debugging is on\n  Crypto Engine Error debugging is on\n"));
  EXPECT_THAT(Run({"show crypto debug-condition spi"}).text(), HasSubstr("SPI filters:4096,\n"));
  api::DebugRecord record;
  record.set_area(api::DEBUG_IPSEC);
  record.set_text("IPSEC(create_sa): (sa)");
  ASSERT_TRUE(fwd_.Send(api::MessageType::kDebugRecord, 0, record));
  Turn();
  EXPECT_THAT(Run({"show debugging"}).text(), HasSubstr("debug ipsec: fwd: IPSEC(create_sa)"));
  EXPECT_EQ(Run({"undebug all"}).text(), "All possible debugging has been turned off\n");
  EXPECT_EQ(Run({"no debug crypto condition spi 4096"}).exit_code(), 0);
  Run({"debug crypto condition reset"});
  Turn();
  EXPECT_EQ(debug_.area_size() + debug_.condition_size() + debug_.unmatched_size(), 0);
}

TEST_F(ServerShowTest, WhatTheSystemSaysOfItself) {
  EXPECT_EQ(Run({"show clock"}).text(), "00:16:40.000 UTC Thu Jan 1 1970\n");
  EXPECT_EQ(Run({"show version", "show history"}).text(), "  enable\n  show version\n");
  EXPECT_THAT(Run({"show users"}).text(), HasSubstr("*"));
  EXPECT_THAT(Run({"show crypto isakmp sa"}).text(),
              StartsWith("f_vrf/i_vrf   dst             src             state"));
  EXPECT_EQ(Run({"show crypto ikev2 sa"}).text(), "% IKEv2 is not running.\n");
  EXPECT_THAT(Run({"show crypto isakmp sa count"}).text(), StartsWith("Active ISAKMP SA's: 0\n"));
}

// Three rules on two interfaces, in two pieces.
TEST_F(ServerShowTest, RulesetInPieces) {
  on_show_ = [](const api::ShowRequest& request) {
    api::ShowReply reply;
    const uint32_t at = request.cursor().line();
    for (uint32_t i = at; i < std::min(at + 2, 3u); ++i) {
      api::RulesetRule& rule = *reply.mutable_crypto_ruleset()->add_rule();
      rule.set_interface(i == 2 ? "net2" : "net1");
      rule.set_crypto_map("vpn");
      rule.set_sequence(i == 1 ? 65536 : 10);
      rule.set_match("ip any any");
      rule.set_inbound("Discard");
      rule.set_outbound("Encrypt");
      if (i == 1) rule.set_reason("Of dynamic map d 5, peer 192.0.2.7.");
      if (i == 1) reply.mutable_next()->set_line(2);
    }
    return reply;
  };
  EXPECT_EQ(Run({"show crypto ruleset detail"}).text(),
            "Mtree:\ninterface: net1, crypto map: vpn\n"
            " VRF 0           10.0      ip any any Discard, Encrypt\n"
            " VRF 0        65536.0      ip any any Discard, Encrypt\n"
            "       Of dynamic map d 5, peer 192.0.2.7.\n"
            "interface: net2, crypto map: vpn\n"
            " VRF 0           10.0      ip any any Discard, Encrypt\n");
  const std::string json = Run({"show crypto ruleset | json"}).text();
  EXPECT_THAT(json, HasSubstr("65536"));
  EXPECT_THAT(json, HasSubstr("net2"));
}

TEST_F(ServerShowTest, AKeyIsNotInTheHistory) {
  const std::string key(40, 'a');
  const auto reply = Run({"conf t", "crypto map vpn 10",
                          "set session-key inbound esp 300 cipher " + key, "do show history"});
  EXPECT_THAT(reply.text(), HasSubstr("crypto map vpn 10"));
  EXPECT_THAT(reply.text(), Not(HasSubstr(key)));
}

TEST_F(ServerShowTest, WithoutAForwarderProcessesAreStillListed) {
  answer_shows_ = false;
  fwd_ = api::Channel();
  for (int i = 0; i < 5; ++i) Turn();
  EXPECT_THAT(Run({"show processes cpu"}).text(), HasSubstr("Crypto IPSec Forwarding"));
  EXPECT_EQ(Run({"show crypto ipsec sa"}).text(), "% The forwarder is not running.\n");
}

// Without the forwarder what the configuration says is the answer.
TEST_F(ServerShowTest, MapsAndListsWithoutAForwarder) {
  fwd_ = api::Channel();
  for (int i = 0; i < 5; ++i) Turn();
  EXPECT_THAT(Run({"show crypto map"}).text(), HasSubstr("Crypto Map \"vpn\" 10 ipsec-manual"));
  EXPECT_THAT(Run({"show access-lists 10"}).text(), StartsWith("Standard IP access list 10\n"));
}

TEST_F(ServerShowTest, MatchesComeFromTheForwarder) {
  on_show_ = [](const api::ShowRequest& request) {
    EXPECT_EQ(request.kind(), api::SHOW_ACCESS_LISTS);
    EXPECT_EQ(request.list(), "10");
    api::ShowReply reply;
    api::AccessList& list = *reply.mutable_access_lists()->add_list();
    list.set_name("10");
    const bool first = !request.has_cursor();
    list.add_line()->set_sequence(first ? 10 : 30);
    list.mutable_line(0)->set_matches(first ? 1 : 12);
    if (first) reply.mutable_next()->set_list("10");
    return reply;
  };
  EXPECT_EQ(Run({"show ip access-lists 10"}).text(),
            "Standard IP access list 10\n"
            "    10 permit 10.0.0.0, wildcard bits 0.0.0.255 (1 match)\n"
            "    20 deny   10.1.1.1 log\n"
            "    30 permit any (12 matches)\n");
}

TEST_F(ServerShowTest, ClearsReachTheForwarder) {
  Run({"clear crypto session local 192.0.2.1 port 500 remote 192.0.2.2 port 4500 fvrf a ivrf b"});
  EXPECT_EQ(cleared_.kind(), api::CLEAR_CRYPTO_SESSION);
  EXPECT_EQ(cleared_.local(), "192.0.2.1");
  EXPECT_EQ(cleared_.local_port(), 500u);
  EXPECT_EQ(cleared_.peer(), "192.0.2.2");
  EXPECT_EQ(cleared_.peer_port(), 4500u);
  EXPECT_EQ(cleared_.front_vrf(), "a");
  EXPECT_EQ(cleared_.vrf(), "b");
  Run({"clear access-list counters 101"});
  EXPECT_EQ(cleared_.kind(), api::CLEAR_ACCESS_LIST_COUNTERS);
  EXPECT_EQ(cleared_.list(), "101");
  Run({"clear counters net1"});
  EXPECT_EQ(cleared_.kind(), api::CLEAR_COUNTERS);
  EXPECT_EQ(cleared_.interface(), "net1");
  Run({"clear arp-cache"});
  EXPECT_EQ(cleared_.kind(), api::CLEAR_ARP);
  Run({"clear ipv6 neighbors net1"});
  EXPECT_EQ(cleared_.kind(), api::CLEAR_NEIGHBORS);
  EXPECT_EQ(cleared_.interface(), "net1");
  cleared_.Clear();
  const auto refused = Run({"clear crypto session username joe"});
  EXPECT_NE(refused.exit_code(), 0);
  EXPECT_THAT(refused.text(), HasSubstr("Easy VPN"));
  EXPECT_EQ(cleared_.kind(), api::CLEAR_NONE);
}

}  // namespace
}  // namespace vam::mgmt
