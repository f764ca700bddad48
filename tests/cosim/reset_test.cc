// Resets and stops: every packet is accounted for, no SA survives, the card works again. Failures
// are in failure_test.
#include <gtest/gtest.h>

#include "tests/cosim/traffic.h"

namespace vam::test {
namespace {

class ResetTest : public CosimTest {};
VAM_COSIM_SUITE(ResetTest);

TEST_P(ResetTest, CardResetMidTraffic) {
  Traffic t(GetParam());
  Bench& bench = t.bench();
  for (int round = 0; round < 3; ++round) {
    t.Start(64);
    for (int i = 0; i < round * 5; ++i) bench.card().Relax();
    const auto pending = bench.device().sas().BeginNop();
    const auto lost = bench.device().Reset();
    ASSERT_TRUE(lost.has_value()) << ToString(lost.error());
    t.ExpectLost(*lost);
    // The operation under way ended, one way or the other.
    const driver::SaDone done = bench.Admin(pending);
    EXPECT_TRUE(done.reason == Reason::kQueueReset || done.reason == Reason::kOk);
    driver::Completion completion;
    const auto poll = bench.queue().Poll({&completion, 1});
    ASSERT_FALSE(poll.has_value()) << "a queue works on after a reset that its owner did not see";
    EXPECT_EQ(poll.error().code, ErrorCode::kDevice);
    t.GiveUp();
    t.ExpectAccounted();
    t.ExpectWorks();
    EXPECT_EQ(bench.device().ReadCounters().Ended(), 2u) << "a reset clears the counters";
    ASSERT_EQ(bench.device().sas().size(), 2u);
    ASSERT_TRUE(bench.device().Zeroise().has_value());
  }
}

TEST_P(ResetTest, QueueStoppedMidTraffic) {
  Traffic t(GetParam());
  t.Start(64);
  t.bench().WaitFor([&] { return t.Poll() || t.ended(Reason::kOk) > 0; }, "the first packets");
  t.GiveUp();
  t.ExpectAccounted();
  EXPECT_GT(t.ended(Reason::kQueueReset), 0u);
  t.ExpectWorks();
}

TEST_P(ResetTest, QueueClosedMidTraffic) {
  Bench bench(GetParam());
  const Tunnel t = Tunnel::Random(bench.rng());
  const uint32_t handle = bench.Add(t.OutboundCtx());
  const Op op = EspOut(handle, MakeInner({.size = 900}, bench.rng()));
  for (int round = 0; round < 3; ++round) {
    bench.FreeAll();
    auto pair = bench.device().OpenQueue(4, {.sq_log2 = 6, .cq_log2 = 6});
    ASSERT_TRUE(pair.has_value()) << ToString(pair.error());
    EXPECT_EQ(bench.device().OpenQueue(4, {}).error().code, ErrorCode::kExists);
    std::vector<std::unique_ptr<Bench::Placed>> placed;
    for (uint64_t i = 0; i < 20; ++i) {
      placed.push_back(bench.Place(op, i));
      ASSERT_EQ((*pair)->Submit({&placed.back()->submission, 1}).value_or(0), 1u);
    }
  }
  EXPECT_EQ(ReasonName(bench.Run(op).reason), "ok");
}

TEST_P(ResetTest, HealthOfAWorkingCard) {
  Bench bench(GetParam());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(bench.device().CheckHealth(), driver::Health::kGood);
    bench.card().Relax();
  }
}

}  // namespace
}  // namespace vam::test
