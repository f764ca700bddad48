// What goes wrong: bad descriptors, bus errors, silence, resets. Each packet ends with its reason,
// and the rest goes on.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "tests/rtl/dma/dma_bench.h"

namespace vam::test {
namespace {

constexpr unsigned kTimeout = 400;

class DmaFaults : public ::testing::Test {
 protected:
  void Open(unsigned read_latency = 3, unsigned write_latency = 3) {
    bfm::AxiMemoryConfig bus;
    bus.read_latency = read_latency;
    bus.write_latency = write_latency;
    bus.reorder = true;
    bench_ = std::make_unique<DmaBench>(BenchConfig{.bus = bus, .seed = 11});
    bench_->top()->timeout_read_i = kTimeout;
    bench_->top()->timeout_write_i = kTimeout;
    bench_->top()->timeout_drain_i = kTimeout;
    bench_->EnableQueue(1, 6, 6);
    bench_->EnableQueue(2, 6, 6);
  }
  DmaBench& bench() { return *bench_; }
  map::Sqe Good(uint32_t len = 64) {
    map::Sqe sqe{};
    sqe.op = static_cast<uint8_t>(map::SqeOp::kEspOut);
    sqe.src_len = sqe.dst_len = static_cast<uint16_t>(len);
    sqe.src = bench().Buffer(len, 3).addr;
    sqe.dst = bench().Buffer(len, 5).addr;
    return sqe;
  }
  void SubmitGood(unsigned queue, uint32_t len = 64) {
    bench().Submit(queue, {bench().Buffer(len, 1)}, {bench().Buffer(len, 2)});
  }
  // Everything submitted is answered as expected, and the card comes to rest.
  void Finish() {
    EXPECT_TRUE(bench().Drain()) << bench().open();
    EXPECT_EQ(bench().Errors(), "");
    EXPECT_TRUE(bench().StepUntil([&] { return bench().top()->idle_o != 0; }));
  }

