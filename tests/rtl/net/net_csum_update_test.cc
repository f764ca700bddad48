#include <gtest/gtest.h>

#include <array>
#include <random>

#include "Vnet_csum_update_test_v.h"
#include "tests/rtl/net/net_reference.h"
#include "tests/support/seed.h"

namespace vam::nettest {
namespace {

// RFC 1624, section 4: 0xdd2f with 0x5555 changed to 0x3285 becomes 0x0000, not 0xffff.
TEST(NetCsumUpdate, Rfc1624Example) {
  Vnet_csum_update_test_v top;
  top.checksum_i = 0xdd2f;
  top.old_i = 0x5555;
  top.new_i = 0x3285;
  top.eval();
  EXPECT_EQ(top.checksum_o, 0x0000);
}

TEST(NetCsumUpdate, HeaderStaysRight) {
  std::mt19937_64 rng(test::TestSeed());
  Vnet_csum_update_test_v top;
  for (int i = 0; i < 20000; ++i) {
    std::array<uint8_t, 20> header{};
    for (auto& b : header) b = static_cast<uint8_t>(rng());
    header[0] = 0x45;
    header[10] = header[11] = 0;
    const auto checksum = static_cast<uint16_t>(~Sum(header));
    const uint8_t tos = header[1];
    top.checksum_i = checksum;
    top.old_i = static_cast<uint16_t>(0x4500 | tos);
    header[1] = static_cast<uint8_t>(rng());
    top.new_i = static_cast<uint16_t>(0x4500 | header[1]);
    top.eval();
    const uint16_t updated = top.checksum_o;
    header[10] = static_cast<uint8_t>(updated >> 8);
    header[11] = static_cast<uint8_t>(updated);
    EXPECT_EQ(Sum(header), 0xffff);
  }
}

}  // namespace
}  // namespace vam::nettest
