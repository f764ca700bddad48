#include "sw/net/ipv6.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace vam::net {
namespace {

std::vector<uint8_t> Sample() {
  return *ParseHex(
      "6bd1234500043a40"
      "20010db8000000000000000000000001"
      "20010db8000000000000000000000002"
      "80001122");
}

TEST(Ipv6Test, ReadsEveryField) {
  const auto header = ParseIpv6(Sample());
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->traffic_class, 0xbd);
  EXPECT_EQ(header->flow_label, 0x12345u);
  EXPECT_EQ(header->payload_bytes, 4);
  EXPECT_EQ(header->next_header, 58);
  EXPECT_EQ(header->hop_limit, 64);
  EXPECT_EQ(ToString(header->source), "2001:db8::1");
  EXPECT_EQ(ToString(header->destination), "2001:db8::2");
}

TEST(Ipv6Test, RefusesTruncationAndOtherVersions) {
  std::vector<uint8_t> packet = Sample();
  for (size_t size = 0; size < packet.size(); ++size) {
    EXPECT_EQ(ParseIpv6(Bytes(packet).first(size)).error().code, ErrorCode::kTruncated) << size;
  }
  packet[0] = 0x45;
  EXPECT_EQ(ParseIpv6(packet).error().code, ErrorCode::kMalformed);
}

TEST(Ipv6Test, WritesWhatItReads) {
  const std::vector<uint8_t> packet = Sample();
  std::vector<uint8_t> out(kIpv6HeaderBytes);
  ASSERT_TRUE(WriteIpv6(*ParseIpv6(packet), out).has_value());
  EXPECT_TRUE(std::equal(out.begin(), out.end(), packet.begin()));
  EXPECT_EQ(WriteIpv6(*ParseIpv6(packet), MutableBytes(out).first(39)).error().code,
            ErrorCode::kExhausted);
  EXPECT_EQ(WriteIpv6({}, out).error().code, ErrorCode::kInvalidArgument);
}

// Chains built by Scapy 2.5.0.
Result<Ipv6Chain> Walk(const std::vector<uint8_t>& packet) {
  return WalkIpv6(*ParseIpv6(packet), packet);
}

// IPv6ExtHdrHopByHop()/IPv6ExtHdrRouting(addresses=["2001:db8::9"], segleft=1)/
// IPv6ExtHdrFragment(id=0xdeadbeef, offset=0, m=1)/IPv6ExtHdrDestOpt()/UDP(sport=1, dport=2)
std::vector<uint8_t> FirstFragment() {
  return *ParseHex(
      "600000000040004020010db800000000000000000000000120010db8000000000000000000000002"
      "2b000104000000002c0200010000000020010db80000000000000000000000093c000001deadbeef"
      "1100010400000000000100020010d37a3132333435363738");
}

TEST(Ipv6ChainTest, FirstFragmentBehindRoutingHeader) {
  const auto chain = Walk(FirstFragment());
  ASSERT_TRUE(chain.has_value());
  EXPECT_TRUE(chain->has_fragment && chain->more_fragments && chain->IsFragment());
  EXPECT_EQ(chain->fragment_offset, 0);
  EXPECT_EQ(chain->identification, 0xdeadbeefu);
  EXPECT_EQ(chain->fragment_offset_at, 40u + 8 + 24);
  EXPECT_EQ(chain->fragment_named_at, 40u + 8);
  EXPECT_EQ(chain->active_routing_at, 48u);
  EXPECT_EQ(chain->protocol, 17);
  EXPECT_EQ(chain->upper_offset, 40u + 8 + 24 + 8 + 8);
}

// IPv6ExtHdrHopByHop()/IPv6ExtHdrFragment(id=7, offset=185, m=0, nh=17)/b"12345678"
TEST(Ipv6ChainTest, LaterFragmentEndsTheChain) {
  const auto chain = Walk(
      *ParseHex("600000000018004020010db800000000000000000000000120010db8000000000000000000000002"
                "2c00010400000000110005c8000000073132333435363738"));
  ASSERT_TRUE(chain.has_value());
  EXPECT_EQ(chain->fragment_offset, 185);
  EXPECT_FALSE(chain->more_fragments);
  EXPECT_EQ(chain->protocol, 17);
  EXPECT_EQ(chain->upper_offset, 56u);
  EXPECT_EQ(chain->active_routing_at, 0u);
}

// IPv6ExtHdrDestOpt()/TCP(): a fragment header would stand before the options.
TEST(Ipv6ChainTest, DestinationOptionsAreFragmentable) {
  const auto chain = Walk(
      *ParseHex("60000000001c3c4020010db800000000000000000000000120010db8000000000000000000000002"
                "060001040000000000140050000000000000000050022000340a0000"));
  ASSERT_TRUE(chain.has_value());
  EXPECT_FALSE(chain->has_fragment);
  EXPECT_EQ(chain->fragment_offset_at, 40u);
  EXPECT_EQ(chain->fragment_named_at, kIpv6NextHeaderOffset);
  EXPECT_EQ(chain->protocol, 6);
}

TEST(Ipv6ChainTest, RefusesWhatIsCutOffOrOutOfOrder) {
  const std::vector<uint8_t> good = FirstFragment();
  for (size_t bytes = 0; bytes < 48; ++bytes) {  // of the payload: the chain alone has 48
    std::vector<uint8_t> cut(good.begin(), good.begin() + 40 + static_cast<ptrdiff_t>(bytes));
    StoreBe16(&cut[4], static_cast<uint16_t>(bytes));
    EXPECT_EQ(Walk(cut).error().code, ErrorCode::kTruncated) << bytes;
  }
  std::vector<uint8_t> bad = good;
  bad[48] = kNextHopByHop;  // not first any more
  EXPECT_EQ(Walk(bad).error().code, ErrorCode::kMalformed);
  std::vector<uint8_t> longest(40 + 9 * 8);
  std::copy_n(good.begin(), 40, longest.begin());
  StoreBe16(&longest[4], 72);
  longest[6] = kNextDestination;
  for (size_t i = 0; i < 9; ++i) longest[40 + 8 * i] = i == 7 ? 59 : kNextDestination;
  EXPECT_TRUE(Walk(longest).has_value());
  longest[40 + 8 * 7] = kNextDestination;
  EXPECT_EQ(Walk(longest).error().code, ErrorCode::kMalformed);
}

}  // namespace
}  // namespace vam::net
