#include "sw/net/ipv4.h"

#include <gtest/gtest.h>

#include <vector>

namespace vam::net {
namespace {

// A UDP packet of draft-mcgrew-gcm-test-01, case 2: 62 bytes, checksum 4dcc.
std::vector<uint8_t> Sample() {
  return *ParseHex(
      "4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d00100"
      "0001000000000000037369700963796265726369747902646b0000010001");
}

TEST(Ipv4Test, ReadsEveryField) {
  std::vector<uint8_t> packet = Sample();
  packet[1] = 0xb9;
  packet[6] = 0x7f;
  packet[7] = 0xf1;
  const auto header = ParseIpv4(packet);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->header_bytes, 20);
  EXPECT_EQ(header->tos, 0xb9);
  EXPECT_EQ(header->total_bytes, 62);
  EXPECT_EQ(header->identification, 0x698f);
  EXPECT_TRUE(header->dont_fragment);
  EXPECT_TRUE(header->more_fragments);
  EXPECT_EQ(header->fragment_offset, 0x1ff1);
  EXPECT_EQ(header->ttl, 128);
  EXPECT_EQ(header->protocol, kProtocolUdp);
  EXPECT_EQ(header->checksum, 0x4dcc);
  EXPECT_EQ(ToString(header->source), "192.168.1.2");
  EXPECT_EQ(ToString(header->destination), "192.168.1.1");
  EXPECT_EQ(header->payload_bytes(), 42u);
  EXPECT_TRUE(header->IsFragment());
}

TEST(Ipv4Test, ChecksumOfARealPacket) {
  std::vector<uint8_t> packet = Sample();
  EXPECT_TRUE(Ipv4ChecksumOk(packet));
  for (size_t bit = 0; bit < 160; ++bit) {
    packet[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    // A flip in the header length moves the end of the header.
    const bool readable = ParseIpv4(packet).has_value();
    EXPECT_FALSE(readable && Ipv4ChecksumOk(packet)) << bit;
    packet[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
  }
}

TEST(Ipv4Test, PaddingBehindThePacketIsIgnored) {
  std::vector<uint8_t> packet = Sample();
  packet.resize(100);
  EXPECT_EQ(ParseIpv4(packet)->total_bytes, 62);
}

TEST(Ipv4Test, EveryTruncationIsSeen) {
  const std::vector<uint8_t> packet = Sample();
  for (size_t size = 0; size < packet.size(); ++size) {
    EXPECT_EQ(ParseIpv4(Bytes(packet).first(size)).error().code, ErrorCode::kTruncated) << size;
  }
}

TEST(Ipv4Test, ImpossibleLengths) {
  std::vector<uint8_t> packet = Sample();
  packet[0] = 0x65;
  EXPECT_EQ(ParseIpv4(packet).error().code, ErrorCode::kMalformed);
  packet[0] = 0x44;
  EXPECT_EQ(ParseIpv4(packet).error().code, ErrorCode::kMalformed);
  packet[0] = 0x4f;  // 60 bytes of header: fits 62
  EXPECT_EQ(ParseIpv4(packet)->payload_bytes(), 2u);
  StoreBe16(packet.data() + 2, 59);
  EXPECT_EQ(ParseIpv4(packet).error().code, ErrorCode::kMalformed);
  packet = Sample();
  StoreBe16(packet.data() + 2, 63);
  EXPECT_EQ(ParseIpv4(packet).error().code, ErrorCode::kTruncated);
}

TEST(Ipv4Test, WritingReproducesARealHeader) {
  const std::vector<uint8_t> packet = Sample();
  std::vector<uint8_t> out(20);
  ASSERT_EQ(*WriteIpv4(*ParseIpv4(packet), out), 20u);
  EXPECT_EQ(FormatHex(out), FormatHex(Bytes(packet).first(20)));
}

TEST(Ipv4Test, WritingRefusesWhatItCannotExpress) {
  Ipv4Header header = *ParseIpv4(Sample());
  std::vector<uint8_t> out(20);
  EXPECT_EQ(WriteIpv4(header, MutableBytes(out).first(19)).error().code, ErrorCode::kExhausted);
  header.header_bytes = 24;
  EXPECT_EQ(WriteIpv4(header, out).error().code, ErrorCode::kInvalidArgument);
  header.header_bytes = 20;
  header.fragment_offset = 0x2000;
  EXPECT_EQ(WriteIpv4(header, out).error().code, ErrorCode::kInvalidArgument);
  header.fragment_offset = 0;
  header.source = Address();
  EXPECT_EQ(WriteIpv4(header, out).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace vam::net
