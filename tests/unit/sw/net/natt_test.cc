// RFC 3948, 2.1 to 2.3, and the checksum of RFC 768.
#include "sw/net/natt.h"

#include <gtest/gtest.h>

#include <vector>

#include "sw/net/checksum.h"
#include "sw/net/ipv4.h"

namespace vam::net {
namespace {

NattContent Of(const std::vector<uint8_t>& payload) { return NattContentOf(payload); }

TEST(NattTest, TellsWhatADatagramCarries) {
  EXPECT_EQ(Of({0xff}), NattContent::kKeepalive);
  EXPECT_EQ(Of({0, 0, 0, 0}), NattContent::kIke);
  EXPECT_EQ(Of({0, 0, 0, 0, 1, 2, 3}), NattContent::kIke);
  EXPECT_EQ(Of({0, 0, 1, 0, 0, 0, 0, 1}), NattContent::kEsp);
}

TEST(NattTest, WhatIsTooShortIsNothing) {
  EXPECT_EQ(Of({}), NattContent::kShort);
  EXPECT_EQ(Of({0xfe}), NattContent::kShort);
  EXPECT_EQ(Of({0xff, 0xff}), NattContent::kShort);
  EXPECT_EQ(Of({0, 0, 0}), NattContent::kShort);
  EXPECT_EQ(Of({0, 0, 1, 0, 0, 0, 0}), NattContent::kShort);  // no sequence number
}

// A sum that is 0 says "none" on the wire, so its complement is sent.
TEST(NattTest, UdpChecksumIsNeverZero) {
  const Address source = Address::V4(0x0a010005), destination = Address::V4(0x0a020007);
  std::vector<uint8_t> segment = {0, 1, 0, 2, 0, 10, 0, 0, 0, 0};
  const uint16_t sum = UpperChecksum(source, destination, kProtocolUdp, segment);
  StoreBe16(&segment[8], sum);  // now everything sums to all ones
  EXPECT_EQ(UpperChecksum(source, destination, kProtocolUdp, segment), 0);
  EXPECT_EQ(UdpChecksum(source, destination, segment), 0xffff);
}

}  // namespace
}  // namespace vam::net
