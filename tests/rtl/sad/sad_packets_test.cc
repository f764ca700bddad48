// Sequence numbers, replay windows, lifetimes and counters of the SA database.
#include <gtest/gtest.h>

#include <set>

#include "tests/rtl/sad/sad_bench.h"
#include "tests/support/seed.h"

namespace vam::sad_test {
namespace {

using map::EventType;
using map::SqeOp;

constexpr uint64_t kTwo32 = uint64_t{1} << 32;

class SadPackets : public ::testing::Test {
 protected:
  SadPackets() : seed_(test::TestSeed()), bench_(seed_), rng_(seed_) {
    EXPECT_TRUE(bench_.StepUntil([this] { return bench_.ready(); }, 20000));
  }

  map::SaCtx Inbound(uint16_t window, bool esn, uint64_t initial) {
    ++next_spi_;
    map::SaCtx ctx = MakeCtx(true, next_spi_, next_spi_);
    ctx.window = window;
    ctx.flags = esn ? map::kSaCtxEsn : 0;
    ctx.initial_seq = initial;
    return ctx;
  }

  // Pre-check and commit agree when nothing is in flight; returns what both say.
  Reason Receive(uint32_t index, const map::SaCtx& ctx, uint64_t seq) {
    const LookupAnswer pre = bench_.AskLookup(KeyOf(ctx, static_cast<uint32_t>(seq)));
    if (pre.reason == Reason::kOk) {
      EXPECT_EQ(pre.seq, seq);
      EXPECT_EQ(bench_.AskCommit(index, pre.seq, 100), Reason::kOk);
    }
    bench_.Step(4);
    return pre.reason;
  }

  uint64_t seed_;
  SadBench bench_;
  std::mt19937_64 rng_;
  uint32_t next_spi_ = 0x4000;
};

// RFC 4303, 3.4.3, as plain as it can be said.
class NaiveWindow {
 public:
  NaiveWindow(uint64_t window, uint64_t initial)
      : window_(window), initial_(initial), top_(initial) {}
  Reason Judge(uint64_t seq) const {
    if (window_ == 0) return Reason::kOk;
    if (seq + window_ <= top_) return Reason::kReplayOld;
    if (seq <= initial_ || accepted_.count(seq) != 0) return Reason::kReplayDuplicate;
    return Reason::kOk;
  }
  Reason Accept(uint64_t seq) {
    const Reason reason = Judge(seq);
    if (reason == Reason::kOk) {
      accepted_.insert(seq);
      top_ = std::max(top_, seq);
    }
    return reason;
  }
  uint64_t top() const { return top_; }

