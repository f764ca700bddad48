// The MSS of TCP SYNs on their way; Scapy says what a right segment is.
#include "sw/fwd/tcp_mss.h"

#include "sw/net/checksum.h"
#include "tests/unit/sw/fwd/gateway_fixture.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

using Segment = std::vector<uint8_t>;

constexpr uint8_t kSyn = 2, kAck = 16;

// A header with `options` (padded to whole words with zeros) and the right checksum over it alone.
Segment Tcp(uint8_t flags, std::vector<uint8_t> options) {
  while (options.size() % 4 != 0) options.push_back(0);
  Segment segment(20 + options.size());
  StoreBe16(segment.data(), 1000);
  StoreBe16(&segment[2], 80);
  segment[12] = static_cast<uint8_t>((segment.size() / 4) << 4);
  segment[13] = flags;
  std::copy(options.begin(), options.end(), segment.begin() + 20);
  StoreBe16(&segment[16], net::Checksum(segment));
  return segment;
}

TEST(TcpMss, ABiggerOneIsLowered) {
  Segment segment = Tcp(kSyn, {2, 4, 0x05, 0xb4, 4, 2});
  EXPECT_EQ(LowerMss(segment, 1360), MssVerdict::kAdjusted);
  EXPECT_EQ(LoadBe16(&segment[22]), 1360);
  EXPECT_EQ(net::Checksum(segment), 0);
  EXPECT_EQ(LowerMss(segment, 1360), MssVerdict::kUntouched);
}

// The value lies across two words of the checksum.
TEST(TcpMss, AtAnOddPlace) {
  for (const std::vector<uint8_t>& options :
       {std::vector<uint8_t>{1, 2, 4, 0x05, 0xb4}, {1, 1, 1, 2, 4, 0xff, 0xff, 1}}) {
    Segment segment = Tcp(kSyn | kAck, options);
    EXPECT_EQ(LowerMss(segment, 536), MssVerdict::kAdjusted);
    EXPECT_EQ(net::Checksum(segment), 0);
    EXPECT_EQ(LoadBe16(&segment[options.size() == 5 ? 23 : 25]), 536);
  }
}

TEST(TcpMss, EveryValueAndPlaceKeepsTheChecksum) {
  for (size_t pad = 0; pad < 6; ++pad) {
    for (uint32_t value = 0; value <= 0xffff; value += 251) {
      std::vector<uint8_t> options(pad, 1);
      options.insert(options.end(),
                     {2, 4, static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)});
      Segment segment = Tcp(kSyn, options);
      const MssVerdict verdict = LowerMss(segment, 1200);
      EXPECT_EQ(verdict, value > 1200 ? MssVerdict::kAdjusted : MssVerdict::kUntouched);
      EXPECT_EQ(net::Checksum(segment), 0) << pad << " " << value;
    }
  }
}

TEST(TcpMss, WhatMakesNoSenseIsLeftAlone) {
  const std::vector<uint8_t> kBad[] = {{2, 3, 0x05, 0xb4},          // length of another option
                                       {2, 8, 0x05, 0xb4},          // beyond the header
                                       {3, 0, 2, 4, 5, 0xb4},       // no length
                                       {1, 1, 1, 2},                // cut off
                                       {8, 10, 0, 0, 2, 4, 9, 9}};  // the last one ends too late
  for (const std::vector<uint8_t>& options : kBad) {
    Segment segment = Tcp(kSyn, options);
    const Segment before = segment;
    EXPECT_EQ(LowerMss(segment, 536), MssVerdict::kMalformed);
    EXPECT_EQ(segment, before);
  }
  Segment lying = Tcp(kSyn, {2, 4, 0x05, 0xb4});
  lying[12] = 0xf0;  // a header longer than the segment
  EXPECT_EQ(LowerMss(lying, 536), MssVerdict::kMalformed);
  lying[12] = 0x40;  // and one too short
  EXPECT_EQ(LowerMss(lying, 536), MssVerdict::kMalformed);
}

TEST(TcpMss, OnlySynsWithTheOption) {
  for (Segment segment : {Tcp(kAck, {2, 4, 0x05, 0xb4}), Tcp(kSyn, {}), Tcp(kSyn, {4, 2}),
                          Tcp(kSyn, {0, 0, 0, 0, 2, 4, 5, 0xb4}), Segment(13), Segment()}) {
    const Segment before = segment;
    EXPECT_EQ(LowerMss(segment, 536), MssVerdict::kUntouched);
    EXPECT_EQ(segment, before);
  }
}

