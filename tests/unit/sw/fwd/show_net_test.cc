// What the forwarder says of routes, neighbours and access lists, and how that is cleared.
#include <gmock/gmock.h>

#include "tests/unit/sw/fwd/ikev2_config.h"
#include "tests/unit/sw/fwd/snapshot_fixture.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

using ::testing::ElementsAre;

constexpr const char* kRouter = R"(
vrf definition red
 address-family ipv4
ipv6 unicast-routing
interface Ethernet0/0
 ip address 10.1.0.1 255.255.255.0
 ipv6 address 2001:db8:1::1/64
interface Ethernet0/1
 vrf forwarding red
 ip address 10.2.0.1 255.255.255.0
ip route 0.0.0.0 0.0.0.0 10.1.0.9
ip route vrf red 10.9.0.0 255.255.0.0 10.2.0.9
ipv6 route ::/0 2001:db8:1::9
arp 10.1.0.7 02ff.0000.0002 arpa
ipv6 neighbor 2001:db8:1::7 Ethernet0/0 02ff.0000.0002
)";

class ShowNetTest : public ::testing::Test {
 protected:
  ~ShowNetTest() override { g.ExpectBalanced(); }
  api::ShowReply Ask(api::ShowKind kind, const std::string& vrf = "") {
    api::ShowRequest request;
    request.set_kind(kind);
    request.set_vrf(vrf);
    return g.gateway->Show(request);
  }
  static std::vector<std::string> Prefixes(const api::ShowReply& reply) {
    std::vector<std::string> all;
    for (const auto& route : reply.ip_route().route()) all.push_back(route.prefix());
    return all;
  }
  std::string Clear(api::ClearKind kind, const std::string& interface = "",
                    const std::string& list = "") {
    api::ClearRequest request;
    request.set_kind(kind);
    request.set_interface(interface);
    request.set_list(list);
    return g.gateway->Clear(request).error();
  }
  // Sequence numbers of lines that matched, and how often.
  std::vector<std::pair<uint32_t, uint64_t>> Matches(const std::string& list, uint32_t limit = 0) {
    std::vector<std::pair<uint32_t, uint64_t>> all;
    api::ShowRequest request;
    request.set_kind(api::SHOW_ACCESS_LISTS);
    request.set_list(list);
    request.set_limit(limit);
    for (int piece = 0; piece < 100; ++piece) {
      const api::ShowReply reply = g.gateway->Show(request);
      for (const auto& one : reply.access_lists().list()) {
        EXPECT_EQ(one.name(), list);
        for (const auto& line : one.line()) all.emplace_back(line.sequence(), line.matches());
      }
      if (!reply.has_next()) return all;
      *request.mutable_cursor() = reply.next();
    }
    ADD_FAILURE() << "the answer does not end";
    return all;
  }
  void Send(const Frame& packet) {
    g.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), packet));
    g.Settle();
  }

  TestGateway g{1};
};

TEST_F(ShowNetTest, RoutesOfEachVrfAndFamily) {
  g.Configure(kRouter);
  g.Settle();
  EXPECT_THAT(Prefixes(Ask(api::SHOW_IP_ROUTE)), ElementsAre("0.0.0.0/0", "10.1.0.0/24"));
  EXPECT_EQ(Ask(api::SHOW_IP_ROUTE).ip_route().gateway_of_last_resort(), "10.1.0.9");
  EXPECT_THAT(Prefixes(Ask(api::SHOW_IP_ROUTE, "red")), ElementsAre("10.2.0.0/24", "10.9.0.0/16"));
  EXPECT_THAT(Prefixes(Ask(api::SHOW_IPV6_ROUTE)), ElementsAre("::/0", "2001:db8:1::/64"));
  EXPECT_TRUE(Prefixes(Ask(api::SHOW_IPV6_ROUTE, "red")).empty());
  EXPECT_EQ(Ask(api::SHOW_IP_ROUTE, "blue").error(), "There is no VRF blue.");
}

TEST_F(ShowNetTest, ClearArpForgetsWhatWasLearnt) {
  g.Configure(kRouter);
  g.Settle();
  const net::MacAddress asker = HostMac(9);
  g.ports[0]->in.push_back(Ethernet(
      PortMac(1, 0), asker, Arp(net::ArpOperation::kRequest, asker, "10.1.0.5", {}, "10.1.0.1"),
      net::kEtherTypeArp));
  g.Settle();
  EXPECT_EQ(Ask(api::SHOW_ARP).arp().entry_size(), 2);
  EXPECT_EQ(Clear(api::CLEAR_ARP, "Ethernet0/1"), "");
  EXPECT_EQ(Ask(api::SHOW_ARP).arp().entry_size(), 2);
  EXPECT_EQ(Clear(api::CLEAR_ARP, "Ethernet0/0"), "");
  const api::ShowReply after = Ask(api::SHOW_ARP);
  ASSERT_EQ(after.arp().entry_size(), 1);
  EXPECT_EQ(after.arp().entry(0).address(), "10.1.0.7") << "a static one stays";
  EXPECT_EQ(Clear(api::CLEAR_ARP, "Ethernet9/9"), "No such interface: Ethernet9/9.");
}

