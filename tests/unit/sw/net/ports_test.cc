#include "sw/net/ports.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace vam::net {
namespace {

TEST(PortsTest, Udp) {
  const std::vector<uint8_t> datagram = *ParseHex("0a980035000a2343aabb");
  const auto header = ParseUdp(datagram);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->ports.source, 2712);
  EXPECT_EQ(header->ports.destination, 53);
  EXPECT_EQ(header->length_bytes, 10);
  EXPECT_EQ(header->checksum, 0x2343);
  std::array<uint8_t, 8> out;
  ASSERT_EQ(*WriteUdp(*header, out), 8u);
  EXPECT_EQ(FormatHex(out), FormatHex(Bytes(datagram).first(8)));
  for (size_t size = 0; size < datagram.size(); ++size) {
    EXPECT_EQ(ParseUdp(Bytes(datagram).first(size)).error().code, ErrorCode::kTruncated);
  }
  EXPECT_EQ(ParseUdp(*ParseHex("0a98003500072343")).error().code, ErrorCode::kMalformed);
}

TEST(PortsTest, TheFirstFourBytes) {
  EXPECT_EQ(ParsePorts(*ParseHex("01020304"))->destination, 0x0304);
  EXPECT_FALSE(ParsePorts(*ParseHex("010203")).has_value());
  EXPECT_TRUE(ProtocolHasPorts(6));
  EXPECT_TRUE(ProtocolHasPorts(17));
  EXPECT_FALSE(ProtocolHasPorts(1));
  EXPECT_FALSE(ProtocolHasPorts(50));
}

}  // namespace
}  // namespace vam::net
