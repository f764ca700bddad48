// Outbound packets and round trips.
#include "sw/ipsec/soft_engine.h"

#include <gtest/gtest.h>

#include <array>

#include "sw/ipsec/ecn.h"
#include "tests/unit/sw/ipsec/esp_fixture.h"

namespace vam::ipsec {
namespace {

using test::Buffer;
using test::MakeInner;
using test::MakeSa;
using test::Ran;
using test::Runner;

struct Kind {
  Encryption suite;
  bool esn;
};

class RoundTripTest : public testing::TestWithParam<Kind> {};

TEST_P(RoundTripTest, EveryLengthFrom20To2048AndJumbo) {
  Runner runner;
  SaParams out = MakeSa(Direction::kOut, GetParam().suite);
  out.esn = GetParam().esn;
  out.initial_seq = out.esn ? 0xffffff00 : 5;
  SaParams in = MakeSa(Direction::kIn, GetParam().suite);
  in.esn = out.esn;
  in.initial_seq = out.initial_seq;
  in.replay_window = 64;
  const SaRef out_ref = runner.Add(out);
  const SaRef in_ref = runner.Add(in);
  uint64_t bytes = 0;
  uint64_t packets = 0;
  for (size_t size = 20; size <= 9216; size += size < 2048 ? 1 : 509) {
    const Buffer inner = MakeInner(size);
    Buffer padded = inner;
    padded.resize(size + size % 30, 0x5a);  // link padding, on both sides
    Ran sent = runner.Out(out_ref, padded);
    ASSERT_EQ(sent.reason, Reason::kOk) << size;
    ASSERT_EQ(sent.sa, out_ref);
    ASSERT_EQ(sent.out.size(), EncapsulatedBytes(out, size));
    ASSERT_EQ(sent.out.size() % 4, 0u);
    bytes += sent.out.size() - 52;
    ++packets;
    const EspPacket esp = test::ParseEsp(sent.out);
    ASSERT_EQ(esp.reason, Reason::kOk);
    ASSERT_EQ(esp.sequence, static_cast<uint32_t>(out.initial_seq + packets));
    ASSERT_EQ(LoadBe64(esp.iv.data()), out.initial_seq + packets);
    sent.out.resize(sent.out.size() + size % 23, 0xa5);
    const Ran received = runner.In(sent.out);
    ASSERT_EQ(received.reason, Reason::kOk) << size;
    ASSERT_EQ(received.sa, in_ref);
    ASSERT_EQ(received.out, inner);
  }
  EXPECT_EQ(runner.Query(out_ref).bytes, bytes);
  EXPECT_EQ(runner.Query(in_ref).bytes, bytes);
  EXPECT_EQ(runner.Query(in_ref).packets, packets);
  EXPECT_EQ(runner.Query(in_ref).sequence, out.initial_seq + packets);
  EXPECT_EQ(runner.Query(in_ref).errors, 0u);
}

INSTANTIATE_TEST_SUITE_P(Suites, RoundTripTest,
                         testing::Values(Kind{Encryption::kAesGcm128Icv16, false},
                                         Kind{Encryption::kAesGcm128Icv16, true},
                                         Kind{Encryption::kAesGcm192Icv16, true},
                                         Kind{Encryption::kAesGcm256Icv16, false},
                                         Kind{Encryption::kAesGcm256Icv16, true}));

TEST(SoftEngineOutTest, TheOuterHeaderIsARealOne) {
  Runner runner;
  SaParams params = MakeSa(Direction::kOut);
  params.initial_seq = 0x1234f;
  params.ttl = 17;
  Buffer inner = MakeInner(100, 0xb9);
  inner[6] = 0x40;
  const Ran ran = runner.Out(runner.Add(params), inner);
  ASSERT_EQ(ran.reason, Reason::kOk);
  const auto outer = net::ParseIpv4(ran.out);
  ASSERT_TRUE(outer.has_value());
  EXPECT_TRUE(net::Ipv4ChecksumOk(ran.out));
  EXPECT_EQ(ran.out[0], 0x45);
  EXPECT_EQ(outer->tos, 0xb9);
  EXPECT_EQ(outer->total_bytes, ran.out.size());
  EXPECT_EQ(outer->identification, 0x2350);
  EXPECT_TRUE(outer->dont_fragment);
  EXPECT_FALSE(outer->IsFragment());
  EXPECT_EQ(outer->ttl, 17);
  EXPECT_EQ(outer->protocol, 50);
  EXPECT_EQ(ToString(outer->source), "192.0.2.1");
  EXPECT_EQ(ToString(outer->destination), "192.0.2.2");
  EXPECT_EQ(FormatHex(Bytes(ran.out).subspan(20, 16)),
            "1234567800012350"
            "0000000000012350");
}

TEST(SoftEngineOutTest, WhatIsNoIpv4PacketIsRefusedAndSpendsNoNumber) {
  Runner runner;
  const SaRef ref = runner.Add(MakeSa(Direction::kOut));
  const auto reason = [&](auto change) {
    Buffer inner = MakeInner(60);
    change(inner);
    return runner.Out(ref, inner).reason;
  };
  EXPECT_EQ(reason([](Buffer& p) { p[0] = 0x55; }), Reason::kInnerMalformed);
  EXPECT_EQ(reason([](Buffer& p) { p[0] = 0x44; }), Reason::kInnerMalformed);
  EXPECT_EQ(reason([](Buffer& p) { StoreBe16(p.data() + 2, 61); }), Reason::kInnerMalformed);
  EXPECT_EQ(reason([](Buffer& p) { StoreBe16(p.data() + 2, 19); }), Reason::kInnerMalformed);
  EXPECT_EQ(reason([](Buffer& p) { p.resize(19); }), Reason::kInnerMalformed);
  EXPECT_EQ(reason([](Buffer& p) { p.clear(); }), Reason::kBadLength);
  EXPECT_EQ(reason([](Buffer& p) { p.resize(65536); }), Reason::kBadLength);
  EXPECT_EQ(runner.Query(ref).sequence, 0u);
  EXPECT_EQ(runner.Query(ref).packets, 0u);
}

TEST(SoftEngineOutTest, TheResultMustFitTheBufferAndTheHeader) {
  Runner runner;
  const SaParams params = MakeSa(Direction::kOut);
  const SaRef ref = runner.Add(params);
  const size_t size = EncapsulatedBytes(params, 100);
  EXPECT_EQ(runner.Run(Op::kEspOut, ref, MakeInner(100), size - 1).reason, Reason::kDstTooSmall);
  EXPECT_EQ(runner.Run(Op::kEspOut, ref, MakeInner(100), size).reason, Reason::kOk);
  EXPECT_EQ(runner.Out(ref, MakeInner(65478)).reason, Reason::kOk);
  EXPECT_EQ(runner.Out(ref, MakeInner(65483)).reason, Reason::kBadLength);
  EXPECT_EQ(runner.Query(ref).sequence, 2u);
  EXPECT_EQ(runner.Query(ref).errors, 2u);
}

TEST(SoftEngineOutTest, HandlesAreChecked) {
  Runner runner;
  const SaRef in = runner.Add(MakeSa(Direction::kIn));
  const SaRef out = runner.Add(MakeSa(Direction::kOut));
  EXPECT_EQ(runner.Out(in, MakeInner(40)).reason, Reason::kSaDirection);
  EXPECT_EQ(runner.Out(SaRef::None(), MakeInner(40)).reason, Reason::kNoSa);
  EXPECT_EQ(runner.Out(SaRef::Make(0, 9), MakeInner(40)).reason, Reason::kNoSa);
  EXPECT_EQ(runner.Out(SaRef::Make(1, out.index()), MakeInner(40)).reason, Reason::kSaStale);
  runner.Control(runner.engine.BeginDelete(out));
  EXPECT_EQ(runner.Out(out, MakeInner(40)).reason, Reason::kSaStale);
}

TEST(SoftEngineOutTest, SequenceNumbersEnd) {
  for (const bool esn : {false, true}) {
    Runner runner;
    SaParams params = MakeSa(Direction::kOut);
    params.esn = esn;
    params.initial_seq = (esn ? ~uint64_t{0} : 0xffffffff) - 2;
    const SaRef ref = runner.Add(params);
    EXPECT_EQ(runner.Out(ref, MakeInner(40)).reason, Reason::kOk);
    EXPECT_EQ(runner.Out(ref, MakeInner(40)).reason, Reason::kOk);
    EXPECT_TRUE(runner.Events().empty());
    EXPECT_EQ(runner.Out(ref, MakeInner(40)).reason, Reason::kSeqOverflow);
    EXPECT_EQ(runner.Out(ref, MakeInner(40)).reason, Reason::kSeqOverflow);
    const auto events = runner.Events();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].type, EventType::kSeqOverflow);
    EXPECT_EQ(events[0].value, params.initial_seq + 2);
    EXPECT_EQ(runner.Query(ref).sequence, params.initial_seq + 2);
  }
}

