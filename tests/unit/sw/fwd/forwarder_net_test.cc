// VRFs, interface access lists, secondary and loopback addresses: by their statements.
#include "tests/unit/sw/fwd/snapshot_fixture.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

constexpr const char* kRouter = R"(
ipv6 unicast-routing
interface Ethernet0/0
 ip address 10.1.0.1 255.255.255.0
 ipv6 address 2001:db8:1::1/64
interface Ethernet0/1
 ip address 10.2.0.1 255.255.255.0
 ipv6 address 2001:db8:2::1/64
arp 10.1.0.5 02ff.0000.0001 arpa
arp 10.2.0.7 02ff.0000.0002 arpa
ipv6 neighbor 2001:db8:1::5 Ethernet0/0 02ff.0000.0001
ipv6 neighbor 2001:db8:2::7 Ethernet0/1 02ff.0000.0002
)";

class NetTest : public ::testing::Test {
 protected:
  ~NetTest() override { g.ExpectBalanced(); }
  void Configure(const std::string& extra) {
    g.Configure(kRouter + extra);
    g.Settle();
    for (int i = 0; i < 3; ++i) {  // addresses prove themselves
      g.clock.AdvanceNs(kNsPerSecond);
      g.Settle();
    }
    g.ports[0]->out.clear();
    g.ports[1]->out.clear();
  }
  void Send(const Frame& packet, size_t port = 0) {
    const bool v6 = packet[0] >> 4 == 6;
    g.ports[port]->in.push_back(Ethernet(PortMac(1, static_cast<uint8_t>(port)), HostMac(1), packet,
                                         v6 ? net::kEtherTypeIpv6 : net::kEtherTypeIpv4));
    g.Settle();
  }
  size_t Out(size_t port) const { return g.ports[port]->out.size(); }
  uint64_t Met(const std::shared_ptr<const AccessList>& list, size_t line) {
    return list->counters()->Of(line);
  }

  TestGateway g;
  // What lists told since the last call.
  std::string Said() {
    std::string text;
    for (const SystemEvent& event : g.gateway->events().Take()) {
      if (event.facility == "SEC") text += std::string(event.mnemonic) + ": " + event.text + "\n";
    }
    return text;
  }
};

TEST_F(NetTest, Ipv6StatementsForward) {
  Configure("");
  Send(V6Udp("2001:db8:1::5", "2001:db8:2::7"));
  EXPECT_EQ(Out(1), 1u);
}

TEST_F(NetTest, WithoutUnicastRoutingNothingIsForwarded) {
  Configure("no ipv6 unicast-routing\n");
  Send(V6Udp("2001:db8:1::5", "2001:db8:2::7"));
  EXPECT_EQ(Out(1), 0u);
  Send(V6Icmp("2001:db8:1::5", "2001:db8:1::1", {net::kIcmp6EchoRequest, 0, 0, 7}, {}));
  EXPECT_EQ(g.Count(Reason::kLocalDelivered), 1u);
}

TEST_F(NetTest, Ipv6RoutesAndNull0) {
  Configure(
      "ipv6 route 2001:db8:9::/48 2001:db8:2::7\nipv6 route 2001:db8:9:9::/64 Null0\n"
      "ip route 192.0.2.0 255.255.255.0 Null0\n");
  Send(V6Udp("2001:db8:1::5", "2001:db8:9::1"));
  EXPECT_EQ(Out(1), 1u);
  Send(V6Udp("2001:db8:1::5", "2001:db8:9:9::1"));
  Send(UdpPacket({.destination = "192.0.2.1"}));
  EXPECT_EQ(g.Count(Reason::kNoRoute), 2u);
}

TEST_F(NetTest, LoopbackAndSecondaryAddressesAreOurs) {
  Configure(
      "interface Loopback0\n ip address 198.51.100.1 255.255.255.255\n"
      " ipv6 address 2001:db8:ff::1/128\n"
      "interface Ethernet0/0\n ip address 10.3.0.1 255.255.255.0 secondary\n");
  Send(UdpPacket({.destination = "198.51.100.1"}));
  Send(UdpPacket({.destination = "10.3.0.1"}));
  Send(V6Udp("2001:db8:1::5", "2001:db8:ff::1"));
  EXPECT_EQ(g.Count(Reason::kLocalUnknown), 3u);
  g.ports[0]->out.clear();
  Send(UdpPacket({.source = "10.2.0.7", .destination = "10.3.0.9"}), 1);
  ASSERT_EQ(Out(0), 1u);
  const auto arp = net::ParseArp(Payload(g.ports[0]->out.front()));
  EXPECT_EQ(arp->sender_ip, At("10.3.0.1"));
  g.clock.AdvanceNs(5 * kNsPerSecond);
  for (int i = 0; i < 4; ++i) {
    g.clock.AdvanceNs(kNsPerSecond);
    g.Settle();
  }
}

TEST_F(NetTest, VrfsDoNotSeeEachOther) {
  Configure(
      "ip vrf red\ninterface Ethernet0/1\n ip vrf forwarding red\n"
      " ip address 10.2.0.1 255.255.255.0\n");
  Send(UdpPacket({}));  // 10.2.0.0/24 is not in the global table
  EXPECT_EQ(g.Count(Reason::kNoRoute), 1u);
  Send(UdpPacket({.destination = "10.2.0.1"}));  // nor is its address ours here
  EXPECT_EQ(g.Count(Reason::kNoRoute), 2u);
  Send(UdpPacket({.source = "10.2.0.7", .destination = "10.2.0.1"}), 1);
  EXPECT_EQ(g.Count(Reason::kLocalUnknown), 1u);
  EXPECT_EQ(Out(0) + Out(1), 2u + 1u);  // errors, each in its own VRF
}

