// System messages of the data plane, with the words that the guides and IOS give them.
#include "sw/fwd/event_log.h"

#include <gmock/gmock.h>

#include "tests/unit/sw/fwd/ike_fixture.h"

namespace vam::fwd::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "%CRYPTO-4-PKT_REPLAY_ERR: text", but those of the kinds in `besides`.
std::vector<std::string> Said(TestGateway& g, const std::string& besides = "LINK|LINEPROTO") {
  std::vector<std::string> lines;
  for (const SystemEvent& event : g.gateway->events().Take()) {
    if (besides.find(event.facility) != std::string::npos) continue;
    lines.push_back("%" + std::string(event.facility) + "-" + std::to_string(event.severity) + "-" +
                    std::string(event.mnemonic) + ": " + event.text);
  }
  return lines;
}

class EventLogTest : public ::testing::Test {
 protected:
  EventLogTest() {
    for (auto [g, self] : {std::pair(&a, 1), std::pair(&b, 2)}) {
      g->Configure(TunnelConfig(self, 3 - self));
      g->Settle();
      Said(*g);
    }
  }
  ~EventLogTest() override {
    a.ExpectBalanced();
    b.ExpectBalanced();
  }
  // What A makes of a packet of its inside, as it stands on the wire.
  Frame Protected() {
    a.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({})));
    a.Settle();
    EXPECT_EQ(a.ports[1]->out.size(), 1u);
    Frame frame = a.ports[1]->out.front();
    a.ports[1]->out.clear();
    return frame;
  }
  std::vector<std::string> Arrives(const Frame& frame, size_t port = 1) {
    b.ports[port]->in.push_back(frame);
    b.Settle();
    return Said(b);
  }
  TestGateway a{1}, b{2};
};

// OUT-08 of the data-plane guide; its line break is a blank here.
TEST_F(EventLogTest, AnUnknownSpiIsTold) {
  Frame frame = Protected();
  StoreBe32(&frame[14 + 20], 0x1214F0D);
  EXPECT_THAT(Arrives(frame),
              ElementsAre("%CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi "
                          "for destaddr=192.0.2.2, prot=50, spi=0x1214F0D(18960141), "
                          "srcaddr=192.0.2.1"));
  EXPECT_EQ(b.Count(Reason::kNoSa), 1u);
}

// OUT-01.
TEST_F(EventLogTest, AReplayIsTold) {
  b.Configure(TunnelConfig(2, 1, " set security-association replay window-size 64\n"));
  b.Settle();
  const Frame frame = Protected();
  EXPECT_THAT(Arrives(frame), IsEmpty());
  const uint64_t sa = b.gateway->sas().pairs().begin()->second.layers[0].inbound_id;
  EXPECT_THAT(Arrives(frame),
              ElementsAre("%CRYPTO-4-PKT_REPLAY_ERR: decrypt: replay check failed connection id=" +
                          std::to_string(sa)));
}

TEST_F(EventLogTest, ABadIcvIsTold) {
  Frame frame = Protected();
  frame.back() ^= 1;
  const uint64_t sa = b.gateway->sas().pairs().begin()->second.layers[0].inbound_id;
  EXPECT_THAT(Arrives(frame),
              ElementsAre("%CRYPTO-4-RECVD_PKT_MAC_ERR: decrypt: mac verify failed for connection "
                          "id=" +
                          std::to_string(sa)));
}

TEST_F(EventLogTest, ClearTextThatMustBeProtectedIsTold) {
  EXPECT_THAT(Arrives(Ethernet(PortMac(2, 1), PortMac(1, 1), UdpPacket({}))),
              ElementsAre("%CRYPTO-4-RECVD_PKT_NOT_IPSEC: Rec'd packet not an IPSEC packet. (ip) "
                          "vrf/dest_addr= /10.2.0.7, src_addr= 10.1.0.5, prot= 17"));
}

// Anyone can send such packets: ten messages a second, while every packet is counted.
TEST_F(EventLogTest, AFloodSaysLittle) {
  Frame frame = Protected();
  StoreBe32(&frame[14 + 20], 77);
  for (int i = 0; i < 500; ++i) b.ports[1]->in.push_back(frame);
  b.Settle();
  EXPECT_EQ(b.Count(Reason::kNoSa), 500u);
  EXPECT_EQ(Said(b).size(), EventLog::kPerSecond);
  b.clock.AdvanceNs(kNsPerSecond);
  EXPECT_EQ(Arrives(frame).size(), 1u);
}

TEST_F(EventLogTest, NobodyReads) {
  EventLog log(b.clock);
  for (size_t i = 0; i < EventLog::kMostQueued + 5; ++i) log.Say(EventName::kLinkUp, "x");
  const auto taken = log.Take();
  ASSERT_EQ(taken.size(), EventLog::kMostQueued + 1);
  EXPECT_EQ(taken.back().mnemonic, "LOGGER_DROPPED");
  EXPECT_EQ(taken.back().text, "System dropped 5 messages of the forwarder");
  EXPECT_TRUE(log.empty());
}

