// Cycles per packet and latency of the whole card. vambench measures them in breadth; here the hard
// limits must hold.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "tests/rtl/top/host.h"

namespace vam::toptest {
namespace {

constexpr uint64_t kSrc = Host::kBuffers;
constexpr uint64_t kDst = Host::kBuffers + 0x100000;
constexpr size_t kRoom = 2048;
constexpr unsigned kWarm = 200;
constexpr unsigned kCount = 1000;

struct Case {
  bool inbound;
  size_t size;
  unsigned read_latency;
};

class RateTest : public ::testing::TestWithParam<Case> {
 protected:
  static sim::RtlKnobs Knobs() {
    const unsigned latency = GetParam().read_latency;
    return {.read_latency = latency,
            .write_latency = latency * 2 / 5,
            .stall = 0,
            .reorder = latency != 0};
  }
  RateTest() : host_(Knobs()), rng_(test::TestSeed()) {}

  // Source bytes of packet number `seq` into its slot.
  size_t Prepare(const esptest::Sa& sa, const Bytes& inner, uint64_t seq) {
    const Bytes packet = sa.inbound ? esptest::Encapsulate(sa, inner, seq) : inner;
    const auto to = host_.At(kSrc + (seq % Host::kSlots) * kRoom, packet.size());
    std::copy(packet.begin(), packet.end(), to.begin());
    return packet.size();
  }
  void Submit(const esptest::Sa& sa, const Bytes& inner, uint64_t seq) {
    const size_t size = Prepare(sa, inner, seq);
    const uint64_t slot = (seq % Host::kSlots) * kRoom;
    map::Sqe sqe =
        Host::Operation(sa.inbound ? map::SqeOp::kEspIn : map::SqeOp::kEspOut, kSrc + slot, size,
                        kDst + slot, kRoom, sa.handle(), static_cast<uint32_t>(seq));
    sqe.vrf_tag = sa.vrf_tag;
    host_.Push(1, sqe);
  }

  Host host_;
  esptest::Rng rng_;
};

TEST_P(RateTest, CyclesPerPacket) {
  const Case& at = GetParam();
  esptest::Sa sa = esptest::RandomSa(rng_, 5, at.inbound);
  sa.check_selectors = false;
  ASSERT_EQ(host_.AddSa(sa), Reason::kOk);
  const Bytes inner = esptest::MakeInner(rng_, at.size);
  uint64_t submitted = 0;
  unsigned completed = 0;
  uint64_t start = 0;
  while (completed < kWarm + kCount) {
    if (submitted - completed <= Host::kSlots - 32) {
      for (unsigned i = 0; i < 32; ++i) Submit(sa, inner, ++submitted);
      host_.Ring(1);
    }
    bool any = false;
    while (const auto cqe = host_.Poll(1)) {
      ASSERT_EQ(static_cast<Reason>(cqe->reason), Reason::kOk);
      if (++completed == kWarm) start = host_.card().cycles();
      any = true;
    }
    if (any) host_.Release(1);
    host_.card().Step(16);
    ASSERT_LT(host_.card().cycles(), 3000000u);
  }
  const double cycles = static_cast<double>(host_.card().cycles() - start) / kCount;
  std::printf("%s %zu B, read latency %u: %.2f cycles per packet, %.3f of the width\n",
              at.inbound ? "in" : "out", at.size, at.read_latency, cycles,
              static_cast<double>(at.size) * 8 / 128 / cycles);
  if (at.size == 64) {
    EXPECT_LE(cycles, 12.0);
  } else {
    EXPECT_GE(static_cast<double>(at.size) * 8 / 128 / cycles, 0.90);
  }
}

std::string CaseName(const ::testing::TestParamInfo<Case>& info) {
  return (info.param.inbound ? "in" : "out") + std::to_string(info.param.size) + "latency" +
         std::to_string(info.param.read_latency);
}

INSTANTIATE_TEST_SUITE_P(Sizes, RateTest,
                         ::testing::Values(Case{false, 64, 0}, Case{true, 64, 0},
                                           Case{false, 64, 250}, Case{true, 64, 250},
                                           Case{false, 1400, 0}, Case{true, 1400, 0},
                                           Case{false, 1400, 250}, Case{true, 1400, 250}),
                         CaseName);

// From the last beat of the descriptor to the acceptance of the completion, as the card measures
// it.
TEST(LatencyTest, SmallPacketUnloaded) {
  for (const bool inbound : {false, true}) {
    Host host;
    esptest::Rng rng(test::TestSeed());
    esptest::Sa sa = esptest::RandomSa(rng, 5, inbound);
    sa.check_selectors = false;
    ASSERT_EQ(host.AddSa(sa), Reason::kOk);
    const Bytes inner = esptest::MakeInner(rng, 64);
    const Bytes packet = inbound ? esptest::Encapsulate(sa, inner, 1) : inner;
    std::copy(packet.begin(), packet.end(), host.At(kSrc, packet.size()).begin());
    map::Sqe sqe = Host::Operation(inbound ? map::SqeOp::kEspIn : map::SqeOp::kEspOut, kSrc,
                                   packet.size(), kDst, kRoom, sa.handle(), 1);
    sqe.vrf_tag = sa.vrf_tag;
    host.Push(1, sqe);
    const uint64_t before = host.card().cycles();
    host.Ring(1);
    ASSERT_EQ(static_cast<Reason>(host.Wait(1, false).reason), Reason::kOk);
    std::printf("%s 64 B: %llu cycles from doorbell to visible completion\n",
                inbound ? "in" : "out",
                static_cast<unsigned long long>(host.card().cycles() - before));
    for (unsigned i = 8; i < map::kNumCountersLatency; ++i) {
      EXPECT_EQ(host.Counter(map::RegCountersLatency(i)), 0u) << "256 cycles or more";
    }
  }
}

}  // namespace
}  // namespace vam::toptest