 private:
  std::unique_ptr<DmaBench> bench_;
};

TEST_F(DmaFaults, MalformedDescriptorsGetAStatusAndNothingElse) {
  Open();
  auto sqe = Good();
  sqe.flags = 0x4;
  bench().SubmitRaw(1, sqe, Reason::kBadDescriptor);
  SubmitGood(2);
  sqe = Good();
  sqe.op = 0x77;
  bench().SubmitRaw(1, sqe, Reason::kUnsupportedOp);
  sqe = Good();
  sqe.op = static_cast<uint8_t>(map::SqeOp::kSaAdd);
  bench().SubmitRaw(1, sqe, Reason::kUnsupportedOp);
  sqe = Good();
  sqe.src_len = 0;
  bench().SubmitRaw(1, sqe, Reason::kBadLength);
  sqe = Good();
  sqe.src_len = 9729;
  bench().SubmitRaw(1, sqe, Reason::kBadLength);
  sqe = Good();
  sqe.src_len = 65535;
  bench().SubmitRaw(1, sqe, Reason::kBadLength);
  const Piece list = bench().Buffer(256, 0);
  struct Wrong {
    uint8_t src_count, dst_count;
    uint64_t list;
    uint32_t rsvd1;
    uint8_t rsvd0;
  };
  for (const Wrong& w : {Wrong{9, 0, list.addr, 0, 0}, Wrong{0, 9, list.addr, 0, 0},
                         Wrong{255, 255, list.addr, 0, 0}, Wrong{1, 0, list.addr + 8, 0, 0},
                         Wrong{0, 0, 0, 1, 0}, Wrong{0, 0, 0, 0, 0x80}}) {
    map::SqeExt ext{};
    ext.src_count = w.src_count;
    ext.dst_count = w.dst_count;
    ext.list = w.list;
    ext.rsvd1 = w.rsvd1;
    ext.rsvd0[2] = w.rsvd0;
    sqe = Good();
    sqe.flags = map::kSqeFlagExt;
    bench().SubmitRaw(1, sqe, Reason::kBadDescriptor, &ext);
  }
  SubmitGood(1);
  Finish();
}

TEST_F(DmaFaults, SegmentListsThatDoNotAddUp) {
  Open();
  auto submit = [&](std::initializer_list<map::Segment> src,
                    std::initializer_list<map::Segment> dst, Reason reason) {
    auto sqe = Good(64);
    sqe.flags = map::kSqeFlagExt;
    map::SqeExt ext{};
    ext.src_count = static_cast<uint8_t>(src.size());
    ext.dst_count = static_cast<uint8_t>(dst.size());
    const Piece list = bench().Buffer(256, 4096 - 16, 4096);
    ext.list = list.addr;
    uint64_t at = list.addr;
    for (const auto& segments : {src, dst}) {
      for (map::Segment seg : segments) {
        seg.addr = bench().Buffer(seg.len > 9728 ? 16 : seg.len, 7).addr;
        std::memcpy(bench().At(at), &seg, sizeof seg);
        at += 16;
      }
    }
    bench().SubmitRaw(1, sqe, reason, &ext);
  };
  submit({{0, 30, 0}, {0, 33, 0}}, {}, Reason::kBadSegments);
  submit({{0, 64, 0}, {0, 0, 0}}, {}, Reason::kBadSegments);
  submit({{0, 64, 1}}, {}, Reason::kBadSegments);
  submit({{0, 9729, 0}}, {}, Reason::kBadSegments);
  submit({{0, 16448, 0}, {0, 64, 0}}, {}, Reason::kBadSegments);  // 64 + 2^14: must not wrap
  submit({{0, 9728, 0}, {0, 6720, 0}}, {}, Reason::kBadSegments);
  submit({}, {{0, 30, 0}, {0, 35, 0}}, Reason::kBadSegments);
  submit({}, {{0, 64, 0}, {0, 0, 0}}, Reason::kBadSegments);
  SubmitGood(1);
  Finish();
}

TEST_F(DmaFaults, ExtendedFormCutOffByTheTail) {
  Open();
  auto sqe = Good();
  sqe.flags = map::kSqeFlagExt;
  bench().SubmitRaw(1, sqe, Reason::kBadDescriptor);
  ASSERT_TRUE(bench().Drain());
  SubmitGood(1);
  Finish();
}

TEST_F(DmaFaults, DoorbellBeyondTheRingStopsItsQueueOnly) {
  Open();
  SubmitGood(1);
  ASSERT_TRUE(bench().Drain());
  bench().RingAt(1, static_cast<uint16_t>(1 + 65));
  bench().Step(20);
  EXPECT_TRUE(bench().QueueError(1));
  SubmitGood(2);
  EXPECT_TRUE(bench().Drain());
  bench().DisableQueue(1);
  EXPECT_TRUE(bench().StepUntil([&] { return bench().QueueIdle(1); }));
  bench().EnableQueue(1, 6, 6);
  EXPECT_FALSE(bench().QueueError(1));
  SubmitGood(1);
  Finish();
}

TEST_F(DmaFaults, OvertakenDoorbellChangesNothing) {
  Open();
  for (int i = 0; i < 4; ++i)
    bench().Submit(1, {bench().Buffer(64, 0)}, {bench().Buffer(64, 0)}, false);
  bench().RingAt(1, 4);
  bench().RingAt(1, 3);
  Finish();
}

TEST_F(DmaFaults, ReadErrorsEndTheirPacketOnly) {
  for (auto kind : {bfm::AxiFault::Kind::kSlvErr, bfm::AxiFault::Kind::kDecErr}) {
    Open();
    const Piece bad = bench().Buffer(2000, 9);
    bench().data().Inject(
        {.kind = kind, .write = false, .first = bad.addr + 1000, .last = bad.addr + 1000});
    SubmitGood(1, 1400);
    const uint32_t cookie = bench().Submit(1, {bad}, {bench().Buffer(2000, 2)});
    bench().expected(cookie).reason = Reason::kDmaReadError;
    for (int i = 0; i < 20; ++i) SubmitGood(1 + i % 2u, 700);
    Finish();
  }
}

TEST_F(DmaFaults, UnmappedBuffersEndTheirPacketOnly) {
  Open();
  auto sqe = Good();
  sqe.src = 0x1234'0000'0000;
  bench().SubmitRaw(1, sqe, Reason::kDmaReadError);
  sqe = Good();
  sqe.dst = 0xffff'ffff'ffff'ffe8;
  bench().SubmitRaw(1, sqe, Reason::kDmaWriteError);
  SubmitGood(1);
  Finish();
}

TEST_F(DmaFaults, WriteErrorsEndTheirPacketOnly) {
  Open();
  const Piece bad = bench().Buffer(2000, 9);
  bench().data().Inject({.kind = bfm::AxiFault::Kind::kSlvErr,
                         .write = true,
                         .first = bad.addr,
                         .last = bad.addr + 2000,
                         .skip = 1,
                         .count = 1});
  const uint32_t cookie = bench().Submit(1, {bench().Buffer(2000, 2)}, {bad});
  bench().expected(cookie).reason = Reason::kDmaWriteError;
  for (int i = 0; i < 20; ++i) SubmitGood(1 + i % 2u, 700);
  Finish();
}

TEST_F(DmaFaults, SegmentListThatCannotBeRead) {
  Open();
  auto sqe = Good(64);
  sqe.flags = map::kSqeFlagExt;
  map::SqeExt ext{};
  ext.src_count = 2;
  ext.list = 0x9999'0000'0000;
  bench().SubmitRaw(1, sqe, Reason::kDmaReadError, &ext);
  SubmitGood(1);
  Finish();
}

TEST_F(DmaFaults, SilentReadsAndWritesTimeOut) {
  for (bool write : {false, true}) {
    Open();
    const Piece bad = bench().Buffer(1000, 9);
    bench().data().Inject({.kind = bfm::AxiFault::Kind::kHang,
                           .write = write,
                           .first = bad.addr,
                           .last = bad.addr + 900,
                           .skip = 1,
                           .count = 1});
    const Piece other = bench().Buffer(1000, 2);
    const uint32_t cookie =
        write ? bench().Submit(1, {other}, {bad}) : bench().Submit(1, {bad}, {other});
    bench().expected(cookie).reason = Reason::kDmaTimeout;
    // Packets behind it on the same ID share its fate; all others arrive.
    std::vector<uint32_t> later;
    for (int i = 0; i < 40; ++i) {
      later.push_back(
          bench().Submit(1 + i % 2u, {bench().Buffer(300, 1)}, {bench().Buffer(300, 2)}));
      bench().expected(later.back()).any_reason = true;
    }
    EXPECT_TRUE(bench().Drain());
    EXPECT_GE(bench().completed[Reason::kOk], 36u);
    EXPECT_LE(bench().completed[Reason::kDmaTimeout], 4u);
    EXPECT_TRUE(bench().error_pulses != 0);
    // The late answer harms nobody.
    bench().data().ReleaseHung();
    bench().Step(100);
    for (int i = 0; i < 200; ++i) {
      SubmitGood(1, 100);
      bench().StepUntil([&] { return bench().RoomInRing(1) > 4; });
    }
    Finish();
  }
}

TEST_F(DmaFaults, SilentBusEndsEveryPacket) {
  Open();
  bench().data().Inject({.kind = bfm::AxiFault::Kind::kHang, .write = false});
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(bench().StepUntil([&] { return bench().RoomInRing(1) > 0; }, 100000));
    const uint32_t cookie = bench().Submit(1, {bench().Buffer(600, 1)}, {bench().Buffer(600, 2)});
    bench().expected(cookie).reason = Reason::kDmaTimeout;
  }
  EXPECT_TRUE(bench().Drain());
  EXPECT_EQ(bench().Errors(), "");
  EXPECT_EQ(bench().completed[Reason::kDmaTimeout], 100u);
}

TEST_F(DmaFaults, FailedFetchStopsItsQueueOnly) {
  Open();
  SubmitGood(1);
  ASSERT_TRUE(bench().Drain());
  bench().rings().Inject({.kind = bfm::AxiFault::Kind::kSlvErr,
                          .write = false,
                          .first = kBase + 0x40000,
                          .last = kBase + 0x60000,
                          .count = 1});
  bench().SubmitRaw(1, Good(), Reason::kOk);
  bench().Step(100);
  EXPECT_TRUE(bench().QueueError(1));
  EXPECT_EQ(bench().open(), 1u);
  SubmitGood(2);
  bench().DisableQueue(1);
  EXPECT_TRUE(bench().StepUntil([&] { return bench().QueueIdle(1); }));
  EXPECT_TRUE(bench().StepUntil([&] { return bench().open() == 1; }));
  EXPECT_EQ(bench().Errors(), "");
}

TEST_F(DmaFaults, SilentFetchStopsItsQueueOnly) {
  Open();
  bench().rings().Inject({.kind = bfm::AxiFault::Kind::kHang,
                          .write = false,
                          .first = kBase + 0x40000,
                          .last = kBase + 0x60000});
  bench().SubmitRaw(1, Good(), Reason::kOk);
  bench().Step(kTimeout + 100);
  EXPECT_TRUE(bench().QueueError(1));
  SubmitGood(2);
  EXPECT_TRUE(bench().StepUntil([&] { return bench().open() == 1; }));
  bench().DisableQueue(1);
  EXPECT_TRUE(bench().StepUntil([&] { return bench().QueueIdle(1); }));
}

TEST_F(DmaFaults, FullCompletionRingHoldsItsQueueOnly) {
  Open();
  bench().EnableQueue(3, 6, 3);
  bench().SetAutoPoll(false);
  for (int i = 0; i < 30; ++i)
    bench().Submit(3, {bench().Buffer(64, 0)}, {bench().Buffer(64, 0)}, false);
  bench().Ring(3);
  bench().Step(3000);
  EXPECT_EQ(bench().counted[0], 8u);
  EXPECT_EQ(bench().SqHead(3), 8u);
  SubmitGood(2);
  bench().Step(500);
  EXPECT_EQ(bench().counted[0], 9u);
  bench().SetAutoPoll(true);
  Finish();
}

TEST_F(DmaFaults, DisableUnderTraffic) {
  for (unsigned wait : {1u, 5u, 13u, 30u, 60u, 100u, 200u, 400u}) {
    Open(40, 40);
    std::vector<uint32_t> cookies;
    for (int i = 0; i < 40; ++i) {
      const bool listed = i % 3 == 0;
      const auto src = listed ? std::vector<Piece>{bench().Buffer(50, 1), bench().Buffer(50, 7)}
                              : std::vector<Piece>{bench().Buffer(100, 1)};
      cookies.push_back(bench().Submit(1, src, {bench().Buffer(100, 2)}, false));
      bench().expected(cookies.back()).any_reason = true;
      SubmitGood(2, 200);
    }
    bench().Ring(1);
    bench().Step(wait);
    bench().DisableQueue(1);
    ASSERT_TRUE(bench().StepUntil([&] { return bench().QueueIdle(1); }));
    // What the card took is answered, what it did not take is still the host's.
    bench().Step(100);
    auto of = [&](unsigned queue) {
      return static_cast<size_t>(std::count(bench().order.begin(), bench().order.end(), queue));
    };
    EXPECT_TRUE(bench().StepUntil([&] { return of(2) == 40; }));
    const size_t answered = of(1);
    EXPECT_EQ(40 - answered, bench().open());
    unsigned slots = 0;
    for (size_t i = 0; i < answered; ++i) slots += i % 3 == 0 ? 2 : 1;
    EXPECT_EQ(bench().SqHead(1), slots) << wait;
    EXPECT_EQ(bench().Errors(), "");
    for (uint32_t cookie : cookies) bench().Forget(cookie);
    bench().EnableQueue(1, 6, 6);
    SubmitGood(1);
    Finish();
  }
}

TEST_F(DmaFaults, IsolationOwesTheBusNothing) {
  for (unsigned wait = 0; wait < 160; wait += 7) {
    Open(20, 30);
    for (int i = 0; i < 40; ++i)
      bench().Submit(1 + i % 2u, {bench().Buffer(1500, 1)}, {bench().Buffer(1500, 2)}, i >= 38);
    bench().Step(60 + wait);
    bench().top()->isolate_req_i = 1;
    EXPECT_TRUE(bench().StepUntil([&] { return bench().top()->isolate_done_o != 0; }));
    EXPECT_TRUE(bench().data().idle());
    EXPECT_TRUE(bench().rings().idle());
    bench().top()->rst_ni = 0;
    bench().ForgetAll();
    bench().Step(5);
    bench().top()->isolate_req_i = 0;
    bench().top()->rst_ni = 1;
    bench().Step(2);
    bench().EnableQueue(1, 6, 6);
    bench().EnableQueue(2, 6, 6);
    SubmitGood(1);
    SubmitGood(2);
    Finish();
  }
}

TEST_F(DmaFaults, IsolationGivesUpOnASilentBusAndStaysClosed) {
  Open();
  bench().data().Inject({.kind = bfm::AxiFault::Kind::kHang, .write = false});
  SubmitGood(1);
  bench().Step(100);
  bench().top()->isolate_req_i = 1;
  EXPECT_TRUE(bench().StepUntil([&] { return bench().top()->isolate_done_o != 0; }, 2 * kTimeout));
  bench().data().ClearFaults();
  bench().top()->rst_ni = 0;
  bench().ForgetAll();
  bench().Step(5);
  bench().top()->isolate_req_i = 0;
  bench().top()->rst_ni = 1;
  bench().EnableQueue(1, 6, 6);
  const uint64_t reads = bench().data().stats().reads;
  SubmitGood(1);
  bench().Step(200);
  EXPECT_EQ(bench().data().stats().reads, reads);
  bench().data().ReleaseHung();
  Finish();
}

TEST_F(DmaFaults, BusMasterOffHoldsBackNewBursts) {
  Open();
  bench().top()->bus_master_en_i = 0;
  SubmitGood(1);
  bench().Step(200);
  EXPECT_EQ(bench().rings().stats().reads, 0u);
  bench().top()->bus_master_en_i = 1;
  Finish();
}

}  // namespace
}  // namespace vam::test