TEST_F(NetTest, OneNetworkInTwoVrfs) {
  Configure(
      "ip vrf red\ninterface Ethernet0/1\n ip vrf forwarding red\n"
      " ip address 10.1.0.1 255.255.255.0\n"
      "ip route vrf red 192.0.2.0 255.255.255.0 10.1.0.5\n"
      "ip route 192.0.2.0 255.255.255.0 10.1.0.5\narp vrf red 10.1.0.5 02ff.0000.0003 arpa\n");
  Send(UdpPacket({.source = "10.1.0.9", .destination = "192.0.2.1"}), 1);
  ASSERT_EQ(Out(1), 1u);
  EXPECT_EQ(net::ToString(net::ParseEthernet(g.ports[1]->out.front())->destination),
            "02:ff:00:00:00:03");
  Send(UdpPacket({.source = "10.1.0.9", .destination = "192.0.2.1"}), 0);
  ASSERT_EQ(Out(0), 1u);
  EXPECT_EQ(net::ToString(net::ParseEthernet(g.ports[0]->out.front())->destination),
            "02:ff:00:00:00:01");
}

TEST_F(NetTest, InboundListDeniesWithAMessageAndCounts) {
  const std::string list =
      "access-list 120 deny udp any any eq 53 log\naccess-list 120 permit ip any any\n"
      "interface Ethernet0/0\n ip access-group 120 in\n";
  Configure(list);
  Send(UdpPacket({.destination_port = 53}));
  EXPECT_EQ(g.Count(Reason::kAclDenied), 1u);
  ASSERT_EQ(Out(0), 1u);
  const Frame error = Payload(g.ports[0]->out.front());
  EXPECT_EQ(error[20], net::kIcmpUnreachable);
  EXPECT_EQ(error[21], net::kIcmpCodeProhibited);
  Send(UdpPacket({.destination_port = 53}));
  Send(UdpPacket({}));
  EXPECT_EQ(Out(1), 1u);
  // The first packet at once, the rest in five minutes.
  EXPECT_EQ(Said(), "IPACCESSLOGP: list 120 denied udp 10.1.0.5(1000) -> 10.2.0.7(53), 1 packet\n");
  g.clock.AdvanceNs(AclLog::kPeriodNs);
  g.Settle();
  EXPECT_EQ(Said(), "IPACCESSLOGP: list 120 denied udp 10.1.0.5(1000) -> 10.2.0.7(53), 1 packet\n");
  Configure(list + " no ip unreachables\n");
  Send(UdpPacket({.destination_port = 53}));
  EXPECT_EQ(Out(0), 0u);
  EXPECT_EQ(g.Count(Reason::kAclDenied), 3u);
}

TEST_F(NetTest, OutboundListDoesNotLookAtOwnPackets) {
  Configure("access-list 120 deny ip any any\ninterface Ethernet0/1\n ip access-group 120 out\n");
  Send(UdpPacket({}));
  EXPECT_EQ(g.Count(Reason::kAclDenied), 1u);
  Send(UdpPacket({.source = "10.2.0.7", .destination = "10.2.0.1"}), 1);  // port unreachable
  EXPECT_EQ(Out(1), 1u);
}

TEST_F(NetTest, MissingOrEmptyListFiltersNothing) {
  Configure("interface Ethernet0/0\n ip access-group 199 in\n");
  Send(UdpPacket({}));
  EXPECT_EQ(Out(1), 1u);
}

TEST_F(NetTest, Ipv6ListLeavesNeighborDiscovery) {
  Configure(
      "ipv6 access-list F\n permit tcp any any\n"
      "interface Ethernet0/0\n ipv6 traffic-filter F in\n");
  const net::NdMessage ask{false, At("2001:db8:1::1"), HostMac(8), false, false, false};
  const Frame packet = NdPacket("2001:db8:1::8", "ff02::1:ff00:1", ask);
  g.ports[0]->in.push_back(
      Ethernet(net::MulticastMac(At("ff02::1:ff00:1")), HostMac(8), packet, net::kEtherTypeIpv6));
  g.Settle();
  EXPECT_EQ(g.Count(Reason::kAclDenied), 0u);
  EXPECT_EQ(Out(0), 1u);
  Send(V6Udp("2001:db8:1::5", "2001:db8:2::7"));
  EXPECT_EQ(g.Count(Reason::kAclDenied), 1u);
  EXPECT_EQ(Icmp6Of(g.ports[0]->out.back())[1], net::kIcmp6CodeProhibited);
}

// The inbound list of the outside sees ESP and then what came out of it (design.md, 7).
TEST_F(NetTest, ListSeesOuterAndInnerPackets) {
  TestGateway a{1}, b{2};
  a.Configure(TunnelConfig(1, 2));
  a.Settle();
  const auto through = [&](const std::string& list) {
    b.Configure(TunnelConfig(2, 1, list + "interface Ethernet0/1\n ip access-group 120 in\n"));
    b.Settle();
    b.ports[0]->out.clear();
    a.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({})));
    a.Settle();
    for (; !a.ports[1]->out.empty(); a.ports[1]->out.pop_front()) {
      b.ports[1]->in.push_back(a.ports[1]->out.front());
    }
    b.Settle();
    b.ExpectBalanced();
    return b.ports[0]->out.size();
  };
  EXPECT_EQ(through("access-list 120 permit esp any any\n"), 0u);
  EXPECT_EQ(through("access-list 120 permit udp any any\n"), 0u);
  EXPECT_EQ(through("access-list 120 permit esp any any\naccess-list 120 permit udp any any\n"),
            1u);
  EXPECT_EQ(b.Count(Reason::kAclDenied), 2u);
}

}  // namespace
}  // namespace vam::fwd::test
