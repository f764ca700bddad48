#include "sw/net/checksum.h"

#include <gtest/gtest.h>

#include <vector>

#include "sw/base/rng.h"
#include "tests/support/seed.h"

namespace vam::net {
namespace {

// RFC 1071, section 3: 00 01 f2 03 f4 f5 f6 f7 sums to ddf2.
TEST(ChecksumTest, Rfc1071Example) {
  const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(Checksum(bytes), static_cast<uint16_t>(~0xddf2));
}

// RFC 1624, section 4: checksum dd2f, word 5555 becomes 3285; the right answer is 0000.
TEST(ChecksumTest, Rfc1624Example) { EXPECT_EQ(UpdateChecksum(0xdd2f, 0x5555, 0x3285), 0x0000); }

uint16_t Naive(const std::vector<uint8_t>& bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? static_cast<uint32_t>(bytes[i]) << 8 : bytes[i];
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<uint16_t>(~sum);
}

TEST(ChecksumTest, EqualsAddingByteByByte) {
  SeededRng rng(test::TestSeed());
  for (size_t size = 0; size < 200; ++size) {
    std::vector<uint8_t> bytes(size);
    rng.Fill(bytes);
    EXPECT_EQ(Checksum(bytes), Naive(bytes)) << size;
  }
  EXPECT_EQ(Checksum(std::vector<uint8_t>(65535, 0xff)), Naive(std::vector<uint8_t>(65535, 0xff)));
}

TEST(ChecksumTest, PartsAddUp) {
  const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7};
  ChecksumBuilder builder;
  builder.AddU16(0x0102);
  builder.AddU32(0x03040506);
  builder.Add(Bytes(bytes).subspan(6));
  EXPECT_EQ(builder.Finish(), Checksum(bytes));
}

// As Scapy makes it: UDP 1000 -> 2000 with payload "abc", 10.1.0.5 -> 10.2.0.7 and
// 2001:db8::1 -> 2001:db8::2.
TEST(ChecksumTest, OfAnUpperLayerAsScapyHasIt) {
  const uint8_t segment[] = {0x03, 0xe8, 0x07, 0xd0, 0, 11, 0, 0, 'a', 'b', 'c'};
  const auto at = [](const char* text) { return *Address::Parse(text); };
  EXPECT_EQ(UpperChecksum(at("10.1.0.5"), at("10.2.0.7"), 17, segment), 0x1baf);
  EXPECT_EQ(UpperChecksum(at("2001:db8::1"), at("2001:db8::2"), 17, segment), 0xd448);
}

TEST(ChecksumTest, UpdatingEqualsRecomputing) {
  SeededRng rng(test::TestSeed());
  for (int round = 0; round < 2000; ++round) {
    std::vector<uint8_t> bytes(20);
    rng.Fill(bytes);
    bytes[0] = 0x45;  // a header is never all zeros, the one case with two right answers
    StoreBe16(bytes.data() + 10, 0);
    StoreBe16(bytes.data() + 10, Checksum(bytes));
    const uint16_t before = LoadBe16(bytes.data() + 2);
    const auto after = static_cast<uint16_t>(rng.U32());
    StoreBe16(bytes.data() + 2, after);
    StoreBe16(bytes.data() + 10, UpdateChecksum(LoadBe16(bytes.data() + 10), before, after));
    EXPECT_EQ(Checksum(bytes), 0);
  }
}

}  // namespace
}  // namespace vam::net
