#include "sw/ipsec/ip_packet.h"

#include <gtest/gtest.h>

#include "sw/net/ipv6.h"
#include "tests/unit/sw/ipsec/esp_fixture.h"

namespace vam::ipsec {
namespace {

using test::Buffer;
using test::MakeInner;
using test::MakeInner6;

Buffer Hex(const char* text) { return *ParseHex(text); }

TEST(IpPacketTest, Ipv4WithOptions) {
  Buffer packet = MakeInner(60, 0xb9, 6);
  packet[0] = 0x47;
  packet[6] = 0x40;
  packet.resize(70);
  const auto ip = ParseIp(packet);
  ASSERT_TRUE(ip.has_value());
  EXPECT_FALSE(ip->v6);
  EXPECT_EQ(ip->packet.size(), 60u);
  EXPECT_EQ(ip->tos, 0xb9);
  EXPECT_TRUE(ip->dont_fragment);
  EXPECT_FALSE(ip->fragment);
  EXPECT_EQ(ip->upper.offset, 28u);
  EXPECT_EQ(ip->upper.named_at, 9u);
  EXPECT_EQ(ip->upper.protocol, 6);
  EXPECT_EQ(ip->insert.offset, 28u);
}

TEST(IpPacketTest, TheChainOfIpv6Headers) {
  const Buffer packet = MakeInner6(120, test::Extensions(), 0, 0xb9);
  const auto ip = ParseIp(packet);
  ASSERT_TRUE(ip.has_value());
  EXPECT_TRUE(ip->v6 && ip->chain_ok);
  EXPECT_EQ(ip->tos, 0xb9);
  EXPECT_EQ(ToString(ip->source()), "2001:db8:1::5");
  EXPECT_EQ(ToString(ip->destination()), "2001:db8:2::7");
  EXPECT_EQ(ip->upper.offset, 40u + 8 + 24 + 8);
  EXPECT_EQ(ip->upper.named_at, 40u + 8 + 24);
  EXPECT_EQ(ip->upper.protocol, 17);
  // Behind hop-by-hop and routing, before the destination options.
  EXPECT_EQ(ip->insert.offset, 40u + 8 + 24);
  EXPECT_EQ(ip->insert.named_at, 40u + 8);
  EXPECT_EQ(ip->insert.protocol, net::kNextDestination);
}

TEST(IpPacketTest, DestinationOptionsBeforeARoutingHeaderAreHeaders) {
  const auto ip = ParseIp(MakeInner6(100,
                                     Hex("2b00010400000000"
                                         "1100000000000000"),
                                     net::kNextDestination));
  ASSERT_TRUE(ip.has_value());
  EXPECT_EQ(ip->insert.offset, 56u);
  EXPECT_EQ(ip->insert.protocol, 17);
}

TEST(IpPacketTest, Fragments) {
  Buffer first = MakeInner6(100, Hex("1100000100000007"), net::kNextFragment);
  auto ip = ParseIp(first);
  ASSERT_TRUE(ip.has_value());
  EXPECT_TRUE(ip->fragment && ip->chain_ok);
  EXPECT_EQ(ip->fragment_offset, 0);
  EXPECT_EQ(ip->upper.protocol, 17);
  // A later one names the first header of the whole packet; what follows here is data.
  ip = ParseIp(MakeInner6(100, Hex("3c00001000000007"), net::kNextFragment));
  ASSERT_TRUE(ip.has_value());
  EXPECT_TRUE(ip->fragment && ip->chain_ok);
  EXPECT_EQ(ip->fragment_offset, 2);
  EXPECT_EQ(ip->upper.protocol, net::kNextDestination);
}

TEST(IpPacketTest, BrokenChainsAreSeen) {
  const auto chain_ok = [](const Buffer& packet) {
    const auto ip = ParseIp(packet);
    EXPECT_TRUE(ip.has_value());
    return ip.has_value() && ip->chain_ok;
  };
  // Longer than the packet; hop-by-hop in the second place; no room for a header; no end.
  EXPECT_FALSE(chain_ok(MakeInner6(60, Hex("1105000000000000"), net::kNextDestination)));
  EXPECT_FALSE(
      chain_ok(MakeInner6(80, Hex("00000104000000001100010400000000"), net::kNextDestination)));
  Buffer cut = MakeInner6(48);
  cut.resize(44);
  cut[6] = net::kNextDestination;
  StoreBe16(cut.data() + 4, 4);
  EXPECT_FALSE(chain_ok(cut));
  Buffer many;
  for (int i = 0; i < 20; ++i) {
    const Buffer one = Hex("3c00010400000000");
    many.insert(many.end(), one.begin(), one.end());
  }
  EXPECT_FALSE(chain_ok(MakeInner6(300, many, net::kNextDestination)));
  EXPECT_FALSE(ParseIp(Buffer{}).has_value());
  EXPECT_FALSE(ParseIp(Buffer(39, 0x60)).has_value());
  EXPECT_FALSE(ParseIp(Buffer(40, 0x50)).has_value());
}

TEST(IpPacketTest, LengthsAreRepaired) {
  Buffer packet = MakeInner(60);
  packet[9] = 50;
  packet.resize(80);
  FixLengths(packet, false);
  ASSERT_TRUE(ParseIp(packet).has_value());
  EXPECT_EQ(ParseIp(packet)->packet.size(), 80u);
  EXPECT_TRUE(net::Ipv4ChecksumOk(packet));
  packet = MakeInner6(60);
  packet.resize(50);
  FixLengths(packet, true);
  EXPECT_EQ(ParseIp(packet)->packet.size(), 50u);
}

}  // namespace
}  // namespace vam::ipsec
