// Model, RTL and software engine get the same packets under the same keys and numbers, and must say
// the same, byte for byte.
#include <gtest/gtest.h>

#include "sw/base/bytes.h"
#include "tests/cosim/opinions.h"

namespace vam::test {
namespace {

TEST(AgreementTest, EveryInnerLength) {
  Opinions all;
  ExpectAgreementOnLengths(all, 20, 2048, 0);
}

TEST(AgreementTest, LinkPadding) {
  Opinions all;
  for (const size_t padding : {1u, 7u, 16u, 26u}) ExpectAgreementOnLengths(all, 20, 84, padding);
}

// Inbound packets that carry more than the inner packet: RFC 4303, 2.7.
TEST(AgreementTest, TrafficFlowPadding) {
  Opinions all;
  Tunnel t = Tunnel::Random(all.rng());
  const size_t sa = all.Add(t, true);
  std::vector<Packet> packets;
  std::vector<ByteVector> inner;
  for (size_t tfc = 0; tfc < 40; ++tfc) {
    inner.push_back(MakeInner({.size = 20 + tfc * 3}, all.rng()));
    packets.push_back(
        {sa, true, Encapsulate(t, inner.back(), ++t.initial_seq, {.tfc_bytes = tfc})});
  }
  const auto answers = all.Run(packets);
  for (size_t i = 0; i < packets.size(); ++i) {
    EXPECT_EQ(ReasonName(answers[i].reason), "ok") << i;
    EXPECT_EQ(answers[i].bytes, inner[i]) << i;
  }
}

// Packets that nobody may take: the same reason from all, and no bytes.
TEST(AgreementTest, Refusals) {
  Opinions all;
  Tunnel t = Tunnel::Random(all.rng());
  const size_t out = all.Add(t, false);
  const size_t in = all.Add(t, true);
  const ByteVector good = MakeInner({.size = 100}, all.rng());
  ByteVector long_header = good;
  long_header[0] = 0x4f;
  StoreBe16(&long_header[2], 59);
  ByteVector too_long = good;
  StoreBe16(&too_long[2], 101);
  std::vector<Packet> packets;
  std::vector<std::string> expected;
  const auto expect = [&](size_t sa, ByteVector bytes, const char* reason) {
    packets.push_back({sa, sa == in, std::move(bytes)});
    expected.emplace_back(reason);
  };
  const auto esp = [&](const ByteVector& inner, const EspOptions& options) {
    return Encapsulate(t, inner, ++t.initial_seq, options);
  };
  expect(out, long_header, "inner_malformed");
  expect(out, too_long, "inner_malformed");
  expect(in, esp(long_header, {}), "inner_malformed");
  expect(in, esp(too_long, {}), "inner_malformed");
  expect(in, esp(good, {.next_header = 59}), "dummy_packet");
  expect(in, esp({}, {.next_header = 59}), "dummy_packet");
  expect(in, esp(good, {.next_header = 41}), "bad_next_header");
  expect(in, esp(good, {.padding = ByteVector{1, 3}}), "bad_padding");
  ByteVector forged = esp(good, {});
  forged.back() ^= 1;
  expect(in, forged, "icv_failed");
  const ByteVector once = esp(good, {});
  expect(in, once, "ok");
  expect(in, once, "replay_duplicate");
  ByteVector outer = esp(good, {});
  outer[0] = 0x4f;
  StoreBe16(&outer[2], 59);
  FixChecksum(outer);
  expect(in, outer, "outer_malformed");
  const auto answers = all.Run(packets);
  for (size_t i = 0; i < packets.size(); ++i) {
    EXPECT_EQ(ReasonName(answers[i].reason), expected[i]) << i;
    EXPECT_EQ(answers[i].bytes, expected[i] == "ok" ? good : ByteVector{}) << i;
  }
}

}  // namespace
}  // namespace vam::test
