#include "sw/ipsec/replay.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "sw/base/rng.h"
#include "tests/support/seed.h"

namespace vam::ipsec {
namespace {

constexpr Reason kNew = Reason::kOk;
constexpr Reason kOld = Reason::kReplayOld;
constexpr Reason kDup = Reason::kReplayDuplicate;

// Check, and commit what is accepted.
Reason Offer(ReplayWindow& window, uint64_t number) {
  const auto verdict = window.Check(static_cast<uint32_t>(number));
  if (verdict.reason == Reason::kOk) {
    EXPECT_EQ(verdict.number, number);
    window.Commit(verdict.number);
  }
  return verdict.reason;
}

struct Step {
  int line;
  uint64_t number;
  Reason expected;
};

template <size_t N>
void RunTable(ReplayWindow window, const Step (&steps)[N]) {
  for (const Step& step : steps) {
    EXPECT_EQ(Offer(window, step.number), step.expected)
        << "step " << step.line << ", number " << step.number;
  }
}

TEST(ReplayTest, TruthTableWindow64) {
  constexpr Step kSteps[] = {
      {1, 0, kOld},           {2, 1, kNew},           {3, 1, kDup},
      {4, 9, kNew},           {5, 8, kNew},           {6, 7, kNew},
      {7, 7, kDup},           {8, 64, kNew},          {9, 63, kNew},
      {10, 63, kDup},         {11, 65, kNew},         {12, 1, kOld},
      {13, 2, kNew},          {14, 66, kNew},         {15, 2, kOld},
      {16, 3, kNew},          {17, 128, kNew},        {18, 64, kOld},
      {19, 65, kDup},         {20, 67, kNew},         {21, 127, kNew},
      {22, 192, kNew},        {23, 128, kOld},        {24, 129, kNew},
      {25, 1000, kNew},       {26, 936, kOld},        {27, 937, kNew},
      {28, 999, kNew},        {29, 1000, kDup},       {30, 192, kOld},
      {31, 0, kOld},          {32, 0xffffffff, kNew}, {33, 0xffffffff, kDup},
      {34, 0xffffffc0, kNew}, {35, 0xffffffbf, kOld}, {36, 1, kOld},
  };
  RunTable(ReplayWindow(64, false, 0), kSteps);
}

// The word boundaries of the ring, once around and a jump of exactly its size.
TEST(ReplayTest, TruthTableWindow1024) {
  constexpr Step kSteps[] = {
      {1, 1024, kNew},  {2, 1, kNew},     {3, 0, kOld},     {4, 1025, kNew},  {5, 1, kOld},
      {6, 2, kNew},     {7, 2, kDup},     {8, 2048, kNew},  {9, 1025, kDup},  {10, 1024, kOld},
      {11, 1026, kNew}, {12, 4096, kNew}, {13, 3073, kNew}, {14, 3072, kOld}, {15, 2048, kOld},
      {16, 4095, kNew}, {17, 6144, kNew}, {18, 5121, kNew}, {19, 6143, kNew}, {20, 6143, kDup},
  };
  RunTable(ReplayWindow(1024, false, 0), kSteps);
}

TEST(ReplayTest, NumbersUpToTheInitialOneCountAsReceived) {
  constexpr Step kSteps[] = {
      {1, 1000, kDup}, {2, 937, kDup},  {3, 936, kOld}, {4, 1001, kNew}, {5, 1000, kDup},
      {6, 1003, kNew}, {7, 1002, kNew}, {8, 940, kDup}, {9, 939, kOld},
  };
  RunTable(ReplayWindow(64, false, 1000), kSteps);
}

TEST(ReplayTest, EsnWrapsBothWays) {
  const uint64_t k4G = uint64_t{1} << 32;
  const Step kSteps[] = {
      {1, k4G - 3, kNew},       {2, k4G + 2, kNew},
      {3, k4G - 1, kNew},       {4, k4G - 3, kDup},
      {5, k4G, kNew},           {6, k4G, kDup},
      {7, k4G - 62, kOld},      {8, k4G - 61, kDup},
      {9, k4G + 100, kNew},     {10, k4G + 36, kOld},
      {11, k4G + 37, kNew},     {12, k4G + 36 + k4G, kNew},
      {13, 2 * k4G + 35, kNew}, {14, 2 * k4G + 36 + 0x7fffffff, kNew},
  };
  // Step 7 and 10 mean the number of the next subspace on the wire (appendix A2.2): they look new,
  // and only the ICV can tell. They are therefore not offered through the 32 bits.
  ReplayWindow window(64, true, k4G - 10);
  for (const Step& step : kSteps) {
    if (step.expected == kOld) {
      EXPECT_EQ(window.Check(static_cast<uint32_t>(step.number)).number, step.number + k4G);
      continue;
    }
    EXPECT_EQ(Offer(window, step.number), step.expected) << "step " << step.line;
  }
}

TEST(ReplayTest, EsnLeftOfZeroIsOld) {
  ReplayWindow window(64, true, 0);
  EXPECT_EQ(window.Check(0xffffffff).reason, kOld);
  EXPECT_EQ(window.Check(0xffffffc1).reason, kOld);
  EXPECT_EQ(window.Check(0xffffffc0).number, 0xffffffc0u);
  EXPECT_EQ(window.Check(0xffffffc0).reason, kNew);
  EXPECT_EQ(window.Check(0).reason, kDup);
}

TEST(ReplayTest, EsnEndsAt64Bits) {
  const uint64_t last = ~uint64_t{0};
  ReplayWindow window(64, true, last - 1);
  EXPECT_EQ(Offer(window, last), kNew);
  EXPECT_EQ(Offer(window, last), kDup);
  EXPECT_EQ(window.Check(0).reason, kOld);
  EXPECT_EQ(window.Check(1).reason, kOld);
}

TEST(ReplayTest, AWindowOfZeroTakesEverything) {
  ReplayWindow window(0, false, 0);
  for (const uint32_t number : {5u, 5u, 0u, 1u}) {
    EXPECT_EQ(window.Check(number).reason, kNew);
    window.Commit(number);
  }
  EXPECT_EQ(window.top(), 5u);
}

TEST(ReplayTest, EsnWithoutAWindowTakesTheNearestNumber) {
  const uint64_t k4G = uint64_t{1} << 32;
  ReplayWindow window(0, true, 3 * k4G + 10);
  EXPECT_EQ(window.Check(11).number, 3 * k4G + 11);
  EXPECT_EQ(window.Check(9).number, 3 * k4G + 9);
  EXPECT_EQ(window.Check(0xfffffff0).number, 2 * k4G + 0xfffffff0);
  EXPECT_EQ(window.Check(0x70000000).number, 3 * k4G + 0x70000000);
}

// Wide enough for what lies left of 0 and right of 2^64.
__extension__ typedef __int128 Wide;

// The rules of the header, by a set that forgets nothing.
class NaiveWindow {
 public:
  NaiveWindow(uint32_t window, bool esn, uint64_t initial)
      : window_(window), esn_(esn), initial_(initial), top_(initial) {}

