#include "driver/device/device.h"

#include <gtest/gtest.h>

#include "sim/model/model_card.h"

namespace vam::driver {
namespace {

class DeviceTest : public testing::Test {
 protected:
  DeviceTest() : card_({.card = {}, .eager = false}) {
    auto device = Device::Open(card_, clock_, rng_, {});
    EXPECT_TRUE(device.has_value());
    if (device) device_ = std::move(*device);
  }

  sim::ModelCard card_;
  ManualClock clock_;
  SeededRng rng_{1};
  std::unique_ptr<Device> device_;
};

TEST_F(DeviceTest, RefusesQueuesThatDoNotExist) {
  EXPECT_EQ(device_->OpenQueue(0, {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(device_->OpenQueue(5, {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(device_->OpenQueue(1, {.vector = 8}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(device_->OpenQueue(1, {.sq_log2 = 2}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(device_->OpenQueue(1, {.cq_log2 = 13}).error().code, ErrorCode::kInvalidArgument);
  auto queue = device_->OpenQueue(1, {});
  ASSERT_TRUE(queue.has_value());
  EXPECT_EQ(device_->OpenQueue(1, {}).error().code, ErrorCode::kExists);
  queue->reset();
  EXPECT_TRUE(device_->OpenQueue(1, {}).has_value());
}

// A submission that the card answers with dma_read_error as soon as it works.
Submission Unreadable() {
  Submission submission;
  submission.op = map::SqeOp::kEspIn;
  submission.src = {1, 1};
  return submission;
}

// Looks for a completion every `step_ns`, in vain, for `total_ns` in all.
void LookInVain(QueuePair& queue, ManualClock& clock, uint64_t step_ns, uint64_t total_ns) {
  Completion completion;
  ASSERT_EQ(queue.Poll({&completion, 1}).value_or(1), 0u);
  for (uint64_t passed = 0; passed < total_ns; passed += step_ns) {
    clock.AdvanceNs(step_ns);
    ASSERT_EQ(queue.Poll({&completion, 1}).value_or(1), 0u);
  }
}

TEST_F(DeviceTest, SeesAStuckQueue) {
  auto queue = device_->OpenQueue(1, {});
  ASSERT_TRUE(queue.has_value());
  EXPECT_EQ(device_->CheckHealth(), Health::kGood);
  const Submission submission = Unreadable();
  ASSERT_EQ((*queue)->Submit({&submission, 1}).value_or(0), 1u);
  LookInVain(**queue, clock_, 100 * kNsPerMs, kNsPerSecond);
  EXPECT_EQ(device_->CheckHealth(), Health::kGood);
  LookInVain(**queue, clock_, 1, 1);
  EXPECT_EQ(device_->CheckHealth(), Health::kStuck);
  card_.Relax();
  Completion completion;
  ASSERT_EQ((*queue)->Poll({&completion, 1}).value_or(0), 1u);
  EXPECT_EQ(completion.reason, Reason::kDmaReadError);
  EXPECT_EQ(device_->CheckHealth(), Health::kGood);
  // An idle queue is not stuck, however long it is idle.
  LookInVain(**queue, clock_, 10 * kNsPerSecond, 100 * kNsPerSecond);
  EXPECT_EQ(device_->CheckHealth(), Health::kGood);
}

// Nobody looked at the queue for long: what is in flight may be done, or just handed over.
TEST_F(DeviceTest, UnobservedQueueIsNotStuck) {
  auto queue = device_->OpenQueue(1, {});
  ASSERT_TRUE(queue.has_value());
  EXPECT_EQ(device_->CheckHealth(), Health::kGood);
  const Submission submission = Unreadable();
  for (int i = 0; i < 3; ++i) {
    clock_.AdvanceNs(100 * kNsPerSecond);
    ASSERT_EQ((*queue)->Submit({&submission, 1}).value_or(0), 1u);
    EXPECT_EQ(device_->CheckHealth(), Health::kGood) << "handed over just now";
    LookInVain(**queue, clock_, 50 * kNsPerMs, 200 * kNsPerMs);
    clock_.AdvanceNs(100 * kNsPerSecond);
    EXPECT_EQ(device_->CheckHealth(), Health::kGood) << "may be done since the last look";
    LookInVain(**queue, clock_, 50 * kNsPerMs, 200 * kNsPerMs);
    EXPECT_EQ(device_->CheckHealth(), Health::kGood) << "the pause counts for 100 ms at most";
    card_.Relax();
    Completion completion;
    ASSERT_EQ((*queue)->Poll({&completion, 1}).value_or(0), 1u);
  }
}

// A functional card whose registers say what a test wants.
class StubbornCard final : public hal::Card, private hal::Bar {
 public:
  std::string_view name() const override { return "stubborn"; }
  hal::Bar& bar() override { return *this; }
  hal::Dma& dma() override { return card_.dma(); }
  hal::Irq& irq() override { return card_.irq(); }
  void Relax() override { card_.Relax(); }

  bool never_ready = false;
  bool never_idle = false;

 private:
  uint64_t size() const override { return map::kBarBytes; }
  uint32_t Read32(uint64_t offset) override {
    const uint32_t value = card_.bar().Read32(offset);
    if (never_ready && offset == map::kRegCtrlStatus) return map::kCtrlStatusResetBusy;
    if (never_idle && offset == map::RegQueueStatus(1)) return value & ~map::kQueueStatusIdle;
    return value;
  }
  void Write32(uint64_t offset, uint32_t value) override { card_.bar().Write32(offset, value); }

  sim::ModelCard card_;
};

// Under a clock that stands still (vamreplay) these waits must end all the same.
TEST(StandingClockTest, ResetThatNeverEndsIsAnError) {
  StubbornCard card;
  ManualClock clock;
  SeededRng rng(1);
  card.never_ready = true;
  EXPECT_EQ(Device::Open(card, clock, rng).error().code, ErrorCode::kDevice);
  card.never_ready = false;
  auto device = Device::Open(card, clock, rng);
  ASSERT_TRUE(device.has_value());
  card.never_ready = true;
  const auto lost = (*device)->Reset();
  ASSERT_FALSE(lost.has_value());
  EXPECT_STREQ(lost.error().text, "the card does not get ready");
  card.never_ready = false;
  EXPECT_TRUE((*device)->Reset().has_value());
}

TEST(StandingClockTest, QueueThatNeverStopsIsAnError) {
  StubbornCard card;
  ManualClock clock;
  SeededRng rng(1);
  auto device = Device::Open(card, clock, rng);
  ASSERT_TRUE(device.has_value());
  auto queue = (*device)->OpenQueue(1, {});
  ASSERT_TRUE(queue.has_value());
  card.never_idle = true;
  Completion completion;
  const auto taken = (*queue)->TakeInFlight({&completion, 1});
  ASSERT_FALSE(taken.has_value());
  EXPECT_STREQ(taken.error().text, "the queue does not stop");
  card.never_idle = false;
}

TEST_F(DeviceTest, SeesAFrozenAndAnAbsentCard) {
  auto queue = device_->OpenQueue(1, {});
  ASSERT_TRUE(queue.has_value());
  EXPECT_EQ(device_->CheckHealth(), Health::kGood);
  card_.SetFrozen(true);
  device_->CheckHealth();
  EXPECT_EQ(device_->CheckHealth(), Health::kStopped);
  card_.SetFrozen(false);
  EXPECT_EQ(device_->CheckHealth(), Health::kGood);
  card_.SetGone(true);
  EXPECT_EQ(device_->CheckHealth(), Health::kGone);
  EXPECT_FALSE(device_->Reset().has_value());
  EXPECT_FALSE(device_->Zeroise().has_value());
  EXPECT_FALSE((*queue)->Wait(1000).has_value());
  // Nothing hangs on the way out.
}

TEST_F(DeviceTest, BoundsOperationsUnderWay) {
  for (size_t i = 0; i < SaTable::kSlots; ++i) {
    ASSERT_TRUE(device_->sas().BeginNop().has_value());
  }
  EXPECT_EQ(device_->sas().BeginNop().error().code, ErrorCode::kUnavailable);
  std::array<SaDone, SaTable::kSlots> done;
  size_t found = 0;
  while (found < SaTable::kSlots) {
    card_.Relax();
    found += device_->sas().Poll(std::span(done).subspan(found)).value_or(0);
  }
  EXPECT_TRUE(device_->sas().BeginNop().has_value());
}

// An SA that could not be added leaves its index to the next.
TEST_F(DeviceTest, RefusedSaFreesItsIndex) {
  map::SaCtx ctx{};
  const auto run = [this](Result<uint64_t> token) {
    SaDone done;
    EXPECT_TRUE(token.has_value());
    while (device_->sas().Poll({&done, 1}).value_or(0) == 0) card_.Relax();
    return done;
  };
  EXPECT_EQ(run(device_->sas().BeginAdd(ctx)).reason, Reason::kBadContext);
  ctx.version = 1;
  ctx.suite = 1;
  ctx.icv_len = 16;
  ctx.proto = 50;
  const SaDone done = run(device_->sas().BeginAdd(ctx));
  EXPECT_EQ(done.reason, Reason::kOk);
  EXPECT_EQ(HandleIndex(done.handle), 0u);
}

TEST_F(DeviceTest, RefusesModerationOutOfRange) {
  EXPECT_FALSE(device_->SetModeration(8, 0, 0).has_value());
  EXPECT_FALSE(device_->SetModeration(0, 65536, 0).has_value());
  EXPECT_TRUE(device_->SetModeration(0, 65535, 255).has_value());
}

// With moderation, completions of a while share one interrupt, and none is lost.
TEST_F(DeviceTest, ModerationHoldsMessagesBack) {
  ASSERT_TRUE(device_->SetModeration(2, 50000, 0).has_value());
  auto queue = device_->OpenQueue(1, {.vector = 2});
  ASSERT_TRUE(queue.has_value());
  Submission submission;
  submission.op = map::SqeOp::kEspIn;
  submission.src = {1, 1};
  std::array<Completion, 8> done;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ((*queue)->Submit({&submission, 1}).value_or(0), 1u);
    ASSERT_TRUE((*queue)->Wait(kNsPerSecond).value_or(false)) << i;
    ASSERT_EQ((*queue)->Poll(done).value_or(0), 1u);
  }
}

}  // namespace
}  // namespace vam::driver
