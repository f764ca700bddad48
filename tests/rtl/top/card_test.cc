// The whole card through its rings: one of everything, against packets built with OpenSSL. The
// breadth is in tests/cosim; here a fault of the wiring must show.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "tests/rtl/top/host.h"

namespace vam::toptest {
namespace {

constexpr uint64_t kSrc = Host::kBuffers;
constexpr uint64_t kDst = Host::kBuffers + 0x10000;
constexpr size_t kRoom = 4096;

Reason ReasonOf(const map::Cqe& cqe) { return static_cast<Reason>(cqe.reason); }

class CardTest : public ::testing::TestWithParam<sim::RtlKnobs> {
 protected:
  CardTest() : host_(GetParam()), rng_(test::TestSeed()) {}

  void Put(uint64_t offset, std::span<const uint8_t> bytes) {
    std::copy(bytes.begin(), bytes.end(), host_.At(offset, bytes.size()).begin());
  }
  Bytes Get(uint64_t offset, size_t size) {
    const auto span = host_.At(offset, size);
    return {span.begin(), span.end()};
  }

  Host host_;
  esptest::Rng rng_;
};

TEST_P(CardTest, PacketOutAndIn) {
  esptest::Sa out = esptest::RandomSa(rng_, 5, false);
  esptest::Sa in = esptest::RandomSa(rng_, 6, true);
  ASSERT_EQ(host_.AddSa(out), Reason::kOk);
  ASSERT_EQ(host_.AddSa(in), Reason::kOk);
  for (uint64_t seq = 1; seq <= 3; ++seq) {
    const Bytes inner = esptest::MakeInner(rng_, 20 + 61 * seq);
    Put(kSrc, inner);
    const map::Cqe sent = host_.Do(
        1, Host::Operation(map::SqeOp::kEspOut, kSrc, inner.size(), kDst, kRoom, out.handle(), 1));
    const Bytes expected = esptest::ExpectedOutbound(out, inner, seq);
    ASSERT_EQ(ReasonOf(sent), Reason::kOk) << ReasonName(ReasonOf(sent));
    EXPECT_EQ(sent.sa_handle, out.handle());
    EXPECT_EQ(Get(kDst, sent.out_len), expected);

    const Bytes outer = esptest::Encapsulate(in, inner, seq);
    Put(kSrc, outer);
    map::Sqe receive = Host::Operation(map::SqeOp::kEspIn, kSrc, outer.size(), kDst, kRoom, 0, 2);
    receive.vrf_tag = in.vrf_tag;
    const map::Cqe received = host_.Do(2, receive);
    ASSERT_EQ(ReasonOf(received), Reason::kOk) << ReasonName(ReasonOf(received));
    EXPECT_EQ(received.sa_handle, in.handle());
    EXPECT_EQ(Get(kDst, received.out_len), inner);
    EXPECT_EQ(ReasonOf(host_.Do(2, receive)), Reason::kReplayDuplicate);
  }
  EXPECT_EQ(host_.Query(out.handle()).packets, 3u);
  EXPECT_EQ(host_.Query(in.handle()).seq, 3u);
  EXPECT_EQ(host_.Counter(map::kRegCountersOutPackets), 3u);
  EXPECT_EQ(host_.Counter(map::kRegCountersInPackets), 3u);
  EXPECT_EQ(host_.Counter(map::kRegCountersDrops), 3u);
  EXPECT_EQ(host_.Counter(map::RegCountersReason(static_cast<unsigned>(Reason::kOk))), 6u);
  EXPECT_EQ(host_.Counter(map::RegCountersReason(static_cast<unsigned>(Reason::kReplayDuplicate))),
            3u);
  uint64_t timed = 0;
  for (unsigned i = 0; i < map::kNumCountersLatency; ++i) {
    timed += host_.Counter(map::RegCountersLatency(i));
  }
  EXPECT_EQ(timed, 9u);
}

TEST_P(CardTest, RawSealAndOpen) {
  esptest::Sa sa = esptest::RandomSa(rng_, 9, false);
  sa.mode = 2;
  sa.check_selectors = false;
  ASSERT_EQ(host_.AddSa(sa), Reason::kOk);
  std::array<uint8_t, 12> iv{};
  for (auto& byte : iv) byte = static_cast<uint8_t>(rng_());
  Bytes text(33);
  for (auto& byte : text) byte = static_cast<uint8_t>(rng_());
  Put(kSrc, text);
  map::SqeExt ext{};
  ext.tag_len = 16;
  std::memcpy(&ext.iv_lo, iv.data(), 8);
  std::memcpy(&ext.iv_hi, iv.data() + 8, 4);
  map::Sqe seal =
      Host::Operation(map::SqeOp::kRawSeal, kSrc, text.size(), kDst, kRoom, sa.handle(), 3);
  seal.flags = map::kSqeFlagExt;
  host_.PushExt(1, seal, ext);
  host_.Ring(1);
  const map::Cqe sealed = host_.Wait(1);
  ASSERT_EQ(ReasonOf(sealed), Reason::kOk) << ReasonName(ReasonOf(sealed));
  const std::span<const uint8_t> key(sa.key.data(), sa.key_bytes());
  EXPECT_EQ(Get(kDst, sealed.out_len), esptest::GcmSeal(key, iv, {}, text));

  map::Sqe open =
      Host::Operation(map::SqeOp::kRawOpen, kDst, sealed.out_len, kSrc, kRoom, sa.handle(), 4);
  open.flags = map::kSqeFlagExt;
  host_.PushExt(1, open, ext);
  host_.Ring(1);
  const map::Cqe opened = host_.Wait(1);
  ASSERT_EQ(ReasonOf(opened), Reason::kOk) << ReasonName(ReasonOf(opened));
  EXPECT_EQ(Get(kSrc, opened.out_len), text);
  host_.At(kDst, 1)[0] ^= 1;
  host_.PushExt(1, open, ext);
  host_.Ring(1);
  EXPECT_EQ(ReasonOf(host_.Wait(1)), Reason::kIcvFailed);
}

TEST_P(CardTest, AdminOperationsAndRefusals) {
  esptest::Sa sa = esptest::RandomSa(rng_, 7, true);
  ASSERT_EQ(host_.AddSa(sa), Reason::kOk);
  esptest::Sa again = sa;
  EXPECT_EQ(host_.AddSa(again), Reason::kSaExists);
  EXPECT_EQ(host_.card().ReadBar(map::kRegCtrlSaCount), 1u);
  const auto admin = [&](map::SqeOp op, size_t src_len, size_t dst_len) {
    return ReasonOf(host_.Do(0, Host::Operation(op, kSrc, src_len, kDst, dst_len, sa.handle(), 1)));
  };
  EXPECT_EQ(admin(map::SqeOp::kNop, 0, 0), Reason::kOk);
  EXPECT_EQ(admin(map::SqeOp::kSaQuery, 0, 63), Reason::kDstTooSmall);
  EXPECT_EQ(admin(map::SqeOp::kSaAdd, 255, 0), Reason::kBadLength);
  EXPECT_EQ(admin(map::SqeOp::kEspOut, 64, 256), Reason::kUnsupportedOp);
  EXPECT_EQ(admin(map::SqeOp::kSaDelete, 0, 0), Reason::kOk);
  EXPECT_EQ(admin(map::SqeOp::kSaDelete, 0, 0), Reason::kSaStale);
  EXPECT_EQ(host_.card().ReadBar(map::kRegCtrlSaCount), 0u);
  EXPECT_GE(host_.Counter(map::kRegCountersAdminOps), 7u);
}

TEST_P(CardTest, InterruptsComeWhenArmed) {
  map::Sqe nop{};
  nop.op = static_cast<uint8_t>(map::SqeOp::kNop);
  const auto complete = [&](bool release) {
    host_.Push(0, nop);
    host_.Ring(0);
    host_.Wait(0, release);
    host_.card().Step(2000);
  };
  host_.Arm(0);
  complete(false);
  EXPECT_EQ(host_.messages(0), 1u);
  complete(false);
  EXPECT_EQ(host_.messages(0), 1u) << "not armed";
  // Armed with an index behind the completions: fires at once.
  host_.card().WriteBar(map::RegDoorbellCqHeadArm(0), 1);
  host_.card().Step(2000);
  EXPECT_EQ(host_.messages(0), 2u);
  // Armed with everything read: waits for the next.
  host_.Arm(0);
  host_.card().Step(2000);
  EXPECT_EQ(host_.messages(0), 2u);
  complete(false);
  EXPECT_EQ(host_.messages(0), 3u);
}

// A masked vector is pending until it is unmasked, also over the function mask.
TEST_P(CardTest, MaskedInterruptsWait) {
  map::Sqe nop{};
  nop.op = static_cast<uint8_t>(map::SqeOp::kNop);
  host_.card().WriteBar(map::RegMsixEntryControl(0), map::kMsixEntryControlMasked);
  host_.Arm(0);
  host_.Push(0, nop);
  host_.Ring(0);
  host_.Wait(0, false);
  host_.card().Step(2000);
  EXPECT_EQ(host_.messages(0), 0u);
  EXPECT_EQ(host_.card().ReadBar(map::RegPbaWord(0)), 1u);
  host_.card().SetInterrupts(true, true);
  host_.card().WriteBar(map::RegMsixEntryControl(0), 0);
  host_.card().Step(2000);
  EXPECT_EQ(host_.messages(0), 0u);
  host_.card().SetInterrupts(true, false);
  host_.card().Step(2000);
  EXPECT_EQ(host_.messages(0), 1u);
  EXPECT_EQ(host_.card().ReadBar(map::RegPbaWord(0)), 0u);
}

TEST_P(CardTest, InjectedFaultEventArrives) {
  host_.card().WriteBar(map::kRegTestInject, map::kTestInjectFaultEvent);
  host_.card().Step(2000);
  const auto event = host_.PollEvent();
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->kind, static_cast<uint8_t>(map::EventType::kFault));
  EXPECT_EQ(event->value, 0u);
}

TEST_P(CardTest, ReadErrorIsAReasonAFaultAndAnEvent) {
  map::Sqe bad = Host::Operation(map::SqeOp::kEspOut, 0, 64, kDst, kRoom, 0, 1);
  bad.src = 0x7'0000'0000;
  EXPECT_EQ(ReasonOf(host_.Do(1, bad)), Reason::kDmaReadError);
  host_.card().Step(2000);
  EXPECT_EQ(host_.card().ReadBar(map::kRegCtrlFaults), map::kCtrlFaultsReadError);
  const auto event = host_.PollEvent();
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->value, map::kCtrlFaultsReadError);
  host_.card().WriteBar(map::kRegCtrlFaults, map::kCtrlFaultsReadError);
  EXPECT_EQ(host_.card().ReadBar(map::kRegCtrlFaults), 0u);
}