  // The only number with these 32 bits in [T - W + 1, T - W + 2^32] (appendix A2.1), or nothing.
  Reason Offer(uint32_t wire, uint64_t* meant) {
    Wide number = wire;
    if (esn_) {
      const Wide left = static_cast<Wide>(top_) - window_ + 1;
      number += (left >> 32) << 32;
      if (number < left) number += static_cast<Wide>(1) << 32;
    }
    *meant = static_cast<uint64_t>(number);
    if (number < 0 || number > ~uint64_t{0} || (!esn_ && wire == 0)) return kOld;
    if (number + window_ <= static_cast<Wide>(top_)) return kOld;
    if (*meant <= initial_ || seen_.contains(*meant)) return kDup;
    seen_.insert(*meant);
    top_ = std::max(top_, *meant);
    return kNew;
  }
  uint64_t top() const { return top_; }

 private:
  uint32_t window_;
  bool esn_;
  uint64_t initial_;
  uint64_t top_;
  std::set<uint64_t> seen_;
};

// Around the top mostly, with gaps from one word to several rings, and now and then anywhere.
uint32_t NextWire(SeededRng& rng, uint64_t top, uint32_t window) {
  switch (rng.Below(12)) {
    case 0:
      return static_cast<uint32_t>(top + rng.Below(3 * window) + 1);
    case 1:
      return static_cast<uint32_t>(top + 63 + rng.Below(3));
    case 2:
      return static_cast<uint32_t>(top - window + rng.Below(3) - 1);
    case 3:
      return rng.Below(50) == 0 ? rng.U32() : static_cast<uint32_t>(top);
    default:
      return static_cast<uint32_t>(top + 4 - rng.Below(window + 8));
  }
}

struct Property {
  uint32_t window;
  bool esn;
};

class ReplayPropertyTest : public testing::TestWithParam<Property> {};

TEST_P(ReplayPropertyTest, AgreesWithANaiveSet) {
  const auto [size, esn] = GetParam();
  SeededRng rng(test::TestSeed() + size + (esn ? 1 : 0));
  const uint64_t starts[] = {
      0, 1, 63, 64, 5000, 0xfffff000, 0xffffffff, 0x1fffffff0, ~uint64_t{0} - 3000};
  for (const uint64_t start : starts) {
    if (!esn && start > 0xffffffff) continue;
    ReplayWindow window(size, esn, start);
    NaiveWindow naive(size, esn, start);
    for (int i = 0; i < 6000; ++i) {
      const uint32_t wire = NextWire(rng, naive.top(), size);
      const auto got = window.Check(wire);
      if (got.reason == kNew) window.Commit(got.number);
      uint64_t meant = 0;
      const Reason expected = naive.Offer(wire, &meant);
      ASSERT_EQ(got.reason, expected) << "start " << start << " step " << i << " wire " << wire;
      ASSERT_TRUE(expected != kNew || got.number == meant);
      ASSERT_EQ(window.top(), naive.top());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Windows, ReplayPropertyTest,
                         testing::Values(Property{64, false}, Property{64, true},
                                         Property{65, false}, Property{100, true},
                                         Property{127, false}, Property{128, true},
                                         Property{512, false}, Property{1000, true},
                                         Property{1023, false}, Property{1024, false},
                                         Property{1024, true}));

}  // namespace
}  // namespace vam::ipsec
