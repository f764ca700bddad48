// ESP through the card, compared byte for byte with packets built from the RFCs. Every length is in
// agreement_test.
#include <gtest/gtest.h>

#include <algorithm>

#include "sw/base/bytes.h"
#include "tests/cosim/bench.h"

namespace vam::test {
namespace {

class EspTest : public CosimTest {};
VAM_COSIM_SUITE(EspTest);

void ExpectOk(const Answer& answer, const ByteVector& expected, const std::string& what) {
  ASSERT_EQ(ReasonName(answer.reason), "ok") << what;
  ASSERT_EQ(FormatHex(answer.bytes), FormatHex(expected)) << what;
}

TEST_P(EspTest, JumboPackets) {
  Bench bench(GetParam());
  Tunnel t = Tunnel::Random(bench.rng());
  const uint32_t out = bench.Add(t.OutboundCtx());
  bench.Add(t.InboundCtx());
  uint64_t seq = t.initial_seq;
  for (const size_t size : {4095u, 4096u, 8999u, 9000u, 9216u}) {
    const ByteVector inner = MakeInner({.size = size}, bench.rng());
    const ByteVector outer = Encapsulate(t, inner, ++seq);
    Op op = EspOut(out, inner);
    op.dst_size = 9728;
    ExpectOk(bench.Run(op), outer, "out " + std::to_string(size));
    op = EspIn(t, outer);
    op.dst_size = 9728;
    ExpectOk(bench.Run(op), inner, "in " + std::to_string(size));
  }
}

TEST_P(EspTest, LongPaddingIsTaken) {
  Bench bench(GetParam());
  const Tunnel t = Tunnel::Random(bench.rng());
  bench.Add(t.InboundCtx());
  uint64_t seq = t.initial_seq;
  std::vector<Op> ops;
  const ByteVector inner = MakeInner({.size = 40}, bench.rng());
  for (size_t pad = 2; pad < 256; pad += 4) {
    EspOptions options;
    options.padding.emplace();
    for (size_t i = 1; i <= pad; ++i) options.padding->push_back(static_cast<uint8_t>(i));
    ops.push_back(EspIn(t, Encapsulate(t, inner, ++seq, options)));
  }
  for (const Answer& answer : bench.Run(ops)) ExpectOk(answer, inner, "long padding");
}

TEST_P(EspTest, OptionsInBothHeaders) {
  Bench bench(GetParam());
  const Tunnel t = Tunnel::Random(bench.rng());
  const uint32_t out = bench.Add(t.OutboundCtx());
  bench.Add(t.InboundCtx());
  uint64_t seq = t.initial_seq;
  for (size_t words = 0; words <= 10; ++words) {
    const ByteVector inner = MakeInner({.size = 70 + words, .option_words = words}, bench.rng());
    ExpectOk(bench.Run(EspOut(out, inner)), Encapsulate(t, inner, ++seq), "inner options");
    ExpectOk(bench.Run(EspIn(t, Encapsulate(t, inner, seq, {.option_words = words}))), inner,
             "outer options");
  }
}

// DF copied, set or cleared; DSCP copied or fixed; ECN always copied (RFC 6040, 4.1).
TEST_P(EspTest, OuterHeaderFields) {
  Bench bench(GetParam());
  for (unsigned df_mode = 0; df_mode < 3; ++df_mode) {
    for (const bool fixed : {false, true}) {
      Tunnel t = Tunnel::Random(bench.rng());
      t.df_mode = df_mode;
      t.fixed_tos.reset();
      if (fixed) t.fixed_tos = 0xb9;
      const uint32_t out = bench.Add(t.OutboundCtx());
      uint64_t seq = t.initial_seq;
      std::vector<Op> ops;
      std::vector<ByteVector> expected;
      for (unsigned tos = 0; tos < 256; tos += 5) {
        const ByteVector inner = MakeInner(
            {.size = 44, .tos = static_cast<uint8_t>(tos), .dont_fragment = (tos & 1) != 0},
            bench.rng());
        ops.push_back(EspOut(out, inner));
        expected.push_back(Encapsulate(t, inner, ++seq));
      }
      const auto answers = bench.Run(ops);
      for (size_t i = 0; i < ops.size(); ++i) ExpectOk(answers[i], expected[i], "fields");
    }
  }
}

// RFC 6040, figure 4: outgoing header by inner (rows) and outer (columns) field; the order is
// Not-ECT, ECT(1), ECT(0), CE.
TEST_P(EspTest, EcnAfterDecapsulation) {
  constexpr int kDrop = -1;
  constexpr int kTable[4][4] = {{0, 0, 0, kDrop}, {1, 1, 1, 3}, {2, 1, 2, 3}, {3, 3, 3, 3}};
  Bench bench(GetParam());
  const Tunnel t = Tunnel::Random(bench.rng());
  bench.Add(t.InboundCtx());
  uint64_t seq = t.initial_seq;
  for (uint8_t inner_ecn = 0; inner_ecn < 4; ++inner_ecn) {
    for (uint8_t outer_ecn = 0; outer_ecn < 4; ++outer_ecn) {
      for (int repeat = 0; repeat < 4; ++repeat) {
        const auto tos = static_cast<uint8_t>(bench.rng().U32() << 2 | inner_ecn);
        ByteVector inner = MakeInner({.size = 61, .tos = tos}, bench.rng());
        const Answer answer =
            bench.Run(EspIn(t, Encapsulate(t, inner, ++seq, {.outer_tos = outer_ecn})));
        const int expected = kTable[inner_ecn][outer_ecn];
        if (expected == kDrop) {
          EXPECT_EQ(ReasonName(answer.reason), "ecn_drop");
          continue;
        }
        inner[1] = static_cast<uint8_t>((tos & 0xfc) | expected);
        FixChecksum(inner);
        ExpectOk(answer, inner, "ecn");
      }
    }
  }
}

TEST_P(EspTest, EveryAlignment) {
  Bench bench(GetParam());
  const Tunnel t = Tunnel::Random(bench.rng());
  const uint32_t out = bench.Add(t.OutboundCtx());
  bench.Add(t.InboundCtx());
  uint64_t seq = t.initial_seq;
  std::vector<Op> ops;
  std::vector<ByteVector> expected;
  for (unsigned shift = 0; shift < 64; ++shift) {
    const ByteVector inner = MakeInner({.size = 20 + bench.rng().Below(300)}, bench.rng());
    const ByteVector outer = Encapsulate(t, inner, ++seq);
    for (const bool outbound : {true, false}) {
      ops.push_back(outbound ? EspOut(out, inner) : EspIn(t, outer));
      expected.push_back(outbound ? outer : inner);
      ops.back().src_shift = shift;
      ops.back().dst_shift = (shift * 11 + 5) % 64;
    }
  }
  const auto answers = bench.Run(ops);
  for (size_t i = 0; i < ops.size(); ++i) ExpectOk(answers[i], expected[i], std::to_string(i));
}

// Cuts `total` bytes into 1 to 8 pieces of random size, some of a single byte.
std::vector<size_t> Cut(Rng& rng, size_t total) {
  std::vector<size_t> pieces;
  const size_t count = 1 + rng.Below(std::min<size_t>(8, total));
  size_t left = total;
  for (size_t i = 1; i < count; ++i) {
    const size_t most = left - (count - i);
    const size_t piece = rng.Below(3) == 0 ? 1 : 1 + rng.Below(most);
    pieces.push_back(piece);
    left -= piece;
  }
  pieces.push_back(left);
  return pieces;
}

TEST_P(EspTest, ScatterGather) {
  Bench bench(GetParam());
  const Tunnel t = Tunnel::Random(bench.rng());
  const uint32_t out = bench.Add(t.OutboundCtx());
  bench.Add(t.InboundCtx());
  uint64_t seq = t.initial_seq;
  std::vector<Op> ops;
  std::vector<ByteVector> expected;
  for (int i = 0; i < 150; ++i) {
    const ByteVector inner = MakeInner({.size = 20 + bench.rng().Below(1400)}, bench.rng());
    const ByteVector outer = Encapsulate(t, inner, ++seq);
    for (const bool outbound : {true, false}) {
      Op op = outbound ? EspOut(out, inner) : EspIn(t, outer);
      expected.push_back(outbound ? outer : inner);
      op.dst_size = expected.back().size() + bench.rng().Below(64);
      op.src_shift = static_cast<unsigned>(bench.rng().Below(64));
      op.dst_shift = static_cast<unsigned>(bench.rng().Below(64));
      if (i % 3 != 0) op.src_pieces = Cut(bench.rng(), op.src.size());
      if (i % 3 != 1) op.dst_pieces = Cut(bench.rng(), op.dst_size);
      ops.push_back(op);
    }
  }
  const auto answers = bench.Run(ops);
  for (size_t i = 0; i < ops.size(); ++i) ExpectOk(answers[i], expected[i], std::to_string(i));
}

TEST_P(EspTest, DestinationExactlyFits) {
  Bench bench(GetParam());
  const Tunnel t = Tunnel::Random(bench.rng());
  const uint32_t out = bench.Add(t.OutboundCtx());
  bench.Add(t.InboundCtx());
  const ByteVector inner = MakeInner({.size = 333}, bench.rng());
  const ByteVector outer = Encapsulate(t, inner, t.initial_seq + 1);
  Op op = EspOut(out, inner);
  op.dst_size = outer.size();
  ExpectOk(bench.Run(op), outer, "out");
  op = EspIn(t, outer);
  op.dst_size = inner.size();
  ExpectOk(bench.Run(op), inner, "in");
}

}  // namespace
}  // namespace vam::test
