// Replay window, extended sequence numbers, lifetimes and events through the card.
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "tests/cosim/bench.h"

namespace vam::test {
namespace {

class ReplayTest : public CosimTest {};
VAM_COSIM_SUITE(ReplayTest);

constexpr uint16_t Bit(map::EventType type) {
  return static_cast<uint16_t>(1u << static_cast<unsigned>(type));
}

// A tunnel and the numbers it sends through the card.
class Peer {
 public:
  Peer(Bench& bench, const Tunnel& tunnel)
      : bench_(bench), tunnel_(tunnel), inner_(MakeInner({.size = 33}, bench.rng())) {}

  Op Packet(uint64_t seq) const { return EspIn(tunnel_, Encapsulate(tunnel_, inner_, seq)); }
  std::string_view Send(uint64_t seq) { return ReasonName(bench_.Run(Packet(seq)).reason); }

 private:
  Bench& bench_;
  const Tunnel tunnel_;
  const ByteVector inner_;
};

Tunnel MakeTunnel(Bench& bench, bool esn, uint16_t window, uint64_t initial_seq) {
  Tunnel t = Tunnel::Random(bench.rng());
  t.esn = esn;
  t.window = window;
  t.initial_seq = initial_seq;
  return t;
}

// RFC 4303, 3.4.3 and RFC 6479 edges, T: right edge, W: window.
TEST_P(ReplayTest, Edges) {
  Bench bench(GetParam());
  for (const uint16_t window : std::initializer_list<uint16_t>{64, 100, 1024}) {
    const Tunnel t = MakeTunnel(bench, false, window, 0);
    const uint32_t handle = bench.Add(t.InboundCtx());
    Peer peer(bench, t);
    const uint64_t w = window;
    EXPECT_EQ(peer.Send(0), "replay_old");
    EXPECT_EQ(peer.Send(1), "ok");
    EXPECT_EQ(peer.Send(1), "replay_duplicate");
    EXPECT_EQ(peer.Send(3), "ok");
    EXPECT_EQ(peer.Send(2), "ok");
    EXPECT_EQ(peer.Send(2), "replay_duplicate");
    EXPECT_EQ(peer.Send(1 + w), "ok");            // T = 1 + W
    EXPECT_EQ(peer.Send(1), "replay_old");        // T - W
    EXPECT_EQ(peer.Send(2), "replay_duplicate");  // T - W + 1
    EXPECT_EQ(peer.Send(4), "ok");
    EXPECT_EQ(peer.Send(10 * w), "ok");  // far ahead: all below is fresh
    EXPECT_EQ(peer.Send(9 * w), "replay_old");
    EXPECT_EQ(peer.Send(9 * w + 1), "ok");
    EXPECT_EQ(peer.Send(10 * w - 1), "ok");
    EXPECT_EQ(peer.Send(10 * w - 1), "replay_duplicate");
    EXPECT_EQ(peer.Send(10 * w), "replay_duplicate");
    EXPECT_EQ(peer.Send(0xffffffff), "ok");
    EXPECT_EQ(peer.Send(0xffffffff), "replay_duplicate");
    EXPECT_EQ(bench.Query(handle).seq, 0xffffffffu);
    EXPECT_EQ(peer.Send(0x100000001), "replay_old");  // 1 again on the wire
  }
}

// What came before the SA was installed counts as received.
TEST_P(ReplayTest, StartsAtInitialSequence) {
  Bench bench(GetParam());
  const Tunnel t = MakeTunnel(bench, false, 64, 1000);
  bench.Add(t.InboundCtx());
  Peer peer(bench, t);
  EXPECT_EQ(peer.Send(1000), "replay_duplicate");
  EXPECT_EQ(peer.Send(937), "replay_duplicate");
  EXPECT_EQ(peer.Send(936), "replay_old");
  EXPECT_EQ(peer.Send(1001), "ok");
}

// A packet whose ICV is wrong moves nothing.
TEST_P(ReplayTest, ForgedPacketsMoveNothing) {
  Bench bench(GetParam());
  const Tunnel t = MakeTunnel(bench, false, 64, 0);
  const uint32_t handle = bench.Add(t.InboundCtx());
  Peer peer(bench, t);
  EXPECT_EQ(peer.Send(5), "ok");
  Op forged = peer.Packet(1000);
  forged.src.back() ^= 1;
  EXPECT_EQ(ReasonName(bench.Run(forged).reason), "icv_failed");
  forged = peer.Packet(6);
  forged.src[44] ^= 1;
  EXPECT_EQ(ReasonName(bench.Run(forged).reason), "icv_failed");
  EXPECT_EQ(bench.Query(handle).seq, 5u);
  EXPECT_EQ(bench.Query(handle).packets, 1u);
  EXPECT_EQ(peer.Send(6), "ok");
}

TEST_P(ReplayTest, NoWindowNoCheck) {
  Bench bench(GetParam());
  const Tunnel t = MakeTunnel(bench, false, 0, 0);
  const uint32_t handle = bench.Add(t.InboundCtx());
  Peer peer(bench, t);
  EXPECT_EQ(peer.Send(7), "ok");
  EXPECT_EQ(peer.Send(7), "ok");
  EXPECT_EQ(peer.Send(1), "ok");
  EXPECT_EQ(bench.Query(handle).seq, 7u);
  EXPECT_EQ(bench.Query(handle).packets, 3u);
}

// RFC 4303, appendix A2: the high half is inferred, across the wrap in both directions.
TEST_P(ReplayTest, ExtendedNumbersWrap) {
  Bench bench(GetParam());
  constexpr uint64_t kWrap = 0x1'0000'0000;
  for (const uint64_t high : {uint64_t{0}, uint64_t{41}}) {
    const uint64_t wrap = kWrap * (high + 1);
    const Tunnel t = MakeTunnel(bench, true, 64, wrap - 10);
    const uint32_t handle = bench.Add(t.InboundCtx());
    Peer peer(bench, t);
    EXPECT_EQ(peer.Send(wrap - 5), "ok");
    EXPECT_EQ(peer.Send(wrap), "ok");
    EXPECT_EQ(peer.Send(wrap + 3), "ok");
    EXPECT_EQ(peer.Send(wrap - 1), "ok");  // left of the wrap, still in the window
    EXPECT_EQ(peer.Send(wrap - 1), "replay_duplicate");
    EXPECT_EQ(peer.Send(wrap - 5), "replay_duplicate");
    EXPECT_EQ(peer.Send(wrap + 3), "replay_duplicate");
    EXPECT_EQ(peer.Send(wrap + 70), "ok");
    EXPECT_EQ(bench.Query(handle).seq, wrap + 70);
    // Now taken for the next lap, whose key stream does not fit.
    EXPECT_EQ(peer.Send(wrap - 2), "icv_failed");
    EXPECT_EQ(peer.Send(wrap + 6), "icv_failed");
    EXPECT_EQ(peer.Send(wrap + 7), "ok");
  }
}

TEST_P(ReplayTest, OutboundExtendedNumbers) {
  Bench bench(GetParam());
  const Tunnel t = MakeTunnel(bench, true, 64, 0xffff'fffd);
  const uint32_t handle = bench.Add(t.OutboundCtx());
  const ByteVector inner = MakeInner({.size = 50}, bench.rng());
  for (uint64_t seq = t.initial_seq + 1; seq < t.initial_seq + 6; ++seq) {
    const Answer answer = bench.Run(EspOut(handle, inner));
    EXPECT_EQ(answer.bytes, Encapsulate(t, inner, seq)) << seq;
  }
}

TEST_P(ReplayTest, OutboundNumbersRunOut) {
  Bench bench(GetParam());
  for (const bool esn : {false, true}) {
    const uint64_t last = esn ? ~uint64_t{0} : 0xffff'ffff;
    const Tunnel t = MakeTunnel(bench, esn, 64, last - 2);
    const uint32_t handle = bench.Add(t.OutboundCtx());
    const Op op = EspOut(handle, MakeInner({.size = 50}, bench.rng()));
    EXPECT_EQ(bench.Run(op).bytes, Encapsulate(t, op.src, last - 1));
    EXPECT_EQ(bench.Run(op).bytes, Encapsulate(t, op.src, last));
    EXPECT_EQ(ReasonName(bench.Run(op).reason), "seq_overflow");
    EXPECT_EQ(ReasonName(bench.Run(op).reason), "seq_overflow");
    EXPECT_EQ(bench.Query(handle).packets, 2u);
    const driver::Event event = bench.Events(1)[0];
    EXPECT_EQ(event.kind, map::EventType::kSeqOverflow);
    EXPECT_EQ(event.sa_id, t.sa_id);
    EXPECT_EQ(event.value, last);
  }
}

// Against a set of what was accepted: two SAs in turn, jumps, repeats and late packets.
TEST_P(ReplayTest, RandomAgainstNaiveSet) {
  Bench bench(GetParam());
  struct Side {
    Tunnel tunnel;
    uint64_t top;
    std::set<uint64_t> accepted;
  };
  std::vector<Side> sides;
  std::vector<Peer> peers;
  for (int i = 0; i < 2; ++i) {
    const Tunnel t = MakeTunnel(bench, i == 1, i == 0 ? 64 : 256, i == 0 ? 0 : 0xffff'fff0);
    bench.Add(t.InboundCtx());
    sides.push_back({t, t.initial_seq, {}});
    peers.emplace_back(bench, t);
  }
  std::vector<Op> ops;
  std::vector<std::string_view> expected;
  for (int i = 0; i < (IsRtl() ? 600 : 4000); ++i) {
    const size_t n = bench.rng().Below(2);
    Side& side = sides[n];
    const uint64_t window = side.tunnel.window;
    uint64_t seq = side.top + 1;
    const uint64_t kind = bench.rng().Below(4);
    if (kind == 1) seq = side.top + 1 + bench.rng().Below(window + 10);
    // An ESN packet that fell out of the window would be taken for one of the next lap.
    if (kind >= 2 && side.top > 0) {
      seq = side.top - std::min(side.top - 1, bench.rng().Below(window + (n == 0 ? 10 : 0)));
    }
    ops.push_back(peers[n].Packet(seq));
    if (seq + window <= side.top) {
      expected.push_back("replay_old");
    } else if (side.accepted.contains(seq) || seq <= side.tunnel.initial_seq) {
      expected.push_back("replay_duplicate");
    } else {
      expected.push_back("ok");
      side.accepted.insert(seq);
      side.top = std::max(side.top, seq);
    }
  }
  const auto answers = bench.Run(ops);
  for (size_t i = 0; i < ops.size(); ++i) {
    ASSERT_EQ(ReasonName(answers[i].reason), expected[i]) << "packet " << i;
  }
}

TEST_P(ReplayTest, SoftAndHardLifetimes) {
  Bench bench(GetParam());
  for (const bool inbound : {false, true}) {
    const Tunnel t = MakeTunnel(bench, false, 64, 0);
    map::SaCtx ctx = inbound ? t.InboundCtx() : t.OutboundCtx();
    const size_t text = TextBytes(33);
    ctx.soft_packets = 2;
    ctx.hard_bytes = 4 * text;
    ctx.soft_bytes = 3 * text;
    const uint32_t handle = bench.Add(ctx);
    Peer peer(bench, t);
    const ByteVector inner = MakeInner({.size = 33}, bench.rng());
    uint64_t seq = 0;
    const auto send = [&] {
      if (inbound) return peer.Send(++seq);
      return ReasonName(bench.Run(EspOut(handle, inner)).reason);
    };
    for (int i = 0; i < 4; ++i) EXPECT_EQ(send(), "ok");
    EXPECT_EQ(send(), "hard_bytes");
    EXPECT_EQ(send(), "hard_bytes");
    const map::SaStats stats = bench.Query(handle);
    EXPECT_EQ(stats.packets, 4u);
    EXPECT_EQ(stats.bytes, 4 * text);
    EXPECT_EQ(stats.seq, 4u) << "a refused packet took a number";
    EXPECT_EQ(stats.pending_events, Bit(map::EventType::kSoftBytes) |
                                        Bit(map::EventType::kSoftPackets) |
                                        Bit(map::EventType::kHardBytes));
    // One may come again before another comes for the first time.
    std::set<map::EventType> kinds;
    while (kinds.size() < 3 && !HasFailure()) {
      const driver::Event event = bench.Events(1)[0];
      kinds.insert(event.kind);
      EXPECT_EQ(event.sa_handle, handle);
      EXPECT_EQ(event.sa_id, t.sa_id);
    }
    EXPECT_TRUE(kinds.contains(map::EventType::kSoftBytes));
    EXPECT_TRUE(kinds.contains(map::EventType::kSoftPackets));
    EXPECT_TRUE(kinds.contains(map::EventType::kHardBytes));
    // More room by a new limit; a limit in packets then.
    ctx.hard_bytes = 0;
    ctx.hard_packets = 5;
    EXPECT_EQ(ReasonName(bench.Admin(bench.device().sas().BeginModify(handle, ctx)).reason), "ok");
    EXPECT_EQ(send(), "ok");
    EXPECT_EQ(send(), "hard_packets");
    bench.Admin(bench.device().sas().BeginDelete(handle));
    // What was on its way when the SA went is of no interest to the other direction.
    std::array<driver::Event, 16> rest;
    while (bench.device().PollEvents(rest).value_or(0) != 0) {
    }
  }
}

// Events come again until they are acknowledged.
TEST_P(ReplayTest, EventsAreStickyUntilAcknowledged) {
  Bench bench(GetParam());
  const Tunnel t = MakeTunnel(bench, false, 64, 100);
  map::SaCtx ctx = t.OutboundCtx();
  ctx.seq_watermark = 102;
  const uint32_t handle = bench.Add(ctx);
  const Op op = EspOut(handle, MakeInner({.size = 50}, bench.rng()));
  bench.Run(op);
  EXPECT_EQ(bench.Query(handle).pending_events, 0u);
  bench.Run(op);
  for (const driver::Event& event : bench.Events(3)) {
    EXPECT_EQ(event.kind, map::EventType::kSeqWatermark);
    EXPECT_EQ(event.value, 102u);
  }
  EXPECT_EQ(bench.Query(handle).pending_events, Bit(map::EventType::kSeqWatermark));
  const auto ack = bench.device().sas().BeginAck(handle, Bit(map::EventType::kSeqWatermark));
  EXPECT_EQ(ReasonName(bench.Admin(ack).reason), "ok");
  EXPECT_EQ(bench.Query(handle).pending_events, 0u);
  bench.Run(op);
  EXPECT_EQ(bench.Query(handle).pending_events, 0u) << "a watermark fires once";
}

}  // namespace
}  // namespace vam::test
