#include "sw/ike/timer_heap.h"

#include <gtest/gtest.h>

#include <map>

#include "sw/base/rng.h"
#include "tests/support/seed.h"

namespace vam::ike {
namespace {

TEST(TimerHeapTest, DueInTheOrderOfTheirTimes) {
  TimerHeap heap;
  EXPECT_EQ(heap.next_ns(), TimerHeap::kNever);
  heap.Set(1, 30);
  heap.Set(2, 10);
  heap.Set(3, 20);
  EXPECT_EQ(heap.next_ns(), 10U);
  EXPECT_FALSE(heap.TakeDue(9).has_value());
  EXPECT_EQ(heap.TakeDue(25), 2U);
  EXPECT_EQ(heap.TakeDue(25), 3U);
  EXPECT_FALSE(heap.TakeDue(25).has_value());
  EXPECT_EQ(heap.size(), 1U);
  heap.Set(1, TimerHeap::kNever);
  EXPECT_FALSE(heap.TakeDue(100).has_value());
  EXPECT_EQ(heap.size(), 0U);
}

TEST(TimerHeapTest, TheLastTimeThatWasSetCounts) {
  TimerHeap heap;
  heap.Set(1, 30);
  heap.Set(1, 10);
  heap.Set(1, 20);
  EXPECT_FALSE(heap.TakeDue(19).has_value());
  EXPECT_EQ(heap.TakeDue(20), 1U);
  EXPECT_FALSE(heap.TakeDue(100).has_value());
}

// Against a plain map, with times set again far more often than they come.
TEST(TimerHeapTest, AsAMapWouldDoIt) {
  SeededRng rng(vam::test::TestSeed());
  TimerHeap heap;
  std::map<uint64_t, uint64_t> times;
  uint64_t now = 0;
  for (int i = 0; i < 50'000; ++i) {
    const uint64_t id = rng.Below(20);
    if (rng.Below(10) == 0) {
      heap.Set(id, TimerHeap::kNever);
      times.erase(id);
    } else {
      const uint64_t when = now + rng.Below(200);
      heap.Set(id, when);
      times[id] = when;
    }
    ASSERT_EQ(heap.size(), times.size());
    for (const auto& [other, when] : times) ASSERT_LE(heap.next_ns(), when);
    if (rng.Below(20) != 0) continue;
    now += rng.Below(50);
    while (const auto due = heap.TakeDue(now)) {
      ASSERT_TRUE(times.contains(*due));
      ASSERT_LE(times[*due], now);
      times.erase(*due);
    }
    for (const auto& [other, when] : times) ASSERT_GT(when, now);
  }
}

}  // namespace
}  // namespace vam::ike
