// Adding, changing, deleting, counting; lifetimes and their events.
#include <gtest/gtest.h>

#include <array>

#include "tests/unit/sw/ipsec/esp_fixture.h"

namespace vam::ipsec {
namespace {

using test::Buffer;
using test::Forge;
using test::MakeInner;
using test::MakeSa;
using test::MakeText;
using test::Runner;

// Inner packets of 42 bytes: 44 bytes of text.
constexpr uint64_t kText = 44;

Reason SendOne(Runner& runner, SaRef ref) { return runner.Out(ref, MakeInner(42)).reason; }

TEST(ControlTest, ErrorsComeInTheirControlDone) {
  Runner runner;
  SaParams params = MakeSa(Direction::kIn);
  runner.Add(params);
  EXPECT_EQ(runner.Control(runner.engine.BeginAdd(params)).status.error().code, ErrorCode::kExists);
  params.ttl = 0;
  EXPECT_EQ(runner.Control(runner.engine.BeginAdd(params)).status.error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(runner.Control(runner.engine.BeginQuery(SaRef::None())).status.error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(runner.Control(runner.engine.BeginDelete(SaRef::None())).status.error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(runner.Control(runner.engine.BeginModify(SaRef::None(), params)).status.error().code,
            ErrorCode::kNotFound);
}

TEST(ControlTest, TheControlQueueIsBounded) {
  Runner runner;  // 16 places
  for (int i = 0; i < 16; ++i) {
    EXPECT_TRUE(runner.engine.BeginAdd(MakeSa(Direction::kOut)).has_value());
  }
  EXPECT_EQ(runner.engine.BeginAdd(MakeSa(Direction::kOut)).error().code, ErrorCode::kUnavailable);
  std::array<ControlDone, 20> done;
  EXPECT_EQ(runner.engine.PollControl(done), 16u);
  EXPECT_EQ(done[0].op, ControlOp::kAdd);
  EXPECT_LT(done[0].token, done[1].token);
  EXPECT_TRUE(runner.engine.BeginAdd(MakeSa(Direction::kOut)).has_value());
}

TEST(ControlTest, DeletingReturnsTheLastCounters) {
  Runner runner;
  const SaRef ref = runner.Add(MakeSa(Direction::kOut));
  SendOne(runner, ref);
  const ControlDone done = runner.Control(runner.engine.BeginDelete(ref));
  EXPECT_TRUE(done.status.has_value());
  EXPECT_EQ(done.stats.sa_id, 77u);
  EXPECT_EQ(done.stats.packets, 1u);
  EXPECT_EQ(done.stats.bytes, kText);
}

TEST(ControlTest, ModifyingKeepsNumbersAndIdentity) {
  Runner runner;
  SaParams params = MakeSa(Direction::kOut);
  const SaRef ref = runner.Add(params);
  SendOne(runner, ref);
  params.ttl = 5;
  params.df_mode = DfMode::kSet;
  params.lifetimes.hard_packets = 2;
  EXPECT_TRUE(runner.Control(runner.engine.BeginModify(ref, params)).status.has_value());
  const auto ran = runner.Out(ref, MakeInner(42));
  EXPECT_EQ(ran.reason, Reason::kOk);
  EXPECT_EQ(net::ParseIpv4(ran.out)->ttl, 5);
  EXPECT_TRUE(net::ParseIpv4(ran.out)->dont_fragment);
  EXPECT_EQ(runner.Query(ref).sequence, 2u);
  EXPECT_EQ(SendOne(runner, ref), Reason::kHardPackets);
  params.spi = Spi{0x999};
  EXPECT_EQ(runner.Control(runner.engine.BeginModify(ref, params)).status.error().code,
            ErrorCode::kInvalidArgument);
}

TEST(LifetimeTest, PacketsOut) {
  Runner runner;
  SaParams params = MakeSa(Direction::kOut);
  params.lifetimes.soft_packets = 2;
  params.lifetimes.hard_packets = 3;
  const SaRef ref = runner.Add(params);
  EXPECT_EQ(SendOne(runner, ref), Reason::kOk);
  EXPECT_TRUE(runner.Events().empty());
  EXPECT_EQ(SendOne(runner, ref), Reason::kOk);
  const auto soft = runner.Events();
  ASSERT_EQ(soft.size(), 1u);
  EXPECT_EQ(soft[0].type, EventType::kSoftPackets);
  EXPECT_EQ(soft[0].sa, ref);
  EXPECT_EQ(soft[0].sa_id, 77u);
  EXPECT_EQ(soft[0].value, 2u);
  EXPECT_EQ(SendOne(runner, ref), Reason::kOk);
  EXPECT_TRUE(runner.Events().empty());
  EXPECT_EQ(SendOne(runner, ref), Reason::kHardPackets);
  EXPECT_EQ(SendOne(runner, ref), Reason::kHardPackets);
  const auto hard = runner.Events();
  ASSERT_EQ(hard.size(), 1u);
  EXPECT_EQ(hard[0].type, EventType::kHardPackets);
  EXPECT_EQ(runner.Query(ref).packets, 3u);
  EXPECT_EQ(runner.Query(ref).sequence, 3u);
}

TEST(LifetimeTest, BytesOutCountTheText) {
  Runner runner;
  SaParams params = MakeSa(Direction::kOut);
  params.lifetimes.soft_bytes = kText + 1;
  params.lifetimes.hard_bytes = 3 * kText - 1;
  const SaRef ref = runner.Add(params);
  EXPECT_EQ(SendOne(runner, ref), Reason::kOk);
  EXPECT_TRUE(runner.Events().empty());
  EXPECT_EQ(SendOne(runner, ref), Reason::kOk);
  ASSERT_EQ(runner.Events().size(), 1u);
  EXPECT_EQ(SendOne(runner, ref), Reason::kHardBytes);
  // A shorter packet still fits: 44 + 44 + 24 <= 131.
  EXPECT_EQ(runner.Out(ref, MakeInner(22)).reason, Reason::kOk);
  EXPECT_EQ(runner.Query(ref).bytes, 2 * kText + 24);
  ASSERT_EQ(runner.Events().size(), 1u);
}

TEST(LifetimeTest, ALimitMetExactlyIsNotExceeded) {
  Runner runner;
  SaParams params = MakeSa(Direction::kOut);
  params.lifetimes.hard_bytes = 2 * kText;
  const SaRef ref = runner.Add(params);
  EXPECT_EQ(SendOne(runner, ref), Reason::kOk);
  EXPECT_EQ(SendOne(runner, ref), Reason::kOk);
  EXPECT_EQ(SendOne(runner, ref), Reason::kHardBytes);
}

TEST(LifetimeTest, InboundIsCheckedAfterTheIcvAndBeforeTheWindowMoves) {
  Runner runner;
  SaParams params = MakeSa(Direction::kIn);
  params.replay_window = 64;
  params.lifetimes.hard_packets = 1;
  params.lifetimes.soft_bytes = 1;
  const SaRef ref = runner.Add(params);
  const auto packet = [](uint64_t number) {
    return Forge(MakeText(MakeInner(42)), {.sequence = number});
  };
  EXPECT_EQ(runner.In(packet(1)).reason, Reason::kOk);
  ASSERT_EQ(runner.Events().size(), 1u);
  Buffer forged = packet(2);
  forged.back() ^= 1;
  EXPECT_EQ(runner.In(forged).reason, Reason::kIcvFailed);
  EXPECT_EQ(runner.In(packet(1)).reason, Reason::kReplayDuplicate);
  EXPECT_EQ(runner.In(packet(50)).reason, Reason::kHardPackets);
  EXPECT_EQ(runner.Query(ref).sequence, 1u);
  EXPECT_EQ(runner.Query(ref).bytes, kText);
}

TEST(EventTest, TheWatermarkFiresOnceAndAgainWhenMoved) {
  Runner runner;
  SaParams params = MakeSa(Direction::kOut);
  params.initial_seq = 100;
  params.seq_watermark = 102;
  const SaRef ref = runner.Add(params);
  SendOne(runner, ref);
  EXPECT_TRUE(runner.Events().empty());
  SendOne(runner, ref);
  SendOne(runner, ref);
  auto events = runner.Events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].type, EventType::kSeqWatermark);
  EXPECT_EQ(events[0].value, 102u);
  params.seq_watermark = 104;
  EXPECT_TRUE(runner.Control(runner.engine.BeginModify(ref, params)).status.has_value());
  SendOne(runner, ref);
  events = runner.Events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].value, 104u);
}

TEST(EventTest, PendingUntilAcknowledged) {
  Runner runner;
  SaParams params = MakeSa(Direction::kOut);
  params.lifetimes.soft_packets = 1;
  params.lifetimes.soft_bytes = 1;
  const SaRef ref = runner.Add(params);
  SendOne(runner, ref);
  std::array<SaEvent, 1> one;
  EXPECT_EQ(runner.engine.PollEvents(one), 1u);
  EXPECT_EQ(one[0].type, EventType::kSoftBytes);
  EXPECT_EQ(runner.engine.PollEvents(one), 1u);
  EXPECT_EQ(one[0].type, EventType::kSoftPackets);
  EXPECT_EQ(runner.engine.PollEvents(one), 0u);
  EXPECT_EQ(runner.Query(ref).pending_events, 0b110);
  runner.engine.AckEvent(ref, EventType::kSoftBytes);
  EXPECT_EQ(runner.Query(ref).pending_events, 0b100);
  runner.engine.AckEvent(SaRef::None(), EventType::kSoftBytes);
}

TEST(EventTest, ADeletedSaHasNoEventsAndItsPlaceCanFireAgain) {
  Runner runner;
  SaParams params = MakeSa(Direction::kOut);
  params.lifetimes.soft_packets = 1;
  for (int round = 0; round < 200; ++round) {
    const SaRef ref = runner.Add(params);
    EXPECT_EQ(SendOne(runner, ref), Reason::kOk);
    runner.Control(runner.engine.BeginDelete(ref));
  }
  EXPECT_TRUE(runner.Events().empty());
  SendOne(runner, runner.Add(params));
  EXPECT_EQ(runner.Events().size(), 1u);
}

}  // namespace
}  // namespace vam::ipsec