 private:
  uint64_t window_, initial_, top_;
  std::set<uint64_t> accepted_;
};

TEST_F(SadPackets, ReplayTruthTable) {
  for (const uint16_t window : {uint16_t{64}, uint16_t{65}, uint16_t{1000}, uint16_t{1024}}) {
    const uint64_t w = window;
    const map::SaCtx ctx = Inbound(window, false, 0);
    const uint32_t index = window % kMaxSa;
    const uint32_t handle = bench_.Add(index, ctx).handle;
    EXPECT_EQ(Receive(index, ctx, 0), Reason::kReplayOld);
    EXPECT_EQ(Receive(index, ctx, 1), Reason::kOk);
    EXPECT_EQ(Receive(index, ctx, 1), Reason::kReplayDuplicate);
    const uint64_t top = 5000;
    EXPECT_EQ(Receive(index, ctx, top), Reason::kOk);
    EXPECT_EQ(Receive(index, ctx, top), Reason::kReplayDuplicate);
    EXPECT_EQ(Receive(index, ctx, top - w), Reason::kReplayOld);
    EXPECT_EQ(Receive(index, ctx, top - w + 1), Reason::kOk);
    EXPECT_EQ(Receive(index, ctx, top - w + 1), Reason::kReplayDuplicate);
    EXPECT_EQ(Receive(index, ctx, top - 1), Reason::kOk);
    EXPECT_EQ(Receive(index, ctx, top + 1), Reason::kOk);
    EXPECT_EQ(Receive(index, ctx, top - w + 1), Reason::kReplayOld);
    EXPECT_EQ(Receive(index, ctx, top + 1 + w), Reason::kOk);
    EXPECT_EQ(Receive(index, ctx, top + 1), Reason::kReplayOld);
    EXPECT_EQ(Receive(index, ctx, top + 2), Reason::kOk);
    // Far ahead: the ring is empty but for the new edge.
    EXPECT_EQ(Receive(index, ctx, top + 100000), Reason::kOk);
    for (uint64_t back = 1; back < w; ++back) {
      ASSERT_EQ(Receive(index, ctx, top + 100000 - back), Reason::kOk) << back;
    }
    EXPECT_EQ(Receive(index, ctx, top + 100000 - w), Reason::kReplayOld);
    // The last number there is.
    EXPECT_EQ(Receive(index, ctx, kTwo32 - 1), Reason::kOk);
    EXPECT_EQ(Receive(index, ctx, kTwo32 - 1), Reason::kReplayDuplicate);
    EXPECT_EQ(Receive(index, ctx, 0), Reason::kReplayOld);
    EXPECT_EQ(bench_.Query(handle).seq, kTwo32 - 1);
    EXPECT_EQ(bench_.Query(handle).packets, w + 8);
  }
}

TEST_F(SadPackets, InitialNumberCountsAsReceived) {
  const map::SaCtx ctx = Inbound(64, false, 1000);
  bench_.Add(0, ctx);
  for (const uint64_t seq : {1000u, 999u, 937u}) {
    EXPECT_EQ(Receive(0, ctx, seq), Reason::kReplayDuplicate) << seq;
  }
  EXPECT_EQ(Receive(0, ctx, 936), Reason::kReplayOld);
  EXPECT_EQ(Receive(0, ctx, 1001), Reason::kOk);
}

TEST_F(SadPackets, NoWindowMeansNoCheckButTheEdgeIsTracked) {
  const map::SaCtx ctx = Inbound(0, false, 0);
  const uint32_t handle = bench_.Add(0, ctx).handle;
  for (const uint64_t seq : {5u, 5u, 100u, 1u, 0u, 100u}) {
    EXPECT_EQ(Receive(0, ctx, seq), Reason::kOk);
  }
  EXPECT_EQ(bench_.Query(handle).seq, 100u);
  EXPECT_EQ(bench_.Query(handle).packets, 6u);
}

// Two SAs in turn, one commit per cycle, duplicates and jumps: against the naive window.
TEST_F(SadPackets, CommitsBackToBackFollowTheNaiveWindow) {
  for (int round = 0; round < 24; ++round) {
    std::vector<NaiveWindow> naive;
    std::vector<uint32_t> indexes, handles;
    for (int sa = 0; sa < 2; ++sa) {
      const auto window = static_cast<uint16_t>(64 + rng_() % 961);
      const uint64_t initial = rng_() % 3 == 0 ? kTwo32 - 300 + rng_() % 600 : rng_() % 3000;
      const auto index =
          static_cast<uint32_t>(rng_() % (kMaxSa / 2) * 2 + static_cast<uint32_t>(sa));
      naive.emplace_back(window, initial);
      indexes.push_back(index);
      handles.push_back(bench_.Add(index, Inbound(window, true, initial)).handle);
    }
    std::vector<Reason> expected;
    const unsigned same_percent = static_cast<unsigned>(rng_() % 3) * 45;
    bench_.stall_percent = round % 4 == 3 ? 50 : 0;
    bench_.gap_percent = round % 8 == 5 ? 50 : 0;
    size_t sa = 0;
    for (int i = 0; i < 2000; ++i) {
      if (rng_() % 100 >= same_percent) sa ^= 1;
      const uint64_t top = naive[sa].top();
      uint64_t seq = top + 1;
      const unsigned kind = static_cast<unsigned>(rng_() % 16);
      if (kind < 6) seq = top - std::min<uint64_t>(top, rng_() % 1200);
      if (kind == 6) seq = top + rng_() % 2200;
      if (kind == 7) seq = top;
      if (kind == 8) seq = top + (rng_() % 3 + 1) * 1024 - rng_() % 2;
      bench_.PushCommit(indexes[sa], seq, 20);
      expected.push_back(naive[sa].Accept(seq));
    }
    ASSERT_TRUE(bench_.StepUntil([&] { return bench_.commit_answers.size() == expected.size(); }));
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(bench_.commit_answers[i], expected[i]) << "round " << round << " commit " << i;
    }
    bench_.commit_answers.clear();
    bench_.stall_percent = bench_.gap_percent = 0;
    for (size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(bench_.Query(handles[i]).seq, naive[i].top());
      EXPECT_EQ(bench_.Admin(SqeOp::kSaDelete, handles[i]).reason, Reason::kOk);
    }
  }
}

TEST_F(SadPackets, OneCommitAndOneNumberPerCycle) {
  bench_.Add(0, Inbound(64, false, 0));
  bench_.Add(1, MakeCtx(false, 1, 1));
  const uint64_t commits = bench_.cycle();
  for (uint64_t i = 1; i <= 1000; ++i) bench_.PushCommit(0, i, 20);
  ASSERT_TRUE(bench_.StepUntil([&] { return bench_.commit_answers.size() == 1000; }));
  EXPECT_LE(bench_.cycle() - commits, 1004u);
  const uint64_t numbers = bench_.cycle();
  for (int i = 0; i < 1000; ++i) bench_.PushSeq(1, 20);
  ASSERT_TRUE(bench_.StepUntil([&] { return bench_.seq_answers.size() == 1000; }));
  EXPECT_LE(bench_.cycle() - numbers, 1004u);
  for (uint64_t i = 0; i < 1000; ++i) ASSERT_EQ(bench_.seq_answers[i].seq, i + 1);
}

// RFC 4303, appendix A2: of all 64-bit numbers with these low bits, the one in
// (T - W, T - W + 2^32] is meant.
TEST_F(SadPackets, InfersTheHighHalfOnBothSidesOfAWrap) {
  uint64_t checked = 0;
  for (const uint16_t window : {uint16_t{64}, uint16_t{1024}}) {
    for (const uint64_t high : {uint64_t{1}, uint64_t{7}, uint64_t{0xfffffffe}}) {
      for (const int64_t offset : {-1100, -1024, -64, -63, -2, -1, 0, 1, 62, 63, 64, 1023, 1100}) {
        const uint64_t top = (high << 32) + static_cast<uint64_t>(offset);
        const map::SaCtx ctx = Inbound(window, true, top);
        const uint32_t handle = bench_.Add(5, ctx).handle;
        const uint64_t left = top - window + 1;
        for (const int64_t step :
             {int64_t{-1}, int64_t{0}, int64_t{1}, int64_t{window} - 1, int64_t{window},
              int64_t{window} + 1, int64_t{100000}, static_cast<int64_t>(kTwo32 - 2)}) {
          const auto low = static_cast<uint32_t>(left + static_cast<uint64_t>(step));
          uint64_t meant = (left & ~(kTwo32 - 1)) | low;
          if (meant < left) meant += kTwo32;
          const LookupAnswer answer = bench_.AskLookup(KeyOf(ctx, low));
          EXPECT_EQ(answer.seq, meant) << "W " << window << " T " << top << " low " << low;
          EXPECT_EQ(answer.reason, meant <= top ? Reason::kReplayDuplicate : Reason::kOk);
          ++checked;
        }
        bench_.Admin(SqeOp::kSaDelete, handle);
      }
    }
  }
  EXPECT_EQ(checked, 2u * 3 * 13 * 8);
}

TEST_F(SadPackets, EsnNumbersLeftOfZeroAreOld) {
  const map::SaCtx ctx = Inbound(64, true, 0);
  bench_.Add(0, ctx);
  EXPECT_EQ(bench_.AskLookup(KeyOf(ctx, 0xffffffff)).reason, Reason::kReplayOld);
  EXPECT_EQ(bench_.AskLookup(KeyOf(ctx, 0)).reason, Reason::kReplayDuplicate);
  EXPECT_EQ(Receive(0, ctx, 1), Reason::kOk);
}

TEST_F(SadPackets, EsnTrafficCrossesTheWrap) {
  const map::SaCtx ctx = Inbound(128, true, kTwo32 - 50);
  const uint32_t handle = bench_.Add(0, ctx).handle;
  for (uint64_t seq = kTwo32 - 48; seq < kTwo32 + 50; seq += 2) {
    EXPECT_EQ(Receive(0, ctx, seq), Reason::kOk);
    EXPECT_EQ(Receive(0, ctx, seq - 1), Reason::kOk);
    EXPECT_EQ(Receive(0, ctx, seq - 1), Reason::kReplayDuplicate);
  }
  EXPECT_EQ(bench_.Query(handle).seq, kTwo32 + 48);
}

TEST_F(SadPackets, SequenceNumbersEndAtTheirWidth) {
  map::SaCtx narrow = MakeCtx(false, 1, 11);
  narrow.initial_seq = kTwo32 - 4;
  narrow.seq_watermark = kTwo32 - 2;
  const uint32_t handle = bench_.Add(0, narrow).handle;
  for (uint64_t seq = kTwo32 - 3; seq < kTwo32; ++seq) {
    const SeqAnswer answer = bench_.AskSeq(0, 50);
    EXPECT_EQ(answer.reason, Reason::kOk);
    EXPECT_EQ(answer.seq, seq);
  }
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bench_.AskSeq(0, 50).reason, Reason::kSeqOverflow);
  bench_.Step(50);
  const map::SaStats stats = bench_.Query(handle);
  EXPECT_EQ(stats.seq, kTwo32 - 1);
  EXPECT_EQ(stats.packets, 3u);
  EXPECT_EQ(stats.bytes, 150u);
  EXPECT_EQ(stats.pending_events, 1u << 5 | 1u << 6);
  ASSERT_EQ(bench_.events.size(), 2u);
  EXPECT_EQ(bench_.events[0].kind, EventType::kSeqWatermark);
  EXPECT_EQ(bench_.events[1].kind, EventType::kSeqOverflow);
  EXPECT_EQ(bench_.events[1].value, kTwo32 - 1);
  EXPECT_EQ(bench_.events[1].sa_id, 11u);
  EXPECT_EQ(bench_.events[1].handle, handle);

