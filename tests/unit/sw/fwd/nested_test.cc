// Nested tunnels to two peers (EX-45, SY-118, IOS-19): A protects traffic for C, and what it made
// once more for B, which stands before C. The inner tunnel encrypts, the outer one authenticates.
#include "tests/unit/sw/fwd/gateway_fixture.h"
#include "tests/unit/sw/fwd/ikev2_config.h"

namespace vam::fwd::test {
namespace {

constexpr const char* kSets =
    "crypto ipsec transform-set INNER esp-aes esp-sha256-hmac\n"
    "crypto ipsec transform-set OUTER ah-sha256-hmac\n";
constexpr const char* kA =
    R"(
interface Ethernet0/0
 ip address 10.1.0.1 255.255.255.0
 crypto map TOB
interface Ethernet0/1
 ip address 192.0.2.1 255.255.255.0
 crypto map TOC
ip route 10.3.0.0 255.255.255.0 192.0.2.9
ip route 198.51.100.0 255.255.255.0 10.1.0.2
arp 10.1.0.2 0200.0002.0000 arpa
arp 10.1.0.5 02ff.0000.0001 arpa
access-list 101 permit ip 10.1.0.0 0.0.0.255 10.3.0.0 0.0.0.255
access-list 102 permit ip host 192.0.2.1 host 198.51.100.3
crypto map TOC 10 ipsec-manual
 set peer 198.51.100.3
 set transform-set INNER
 match address 101
 set session-key inbound esp 1001 cipher 11111111111111111111111111111111 )"
    R"(authenticator 1212121212121212121212121212121212121212121212121212121212121212
 set session-key outbound esp 1003 cipher 13131313131313131313131313131313 )"
    R"(authenticator 1414141414141414141414141414141414141414141414141414141414141414
crypto map TOB 10 ipsec-manual
 set peer 10.1.0.2
 set transform-set OUTER
 match address 102
 set session-key inbound ah 2001 2121212121212121212121212121212121212121212121212121212121212121
 set session-key outbound ah 2002 2222222222222222222222222222222222222222222222222222222222222222
)";
constexpr const char* kB = R"(
interface Ethernet0/0
 ip address 10.1.0.2 255.255.255.0
 crypto map TOA
interface Ethernet0/1
 ip address 198.51.100.2 255.255.255.0
ip route 192.0.2.0 255.255.255.0 10.1.0.1
arp 10.1.0.1 0200.0001.0000 arpa
arp 198.51.100.3 0200.0003.0001 arpa
access-list 102 permit ip host 198.51.100.3 host 192.0.2.1
crypto map TOA 10 ipsec-manual
 set peer 10.1.0.1
 set transform-set OUTER
 match address 102
 set session-key inbound ah 2002 2222222222222222222222222222222222222222222222222222222222222222
 set session-key outbound ah 2001 2121212121212121212121212121212121212121212121212121212121212121
)";
constexpr const char* kC =
    R"(
interface Ethernet0/0
 ip address 10.3.0.1 255.255.255.0
interface Ethernet0/1
 ip address 198.51.100.3 255.255.255.0
 crypto map TOA
ip route 10.1.0.0 255.255.255.0 198.51.100.2
ip route 192.0.2.0 255.255.255.0 198.51.100.2
arp 198.51.100.2 0200.0002.0001 arpa
arp 10.3.0.7 02ff.0000.0003 arpa
access-list 101 permit ip 10.3.0.0 0.0.0.255 10.1.0.0 0.0.0.255
crypto map TOA 10 ipsec-manual
 set peer 192.0.2.1
 set transform-set INNER
 match address 101
 set session-key inbound esp 1003 cipher 13131313131313131313131313131313 )"
    R"(authenticator 1414141414141414141414141414141414141414141414141414141414141414
 set session-key outbound esp 1001 cipher 11111111111111111111111111111111 )"
    R"(authenticator 1212121212121212121212121212121212121212121212121212121212121212
)";

class NestedTest : public ::testing::Test {
 protected:
  NestedTest() {
    for (auto [g, text] : {std::pair(&a, kA), std::pair(&b, kB), std::pair(&c, kC)}) {
      g->Configure(std::string(kSets) + text);
      g->Settle();
    }
  }
  ~NestedTest() override {
    for (const TestGateway* g : {&a, &b, &c}) g->ExpectBalanced();
  }
  // The only frame that `g` sent by `port`.
  static Frame Take(TestGateway& g, size_t port) {
    EXPECT_EQ(g.ports[port]->out.size(), 1u);
    if (g.ports[port]->out.empty()) return {};
    Frame frame = g.ports[port]->out.front();
    g.ports[port]->out.clear();
    return frame;
  }
  static void Put(TestGateway& g, size_t port, const Frame& frame) {
    g.ports[port]->in.push_back(frame);
    g.Settle();
  }

  TestGateway a{1}, b{2}, c{3};
};

