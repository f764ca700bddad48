// What policy does to packets on their way through gateways. The lists themselves:
// tests/unit/sw/ipsec/policy_test.cc.
#include "tests/unit/sw/fwd/gateway_fixture.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

// `list` becomes access list 150 of the tunnel's entry.
std::string WithList(int self, int peer, const std::string& list) {
  return TunnelConfig(self, peer, list + "crypto map M 10 ipsec-manual\n match address 150\n");
}

// UDP from 10.1.0.5:1000 to 10.2.0.7:`port`; `later`: its second fragment.
Frame Udp(uint16_t port, bool later = false, bool back = false) {
  UdpSpec spec{.destination_port = port};
  if (back) {
    std::swap(spec.source, spec.destination);
    std::swap(spec.source_port, spec.destination_port);
  }
  Frame packet = UdpPacket(spec);
  if (!later) return packet;
  net::Ipv4Header header = *net::ParseIpv4(packet);
  header.fragment_offset = 100;
  EXPECT_TRUE(net::WriteIpv4(header, packet).has_value());
  return packet;
}

class PolicyTest : public ::testing::Test {
 protected:
  PolicyTest() {
    Configure(a, TunnelConfig(1, 2));
    Configure(b, TunnelConfig(2, 1));
  }
  ~PolicyTest() override {
    a.ExpectBalanced();
    b.ExpectBalanced();
  }
  static void Configure(TestGateway& g, const std::string& text) {
    g.Configure(text);
    g.Settle();
  }
  static void Arrive(TestGateway& g, uint8_t number, size_t port, const Frame& packet) {
    g.ports[port]->in.push_back(
        Ethernet(PortMac(number, static_cast<uint8_t>(port)), HostMac(number), packet));
    g.Settle();
  }
  // Protocols of the packets that `a` put on its outside wire since the last call.
  std::vector<uint8_t> Outside() {
    std::vector<uint8_t> protocols;
    for (; !a.ports[1]->out.empty(); a.ports[1]->out.pop_front()) {
      protocols.push_back(net::ParseIpv4(Payload(a.ports[1]->out.front()))->protocol);
      b.ports[1]->in.push_back(a.ports[1]->out.front());
    }
    b.Settle();
    return protocols;
  }

  using Protocols = std::vector<uint8_t>;
  TestGateway a{1}, b{2};
};

TEST_F(PolicyTest, PortsOfThePermitDecide) {
  Configure(a, WithList(1, 2, "access-list 150 permit udp any any eq 53\n"));
  Arrive(a, 1, 0, Udp(53));
  EXPECT_EQ(Outside(), Protocols{net::kProtocolEsp});
  Arrive(a, 1, 0, Udp(54));
  EXPECT_EQ(Outside(), Protocols{net::kProtocolUdp});
}

TEST_F(PolicyTest, LaterFragmentDoesNotSlipPastAPermitWithPorts) {
  Configure(a, WithList(1, 2, "access-list 150 permit udp any any eq 53\n"));
  Arrive(a, 1, 0, Udp(54, true));
  EXPECT_EQ(Outside(), Protocols{}) << "it waits for the others, which tell the port";
  EXPECT_EQ(a.gateway->forwarder().InFlight(), 1u);
  Arrive(a, 1, 1, Udp(54, true, true));
  EXPECT_EQ(a.Count(Reason::kPolicyCleartext), 1u);
}

TEST_F(PolicyTest, LaterFragmentIsNotExemptByADenyWithPorts) {
  Configure(a, WithList(1, 2,
                        "access-list 150 deny udp any any eq 53\n"
                        "access-list 150 permit ip any any\n"));
  Arrive(a, 1, 0, Udp(53));
  EXPECT_EQ(Outside(), Protocols{net::kProtocolUdp});
  Arrive(a, 1, 0, Udp(53, true));
  EXPECT_EQ(Outside(), Protocols{net::kProtocolEsp});
}

TEST_F(PolicyTest, ClearTextCheckLooksAtPortsTheOtherWayRound) {
  Configure(a, WithList(1, 2, "access-list 150 permit udp any any eq 53\n"));
  Arrive(a, 1, 1, Udp(53, false, true));  // from port 53
  EXPECT_EQ(a.Count(Reason::kPolicyCleartext), 1u);
  Arrive(a, 1, 1, Udp(54, false, true));
  EXPECT_EQ(a.ports[0]->out.size(), 1u);
}

