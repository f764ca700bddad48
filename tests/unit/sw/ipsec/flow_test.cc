#include "sw/ipsec/flow.h"

#include <gtest/gtest.h>

#include <vector>

namespace vam::ipsec {
namespace {

using Packet = std::vector<uint8_t>;

struct V4Spec {
  uint8_t protocol = net::kProtocolUdp;
  uint16_t fragment_offset = 0;
  bool more = false;
  Packet payload = {0x12, 0x34, 0x00, 0x35, 0, 8, 0, 0};
};

Flow V4(const V4Spec& spec) {
  Packet packet(net::kIpv4HeaderBytes);
  packet.insert(packet.end(), spec.payload.begin(), spec.payload.end());
  net::Ipv4Header header;
  header.total_bytes = static_cast<uint16_t>(packet.size());
  header.protocol = spec.protocol;
  header.fragment_offset = spec.fragment_offset;
  header.more_fragments = spec.more;
  header.source = net::Address::V4(0x0a010001);
  header.destination = net::Address::V4(0x0a020002);
  EXPECT_TRUE(net::WriteIpv4(header, packet).has_value());
  packet.insert(packet.end(), 10, 0xee);  // link padding
  return FlowOf(*net::ParseIpv4(packet), packet);
}

TEST(FlowTest, UdpShowsItsPorts) {
  const Flow flow = V4({});
  EXPECT_EQ(net::ToString(flow.source), "10.1.0.1");
  EXPECT_EQ(net::ToString(flow.destination), "10.2.0.2");
  EXPECT_EQ(flow.protocol, net::kProtocolUdp);
  EXPECT_EQ(flow.ports, Field::kShown);
  EXPECT_EQ(flow.source_port, 0x1234);
  EXPECT_EQ(flow.destination_port, 53);
  EXPECT_EQ(flow.icmp, Field::kAbsent);
  EXPECT_FALSE(flow.later_fragment);
}

TEST(FlowTest, FirstFragmentShowsAndLaterOnesHide) {
  EXPECT_EQ(V4({.more = true}).ports, Field::kShown);
  const Flow later = V4({.fragment_offset = 1});
  EXPECT_TRUE(later.later_fragment);
  EXPECT_EQ(later.ports, Field::kHidden);
  EXPECT_EQ(later.source_port, 0);
  const Flow icmp = V4({.protocol = net::kProtocolIcmp, .fragment_offset = 1});
  EXPECT_EQ(icmp.icmp, Field::kHidden);
  EXPECT_EQ(icmp.ports, Field::kAbsent);
}

TEST(FlowTest, CutOffHeaderHidesWhatThePaddingMustNotShow) {
  EXPECT_EQ(V4({.payload = {1, 2, 3}}).ports, Field::kHidden);
  EXPECT_EQ(V4({.payload = {1, 2, 3, 4}}).ports, Field::kShown);
  EXPECT_EQ(V4({.protocol = net::kProtocolIcmp, .payload = {8}}).icmp, Field::kHidden);
  EXPECT_EQ(V4({.payload = {}}).ports, Field::kHidden);
}

TEST(FlowTest, OtherProtocolsHaveNeither) {
  const Flow flow = V4({.protocol = 47});
  EXPECT_EQ(flow.ports, Field::kAbsent);
  EXPECT_EQ(flow.icmp, Field::kAbsent);
  EXPECT_EQ(V4({.protocol = 58}).icmp, Field::kAbsent) << "ICMPv6 is of IPv6";
}

TEST(FlowTest, ReversedTwiceIsTheSame) {
  const Flow flow = V4({});
  EXPECT_EQ(flow.Reversed().source, flow.destination);
  EXPECT_EQ(flow.Reversed().source_port, flow.destination_port);
  EXPECT_EQ(flow.Reversed().Reversed(), flow);
}

Flow V6(uint8_t next_header, const Packet& payload) {
  Packet packet(net::kIpv6HeaderBytes);
  packet[0] = 0x60;
  StoreBe16(&packet[4], static_cast<uint16_t>(payload.size()));
  packet[6] = next_header;
  packet[8] = 0x20;
  packet[24] = 0x30;
  packet.insert(packet.end(), payload.begin(), payload.end());
  packet.insert(packet.end(), 20, 0);  // link padding
  return FlowOf(*net::ParseIpv6(packet), packet);
}

const Packet kUdp = {0x12, 0x34, 0x00, 0x35, 0, 8, 0, 0};

Packet Extension(uint8_t next, uint8_t units, const Packet& behind) {
  Packet header(8 + 8 * size_t{units});
  header[0] = next;
  header[1] = units;
  header.insert(header.end(), behind.begin(), behind.end());
  return header;
}

Packet Fragment(uint8_t next, uint16_t offset, const Packet& behind) {
  Packet header = Extension(next, 0, behind);
  StoreBe16(&header[2], static_cast<uint16_t>(offset << 3 | 1));
  return header;
}

TEST(FlowTest, Ipv6UpperLayerBehindExtensionHeaders) {
  EXPECT_EQ(V6(17, kUdp).destination_port, 53);
  const Flow flow = V6(0, Extension(60, 1, Extension(43, 0, Extension(17, 2, kUdp))));
  EXPECT_EQ(flow.protocol, 17);
  EXPECT_EQ(flow.ports, Field::kShown);
  EXPECT_EQ(flow.source_port, 0x1234);
  EXPECT_FALSE(flow.protocol_hidden);
  EXPECT_EQ(V6(60, Extension(58, 0, {128, 1})).icmp_type, 128);
  EXPECT_EQ(V6(1, {8, 0}).icmp, Field::kAbsent) << "ICMP is of IPv4";
  EXPECT_EQ(V6(59, {}).protocol, 59);
}

TEST(FlowTest, Ipv6Fragments) {
  const Flow first = V6(44, Fragment(17, 0, kUdp));
  EXPECT_FALSE(first.later_fragment);
  EXPECT_EQ(first.destination_port, 53);
  const Flow later = V6(44, Fragment(17, 8, kUdp));
  EXPECT_TRUE(later.later_fragment);
  EXPECT_EQ(later.protocol, 17);
  EXPECT_FALSE(later.protocol_hidden);
  EXPECT_EQ(later.ports, Field::kHidden);
  // Which upper layer follows the options stands in the first fragment only.
  const Flow options = V6(44, Fragment(60, 8, Extension(17, 0, kUdp)));
  EXPECT_TRUE(options.protocol_hidden);
  EXPECT_EQ(options.ports, Field::kHidden);
  EXPECT_EQ(options.icmp, Field::kHidden);
}

TEST(FlowTest, Ipv6ChainThatDoesNotEndHidesTheProtocol) {
  EXPECT_TRUE(V6(0, {17, 0, 0, 0}).protocol_hidden);
  Packet past_the_end = Extension(17, 0, kUdp);
  past_the_end[1] = 9;
  EXPECT_TRUE(V6(0, past_the_end).protocol_hidden);
  Packet long_chain = kUdp;
  uint8_t next = 17;
  for (int i = 0; i < 8; ++i) {
    long_chain = Extension(next, 0, long_chain);
    next = 60;
  }
  EXPECT_FALSE(V6(60, long_chain).protocol_hidden);
  EXPECT_TRUE(V6(60, Extension(60, 0, long_chain)).protocol_hidden);
}

}  // namespace
}  // namespace vam::ipsec
