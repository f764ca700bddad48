#include "sw/ipsec/policy.h"

#include <gtest/gtest.h>

namespace vam::ipsec {
namespace {

constexpr uint32_t kA = 0x0a010000, kB = 0x0a020000, kC = 0x0a030000;

PolicyLine Line(bool permit, uint32_t source, uint32_t destination) {
  PolicyLine line;
  line.permit = permit;
  line.source = AddressMatch::V4(source, 0xff);
  line.destination = AddressMatch::V4(destination, 0xff);
  return line;
}

PolicyLine UdpLine(bool permit, uint32_t source, uint32_t destination, PortRange ports) {
  PolicyLine line = Line(permit, source, destination);
  line.protocol = net::kProtocolUdp;
  line.destination_ports = ports;
  return line;
}

Flow Udp(uint32_t source, uint32_t destination, uint16_t port = 53) {
  Flow flow;
  flow.source = net::Address::V4(source);
  flow.destination = net::Address::V4(destination);
  flow.protocol = net::kProtocolUdp;
  flow.ports = Field::kShown;
  flow.source_port = 1000;
  flow.destination_port = port;
  return flow;
}

Flow LaterFragment(uint32_t source, uint32_t destination) {
  Flow flow = Udp(source, destination);
  flow.later_fragment = true;
  flow.ports = Field::kHidden;
  flow.source_port = flow.destination_port = 0;
  return flow;
}

Flow Icmp(uint32_t source, uint32_t destination, uint8_t type, uint8_t code = 0) {
  Flow flow;
  flow.source = net::Address::V4(source);
  flow.destination = net::Address::V4(destination);
  flow.protocol = net::kProtocolIcmp;
  flow.icmp = Field::kShown;
  flow.icmp_type = type;
  flow.icmp_code = code;
  return flow;
}

bool Protects(const PolicyLine& line, const Flow& flow) {
  return Policy({{1, 10, {line}, true}}).Find(flow).protect();
}
// As the only deny before a permit of everything.
bool Exempts(const PolicyLine& line, const Flow& flow) {
  return !Policy({{1, 10, {line, PolicyLine{}}, true}}).Find(flow).protect();
}

TEST(PolicyTest, EmptyPolicyProtectsNothing) {
  EXPECT_EQ(Policy().Find(Udp(kA, kB)), PolicyMatch{});
  EXPECT_FALSE(Policy({{1, 10, {}, true}}).Find(Udp(kA, kB)).protect());
}

TEST(PolicyTest, EntriesBySequenceAndDenyFallsThroughToTheNextEntry) {
  const Policy policy({
      {2, 20, {Line(true, kA, kB)}, true},
      {1, 10, {Line(false, kA, kB), Line(true, kA, kC), Line(true, kA, kB)}, true},
  });
  EXPECT_EQ(policy.Find(Udp(kA + 1, kC + 1)), (PolicyMatch{1, 1, true}));
  EXPECT_EQ(policy.Find(Udp(kA + 1, kB + 1)), (PolicyMatch{2, 0, true}));
  EXPECT_FALSE(policy.Find(Udp(kA + 1, 0x0a040001)).protect());
  ASSERT_EQ(policy.entries().size(), 2u);
  EXPECT_EQ(policy.entries()[0].id, 1u);
}

// EX-4: host to host by one entry, the subnets around them by the next.
TEST(PolicyTest, MoreSpecificEntryFirst) {
  PolicyLine host;
  host.source = AddressMatch::V4(kA + 5, 0);
  host.destination = AddressMatch::V4(kB + 7, 0);
  const Policy policy({{1, 10, {host}, true}, {2, 20, {Line(true, kA, kB)}, true}});
  EXPECT_EQ(policy.Find(Udp(kA + 5, kB + 7)).entry, 1u);
  EXPECT_EQ(policy.Find(Udp(kA + 5, kB + 8)).entry, 2u);
}

TEST(PolicyTest, EachPermitLineIsAnSaSetOfItsOwn) {
  const Policy policy({{1, 10, {UdpLine(true, kA, kB, {53, 53}), Line(true, kA, kB)}, true}});
  EXPECT_EQ(policy.Find(Udp(kA, kB, 53)), (PolicyMatch{1, 0, true}));
  EXPECT_EQ(policy.Find(Udp(kA, kB, 54)), (PolicyMatch{1, 1, true}));
}

TEST(PolicyTest, IncompleteEntryStillSelects) {
  const Policy policy({{1, 10, {Line(true, kA, kB)}, false}});
  EXPECT_EQ(policy.Find(Udp(kA, kB)), (PolicyMatch{1, 0, false}));
}

TEST(PolicyTest, InboundClearTextIsTheReversedFlow) {
  const Policy policy({{1, 10, {UdpLine(true, kA, kB, {53, 53})}, true}});
  Flow answer = Udp(kB + 1, kA + 1, 1000);
  answer.source_port = 53;
  EXPECT_TRUE(policy.Find(answer.Reversed()).protect());
  EXPECT_FALSE(policy.Find(answer).protect());
  EXPECT_FALSE(policy.Find(Udp(kB + 1, kA + 1, 53).Reversed()).protect());
}

TEST(PolicyTest, WildcardBitsNeedNotBeContiguous) {
  PolicyLine line;
  line.source = AddressMatch::V4(0x0a000001, 0x00ff0000);
  line.destination = AddressMatch::V4(0, 0xffffffff);
  EXPECT_TRUE(Protects(line, Udp(0x0a770001, 5)));
  EXPECT_FALSE(Protects(line, Udp(0x0a770002, 5)));
}

TEST(PolicyTest, BitsUnderTheWildcardOfALineAreIgnored) {
  PolicyLine line;
  line.source = AddressMatch::V4(kA + 0x77, 0xff);
  EXPECT_TRUE(Protects(line, Udp(kA + 1, 5)));
}

TEST(PolicyTest, PortRangesIncludeTheirEnds) {
  const PolicyLine line = UdpLine(true, kA, kB, {100, 200});
  for (const uint16_t port : std::initializer_list<uint16_t>{100, 150, 200})
    EXPECT_TRUE(Protects(line, Udp(kA, kB, port)));
  for (const uint16_t port : std::initializer_list<uint16_t>{99, 201})
    EXPECT_FALSE(Protects(line, Udp(kA, kB, port)));
}

TEST(PolicyTest, LineWithPortsNeedsAProtocolWithPorts) {
  PolicyLine line = Line(true, kA, kB);
  line.destination_ports = {53, 53};
  EXPECT_FALSE(Protects(line, Icmp(kA, kB, 8)));
  Flow gre = Udp(kA, kB);
  gre.protocol = 47;
  gre.ports = Field::kAbsent;
  gre.later_fragment = true;  // of GRE: nothing is hidden
  EXPECT_FALSE(Protects(line, gre));
}

TEST(PolicyTest, IcmpTypeAndCode) {
  PolicyLine line = Line(true, kA, kB);
  line.protocol = net::kProtocolIcmp;
  line.icmp_type = 3;
  EXPECT_TRUE(Protects(line, Icmp(kA, kB, 3, 4)));
  EXPECT_FALSE(Protects(line, Icmp(kA, kB, 8)));
  EXPECT_FALSE(Protects(line, Udp(kA, kB)));
  line.icmp_code = 4;
  EXPECT_TRUE(Protects(line, Icmp(kA, kB, 3, 4)));
  EXPECT_FALSE(Protects(line, Icmp(kA, kB, 3, 1)));
}

// RFC 4301, 7: ports of a later fragment are unknown; it must not slip past the policy.
TEST(PolicyTest, LaterFragmentMatchesAPermitWithPortsAndNoDeny) {
  const Flow fragment = LaterFragment(kA + 1, kB + 1);
  EXPECT_TRUE(Protects(UdpLine(true, kA, kB, {53, 53}), fragment));
  EXPECT_FALSE(Exempts(UdpLine(false, kA, kB, {53, 53}), fragment));
  EXPECT_TRUE(Exempts(UdpLine(false, kA, kB, {0, 65535}), fragment));
  EXPECT_FALSE(Protects(UdpLine(true, kA, kC, {53, 53}), fragment));
  PolicyLine tcp = UdpLine(true, kA, kB, {53, 53});
  tcp.protocol = net::kProtocolTcp;
  EXPECT_FALSE(Protects(tcp, fragment));
}

TEST(PolicyTest, LaterFragmentOfIcmpMatchesAPermitWithAType) {
  Flow fragment = Icmp(kA, kB, 0);
  fragment.icmp = Field::kHidden;
  fragment.later_fragment = true;
  PolicyLine line = Line(true, kA, kB);
  line.icmp_type = 8;
  EXPECT_TRUE(Protects(line, fragment));
  line.permit = false;
  EXPECT_FALSE(Exempts(line, fragment));
}

TEST(PolicyTest, FragmentsKeywordMeansLaterFragmentsOnly) {
  PolicyLine line = Line(true, kA, kB);
  line.fragments = true;
  EXPECT_TRUE(Protects(line, LaterFragment(kA, kB)));
  EXPECT_FALSE(Protects(line, Udp(kA, kB)));
  line.permit = false;
  EXPECT_TRUE(Exempts(line, LaterFragment(kA, kB)));
  EXPECT_FALSE(Exempts(line, Udp(kA, kB)));
}

TEST(PolicyTest, HiddenProtocolMatchesAPermitWithAProtocolAndNoDeny) {
  Flow flow = Udp(kA, kB);
  flow.protocol = 0;
  flow.protocol_hidden = true;
  flow.ports = flow.icmp = Field::kHidden;
  EXPECT_TRUE(Protects(UdpLine(true, kA, kB, {53, 53}), flow));
  EXPECT_FALSE(Exempts(UdpLine(false, kA, kB, {0, 65535}), flow));
}

TEST(PolicyTest, FamiliesDoNotMeet) {
  PolicyLine any4;
  any4.source = any4.destination = AddressMatch::V4(0, 0xffffffff);
  PolicyLine v6;
  v6.source = AddressMatch::V6(*net::Address::Parse("2001:db8::"), [] {
    std::array<uint8_t, 16> wildcard{};
    std::fill(wildcard.begin() + 8, wildcard.end(), 0xff);
    return wildcard;
  }());
  Flow flow6 = Udp(0, 0);
  flow6.source = *net::Address::Parse("2001:db8::77");
  flow6.destination = *net::Address::Parse("2001:db8:0:1::1");
  EXPECT_FALSE(Protects(any4, flow6));
  EXPECT_TRUE(Protects(v6, flow6));
  EXPECT_FALSE(Protects(v6, Udp(kA, kB)));
  EXPECT_FALSE(Protects(v6, flow6.Reversed()));
  EXPECT_TRUE(Protects(PolicyLine{}, flow6));
  EXPECT_TRUE(Protects(PolicyLine{}, Udp(kA, kB)));
  PolicyLine mixed = any4;
  mixed.destination = v6.source;
  EXPECT_FALSE(Protects(mixed, flow6));
  EXPECT_FALSE(Protects(mixed, Udp(kA, kB)));
}

TEST(PolicyTest, AdmitsWhatTheLineIsFor) {
  const Policy policy(
      {{9, 20, {Line(true, kB, kC)}, true},
       {8,
        10,
        {UdpLine(false, kA, kB, {53, 53}), UdpLine(true, kA, kB, {1, 99}), Line(true, kA, kB)},
        true}});
  ASSERT_EQ(policy.entries()[0].id, 8u);
  EXPECT_TRUE(policy.Admits(0, 1, Udp(kA, kB, 54)));
  EXPECT_FALSE(policy.Admits(0, 1, Udp(kA, kB, 100))) << "another line's packet";
  EXPECT_TRUE(policy.Admits(0, 2, Udp(kA, kB, 100)));
  EXPECT_TRUE(policy.Admits(0, 2, Udp(kA, kB, 54)))
      << "inside the line, though an earlier one took it";
  EXPECT_FALSE(policy.Admits(0, 2, Udp(kA, kB, 53))) << "denied above";
  EXPECT_FALSE(policy.Admits(0, kAnyLine, Udp(kA, kB, 53)));
  EXPECT_TRUE(policy.Admits(0, kAnyLine, Udp(kA, kB, 54)));
  EXPECT_FALSE(policy.Admits(0, kAnyLine, Udp(kB, kC))) << "another entry's packet";
  EXPECT_TRUE(policy.Admits(1, 0, Udp(kB, kC)));
}

}  // namespace
}  // namespace vam::ipsec
