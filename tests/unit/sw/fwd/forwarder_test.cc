#include "sw/fwd/forwarder.h"

#include "tests/unit/sw/fwd/gateway_fixture.h"

namespace vam::fwd::test {
namespace {

constexpr const char* kRouter = R"(
interface Ethernet0/0
 ip address 10.1.0.1 255.255.255.0
interface Ethernet0/1
 ip address 10.2.0.1 255.255.255.0
arp 10.1.0.5 02ff.0000.0001 arpa
arp 10.2.0.7 02ff.0000.0002 arpa
)";

class ForwarderTest : public ::testing::Test {
 protected:
  ForwarderTest() { g.Configure(kRouter); }
  ~ForwarderTest() override { g.ExpectBalanced(); }

  void Send(const Frame& packet, size_t port = 0) {
    g.ports[port]->in.push_back(
        Ethernet(PortMac(1, static_cast<uint8_t>(port)), HostMac(1), packet));
    g.Settle();
  }

  TestGateway g;
};

TEST_F(ForwarderTest, ForwardsWithLowerTtlAndRightChecksum) {
  Send(UdpPacket({.ttl = 9}));
  ASSERT_EQ(g.ports[1]->out.size(), 1u);
  const Frame out = g.ports[1]->out.front();
  const auto ethernet = net::ParseEthernet(out);
  EXPECT_EQ(net::ToString(ethernet->destination), "02:ff:00:00:00:02");
  EXPECT_EQ(ethernet->source, PortMac(1, 1));
  const Frame packet = Payload(out);
  EXPECT_EQ(net::ParseIpv4(packet)->ttl, 8);
  EXPECT_TRUE(net::Ipv4ChecksumOk(packet));
  EXPECT_EQ(g.Count(Reason::kOk), 1u);
}

TEST_F(ForwarderTest, LinkPaddingIsCut) {
  Frame packet = UdpPacket({.payload = 2});
  packet.resize(46, 0xaa);
  Send(packet);
  ASSERT_EQ(g.ports[1]->out.size(), 1u);
  EXPECT_EQ(Payload(g.ports[1]->out.front()).size(), 30u);
}

TEST_F(ForwarderTest, TtlExpiresWithAnIcmpError) {
  Send(UdpPacket({.ttl = 1}));
  EXPECT_EQ(g.Count(Reason::kTtlExpired), 1u);
  ASSERT_EQ(g.ports[0]->out.size(), 1u);
  const Frame packet = Payload(g.ports[0]->out.front());
  const auto header = net::ParseIpv4(packet);
  EXPECT_EQ(net::ToString(header->source), "10.1.0.1");
  const Bytes icmp = Bytes(packet).subspan(20);
  EXPECT_EQ(net::ParseIcmp(icmp)->type, net::kIcmpTimeExceeded);
  EXPECT_TRUE(net::IcmpChecksumOk(icmp));
}

TEST_F(ForwarderTest, TooBigWithDfSaysTheMtu) {
  Send(UdpPacket({.payload = 1473, .df = true}));
  EXPECT_EQ(g.Count(Reason::kMtuExceeded), 1u);
  ASSERT_EQ(g.ports[0]->out.size(), 1u);
  const Frame packet = Payload(g.ports[0]->out.front());
  EXPECT_EQ(net::ParseIcmp(Bytes(packet).subspan(20))->rest, 1500u);
  EXPECT_TRUE(g.ports[1]->out.empty());
}

TEST_F(ForwarderTest, AnswersEchoAndArp) {
  Frame ping(28 + 8);
  net::Ipv4Header header;
  header.total_bytes = static_cast<uint16_t>(ping.size());
  header.ttl = 3;
  header.protocol = net::kProtocolIcmp;
  header.source = *net::Address::Parse("10.1.0.5");
  header.destination = *net::Address::Parse("10.1.0.1");
  ASSERT_TRUE(net::WriteIpv4(header, ping).has_value());
  const Frame body = {1, 2, 3, 4, 5, 6, 7, 8};
  ASSERT_TRUE(net::WriteIcmp({net::kIcmpEchoRequest, 0, 0, 0x12345678}, body,
                             MutableBytes(ping).subspan(20))
                  .has_value());
  Send(ping);
  ASSERT_EQ(g.ports[0]->out.size(), 1u);
  const Frame reply = Payload(g.ports[0]->out.front());
  EXPECT_EQ(net::ToString(net::ParseIpv4(reply)->destination), "10.1.0.5");
  EXPECT_EQ(net::ParseIcmp(Bytes(reply).subspan(20))->rest, 0x12345678u);
  EXPECT_TRUE(net::IcmpChecksumOk(Bytes(reply).subspan(20)));
  EXPECT_EQ(g.Count(Reason::kLocalDelivered), 1u);

  g.ports[0]->out.clear();
  g.ports[0]->in.push_back(
      Ethernet(net::MacAddress::Broadcast(), HostMac(9),
               Arp(net::ArpOperation::kRequest, HostMac(9), "10.1.0.9", {}, "10.1.0.1"),
               net::kEtherTypeArp));
  g.Settle();
  ASSERT_EQ(g.ports[0]->out.size(), 1u);
  const auto arp = net::ParseArp(Payload(g.ports[0]->out.front()));
  EXPECT_EQ(arp->operation, net::ArpOperation::kReply);
  EXPECT_EQ(arp->sender_mac, PortMac(1, 0));
}

TEST_F(ForwarderTest, WaitsForArpAndGivesUp) {
  for (int i = 0; i < 10; ++i) Send(UdpPacket({.destination = "10.2.0.50"}));
  EXPECT_EQ(g.Count(Reason::kArpQueueFull), 10 - ArpTable::kMaxWaiting);
  ASSERT_EQ(g.ports[1]->out.size(), 1u);  // one request for all
  g.ports[1]->in.push_back(
      Ethernet(PortMac(1, 1), HostMac(3),
               Arp(net::ArpOperation::kReply, HostMac(3), "10.2.0.50", PortMac(1, 1), "10.2.0.1"),
               net::kEtherTypeArp));
  g.Settle();
  EXPECT_EQ(g.ports[1]->out.size(), 1 + ArpTable::kMaxWaiting);

  g.ports[0]->out.clear();
  Send(UdpPacket({.destination = "10.2.0.51"}));
  for (unsigned i = 0; i < ArpTable::kTries; ++i) {
    EXPECT_EQ(g.Count(Reason::kArpUnresolved), 0u);
    g.clock.AdvanceNs(ArpTable::kRetryNs);
    g.Settle();
  }
  EXPECT_EQ(g.Count(Reason::kArpUnresolved), 1u);
  ASSERT_EQ(g.ports[0]->out.size(), 1u);
  const Frame error = Payload(g.ports[0]->out.front());
  EXPECT_EQ(net::ParseIcmp(Bytes(error).subspan(20))->code, net::kIcmpCodeHostUnreachable);
}

struct BadCase {
  const char* name;
  Reason reason;
  Frame (*frame)();
};

Frame Ipv4To(const Frame& packet) { return Ethernet(PortMac(1, 0), HostMac(1), packet); }

const BadCase kBadCases[] = {
    {"Runt", Reason::kL2Malformed, [] { return Frame(10); }},
    {"OtherStation", Reason::kL2Malformed,
     [] { return Ethernet(HostMac(7), HostMac(1), UdpPacket({})); }},
    {"Ipv6", Reason::kUnknownEthertype,
     [] { return Ethernet(PortMac(1, 0), HostMac(1), Frame(40), net::kEtherTypeIpv6); }},
    {"ShortArp", Reason::kArpMalformed,
     [] { return Ethernet(PortMac(1, 0), HostMac(1), Frame(20), net::kEtherTypeArp); }},
    {"Version", Reason::kIpMalformed,
     [] {
       Frame p = UdpPacket({});
       p[0] = 0x65;
       return Ipv4To(p);
     }},
    {"LengthPastFrame", Reason::kIpMalformed,
     [] {
       Frame p = UdpPacket({});
       p.resize(p.size() - 1);
       return Ipv4To(p);
     }},
    {"Checksum", Reason::kIpChecksum,
     [] {
       Frame p = UdpPacket({});
       p[10] ^= 1;
       return Ipv4To(p);
     }},
    {"LoopbackSource", Reason::kMartian, [] { return Ipv4To(UdpPacket({.source = "127.0.0.1"})); }},
    {"MulticastDestination", Reason::kMartian,
     [] { return Ipv4To(UdpPacket({.destination = "224.0.0.5"})); }},
    {"UnicastInBroadcastFrame", Reason::kMartian,
     [] { return Ethernet(net::MacAddress::Broadcast(), HostMac(1), UdpPacket({})); }},
    {"NoRoute", Reason::kNoRoute, [] { return Ipv4To(UdpPacket({.destination = "192.0.2.1"})); }},
    {"ClosedPort", Reason::kLocalUnknown,
     [] { return Ipv4To(UdpPacket({.destination = "10.1.0.1"})); }},
    {"UnknownSpi", Reason::kNoSa,
     [] { return Ipv4To(UdpPacket({.destination = "10.1.0.1", .protocol = 50})); }},
    {"Ike", Reason::kIkeNoRole,
     [] { return Ipv4To(UdpPacket({.destination = "10.1.0.1", .destination_port = 500})); }},
    {"EspInUdp", Reason::kNoSa,
     [] { return Ipv4To(UdpPacket({.destination = "10.1.0.1", .destination_port = 4500})); }},
    {"Keepalive", Reason::kNattKeepalive,
     [] {
       Frame p = UdpPacket({.destination = "10.1.0.1", .payload = 1, .destination_port = 4500});
       p[28] = 0xff;
       return Ipv4To(p);
     }},
};

class BadFrameTest : public ForwarderTest, public ::testing::WithParamInterface<BadCase> {};

TEST_P(BadFrameTest, EndsInItsReason) {
  g.ports[0]->in.push_back(GetParam().frame());
  g.Settle();
  EXPECT_EQ(g.Count(GetParam().reason), 1u);
  EXPECT_TRUE(g.ports[1]->out.empty());
}

INSTANTIATE_TEST_SUITE_P(All, BadFrameTest, ::testing::ValuesIn(kBadCases),
                         [](const auto& test) { return test.param.name; });

TEST_F(ForwarderTest, ShutdownInterfaceTakesAndGivesNothing) {
  g.Configure(std::string(kRouter) + "interface Ethernet0/1\n shutdown\n");
  Send(UdpPacket({}));
  EXPECT_EQ(g.Count(Reason::kNoRoute), 1u);  // its network is gone
  Send(UdpPacket({.source = "10.2.0.7", .destination = "10.1.0.5"}), 1);
  EXPECT_EQ(g.Count(Reason::kInterfaceDown), 1u);
}

TEST_F(ForwarderTest, FullPortIsCounted) {
  g.ports[1]->room = 3;
  for (int i = 0; i < 5; ++i) Send(UdpPacket({}));
  EXPECT_EQ(g.Count(Reason::kOk), 3u);
  EXPECT_EQ(g.Count(Reason::kTxFull), 2u);
}

TEST_F(ForwarderTest, NoErrorAboutErrorsAndAtALimitedRate) {
  Frame error = UdpPacket({.ttl = 1, .protocol = net::kProtocolIcmp});
  error[20] = net::kIcmpUnreachable;
  Send(error);
  EXPECT_TRUE(g.ports[0]->out.empty());
  for (int i = 0; i < 150; ++i) Send(UdpPacket({.ttl = 1}));
  EXPECT_EQ(g.ports[0]->out.size(), 100u);
  g.clock.AdvanceNs(kNsPerSecond);
  Send(UdpPacket({.ttl = 1}));
  EXPECT_EQ(g.ports[0]->out.size(), 101u);
}

TEST_F(ForwarderTest, LongestPrefixAndDistanceDecide) {
  g.Configure(std::string(kRouter) + R"(
ip route 0.0.0.0 0.0.0.0 10.1.0.5
ip route 192.0.2.0 255.255.255.0 10.1.0.5 200
ip route 192.0.2.0 255.255.255.0 10.2.0.7
)");
  Send(UdpPacket({.destination = "192.0.2.9"}));
  EXPECT_EQ(g.ports[1]->out.size(), 1u);
  Send(UdpPacket({.destination = "198.51.100.1"}));
  EXPECT_EQ(g.ports[0]->out.size(), 1u);
}

}  // namespace
}  // namespace vam::fwd::test