TEST(SoftEngineOutTest, EsnCrosses32Bits) {
  Runner runner;
  SaParams params = MakeSa(Direction::kOut);
  params.esn = true;
  params.initial_seq = 0xffffffff;
  const Ran ran = runner.Out(runner.Add(params), MakeInner(40));
  EXPECT_EQ(FormatHex(Bytes(ran.out).subspan(24, 12)),
            "00000000"
            "0000000100000000");
}

TEST(SoftEngineTest, InPlaceBothWays) {
  Runner runner;
  const SaRef out = runner.Add(MakeSa(Direction::kOut));
  runner.Add(MakeSa(Direction::kIn));
  for (size_t size = 20; size < 200; ++size) {
    const Buffer inner = MakeInner(size);
    Buffer room(300);
    std::copy(inner.begin(), inner.end(), room.begin() + 36);
    Job job{Op::kEspOut, out, 0, Bytes(room).subspan(36, size), room, 1};
    ASSERT_EQ(runner.engine.Submit({&job, 1}), 1u);
    Done done;
    ASSERT_EQ(runner.engine.Poll({&done, 1}), 1u);
    ASSERT_EQ(done.reason, Reason::kOk);
    job = {Op::kEspIn,
           SaRef::None(),
           0,
           Bytes(room).first(done.out_bytes),
           MutableBytes(room).subspan(36),
           2};
    ASSERT_EQ(runner.engine.Submit({&job, 1}), 1u);
    ASSERT_EQ(runner.engine.Poll({&done, 1}), 1u);
    ASSERT_EQ(done.reason, Reason::kOk);
    ASSERT_EQ(Buffer(room.begin() + 36, room.begin() + 36 + done.out_bytes), inner);
  }
}

