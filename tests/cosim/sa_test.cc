// The SA table through the driver: life of an SA, what the card refuses, handles that outlive their
// SA.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "sw/base/bytes.h"
#include "tests/cosim/burst.h"

namespace vam::test {
namespace {

class SaTest : public CosimTest {};
VAM_COSIM_SUITE(SaTest);

TEST_P(SaTest, Lifecycle) {
  Bench bench(GetParam());
  driver::SaTable& sas = bench.device().sas();
  Tunnel t = Tunnel::Random(bench.rng());
  const uint32_t handle = bench.Add(t.OutboundCtx());
  EXPECT_EQ(sas.size(), 1u);

  map::SaStats stats = bench.Query(handle);
  EXPECT_EQ(stats.sa_handle, handle);
  EXPECT_EQ(stats.sa_id, t.sa_id);
  EXPECT_EQ(stats.seq, t.initial_seq);
  EXPECT_EQ(stats.packets, 0u);

  const ByteVector inner = MakeInner({.size = 90}, bench.rng());
  EXPECT_EQ(bench.Run(EspOut(handle, inner)).bytes, Encapsulate(t, inner, t.initial_seq + 1));
  stats = bench.Query(handle);
  EXPECT_EQ(stats.seq, t.initial_seq + 1);
  EXPECT_EQ(stats.packets, 1u);
  EXPECT_EQ(stats.bytes, TextBytes(90));

  // Outer header and lifetimes may change; key and numbers stay.
  t.src ^= 0xff;
  t.ttl = 9;
  EXPECT_EQ(ReasonName(bench.Admin(sas.BeginModify(handle, t.OutboundCtx())).reason), "ok");
  EXPECT_EQ(bench.Run(EspOut(handle, inner)).bytes, Encapsulate(t, inner, t.initial_seq + 2));

  EXPECT_EQ(ReasonName(bench.Admin(sas.BeginDelete(handle)).reason), "ok");
  EXPECT_EQ(sas.size(), 0u);
  EXPECT_EQ(ReasonName(bench.Admin(sas.BeginQuery(handle)).reason), "sa_stale");
  EXPECT_EQ(ReasonName(bench.Admin(sas.BeginDelete(handle)).reason), "sa_stale");
  EXPECT_EQ(ReasonName(bench.Run(EspOut(handle, inner)).reason), "sa_stale");

  // The same index comes back with another generation.
  const uint32_t again = bench.Add(t.OutboundCtx());
  EXPECT_EQ(driver::HandleIndex(again), driver::HandleIndex(handle));
  EXPECT_NE(again, handle);
  EXPECT_EQ(ReasonName(bench.Run(EspOut(handle, inner)).reason), "sa_stale");
  EXPECT_EQ(bench.Run(EspOut(again, inner)).bytes, Encapsulate(t, inner, t.initial_seq + 1));
}

TEST_P(SaTest, ModifyKeepsIdentity) {
  Bench bench(GetParam());
  const Tunnel t = Tunnel::Random(bench.rng());
  const uint32_t handle = bench.Add(t.InboundCtx());
  const auto refused = [&](const std::function<void(map::SaCtx&)>& change) {
    map::SaCtx ctx = t.InboundCtx();
    change(ctx);
    return ReasonName(bench.Admin(bench.device().sas().BeginModify(handle, ctx)).reason);
  };
  EXPECT_EQ(refused([](map::SaCtx& c) { c.key[3] ^= 1; }), "bad_context");
  EXPECT_EQ(refused([](map::SaCtx& c) { c.salt[3] ^= 1; }), "bad_context");
  EXPECT_EQ(refused([](map::SaCtx& c) { c.spi ^= 1; }), "bad_context");
  EXPECT_EQ(refused([](map::SaCtx& c) { c.sa_id ^= 1; }), "bad_context");
  EXPECT_EQ(refused([](map::SaCtx& c) { c.outer_dst[0] ^= 1; }), "bad_context");
  EXPECT_EQ(refused([](map::SaCtx& c) { c.window = c.window == 64 ? 128 : 64; }), "bad_context");
  EXPECT_EQ(refused([](map::SaCtx& c) { c.vrf_tag ^= 1; }), "bad_context");
  EXPECT_EQ(refused([](map::SaCtx&) {}), "ok");
}

TEST_P(SaTest, RefusesWhatItCannotDo) {
  Bench bench(GetParam());
  const Tunnel t = Tunnel::Random(bench.rng());
  const auto added = [&](const std::function<void(map::SaCtx&)>& change) {
    map::SaCtx ctx = t.InboundCtx();
    change(ctx);
    return ReasonName(bench.Admin(bench.device().sas().BeginAdd(ctx)).reason);
  };
  const std::vector<std::function<void(map::SaCtx&)>> bad = {
      [](map::SaCtx& c) { c.version = 2; },
      [](map::SaCtx& c) { c.inbound = 2; },
      [](map::SaCtx& c) { c.mode = 3; },
      [](map::SaCtx& c) { c.suite = 0; },
      [](map::SaCtx& c) { c.suite = 2; },
      [](map::SaCtx& c) { c.key_size = 3; },
      [](map::SaCtx& c) { c.icv_len = 12; },
      [](map::SaCtx& c) { c.flags |= 6; },
      [](map::SaCtx& c) { c.flags |= 0x80; },
      [](map::SaCtx& c) { c.window = 63; },
      [](map::SaCtx& c) { c.window = 1025; },
      [](map::SaCtx& c) { c.proto = 51; },
      [](map::SaCtx& c) { c.rsvd1 = 1; },
      [](map::SaCtx& c) { c.rsvd4[5] = 1; },
      [](map::SaCtx& c) { c.mac_key[31] = 1; },
      [](map::SaCtx& c) { c.sel_src_bits = 33; },
      [](map::SaCtx& c) { c.sel_dst_bits = 255; },
      [](map::SaCtx& c) { c.sel_sport_lo = 2, c.sel_sport_hi = 1; },
      [](map::SaCtx& c) { c.outer_dst[15] = 1; },
      [](map::SaCtx& c) { c.udp_dst = 4500; },
  };
  for (size_t i = 0; i < bad.size(); ++i) EXPECT_EQ(added(bad[i]), "bad_context") << i;
  EXPECT_EQ(added([](map::SaCtx& c) { c.mode = 1; }), "unsupported_op");
  EXPECT_EQ(added([](map::SaCtx& c) { c.flags |= map::kSaCtxOuterV6; }), "unsupported_op");
  EXPECT_EQ(added([](map::SaCtx& c) { c.flags |= map::kSaCtxNatT; }), "unsupported_op");
  EXPECT_EQ(added([](map::SaCtx& c) { c.flags_1 |= map::kSaCtxSelV6; }), "unsupported_op");
  EXPECT_EQ(bench.device().sas().size(), 0u);
  EXPECT_EQ(added([](map::SaCtx&) {}), "ok");
  // The inbound key is taken now.
  EXPECT_EQ(added([](map::SaCtx& c) { c.sa_id += 1; }), "sa_exists");
  EXPECT_EQ(added([](map::SaCtx& c) { c.vrf_tag ^= 1; }), "ok");
  EXPECT_EQ(added([](map::SaCtx& c) { c.inbound = 0; }), "ok");
  EXPECT_EQ(bench.device().registers().Read(map::BlockType::kControl, map::kRegCtrlSaCount), 3u);
}

// Every index in use, random SPIs; each SA found by its packets.
TEST_P(SaTest, FullTable) {
  Bench bench(GetParam());
  const uint32_t max = bench.device().capabilities().max_sas;
  std::vector<Tunnel> tunnels;
  std::vector<uint32_t> handles;
  for (uint32_t i = 0; i < max; ++i) {
    tunnels.push_back(Tunnel::Random(bench.rng()));
    tunnels.back().sa_id = i;
    handles.push_back(bench.Add(tunnels.back().InboundCtx()));
  }
  const auto more = bench.device().sas().BeginAdd(Tunnel::Random(bench.rng()).OutboundCtx());
  ASSERT_FALSE(more.has_value());
  EXPECT_EQ(more.error().code, ErrorCode::kExhausted);
  const ByteVector inner = MakeInner({.size = 64}, bench.rng());
  std::vector<Op> ops;
  for (const Tunnel& t : tunnels) {
    ops.push_back(EspIn(t, Encapsulate(t, inner, t.initial_seq + 1)));
  }
  const auto answers = bench.Run(ops);
  for (size_t i = 0; i < answers.size(); ++i) {
    ASSERT_EQ(ReasonName(answers[i].reason), "ok") << i;
    EXPECT_EQ(answers[i].handle, handles[i]);
  }
}

// 64 packets wait in the ring while their SA is deleted and another takes its place: each old one
// ends as stale (or was done before), none with the new key.
TEST_P(SaTest, ReplacedWithOldDescriptorsQueued) {
  Bench bench(GetParam());
  Tunnel t = Tunnel::Random(bench.rng());
  const uint32_t old_handle = bench.Add(t.OutboundCtx());
  Tunnel replacement = Tunnel::Random(bench.rng());
  const ByteVector inner = MakeInner({.size = 700}, bench.rng());

  Burst burst(bench, std::vector<Op>(64, EspOut(old_handle, inner)));
  const auto erase = bench.device().sas().BeginDelete(old_handle);
  ASSERT_EQ(burst.Submit(), 64u);
  EXPECT_EQ(ReasonName(bench.Admin(erase).reason), "ok");
  const uint32_t new_handle = bench.Add(replacement.OutboundCtx());
  EXPECT_EQ(driver::HandleIndex(new_handle), driver::HandleIndex(old_handle));

  uint64_t seq = t.initial_seq;
  size_t stale = 0;
  burst.Finish([&](const driver::Completion& done) {
    const Answer answer = burst.Collect(done);
    if (answer.reason == Reason::kSaStale) {
      ++stale;
    } else {
      EXPECT_EQ(answer.bytes, Encapsulate(t, inner, ++seq));
    }
  });
  EXPECT_GT(stale, 0u);
  bench.FreeAll();
  EXPECT_EQ(bench.Run(EspOut(new_handle, inner)).bytes,
            Encapsulate(replacement, inner, replacement.initial_seq + 1));
}

// Inbound packets of one SA while it is deleted and added again many times: each ends ok or no_sa
// or stale, and the window starts anew with each SA.
TEST_P(SaTest, DeletedUnderTraffic) {
  Bench bench(GetParam());
  Tunnel t = Tunnel::Random(bench.rng());
  t.window = 64;
  const ByteVector inner = MakeInner({.size = 200}, bench.rng());
  const driver::Counters before = bench.device().ReadCounters();
  std::map<Reason, uint64_t> reasons;
  uint64_t offered = 0;
  for (int round = 0; round < (IsRtl() ? 6 : 40); ++round) {
    const uint32_t handle = bench.Add(t.InboundCtx());
    bench.FreeAll();
    std::vector<Op> ops;
    for (uint64_t i = 0; i < 32; ++i) {
      ops.push_back(EspIn(t, Encapsulate(t, inner, t.initial_seq + 1 + i)));
    }
    Burst burst(bench, ops);
    ASSERT_EQ(burst.Submit(), 32u);
    for (uint64_t n = bench.rng().Below(4); n > 0; --n) bench.card().Relax();
    const auto erase = bench.device().sas().BeginDelete(handle);
    burst.Finish([&](const driver::Completion& done) {
      const Answer answer = burst.Collect(done);
      if (answer.reason == Reason::kOk) {
        EXPECT_EQ(answer.bytes, inner);
      }
      ++reasons[answer.reason];
    });
    offered += 32;
    EXPECT_EQ(ReasonName(bench.Admin(erase).reason), "ok");
  }
  EXPECT_EQ(reasons[Reason::kOk] + reasons[Reason::kNoSa] + reasons[Reason::kSaStale], offered);
  const driver::Counters after = bench.device().ReadCounters();
  EXPECT_EQ(after.Ended() - before.Ended(), offered);
}

TEST_P(SaTest, Zeroise) {
  Bench bench(GetParam());
  const Tunnel t = Tunnel::Random(bench.rng());
  const ByteVector inner = MakeInner({.size = 64}, bench.rng());
  const uint32_t first = bench.Add(t.OutboundCtx());
  bench.Add(t.InboundCtx());
  EXPECT_EQ(ReasonName(bench.Admin(bench.device().sas().BeginZeroise()).reason), "ok");
  EXPECT_EQ(bench.device().sas().size(), 0u);
  EXPECT_EQ(ReasonName(bench.Run(EspOut(first, inner)).reason), "sa_stale");

  const uint32_t second = bench.Add(t.OutboundCtx());
  const auto lost = bench.device().Zeroise();
  ASSERT_TRUE(lost.has_value()) << ToString(lost.error());
  ASSERT_EQ(lost->size(), 1u);
  EXPECT_EQ(lost->front().sa_id, t.sa_id);
  EXPECT_EQ(ReasonName(bench.Run(EspOut(second, inner)).reason), "sa_stale");
  EXPECT_EQ(bench.device().registers().Read(map::BlockType::kControl, map::kRegCtrlSaCount), 0u);
  const uint32_t third = bench.Add(t.OutboundCtx());
  EXPECT_EQ(ReasonName(bench.Run(EspOut(third, inner)).reason), "ok");
}

}  // namespace
}  // namespace vam::test
