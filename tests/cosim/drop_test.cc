// Every way a packet can end: the right reason, one count in its counter, nothing written.
#include <gtest/gtest.h>

#include <map>

#include "sw/base/bytes.h"
#include "tests/cosim/bench.h"

namespace vam::test {
namespace {

class DropTest : public CosimTest {};
VAM_COSIM_SUITE(DropTest);

// A tunnel in both directions, and what it takes to break its packets.
struct TunnelBench {
  explicit TunnelBench(const std::string& backend)
      : bench(backend), tunnel(Tunnel::Random(bench.rng())) {
    out = bench.Add(tunnel.OutboundCtx());
    in = bench.Add(tunnel.InboundCtx());
    raw = bench.Add(tunnel.RawCtx());
    seq = tunnel.initial_seq;
  }

  ByteVector Inner(size_t size = 100) { return MakeInner({.size = size}, bench.rng()); }
  ByteVector Outer(const EspOptions& options = {}) {
    return Encapsulate(tunnel, Inner(), ++seq, options);
  }
  Op In(ByteVector outer) { return EspIn(tunnel, std::move(outer)); }
  Op Out(ByteVector inner) { return EspOut(out, std::move(inner)); }

  void Expect(const Op& op, Reason reason, uint32_t handle) {
    const Answer answer = bench.Run(op);
    EXPECT_EQ(ReasonName(answer.reason), ReasonName(reason));
    EXPECT_EQ(answer.handle, handle) << ReasonName(reason);
    EXPECT_TRUE(answer.bytes.empty());
    ++produced[reason];
    ++offered;
  }

  // The card counted exactly what was produced.
  void ExpectCounters() {
    const driver::Counters counters = bench.device().ReadCounters();
    for (unsigned i = 0; i < counters.reasons.size(); ++i) {
      EXPECT_EQ(counters.reasons[i], produced[static_cast<Reason>(i)])
          << ReasonName(static_cast<Reason>(i));
    }
    EXPECT_EQ(counters.Ended(), offered);
    EXPECT_EQ(counters.drops, offered - produced[Reason::kOk]);
  }

