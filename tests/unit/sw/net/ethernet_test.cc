#include "sw/net/ethernet.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "sw/net/arp.h"

namespace vam::net {
namespace {

TEST(EthernetTest, RoundTrips) {
  const EthernetHeader header{*MacAddress::Parse("02:00:00:00:00:01"),
                              *MacAddress::Parse("02:00:00:00:00:02"), kEtherTypeIpv4};
  std::array<uint8_t, 14> frame;
  ASSERT_EQ(*WriteEthernet(header, frame), 14u);
  EXPECT_EQ(FormatHex(frame), "0200000000010200000000020800");
  const auto parsed = ParseEthernet(frame);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->destination, header.destination);
  EXPECT_EQ(parsed->source, header.source);
  EXPECT_EQ(parsed->ether_type, kEtherTypeIpv4);
  EXPECT_FALSE(ParseEthernet(Bytes(frame).first(13)).has_value());
  EXPECT_FALSE(WriteEthernet(header, MutableBytes(frame).first(13)).has_value());
}

// A request as the Linux kernel sends it.
const char kRequest[] = "0001080006040001020000000001c0000201000000000000c0000202";

TEST(ArpTest, ReadsARequest) {
  const auto message = ParseArp(*ParseHex(kRequest));
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->operation, ArpOperation::kRequest);
  EXPECT_EQ(ToString(message->sender_mac), "02:00:00:00:00:01");
  EXPECT_EQ(ToString(message->sender_ip), "192.0.2.1");
  EXPECT_TRUE(message->target_mac.IsZero());
  EXPECT_EQ(ToString(message->target_ip), "192.0.2.2");
}

TEST(ArpTest, WritingReproducesIt) {
  std::array<uint8_t, 28> out;
  ASSERT_EQ(*WriteArp(*ParseArp(*ParseHex(kRequest)), out), 28u);
  EXPECT_EQ(FormatHex(out), kRequest);
  EXPECT_FALSE(WriteArp({}, out).has_value());
  EXPECT_FALSE(WriteArp(*ParseArp(out), MutableBytes(out).first(27)).has_value());
}

TEST(ArpTest, RefusesOtherProtocols) {
  for (const size_t offset : {0, 1, 2, 3, 4, 5, 6, 7}) {
    std::vector<uint8_t> message = *ParseHex(kRequest);
    message[offset] ^= 0x40;
    EXPECT_EQ(ParseArp(message).error().code, ErrorCode::kMalformed) << offset;
  }
  std::vector<uint8_t> message = *ParseHex(kRequest);
  message[7] = 0;
  EXPECT_FALSE(ParseArp(message).has_value());
  for (size_t size = 0; size < 28; ++size) {
    EXPECT_EQ(ParseArp(Bytes(message).first(size)).error().code, ErrorCode::kTruncated);
  }
}

}  // namespace
}  // namespace vam::net
