// Resets, stops and deaths of the card: every packet is accounted for, no SA survives, the card
// works again.
#include <gtest/gtest.h>

#include "sim/model/model_card.h"
#include "tests/cosim/bench.h"

namespace vam::test {
namespace {

class ResetTest : public CosimTest {};
VAM_COSIM_SUITE(ResetTest);

// Packets under way on queue 1.
struct Traffic {
  explicit Traffic(const std::string& backend) : bench(backend) {}

  void Start(size_t count) {
    tunnel = Tunnel::Random(bench.rng());
    handle = bench.Add(tunnel.OutboundCtx());
    op = {
        .op = map::SqeOp::kEspOut, .handle = handle, .src = MakeInner({.size = 1200}, bench.rng())};
    for (uint64_t i = 0; i < count; ++i) {
      placed.push_back(bench.Place(op, i));
      submissions.push_back(placed.back()->submission);
    }
    ASSERT_EQ(bench.queue().Submit(submissions).value_or(0), count);
  }

  // Every packet ended once: done, or given up.
  void CollectAll() {
    std::vector<int> ended(submissions.size());
    std::array<driver::Completion, 16> some;
    for (;;) {
      const auto found = bench.queue().TakeInFlight(some);
      ASSERT_TRUE(found.has_value()) << ToString(found.error());
      if (*found == 0) break;
      for (size_t i = 0; i < *found; ++i) {
        ++ended.at(some[i].cookie);
        if (some[i].reason == Reason::kOk) {
          const Answer answer = bench.Collect(op, *placed[some[i].cookie], some[i]);
          EXPECT_EQ(answer.bytes,
                    Encapsulate(tunnel, op.src, tunnel.initial_seq + 1 + some[i].cookie));
          ++ok;
        } else {
          EXPECT_EQ(ReasonName(some[i].reason), "queue_reset");
          ++given_up;
        }
      }
    }
    for (const int count : ended) EXPECT_EQ(count, 1);
    EXPECT_EQ(ok + given_up, submissions.size());
  }

  void ExpectWorks() {
    ASSERT_TRUE(bench.queue().Restart().has_value());
    const Tunnel fresh = Tunnel::Random(bench.rng());
    bench.FreeAll();
    op.handle = bench.Add(fresh.OutboundCtx());
    EXPECT_EQ(bench.Run(op).bytes, Encapsulate(fresh, op.src, fresh.initial_seq + 1));
  }

  Bench bench;
  Tunnel tunnel;
  uint32_t handle = 0;
  Op op;
  std::vector<std::unique_ptr<Bench::Placed>> placed;
  std::vector<driver::Submission> submissions;
  size_t ok = 0;
  size_t given_up = 0;
};

TEST_P(ResetTest, CardResetMidTraffic) {
  Traffic t(GetParam());
  for (int round = 0; round < 3; ++round) {
    t.placed.clear();
    t.submissions.clear();
    t.ok = t.given_up = 0;
    t.bench.FreeAll();
    t.Start(64);
    for (int i = 0; i < round * 5; ++i) t.bench.card().Relax();
    const auto pending = t.bench.device().sas().BeginNop();
    const auto lost = t.bench.device().Reset();
    ASSERT_TRUE(lost.has_value()) << ToString(lost.error());
    ASSERT_EQ(lost->size(), 1u);
    EXPECT_EQ(lost->front().sa_id, t.tunnel.sa_id);
    // The operation under way ended, one way or the other.
    const driver::SaDone done = t.bench.Admin(pending);
    EXPECT_TRUE(done.reason == Reason::kQueueReset || done.reason == Reason::kOk);
    driver::Completion completion;
    const auto poll = t.bench.queue().Poll({&completion, 1});
    ASSERT_FALSE(poll.has_value()) << "a queue works on after a reset that its owner did not see";
    EXPECT_EQ(poll.error().code, ErrorCode::kDevice);
    t.CollectAll();
    t.ExpectWorks();
    EXPECT_EQ(t.bench.device().ReadCounters().Ended(), 1u) << "a reset clears the counters";
    ASSERT_EQ(t.bench.device().sas().size(), 1u);
    ASSERT_TRUE(t.bench.device().Zeroise().has_value());
  }
}

TEST_P(ResetTest, QueueStoppedMidTraffic) {
  Traffic t(GetParam());
  t.Start(64);
  for (int i = 0; i < 7; ++i) t.bench.card().Relax();
  t.CollectAll();
  t.ExpectWorks();
}

TEST_P(ResetTest, QueueClosedMidTraffic) {
  Bench bench(GetParam());
  const Tunnel t = Tunnel::Random(bench.rng());
  const uint32_t handle = bench.Add(t.OutboundCtx());
  const Op op{
      .op = map::SqeOp::kEspOut, .handle = handle, .src = MakeInner({.size = 900}, bench.rng())};
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

// Needs a card whose death can be ordered.
TEST(CardDeathTest, GoneOrFrozen) {
  sim::ModelCard card;
  SystemClock clock;
  SeededRng rng(1);
  driver::DeviceOptions options;
  options.timeout_ns = 10 * kNsPerMs;
  auto device = driver::Device::Open(card, clock, rng, options);
  ASSERT_TRUE(device.has_value());
  auto queue = (*device)->OpenQueue(1, {});
  ASSERT_TRUE(queue.has_value());
  EXPECT_EQ((*device)->CheckHealth(), driver::Health::kGood);
  card.SetFrozen(true);
  (*device)->CheckHealth();
  EXPECT_EQ((*device)->CheckHealth(), driver::Health::kStopped);
  card.SetFrozen(false);
  EXPECT_EQ((*device)->CheckHealth(), driver::Health::kGood);
  card.SetGone(true);
  EXPECT_EQ((*device)->CheckHealth(), driver::Health::kGone);
  EXPECT_FALSE((*device)->Reset().has_value());
  EXPECT_FALSE((*device)->Zeroise().has_value());
  EXPECT_FALSE((*queue)->Wait(1000).has_value());
  // Nothing hangs on the way out.
}

}  // namespace
}  // namespace vam::test
