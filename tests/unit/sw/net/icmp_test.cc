#include "sw/net/icmp.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace vam::net {
namespace {

// The echo request of draft-mcgrew-gcm-test-01, case 4.
const char kEcho[] =
    "0800075c020044006162636465666768696a6b6c6d6e6f7071727374757677616263646566676869";

TEST(IcmpTest, ReadsAndReproducesAnEcho) {
  const std::vector<uint8_t> message = *ParseHex(kEcho);
  const auto header = ParseIcmp(message);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->type, kIcmpEchoRequest);
  EXPECT_EQ(header->checksum, 0x075c);
  EXPECT_EQ(header->rest, 0x02004400u);
  EXPECT_TRUE(IcmpChecksumOk(message));
  std::vector<uint8_t> out(message.size());
  ASSERT_EQ(*WriteIcmp(*header, Bytes(message).subspan(8), out), message.size());
  EXPECT_EQ(out, message);
  out[20] ^= 1;
  EXPECT_FALSE(IcmpChecksumOk(out));
}

TEST(IcmpTest, TheBodyMayLieInPlace) {
  const std::vector<uint8_t> message = *ParseHex(kEcho);
  std::vector<uint8_t> out = message;
  ASSERT_TRUE(WriteIcmp(*ParseIcmp(message), Bytes(out).subspan(8), out).has_value());
  EXPECT_EQ(out, message);
}

TEST(IcmpTest, Limits) {
  std::array<uint8_t, 9> out{};
  EXPECT_FALSE(ParseIcmp(Bytes(out).first(7)).has_value());
  EXPECT_FALSE(WriteIcmp({}, std::array<uint8_t, 2>{}, out).has_value());
  EXPECT_TRUE(IcmpIsError(kIcmpUnreachable));
  EXPECT_TRUE(IcmpIsError(kIcmpTimeExceeded));
  EXPECT_FALSE(IcmpIsError(kIcmpEchoReply));
}

}  // namespace
}  // namespace vam::net
