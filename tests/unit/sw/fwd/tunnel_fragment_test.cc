// Packets too long for a tunnel, whole gateways: table 2-A of DP-15, reassembly before decryption,
// path MTUs (DP-11..17, RFC 4301 8.2), fragments and policy (RFC 4301 7).
#include <iterator>

#include "sw/fwd/pmtu.h"
#include "sw/net/checksum.h"
#include "tests/unit/sw/fwd/snapshot_fixture.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

class TunnelFragmentTest : public ::testing::Test {
 protected:
  TunnelFragmentTest() {
    Publish(a, 1, 2);
    Publish(b, 2, 1);
  }
  ~TunnelFragmentTest() override {
    a.ExpectBalanced();
    b.ExpectBalanced();
  }
  static void Publish(TestGateway& g, int self, int peer, const std::string& extra = "",
                      bool after = false) {
    PublishWith(g, TunnelConfig(self, peer, extra), [&](Snapshot& s) {
      for (InterfaceConfig& i : s.interfaces) i.fragment_after_encryption = after;
    });
  }
  void FromInside(const Frame& packet) {
    a.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), packet));
    a.Settle();
  }
  // From the outside wire of `a` to `b`; what passed is in `wire`.
  void Wire() { std::ranges::move(Carry(a, b), std::back_inserter(wire)); }
  void Icmp(const Frame& quoted, uint16_t mtu, const std::string& to = "192.0.2.1") {
    const size_t bytes = std::min<size_t>(quoted.size(), 28);
    Frame message(8 + bytes);
    EXPECT_TRUE(net::WriteIcmp({net::kIcmpUnreachable, net::kIcmpCodeFragmentationNeeded, 0, mtu},
                               Bytes(quoted).first(bytes), message)
                    .has_value());
    net::Ipv4Header header;
    header.total_bytes = static_cast<uint16_t>(20 + message.size());
    header.ttl = 60;
    header.protocol = net::kProtocolIcmp;
    header.source = At("198.51.100.77");
    header.destination = At(to);
    Frame packet(20);
    EXPECT_TRUE(net::WriteIpv4(header, packet).has_value());
    packet.insert(packet.end(), message.begin(), message.end());
    a.ports[1]->in.push_back(Ethernet(PortMac(1, 1), PortMac(2, 1), packet));
    a.Settle();
  }
  static uint32_t ToldMtu(TestGateway& g) {
    if (g.ports[0]->out.empty()) return 0;
    return net::ParseIcmp(Bytes(Payload(g.ports[0]->out.back())).subspan(20))->rest;
  }
  // The payloads that arrived inside `b`, put one behind the other by their offsets.
  Frame Arrived() {
    Frame all;
    for (const Frame& frame : b.ports[0]->out) {
      const Frame packet = Payload(frame);
      const auto header = net::ParseIpv4(packet);
      EXPECT_TRUE(net::Ipv4ChecksumOk(packet));
      EXPECT_EQ(header->fragment_offset * 8u, all.size());
      all.insert(all.end(), packet.begin() + 20, packet.end());
    }
    return all;
  }

  TestGateway a{1}, b{2};
  std::vector<Frame> wire;
};

TEST_F(TunnelFragmentTest, BeforeEncryptionInEqualParts) {
  const Frame sent = UdpPacket({.payload = 1472});
  FromInside(sent);
  Wire();
  ASSERT_EQ(wire.size(), 2u);
  for (const Frame& esp : wire) {
    EXPECT_FALSE(net::ParseIpv4(esp)->IsFragment());
    EXPECT_EQ(net::ParseIpv4(esp)->protocol, net::kProtocolEsp);
  }
  EXPECT_LE(wire[0].size() - wire[1].size(), 16u);
  ASSERT_EQ(b.ports[0]->out.size(), 2u);
  EXPECT_EQ(Arrived(), Frame(sent.begin() + 20, sent.end()));
  EXPECT_EQ(b.Count(Reason::kReassembled), 0u);  // the peer decrypts each by itself (DP-12)
}

struct Row {
  const char* name;
  const char* df_bit;
  bool after;
  bool df;
  bool dropped;
};
// The rows of table 2-A; the twelfth is not in the guide and follows the pattern.
const Row kRows[] = {
    {"Row1", "clear", false, false, false}, {"Row2", "clear", false, true, false},
    {"Row3", "clear", true, false, false},  {"Row4", "clear", true, true, false},
    {"Row5", "set", false, false, false},   {"Row6", "set", false, true, true},
    {"Row7", "set", true, false, false},    {"Row8", "set", true, true, true},
    {"Row9", "copy", false, false, false},  {"Row10", "copy", false, true, true},
    {"Row11", "copy", true, false, false},  {"Row12", "copy", true, true, true},
};
class TableTest : public TunnelFragmentTest, public ::testing::WithParamInterface<Row> {};

