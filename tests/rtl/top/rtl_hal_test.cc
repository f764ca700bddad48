// The verilated card behind the driver's seam, in lockstep and running by itself.
#include "sim/rtl/rtl_hal.h"

#include <gtest/gtest.h>
#include <time.h>

#include <cstring>
#include <thread>
#include <vector>

#include "driver/gen/vam_layouts.h"
#include "driver/gen/vam_regs.h"

namespace vam::sim {
namespace {

constexpr unsigned kLog2 = 6;
constexpr unsigned kSlots = 1u << kLog2;

class RtlHalTest : public ::testing::TestWithParam<Clocking> {
 protected:
  RtlHalTest() : hal_({.card = {}, .clocking = GetParam(), .relax_cycles = 64}) {
    while ((hal_.bar().Read32(map::kRegCtrlStatus) & map::kCtrlStatusReady) == 0) hal_.Relax();
  }
  ~RtlHalTest() override {
    const auto broken = hal_.With([](RtlCard& card) { return card.violations(); });
    for (const std::string& text : broken) ADD_FAILURE() << text;
  }

  void StartAdmin() {
    rings_ = *hal_.dma().Allocate(kSlots * (sizeof(map::Sqe) + sizeof(map::Cqe)), 64);
    const uint64_t cq = rings_.bus + kSlots * sizeof(map::Sqe);
    hal_.bar().Write64(map::RegQueueSqBaseLo(0), rings_.bus);
    hal_.bar().Write64(map::RegQueueCqBaseLo(0), cq);
    hal_.bar().Write32(map::RegQueueConfig(0), map::kQueueConfigEnable |
                                                   1u << map::kQueueConfigVectorShift |
                                                   kLog2 << map::kQueueConfigSqLog2Shift |
                                                   kLog2 << map::kQueueConfigCqLog2Shift);
    ASSERT_TRUE(hal_.irq().Enable(1).has_value());
  }
  void StopAdmin() {
    hal_.bar().Write32(map::RegQueueConfig(0), 0);
    while ((hal_.bar().Read32(map::RegQueueStatus(0)) & map::kQueueStatusIdle) == 0) hal_.Relax();
    hal_.dma().Free(rings_);
  }
  void PushNop(uint16_t tail) {
    map::Sqe sqe{};
    sqe.op = static_cast<uint8_t>(map::SqeOp::kNop);
    sqe.cookie = tail;
    std::memcpy(&rings_.host[(tail % kSlots) * sizeof(sqe)], &sqe, sizeof(sqe));
    hal_.bar().Write32(map::RegDoorbellSqTail(0), static_cast<uint16_t>(tail + 1));
  }
  hal::DmaRegion Cqe(uint16_t index) {
    return rings_.Slice(kSlots * sizeof(map::Sqe) + (index % kSlots) * sizeof(map::Cqe),
                        sizeof(map::Cqe));
  }

  RtlHal hal_;
  hal::DmaRegion rings_;
};

TEST_P(RtlHalTest, InterruptPerCompletion) {
  StartAdmin();
  for (uint16_t i = 0; i < 200; ++i) {
    hal_.bar().Write32(map::RegDoorbellCqHeadArm(0), i);
    PushNop(i);
    const auto came = hal_.irq().Wait(1, 10'000'000'000);
    ASSERT_TRUE(came.has_value() && *came) << i;
    const bool phase = (hal_.dma().Acquire(Cqe(i)) >> 31) != 0;
    EXPECT_EQ(phase, (i / kSlots) % 2 == 0) << i;
  }
  StopAdmin();
}

TEST_P(RtlHalTest, WaitGivesUp) {
  const auto came = hal_.irq().Wait(2, 1'000'000);
  ASSERT_TRUE(came.has_value());
  EXPECT_FALSE(*came);
  EXPECT_FALSE(hal_.irq().Wait(99, 1).has_value());
}

TEST_P(RtlHalTest, DmaMemory) {
  const auto a = hal_.dma().Allocate(100, 4096);
  const auto b = hal_.dma().Allocate(5000, 64);
  ASSERT_TRUE(a.has_value() && b.has_value());
  EXPECT_EQ(a->bus % 4096, 0u);
  EXPECT_GE(b->bus - a->bus, 4096u);
  EXPECT_FALSE(hal_.dma().Allocate(0, 64).has_value());
  EXPECT_FALSE(hal_.dma().Allocate(64, 3).has_value());
  hal_.dma().Free(*a);
  hal_.dma().Free(*b);
  std::vector<uint8_t> own(300);
  const auto mapped = hal_.dma().Map(own);
  ASSERT_TRUE(mapped.has_value());
  EXPECT_EQ(mapped->bus % 4096, reinterpret_cast<uintptr_t>(own.data()) % 4096);
  hal_.dma().Unmap(*mapped);
}

TEST_P(RtlHalTest, RegistersFromManyThreads) {
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (uint32_t i = 0; i < 50; ++i) {
        hal_.bar().Write32(map::RegModerationVector(t), i);
        EXPECT_EQ(hal_.bar().Read32(map::RegModerationVector(t)), i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

INSTANTIATE_TEST_SUITE_P(Clocks, RtlHalTest,
                         ::testing::Values(Clocking::kLockstep, Clocking::kFree),
                         [](const ::testing::TestParamInfo<Clocking>& clock) {
                           return clock.param == Clocking::kFree ? "free" : "lockstep";
                         });

// A card with nothing to do costs no processor time.
TEST(RtlHalIdleTest, SleepsWhileIdle) {
  RtlHal hal({.card = {}, .clocking = Clocking::kFree, .relax_cycles = 64});
  while ((hal.bar().Read32(map::kRegCtrlStatus) & map::kCtrlStatusReady) == 0) hal.Relax();
  const auto cycles = [&] { return hal.With([](RtlCard& card) { return card.cycles(); }); };
  // Each look wakes it for one batch of cycles; a card that slept in between moved no further.
  uint64_t before = cycles();
  unsigned slept = 0;
  for (int i = 0; i < 1000; ++i) {
    std::this_thread::yield();
    const uint64_t now = cycles();
    if (now - before <= 32) ++slept;
    before = now;
  }
  EXPECT_GT(slept, 900u);
  timespec start{};
  timespec end{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
  const auto came = hal.irq().Wait(1, 300'000'000);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
  EXPECT_TRUE(came.has_value() && !*came);
  const int64_t used_ns =
      (end.tv_sec - start.tv_sec) * 1'000'000'000 + (end.tv_nsec - start.tv_nsec);
  EXPECT_LT(used_ns, 30'000'000) << "processor time in 300 ms of nothing";
}

}  // namespace
}  // namespace vam::sim
