#include "sw/net/ipv6.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace vam::net