// The forms of IOS's system message guide: ports, type and code, other protocols, standard lists.
TEST_F(EventLogTest, ListsTellTheFirstPacketAndSums) {
  b.Configure(TunnelConfig(2, 1) +
              "access-list 120 permit udp any any log\naccess-list 120 permit icmp any any log\n"
              "access-list 120 deny ip any any log\naccess-list 10 deny 10.9.9.0 0.0.0.255 log\n"
              "access-list 10 permit any\n"
              "interface Ethernet0/0\n ip access-group 120 in\n"
              "interface Ethernet0/1\n ip access-group 10 in\n");
  Said(b);
  const auto from_inside = [&](UdpSpec spec) {
    spec.source = "10.2.0.7";
    spec.destination = "10.8.0.1";
    return Arrives(Ethernet(PortMac(2, 0), HostMac(2), UdpPacket(spec)), 0);
  };
  EXPECT_THAT(from_inside({}),
              ElementsAre("%SEC-6-IPACCESSLOGP: list 120 permitted udp 10.2.0.7(1000) -> "
                          "10.8.0.1(2000), 1 packet"));
  EXPECT_THAT(from_inside({}), IsEmpty());
  EXPECT_THAT(from_inside({}), IsEmpty());
  EXPECT_THAT(from_inside({.protocol = 89}),
              ElementsAre("%SEC-6-IPACCESSLOGNP: list 120 denied 89 10.2.0.7 -> 10.8.0.1, 1 "
                          "packet"));
  EXPECT_THAT(from_inside({.protocol = net::kProtocolIcmp}),
              ElementsAre(HasSubstr("%SEC-6-IPACCESSLOGDP: list 120 permitted icmp 10.2.0.7 -> "
                                    "10.8.0.1 (3/232), 1 packet")));  // port 1000 is 3, 232
  EXPECT_THAT(Arrives(Ethernet(PortMac(2, 1), PortMac(1, 1),
                               UdpPacket({.source = "10.9.9.1", .destination = "10.8.0.1"}))),
              ElementsAre("%SEC-6-IPACCESSLOGS: list 10 denied 10.9.9.1 1 packet"));
  b.clock.AdvanceNs(AclLog::kPeriodNs);
  b.Settle();
  EXPECT_THAT(Said(b), ElementsAre("%SEC-6-IPACCESSLOGP: list 120 permitted udp 10.2.0.7(1000) -> "
                                   "10.8.0.1(2000), 2 packets"));
}

// The description of a flow is that of the list's family.
TEST_F(EventLogTest, Ipv6ListsTellTheirLine) {
  config::Running running = ParseOrDie("ipv6 access-list six\n permit tcp any any log\n");
  AclLog::Event event{"six", 0, true, {}, 3};
  event.flow.source = *net::Address::Parse("2001:db8::1");
  event.flow.destination = *net::Address::Parse("2001:db8::2");
  event.flow.protocol = net::kProtocolTcp;
  event.flow.ports = ipsec::Field::kShown;
  event.flow.source_port = 1025;
  event.flow.destination_port = 80;
  b.gateway->events().SayAcl(running, event);
  event.flow.protocol = net::kProtocolIcmpV6;
  event.flow.ports = ipsec::Field::kAbsent;
  event.flow.icmp = ipsec::Field::kShown;
  event.flow.icmp_type = 128;
  b.gateway->events().SayAcl(running, event);
  EXPECT_THAT(Said(b),
              ElementsAre("%IPV6-6-ACCESSLOGP: list six/10 permitted tcp 2001:db8::1(1025) -> "
                          "2001:db8::2(80), 3 packets",
                          HasSubstr("%IPV6-6-ACCESSLOGDP: list six/10 permitted icmp")));
}

TEST_F(EventLogTest, InterfacesThatGoUpAndDownAreTold) {
  b.Configure(TunnelConfig(2, 1) + "interface Ethernet0/0\n shutdown\n");
  EXPECT_THAT(Said(b, "none"),
              ElementsAre("%LINK-5-CHANGED: Interface Ethernet0/0, changed state to "
                          "administratively down",
                          "%LINEPROTO-5-UPDOWN: Line protocol on Interface Ethernet0/0, changed "
                          "state to down"));
  b.Configure(TunnelConfig(2, 1));
  EXPECT_THAT(Said(b, "none"),
              ElementsAre("%LINK-3-UPDOWN: Interface Ethernet0/0, changed state to up",
                          "%LINEPROTO-5-UPDOWN: Line protocol on Interface Ethernet0/0, changed "
                          "state to up"));
}

}  // namespace
}  // namespace vam::fwd::test
