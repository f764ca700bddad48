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

TEST_F(DeviceTest, SeesAStuckQueue) {
  auto queue = device_->OpenQueue(1, {});
  ASSERT_TRUE(queue.has_value());
  EXPECT_EQ(device_->CheckHealth(), Health::kGood);
  Submission submission;
  submission.op = map::SqeOp::kEspIn;
  submission.src = {1, 1};
  ASSERT_EQ((*queue)->Submit({&submission, 1}).value_or(0), 1u);
  EXPECT_EQ(device_->CheckHealth(), Health::kGood);
  clock_.AdvanceNs(kNsPerSecond + 1);
  EXPECT_EQ(device_->CheckHealth(), Health::kStuck);
  card_.Relax();
  Completion completion;
  ASSERT_EQ((*queue)->Poll({&completion, 1}).value_or(0), 1u);
  EXPECT_EQ(completion.reason, Reason::kDmaReadError);
  EXPECT_EQ(device_->CheckHealth(), Health::kGood);
  // An idle queue is not stuck, however long it is idle.
  clock_.AdvanceNs(100 * kNsPerSecond);
  EXPECT_EQ(device_->CheckHealth(), Health::kGood);
}

TEST_F(DeviceTest, BoundsOperationsUnderWay) {
  for (size_t i = 0; i < SaTable::kSlots; ++i) {
    ASSERT_TRUE(device_->sas().BeginNop().has_value());
  }
  EXPECT_EQ(device_->sas().BeginNop().error().code, ErrorCode::kExhausted);
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
