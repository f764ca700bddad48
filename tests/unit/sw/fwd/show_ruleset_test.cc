// `show crypto ruleset`: all rules in the order in which packets meet them, in pieces.
#include "sw/fwd/show_ruleset.h"

#include <set>

#include "tests/unit/sw/fwd/ike_fixture.h"
#include "tests/unit/sw/fwd/snapshot_fixture.h"

namespace vam::fwd::test {
namespace {

constexpr const char* kConfig = R"(
ipv6 unicast-routing
vrf definition red
 address-family ipv4
 address-family ipv6
interface Ethernet0/0
 vrf forwarding red
 ip address 10.1.0.1 255.255.255.0
 ipv6 address 2001:db8:1::1/64
 crypto map M
 ipv6 crypto map M6
interface Ethernet0/1
 ip address 192.0.2.1 255.255.255.0
access-list 101 deny ip any 224.0.0.0 15.255.255.255
access-list 101 permit udp 10.1.0.0 0.0.0.255 any eq 53
access-list 102 permit ip 10.1.0.0 0.0.0.255 any
access-list 103 permit ip host 10.1.0.5 any
access-list 103 permit ip host 10.1.0.6 any
ipv6 access-list L6
 permit tcp 2001:db8:1::/64 any
crypto ipsec transform-set T esp-gcm 128
crypto ikev2 profile P
 match identity remote any
 authentication local pre-share key secret
 authentication remote pre-share key secret
crypto dynamic-map D 5
 set transform-set T
 set ikev2-profile P
 match address 102
crypto dynamic-map D 7
 set transform-set T
 set ikev2-profile P
crypto map M 10 ipsec-isakmp
 set peer 192.0.2.2
 set transform-set T
 set ikev2-profile P
 match address 101
crypto map M 20 ipsec-isakmp dynamic D
crypto map M 30 ipsec-manual
 set peer 192.0.2.3
 match address 103
crypto map M 40 ipsec-isakmp
 set peer 192.0.2.4
 set transform-set T
 set ikev2-profile P
 match address 199
crypto map ipv6 M6 10 ipsec-isakmp
 set peer 2001:db8:9::9
 set transform-set T
 set ikev2-profile P
 match address L6
)";

std::vector<std::string> RowsOf(const api::ShowReply& reply) {
  std::vector<std::string> rows;
  for (const api::RulesetRule& rule : reply.crypto_ruleset().rule()) {
    rows.push_back(rule.interface() + " " + rule.vrf() + " " + rule.crypto_map() + " " +
                   std::to_string(rule.sequence()) + "." + std::to_string(rule.line()) + " " +
                   rule.match() + ", " + rule.inbound() + ", " + rule.outbound());
  }
  return rows;
}

class ShowRulesetTest : public ::testing::Test {
 protected:
  ShowRulesetTest() {
    g.Configure(kConfig);
    g.gateway->SetIkePresent(true);
    g.Settle();
  }
  void Open(uint32_t dynamic_sequence, const std::string& remote) {
    IkeSas::Proposal proposal;
    proposal.map = "M";
    proposal.sequence = 20;
    proposal.interface = 0;
    proposal.dynamic_sequence = dynamic_sequence;
    proposal.peer = At("192.0.2.77");
    proposal.selectors.emplace();
    proposal.selectors->local = In("10.1.0.0/24");
    proposal.selectors->remote = In(remote);
    ASSERT_TRUE(g.gateway->ike_sas().Open(proposal).has_value());
  }
  template <typename Between>
  std::vector<std::string> Pieces(uint32_t each, Between between) {
    api::ShowRequest request;
    request.set_kind(api::SHOW_CRYPTO_RULESET);
    request.set_limit(each);
    std::vector<std::string> all;
    for (int piece = 0; piece < 1000; ++piece) {
      const api::ShowReply reply = g.gateway->Show(request);
      const std::vector<std::string> rows = RowsOf(reply);
      EXPECT_LE(rows.size(), each == 0 ? kMostRows : each);
      all.insert(all.end(), rows.begin(), rows.end());
      if (!reply.has_next()) return all;
      *request.mutable_cursor() = reply.next();
      between();
    }
    ADD_FAILURE() << "the answer does not end";
    return all;
  }
  TestGateway g;
};

const std::vector<std::string> kAll = {
    "Ethernet0/0 red M 10.10 ip any 224.0.0.0 15.255.255.255, Next entry, Next entry",
    "Ethernet0/0 red M 10.20 udp 10.1.0.0 0.0.0.255 any eq domain, Discard, Encrypt",
    "Ethernet0/0 red M 65536.0 ip 10.1.0.0 0.0.0.255 10.2.0.0 0.0.0.255, Discard, Encrypt",
    "Ethernet0/0 red M 65538.0 ip 10.1.0.0 0.0.0.255 host 10.4.0.9, Discard, Encrypt",
    "Ethernet0/0 red M 20.10 ip 10.1.0.0 0.0.0.255 any, Discard, Discard",
    "Ethernet0/0 red M 65537.0 ip 10.1.0.0 0.0.0.255 10.3.0.0 0.0.0.255, Discard, Encrypt",
    "Ethernet0/0 red M 20.0 ip any any, Next entry, Next entry",
    "Ethernet0/0 red M 30.10 ip host 10.1.0.5 any, Discard, Discard",
    "Ethernet0/0 red M 30.20 ip host 10.1.0.6 any, Next entry, Next entry",
    "Ethernet0/0 red M 40.0 ip any any, Discard, Discard",
    "Ethernet0/0 red M 0.0 ip any any, Forward, Forward",
    "Ethernet0/0 red M6 10.10 tcp 2001:db8:1::/64 any, Discard, Encrypt",
    "Ethernet0/0 red M6 0.0 ipv6 any any, Forward, Forward",
};

TEST_F(ShowRulesetTest, HasEveryRuleInItsOrder) {
  Open(5, "10.2.0.0/24");
  Open(7, "10.3.0.0/24");
  Open(5, "10.4.0.9/32");
  for (const uint32_t each : {0u, 1u, 2u, 3u, 5u, 7u}) EXPECT_EQ(Pieces(each, [] {}), kAll) << each;
}

TEST_F(ShowRulesetTest, SaysWhoseAndWhy) {
  Open(5, "10.2.0.0/24");
  api::ShowRequest request;
  request.set_kind(api::SHOW_CRYPTO_RULESET);
  const auto rules = g.gateway->Show(request).crypto_ruleset().rule();
  EXPECT_EQ(rules[2].reason(), "Of dynamic map D 5, peer 192.0.2.77.");
  EXPECT_EQ(rules[3].reason(),
            "A dynamic map asks nobody: only what a peer has set up is encrypted.");
  EXPECT_EQ(rules[5].reason(), "no transform set is set");
  EXPECT_EQ(rules[7].reason(), "Its access list is missing or empty.");
}

TEST_F(ShowRulesetTest, ManyTemporaryEntriesComeInPieces) {
  for (int i = 0; i < 300; ++i) {
    Open(5, "10." + std::to_string(10 + i / 100) + "." + std::to_string(i % 100) + ".0/24");
  }
  const auto rows = Pieces(0, [] {});
  EXPECT_EQ(rows.size(), kAll.size() - 3 + 300);
  EXPECT_EQ(std::set<std::string>(rows.begin(), rows.end()).size(), rows.size());
}

// An entry or an interface that goes between two pieces does not stop the answer, nor repeat it.
TEST_F(ShowRulesetTest, AChangeBetweenPieces) {
  Open(5, "10.2.0.0/24");
  int pieces = 0;
  const auto rows = Pieces(1, [&] {
    if (++pieces == 3) {
      g.Configure(std::string(kConfig) + "no crypto map M 20\n");
      g.Settle();
    }
  });
  EXPECT_EQ(std::set<std::string>(rows.begin(), rows.end()).size(), rows.size());
  EXPECT_EQ(rows.back(), kAll.back());
  EXPECT_EQ(rows[3], kAll[7]);
  api::ShowRequest request;
  request.set_kind(api::SHOW_CRYPTO_RULESET);
  request.mutable_cursor()->set_interface("gone");
  request.mutable_cursor()->set_interface_index(4'000'000'000u);
  EXPECT_FALSE(g.gateway->Show(request).has_next());
}

}  // namespace
}  // namespace vam::fwd::test