TEST_P(TableTest, DoesWhatTheRowSays) {
  const Row& row = GetParam();
  Publish(a, 1, 2, std::string("crypto ipsec df-bit ") + row.df_bit + "\n", row.after);
  const Frame sent = UdpPacket({.payload = 1472, .df = row.df});
  FromInside(sent);
  Wire();
  if (row.dropped) {
    EXPECT_EQ(a.Count(Reason::kMtuExceeded), 1u);
    EXPECT_EQ(ToldMtu(a), 1446u);
    EXPECT_TRUE(wire.empty());
    return;
  }
  ASSERT_EQ(wire.size(), 2u);
  const bool outer_df = std::string(row.df_bit) == "set";
  for (const Frame& esp : wire) {
    EXPECT_LE(esp.size(), 1500u);
    EXPECT_EQ(net::ParseIpv4(esp)->IsFragment(), row.after);
    EXPECT_EQ(net::ParseIpv4(esp)->dont_fragment, outer_df);
  }
  EXPECT_EQ(b.Count(Reason::kReassembled), row.after ? 2u : 0u);
  ASSERT_EQ(b.ports[0]->out.size(), row.after ? 1u : 2u);
  EXPECT_EQ(Arrived(), Frame(sent.begin() + 20, sent.end()));
  // GAP-03: with df-bit clear the parts may be cut further on the way.
  const auto inner = net::ParseIpv4(Payload(b.ports[0]->out.front()));
  EXPECT_EQ(inner->dont_fragment, row.df && row.after);
}

INSTANTIATE_TEST_SUITE_P(All, TableTest, ::testing::ValuesIn(kRows),
                         [](const auto& test) { return test.param.name; });

// `set df-bit` of an entry is nearer than its interface's (DP-77): row 2 instead of row 10.
TEST_F(TunnelFragmentTest, TheEntrysOwnBitDecides) {
  Publish(a, 1, 2, " set df-bit clear\ncrypto ipsec df-bit copy\n");
  FromInside(UdpPacket({.payload = 1472, .df = true}));
  Wire();
  ASSERT_EQ(wire.size(), 2u);
  EXPECT_FALSE(net::ParseIpv4(wire[0])->dont_fragment);
  Publish(a, 1, 2, " set df-bit set\ncrypto ipsec df-bit clear\n");
  FromInside(UdpPacket({.payload = 1472, .df = true}));
  EXPECT_EQ(a.Count(Reason::kMtuExceeded), 1u);
}

TEST_F(TunnelFragmentTest, JumboInnerPacketCrossesInOuterFragments) {
  const std::string mtu = "interface Ethernet0/0\n mtu 9216\n";
  Publish(a, 1, 2, mtu, true);
  Publish(b, 2, 1, mtu, true);
  const Frame sent = UdpPacket({.payload = 9216 - 28});
  FromInside(sent);
  Wire();
  EXPECT_EQ(wire.size(), 7u);
  EXPECT_EQ(b.Count(Reason::kReassembled), 7u);
  ASSERT_EQ(b.ports[0]->out.size(), 1u);
  EXPECT_EQ(Arrived(), Frame(sent.begin() + 20, sent.end()));
}

TEST_F(TunnelFragmentTest, PathMtuIsLearntFromAQuoteOfOurs) {
  FromInside(UdpPacket({.payload = 1400, .df = true}));
  Wire();
  Icmp(wire.back(), 1300);
  EXPECT_EQ(a.gateway->forwarder().PathMtu(0), 1300u);
  EXPECT_EQ(a.Count(Reason::kLocalDelivered), 1u);
  FromInside(UdpPacket({.payload = 1400, .df = true}));
  EXPECT_EQ(a.Count(Reason::kMtuExceeded), 1u);
  const uint32_t told = ToldMtu(a);
  EXPECT_EQ(told, 1246u);  // 54 bytes less: outer header, ESP, IV, trailer, ICV
  FromInside(UdpPacket({.payload = told - 28, .df = true}));
  Wire();
  EXPECT_EQ(wire.back().size(), 1300u);
  // Without DF the packet is cut for the path.
  FromInside(UdpPacket({.payload = 1400}));
  Wire();
  EXPECT_LE(wire.back().size(), 1300u);
  EXPECT_EQ(a.Count(Reason::kFragmented), 1u);
  // RFC 1191, 6.3.
  a.clock.AdvanceNs(PathMtus::kLifetimeNs + kNsPerSecond);
  a.Settle();
  EXPECT_EQ(a.gateway->forwarder().PathMtu(0), 0u);
}

