// Vectors: packets built by Scapy 2.5.0.
#include "sw/net/nd.h"

#include <gtest/gtest.h>

#include <vector>

#include "sw/net/icmp6.h"
#include "sw/net/ipv6.h"

namespace vam::net {
namespace {

// IPv6(src="fe80::ff:fe00:1", dst="ff02::1:ff00:7", hlim=255)/ICMPv6ND_NS(tgt="2001:db8::7")/
// ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:00:01")
constexpr const char* kSolicitation =
    "6000000000203afffe80000000000000000000fffe000001ff0200000000000000000001ff000007"
    "87004c550000000020010db80000000000000000000000070101020000000001";
// IPv6(src="::", dst="ff02::1:ff00:7", hlim=255)/ICMPv6ND_NS(tgt="2001:db8::7")
constexpr const char* kProbe =
    "6000000000183aff00000000000000000000000000000000ff0200000000000000000001ff000007"
    "87004ce10000000020010db8000000000000000000000007";
// IPv6(src="2001:db8::7", dst="fe80::ff:fe00:1", hlim=255)/
// ICMPv6ND_NA(tgt="2001:db8::7", R=1, S=1, O=1)/ICMPv6NDOptDstLLAddr(lladdr="02:00:00:00:00:07")
constexpr const char* kAdvertisement =
    "6000000000203aff20010db8000000000000000000000007fe80000000000000000000fffe000001"
    "88003a9ae000000020010db80000000000000000000000070201020000000007";
// IPv6(src="2001:db8::1", dst="2001:db8::2", hlim=64)/
// ICMPv6EchoRequest(id=0x1234, seq=0x5678, data=b"abcdefg")
constexpr const char* kEcho =
    "60000000000f3a4020010db800000000000000000000000120010db8000000000000000000000002"
    "80002a671234567861626364656667";

Address At(const char* text) { return *Address::Parse(text); }
MacAddress Mac(uint8_t last) { return {{2, 0, 0, 0, 0, last}}; }

std::vector<uint8_t> Rest(const char* packet) {
  const std::vector<uint8_t> all = *ParseHex(packet);
  return {all.begin() + kIpv6HeaderBytes, all.end()};
}

TEST(Icmp6Test, ChecksumAgreesWithScapy) {
  for (const char* text : {kSolicitation, kProbe, kAdvertisement, kEcho}) {
    std::vector<uint8_t> packet = *ParseHex(text);
    const auto header = ParseIpv6(packet);
    ASSERT_TRUE(header.has_value());
    const MutableBytes message = MutableBytes(packet).subspan(kIpv6HeaderBytes);
    EXPECT_TRUE(Icmp6ChecksumOk(header->source, header->destination, message));
    message[5] ^= 1;
    EXPECT_FALSE(Icmp6ChecksumOk(header->source, header->destination, message));
  }
}

TEST(Icmp6Test, WritesWhatScapyWrites) {
  const std::vector<uint8_t> want = Rest(kEcho);
  std::vector<uint8_t> out(want.size());
  const auto size = WriteIcmp6(At("2001:db8::1"), At("2001:db8::2"),
                               {kIcmp6EchoRequest, 0, 0, 0x12345678}, Bytes(want).subspan(8), out);
  ASSERT_TRUE(size.has_value());
  EXPECT_EQ(out, want);
  EXPECT_FALSE(WriteIcmp6(At("::1"), At("::1"), {}, Bytes(want), out).has_value());
}

TEST(Icmp6Test, ErrorsAndRedirectsAreNotReported) {
  EXPECT_TRUE(Icmp6IsError(kIcmp6Unreachable));
  EXPECT_TRUE(Icmp6IsError(127));
  EXPECT_TRUE(Icmp6IsError(kIcmp6Redirect));
  EXPECT_FALSE(Icmp6IsError(kIcmp6EchoRequest));
  EXPECT_FALSE(Icmp6IsError(kIcmp6NeighborSolicitation));
}

TEST(NdTest, ReadsScapysMessages) {
  const auto ns = ParseNd(Rest(kSolicitation));
  ASSERT_TRUE(ns.has_value());
  EXPECT_FALSE(ns->advertisement);
  EXPECT_EQ(ns->target, At("2001:db8::7"));
  EXPECT_EQ(ns->link, Mac(1));
  const auto probe = ParseNd(Rest(kProbe));
  ASSERT_TRUE(probe.has_value());
  EXPECT_FALSE(probe->link.has_value());
  const auto na = ParseNd(Rest(kAdvertisement));
  ASSERT_TRUE(na.has_value());
  EXPECT_TRUE(na->advertisement && na->router && na->solicited && na->override_known);
  EXPECT_EQ(na->link, Mac(7));
}

TEST(NdTest, WritesWhatScapyWrites) {
  NdMessage message;
  message.target = At("2001:db8::7");
  message.link = Mac(1);
  std::vector<uint8_t> out(kNdMaxMessageBytes);
  auto size = WriteNd(message, LinkLocalOf(Mac(1)), SolicitedNode(message.target), out);
  ASSERT_TRUE(size.has_value());
  EXPECT_EQ(out, Rest(kSolicitation));
  message.link.reset();
  size = WriteNd(message, At("::"), SolicitedNode(message.target), out);
  ASSERT_EQ(*size, 24u);
  EXPECT_TRUE(std::equal(out.begin(), out.begin() + 24, Rest(kProbe).begin()));
  message = {true, At("2001:db8::7"), Mac(7), true, true, true};
  size = WriteNd(message, message.target, LinkLocalOf(Mac(1)), out);
  ASSERT_TRUE(size.has_value());
  EXPECT_EQ(out, Rest(kAdvertisement));
  EXPECT_FALSE(WriteNd(message, message.target, message.target, MutableBytes(out).first(31)));
}

TEST(NdTest, RefusesWhatTheRfcRefuses) {
  const std::vector<uint8_t> good = Rest(kSolicitation);
  for (size_t size = 0; size < good.size(); ++size) {
    if (size == 24) continue;  // without its option it is whole
    EXPECT_EQ(ParseNd(Bytes(good).first(size)).error().code, ErrorCode::kTruncated) << size;
  }
  std::vector<uint8_t> bad = good;
  bad[1] = 1;  // code
  EXPECT_EQ(ParseNd(bad).error().code, ErrorCode::kMalformed);
  bad = good;
  bad[8] = 0xff;  // multicast target
  EXPECT_EQ(ParseNd(bad).error().code, ErrorCode::kMalformed);
  bad = good;
  bad[25] = 0;  // option length
  EXPECT_EQ(ParseNd(bad).error().code, ErrorCode::kMalformed);
  bad = good;
  bad[0] = kIcmp6RouterSolicitation;
  EXPECT_EQ(ParseNd(bad).error().code, ErrorCode::kMalformed);
}

TEST(NdTest, AddressesOfALink) {
  EXPECT_EQ(ToString(LinkLocalOf(Mac(1))), "fe80::ff:fe00:1");
  EXPECT_EQ(ToString(WithInterfaceId(At("2001:db8:1:2::"), {{0, 0x11, 0x22, 0x33, 0x44, 0x55}})),
            "2001:db8:1:2:211:22ff:fe33:4455");
  EXPECT_EQ(ToString(SolicitedNode(At("2001:db8::12:3456"))), "ff02::1:ff12:3456");
  EXPECT_EQ(ToString(MulticastMac(At("ff02::1:ff00:7"))), "33:33:ff:00:00:07");
  EXPECT_EQ(ToString(MulticastMac(AllNodes())), "33:33:00:00:00:01");
}

}  // namespace
}  // namespace vam::net
