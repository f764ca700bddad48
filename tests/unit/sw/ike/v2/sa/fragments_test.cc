#include "sw/ike/v2/sa/fragments.h"

#include <gtest/gtest.h>

namespace vam::ike::v2 {
namespace {

using Buffer = std::vector<uint8_t>;

constexpr PayloadType kFirst = PayloadType::kIdInitiator;
constexpr PayloadType kNone = PayloadType::kNone;

std::optional<FragmentBuffer::Whole> Add(FragmentBuffer& buffer, uint32_t id, bool response,
                                         FragmentHeader fragment, PayloadType first,
                                         const Buffer& text) {
  auto added = buffer.Add(id, response, fragment, first, text, kMaxMessageBytes);
  EXPECT_TRUE(added.has_value());
  return added ? std::move(*added) : std::nullopt;
}

TEST(FragmentBufferTest, AnyOrderGivesTheText) {
  FragmentBuffer buffer;
  EXPECT_FALSE(Add(buffer, 1, false, {3, 3}, kNone, {5}).has_value());
  EXPECT_FALSE(buffer.empty());
  EXPECT_FALSE(Add(buffer, 1, false, {1, 3}, kFirst, {1, 2}).has_value());
  EXPECT_FALSE(buffer.Wants(1, false, {1, 3}));
  EXPECT_FALSE(buffer.Wants(1, false, {3, 3}));
  ASSERT_TRUE(buffer.Wants(1, false, {2, 3}));
  const auto whole = Add(buffer, 1, false, {2, 3}, kNone, {3, 4});
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->text, (Buffer{1, 2, 3, 4, 5}));
  EXPECT_EQ(whole->first, kFirst);
  EXPECT_TRUE(buffer.empty());
}

TEST(FragmentBufferTest, SingleFragment) {
  FragmentBuffer buffer;
  const auto whole = Add(buffer, 1, true, {1, 1}, kFirst, {9});
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->text, Buffer{9});
}

// RFC 7383, 2.5.2 and 2.6: a finer division replaces a coarser one, never the other way.
TEST(FragmentBufferTest, FinerDivisionBeginsAnew) {
  FragmentBuffer buffer;
  EXPECT_FALSE(Add(buffer, 4, false, {1, 2}, kFirst, {1, 2, 3}).has_value());
  EXPECT_TRUE(buffer.Wants(4, false, {1, 3}));
  EXPECT_FALSE(Add(buffer, 4, false, {1, 3}, kFirst, {1, 2}).has_value());
  EXPECT_FALSE(buffer.Wants(4, false, {2, 2}));
  EXPECT_FALSE(Add(buffer, 4, false, {3, 3}, kNone, {5}).has_value());
  const auto whole = Add(buffer, 4, false, {2, 3}, kNone, {3, 4});
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->text, (Buffer{1, 2, 3, 4, 5}));
}

// A stranger who has the keys of a half-open IKE SA holds no more memory than one message has.
TEST(FragmentBufferTest, MoreThanAMessageIsThrownAway) {
  constexpr uint16_t kTotal = 256;
  constexpr size_t kMost = 20'000;
  FragmentBuffer buffer;
  size_t refused = 0;
  for (uint16_t number = 1; number <= kTotal; ++number) {
    const auto added = buffer.Add(1, false, {number, kTotal}, kFirst, Buffer(kMost / 4, 1), kMost);
    // Four fit; the fifth takes them all away.
    EXPECT_EQ(added.has_value(), number % 5 != 0);
    EXPECT_EQ(buffer.empty(), number % 5 == 0);
    refused += added.has_value() ? 0 : 1;
  }
  EXPECT_EQ(refused, kTotal / 5);
}

TEST(FragmentBufferTest, AnotherMessageBeginsAnew) {
  FragmentBuffer buffer;
  EXPECT_FALSE(Add(buffer, 1, false, {1, 2}, kFirst, {1}).has_value());
  EXPECT_TRUE(buffer.Wants(2, false, {2, 2}));
  EXPECT_FALSE(Add(buffer, 2, false, {2, 2}, kNone, {8}).has_value());
  // The same number as an answer is another message too.
  EXPECT_TRUE(buffer.Wants(2, true, {2, 2}));
  const auto whole = Add(buffer, 2, false, {1, 2}, kFirst, {7});
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->text, (Buffer{7, 8}));
  Add(buffer, 2, true, {1, 2}, kFirst, {7});
  buffer.Clear();
  EXPECT_TRUE(buffer.empty());
}

}  // namespace
}  // namespace vam::ike::v2
