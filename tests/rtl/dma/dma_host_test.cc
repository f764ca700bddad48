// How the host and the card meet: classes, completions, interrupts, events, admin operations.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "tests/rtl/dma/dma_bench.h"

namespace vam::test {
namespace {

void WriteTable(DmaBench& bench, unsigned vector, unsigned word, uint32_t value) {
  bench.top()->table_we_i = 1;
  bench.top()->table_addr_i = static_cast<uint8_t>(vector * 4 + word);
  bench.top()->table_wdata_i = value;
  bench.Step();
}

void OpenVector(DmaBench& bench, unsigned vector) {
  WriteTable(bench, vector, 0, static_cast<uint32_t>(kMsi));
  WriteTable(bench, vector, 1, 0);
  WriteTable(bench, vector, 2, 0x40 + vector);
  WriteTable(bench, vector, 3, 0);
  bench.top()->msix_enable_i = 1;
}

void SubmitSmall(DmaBench& bench, unsigned queue, bool ring = true, bool urgent = false) {
  bench.Submit(queue, {bench.Buffer(64, 0)}, {bench.Buffer(64, 0)}, ring, urgent);
}

TEST(DmaHost, RingsWrapManyTimes) {
  DmaBench bench({.bus = {}, .seed = 3});
  bench.EnableQueue(1, 3, 3);
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(bench.StepUntil([&] { return bench.RoomInRing(1) > 0; }));
    SubmitSmall(bench, 1);
  }
  EXPECT_TRUE(bench.Drain());
  EXPECT_EQ(bench.Errors(), "");
}

TEST(DmaHost, DescriptorsComeInBatchesAndCompletionsTogether) {
  DmaBench bench({.bus = {}, .seed = 3});
  bench.EnableQueue(1, 7, 7);
  for (int i = 0; i < 64; ++i) SubmitSmall(bench, 1, false);
  bench.Ring(1);
  EXPECT_TRUE(bench.Drain());
  // 64 slots from slot 0 of a ring that is 64-byte aligned: eight full batches, one split by a page
  // at most.
  EXPECT_LE(bench.rings().stats().reads, 10u);
  EXPECT_EQ(bench.Errors(), "");
}

TEST(DmaHost, LowLatencyQueueOvertakes) {
  bfm::AxiMemoryConfig bus;
  bus.read_latency = 20;
  DmaBench bench({.bus = bus, .seed = 3});
  bench.EnableQueue(1, 8, 8);
  bench.EnableQueue(2, 8, 8, true);
  for (int i = 0; i < 150; ++i)
    bench.Submit(1, {bench.Buffer(1400, 0)}, {bench.Buffer(1400, 0)}, false);
  bench.Ring(1);
  bench.Step(2000);
  const size_t before = bench.order.size();
  SubmitSmall(bench, 2);
  EXPECT_TRUE(bench.Drain());
  const auto at = std::find(bench.order.begin(), bench.order.end(), 2u) - bench.order.begin();
  // It waits for what had been decoded, not for what was queued.
  EXPECT_LT(static_cast<size_t>(at), before + 40);
  EXPECT_EQ(bench.Errors(), "");
}

TEST(DmaHost, DefaultQueuesShareByBytes) {
  DmaBench bench({.bus = {}, .seed = 3});
  bench.EnableQueue(1, 8, 8);
  bench.EnableQueue(2, 8, 8);
  bench.path_hold = true;
  for (int i = 0; i < 200; ++i)
    bench.Submit(1, {bench.Buffer(1000, 0)}, {bench.Buffer(1000, 0)}, false);
  for (int i = 0; i < 200; ++i)
    bench.Submit(2, {bench.Buffer(100, 0)}, {bench.Buffer(100, 0)}, false);
  bench.Ring(1);
  bench.Ring(2);
  bench.path_hold = false;
  EXPECT_TRUE(bench.StepUntil([&] { return bench.order.size() >= 220; }, 100000));
  const auto big = std::count(bench.order.begin(), bench.order.begin() + 220, 1u);
  // Equal bytes: one packet of 1000 for ten of 100.
  EXPECT_GE(big, 12);
  EXPECT_LE(big, 40);
  EXPECT_TRUE(bench.Drain());
  EXPECT_EQ(bench.Errors(), "");
}

TEST(DmaHost, InterruptOncePerArm) {
  DmaBench bench({.bus = {}, .seed = 3});
  bench.EnableQueue(1, 6, 6, false, 3);
  OpenVector(bench, 3);
  SubmitSmall(bench, 1);
  ASSERT_TRUE(bench.Drain());
  bench.Step(100);
  EXPECT_TRUE(bench.interrupts.empty());
  bench.RingCq(1, true);
  bench.Step(100);
  EXPECT_TRUE(bench.interrupts.empty());
  SubmitSmall(bench, 1);
  ASSERT_TRUE(bench.Drain());
  SubmitSmall(bench, 1);
  ASSERT_TRUE(bench.Drain());
  bench.Step(100);
  ASSERT_EQ(bench.interrupts.size(), 1u);
  EXPECT_EQ(bench.interrupts[0].second, 0x43u);
}

TEST(DmaHost, ArmingBehindFiresAtOnce) {
  DmaBench bench({.bus = {}, .seed = 3});
  bench.EnableQueue(1, 6, 6);
  OpenVector(bench, 0);
  bench.SetAutoPoll(false);
  SubmitSmall(bench, 1);
  bench.Step(200);
  bench.RingCq(1, true);  // index 0: the host has consumed nothing
  bench.Step(20);
  EXPECT_EQ(bench.interrupts.size(), 1u);
}

// The host arms at every possible moment around a completion: no completion may be left without an
// interrupt.
TEST(DmaHost, NoWakeUpIsLost) {
  for (unsigned gap = 0; gap < 80; ++gap) {
    bfm::AxiMemoryConfig bus;
    bus.write_latency = 10;
    bus.reorder = true;
    bus.seed = gap;
    DmaBench bench({.bus = bus, .seed = gap});
    bench.EnableQueue(1, 6, 6);
    OpenVector(bench, 0);
    bench.SetAutoPoll(false);
    SubmitSmall(bench, 1);
    bench.Step(gap);
    bench.Poll();  // takes what is there
    bench.RingCq(1, true);
    bench.Step(300);
    const bool unseen = bench.open() != 0;
    bench.Poll();
    EXPECT_EQ(bench.open(), 0u);
    // What the host has taken before it armed is nothing to be woken for.
    EXPECT_EQ(bench.interrupts.size(), unseen ? 1u : 0u) << gap;
    EXPECT_EQ(bench.Errors(), "");
  }
}

TEST(DmaHost, InterruptNeverOvertakesItsCompletion) {
  bfm::AxiMemoryConfig bus;
  bus.write_latency = 50;
  bus.reorder = true;
  DmaBench bench({.bus = bus, .seed = 3});
  bench.EnableQueue(1, 6, 6);
  OpenVector(bench, 0);
  bench.SetAutoPoll(false);
  unsigned empty = 0;
  bench.on_interrupt = [&](uint32_t) {
    const size_t before = bench.open();
    bench.Poll();
    if (bench.open() == before) ++empty;
  };
  for (int i = 0; i < 100; ++i) {
    bench.RingCq(1, true);
    SubmitSmall(bench, 1);
    ASSERT_TRUE(
        bench.StepUntil([&] { return bench.interrupts.size() == static_cast<size_t>(i) + 1; }));
  }
  EXPECT_EQ(empty, 0u);
  EXPECT_EQ(bench.Errors(), "");
}

TEST(DmaHost, MaskedVectorsStayPending) {
  DmaBench bench({.bus = {}, .seed = 3});
  bench.EnableQueue(1, 6, 6, false, 2);
  OpenVector(bench, 2);
  for (bool function : {false, true}) {
    const size_t before = bench.interrupts.size();
    if (function) bench.top()->msix_mask_i = 1;
    if (!function) WriteTable(bench, 2, 3, 1);
    bench.RingCq(1, true);
    SubmitSmall(bench, 1);
    ASSERT_TRUE(bench.Drain());
    bench.Step(100);
    EXPECT_EQ(bench.interrupts.size(), before);
    EXPECT_EQ(bench.top()->pba_o, 4u);
    WriteTable(bench, 2, 2, 0x99);  // rewritten while pending
    if (function) bench.top()->msix_mask_i = 0;
    if (!function) WriteTable(bench, 2, 3, 0);
    bench.Step(100);
    ASSERT_EQ(bench.interrupts.size(), before + 1);
    EXPECT_EQ(bench.interrupts.back().second, 0x99u);
    EXPECT_EQ(bench.top()->pba_o, 0u);
  }
}

TEST(DmaHost, MaskStormLosesNothing) {
  DmaBench bench({.bus = {}, .seed = 3});
  bench.EnableQueue(1, 6, 6);
  OpenVector(bench, 0);
  for (int i = 0; i < 100; ++i) {
    const size_t before = bench.interrupts.size();
    bench.RingCq(1, true);
    SubmitSmall(bench, 1);
    for (int k = 0; k < 40; ++k) WriteTable(bench, 0, 3, bench.rng()() & 1);
    WriteTable(bench, 0, 3, 0);
    bench.Step(60);
    EXPECT_EQ(bench.interrupts.size(), before + 1);
  }
}

TEST(DmaHost, ModerationByTimeCountAndUrgency) {
  DmaBench bench({.bus = {}, .seed = 3});
  bench.top()->min_interval_i = 5000;
  bench.top()->irq_count_i = 8;
  bench.EnableQueue(1, 6, 6);
  OpenVector(bench, 0);
  bench.SetAutoPoll(false);
  auto arm = [&] {
    bench.Poll();
    bench.RingCq(1, true);
    bench.Step();
  };
  arm();
  SubmitSmall(bench, 1);
  ASSERT_TRUE(bench.StepUntil([&] { return bench.interrupts.size() == 1; }, 6000));
  // Within the interval one completion waits for its end,
  arm();
  SubmitSmall(bench, 1);
  ASSERT_TRUE(bench.StepUntil([&] { return bench.interrupts.size() == 2; }, 6000));
  EXPECT_GE(bench.interrupts[1].first - bench.interrupts[0].first, 5000u);
  // eight do not,
  arm();
  for (int i = 0; i < 8; ++i) SubmitSmall(bench, 1);
  ASSERT_TRUE(bench.StepUntil([&] { return bench.interrupts.size() == 3; }, 6000));
  EXPECT_LT(bench.interrupts[2].first - bench.interrupts[1].first, 1000u);
  // and neither does an urgent one.
  arm();
  SubmitSmall(bench, 1, true, true);
  ASSERT_TRUE(bench.StepUntil([&] { return bench.interrupts.size() == 4; }, 6000));
  EXPECT_LT(bench.interrupts[3].first - bench.interrupts[2].first, 1000u);
}

class DmaEvents : public ::testing::Test {
 protected:
  static constexpr uint64_t kRing = kBase + 0x1c0040;
  void Send(uint8_t kind, uint64_t id) {
    map::EventEntry e{};
    e.kind = kind;
    e.sa_handle = 0x5500 + kind;
    e.sa_id = id;
    e.value = ~id;
    bench_.events_in.push_back(e);
  }
  map::EventEntry Read(unsigned slot) {
    map::EventEntry e;
    std::memcpy(&e, bench_.At(kRing + 32 * slot), sizeof e);
    return e;
  }
  void Head(uint16_t index, bool arm) {
    bench_.top()->event_db_valid_i = 1;
    bench_.top()->event_db_index_i = index;
    bench_.top()->event_db_arm_i = arm;
    bench_.Step();
  }
  DmaBench bench_{{.bus = {}, .seed = 3}};
};

TEST_F(DmaEvents, FullRingHoldsEventsBack) {
  Send(1, 1);
  bench_.Step(20);  // no ring yet: counted, not kept
  EXPECT_TRUE(bench_.events_in.empty());
  std::memset(bench_.At(kRing), 0, 32 * 8);
  OpenVector(bench_, 5);
  bench_.top()->event_base_i = kRing;
  bench_.top()->event_log2_i = 3;
  bench_.top()->event_vector_i = 5;
  bench_.top()->event_enable_i = 1;
  bench_.Step(4);
  Head(0, true);
  for (uint8_t i = 0; i < 20; ++i) Send(static_cast<uint8_t>(1 + i % 7), 100u + i);
  bench_.Step(1000);
  EXPECT_EQ(bench_.events_in.size(), 12u);
  EXPECT_EQ(bench_.top()->event_tail_o, 8u);
  EXPECT_EQ(bench_.interrupts.size(), 1u);
  EXPECT_EQ(Read(0).dropped, 1u);
  EXPECT_EQ(Read(1).dropped, 0u);
  for (unsigned i = 0; i < 8; ++i) {
    EXPECT_EQ(Read(i).sa_id, 100 + i);
    EXPECT_EQ(Read(i).value, ~uint64_t{100 + i});
    EXPECT_EQ(Read(i).sa_handle, 0x5500u + Read(i).kind);
    EXPECT_EQ(Read(i).flags, map::kEventEntryPhase);
  }
  Head(8, true);
  bench_.Step(1000);
  EXPECT_EQ(bench_.top()->event_tail_o, 16u);
  EXPECT_EQ(bench_.interrupts.size(), 2u);
  EXPECT_EQ(Read(0).flags, 0u);  // the second lap's phase
  EXPECT_EQ(Read(7).sa_id, 115u);
  EXPECT_EQ(bench_.Errors(), "");
}

class DmaAdmin : public ::testing::Test {
 protected:
  DmaAdmin() {
    bench_.EnableQueue(0, 4, 4);
    bench_.on_admin = [this](map::Sqe sqe, const uint8_t* ctx, Reason fault) {
      ops_.push_back(sqe);
      std::copy(ctx, ctx + 256, ctx_.begin());
      fault_ = fault;
    };
  }
  uint32_t Submit(map::SqeOp op, uint64_t src, uint16_t src_len, uint64_t dst, uint16_t dst_len,
                  Reason reason) {
    map::Sqe sqe{};
    sqe.op = static_cast<uint8_t>(op);
    sqe.src = src;
    sqe.src_len = src_len;
    sqe.dst = dst;
    sqe.dst_len = dst_len;
    bench_.admin_reason = Reason::kOk;
    return bench_.SubmitRaw(0, sqe, reason);
  }
  DmaBench bench_{{.bus = {}, .seed = 3}};
  std::vector<map::Sqe> ops_;
  std::array<uint8_t, 256> ctx_{};
  Reason fault_ = Reason::kOk;
};

TEST_F(DmaAdmin, ContextsFromAnyAddress) {
  for (uint32_t align : {0u, 1u, 8u, 15u, 4096u - 128, 4096u - 129, 4096u - 1, 4096u - 250}) {
    const Piece src = bench_.Buffer(256, align, 4096);
    for (unsigned i = 0; i < 256; ++i)
      *bench_.At(src.addr + i) = static_cast<uint8_t>(bench_.rng()());
    Submit(map::SqeOp::kSaAdd, src.addr, 256, 0, 0, Reason::kOk);
    ASSERT_TRUE(bench_.Drain());
    EXPECT_EQ(std::memcmp(ctx_.data(), bench_.At(src.addr), 256), 0) << align;
    EXPECT_EQ(fault_, Reason::kOk);
    Submit(map::SqeOp::kNop, 0, 0, 0, 0, Reason::kOk);
    ASSERT_TRUE(bench_.Drain());
    // The context of the last operation is not left lying about.
    EXPECT_EQ(std::count(ctx_.begin(), ctx_.end(), 0), 256);
  }
  EXPECT_EQ(bench_.Errors(), "");
}

TEST_F(DmaAdmin, StatisticsToAnyAddress) {
  for (uint32_t align : {0u, 1u, 8u, 15u, 4096u - 64, 4096u - 63, 4096u - 1, 4096u - 32}) {
    const Piece dst = bench_.Buffer(64, align, 4096);
    for (auto& b : bench_.admin_stats) b = static_cast<uint8_t>(bench_.rng()());
    const uint32_t cookie = Submit(map::SqeOp::kSaQuery, 0, 0, dst.addr, 64, Reason::kOk);
    bench_.expected(cookie).dst = {dst};
    bench_.expected(cookie).out.assign(bench_.admin_stats.begin(), bench_.admin_stats.end());
    ASSERT_TRUE(bench_.Drain());
  }
  EXPECT_EQ(bench_.Errors(), "");
}

TEST_F(DmaAdmin, RefusalsAndErrors) {
  const Piece ok = bench_.Buffer(256, 0);
  Submit(map::SqeOp::kEspOut, ok.addr, 64, ok.addr, 64, Reason::kUnsupportedOp);
  ASSERT_TRUE(bench_.Drain());
  Submit(map::SqeOp::kSaAdd, ok.addr, 255, 0, 0, Reason::kBadLength);
  ASSERT_TRUE(bench_.Drain());
  Submit(map::SqeOp::kSaQuery, 0, 0, ok.addr, 63, Reason::kDstTooSmall);
  ASSERT_TRUE(bench_.Drain());
  Submit(map::SqeOp::kSaAdd, 0x4444'0000'0000, 256, 0, 0, Reason::kDmaReadError);
  ASSERT_TRUE(bench_.Drain());
  Submit(map::SqeOp::kSaQuery, 0, 0, 0x4444'0000'0000, 64, Reason::kDmaWriteError);
  ASSERT_TRUE(bench_.Drain());
  bench_.top()->timeout_read_i = 300;
  bench_.top()->timeout_write_i = 300;
  bench_.rings().Inject(
      {.kind = bfm::AxiFault::Kind::kHang, .write = false, .first = ok.addr, .last = ok.addr});
  Submit(map::SqeOp::kSaModify, ok.addr, 256, 0, 0, Reason::kDmaTimeout);
  ASSERT_TRUE(bench_.Drain());
  Submit(map::SqeOp::kNop, 0, 0, 0, 0, Reason::kOk);
  EXPECT_TRUE(bench_.Drain());
  EXPECT_EQ(bench_.Errors(), "");
}

}  // namespace
}  // namespace vam::test
