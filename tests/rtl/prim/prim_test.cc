// Primitives under every mix of idle cycles and back-pressure.
#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "Vprim_arb_v.h"
#include "Vprim_credit_v.h"
#include "Vprim_fifo1_v.h"
#include "Vprim_fifo2_v.h"
#include "Vprim_fifo7_v.h"
#include "Vprim_reserved_v.h"
#include "Vprim_skid_v.h"
#include "sim/bfm/stream.h"
#include "tests/rtl/bench.h"
#include "tests/support/seed.h"

namespace vam {
namespace {

using test::Clock;
using test::Reset;

// Sends 2000 items through a stream block; returns the cycles that took.
template <typename Dut>
unsigned Transfer(uint64_t seed, unsigned gap_percent, unsigned stall_percent) {
  constexpr uint32_t kItems = 2000;
  const auto dut = test::MakeModel<Dut>(seed);
  Reset(*dut);
  bfm::StreamSource<uint32_t> source(seed, {gap_percent});
  bfm::StreamSink sink(seed + 1, {stall_percent});
  std::deque<uint32_t> expected;
  std::mt19937_64 rng(seed);
  for (uint32_t i = 0; i < kItems; ++i) {
    expected.push_back(static_cast<uint32_t>(rng()));
    source.Push(expected.back());
  }
  unsigned cycles = 0;
  while (!expected.empty() && cycles < 200 * kItems) {
    const uint32_t* item = source.Drive();
    dut->valid_i = item != nullptr;
    dut->data_i = item != nullptr ? *item : 0;
    dut->ready_i = sink.Drive();
    dut->eval();
    const bool taken = dut->valid_i != 0 && dut->ready_o != 0;
    if (dut->valid_o != 0 && dut->ready_i != 0) {
      EXPECT_EQ(dut->data_o, expected.front());
      expected.pop_front();
    }
    Clock(*dut);
    source.Sample(taken);
    ++cycles;
  }
  EXPECT_TRUE(expected.empty()) << "stuck";
  dut->eval();
  EXPECT_EQ(dut->valid_o, 0) << "something was invented";
  return cycles;
}

template <typename Dut>
class StreamBlock : public ::testing::Test {};
using StreamBlocks = ::testing::Types<Vprim_fifo1_v, Vprim_fifo2_v, Vprim_fifo7_v, Vprim_skid_v>;
TYPED_TEST_SUITE(StreamBlock, StreamBlocks);

TYPED_TEST(StreamBlock, KeepsItemsAndOrderAtEveryMixOfGapsAndStalls) {
  const uint64_t seed = test::TestSeed();
  for (const unsigned gap : {0u, 25u, 50u, 90u}) {
    for (const unsigned stall : {0u, 25u, 50u, 90u}) {
      SCOPED_TRACE(testing::Message() << "gap " << gap << " stall " << stall);
      const unsigned cycles = Transfer<TypeParam>(seed, gap, stall);
      const bool one_deep = std::is_same_v<TypeParam, Vprim_fifo1_v>;
      if (gap == 0 && stall == 0) {
        EXPECT_LE(cycles, one_deep ? 4002u : 2002u) << "not at full rate";
      }
    }
  }
}

TEST(PrimFifo, HoldsExactlyItsDepth) {
  const auto model = test::MakeModel<Vprim_fifo7_v>(test::TestSeed());
  Vprim_fifo7_v& dut = *model;
  Reset(dut);
  dut.valid_i = 1;
  dut.ready_i = 0;
  for (unsigned i = 0; i < 7; ++i) {
    dut.data_i = i;
    dut.eval();
    EXPECT_EQ(dut.ready_o, 1);
    Clock(dut);
  }
  EXPECT_EQ(dut.ready_o, 0);
  dut.ready_i = 1;
  dut.eval();
  EXPECT_EQ(dut.ready_o, 0) << "ready must not depend on ready";
}

// Items reserve, spend a random time on their way, and always find room.
TEST(PrimFifoReserved, ReservedItemsAlwaysFindRoom) {
  std::mt19937_64 rng(test::TestSeed());
  const auto model = test::MakeModel<Vprim_reserved_v>(test::TestSeed());
  Vprim_reserved_v& dut = *model;
  Reset(dut);
  constexpr size_t kDepth = 5;
  std::deque<uint32_t> coming, held;
  unsigned full = 0, drained = 0;
  for (int cycle = 0; cycle < 20000; ++cycle) {
    const bool arrives = !coming.empty() && rng() % 3 == 0;
    dut.valid_i = arrives;
    dut.data_i = arrives ? coming.front() : static_cast<uint32_t>(rng());
    dut.ready_i = rng() % 3 == 0;
    dut.reserve_i = 0;
    dut.eval();
    const size_t taken = coming.size() + held.size();
    ASSERT_EQ(dut.room_o != 0, taken < kDepth);
    ASSERT_EQ(dut.empty_o != 0, taken == 0);
    ASSERT_EQ(dut.valid_o != 0, !held.empty());
    full += taken == kDepth ? 1 : 0;
    drained += taken == 0 ? 1 : 0;
    const bool reserves = dut.room_o != 0 && rng() % 2 == 0;
    dut.reserve_i = reserves;
    dut.eval();
    if (dut.valid_o != 0 && dut.ready_i != 0) {
      ASSERT_EQ(dut.data_o, held.front());
      held.pop_front();
    }
    Clock(dut);
    if (arrives) {
      held.push_back(coming.front());
      coming.pop_front();
    }
    if (reserves) coming.push_back(static_cast<uint32_t>(rng()));
  }
  EXPECT_GT(full, 100u);
  EXPECT_GT(drained, 20u);
}

TEST(PrimArb, ServesEveryoneWhoAsksWithinOneRound) {
  std::mt19937_64 rng(test::TestSeed());
  const auto model = test::MakeModel<Vprim_arb_v>(test::TestSeed());
  Vprim_arb_v& dut = *model;
  Reset(dut);
  unsigned waited[5] = {};
  unsigned served[5] = {};
  for (int cycle = 0; cycle < 20000; ++cycle) {
    unsigned requests = static_cast<unsigned>(rng() % 32);
    // Whoever waits keeps asking.
    for (unsigned i = 0; i < 5; ++i) requests |= waited[i] != 0 ? 1u << i : 0u;
    dut.req_i = static_cast<uint8_t>(requests);
    dut.advance_i = rng() % 4 != 0;
    dut.eval();
    ASSERT_EQ(dut.valid_o, requests != 0);
    if (requests != 0) {
      ASSERT_LT(dut.idx_o, 5);
      ASSERT_NE(requests >> dut.idx_o & 1, 0u);
    }
    if (requests != 0 && dut.advance_i != 0) {
      for (unsigned i = 0; i < 5; ++i) {
        const bool won = i == dut.idx_o;
        served[i] += won ? 1 : 0;
        waited[i] = won || (requests >> i & 1) == 0 ? 0 : waited[i] + 1;
        ASSERT_LE(waited[i], 4u);
      }
    }
    Clock(dut);
  }
  for (const unsigned n : served) EXPECT_GT(n, 1500u);
}

TEST(PrimCredit, NeverGrantsMoreThanThereIs) {
  std::mt19937_64 rng(test::TestSeed());
  const auto model = test::MakeModel<Vprim_credit_v>(test::TestSeed());
  Vprim_credit_v& dut = *model;
  Reset(dut);
  unsigned out = 0, refused = 0;
  for (int cycle = 0; cycle < 20000; ++cycle) {
    const auto want = static_cast<unsigned>(rng() % 22);
    dut.take_i = rng() % 2;
    dut.take_amount_i = static_cast<uint8_t>(want);
    const auto back = static_cast<unsigned>(out == 0 ? 0 : rng() % (out + 1));
    dut.return_i = rng() % 2;
    dut.return_amount_i = static_cast<uint8_t>(back);
    dut.eval();
    ASSERT_EQ(dut.take_ok_o, want <= 21 - out);
    refused += dut.take_ok_o == 0 ? 1 : 0;
    const unsigned taken = dut.take_i != 0 && dut.take_ok_o != 0 ? want : 0;
    const unsigned returned = dut.return_i != 0 ? back : 0;
    Clock(dut);
    out = out + taken - returned;
  }
  EXPECT_GT(refused, 1000u);
}

}  // namespace
}  // namespace vam