TEST(SoftEngineTest, AFullQueueTakesNoMoreAndLosesNothing) {
  Runner runner;  // 16 places
  const SaRef ref = runner.Add(MakeSa(Direction::kOut));
  const Buffer inner = MakeInner(40);
  std::vector<Buffer> outs(20, Buffer(200));
  std::vector<Job> jobs;
  for (uint64_t i = 0; i < 20; ++i) jobs.push_back({Op::kEspOut, ref, 0, inner, outs[i], i});
  EXPECT_EQ(runner.engine.Submit(jobs), 16u);
  EXPECT_EQ(runner.engine.Submit(std::span(jobs).subspan(16)), 0u);
  EXPECT_EQ(runner.Query(ref).packets, 16u);
  std::array<Done, 10> done;
  EXPECT_EQ(runner.engine.Poll(done), 10u);
  for (uint64_t i = 0; i < 10; ++i) EXPECT_EQ(done[i].cookie, i);
  EXPECT_EQ(runner.engine.Submit(std::span(jobs).subspan(16)), 4u);
  EXPECT_EQ(runner.engine.Poll(done), 10u);
  EXPECT_EQ(done[9].cookie, 19u);
  EXPECT_EQ(runner.engine.Poll(done), 0u);
  EXPECT_EQ(runner.Query(ref).packets, 20u);
}

}  // namespace
}  // namespace vam::ipsec
