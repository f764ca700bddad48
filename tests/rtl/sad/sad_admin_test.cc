// Admin operations and events of the SA database.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/rtl/sad/sad_bench.h"
#include "tests/support/seed.h"

namespace vam::sad_test {
namespace {

using map::EventType;
using map::SqeOp;

class SadAdmin : public ::testing::Test {
 protected:
  SadAdmin() : bench_(test::TestSeed()) {
    EXPECT_TRUE(bench_.StepUntil([this] { return bench_.ready(); }, 20000));
  }

  static Lookup ByHandle(uint32_t handle) {
    Lookup lookup;
    lookup.handle = handle;
    return lookup;
  }

  SadBench bench_;
};

TEST_F(SadAdmin, IsEmptyAndIdleAfterReset) {
  EXPECT_EQ(bench_.sa_count(), 0u);
  EXPECT_TRUE(bench_.idle());
  for (uint32_t index = 0; index < kMaxSa; index += 37) {
    EXPECT_EQ(bench_.AskLookup(ByHandle(index)).reason, Reason::kNoSa);
    EXPECT_EQ(bench_.Admin(SqeOp::kSaQuery, index).reason, Reason::kNoSa);
  }
  EXPECT_TRUE(bench_.StepUntil([this] { return bench_.idle(); }, 10));
}

TEST_F(SadAdmin, RefusesContextsItCannotCarryOut) {
  struct Case {
    const char* what;
    void (*spoil)(map::SaCtx&);
    Reason reason;
  };
  const Case cases[] = {
      {"version", [](map::SaCtx& c) { c.version = 2; }, Reason::kBadContext},
      {"inbound", [](map::SaCtx& c) { c.inbound = 2; }, Reason::kBadContext},
      {"mode", [](map::SaCtx& c) { c.mode = 3; }, Reason::kBadContext},
      {"suite", [](map::SaCtx& c) { c.suite = 2; }, Reason::kBadContext},
      {"key size", [](map::SaCtx& c) { c.key_size = 3; }, Reason::kBadContext},
      {"icv", [](map::SaCtx& c) { c.icv_len = 12; }, Reason::kBadContext},
      {"df mode", [](map::SaCtx& c) { c.flags = map::kSaCtxDfMode; }, Reason::kBadContext},
      {"proto", [](map::SaCtx& c) { c.proto = 51; }, Reason::kBadContext},
      {"window 63", [](map::SaCtx& c) { c.window = 63; }, Reason::kBadContext},
      {"window 1025", [](map::SaCtx& c) { c.window = 1025; }, Reason::kBadContext},
      {"source bits", [](map::SaCtx& c) { c.sel_src_bits = 33; }, Reason::kBadContext},
      {"destination bits", [](map::SaCtx& c) { c.sel_dst_bits = 33; }, Reason::kBadContext},
      {"source ports", [](map::SaCtx& c) { c.sel_sport_lo = 9, c.sel_sport_hi = 8; },
       Reason::kBadContext},
      {"destination ports", [](map::SaCtx& c) { c.sel_dport_lo = 9, c.sel_dport_hi = 8; },
       Reason::kBadContext},
      {"number too wide", [](map::SaCtx& c) { c.initial_seq = uint64_t{1} << 32; },
       Reason::kBadContext},
      {"address too long", [](map::SaCtx& c) { c.outer_dst[4] = 1; }, Reason::kBadContext},
      {"selector too long", [](map::SaCtx& c) { c.sel_src[15] = 1; }, Reason::kBadContext},
      {"reserved flag", [](map::SaCtx& c) { c.flags = 0x80; }, Reason::kBadContext},
      {"reserved byte", [](map::SaCtx& c) { c.rsvd1 = 1; }, Reason::kBadContext},
      {"reserved word", [](map::SaCtx& c) { c.rsvd6 = 1; }, Reason::kBadContext},
      {"MAC key", [](map::SaCtx& c) { c.mac_key[31] = 1; }, Reason::kBadContext},
      {"UDP port", [](map::SaCtx& c) { c.udp_dst = 4500; }, Reason::kBadContext},
      {"transport", [](map::SaCtx& c) { c.mode = 1; }, Reason::kUnsupportedOp},
      {"outer IPv6", [](map::SaCtx& c) { c.flags = map::kSaCtxOuterV6; }, Reason::kUnsupportedOp},
      {"NAT-T", [](map::SaCtx& c) { c.flags = map::kSaCtxNatT; }, Reason::kUnsupportedOp},
      {"inner IPv6", [](map::SaCtx& c) { c.flags_1 = map::kSaCtxSelV6; }, Reason::kUnsupportedOp},
  };
  for (const Case& c : cases) {
    map::SaCtx ctx = MakeCtx(true, 0x100, 1);
    c.spoil(ctx);
    EXPECT_EQ(bench_.Add(0, ctx).reason, c.reason) << c.what;
    EXPECT_EQ(bench_.AskLookup(KeyOf(MakeCtx(true, 0x100, 1), 1)).reason, Reason::kNoSa) << c.what;
  }
  EXPECT_EQ(bench_.Add(kMaxSa, MakeCtx(true, 0x100, 1)).reason, Reason::kNoSa);
  EXPECT_EQ(bench_.Admin(SqeOp::kEspOut, 0).reason, Reason::kUnsupportedOp);
  EXPECT_EQ(bench_.Admin(SqeOp::kNop, 0).reason, Reason::kOk);
  EXPECT_EQ(bench_.sa_count(), 0u);
  EXPECT_EQ(bench_.Add(0, MakeCtx(true, 0x100, 1)).reason, Reason::kOk);
}

TEST_F(SadAdmin, DeleteWaitsForPacketsAndMakesOldHandlesStale) {
  const map::SaCtx ctx = MakeCtx(true, 0x200, 1);
  const uint32_t first = bench_.Add(7, ctx).handle;
  bench_.SetAutoRetire(false);
  bench_.StepUntil([this] { return bench_.idle(); }, 100);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(bench_.AskLookup(KeyOf(ctx, 1)).reason, Reason::kOk);

  bench_.BeginAdmin(SqeOp::kSaDelete, first);
  bench_.Step(200);
  EXPECT_TRUE(bench_.admin_answers.empty()) << "did not wait";
  // Admission has stopped; these packets came later and are not waited for.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bench_.AskLookup(KeyOf(ctx, 1)).reason, Reason::kSaStale);
  bench_.Retire(4);
  bench_.Step(200);
  EXPECT_TRUE(bench_.admin_answers.empty()) << "one packet was still on its way";
  // That packet may still commit.
  EXPECT_EQ(bench_.AskCommit(7, 1, 10), Reason::kOk);
  bench_.Retire(1);
  ASSERT_TRUE(bench_.StepUntil([this] { return !bench_.admin_answers.empty(); }, 500));
  EXPECT_EQ(bench_.admin_answers[0].reason, Reason::kOk);
  bench_.admin_answers.clear();
  bench_.Retire(3);
  bench_.SetAutoRetire(true);

  EXPECT_EQ(bench_.AskLookup(KeyOf(ctx, 1)).reason, Reason::kNoSa);
  EXPECT_EQ(bench_.sa_count(), 0u);
  EXPECT_EQ(bench_.Admin(SqeOp::kSaDelete, first).reason, Reason::kSaStale);
  const uint32_t second = bench_.Add(7, ctx).handle;
  EXPECT_EQ(IndexOf(second), 7u);
  EXPECT_EQ(GenOf(second), GenOf(first) + 1);
  EXPECT_EQ(bench_.Admin(SqeOp::kSaQuery, first).reason, Reason::kSaStale);
  EXPECT_EQ(bench_.Query(second).packets, 0u);
  EXPECT_EQ(bench_.AskLookup(KeyOf(ctx, 1)).handle, second);
}

TEST_F(SadAdmin, OldHandlesStayStaleWhileTheirIndexIsReused) {
  std::vector<uint32_t> old;
  for (uint32_t round = 0; round < 20; ++round) {
    const uint32_t handle = bench_.Add(3, MakeCtx(false, 0x300 + round, round)).handle;
    for (const uint32_t stale : old) {
      EXPECT_EQ(bench_.AskLookup(ByHandle(stale)).reason, Reason::kSaStale);
    }
    EXPECT_EQ(bench_.AskLookup(ByHandle(handle)).reason, Reason::kOk);
    EXPECT_EQ(bench_.Admin(SqeOp::kSaDelete, handle).reason, Reason::kOk);
    EXPECT_EQ(bench_.AskLookup(ByHandle(handle)).reason, Reason::kSaStale);
    old.push_back(handle);
  }
}

// Index 0 and another are used at full rate while SAs come and go beside them.
TEST_F(SadAdmin, TrafficDoesNotNoticeAdmin) {
  const uint32_t handle = bench_.Add(0, MakeCtx(false, 1, 1)).handle;
  const map::SaCtx in = MakeCtx(true, 2, 2);
  bench_.Add(1, in);
  uint64_t next = 1, wrong = 0, lookups = 0, commits = 0;
  bench_.on_cycle = [&] {
    while (bench_.lookups_waiting() < 2) bench_.PushLookup(ByHandle(handle));
    while (bench_.commits_waiting() < 2) bench_.PushCommit(1, next++, 1);
    for (const LookupAnswer& answer : bench_.lookup_answers) {
      wrong += answer.reason == Reason::kOk && answer.handle == handle ? 0 : 1;
    }
    for (const Reason reason : bench_.commit_answers) wrong += reason == Reason::kOk ? 0 : 1;
    lookups += bench_.lookup_answers.size();
    commits += bench_.commit_answers.size();
    bench_.lookup_answers.clear();
    bench_.commit_answers.clear();
  };
  const uint64_t start = bench_.cycle();
  uint64_t worst = 0;
  for (uint32_t i = 2; i < 100; ++i) {
    const AdminAnswer added = bench_.Add(i, MakeCtx(i % 2 == 0, 0x1000 + i, i));
    EXPECT_EQ(added.reason, Reason::kOk);
    const AdminAnswer deleted = bench_.Admin(SqeOp::kSaDelete, added.handle);
    EXPECT_EQ(deleted.reason, Reason::kOk);
    worst = std::max({worst, added.cycles, deleted.cycles});
  }
  const uint64_t cycles = bench_.cycle() - start;
  bench_.on_cycle = nullptr;
  bench_.Step(20);
  std::printf("worst add or delete %llu cycles; %llu lookups and %llu commits in %llu cycles\n",
              static_cast<unsigned long long>(worst), static_cast<unsigned long long>(lookups),
              static_cast<unsigned long long>(commits), static_cast<unsigned long long>(cycles));
  EXPECT_EQ(wrong, 0u);
  EXPECT_LE(worst, 500u);
  EXPECT_EQ(bench_.refused_lookup_cycles, 0u);
  EXPECT_GE(commits, cycles * 85 / 100) << "admin back to back takes few cycles of the stage";
}

TEST_F(SadAdmin, ModifyTakesLifetimesAndHeadersOnly) {
  map::SaCtx ctx = MakeCtx(false, 0x500, 5);
  ctx.hard_packets = 2;
  const uint32_t handle = bench_.Add(2, ctx).handle;
  EXPECT_EQ(bench_.AskSeq(2, 10).reason, Reason::kOk);
  EXPECT_EQ(bench_.AskSeq(2, 10).reason, Reason::kOk);
  EXPECT_EQ(bench_.AskSeq(2, 10).reason, Reason::kHardPackets);
  const auto refused = [&](void (*spoil)(map::SaCtx&)) {
    map::SaCtx changed = ctx;
    spoil(changed);
    return bench_.Admin(SqeOp::kSaModify, handle, changed).reason;
  };
  EXPECT_EQ(refused([](map::SaCtx& c) { c.key[31] ^= 1; }), Reason::kBadContext);
  EXPECT_EQ(refused([](map::SaCtx& c) { c.salt[0] ^= 1; }), Reason::kBadContext);
  EXPECT_EQ(refused([](map::SaCtx& c) { c.spi ^= 1; }), Reason::kBadContext);
  EXPECT_EQ(refused([](map::SaCtx& c) { c.sa_id ^= 1; }), Reason::kBadContext);
  EXPECT_EQ(refused([](map::SaCtx& c) { c.flags = map::kSaCtxEsn; }), Reason::kBadContext);
  EXPECT_EQ(refused([](map::SaCtx& c) { c.inbound = 1; }), Reason::kBadContext);
  EXPECT_EQ(bench_.Query(handle).packets, 2u);
  ctx.hard_packets = 3;
  ctx.outer_dst = {10, 0, 0, 1};
  EXPECT_EQ(bench_.Admin(SqeOp::kSaModify, handle, ctx).reason, Reason::kOk);
  const SeqAnswer more = bench_.AskSeq(2, 10);
  EXPECT_EQ(more.reason, Reason::kOk);
  EXPECT_EQ(more.seq, 3u) << "a modify does not touch the number";
  EXPECT_EQ(bench_.AskSeq(2, 10).reason, Reason::kHardPackets);
  EXPECT_EQ(bench_.Admin(SqeOp::kSaModify, handle + (1u << 20), ctx).reason, Reason::kSaStale);
}

TEST_F(SadAdmin, ZeroiseScrubsEverything) {
  std::vector<uint32_t> handles;
  for (uint32_t i = 0; i < 200; ++i) {
    handles.push_back(bench_.Add(i * 5, MakeCtx(i % 2 == 0, 0x600 + i, i)).handle);
  }
  EXPECT_EQ(bench_.sa_count(), 200u);
  EXPECT_EQ(bench_.Admin(SqeOp::kZeroise, 0).reason, Reason::kOk);
  EXPECT_EQ(bench_.sa_count(), 0u);
  for (uint32_t i = 0; i < 200; ++i) {
    EXPECT_EQ(bench_.AskLookup(ByHandle(handles[i])).reason, Reason::kSaStale);
    EXPECT_EQ(bench_.AskLookup(KeyOf(MakeCtx(true, 0x600 + i, i), 1)).reason, Reason::kNoSa);
  }
  EXPECT_EQ(bench_.AskLookup(ByHandle(1)).reason, Reason::kNoSa) << "was never used";
  const AdminAnswer again = bench_.Add(0, MakeCtx(true, 0x600, 1));
  EXPECT_EQ(again.reason, Reason::kOk);
  EXPECT_EQ(GenOf(again.handle), 1u);
  EXPECT_TRUE(bench_.StepUntil([this] { return bench_.idle(); }, 10));
}

TEST_F(SadAdmin, EventsRepeatUntilAcknowledged) {
  map::SaCtx ctx = MakeCtx(false, 0x700, 0x1234567890);
  ctx.soft_packets = 1;
  const uint32_t handle = bench_.Add(900, ctx).handle;
  bench_.AskSeq(900, 10);
  bench_.Step(4 * kResendCycles);
  EXPECT_FALSE(bench_.idle()) << "a timer is pending";
  ASSERT_GE(bench_.events.size(), 4u);
  ASSERT_LE(bench_.events.size(), 5u);
  for (size_t i = 0; i < bench_.events.size(); ++i) {
    EXPECT_EQ(bench_.events[i].kind, EventType::kSoftPackets);
    EXPECT_EQ(bench_.events[i].handle, handle);
    EXPECT_EQ(bench_.events[i].sa_id, 0x1234567890u);
    EXPECT_EQ(bench_.events[i].value, 1u);
    if (i > 1) {
      const uint64_t apart = bench_.events[i].cycle - bench_.events[i - 1].cycle;
      EXPECT_NEAR(static_cast<double>(apart), kResendCycles, 50.0);
    }
  }
  EXPECT_EQ(bench_.Admin(SqeOp::kEventAck, handle, {}, 1u << 1).reason, Reason::kOk);
  EXPECT_EQ(bench_.Query(handle).pending_events, 1u << 2) << "another event was acknowledged";
  EXPECT_EQ(bench_.Admin(SqeOp::kEventAck, handle, {}, 1u << 2).reason, Reason::kOk);
  EXPECT_EQ(bench_.Query(handle).pending_events, 0u);
  EXPECT_TRUE(bench_.StepUntil([this] { return bench_.idle(); }, 8 * kMaxSa));
  bench_.events.clear();
  bench_.AskSeq(900, 10);
  bench_.Step(2 * kResendCycles);
  EXPECT_TRUE(bench_.events.empty()) << "a soft event fires once";
  // A modify arms it again.
  EXPECT_EQ(bench_.Admin(SqeOp::kSaModify, handle, ctx).reason, Reason::kOk);
  bench_.AskSeq(900, 10);
  bench_.Step(50);
  ASSERT_EQ(bench_.events.size(), 1u);
  EXPECT_EQ(bench_.events[0].value, 3u);
}

TEST_F(SadAdmin, NoEventIsLostBehindAStalledPort) {
  constexpr uint32_t kCount = 300;
  std::vector<uint32_t> handles;
  for (uint32_t i = 0; i < kCount; ++i) {
    map::SaCtx ctx = MakeCtx(false, 0x800 + i, i);
    ctx.soft_bytes = 1;
    ctx.soft_packets = 1;
    handles.push_back(bench_.Add(i, ctx).handle);
  }
  bench_.event_ready = false;
  for (uint32_t i = 0; i < kCount; ++i) bench_.PushSeq(i, 5);
  bench_.Step(2 * kCount);
  EXPECT_TRUE(bench_.events.empty());
  bench_.event_ready = true;
  // Sooner than the repetition: the overflow of the queue alone makes the rows be read.
  bench_.Step(kResendCycles - 3 * kCount);
  std::vector<unsigned> seen(kCount, 0);
  for (const Event& event : bench_.events) {
    seen.at(IndexOf(event.handle)) |= 1u << static_cast<unsigned>(event.kind);
  }
  for (uint32_t i = 0; i < kCount; ++i) EXPECT_EQ(seen[i], 1u << 1 | 1u << 2) << i;
  for (const uint32_t handle : handles) bench_.Admin(SqeOp::kEventAck, handle, {}, 0xffff);
  EXPECT_TRUE(bench_.StepUntil([this] { return bench_.idle(); }, 8 * kMaxSa));
}

TEST_F(SadAdmin, DeletedSasSendNoMoreEvents) {
  map::SaCtx ctx = MakeCtx(false, 0x900, 1);
  ctx.soft_bytes = 1;
  const uint32_t handle = bench_.Add(4, ctx).handle;
  bench_.AskSeq(4, 10);
  bench_.Step(20);
  EXPECT_EQ(bench_.events.size(), 1u);
  bench_.Admin(SqeOp::kSaDelete, handle);
  EXPECT_TRUE(bench_.StepUntil([this] { return bench_.idle(); }, 8 * kMaxSa));
  bench_.Step(2 * kResendCycles);
  EXPECT_EQ(bench_.events.size(), 1u);
}

}  // namespace
}  // namespace vam::sad_test