// The engine's selectors are prefixes; only the policy line knows a wildcard with holes.
TEST_F(PolicyTest, InnerPacketMustBeWhatTheLineIsFor) {
  Configure(b, WithList(2, 1, "access-list 150 permit ip 10.2.0.0 0.0.0.254 any\n"));
  Arrive(a, 1, 0, Udp(53));
  Outside();
  EXPECT_EQ(b.Count(Reason::kSelectorMismatch), 1u);  // 10.2.0.7 is odd
  EXPECT_TRUE(b.ports[0]->out.empty());
  Configure(b, WithList(2, 1, "access-list 150 permit ip 10.2.0.1 0.0.0.254 any\n"));
  Arrive(a, 1, 0, Udp(53));
  Outside();
  EXPECT_EQ(b.ports[0]->out.size(), 1u);
}

TEST_F(PolicyTest, InnerPacketThatADenyAboveTakesIsRefused) {
  Configure(b, WithList(2, 1,
                        "access-list 150 deny udp any eq 53 any\n"
                        "access-list 150 permit ip any any\n"));
  Arrive(a, 1, 0, Udp(53));
  Outside();
  EXPECT_EQ(b.Count(Reason::kSelectorMismatch), 1u);
  Arrive(a, 1, 0, Udp(54));
  Outside();
  EXPECT_EQ(b.ports[0]->out.size(), 1u);
}

// The lists are long enough for the cache to be used.
TEST_F(PolicyTest, PublishedPolicyActsAtOnce) {
  std::string denies;
  for (size_t i = 0; i <= ipsec::PolicyCache::kUncachedLines; ++i) {
    denies += "access-list 150 deny ip host 172.16.0." + std::to_string(i + 1) + " any\n";
  }
  for (int i = 0; i < 3; ++i) {
    Configure(a, WithList(1, 2, denies + "access-list 150 permit ip host 10.1.0.5 any\n"));
    for (int n = 0; n < 2; ++n) {
      Arrive(a, 1, 0, Udp(53));
      EXPECT_EQ(Outside(), Protocols{net::kProtocolEsp});
    }
    Configure(a, WithList(1, 2, denies + "access-list 150 permit ip host 10.1.0.9 any\n"));
    for (int n = 0; n < 2; ++n) {
      Arrive(a, 1, 0, Udp(53));
      EXPECT_EQ(Outside(), Protocols{net::kProtocolUdp});
    }
  }
}

TEST_F(PolicyTest, MissingListDropsEverythingBothWays) {
  Configure(a, TunnelConfig(1, 2, "crypto map M 10 ipsec-manual\n match address 199\n"));
  Arrive(a, 1, 0, Udp(53));
  Arrive(a, 1, 0, UdpPacket({.source = "10.9.0.5"}));
  EXPECT_EQ(a.Count(Reason::kPolicyDiscard), 2u);
  EXPECT_EQ(Outside(), Protocols{});
  Arrive(a, 1, 1, UdpPacket({.source = "192.0.2.9", .destination = "10.1.0.5"}));
  EXPECT_EQ(a.Count(Reason::kPolicyCleartext), 1u);
  EXPECT_TRUE(a.ports[0]->out.empty());
}

// SY-81: what `permit ip any any` leaves is ESP, AH and IKE for the gateway itself.
TEST_F(PolicyTest, PermitAnyAny) {
  Configure(a, WithList(1, 2, "access-list 150 permit ip any any\n"));
  Configure(b, WithList(2, 1, "access-list 150 permit ip any any\n"));
  Arrive(a, 1, 0, Udp(53));
  EXPECT_EQ(Outside(), Protocols{net::kProtocolEsp});
  EXPECT_EQ(b.ports[0]->out.size(), 1u);
  const std::string peer = "192.0.2.2", self = "192.0.2.1";
  Arrive(a, 1, 1, UdpPacket({.source = peer, .destination = self, .destination_port = 500}));
  EXPECT_EQ(a.Count(Reason::kIkeNoRole), 1u);
  Arrive(a, 1, 1, UdpPacket({.source = peer, .destination = self, .destination_port = 501}));
  Arrive(a, 1, 1, UdpPacket({.source = peer, .destination = "10.1.0.5", .destination_port = 500}));
  Arrive(a, 1, 1, UdpPacket({.source = peer, .destination = self, .protocol = 47}));
  EXPECT_EQ(a.Count(Reason::kPolicyCleartext), 3u);
  Arrive(a, 1, 1, UdpPacket({.source = peer, .destination = self, .protocol = 51}));
  EXPECT_EQ(a.Count(Reason::kNoSa), 1u);
}

}  // namespace
}  // namespace vam::fwd::test