// Every SA is gone after a reset amid traffic, and the card works again.
TEST_P(CardTest, SoftResetAmidTraffic) {
  esptest::Sa sa = esptest::RandomSa(rng_, 5, false);
  ASSERT_EQ(host_.AddSa(sa), Reason::kOk);
  const Bytes inner = esptest::MakeInner(rng_, 1400);
  Put(kSrc, inner);
  for (uint32_t i = 0; i < 64; ++i) {
    host_.Push(1, Host::Operation(map::SqeOp::kEspOut, kSrc, inner.size(), kDst + kRoom * i, kRoom,
                                  sa.handle(), i));
  }
  host_.Ring(1);
  host_.card().Step(1500);
  host_.card().WriteBar(map::kRegCtrlControl, map::kCtrlControlSoftReset);
  host_.WaitReady();
  EXPECT_EQ(host_.card().ReadBar(map::kRegCtrlFaults), 0u);
  EXPECT_EQ(host_.card().ReadBar(map::kRegCtrlSaCount), 0u);
  host_.Start();
  const uint32_t old = sa.handle();
  const map::Cqe gone =
      host_.Do(1, Host::Operation(map::SqeOp::kEspOut, kSrc, inner.size(), kDst, kRoom, old, 1));
  EXPECT_NE(ReasonOf(gone), Reason::kOk);
  sa.seq = 0;
  ASSERT_EQ(host_.AddSa(sa), Reason::kOk);
  const map::Cqe sent = host_.Do(
      1, Host::Operation(map::SqeOp::kEspOut, kSrc, inner.size(), kDst, kRoom, sa.handle(), 1));
  ASSERT_EQ(ReasonOf(sent), Reason::kOk);
  EXPECT_EQ(Get(kDst, sent.out_len), esptest::ExpectedOutbound(sa, inner, 1));
}

TEST_P(CardTest, IdleAgainAfterWork) {
  map::Sqe nop{};
  nop.op = static_cast<uint8_t>(map::SqeOp::kNop);
  host_.Do(0, nop);
  host_.card().Step(3000);
  EXPECT_TRUE(host_.card().idle());
}

std::string KnobName(const ::testing::TestParamInfo<sim::RtlKnobs>& info) {
  return "latency" + std::to_string(info.param.read_latency) + "stall" +
         std::to_string(info.param.stall);
}

INSTANTIATE_TEST_SUITE_P(
    Bus, CardTest,
    ::testing::Values(
        sim::RtlKnobs{},
        sim::RtlKnobs{.read_latency = 250, .write_latency = 100, .stall = 0, .reorder = true},
        sim::RtlKnobs{.read_latency = 20, .write_latency = 10, .stall = 50, .reorder = true}),
    KnobName);

}  // namespace
}  // namespace vam::toptest
