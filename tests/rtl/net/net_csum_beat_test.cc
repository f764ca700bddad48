#include <gtest/gtest.h>

#include <array>
#include <random>

#include "Vnet_csum_beat_test_v.h"
#include "tests/rtl/bench.h"
#include "tests/rtl/net/net_reference.h"
#include "tests/support/seed.h"

namespace vam::nettest {
namespace {

TEST(NetCsumBeat, EqualsRfc1071) {
  std::mt19937_64 rng(test::TestSeed());
  Vnet_csum_beat_test_v top;
  for (int i = 0; i < 20000; ++i) {
    std::array<uint8_t, 16> data{};
    // All ones and all zeros are where end-around carries go wrong.
    const auto fill = rng() % 4;
    for (auto& b : data) b = static_cast<uint8_t>(fill == 0 ? 0xff : fill == 1 ? 0 : rng());
    const auto start = static_cast<uint16_t>(rng() % 3 == 0 ? 0xffff : rng());
    const auto words = static_cast<uint8_t>(rng() % 5);
    test::PutBytes(top.data_i, 0, data);
    top.sum_i = start;
    top.words_i = words;
    top.eval();
    EXPECT_EQ(top.sum_o, Sum(std::span(data).first(4u * words), start));
  }
}

// The example of RFC 1071, section 3: 00 01 f2 03 f4 f5 f6 f7 sums to ddf2.
TEST(NetCsumBeat, Rfc1071Example) {
  Vnet_csum_beat_test_v top;
  const std::array<uint8_t, 16> data{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7, 9, 9, 9, 9};
  test::PutBytes(top.data_i, 0, data);
  top.sum_i = 0;
  top.words_i = 2;
  top.eval();
  EXPECT_EQ(top.sum_o, 0xddf2);
}

}  // namespace
}  // namespace vam::nettest
