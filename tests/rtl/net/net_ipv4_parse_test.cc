#include <gtest/gtest.h>

#include <array>
#include <random>

#include "Vnet_ipv4_parse_test_v.h"
#include "tests/rtl/bench.h"
#include "tests/rtl/net/net_reference.h"
#include "tests/support/seed.h"

namespace vam::nettest {
namespace {

TEST(NetIpv4Parse, FieldsAndLengths) {
  std::mt19937_64 rng(test::TestSeed());
  Vnet_ipv4_parse_test_v top;
  unsigned malformed = 0;
  for (int i = 0; i < 50000; ++i) {
    std::array<uint8_t, 16> h{};
    for (auto& b : h) b = static_cast<uint8_t>(rng());
    // Near the edges more often than chance would.
    if (rng() % 8 != 0) h[0] = static_cast<uint8_t>(0x40 | (4 + rng() % 12));
    if (rng() % 2 == 0) h[2] = 0, h[3] = static_cast<uint8_t>(16 + rng() % 50);
    const uint32_t total = h[2] * 256u + h[3];
    auto avail = static_cast<uint16_t>(rng() % 3 == 0 ? rng() : total + rng() % 3 - 1);
    if (rng() % 8 == 0) avail = static_cast<uint16_t>(18 + rng() % 4);
    test::PutBytes(top.data_i, 0, h);
    top.avail_i = avail;
    top.eval();
    const uint32_t ihl = h[0] & 15u;
    const bool want = avail < 20 || h[0] >> 4 != 4 || ihl < 5 || total < 4 * ihl || total > avail;
    ASSERT_EQ(top.malformed_o != 0, want);
    malformed += want ? 1 : 0;

    // ipv4_t from its last field up.
    const uint64_t low = top.ipv4_o[0] | static_cast<uint64_t>(top.ipv4_o[1]) << 32;
    const uint64_t high = top.ipv4_o[2] | static_cast<uint64_t>(top.ipv4_o[3]) << 32;
    EXPECT_EQ(low & 0xffffffff,
              static_cast<uint32_t>(h[12] << 24 | h[13] << 16 | h[14] << 8 | h[15]));
    EXPECT_EQ(low >> 32 & 0xffff, h[10] * 256u + h[11]);
    EXPECT_EQ(low >> 48 & 0xff, h[9]);
    const uint64_t fragment = low >> 56 | (high & 0x7f) << 8;  // MF and DF above the 13 bits
    EXPECT_EQ(fragment & 0x1fff, (h[6] * 256u + h[7]) & 0x1fff);
    EXPECT_EQ(fragment >> 13 & 1, h[6] >> 5 & 1u);
    EXPECT_EQ(fragment >> 14 & 1, h[6] >> 6 & 1u);
    EXPECT_EQ(high >> 7 & 0xffff, total);
    EXPECT_EQ(high >> 23 & 0xff, h[1]);
    EXPECT_EQ(high >> 31 & 0xff, static_cast<uint64_t>(h[0] >> 4 << 4 | ihl));
  }
  EXPECT_GT(malformed, 5000u);
  EXPECT_LT(malformed, 45000u);
}

}  // namespace
}  // namespace vam::nettest
