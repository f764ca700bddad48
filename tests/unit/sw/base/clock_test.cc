#include "sw/base/clock.h"

#include <gtest/gtest.h>

namespace vam {
namespace {

TEST(ClockTest, TheSystemClockNeverGoesBack) {
  const SystemClock clock;
  const uint64_t first = clock.MonotonicNs();
  EXPECT_GE(clock.MonotonicNs(), first);
  EXPECT_GT(clock.WallNs(), 1'600'000'000 * kNsPerSecond);
}

TEST(ClockTest, TheManualClockMovesWhenTold) {
  ManualClock clock(5, 100);
  EXPECT_EQ(clock.MonotonicNs(), 5u);
  clock.AdvanceNs(3 * kNsPerMs);
  EXPECT_EQ(clock.MonotonicNs(), 5u + 3'000'000);
  EXPECT_EQ(clock.WallNs(), 100u + 3'000'000);
}

}  // namespace
}  // namespace vam
