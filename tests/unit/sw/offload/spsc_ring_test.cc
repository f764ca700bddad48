#include "sw/offload/spsc_ring.h"

#include <gtest/gtest.h>

#include <thread>

namespace vam::offload {
namespace {

TEST(SpscRingTest, CapacityIsAPowerOfTwo) {
  EXPECT_EQ(SpscRing<int>(1).capacity(), 1u);
  EXPECT_EQ(SpscRing<int>(5).capacity(), 8u);
  EXPECT_EQ(SpscRing<int>(8).capacity(), 8u);
}

TEST(SpscRingTest, NothingIsReadyBeforeItIsPublished) {
  SpscRing<int> ring(4);
  ring.Stage(1);
  ring.Stage(2);
  EXPECT_EQ(ring.Ready(), 0u);
  ring.Publish();
  ASSERT_EQ(ring.Ready(), 2u);
  EXPECT_EQ(ring.Peek(0), 1);
  EXPECT_EQ(ring.Peek(1), 2);
}

TEST(SpscRingTest, FillsToItsCapacityAndWraps) {
  SpscRing<int> ring(4);
  int next = 0;
  int expected = 0;
  for (int round = 0; round < 10; ++round) {
    while (ring.FreePlaces() != 0) ring.Stage(next++);
    ring.Publish();
    ASSERT_EQ(ring.Ready(), 4u);
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(ring.Peek(i), expected++);
    ring.Drop(3);
    EXPECT_EQ(ring.FreePlacesNow(), 3u);
    EXPECT_EQ(ring.Peek(0), expected++);
    ring.Drop(1);
  }
}

// Under ThreadSanitizer also: what was staged is seen whole.
TEST(SpscRingTest, TwoThreadsKeepOrder) {
  struct Item {
    uint64_t number = 0;
    uint64_t square = 0;
  };
  constexpr uint64_t kItems = 20'000;
  SpscRing<Item> ring(64);
  std::thread producer([&ring] {
    for (uint64_t n = 0; n < kItems;) {
      size_t room = ring.FreePlaces();
      if (room == 0) std::this_thread::yield();
      for (; room > 0 && n < kItems; --room, ++n) ring.Stage({n, n * n});
      ring.Publish();
    }
  });
  uint64_t wrong = 0;
  for (uint64_t n = 0; n < kItems;) {
    const size_t ready = ring.Ready();
    if (ready == 0) std::this_thread::yield();
    for (size_t i = 0; i < ready; ++i, ++n) {
      const Item item = ring.Peek(i);
      wrong += item.number != n || item.square != n * n ? 1 : 0;
    }
    ring.Drop(ready);
  }
  producer.join();
  EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace vam::offload