TEST_F(ShowNetTest, ClearNeighborsForgetsWhatWasLearnt) {
  g.Configure(kRouter);
  for (int i = 0; i < 4; ++i) {  // addresses prove themselves
    g.clock.AdvanceNs(kNsPerSecond);
    g.Settle();
  }
  const auto rows = [&] { return Ask(api::SHOW_IPV6_NEIGHBORS).neighbors(); };
  ASSERT_EQ(rows().entry_size(), 1);
  EXPECT_EQ(rows().entry(0).address(), "2001:db8:1::7");
  EXPECT_EQ(rows().entry(0).age_minutes(), -1);
  EXPECT_EQ(rows().entry(0).state(), "REACH");
  EXPECT_EQ(rows().entry(0).mac(), "02ff.0000.0002");
  const net::NdMessage ask{false, At("2001:db8:1::1"), HostMac(9), false, false, false};
  const Frame packet = NdPacket("2001:db8:1::5", "ff02::1:ff00:1", ask);
  const net::MacAddress group = net::MulticastMac(net::ParseIpv6(packet)->destination);
  g.ports[0]->in.push_back(Ethernet(group, HostMac(9), packet, net::kEtherTypeIpv6));
  g.Settle();
  ASSERT_EQ(rows().entry_size(), 2);
  EXPECT_EQ(Clear(api::CLEAR_NEIGHBORS), "");
  EXPECT_EQ(rows().entry_size(), 1);
}

TEST_F(ShowNetTest, InterfaceListsTellHowOftenTheirLinesMatched) {
  g.Configure(std::string(kRouter) +
              "access-list 110 permit udp any any eq 2000\naccess-list 110 deny ip any any\n"
              "interface Ethernet0/0\n ip access-group 110 in\n");
  g.Settle();
  EXPECT_TRUE(Matches("110").empty());
  Send(UdpPacket({}));
  Send(UdpPacket({}));
  Send(UdpPacket({.destination_port = 3000}));
  EXPECT_THAT(Matches("110"), ElementsAre(std::pair(10u, 2u), std::pair(20u, 1u)));
  EXPECT_THAT(Matches("110", 1), ElementsAre(std::pair(10u, 2u), std::pair(20u, 1u)));
  EXPECT_EQ(Clear(api::CLEAR_ACCESS_LIST_COUNTERS, "", "999"), "There is no access list 999.");
  EXPECT_EQ(Matches("110").size(), 2u);
  EXPECT_EQ(Clear(api::CLEAR_ACCESS_LIST_COUNTERS, "", "110"), "");
  EXPECT_TRUE(Matches("110").empty());
}

// The permit lines of crypto lists count what they protect, once for each packet.
TEST_F(ShowNetTest, CryptoListsTellHowOftenTheirLinesMatched) {
  g.Configure(TunnelConfig(1, 2));
  g.Settle();
  Send(UdpPacket({}));
  Send(UdpPacket({}));
  EXPECT_THAT(Matches("101"), ElementsAre(std::pair(10u, 2u)));
  g.Configure(TunnelConfig(1, 2, "hostname other\n"));
  EXPECT_THAT(Matches("101"), ElementsAre(std::pair(10u, 2u))) << "a commit elsewhere";
  g.Configure(TunnelConfig(1, 2, "access-list 101 permit ip any host 10.2.0.9\n"));
  EXPECT_TRUE(Matches("101").empty()) << "it is another list now";
}

// So do the denies that a packet met on its way, whatever becomes of it then.
TEST_F(ShowNetTest, CryptoListsTellHowOftenTheirDeniesMatched) {
  std::string text = TunnelConfig(1, 2);
  const std::string permit = "access-list 101 permit";
  text.insert(text.find(permit), "access-list 101 deny udp any host 10.2.0.9\n");
  text +=
      "access-list 102 deny ip host 10.1.0.6 any\n"
      "crypto map M 5 ipsec-manual\n set peer 192.0.2.2\n match address 102\n";
  g.Configure(text);
  g.Settle();
  Send(UdpPacket({}));                           // both lists look at it, the second takes it
  Send(UdpPacket({.source = "10.1.0.6"}));       // denied by the first, taken by the second
  Send(UdpPacket({.destination = "10.2.0.9"}));  // in clear
  Send(UdpPacket({.source = "10.1.0.6", .destination = "10.2.0.9"}));
  EXPECT_THAT(Matches("101"), ElementsAre(std::pair(10u, 2u), std::pair(20u, 2u)));
  EXPECT_THAT(Matches("102"), ElementsAre(std::pair(10u, 2u)));
}

