#include "sw/base/rng.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <vector>

namespace vam {
namespace {

TEST(RngTest, ASeedRepeats) {
  SeededRng a(7), b(7), c(8);
  const uint64_t first = a.U64();
  EXPECT_EQ(b.U64(), first);
  EXPECT_NE(c.U64(), first);
}

TEST(RngTest, FillsOddLengthsWholly) {
  SeededRng rng(1);
  for (size_t size = 0; size < 40; ++size) {
    std::vector<std::set<uint8_t>> seen(size);
    for (int round = 0; round < 8; ++round) {
      std::vector<uint8_t> bytes(size);
      rng.Fill(bytes);
      for (size_t i = 0; i < size; ++i) seen[i].insert(bytes[i]);
    }
    for (const auto& values : seen) EXPECT_GT(values.size(), 2u);
  }
}

TEST(RngTest, BelowReachesEveryValueAndNoOther) {
  SeededRng rng(2);
  std::array<int, 7> count{};
  for (int i = 0; i < 7000; ++i) ++count.at(rng.Below(7));
  for (const int n : count) {
    EXPECT_GT(n, 800);
    EXPECT_LT(n, 1200);
  }
  EXPECT_EQ(rng.Below(1), 0u);
}

TEST(RngTest, TheSystemGivesDifferentBytes) {
  SystemRng rng;
  std::array<uint8_t, 32> a{}, b{};
  rng.Fill(a);
  rng.Fill(b);
  EXPECT_NE(a, b);
}

}  // namespace
}  // namespace vam
