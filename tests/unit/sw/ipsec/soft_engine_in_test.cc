// Inbound packets: every way they can end.
#include <gtest/gtest.h>

#include <algorithm>

#include "sw/ipsec/ecn.h"
#include "tests/unit/sw/ipsec/esp_fixture.h"

namespace vam::ipsec {
namespace {

using test::Buffer;
using test::Forge;
using test::Forged;
using test::MakeInner;
using test::MakeSa;
using test::MakeText;
using test::Ran;
using test::Runner;

SaParams WindowSa(uint32_t window = 64) {
  SaParams params = MakeSa(Direction::kIn);
  params.replay_window = window;
  return params;
}

Buffer Numbered(uint64_t sequence) {
  return Forge(MakeText(MakeInner(40)), {.sequence = sequence});
}

TEST(SoftEngineInTest, TheSaIsFoundByVrfDestinationAndSpi) {
  Runner runner;
  SaParams params = MakeSa(Direction::kIn);
  params.vrf_tag = 3;
  const SaRef ref = runner.Add(params);
  const Buffer packet = Numbered(1);
  EXPECT_EQ(runner.Run(Op::kEspIn, SaRef::None(), packet, 2000, 3).sa, ref);
  EXPECT_EQ(runner.Run(Op::kEspIn, ref, packet, 2000, 0).reason, Reason::kNoSa);
  EXPECT_EQ(runner.In(Forge(MakeText(MakeInner(40)), {.spi = Spi{0x12345679}})).reason,
            Reason::kNoSa);
}

TEST(SoftEngineInTest, EveryFlippedBitIsRefused) {
  Runner runner;
  const SaRef ref = runner.Add(WindowSa());
  const Buffer good = Numbered(7);
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    Buffer bad = good;
    bad[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    const Ran ran = runner.In(bad);
    ASSERT_NE(ran.reason, Reason::kOk) << bit;
    ASSERT_TRUE(ran.out.empty());
    ASSERT_TRUE(bit < 28 * 8 || ran.reason == Reason::kIcvFailed) << bit;
  }
  EXPECT_EQ(runner.Query(ref).packets, 0u);
  EXPECT_EQ(runner.Query(ref).sequence, 0u);
  EXPECT_EQ(runner.In(good).reason, Reason::kOk);
}

TEST(SoftEngineInTest, NoPlaintextLeavesBeforeTheIcvPassed) {
  Runner runner;
  runner.Add(MakeSa(Direction::kIn));
  Buffer bad = Numbered(1);
  bad.back() ^= 1;
  Buffer room(200, 0xee);
  const Job job{Op::kEspIn, SaRef::None(), 0, bad, room, 1};
  ASSERT_EQ(runner.engine.Submit({&job, 1}), 1u);
  Done done;
  ASSERT_EQ(runner.engine.Poll({&done, 1}), 1u);
  EXPECT_EQ(done.reason, Reason::kIcvFailed);
  const Buffer inner = MakeInner(40);
  EXPECT_EQ(std::search(room.begin(), room.end(), inner.begin() + 12, inner.begin() + 20),
            room.end());
  EXPECT_TRUE(std::all_of(room.begin(), room.begin() + 44, [](uint8_t b) { return b == 0; }));
}

TEST(SoftEngineInTest, ReplayIsStopped) {
  Runner runner;
  const SaRef ref = runner.Add(WindowSa());
  EXPECT_EQ(runner.In(Numbered(0)).reason, Reason::kReplayOld);
  EXPECT_EQ(runner.In(Numbered(100)).reason, Reason::kOk);
  EXPECT_EQ(runner.In(Numbered(100)).reason, Reason::kReplayDuplicate);
  EXPECT_EQ(runner.In(Numbered(36)).reason, Reason::kReplayOld);
  EXPECT_EQ(runner.In(Numbered(37)).reason, Reason::kOk);
  EXPECT_EQ(runner.In(Numbered(37)).reason, Reason::kReplayDuplicate);
  const SaStats stats = runner.Query(ref);
  EXPECT_EQ(stats.packets, 2u);
  EXPECT_EQ(stats.errors, 4u);
  EXPECT_EQ(stats.sequence, 100u);
}

TEST(SoftEngineInTest, AForgedNumberDoesNotMoveTheWindow) {
  Runner runner;
  const SaRef ref = runner.Add(WindowSa());
  Buffer forged = Numbered(1000000);
  forged.back() ^= 1;
  EXPECT_EQ(runner.In(forged).reason, Reason::kIcvFailed);
  EXPECT_EQ(runner.Query(ref).sequence, 0u);
  EXPECT_EQ(runner.In(Numbered(1)).reason, Reason::kOk);
}

TEST(SoftEngineInTest, WithoutAWindowEverythingVerifiedIsTaken) {
  Runner runner;
  runner.Add(WindowSa(0));
  for (const uint64_t number : {5, 5, 1, 0}) {
    EXPECT_EQ(runner.In(Numbered(number)).reason, Reason::kOk);
  }
}

TEST(SoftEngineInTest, EsnAcrossTheWrap) {
  Runner runner;
  SaParams params = WindowSa();
  params.esn = true;
  params.initial_seq = 0xfffffff0;
  const SaRef ref = runner.Add(params);
  const auto numbered = [](uint64_t sequence) {
    return Forge(MakeText(MakeInner(40)), {.sequence = sequence, .esn = true});
  };
  EXPECT_EQ(runner.In(numbered(0xfffffffe)).reason, Reason::kOk);
  EXPECT_EQ(runner.In(numbered(0x100000001)).reason, Reason::kOk);
  EXPECT_EQ(runner.In(numbered(0xffffffff)).reason, Reason::kOk);
  EXPECT_EQ(runner.In(numbered(0xffffffff)).reason, Reason::kReplayDuplicate);
  EXPECT_EQ(runner.In(numbered(0x100000000)).reason, Reason::kOk);
  // The same 32 bits one subspace too high are another number, and the ICV says so.
  EXPECT_EQ(runner.In(numbered(0x200000002)).reason, Reason::kIcvFailed);
  EXPECT_EQ(runner.Query(ref).sequence, 0x100000001u);
}

TEST(SoftEngineInTest, TextFaultsAreCountedAsVerifiedPackets) {
  Runner runner;
  const SaRef ref = runner.Add(WindowSa());
  Buffer bad_pad = MakeText(MakeInner(40));
  bad_pad[41] = 9;
  EXPECT_EQ(runner.In(Forge(bad_pad, {.sequence = 1})).reason, Reason::kBadPadding);
  EXPECT_EQ(runner.In(Forge(MakeText(MakeInner(40), 0, 59), {.sequence = 2})).reason,
            Reason::kDummyPacket);
  EXPECT_EQ(runner.In(Forge(MakeText(MakeInner(40), 0, 41), {.sequence = 3})).reason,
            Reason::kBadNextHeader);
  Buffer longer = MakeInner(40);
  StoreBe16(longer.data() + 2, 60);
  EXPECT_EQ(runner.In(Forge(MakeText(longer), {.sequence = 4})).reason, Reason::kInnerMalformed);
  EXPECT_EQ(runner.Query(ref).packets, 4u);
  EXPECT_EQ(runner.Query(ref).errors, 4u);
  EXPECT_EQ(runner.Query(ref).sequence, 4u);
}

TEST(SoftEngineInTest, TfcPaddingIsTakenOff) {
  Runner runner;
  runner.Add(MakeSa(Direction::kIn));
  for (size_t extra = 0; extra < 600; extra += 7) {
    const Ran ran = runner.In(Forge(MakeText(MakeInner(40), extra)));
    EXPECT_EQ(ran.reason, Reason::kOk);
    EXPECT_EQ(ran.out, MakeInner(40));
  }
}

TEST(SoftEngineInTest, TheBufferNeedsToHoldTheInnerPacketOnly) {
  Runner runner;
  runner.Add(MakeSa(Direction::kIn));
  const Buffer packet = Forge(MakeText(MakeInner(40), 200));
  EXPECT_EQ(runner.Run(Op::kEspIn, SaRef::None(), packet, 40).out, MakeInner(40));
  EXPECT_EQ(runner.Run(Op::kEspIn, SaRef::None(), packet, 39).reason, Reason::kDstTooSmall);
  EXPECT_EQ(runner.Run(Op::kEspIn, SaRef::None(), packet, 0).reason, Reason::kDstTooSmall);
}

TEST(SoftEngineInTest, Selectors) {
  Runner runner;
  SaParams params = MakeSa(Direction::kIn);
  params.selectors.remote = *net::Prefix::Parse("10.1.0.0/24");
  params.selectors.local = *net::Prefix::Parse("10.2.0.0/24");
  params.selectors.protocol = net::kProtocolUdp;
  runner.Add(params);
  EXPECT_EQ(runner.In(Numbered(1)).reason, Reason::kOk);
  EXPECT_EQ(runner.In(Forge(MakeText(MakeInner(40, 0, 6)))).reason, Reason::kSelectorMismatch);
  Buffer other = MakeInner(40);
  other[14] = 1;  // 10.1.1.5
  EXPECT_EQ(runner.In(Forge(MakeText(other))).reason, Reason::kSelectorMismatch);
}

TEST(SoftEngineInTest, EcnFollowsFigure4AndKeepsTheChecksumRight) {
  Runner runner;
  runner.Add(MakeSa(Direction::kIn));
  for (uint8_t inner_ecn = 0; inner_ecn < 4; ++inner_ecn) {
    for (uint8_t outer_ecn = 0; outer_ecn < 4; ++outer_ecn) {
      for (uint8_t dscp = 0; dscp < 64; dscp += 9) {
        const auto tos = static_cast<uint8_t>(dscp << 2 | inner_ecn);
        const Buffer inner = MakeInner(41, tos);
        const Ran ran = runner.In(Forge(MakeText(inner), {.tos = outer_ecn}));
        const auto expected = EcnAfterDecapsulation(inner_ecn, outer_ecn);
        if (!expected.has_value()) {
          EXPECT_EQ(ran.reason, Reason::kEcnDrop);
          continue;
        }
        ASSERT_EQ(ran.reason, Reason::kOk);
        EXPECT_EQ(ran.out[1], dscp << 2 | *expected);
        EXPECT_TRUE(net::Ipv4ChecksumOk(ran.out));
        EXPECT_TRUE(std::equal(ran.out.begin() + 12, ran.out.end(), inner.begin() + 12));
      }
    }
  }
}

TEST(SoftEngineInTest, GarbageEndsWithAReason) {
  Runner runner;
  runner.Add(WindowSa());
  SeededRng rng(4);
  for (int i = 0; i < 20000; ++i) {
    Buffer packet = i % 2 == 0 ? Numbered(1) : Buffer(rng.Below(120) + 1);
    if (i % 2 != 0) rng.Fill(packet);
    packet[rng.Below(packet.size())] ^= static_cast<uint8_t>(1 + rng.Below(255));
    packet.resize(rng.Below(packet.size()) + 1);
    EXPECT_NE(runner.In(packet).reason, Reason::kOk);
  }
}

}  // namespace
}  // namespace vam::ipsec