  map::SaCtx wide = MakeCtx(false, 2, 12);
  wide.flags = map::kSaCtxEsn;
  wide.initial_seq = kTwo32 - 2;
  bench_.Add(1, wide);
  for (uint64_t seq = kTwo32 - 1; seq < kTwo32 + 2; ++seq) EXPECT_EQ(bench_.AskSeq(1, 1).seq, seq);
  wide.spi = 3;
  wide.initial_seq = ~uint64_t{0} - 1;
  bench_.Add(2, wide);
  EXPECT_EQ(bench_.AskSeq(2, 1).seq, ~uint64_t{0});
  EXPECT_EQ(bench_.AskSeq(2, 1).reason, Reason::kSeqOverflow);
}

TEST_F(SadPackets, LifetimesOutbound) {
  map::SaCtx ctx = MakeCtx(false, 1, 21);
  ctx.soft_bytes = 250;
  ctx.hard_bytes = 400;
  ctx.soft_packets = 4;
  const uint32_t handle = bench_.Add(0, ctx).handle;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(bench_.AskSeq(0, 100).reason, Reason::kOk);
  EXPECT_EQ(bench_.AskSeq(0, 1).reason, Reason::kHardBytes);
  EXPECT_EQ(bench_.AskSeq(0, 0).reason, Reason::kOk) << "nothing was counted by the refusal";
  bench_.Step(60);
  const map::SaStats stats = bench_.Query(handle);
  EXPECT_EQ(stats.packets, 5u);
  EXPECT_EQ(stats.bytes, 400u);
  EXPECT_EQ(stats.seq, 5u);
  ASSERT_EQ(bench_.events.size(), 3u);
  EXPECT_EQ(bench_.events[0].kind, EventType::kSoftBytes);
  EXPECT_GE(bench_.events[0].value, 250u);
  EXPECT_EQ(bench_.events[1].kind, EventType::kSoftPackets);
  EXPECT_EQ(bench_.events[2].kind, EventType::kHardBytes);
}

