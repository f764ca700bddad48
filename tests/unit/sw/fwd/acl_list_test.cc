#include "sw/fwd/acl_list.h"

#include <random>

#include "tests/unit/sw/fwd/snapshot_fixture.h"

namespace vam::fwd::test {
namespace {

AclLine Line(bool permit, uint8_t protocol = 0) {
  AclLine line;
  line.match.permit = permit;
  line.match.protocol = protocol;
  line.match.source = line.match.destination = ipsec::AddressMatch::V4(0, 0xffffffff);
  return line;
}

AccessList List(const std::vector<AclLine>& lines, bool v6 = false) {
  return AccessList("test", v6, lines, std::make_shared<AclCounters>(lines.size()));
}

AclMatch Judge(const AccessList& list, const Frame& packet) {
  const auto parsed = ParsePacket(packet);
  EXPECT_TRUE(parsed.has_value());
  return list.Judge(AclPacketOf(*parsed, packet));
}

Frame Tcp(uint8_t flags, uint16_t fragment = 0, size_t bytes = 20) {
  Frame packet = UdpPacket({.payload = bytes - 8, .protocol = net::kProtocolTcp});
  if (bytes > 13) packet[20 + 13] = flags;
  net::Ipv4Header header = *net::ParseIpv4(packet);
  header.fragment_offset = fragment;
  header.more_fragments = fragment == 0 && bytes < 20;
  EXPECT_TRUE(net::WriteIpv4(header, packet).has_value());
  return packet;
}

TEST(AclListTest, FirstMatchDecidesAndTheEndDenies) {
  AclLine dns = Line(false, net::kProtocolUdp);
  dns.match.destination_ports = {53, 53};
  const AccessList list = List({dns, Line(true, net::kProtocolUdp)});
  EXPECT_FALSE(Judge(list, UdpPacket({.destination_port = 53})).permit);
  EXPECT_TRUE(Judge(list, UdpPacket({})).permit);
  EXPECT_FALSE(Judge(list, Tcp(0)).permit);
  EXPECT_EQ(list.counters()->Of(0), 1u);
  EXPECT_EQ(list.counters()->Of(1), 1u);
  EXPECT_EQ(list.counters()->Of(2), 1u);  // the end
  EXPECT_TRUE(Judge(List({}), Tcp(0)).permit);
}

TEST(AclListTest, EstablishedAndFlags) {
  AclLine line = Line(true, net::kProtocolTcp);
  line.extras.established = true;
  EXPECT_FALSE(Judge(List({line}), Tcp(2)).permit);
  EXPECT_TRUE(Judge(List({line}), Tcp(0x12)).permit);
  EXPECT_TRUE(Judge(List({line}), Tcp(4)).permit);
  line.extras = {};
  line.extras.flags_set = 2;
  line.extras.flags_clear = 16;
  EXPECT_TRUE(Judge(List({line}), Tcp(2)).permit);
  EXPECT_FALSE(Judge(List({line}), Tcp(0x12)).permit);
  line.extras.flags_all = false;
  EXPECT_TRUE(Judge(List({line}), Tcp(0x12)).permit);
  EXPECT_FALSE(Judge(List({line}), Tcp(0x10)).permit);
}

TEST(AclListTest, TosTtlAndNeq) {
  Frame packet = UdpPacket({.ttl = 5});
  net::Ipv4Header header = *net::ParseIpv4(packet);
  header.tos = 46 << 2 | 1;
  ASSERT_TRUE(net::WriteIpv4(header, packet).has_value());
  AclLine line = Line(true);
  line.extras.tos = 46 << 2;
  line.extras.tos_mask = 0xfc;
  EXPECT_TRUE(Judge(List({line}), packet).permit);
  EXPECT_FALSE(Judge(List({line}), UdpPacket({})).permit);
  line = Line(true);
  line.extras.ttl_first = line.extras.ttl_last = 5;
  EXPECT_TRUE(Judge(List({line}), packet).permit);
  line.extras.ttl_except = true;
  EXPECT_FALSE(Judge(List({line}), packet).permit);
  line = Line(true, net::kProtocolUdp);
  line.match.destination_ports = {53, 53};
  line.extras.destination_ports_except = true;
  EXPECT_TRUE(Judge(List({line}), packet).permit);
  EXPECT_FALSE(Judge(List({line}), UdpPacket({.destination_port = 53})).permit);
}

TEST(AclListTest, LaterFragments) {
  AclLine web = Line(true, net::kProtocolTcp);
  web.match.destination_ports = {80, 80};
  EXPECT_TRUE(Judge(List({web}), Tcp(0, 100)).permit);
  web.match.permit = false;
  EXPECT_TRUE(Judge(List({web, Line(true)}), Tcp(0, 100)).permit);
  AclLine fragments = Line(false);
  fragments.match.fragments = true;
  EXPECT_FALSE(Judge(List({fragments, Line(true)}), Tcp(0, 100)).permit);
  EXPECT_TRUE(Judge(List({fragments, Line(true)}), Tcp(0)).permit);
}

// RFC 1858: neither a first fragment without flags nor one that overwrites them passes `permit ip`.
TEST(AclListTest, EvasiveFragmentsAreDeniedUnlessNamed) {
  EXPECT_FALSE(Judge(List({Line(true)}), Tcp(0, 0, 8)).permit);
  EXPECT_FALSE(Judge(List({Line(true)}), Tcp(0, 1)).permit);
  AclLine undetermined = Line(true);
  undetermined.extras.undetermined = true;
  EXPECT_TRUE(Judge(List({undetermined}), Tcp(0, 1)).permit);
  EXPECT_FALSE(Judge(List({undetermined}), Tcp(0)).permit);
}

TEST(AclListTest, Ipv6FieldsAndTheFamiliesApart) {
  AclLine line;
  line.match.source = ipsec::AddressMatch::V6(
      At("2001:db8:1::"),
      {0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
  const AccessList list = List({line}, true);
  EXPECT_TRUE(Judge(list, V6Udp("2001:db8:1::5", "2001:db8:2::7")).permit);
  EXPECT_FALSE(Judge(list, V6Udp("2001:db8:3::5", "2001:db8:2::7")).permit);
  line.extras.routing = true;
  Frame routing = {net::kProtocolUdp, 0, 4, 0, 0, 0, 0, 0};
  const Frame udp = V6Udp("2001:db8:1::5", "2001:db8:2::7");
  routing.insert(routing.end(), udp.begin() + 40, udp.end());
  EXPECT_FALSE(Judge(List({line}, true), udp).permit);
  EXPECT_TRUE(Judge(List({line}, true),
                    V6Packet("2001:db8:1::5", "2001:db8:2::7", net::kNextRouting, routing))
                  .permit);
  line.extras = {};
  line.extras.flow_label = 7;
  EXPECT_FALSE(Judge(List({line}, true), udp).permit);
}

// What crypto lists can say, both say the same: a permit is what a policy of that list protects.
TEST(AclListTest, AgreesWithThePolicyOverRandomLists) {
  const uint32_t seed = 20'260'101;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  for (int round = 0; round < 300; ++round) {
    std::vector<AclLine> lines(1 + below(8));
    ipsec::PolicyEntry entry;
    for (AclLine& line : lines) {
      line = Line(below(2) != 0);
      line.match.source = ipsec::AddressMatch::V4(0x0a010000 + below(4), below(4));
      line.match.destination = ipsec::AddressMatch::V4(0x0a020000 + below(4), below(4));
      constexpr uint8_t kProtocols[] = {0, net::kProtocolUdp, net::kProtocolIcmp};
      line.match.protocol = kProtocols[below(3)];
      if (line.match.protocol == net::kProtocolUdp && below(2) != 0) {
        const auto low = static_cast<uint16_t>(below(4));
        line.match.destination_ports = {low, static_cast<uint16_t>(low + below(3))};
      }
      line.match.fragments = below(8) == 0;
      entry.lines.push_back(line.match);
    }
    const ipsec::Policy policy({entry});
    const AccessList list = List(lines);
    for (int n = 0; n < 50; ++n) {
      UdpSpec spec{.source = "10.1.0." + std::to_string(below(4)),
                   .destination = "10.2.0." + std::to_string(below(4)),
                   .destination_port = static_cast<uint16_t>(below(6))};
      if (below(3) == 0) spec.protocol = net::kProtocolIcmp;
      Frame packet = UdpPacket(spec);
      if (below(4) == 0) {
        net::Ipv4Header header = *net::ParseIpv4(packet);
        header.fragment_offset = 100;
        ASSERT_TRUE(net::WriteIpv4(header, packet).has_value());
      }
      const auto parsed = ParsePacket(packet);
      EXPECT_EQ(list.Judge(AclPacketOf(*parsed, packet)).permit,
                policy.Find(parsed->flow).protect())
          << "round " << round << " packet " << n;
    }
  }
}

}  // namespace
}  // namespace vam::fwd::test