// Scapy 2.5.0:
//   bytes(IP(src="10.1.0.5", dst="10.8.0.1", ttl=64, id=1)/TCP(sport=1000, dport=80, seq=7,
//         flags="S", options=[("NOP", None), ("MSS", 1460), ("SAckOK", b"")]))
// and the same with MSS 1000, ttl=63.
Frame Bytes2(const char* hex) {
  const auto parsed = ParseHex(hex);
  EXPECT_TRUE(parsed.has_value());
  return parsed.value_or(Frame{});
}
constexpr const char* kSynIn =
    "4500003000010000400666b90a0100050a08000103e800500000000700000000700220009c81000001020405"
    "b4040200";
constexpr const char* kSynOut =
    "45000030000100003f0667b90a0100050a08000103e800500000000700000000700220006883000001020403"
    "e8040200";
constexpr const char* kSyn6In =
    "60000000001c064020010db800010000000000000000000520010db800080000000000000000000103e80050"
    "000000070000000070022000550f000001020405b4040200";
constexpr const char* kSyn6Out =
    "60000000001c063f20010db800010000000000000000000520010db800080000000000000000000103e80050"
    "0000000700000000700220002111000001020403e8040200";

class AdjustMssTest : public ::testing::Test {
 protected:
  void Configure(const std::string& inside, const std::string& outside) {
    g.Configure(
        "ipv6 unicast-routing\n"
        "interface Ethernet0/0\n ip address 10.1.0.1 255.255.255.0\n"
        " ipv6 address 2001:db8:1::1/64\n" +
        inside +
        "interface Ethernet0/1\n ip address 10.8.0.9 255.255.255.0\n"
        " ipv6 address 2001:db8:8::9/64\n" +
        outside +
        "arp 10.8.0.1 02ff.0000.0002 arpa\n"
        "ipv6 neighbor 2001:db8:8::1 Ethernet0/1 02ff.0000.0002\n");
    g.Settle();
    g.clock.AdvanceNs(5 * kNsPerSecond);  // addresses become usable
    g.Settle();
    g.ports[1]->out.clear();
  }
  Frame Through(const Frame& packet) {
    g.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), packet));
    if (packet[0] >> 4 == 6) StoreBe16(&g.ports[0]->in.back()[12], net::kEtherTypeIpv6);
    g.Settle();
    if (g.ports[1]->out.size() != 1) return {};
    Frame out = Payload(g.ports[1]->out.front());
    g.ports[1]->out.clear();
    return out;
  }
  uint64_t Adjusted(size_t port) const {
    return g.gateway->forwarder().interface_counters(port).mss_adjusted.value();
  }
  TestGateway g{1};
};

TEST_F(AdjustMssTest, OfTheInterfaceWhereItComesIn) {
  Configure(" ip tcp adjust-mss 1000\n", "");
  EXPECT_EQ(Through(Bytes2(kSynIn)), Bytes2(kSynOut));
  EXPECT_EQ(Adjusted(0), 1u);
  EXPECT_EQ(Adjusted(1), 0u);
}

TEST_F(AdjustMssTest, OfTheInterfaceWhereItLeaves) {
  Configure("", " ip tcp adjust-mss 1000\n");
  EXPECT_EQ(Through(Bytes2(kSynIn)), Bytes2(kSynOut));
  EXPECT_EQ(Adjusted(1), 1u);
}

TEST_F(AdjustMssTest, EachFamilyHasItsOwn) {
  Configure(" ipv6 tcp adjust-mss 1000\n", "");
  const Frame v4 = Through(Bytes2(kSynIn));
  EXPECT_NE(v4, Bytes2(kSynOut));
  EXPECT_FALSE(v4.empty());
  EXPECT_EQ(Through(Bytes2(kSyn6In)), Bytes2(kSyn6Out));
  EXPECT_EQ(Adjusted(0), 1u);
}

TEST_F(AdjustMssTest, MalformedOptionsPassAndAreCounted) {
  Configure(" ip tcp adjust-mss 1000\n", "");
  Frame packet = Bytes2(kSynIn);
  packet[20 + 22] = 9;  // the length of the MSS option
  Frame expected = packet;
  const Frame out = Through(packet);
  ASSERT_EQ(out.size(), expected.size());
  EXPECT_TRUE(std::equal(out.begin() + 20, out.end(), expected.begin() + 20));
  EXPECT_EQ(g.gateway->forwarder().interface_counters(0).mss_malformed.value(), 1u);
}

}  // namespace
}  // namespace vam::fwd::test
