#include "sw/ike/v2/sa/fragments.h"

#include <gtest/gtest.h>

namespace vam::ike::v2 {
namespace {

using Buffer = std::vector<uint8_t>;

constexpr PayloadType kFirst = PayloadType::kIdInitiator;
constexpr PayloadType kNone = PayloadType::kNone;

TEST(FragmentBufferTest, AnyOrderGivesTheText) {
  FragmentBuffer buffer;
  EXPECT_FALSE(buffer.Add(1, false, {3, 3}, kNone, {5}).has_value());
  EXPECT_FALSE(buffer.empty());
  EXPECT_FALSE(buffer.Add(1, false, {1, 3}, kFirst, {1, 2}).has_value());
  EXPECT_FALSE(buffer.Wants(1, false, {1, 3}));
  EXPECT_FALSE(buffer.Wants(1, false, {3, 3}));
  ASSERT_TRUE(buffer.Wants(1, false, {2, 3}));
  const auto whole = buffer.Add(1, false, {2, 3}, kNone, {3, 4});
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->text, (Buffer{1, 2, 3, 4, 5}));
  EXPECT_EQ(whole->first, kFirst);
  EXPECT_TRUE(buffer.empty());
}

TEST(FragmentBufferTest, SingleFragment) {
  FragmentBuffer buffer;
  const auto whole = buffer.Add(1, true, {1, 1}, kFirst, {9});
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->text, Buffer{9});
}

// RFC 7383, 2.5.2 and 2.6: a finer division replaces a coarser one, never the other way.
TEST(FragmentBufferTest, FinerDivisionBeginsAnew) {
  FragmentBuffer buffer;
  EXPECT_FALSE(buffer.Add(4, false, {1, 2}, kFirst, {1, 2, 3}).has_value());
  EXPECT_TRUE(buffer.Wants(4, false, {1, 3}));
  EXPECT_FALSE(buffer.Add(4, false, {1, 3}, kFirst, {1, 2}).has_value());
  EXPECT_FALSE(buffer.Wants(4, false, {2, 2}));
  EXPECT_FALSE(buffer.Add(4, false, {3, 3}, kNone, {5}).has_value());
  const auto whole = buffer.Add(4, false, {2, 3}, kNone, {3, 4});
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->text, (Buffer{1, 2, 3, 4, 5}));
}

// A stranger who has the keys of a half-open IKE SA holds no more memory than one message has.
TEST(FragmentBufferTest, MoreThanAMessageIsThrownAway) {
  constexpr uint16_t kTotal = 256;
  FragmentBuffer buffer;
  size_t held = 0;
  for (uint16_t number = 1; number <= kTotal; ++number) {
    EXPECT_FALSE(buffer.Add(1, false, {number, kTotal}, kFirst, Buffer(kMaxMessageBytes / 4, 1))
                     .has_value());
    held = buffer.empty() ? 0 : held + 1;
    EXPECT_LE(held, 4U);
  }
}

TEST(FragmentBufferTest, AnotherMessageBeginsAnew) {
  FragmentBuffer buffer;
  EXPECT_FALSE(buffer.Add(1, false, {1, 2}, kFirst, {1}).has_value());
  EXPECT_TRUE(buffer.Wants(2, false, {2, 2}));
  EXPECT_FALSE(buffer.Add(2, false, {2, 2}, kNone, {8}).has_value());
  // The same number as an answer is another message too.
  EXPECT_TRUE(buffer.Wants(2, true, {2, 2}));
  const auto whole = buffer.Add(2, false, {1, 2}, kFirst, {7});
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->text, (Buffer{7, 8}));
  buffer.Add(2, true, {1, 2}, kFirst, {7});
  buffer.Clear();
  EXPECT_TRUE(buffer.empty());
}

}  // namespace
}  // namespace vam::ike::v2
