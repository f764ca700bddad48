#include "sw/ike/v2/sa/window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "sw/base/rng.h"
#include "tests/support/seed.h"

namespace vam::ike::v2 {
namespace {

using Verdict = ResponseWindow::Verdict;

Packets PacketOf(uint8_t value) { return {{value}}; }

TEST(RequestWindowTest, NumbersInOrderAndNoMoreThanTheWindow) {
  RequestWindow window;
  const RetryPolicy policy;
  EXPECT_TRUE(window.HasRoom());
  window.Sent(PacketOf(0), 0, policy);
  EXPECT_FALSE(window.HasRoom());
  window.Widen(3);
  window.Widen(2);  // never shrinks (RFC 7296, 2.3)
  EXPECT_EQ(window.size(), 3U);
  EXPECT_EQ(window.next_id(), 1U);
  window.Sent(PacketOf(1), 0, policy);
  window.Sent(PacketOf(2), 0, policy);
  EXPECT_FALSE(window.HasRoom());
  EXPECT_FALSE(window.Answered(3));
  EXPECT_TRUE(window.Waits(1));
  EXPECT_TRUE(window.Answered(1));
  EXPECT_FALSE(window.Answered(1));
  EXPECT_FALSE(window.Waits(1));
  EXPECT_TRUE(window.HasRoom());
  EXPECT_TRUE(window.Answered(0));
  EXPECT_TRUE(window.Answered(2));
  EXPECT_TRUE(window.empty());
  EXPECT_EQ(window.due_ns(), UINT64_MAX);
}

// Another way to the peer: all that waits goes out at once, with all its tries.
TEST(RequestWindowTest, BegunAnewTheyHaveAllTheirTries) {
  RequestWindow window;
  window.Widen(2);
  const RetryPolicy policy{kNsPerSecond, 100, 2};
  window.Sent(PacketOf(1), 0, policy);
  window.Sent(PacketOf(2), kNsPerSecond / 2, policy);
  ASSERT_TRUE(window.TakeDue(kNsPerSecond).has_value());
  EXPECT_FALSE(window.GivesUp(kNsPerSecond));
  EXPECT_TRUE(window.GivesUp(2 * kNsPerSecond));
  const uint64_t now_ns = 2 * kNsPerSecond;
  window.Restart(now_ns);
  EXPECT_FALSE(window.GivesUp(now_ns));
  EXPECT_EQ(window.due_ns(), now_ns);
  for (const uint64_t at_ns : {now_ns, now_ns + kNsPerSecond}) {
    for (int i = 0; i < 2; ++i) {
      const auto again = window.TakeDue(at_ns);
      ASSERT_TRUE(again.has_value());
      EXPECT_NE(again->packets, nullptr);
    }
    EXPECT_FALSE(window.TakeDue(at_ns).has_value());
  }
  EXPECT_TRUE(window.GivesUp(now_ns + 2 * kNsPerSecond));
}

TEST(RequestWindowTest, SentAgainWithGrowingWaitsThenGivenUp) {
  RequestWindow window;
  const RetryPolicy policy{kNsPerSecond, 200, 4};
  window.Sent(PacketOf(7), 0, policy);
  const uint64_t due_s[] = {1, 3, 7};  // 1, then 2, then 4 seconds later
  for (const uint64_t at_s : due_s) {
    EXPECT_EQ(window.due_ns(), at_s * kNsPerSecond);
    EXPECT_FALSE(window.TakeDue(at_s * kNsPerSecond - 1).has_value());
    const auto again = window.TakeDue(at_s * kNsPerSecond);
    ASSERT_TRUE(again.has_value());
    ASSERT_NE(again->packets, nullptr);
    EXPECT_EQ(*again->packets, PacketOf(7));
  }
  const auto last = window.TakeDue(15 * kNsPerSecond);
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->id, 0U);
  EXPECT_EQ(last->packets, nullptr);
  EXPECT_TRUE(window.empty());
}

TEST(RequestWindowTest, NoWaitIsLongerThanTheLimit) {
  RequestWindow window;
  const RetryPolicy policy{kNsPerSecond, 300, 5, 4 * kNsPerSecond};
  window.Sent(PacketOf(7), 0, policy);
  uint64_t now_ns = 0;
  std::vector<uint64_t> waits;
  while (!window.empty()) {
    waits.push_back((window.due_ns() - now_ns) / kNsPerSecond);
    now_ns = window.due_ns();
    ASSERT_TRUE(window.TakeDue(now_ns).has_value());
  }
  EXPECT_EQ(waits, (std::vector<uint64_t>{1, 3, 4, 4, 4}));
  EXPECT_EQ(now_ns, policy.GivenUpAfterNs());
}

TEST(RequestWindowTest, TheLastNumberIsNeverUsed) {
  RequestWindow window(UINT32_MAX - 1);
  EXPECT_TRUE(window.HasRoom());
  window.Sent(PacketOf(1), 0, {});
  EXPECT_TRUE(window.Answered(UINT32_MAX - 1));
  EXPECT_FALSE(window.HasRoom());
}

TEST(ResponseWindowTest, EachNumberOnce) {
  ResponseWindow window(3);
  EXPECT_EQ(window.Look(0), Verdict::kNew);
  EXPECT_EQ(window.Look(2), Verdict::kNew);
  EXPECT_EQ(window.Look(3), Verdict::kOutside);
  EXPECT_EQ(window.Look(UINT32_MAX), Verdict::kOutside);
  window.Begin(1);
  EXPECT_EQ(window.Look(1), Verdict::kBusy);
  EXPECT_EQ(window.next_id(), 0U);
  EXPECT_EQ(window.AnswerOf(1), nullptr);
  EXPECT_TRUE(window.Answer(1, PacketOf(11), 0));
  EXPECT_FALSE(window.Answer(1, PacketOf(12), 0));
  EXPECT_FALSE(window.Answer(2, PacketOf(12), 0));
  EXPECT_EQ(window.Look(1), Verdict::kRepeated);
  EXPECT_EQ(*window.AnswerOf(1), PacketOf(11));
  EXPECT_EQ(window.Look(3), Verdict::kOutside);  // 0 has not come
  window.Begin(0);
  EXPECT_EQ(window.next_id(), 2U);
  EXPECT_EQ(window.Look(4), Verdict::kNew);
}

TEST(ResponseWindowTest, AnswersAreForgottenInTime) {
  ResponseWindow window(1);
  window.Begin(0);
  EXPECT_EQ(window.due_ns(), UINT64_MAX);
  EXPECT_TRUE(window.Answer(0, PacketOf(1), 5));
  EXPECT_EQ(window.due_ns(), 5 + ResponseWindow::kKeepNs);
  window.Forget(4 + ResponseWindow::kKeepNs);
  EXPECT_EQ(window.Look(0), Verdict::kRepeated);
  window.Forget(5 + ResponseWindow::kKeepNs);
  EXPECT_EQ(window.Look(0), Verdict::kOutside);
  EXPECT_EQ(window.AnswerOf(0), nullptr);
  EXPECT_EQ(window.due_ns(), UINT64_MAX);
  EXPECT_EQ(window.Look(1), Verdict::kNew);
}

// Against a naive set, with any order of requests: none is new twice, none beyond the window.
TEST(ResponseWindowTest, NoNumberIsNewTwice) {
  SeededRng rng(vam::test::TestSeed());
  for (uint32_t size = 1; size <= ResponseWindow::kMaxSize; ++size) {
    ResponseWindow window(size);
    std::set<uint32_t> taken;
    uint32_t lowest = 0;
    for (int i = 0; i < 2'000; ++i) {
      while (taken.contains(lowest)) ++lowest;
      ASSERT_EQ(window.next_id(), lowest);
      const uint32_t id = lowest + static_cast<uint32_t>(rng.Below(2 * size + 2)) -
                          std::min<uint32_t>(lowest, size + 1);
      const bool fresh = id >= lowest && id - lowest < size && !taken.contains(id);
      ASSERT_EQ(window.Look(id) == Verdict::kNew, fresh) << "size " << size << " id " << id;
      if (!fresh) continue;
      taken.insert(id);
      window.Begin(id);
      ASSERT_TRUE(window.Answer(id, PacketOf(static_cast<uint8_t>(id)), 0));
      ASSERT_EQ(*window.AnswerOf(id), PacketOf(static_cast<uint8_t>(id)));
    }
  }
}

}  // namespace
}  // namespace vam::ike::v2