  Bench bench;
  Tunnel tunnel;
  uint32_t out = 0;
  uint32_t in = 0;
  uint32_t raw = 0;
  uint64_t seq = 0;
  std::map<Reason, uint64_t> produced;
  uint64_t offered = 0;
};

ByteVector Broken(ByteVector packet, size_t at, uint8_t value) {
  packet[at] = value;
  FixChecksum(packet);
  return packet;
}

TEST_P(DropTest, OuterHeader) {
  TunnelBench s(GetParam());
  const ByteVector good = s.Outer();
  s.Expect(s.In(ByteVector(good.begin(), good.begin() + 19)), Reason::kOuterMalformed, 0);
  s.Expect(s.In(ByteVector(1, 0x45)), Reason::kOuterMalformed, 0);
  s.Expect(s.In(Broken(good, 0, 0x65)), Reason::kOuterMalformed, 0);
  s.Expect(s.In(Broken(good, 0, 0x44)), Reason::kOuterMalformed, 0);
  // Header length above total length.
  ByteVector longer = good;
  longer[0] = 0x4f;
  StoreBe16(&longer[2], 40);
  FixChecksum(longer);
  s.Expect(s.In(longer), Reason::kOuterMalformed, 0);
  // Total length above what there is.
  ByteVector cut = good;
  cut.pop_back();
  s.Expect(s.In(cut), Reason::kOuterMalformed, 0);
  ByteVector sum = good;
  sum[10] ^= 1;
  s.Expect(s.In(sum), Reason::kOuterChecksum, 0);
  s.Expect(s.In(Broken(good, 6, 0x20)), Reason::kOuterFragment, 0);
  s.Expect(s.In(Broken(good, 7, 0x01)), Reason::kOuterFragment, 0);
  s.Expect(s.In(Broken(good, 9, 51)), Reason::kNotEsp, 0);
  s.ExpectCounters();
}

// Cuts the ESP part to `size` bytes and corrects the header.
ByteVector CutEsp(ByteVector packet, size_t size) {
  packet.resize(20 + size);
  StoreBe16(&packet[2], static_cast<uint16_t>(packet.size()));
  FixChecksum(packet);
  return packet;
}

TEST_P(DropTest, EspHeader) {
  TunnelBench s(GetParam());
  for (const size_t size : {0u, 1u, 7u, 8u, 15u, 16u, 32u, 33u}) {
    s.Expect(s.In(CutEsp(s.Outer(), size)), Reason::kEspShort, 0);
  }
  for (const size_t size : {34u, 35u, 37u, 38u, 39u, 85u}) {
    s.Expect(s.In(CutEsp(s.Outer(), size)), Reason::kEspAlignment, 0);
  }
  s.Expect(s.In(CutEsp(s.Outer(), 36)), Reason::kIcvFailed, s.in);
  s.ExpectCounters();
}

TEST_P(DropTest, Lookup) {
  TunnelBench s(GetParam());
  const ByteVector good = s.Outer();
  s.Expect(s.In(Broken(good, 20, static_cast<uint8_t>(good[20] ^ 1))), Reason::kNoSa, 0);
  s.Expect(s.In(Broken(good, 19, static_cast<uint8_t>(good[19] ^ 1))), Reason::kNoSa, 0);
  Op other_vrf = s.In(good);
  other_vrf.vrf_tag ^= 0x100;
  s.Expect(other_vrf, Reason::kNoSa, 0);
  // The source address is no part of the key.
  EXPECT_EQ(ReasonName(s.bench.Run(s.In(Broken(good, 12, 99))).reason), "ok");
  ++s.produced[Reason::kOk];
  ++s.offered;

  Op op = s.Out(s.Inner());
  op.handle = s.in;
  s.Expect(op, Reason::kSaDirection, s.in);
  op.handle = s.raw;
  s.Expect(op, Reason::kSaDirection, s.raw);
  op.handle = s.out + (1u << 20);
  s.Expect(op, Reason::kSaStale, 0);
  op.handle = s.bench.device().capabilities().max_sas - 1;
  s.Expect(op, Reason::kNoSa, 0);
  op.handle = s.bench.device().capabilities().max_sas;
  s.Expect(op, Reason::kNoSa, 0);
  op.handle = 0xfffff;
  s.Expect(op, Reason::kNoSa, 0);
  Op seal{.op = map::SqeOp::kRawSeal, .handle = s.out, .src = ByteVector(32)};
  seal.raw = driver::RawFields{.aad_size = 0, .tag_size = 16, .iv = {}};
  s.Expect(seal, Reason::kSaDirection, s.out);
  s.ExpectCounters();
}

TEST_P(DropTest, Integrity) {
  TunnelBench s(GetParam());
  const ByteVector good = s.Outer();
  // A flipped bit anywhere behind the SPI; the sequence number's is still inside the window.
  for (size_t at = 24; at < good.size(); at += at < 40 ? 1 : 7) {
    ByteVector bad = good;
    bad[at] ^= at < 28 ? 0x02 : 0x10;
    const Answer answer = s.bench.Run(s.In(bad));
    if (at < 28) {
      EXPECT_NE(ReasonName(answer.reason), "ok");
    } else {
      EXPECT_EQ(ReasonName(answer.reason), "icv_failed") << at;
    }
  }
  EXPECT_EQ(ReasonName(s.bench.Run(s.In(good)).reason), "ok");
  EXPECT_EQ(ReasonName(s.bench.Run(s.In(good)).reason), "replay_duplicate");
}

TEST_P(DropTest, Trailer) {
  TunnelBench s(GetParam());
  const ByteVector inner20 = s.Inner(20);
  const auto with_padding = [&](ByteVector padding, std::optional<uint8_t> length) {
    return s.In(Encapsulate(s.tunnel, inner20, ++s.seq,
                            {.padding = std::move(padding), .pad_length = length}));
  };
  s.Expect(with_padding({1, 3}, std::nullopt), Reason::kBadPadding, s.in);
  s.Expect(with_padding({0, 0}, std::nullopt), Reason::kBadPadding, s.in);
  s.Expect(with_padding({2, 2}, std::nullopt), Reason::kBadPadding, s.in);
  s.Expect(with_padding({1, 2, 3, 4, 5, 7}, std::nullopt), Reason::kBadPadding, s.in);
  s.Expect(with_padding({1, 2}, 23), Reason::kBadPadding, s.in);
  s.Expect(with_padding({1, 2}, 255), Reason::kBadPadding, s.in);
  s.Expect(s.In(s.Outer({.next_header = 59})), Reason::kDummyPacket, s.in);
  s.Expect(s.In(s.Outer({.next_header = 41})), Reason::kBadNextHeader, s.in);
  s.Expect(s.In(s.Outer({.next_header = 6})), Reason::kBadNextHeader, s.in);
  // A dummy without any content.
  s.Expect(s.In(Encapsulate(s.tunnel, {}, ++s.seq, {.next_header = 59})), Reason::kDummyPacket,
           s.in);
  s.ExpectCounters();
}

TEST_P(DropTest, InnerPacket) {
  TunnelBench s(GetParam());
  const auto in = [&](ByteVector inner) { return s.In(Encapsulate(s.tunnel, inner, ++s.seq)); };
  std::vector<ByteVector> bad;
  bad.push_back(Broken(s.Inner(), 0, 0x65));
  bad.push_back(Broken(s.Inner(), 0, 0x44));
  bad.push_back(ByteVector(19, 0x45));
  bad.push_back({});
  ByteVector longer = s.Inner(60);
  StoreBe16(&longer[2], 64);
  bad.push_back(longer);
  ByteVector header = s.Inner(60);
  header[0] = 0x4f;
  StoreBe16(&header[2], 59);
  bad.push_back(header);
  for (const ByteVector& inner : bad) {
    s.Expect(in(inner), Reason::kInnerMalformed, s.in);
    if (!inner.empty()) s.Expect(s.Out(inner), Reason::kInnerMalformed, 0);
  }
  // One byte behind the inner packet's end is padding, not packet: pad length 0 and total length
  // above it.
  s.ExpectCounters();
  // A dropped packet takes no sequence number.
  EXPECT_EQ(s.bench.Query(s.out).seq, s.tunnel.initial_seq);
  EXPECT_EQ(s.bench.Query(s.out).packets, 0u);
}

TEST_P(DropTest, Selectors) {
  TunnelBench s(GetParam());
  Tunnel t = Tunnel::Random(s.bench.rng());
  map::SaCtx ctx = t.InboundCtx();
  ctx.flags |= map::kSaCtxCheckSelectors;
  StoreBe32(ctx.sel_src.data(), 0xc0a80100);
  ctx.sel_src_bits = 24;
  StoreBe32(ctx.sel_dst.data(), 0xc0a80202);
  ctx.sel_dst_bits = 32;
  ctx.sel_proto = 17;
  ctx.sel_sport_lo = 1000;
  ctx.sel_sport_hi = 1999;
  ctx.sel_dport_lo = 53;
  ctx.sel_dport_hi = 53;
  const uint32_t handle = s.bench.Add(ctx);
  uint64_t seq = t.initial_seq;
  const InnerSpec fits{.size = 60, .src_port = 1000, .dst_port = 53};
  const auto run = [&](const InnerSpec& spec) {
    const ByteVector inner = MakeInner(spec, s.bench.rng());
    Op op = s.In(Encapsulate(t, inner, ++seq));
    op.vrf_tag = t.vrf_tag;
    return op;
  };
  const auto changed = [&](auto change) {
    InnerSpec spec = fits;
    change(spec);
    return run(spec);
  };
  EXPECT_EQ(ReasonName(s.bench.Run(run(fits)).reason), "ok");
  s.Expect(changed([](InnerSpec& i) { i.src = 0xc0a80001; }), Reason::kSelectorMismatch, handle);
  s.Expect(changed([](InnerSpec& i) { i.dst = 0xc0a80203; }), Reason::kSelectorMismatch, handle);
  s.Expect(changed([](InnerSpec& i) { i.protocol = 6; }), Reason::kSelectorMismatch, handle);
  s.Expect(changed([](InnerSpec& i) { i.src_port = 999; }), Reason::kSelectorMismatch, handle);
  s.Expect(changed([](InnerSpec& i) { i.src_port = 2000; }), Reason::kSelectorMismatch, handle);
  s.Expect(changed([](InnerSpec& i) { i.dst_port = 54; }), Reason::kSelectorMismatch, handle);
  s.Expect(changed([](InnerSpec& i) { i.fragment = 1; }), Reason::kSelectorMismatch, handle);
  s.Expect(changed([](InnerSpec& i) { i.size = 22; }), Reason::kSelectorMismatch, handle);
  EXPECT_EQ(ReasonName(s.bench
                           .Run(changed([](InnerSpec& i) {
                             i.size = 80;
                             i.option_words = 10;
                           }))
                           .reason),
            "ok");
  EXPECT_EQ(ReasonName(s.bench.Run(changed([](InnerSpec& i) { i.src_port = 1999; })).reason), "ok");
  EXPECT_EQ(ReasonName(s.bench.Run(changed([](InnerSpec& i) { i.fragment = 0x2000; })).reason),
            "ok");
}

TEST_P(DropTest, Destination) {
  TunnelBench s(GetParam());
  const ByteVector inner = s.Inner(100);
  Op out = s.Out(inner);
  out.dst_size = 20 + 16 + 104 + 16 - 1;
  s.Expect(out, Reason::kDstTooSmall, s.out);
  EXPECT_EQ(s.bench.Query(s.out).seq, s.tunnel.initial_seq) << "number spent on a dropped packet";
  Op in = s.In(Encapsulate(s.tunnel, inner, ++s.seq));
  in.dst_size = 99;
  s.Expect(in, Reason::kDstTooSmall, s.in);
  Op seal{.op = map::SqeOp::kRawSeal, .handle = s.raw, .src = ByteVector(48), .dst_size = 63};
  seal.raw = driver::RawFields{.aad_size = 0, .tag_size = 16, .iv = {}};
  s.Expect(seal, Reason::kDstTooSmall, s.raw);
  Op open{.op = map::SqeOp::kRawOpen, .handle = s.raw, .src = ByteVector(48), .dst_size = 31};
  open.raw = driver::RawFields{.aad_size = 0, .tag_size = 16, .iv = {}};
  s.Expect(open, Reason::kDstTooSmall, s.raw);
  s.ExpectCounters();
}

TEST_P(DropTest, RawLengths) {
  TunnelBench s(GetParam());
  const auto raw = [&](map::SqeOp op, size_t source, uint16_t aad, uint8_t tag) {
    Op o{.op = op, .handle = s.raw, .src = ByteVector(source)};
    o.raw = driver::RawFields{.aad_size = aad, .tag_size = tag, .iv = {}};
    return o;
  };
  for (const uint8_t tag : std::initializer_list<uint8_t>{0, 3, 17, 255}) {
    s.Expect(raw(map::SqeOp::kRawSeal, 64, 8, tag), Reason::kBadDescriptor, 0);
    s.Expect(raw(map::SqeOp::kRawOpen, 64, 8, tag), Reason::kBadDescriptor, 0);
  }
  s.Expect(raw(map::SqeOp::kRawSeal, 15, 1, 16), Reason::kBadLength, 0);
  s.Expect(raw(map::SqeOp::kRawSeal, 64, 0xffff, 16), Reason::kBadLength, 0);
  s.Expect(raw(map::SqeOp::kRawSeal, 64, 0xfff1, 16), Reason::kBadLength, 0);
  s.Expect(raw(map::SqeOp::kRawOpen, 15, 0, 16), Reason::kBadLength, 0);
  s.Expect(raw(map::SqeOp::kRawOpen, 31, 16, 16), Reason::kBadLength, 0);
  s.Expect(raw(map::SqeOp::kRawOpen, 32, 16, 16), Reason::kIcvFailed, s.raw);
  s.ExpectCounters();
}

}  // namespace
}  // namespace vam::test