TEST_F(NestedTest, BothWays) {
  const Frame host = UdpPacket({.source = "10.1.0.5", .destination = "10.3.0.7"});
  Put(a, 0, Ethernet(PortMac(1, 0), HostMac(1), host));
  EXPECT_TRUE(a.ports[1]->out.empty());
  const Frame nested = Take(a, 0);
  const Frame outer = Payload(nested);
  EXPECT_EQ(net::ToString(net::ParseIpv4(outer)->destination), "10.1.0.2");
  EXPECT_EQ(net::ParseIpv4(outer)->protocol, net::kProtocolAh);
  const Bytes inner = Bytes(outer).subspan(20 + 28);
  EXPECT_EQ(net::ToString(net::ParseIpv4(inner)->destination), "198.51.100.3");
  EXPECT_EQ(net::ParseIpv4(inner)->protocol, net::kProtocolEsp);

  Put(b, 0, nested);
  const Frame for_c = Take(b, 1);
  EXPECT_EQ(net::ParseIpv4(Payload(for_c))->protocol, net::kProtocolEsp);
  Put(c, 1, for_c);
  const Frame arrived = Payload(Take(c, 0));
  EXPECT_TRUE(std::equal(arrived.begin() + 20, arrived.end(), host.begin() + 20));

  Put(c, 0,
      Ethernet(PortMac(3, 0), HostMac(3),
               UdpPacket({.source = "10.3.0.7", .destination = "10.1.0.5"})));
  Put(b, 1, Take(c, 1));
  const Frame back = Take(b, 0);
  EXPECT_EQ(net::ParseIpv4(Payload(back))->protocol, net::kProtocolAh);
  Put(a, 0, back);
  EXPECT_EQ(net::ToString(net::ParseIpv4(Payload(Take(a, 0)))->source), "10.3.0.7");
}

// Without an SA for the outer tunnel nothing leaves with the inner one alone.
TEST_F(NestedTest, InnerTunnelAloneDoesNotLeave) {
  a.Configure(std::string(kSets) + kA + "crypto map TOB 10 ipsec-manual\n no set peer 10.1.0.2\n");
  a.Settle();
  Put(a, 0,
      Ethernet(PortMac(1, 0), HostMac(1),
               UdpPacket({.source = "10.1.0.5", .destination = "10.3.0.7"})));
  EXPECT_EQ(a.Count(Reason::kPolicyDiscard), 1u);
  EXPECT_TRUE(a.ports[0]->out.empty());
  EXPECT_TRUE(a.ports[1]->out.empty());
}

// What should have come inside the outer tunnel is not let in without it, and is not decrypted.
TEST_F(NestedTest, InnerTunnelAloneDoesNotComeIn) {
  Put(c, 0,
      Ethernet(PortMac(3, 0), HostMac(3),
               UdpPacket({.source = "10.3.0.7", .destination = "10.1.0.5"})));
  Frame bare = Take(c, 1);
  Put(b, 1, bare);
  const Frame nested = Take(b, 0);
  std::copy_n(nested.begin(), net::kEthernetHeaderBytes, bare.begin());
  Put(a, 0, bare);
  EXPECT_EQ(a.Count(Reason::kPolicyCleartext), 1u);
  EXPECT_TRUE(a.ports[0]->out.empty());
  Put(a, 0, nested);
  EXPECT_EQ(net::ToString(net::ParseIpv4(Payload(Take(a, 0)))->source), "10.3.0.7")
      << "its number was not used up";
  // An SPI that nobody has is told apart.
  StoreBe32(&bare[net::kEthernetHeaderBytes + 20], 0x4444);
  Put(a, 0, bare);
  EXPECT_EQ(a.Count(Reason::kNoSa), 1u);
}

// The map whose SA it is does not look at what it made, though its list permits the peers' own
// addresses, by another entry even.
TEST_F(NestedTest, AMapDoesNotAskForItself) {
  const std::string all = "no access-list 101\naccess-list 101 permit ip any any\n";
  a.Configure(std::string(kSets) + kA + all +
              "crypto map TOB 10 ipsec-manual\n no set peer 10.1.0.2\ninterface Ethernet0/0\n"
              " no crypto map\naccess-list 103 permit ip host 192.0.2.1 any\n"
              "crypto map TOC 5 ipsec-isakmp\n set peer 192.0.2.77\n set transform-set INNER\n"
              " set ikev2-profile P\n match address 103\n" +
              kIkev2Profile);
  a.Settle();
  Put(c, 0,
      Ethernet(PortMac(3, 0), HostMac(3),
               UdpPacket({.source = "10.3.0.7", .destination = "10.1.0.5"})));
  Frame bare = Take(c, 1);
  std::copy_n(Ethernet(PortMac(1, 1), PortMac(2, 1), {}).begin(), net::kEthernetHeaderBytes,
              bare.begin());
  Put(a, 1, bare);
  EXPECT_EQ(a.Count(Reason::kPolicyCleartext), 0u);
  EXPECT_EQ(net::ToString(net::ParseIpv4(Payload(Take(a, 0)))->source), "10.3.0.7");
}

}  // namespace
}  // namespace vam::fwd::test