TEST_F(TunnelFragmentTest, PathMtuIsNotBelievedFromOthers) {
  FromInside(UdpPacket({.payload = 1400, .df = true}));
  Wire();
  const Frame good = wire.back();
  Frame bad = good;
  bad[23] ^= 1;  // another SPI
  Icmp(bad, 1300);
  bad = good;
  StoreBe32(&bad[24], 5);  // a number that was not sent yet
  Icmp(bad, 1300);
  bad = good;
  bad[19] ^= 4;  // another peer
  Icmp(bad, 1300);
  Icmp(UdpPacket({}), 1300);
  Icmp(good, 1500);  // says nothing
  EXPECT_EQ(a.gateway->forwarder().PathMtu(0), 0u);
  a.clock.AdvanceNs(OuterLog::kRecentNs + kNsPerSecond);
  a.Settle();
  Icmp(good, 1300);
  EXPECT_EQ(a.gateway->forwarder().PathMtu(0), 0u);
}

TEST_F(TunnelFragmentTest, PathMtuHasAFloor) {
  FromInside(UdpPacket({.payload = 1400, .df = true}));
  Wire();
  Icmp(wire.back(), 68);
  EXPECT_EQ(a.gateway->forwarder().PathMtu(0), PathMtus::kFloorV4);
  Icmp(wire.back(), 1400);  // does not rise by a message
  EXPECT_EQ(a.gateway->forwarder().PathMtu(0), PathMtus::kFloorV4);
}

TEST_F(TunnelFragmentTest, OldRouterMeansTheNextPlateau) {
  FromInside(UdpPacket({.payload = 1400, .df = true}));
  Wire();
  Icmp(wire.back(), 0);
  EXPECT_EQ(a.gateway->forwarder().PathMtu(0), 1006u);  // RFC 1191, 7.1: below 1484
}

// `permit ip any any` protects ICMP too; this message proves that it saw a packet of ours.
TEST_F(TunnelFragmentTest, PathMtuCountsWhereAllMustBeProtected) {
  Publish(a, 1, 2,
          "access-list 150 permit ip any any\ncrypto map M 10 ipsec-manual\n match address 150\n");
  FromInside(UdpPacket({.payload = 1400, .df = true}));
  Wire();
  Icmp(UdpPacket({}), 1300);
  EXPECT_EQ(a.Count(Reason::kPolicyCleartext), 1u);
  Icmp(wire.back(), 1300);
  EXPECT_EQ(a.gateway->forwarder().PathMtu(0), 1300u);
}

// Fragments that came in clear never complete a packet of which a part came through the tunnel.
TEST_F(TunnelFragmentTest, TunnelAndWireDoNotMix) {
  const Frame whole = UdpPacket({.source = "10.1.0.5", .destination = "10.2.0.1", .payload = 1000});
  net::Ipv4Header header = *net::ParseIpv4(whole);
  header.more_fragments = true;
  header.total_bytes = 20 + 504;
  Frame first(20);
  ASSERT_TRUE(net::WriteIpv4(header, first).has_value());
  first.insert(first.end(), whole.begin() + 20, whole.begin() + 20 + 504);
  header.more_fragments = false;
  header.fragment_offset = 504 / 8;
  Frame last(20);
  ASSERT_TRUE(net::WriteIpv4(header, last).has_value());
  last.insert(last.end(), whole.begin() + 20 + 504, whole.end());
  FromInside(first);
  Wire();
  b.ports[1]->in.push_back(Ethernet(PortMac(2, 1), PortMac(1, 1), last));
  b.Settle();
  EXPECT_EQ(b.Count(Reason::kReassembled), 0u);
  EXPECT_EQ(b.gateway->forwarder().InFlight(), 2u);
  b.clock.AdvanceNs(60 * kNsPerSecond);
  b.Settle();
  EXPECT_EQ(b.Count(Reason::kReassemblyTimeout), 2u);
}

// RFC 4301, 6: an answer about a packet that came protected goes back protected or not at all.
TEST_F(TunnelFragmentTest, PingOfTheFarGatewayIsAnsweredThroughTheTunnel) {
  Frame ping(28);
  net::Ipv4Header header;
  header.total_bytes = 28;
  header.ttl = 9;
  header.protocol = net::kProtocolIcmp;
  header.source = At("10.1.0.5");
  header.destination = At("10.2.0.1");
  ASSERT_TRUE(net::WriteIpv4(header, ping).has_value());
  ASSERT_TRUE(net::WriteIcmp({net::kIcmpEchoRequest, 0, 0, 1}, {}, MutableBytes(ping).subspan(20))
                  .has_value());
  FromInside(ping);
  Wire();
  ASSERT_EQ(b.ports[1]->out.size(), 1u);
  EXPECT_EQ(net::ParseIpv4(Payload(b.ports[1]->out.front()))->protocol, net::kProtocolEsp);
  a.ports[1]->in.push_back(b.ports[1]->out.front());
  a.Settle();
  ASSERT_EQ(a.ports[0]->out.size(), 1u);
  EXPECT_EQ(Payload(a.ports[0]->out.front())[20], net::kIcmpEchoReply);
}

}  // namespace
}  // namespace vam::fwd::test