TEST_F(SadPackets, LifetimesInboundAreJudgedAfterReplay) {
  map::SaCtx ctx = Inbound(64, false, 0);
  ctx.hard_packets = 2;
  const uint32_t handle = bench_.Add(0, ctx).handle;
  EXPECT_EQ(bench_.AskCommit(0, 1, 10), Reason::kOk);
  EXPECT_EQ(bench_.AskCommit(0, 1, 10), Reason::kReplayDuplicate);
  EXPECT_EQ(bench_.AskCommit(0, 2, 10), Reason::kOk);
  EXPECT_EQ(bench_.AskCommit(0, 2, 10), Reason::kReplayDuplicate);
  EXPECT_EQ(bench_.AskCommit(0, 900, 10), Reason::kHardPackets);
  const map::SaStats stats = bench_.Query(handle);
  EXPECT_EQ(stats.seq, 2u) << "a refused packet moved the window";
  EXPECT_EQ(stats.packets, 2u);
  EXPECT_EQ(stats.bytes, 20u);
  EXPECT_EQ(stats.pending_events, 1u << 4);
}

// Outbound, inbound and queries at once: each stays in order and nothing is counted twice.
TEST_F(SadPackets, MixedTrafficCountsExactly) {
  const uint32_t in = bench_.Add(0, Inbound(1024, false, 0)).handle;
  const uint32_t out = bench_.Add(1, MakeCtx(false, 1, 1)).handle;
  bench_.stall_percent = 25;
  bench_.gap_percent = 10;
  for (uint64_t i = 1; i <= 3000; ++i) {
    bench_.PushCommit(0, i, 3);
    bench_.PushSeq(1, 7);
  }
  uint64_t last = 0;
  while (bench_.commits_waiting() + bench_.seqs_waiting() != 0) {
    const map::SaStats stats = bench_.Query(out);
    EXPECT_EQ(stats.bytes, stats.packets * 7);
    EXPECT_EQ(stats.seq, stats.packets);
    EXPECT_GE(stats.packets, last);
    last = stats.packets;
  }
  ASSERT_TRUE(bench_.StepUntil([&] { return bench_.seq_answers.size() == 3000; }));
  ASSERT_TRUE(bench_.StepUntil([&] { return bench_.commit_answers.size() == 3000; }));
  for (uint64_t i = 0; i < 3000; ++i) {
    ASSERT_EQ(bench_.seq_answers[i].seq, i + 1);
    ASSERT_EQ(bench_.commit_answers[i], Reason::kOk);
  }
  EXPECT_EQ(bench_.Query(in).packets, 3000u);
  EXPECT_EQ(bench_.Query(in).bytes, 9000u);
  EXPECT_EQ(bench_.Query(out).packets, 3000u);
}

}  // namespace
}  // namespace vam::sad_test
