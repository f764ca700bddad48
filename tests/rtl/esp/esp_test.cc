// Packets through rtl/esp against what RFC 791, 4303, 4106 and 6040 say, built by OpenSSL and plain
// C++.
#include <gtest/gtest.h>

#include "tests/rtl/esp/esp_scenario.h"

namespace vam::esptest {
namespace {

using EspTest = EspScenario;

constexpr size_t kSmallestInner = 20;
constexpr size_t kLargestSwept = 2048;

TEST_F(EspTest, EveryInnerLengthOut) {
  for (int i = 0; i < 6; ++i) AddSa(false);
  for (size_t i = 0; i < table_.size(); ++i) {
    sa(i).key_size = static_cast<uint8_t>(i % 3);
    sa(i).esn = i % 2 == 0;
  }
  for (size_t length = kSmallestInner; length <= kLargestSwept; ++length) {
    Out(length % 6, MakeInner(rng_, length), length % 5 == 0 ? rng_() % 47 : 0);
  }
  RunAndCompare();
}

TEST_F(EspTest, EveryInnerLengthIn) {
  for (int i = 0; i < 6; ++i) AddSa(true);
  for (size_t i = 0; i < table_.size(); ++i) {
    sa(i).key_size = static_cast<uint8_t>(i % 3);
    sa(i).esn = i % 2 == 0;
  }
  for (size_t length = kSmallestInner; length <= kLargestSwept; ++length) {
    EncapOptions options;
    if (length % 3 == 0) options.tfc_bytes = rng_() % 100;
    if (length % 7 == 0) options.outer_ihl = static_cast<uint8_t>(5 + rng_() % 11);
    Job& job = In(length % 6, MakeInner(rng_, length), options);
    if (length % 5 == 0) job.src.resize(job.src.size() + rng_() % 47, 0x77);
  }
  RunAndCompare();
}

TEST_F(EspTest, LargestPackets) {
  const size_t out = AddSa(false);
  const size_t in = AddSa(true);
  for (size_t length : {9000, 9001, 9216, 9670, 9671, 9672, 9673, 9674}) {
    Out(out, MakeInner(rng_, length));
    In(in, MakeInner(rng_, length));
  }
  RunAndCompare();
}

TEST_F(EspTest, OuterHeaderFollowsTheSa) {
  for (uint8_t df_mode = 0; df_mode < 3; ++df_mode) {
    for (bool fixed : {false, true}) {
      const size_t index = AddSa(false);
      sa(index).df_mode = df_mode;
      sa(index).dscp_fixed = fixed;
      sa(index).tos = Byte();
      sa(index).seq = 0xfff0 + rng_() % 32;  // the identification wraps
      next_seq_[index] = sa(index).seq + 1;
      for (unsigned tos = 0; tos < 256; tos += 3) {
        InnerOptions inner;
        inner.tos = static_cast<uint8_t>(tos);
        inner.dont_fragment = (tos & 1) != 0;
        inner.ihl = static_cast<uint8_t>(5 + tos % 11);
        Out(index, MakeInner(rng_, 60 + tos, inner));
      }
    }
  }
  RunAndCompare();
}

TEST_F(EspTest, SequenceNumbersCrossThe32BitEdge) {
  const size_t out = AddSa(false);
  const size_t in = AddSa(true);
  for (size_t index : {out, in}) {
    sa(index).esn = true;
    sa(index).seq = 0xfffffffa;
    next_seq_[index] = 0xfffffffb;
  }
  for (int i = 0; i < 12; ++i) {
    Out(out, MakeInner(rng_, 100));
    In(in, MakeInner(rng_, 100));
  }
  RunAndCompare();
}

TEST_F(EspTest, EveryPadLength) {
  const size_t index = AddSa(true);
  for (int pad = 0; pad < 256; ++pad) {
    // The inner packet is as long as makes the text a multiple of 4 bytes.
    const size_t inner = 40 + rng_() % 30 * 4 + static_cast<size_t>(3 * pad + 2) % 4;
    EncapOptions good;
    good.pad_len = pad;
    In(index, MakeInner(rng_, inner), good);
    if (pad == 0) continue;
    EncapOptions bad = good;
    bad.bad_pad_at = static_cast<int>(rng_() % static_cast<unsigned>(pad));
    In(index, MakeInner(rng_, inner), bad, Reason::kBadPadding);
  }
  RunAndCompare();
}

TEST_F(EspTest, PadLengthAgainstText) {
  const size_t index = AddSa(true);
  // 226 bytes stand before the pad length: claims below, at and above that.
  const Bytes inner = MakeInner(rng_, 226);
  for (int claimed : {225, 226, 227, 228, 255}) {
    EncapOptions options;
    options.claimed_pad = claimed;
    In(index, inner, options, Reason::kBadPadding);
  }
  // A text that is nothing but padding: the inner packet is missing.
  EncapOptions all;
  all.pad_len = 254;
  In(index, Bytes{}, all, Reason::kInnerMalformed);
  // The run 1, 2, 3 starts in the packet itself: longer than the padding, which is right.
  Bytes runs = MakeInner(rng_, 80);
  for (size_t i = 60; i < 80; ++i) runs[i] = static_cast<uint8_t>(i - 79 + 256);
  In(index, runs);
  RunAndCompare();
}

TEST_F(EspTest, EcnOnDecapsulation) {
  const size_t index = AddSa(true);
  // RFC 6040, figure 4: [inner][outer], 4 = drop.
  const int want[4][4] = {{0, 0, 0, 4}, {1, 1, 1, 3}, {2, 1, 2, 3}, {3, 3, 3, 3}};
  for (unsigned inner_ecn = 0; inner_ecn < 4; ++inner_ecn) {
    for (unsigned outer_ecn = 0; outer_ecn < 4; ++outer_ecn) {
      for (int repeat = 0; repeat < 8; ++repeat) {
        InnerOptions inner;
        inner.tos = static_cast<uint8_t>((rng_() & 0xfc) | inner_ecn);
        EncapOptions options;
        options.outer_tos = static_cast<uint8_t>((rng_() & 0xfc) | outer_ecn);
        Bytes packet = MakeInner(rng_, 20 + rng_() % 100, inner);
        const int result = want[inner_ecn][outer_ecn];
        Job& job = In(index, packet, options, result == 4 ? Reason::kEcnDrop : Reason::kOk);
        if (result == 4) continue;
        job.want_out[1] = static_cast<uint8_t>((packet[1] & 0xfc) | result);
        FixChecksum(job.want_out);
      }
    }
  }
  RunAndCompare();
}

TEST_F(EspTest, OuterHeaderReasons) {
  const size_t index = AddSa(true);
  const Bytes inner = MakeInner(rng_, 64);
  auto changed = [&](Reason reason, auto change) {
    Bytes outer = Encapsulate(sa(index), inner, next_seq_[index]++);
    change(outer);
    InPacket(index, outer, inner, reason);
  };
  auto fixed = [&](Reason reason, auto change) {
    changed(reason, [&](Bytes& outer) {
      change(outer);
      FixChecksum(outer);
    });
  };
  changed(Reason::kOuterMalformed, [](Bytes& o) { o[0] = 0x65; });
  changed(Reason::kOuterMalformed, [](Bytes& o) { o[0] = 0x44; });
  changed(Reason::kOuterMalformed, [](Bytes& o) { o.resize(19); });
  changed(Reason::kOuterMalformed, [](Bytes& o) { o.resize(1); });
  changed(Reason::kOuterMalformed, [](Bytes& o) { o.pop_back(); });
  changed(Reason::kOuterMalformed, [](Bytes& o) { o[2] = 0, o[3] = 19; });
  changed(Reason::kOuterMalformed, [](Bytes& o) { o[0] = 0x4f, o[2] = 0, o[3] = 59; });
  for (size_t byte = 0; byte < 20; ++byte) {
    if (byte == 0 || byte == 2 || byte == 3) continue;  // those make it malformed
    changed(Reason::kOuterChecksum, [byte](Bytes& o) { o[byte] ^= 1; });
  }
  fixed(Reason::kOuterFragment, [](Bytes& o) { o[6] |= 0x20; });
  fixed(Reason::kOuterFragment, [](Bytes& o) { o[7] = 1; });
  fixed(Reason::kOuterFragment, [](Bytes& o) { o[6] |= 0x10; });
  fixed(Reason::kNotEsp, [](Bytes& o) { o[9] = 51; });
  for (size_t length = 20; length < 54; ++length) {
    fixed(Reason::kEspShort, [length](Bytes& o) {
      o.resize(length);
      o[2] = 0, o[3] = static_cast<uint8_t>(length);
    });
  }
  for (size_t length : {54, 55, 57, 58, 59, 61, 118, 117}) {
    fixed(Reason::kEspAlignment, [length](Bytes& o) {
      o.resize(length);
      o[2] = 0, o[3] = static_cast<uint8_t>(length);
    });
  }
  fixed(Reason::kNoSa, [](Bytes& o) { o[19] ^= 1; });
  fixed(Reason::kNoSa, [](Bytes& o) { o[20] ^= 1; });
  changed(Reason::kOk, [](Bytes&) {});
  InPacket(index, Encapsulate(sa(index), inner, next_seq_[index]), inner, Reason::kNoSa).vrf_tag ^=
      1;
  RunAndCompare();
}

TEST_F(EspTest, EveryBitOfAPacketIsAuthenticated) {
  const size_t index = AddSa(true);
  // Far from 0, so that no flipped sequence number is left of the window.
  sa(index).esn = true, sa(index).seq = 5000, next_seq_[index] = 5001;
  const Bytes inner = MakeInner(rng_, 40);
  const size_t length = Encapsulate(sa(index), inner, 1).size();
  for (size_t byte = 24; byte < length; ++byte) {
    Bytes outer = Encapsulate(sa(index), inner, next_seq_[index]++);
    outer[byte] ^= static_cast<uint8_t>(1u << rng_() % 8);
    InPacket(index, outer, inner, Reason::kIcvFailed);
  }
  In(index, inner);
  RunAndCompare();
  EXPECT_EQ(bench_->sad.table[index].packets, 1u);
}

TEST_F(EspTest, InnerReasons) {
  const size_t in = AddSa(true);
  const size_t out = AddSa(false);
  auto both = [&](size_t length, auto change) {
    Bytes inner = MakeInner(rng_, length);
    change(inner);
    In(in, inner, {}, Reason::kInnerMalformed);
    OutDropped(out, inner, Reason::kInnerMalformed);
  };
  both(64, [](Bytes& p) { p[0] = 0x65; });
  both(64, [](Bytes& p) { p[0] = 0x44; });
  both(64, [](Bytes& p) { p[2] = 0, p[3] = 65; });
  both(64, [](Bytes& p) { p[2] = 1; });
  both(64, [](Bytes& p) { p[2] = 0, p[3] = 19; });
  both(64, [](Bytes& p) { p[0] = 0x4f, p[2] = 0, p[3] = 59; });  // header above total length
  both(40, [](Bytes& p) { p[0] = 0x4f; });
  for (size_t length = 1; length < 20; ++length) both(20, [=](Bytes& p) { p.resize(length); });
  for (int next : {0, 3, 5, 41, 58, 60, 255}) {
    EncapOptions options;
    options.next_header = static_cast<uint8_t>(next);
    In(in, MakeInner(rng_, 64), options, Reason::kBadNextHeader);
  }
  EncapOptions dummy;
  dummy.next_header = 59;
  In(in, MakeInner(rng_, 64), dummy, Reason::kDummyPacket);
  In(in, Bytes{}, dummy, Reason::kDummyPacket);  // empty payload
  Out(out, MakeInner(rng_, 64));
  RunAndCompare();
}

TEST_F(EspTest, Selectors) {
  const size_t index = AddSa(true);
  Sa& s = sa(index);
  s.check_selectors = true;
  s.sel_src = 0x0a010000, s.sel_src_bits = 16;
  s.sel_dst = 0x0a020304, s.sel_dst_bits = 32;
  s.sel_proto = 6;
  s.sel_sport_lo = 1000, s.sel_sport_hi = 1999;
  s.sel_dport_lo = 443, s.sel_dport_hi = 443;
  auto packet = [&](Reason reason, auto change, size_t length = 60) {
    InnerOptions options;
    options.proto = 6, options.sport = 1500, options.dport = 443;
    change(options);
    In(index, MakeInner(rng_, length, options), {}, reason);
  };
  const Reason bad = Reason::kSelectorMismatch;
  packet(Reason::kOk, [](InnerOptions&) {});
  packet(Reason::kOk, [](InnerOptions& o) { o.src = 0x0a01ffff; });
  packet(bad, [](InnerOptions& o) { o.src = 0x0a020203; });
  packet(bad, [](InnerOptions& o) { o.dst = 0x0a020305; });
  packet(bad, [](InnerOptions& o) { o.proto = 17; });
  packet(Reason::kOk, [](InnerOptions& o) { o.sport = 1000; });
  packet(Reason::kOk, [](InnerOptions& o) { o.sport = 1999; });
  packet(bad, [](InnerOptions& o) { o.sport = 999; });
  packet(bad, [](InnerOptions& o) { o.sport = 2000; });
  packet(bad, [](InnerOptions& o) { o.dport = 442; });
  packet(bad, [](InnerOptions& o) { o.dport = 444; });
  packet(bad, [](InnerOptions& o) { o.fragment = 1; });
  for (uint8_t ihl = 5; ihl <= 15; ++ihl) {
    packet(
        Reason::kOk, [=](InnerOptions& o) { o.ihl = ihl; }, 4u * ihl + 4);
    packet(
        bad, [=](InnerOptions& o) { o.ihl = ihl; }, 4u * ihl + 3);
    packet(
        bad, [=](InnerOptions& o) { o.ihl = ihl, o.dport = 444; }, 4u * ihl + 8);
  }
  const size_t udp = AddSa(true);
  sa(udp).check_selectors = true;
  sa(udp).sel_dport_lo = 500, sa(udp).sel_dport_hi = 500;
  for (unsigned proto = 0; proto < 256; ++proto) {
    InnerOptions o;
    o.proto = static_cast<uint8_t>(proto), o.dport = 500;
    In(udp, MakeInner(rng_, 40, o), {}, proto == 6 || proto == 17 ? Reason::kOk : bad);
  }
  const size_t any_port = AddSa(true);
  sa(any_port).check_selectors = true;
  sa(any_port).sel_dst = 0x80000000, sa(any_port).sel_dst_bits = 1;
  InnerOptions options;
  options.proto = 1, options.dst = 0xc0000001, options.fragment = 5;
  In(any_port, MakeInner(rng_, 33, options));
  options.dst = 0x7fffffff;
  In(any_port, MakeInner(rng_, 33, options), {}, bad);
  RunAndCompare();
}

TEST_F(EspTest, LookupReplayAndLifetimeReasons) {
  const size_t out = AddSa(false);
  const size_t in = AddSa(true);
  const size_t raw = AddRawSa();
  const Bytes inner = MakeInner(rng_, 64);
  OutDropped(out, inner, Reason::kSaStale).handle = sa(out).handle() ^ (1u << 20);
  OutDropped(out, inner, Reason::kNoSa).handle = 77;
  OutDropped(in, inner, Reason::kSaDirection);
  OutDropped(raw, inner, Reason::kSaDirection);
  Raw(out, Op::kSeal, 16, 16, 16, false).want = Reason::kSaDirection;
  jobs_.back().want_out.clear();
  // Text 68 bytes; the result of 64 bytes is 120 outbound, 64 inbound.
  OutDropped(out, inner, Reason::kDstTooSmall).dst_cap = 119;
  Out(out, inner).dst_cap = 120;
  In(in, inner, {}, Reason::kDstTooSmall).dst_cap = 63;
  In(in, inner).dst_cap = 64;
  OutDropped(out, inner, Reason::kDmaReadError).fault = Reason::kDmaReadError;
  OutDropped(out, inner, Reason::kUnsupportedOp).op = static_cast<Op>(0x77);
  OutDropped(out, Bytes{}, Reason::kBadLength);

  // A number received again, one left of the window, and one that the hard limit refuses.
  const size_t edge = AddSa(true);
  sa(edge).esn = false, sa(edge).window = 64;
  auto numbered = [&](uint64_t seq, Reason reason) {
    InPacket(edge, Encapsulate(sa(edge), inner, seq), inner, reason);
  };
  numbered(0, Reason::kReplayOld);
  numbered(1000, Reason::kOk);
  numbered(1000, Reason::kReplayDuplicate);
  numbered(937, Reason::kOk);
  numbered(937, Reason::kReplayDuplicate);
  numbered(936, Reason::kReplayOld);
  numbered(1001, Reason::kOk);

  const size_t packets = AddSa(false);
  sa(packets).hard_packets = 3;
  for (int i = 0; i < 3; ++i) Out(packets, inner);
  OutDropped(packets, inner, Reason::kHardPackets);
  const size_t bytes = AddSa(true);
  sa(bytes).hard_bytes = 2 * 68;
  In(bytes, inner), In(bytes, inner);
  In(bytes, inner, {}, Reason::kHardBytes);
  const size_t last = AddSa(false);
  sa(last).esn = false, sa(last).seq = 0xfffffffe, next_seq_[last] = 0xffffffff;
  Out(last, inner);
  OutDropped(last, inner, Reason::kSeqOverflow);
  Out(out, inner);
  RunAndCompare();
}

TEST_F(EspTest, RawOperations) {
  size_t index[3];
  for (uint8_t size = 0; size < 3; ++size) {
    index[size] = AddRawSa();
    sa(index[size]).key_size = size;
  }
  for (size_t aad = 0; aad <= 48; aad += aad < 34 ? 1 : 7) {
    for (size_t text : {0, 1, 15, 16, 17, 31, 32, 47, 64, 65}) {
      if (aad + text != 0) Raw(index[rng_() % 3], Op::kSeal, aad, text, 16, false);
      const auto tag = static_cast<uint8_t>(4 + rng_() % 13);
      Raw(index[rng_() % 3], Op::kOpen, aad, text, tag, rng_() % 4 == 0);
    }
  }
  for (int i = 0; i < 200; ++i) {
    const auto tag = static_cast<uint8_t>(4 + rng_() % 13);
    const Op op = (rng_() & 1) != 0 ? Op::kSeal : Op::kOpen;
    Raw(index[rng_() % 3], op, rng_() % 300, 1 + rng_() % 700, tag,
        op == Op::kOpen && rng_() % 4 == 0);
  }
  RunAndCompare();
}

// A tag and nothing else, with no packet behind it that could push it out.
TEST_F(EspTest, RawTagAlone) {
  const size_t index = AddRawSa();
  Raw(index, Op::kSeal, 20, 0, 16, false);
  RunAndCompare();
}

TEST_F(EspTest, RawLengthsThatContradict) {
  const size_t index = AddRawSa();
  auto refused = [&](Reason reason, size_t src, uint16_t aad, uint8_t tag, Op op) {
    Job job;
    job.op = op, job.handle = sa(index).handle(), job.src = Bytes(src), job.aad_len = aad;
    job.tag_len = tag, job.want = reason;
    Push(std::move(job), "refused");
  };
  refused(Reason::kBadLength, 15, 1, 16, Op::kSeal);
  refused(Reason::kBadLength, 31, 16, 16, Op::kOpen);
  refused(Reason::kBadLength, 32, 17, 16, Op::kOpen);
  refused(Reason::kBadLength, 100, 65535, 16, Op::kSeal);
  refused(Reason::kBadLength, 100, 65520, 16, Op::kOpen);
  refused(Reason::kBadDescriptor, 32, 16, 3, Op::kOpen);
  refused(Reason::kBadDescriptor, 32, 16, 17, Op::kSeal);
  Raw(index, Op::kSeal, 16, 16, 16, false).dst_cap = 32;
  Job& small = Raw(index, Op::kSeal, 16, 16, 16, false);
  small.dst_cap = 31, small.want = Reason::kDstTooSmall, small.want_out.clear();
  RunAndCompare();
}

// A little of everything, at each mix of gaps and back-pressure.
class EspGaps : public EspScenario,
                public ::testing::WithParamInterface<std::pair<unsigned, unsigned>> {};

TEST_P(EspGaps, Mixed) {
  std::vector<size_t> out, in, raw;
  for (int i = 0; i < 4; ++i) out.push_back(AddSa(false)), in.push_back(AddSa(true));
  for (int i = 0; i < 2; ++i) raw.push_back(AddRawSa());
  auto length = [&] { return 20 + (rng_() % 8 == 0 ? rng_() % 1500 : rng_() % 120); };
  for (int i = 0; i < 500; ++i) {
    switch (rng_() % 10) {
      case 0:
        Raw(raw[rng_() % 2], Op::kSeal, rng_() % 40, 1 + rng_() % 90, 16, false);
        break;
      case 1:
        Raw(raw[rng_() % 2], Op::kOpen, rng_() % 40, rng_() % 90, 16, rng_() % 3 == 0);
        break;
      case 2: {
        Bytes inner = MakeInner(rng_, length());
        Bytes outer = Encapsulate(sa(in[0]), inner, next_seq_[in[0]]++);
        outer.back() ^= 1;
        InPacket(in[0], outer, inner, Reason::kIcvFailed);
        break;
      }
      case 3:
        OutDropped(out[0], MakeInner(rng_, length()), Reason::kDmaTimeout).fault =
            Reason::kDmaTimeout;
        break;
      case 4:
        OutDropped(out[0], Bytes(1 + rng_() % 200), Reason::kInnerMalformed);
        break;
      case 5:
      case 6:
      case 7:
        In(in[rng_() % 4], MakeInner(rng_, length()));
        break;
      default:
        Out(out[rng_() % 4], MakeInner(rng_, length()), rng_() % 20);
    }
  }
  BenchOptions options;
  options.in_gaps = GetParam().first;
  options.out_gaps = GetParam().second;
  options.sad_gaps = GetParam().first;
  options.lookup_latency = 1 + static_cast<unsigned>(rng_() % 12);
  options.commit_latency = 1 + static_cast<unsigned>(rng_() % 12);
  RunAndCompare(options);
}

std::vector<std::pair<unsigned, unsigned>> GapMatrix() {
  std::vector<std::pair<unsigned, unsigned>> all;
  for (unsigned in : {0u, 25u, 50u, 90u}) {
    for (unsigned out : {0u, 25u, 50u, 90u}) all.emplace_back(in, out);
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Matrix, EspGaps, ::testing::ValuesIn(GapMatrix()), [](const auto& gaps) {
  return "In" + std::to_string(gaps.param.first) + "Out" + std::to_string(gaps.param.second);
});

}  // namespace
}  // namespace vam::esptest