// A packet that waits for its SA comes by again: its lines count once.
TEST_F(ShowNetTest, WhatIsHeldCountsOnce) {
  g.Configure(
      "interface Ethernet0/0\n ip address 10.1.0.1 255.255.255.0\n"
      "interface Ethernet0/1\n ip address 192.0.2.1 255.255.255.0\n crypto map M\n"
      "ip route 10.2.0.0 255.255.255.0 192.0.2.2\n"
      "access-list 101 deny ip any host 10.2.0.7\n"
      "access-list 102 permit ip 10.1.0.0 0.0.0.255 10.2.0.0 0.0.0.255\n"
      "crypto ipsec transform-set T esp-gcm 128\n"
      "crypto map M 10 ipsec-isakmp\n set peer 192.0.2.2\n set transform-set T\n"
      " set ikev2-profile P\n match address 101\n"
      "crypto map M 20 ipsec-isakmp\n set peer 192.0.2.2\n set transform-set T\n"
      " set ikev2-profile P\n match address 102\n" +
      std::string(kIkev2Profile));
  g.gateway->SetIkePresent(true);
  g.Settle();
  Send(UdpPacket({}));
  EXPECT_TRUE(Matches("101").empty()) << "it is held";
  g.clock.AdvanceNs(20 * kNsPerSecond);
  g.Settle();
}

TEST_F(ShowNetTest, LongRoutingTablesComeInPieces) {
  constexpr int kRoutes = 5000;
  std::string text =
      "interface Ethernet0/0\n ip address 192.0.2.1 255.255.255.0\n"
      " ipv6 address 2001:db8::1/64\nip route 0.0.0.0 0.0.0.0 192.0.2.9\n";
  for (int i = 0; i < kRoutes; ++i) {
    const std::string low = std::to_string(i % 250), high = std::to_string(i / 250);
    text += "ip route 10." + high + "." + low + ".0 255.255.255.0 192.0.2.9\n";
    text += "ipv6 route 2001:db8:" + std::to_string(i + 1000) + "::/48 2001:db8::9\n";
  }
  g.Configure(text);
  g.Settle();
  for (const api::ShowKind kind : {api::SHOW_IP_ROUTE, api::SHOW_IPV6_ROUTE}) {
    api::ShowRequest request;
    request.set_kind(kind);
    std::vector<net::Prefix> seen;
    int pieces = 0;
    for (bool more = true; more; ++pieces) {
      const api::ShowReply reply = g.gateway->Show(request);
      ASSERT_EQ(reply.error(), "");
      const api::IpRoute& piece = reply.ip_route();
      EXPECT_LE(piece.route_size(), static_cast<int>(kMostRows));
      EXPECT_EQ(piece.ipv6(), kind == api::SHOW_IPV6_ROUTE);
      if (!piece.ipv6()) {
        EXPECT_EQ(piece.gateway_of_last_resort(), "192.0.2.9");
      }
      EXPECT_EQ(piece.total(), piece.ipv6() ? kRoutes + 1u : kRoutes + 2u);
      for (const api::RouteEntry& route : piece.route()) seen.push_back(In(route.prefix()));
      more = reply.has_next();
      *request.mutable_cursor() = reply.next();
    }
    EXPECT_EQ(seen.size(), kind == api::SHOW_IPV6_ROUTE ? kRoutes + 1u : kRoutes + 2u);
    EXPECT_TRUE(std::ranges::is_sorted(seen));
    EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
    EXPECT_GE(pieces, kRoutes / static_cast<int>(kMostRows));
  }
  // What was shown last may have gone meanwhile: the next one follows.
  api::ShowRequest request;
  request.set_kind(api::SHOW_IP_ROUTE);
  request.mutable_cursor()->set_prefix("10.0.1.128/25");
  EXPECT_EQ(g.gateway->Show(request).ip_route().route(0).prefix(), "10.0.2.0/24");
  request.mutable_cursor()->set_prefix("nonsense");
  EXPECT_EQ(g.gateway->Show(request).error(), "The forwarder does not know where to go on.");
}

}  // namespace
}  // namespace vam::fwd::test
