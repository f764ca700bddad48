#include "sw/ipsec/fixed_queue.h"

#include <gtest/gtest.h>

namespace vam::ipsec {
namespace {

TEST(FixedQueueTest, KeepsOrderAroundTheEnd) {
  FixedQueue<int> queue(3);
  int in = 0;
  int out = 0;
  for (int round = 0; round < 10; ++round) {
    while (queue.free_places() > 0) queue.Push(in++);
    EXPECT_EQ(queue.size(), 3u);
    EXPECT_EQ(queue.front(), out);
    EXPECT_EQ(queue.Pop(), out++);
    EXPECT_EQ(queue.Pop(), out++);
  }
}

TEST(FixedQueueDeathTest, OverflowIsOurBug) {
  FixedQueue<int> queue(1);
  queue.Push(1);
  EXPECT_DEATH(queue.Push(2), "VAM_CHECK");
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_DEATH(queue.Pop(), "VAM_CHECK");
}

}  // namespace
}  // namespace vam::ipsec
