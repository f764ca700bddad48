// Random mixes of SAs, sizes, directions, layouts, damage and pace, against the independent
// builder.
#include <gtest/gtest.h>

#include "tests/cosim/bench.h"
#include "tests/support/seed.h"

namespace vam::test {
namespace {

class RandomTest : public CosimTest {};
VAM_COSIM_SUITE(RandomTest);

struct Pair {
  Tunnel tunnel;
  uint32_t out = 0;
  uint32_t in = 0;
  uint64_t sent = 0;      // by the card
  uint64_t received = 0;  // made for the card
};

struct Case {
  Op op;
  Reason reason;
  ByteVector bytes;
};

size_t RandomSize(Rng& rng) {
  switch (rng.Below(4)) {
    case 0:
      return 20 + rng.Below(60);
    case 1:
      return 64;
    case 2:
      return 1300 + rng.Below(200);
    default:
      return 20 + rng.Below(2000);
  }
}

Case MakeCase(Rng& rng, Pair& pair) {
  const ByteVector inner = MakeInner({.size = RandomSize(rng),
                                      .tos = static_cast<uint8_t>(rng.U32() & 0xfc),
                                      .dont_fragment = rng.Below(2) == 1},
                                     rng);
  Case c{.op = {}, .reason = Reason::kOk, .bytes = {}};
  if (rng.Below(2) == 0) {
    c.op = EspOut(pair.out, inner);
    const ByteVector outer =
        Encapsulate(pair.tunnel, inner, pair.tunnel.initial_seq + pair.sent + 1);
    c.op.dst_size = outer.size();
    if (rng.Below(12) == 0) {
      c.op.dst_size = outer.size() - 1 - rng.Below(outer.size() - 1);
      c.reason = Reason::kDstTooSmall;
    } else {
      c.bytes = outer;
      ++pair.sent;
    }
  } else {
    const uint64_t seq = pair.tunnel.initial_seq + ++pair.received;
    c.op = EspIn(pair.tunnel, Encapsulate(pair.tunnel, inner, seq));
    c.op.dst_size = inner.size() + rng.Below(40);
    switch (rng.Below(10)) {
      case 0:
        c.op.src[28 + rng.Below(c.op.src.size() - 28)] ^= static_cast<uint8_t>(1u << rng.Below(8));
        c.reason = Reason::kIcvFailed;
        break;
      case 1:
        c.op.vrf_tag ^= 0x8000;
        c.reason = Reason::kNoSa;
        break;
      case 2:
        c.op.src[10] ^= 0x55;
        c.reason = Reason::kOuterChecksum;
        break;
      default:
        c.bytes = inner;
        for (uint64_t n = rng.Below(20); n > 15; --n) c.op.src.push_back(0xdd);
        break;
    }
  }
  c.op.src_shift = static_cast<unsigned>(rng.Below(64));
  c.op.dst_shift = static_cast<unsigned>(rng.Below(64));
  if (rng.Below(4) == 0 && c.op.src.size() > 8) {
    const size_t cut = 1 + rng.Below(c.op.src.size() - 2);
    c.op.src_pieces = {cut, c.op.src.size() - cut};
  }
  if (rng.Below(4) == 0 && c.op.dst_size > 8) {
    const size_t cut = 1 + rng.Below(c.op.dst_size - 2);
    c.op.dst_pieces = {cut, c.op.dst_size - cut};
  }
  return c;
}

TEST_P(RandomTest, Mixes) {
  Bench bench(GetParam());
  Rng& rng = bench.rng();
  std::vector<Pair> pairs(12);
  for (Pair& pair : pairs) {
    pair.tunnel = Tunnel::Random(rng);
    pair.tunnel.window = 1024;
    pair.out = bench.Add(pair.tunnel.OutboundCtx());
    pair.in = bench.Add(pair.tunnel.InboundCtx());
  }
  std::vector<Case> cases;
  std::vector<Op> ops;
  std::array<uint64_t, 64> reasons{};
  for (int i = 0; i < (IsRtl() ? 1500 : 6000); ++i) {
    cases.push_back(MakeCase(rng, pairs[rng.Below(pairs.size())]));
    ops.push_back(cases.back().op);
    ++reasons[static_cast<size_t>(cases.back().reason)];
  }
  const auto answers = bench.Run(ops);
  for (size_t i = 0; i < cases.size(); ++i) {
    ASSERT_EQ(ReasonName(answers[i].reason), ReasonName(cases[i].reason)) << "packet " << i;
    ASSERT_EQ(answers[i].bytes, cases[i].bytes) << "packet " << i;
  }
  const driver::Counters counters = bench.device().ReadCounters();
  for (size_t i = 0; i < reasons.size(); ++i) EXPECT_EQ(counters.reasons[i], reasons[i]) << i;
  for (const Pair& pair : pairs) {
    EXPECT_EQ(bench.Query(pair.out).packets, pair.sent);
  }
}

}  // namespace
}  // namespace vam::test
