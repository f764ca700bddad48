// Rings: malformed descriptors of every kind, full rings, doorbells out of range, bad addresses,
// interrupts, two queues.
#include <gtest/gtest.h>

#include "tests/cosim/burst.h"
#include "tests/cosim/raw_queue.h"

namespace vam::test {
namespace {

class RingTest : public CosimTest {};
VAM_COSIM_SUITE(RingTest);

constexpr uint64_t kNowhere = 0x7000'0000'0000;

// A queue of malformed descriptors beside one that works.
struct Malformed {
  explicit Malformed(const std::string& backend)
      : bench(backend), raw(bench, 2), tunnel(Tunnel::Random(bench.rng())) {
    handle = bench.Add(tunnel.OutboundCtx());
    inner = MakeInner({.size = 100}, bench.rng());
    memory = *bench.card().dma().Allocate(65536, 4096);
    std::copy(inner.begin(), inner.end(), memory.host.begin());
    bench.card().dma().ToDevice(memory);
  }
  ~Malformed() { bench.card().dma().Free(memory); }

  // A descriptor that works.
  map::Sqe Good() {
    return {.op = static_cast<uint8_t>(map::SqeOp::kEspOut),
            .flags = 0,
            .src_len = static_cast<uint16_t>(inner.size()),
            .dst_len = 2048,
            .vrf_tag = 0,
            .sa_handle = handle,
            .cookie = ++cookie,
            .src = memory.bus,
            .dst = memory.bus + 16384};
  }
  map::SqeExt GoodExt() {
    map::SqeExt ext{};
    ext.list = memory.bus + 8192;
    ext.src_count = 2;
    PutList({{memory.bus, 50, 0}, {memory.bus + 50, 50, 0}});
    return ext;
  }
  void PutList(const std::vector<map::Segment>& list) {
    std::memcpy(memory.host.data() + 8192, list.data(), list.size() * sizeof(map::Segment));
    bench.card().dma().ToDevice(memory.Slice(8192, list.size() * sizeof(map::Segment)));
  }

  void Expect(const map::Sqe& sqe, Reason reason) {
    raw.Put(sqe);
    Finish(sqe, reason, 1);
  }
  void Expect(map::Sqe sqe, const map::SqeExt& ext, Reason reason) {
    sqe.flags |= map::kSqeFlagExt;
    raw.Put(sqe);
    raw.Put(ext);
    Finish(sqe, reason, 2);
  }
  void Finish(const map::Sqe& sqe, Reason reason, uint16_t slots) {
    raw.Ring();
    head = static_cast<uint16_t>(head + slots);
    const map::Cqe cqe = raw.Next();
    EXPECT_EQ(ReasonName(static_cast<Reason>(cqe.reason)), ReasonName(reason));
    EXPECT_EQ(cqe.cookie, sqe.cookie);
    EXPECT_EQ(cqe.op, sqe.op);
    EXPECT_EQ(cqe.sq_head, head);
    if (reason != Reason::kOk) {
      EXPECT_EQ(cqe.out_len, 0);
    }
    // The other queue goes on.
    EXPECT_EQ(bench.Run(EspOut(handle, inner)).reason, Reason::kOk);
  }

  Bench bench;
  RawQueue raw;
  Tunnel tunnel;
  uint32_t handle = 0;
  ByteVector inner;
  hal::DmaRegion memory;
  uint32_t cookie = 0xc0de0000;
  uint16_t head = 0;
};

TEST_P(RingTest, MalformedDescriptors) {
  Malformed m(GetParam());
  const auto with = [&m](auto change) {
    map::Sqe sqe = m.Good();
    change(sqe);
    return sqe;
  };
  m.Expect(m.Good(), Reason::kOk);
  for (unsigned bit = 2; bit < 8; ++bit) {
    m.Expect(with([bit](map::Sqe& s) { s.flags = static_cast<uint8_t>(1u << bit); }),
             Reason::kBadDescriptor);
  }
  for (const int op : {0, 3, 4, 7, 10, 15, 16, 17, 18, 19, 20, 21, 31, 32, 128, 255}) {
    m.Expect(with([op](map::Sqe& s) { s.op = static_cast<uint8_t>(op); }), Reason::kUnsupportedOp);
  }
  m.Expect(with([](map::Sqe& s) { s.src_len = 0; }), Reason::kBadLength);
  m.Expect(with([](map::Sqe& s) { s.src_len = 9729; }), Reason::kBadLength);
  m.Expect(with([](map::Sqe& s) { s.src_len = 65535; }), Reason::kBadLength);
  m.Expect(with([](map::Sqe& s) { s.dst_len = 0; }), Reason::kDstTooSmall);
  m.Expect(with([](map::Sqe& s) { s.src = kNowhere; }), Reason::kDmaReadError);
  m.Expect(with([&m](map::Sqe& s) { s.src = m.memory.bus + 65536 - 10; }), Reason::kDmaReadError);
  m.Expect(with([](map::Sqe& s) { s.dst = kNowhere; }), Reason::kDmaWriteError);
  m.Expect(with([](map::Sqe& s) { s.src = ~uint64_t{0} - 20; }), Reason::kDmaReadError);
  m.Expect(m.Good(), Reason::kOk);
  // The extended form cut off by the tail.
  m.Expect(with([](map::Sqe& s) { s.flags = map::kSqeFlagExt; }), Reason::kBadDescriptor);
  m.Expect(m.Good(), Reason::kOk);
}

TEST_P(RingTest, MalformedSegmentLists) {
  Malformed m(GetParam());
  const auto with = [&m](auto change) {
    map::SqeExt ext = m.GoodExt();
    change(ext);
    return ext;
  };
  m.Expect(m.Good(), m.GoodExt(), Reason::kOk);
  m.Expect(m.Good(), with([](map::SqeExt& e) { e.rsvd0[1] = 1; }), Reason::kBadDescriptor);
  m.Expect(m.Good(), with([](map::SqeExt& e) { e.rsvd1 = 1; }), Reason::kBadDescriptor);
  m.Expect(m.Good(), with([](map::SqeExt& e) { e.src_count = 9; }), Reason::kBadDescriptor);
  m.Expect(m.Good(), with([](map::SqeExt& e) { e.dst_count = 255; }), Reason::kBadDescriptor);
  m.Expect(m.Good(), with([](map::SqeExt& e) { e.list += 8; }), Reason::kBadDescriptor);
  m.Expect(m.Good(), with([](map::SqeExt& e) { e.list = kNowhere; }), Reason::kDmaReadError);
  const uint64_t bus = m.memory.bus;
  const auto list = [&](std::vector<map::Segment> segments, Reason reason) {
    map::SqeExt ext = m.GoodExt();
    m.PutList(segments);
    m.Expect(m.Good(), ext, reason);
  };
  list({{bus, 50, 0}, {bus + 50, 49, 0}}, Reason::kBadSegments);
  list({{bus, 50, 0}, {bus + 50, 51, 0}}, Reason::kBadSegments);
  list({{bus, 0, 0}, {bus, 100, 0}}, Reason::kBadSegments);
  list({{bus, 50, 1}, {bus + 50, 50, 0}}, Reason::kBadSegments);
  list({{bus, 0xffffffff, 0}, {bus, 101, 0}}, Reason::kBadSegments);
  list({{bus, 9729, 0}, {bus, 9729, 0}}, Reason::kBadSegments);
  list({{bus, 50, 0}, {kNowhere, 50, 0}}, Reason::kDmaReadError);
  list({{bus, 50, 0}, {bus + 50, 50, 0}}, Reason::kOk);
  // Destination pieces that do not add up to dst_len.
  m.PutList({{bus + 20000, 1000, 0}, {bus + 30000, 1047, 0}});
  map::SqeExt ext{};
  ext.list = bus + 8192;
  ext.dst_count = 2;
  m.Expect(m.Good(), ext, Reason::kBadSegments);
  m.PutList({{bus + 20000, 1000, 0}, {bus + 30000, 1048, 0}});
  m.Expect(m.Good(), ext, Reason::kOk);
}

TEST_P(RingTest, MalformedAdminOperations) {
  Bench bench(GetParam());
  // The admin queue belongs to the driver: its descriptors are well-formed, so only what a queue
  // pair says itself is tried here; contexts are in sa_test.
  const auto modify = bench.device().sas().BeginModify(0x12300005, Tunnel().OutboundCtx());
  EXPECT_EQ(ReasonName(bench.Admin(modify).reason), "sa_stale");
  EXPECT_EQ(ReasonName(bench.Admin(bench.device().sas().BeginQuery(5)).reason), "no_sa");
  EXPECT_EQ(ReasonName(bench.Admin(bench.device().sas().BeginDelete(0xfffff)).reason), "no_sa");
  EXPECT_EQ(ReasonName(bench.Admin(bench.device().sas().BeginAck(7, 0xffff)).reason), "no_sa");
  EXPECT_EQ(ReasonName(bench.Admin(bench.device().sas().BeginNop()).reason), "ok");
}

TEST_P(RingTest, DoorbellsOutOfRangeStopTheirQueueOnly) {
  Malformed m(GetParam());
  const auto fault = [&] {
    m.bench.WaitFor([&] { return (m.raw.Status() & map::kQueueStatusError) != 0; }, "queue error");
    EXPECT_EQ(m.bench.device().CheckHealth(), driver::Health::kQueueError);
    EXPECT_NE(m.bench.device().TakeFaults() & map::kCtrlFaultsQueueError, 0u);
    EXPECT_EQ(m.bench.Events(1)[0].kind, map::EventType::kFault);
    m.raw.Disable();
    m.raw.Enable(m.raw.sq_bus(), m.raw.cq_bus());
    m.head = 0;
    m.Expect(m.Good(), Reason::kOk);
  };
  m.Expect(m.Good(), Reason::kOk);
  m.raw.RingTail(static_cast<uint16_t>(m.raw.tail() + 17));
  fault();
  m.raw.RingHead(7);
  fault();
}

TEST_P(RingTest, RingsAtBadAddresses) {
  Malformed m(GetParam());
  m.raw.Disable();
  m.raw.Enable(kNowhere, m.raw.cq_bus());
  m.raw.RingTail(1);
  m.bench.WaitFor([&] { return (m.raw.Status() & map::kQueueStatusError) != 0; }, "queue error");
  EXPECT_NE(m.bench.device().TakeFaults() & map::kCtrlFaultsReadError, 0u);
  m.raw.Disable();
  m.raw.Enable(m.raw.sq_bus(), m.raw.cq_bus());
  m.Expect(m.Good(), Reason::kOk);
}

// 16 slots of submissions, 8 of completions: nothing is fetched without a place for its completion.
TEST_P(RingTest, CompletionRingFull) {
  Bench bench(GetParam());
  RawQueue raw(bench, 2, 4, 3);
  const uint32_t handle = bench.Add(Tunnel().OutboundCtx());
  for (uint32_t i = 0; i < 16; ++i) {
    map::Sqe sqe{};
    sqe.op = static_cast<uint8_t>(map::SqeOp::kEspOut);
    sqe.cookie = i;
    sqe.sa_handle = handle;
    raw.Put(sqe);  // refused: length 0
  }
  raw.Ring();
  uint32_t expected = 0;
  const auto take = [&](uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      std::optional<map::Cqe> cqe;
      bench.WaitFor([&] { return (cqe = raw.Look()).has_value(); }, "completion");
      EXPECT_EQ(cqe->cookie, expected++);
      EXPECT_EQ(ReasonName(static_cast<Reason>(cqe->reason)), "bad_length");
    }
  };
  take(8);
  for (int i = 0; i < 50; ++i) bench.card().Relax();
  EXPECT_FALSE(raw.Look().has_value()) << "a completion was written over one not yet read";
  raw.RingHead(3);
  take(3);
  for (int i = 0; i < 50; ++i) bench.card().Relax();
  EXPECT_FALSE(raw.Look().has_value());
  raw.Consume();
  take(5);
}

TEST_P(RingTest, SubmissionRingFull) {
  Bench bench(GetParam());
  const Tunnel t = Tunnel::Random(bench.rng());
  const uint32_t handle = bench.Add(t.OutboundCtx());
  const ByteVector inner = MakeInner({.size = 64}, bench.rng());
  Burst burst(bench, std::vector<Op>(300, EspOut(handle, inner)));
  EXPECT_EQ(burst.Submit(), bench.queue().capacity());
  EXPECT_EQ(burst.Submit(), bench.queue().capacity()) << "a full ring took more";
  uint64_t next = 0;
  burst.Finish([&](const driver::Completion& done) {
    EXPECT_EQ(done.cookie, next) << "packets of one SA in one queue complete in order";
    EXPECT_EQ(burst.Collect(done).bytes, Encapsulate(t, inner, t.initial_seq + 1 + next));
    ++next;
  });
}

// Both rings wrap many times, and the indices pass 2^16.
TEST_P(RingTest, IndicesWrap) {
  Bench bench(GetParam());
  RawQueue raw(bench, 2, 6, 5);
  uint32_t put = 0;
  for (uint32_t taken = 0; taken < 70000;) {
    for (; put - taken < 60; ++put) {
      map::Sqe sqe{};
      sqe.op = static_cast<uint8_t>(map::SqeOp::kEspOut);
      sqe.cookie = put;
      raw.Put(sqe);
    }
    raw.Ring();
    bench.card().Relax();
    const uint32_t before = taken;
    while (const auto cqe = raw.Look()) ASSERT_EQ(cqe->cookie, taken++);
    if (taken != before) raw.Consume();
  }
}

TEST_P(RingTest, InterruptsAnnounceCompletions) {
  Bench bench(GetParam());
  const Tunnel t = Tunnel::Random(bench.rng());
  const uint32_t handle = bench.Add(t.OutboundCtx());
  driver::QueuePair& queue = bench.queue();
  const Op op = EspOut(handle, MakeInner({.size = 64}, bench.rng()));
  EXPECT_FALSE(queue.Wait(1000).value_or(true)) << "an interrupt without a cause";
  for (int round = 0; round < 20; ++round) {
    bench.FreeAll();
    const auto placed = bench.Place(op, 1);
    ASSERT_EQ(queue.Submit({&placed->submission, 1}).value_or(0), 1u);
    driver::Completion done;
    // Sometimes the completion is there before the queue is armed: then it fires at once.
    if (round % 3 == 0) {
      for (int i = 0; i < 30; ++i) bench.card().Relax();
    }
    size_t found = 0;
    for (int tries = 0; tries < 3 && found == 0; ++tries) {
      ASSERT_TRUE(queue.Wait(kNsPerSecond).value_or(false));
      found = queue.Poll({&done, 1}).value_or(0);
    }
    ASSERT_EQ(found, 1u);
    EXPECT_EQ(bench.Collect(op, *placed, done).reason, Reason::kOk);
  }
}

TEST_P(RingTest, MaskedInterruptsWait) {
  Bench bench(GetParam());
  RawQueue raw(bench, 3);
  hal::Irq& irq = bench.card().irq();
  ASSERT_TRUE(irq.Enable(3).has_value());
  ASSERT_TRUE(irq.Disable(3).has_value());
  raw.Arm();
  raw.Put(map::Sqe{});
  raw.Ring();
  bench.WaitFor(
      [&] {
        return (bench.device().registers().Read(map::BlockType::kMsix, map::RegPbaWord(0)) >> 3 &
                1) != 0;
      },
      "pending bit");
  EXPECT_FALSE(irq.Poll(3).value_or(true)) << "a masked vector fired";
  ASSERT_TRUE(irq.Enable(3).has_value());
  EXPECT_TRUE(irq.Wait(3, kNsPerSecond).value_or(false));
  EXPECT_EQ(bench.device().registers().Read(map::BlockType::kMsix, map::RegPbaWord(0)), 0u);
  raw.Next();
  // One message per arming.
  raw.Put(map::Sqe{});
  raw.Ring();
  raw.Next();
  EXPECT_FALSE(irq.Wait(3, 10000).value_or(true));
}

TEST_P(RingTest, InterruptsAnnounceEvents) {
  Bench bench(GetParam());
  bench.device().registers().Write(map::BlockType::kTest, map::kRegTestInject,
                                   map::kTestInjectFaultEvent);
  EXPECT_TRUE(bench.device().WaitEvents(kNsPerSecond).value_or(false));
  EXPECT_EQ(bench.Events(1)[0].kind, map::EventType::kFault);
}

// Two queues at once, each with its own SAs in both directions.
TEST_P(RingTest, TwoQueues) {
  Bench bench(GetParam());
  std::vector<std::vector<ByteVector>> expected(2);
  std::vector<std::unique_ptr<Burst>> bursts;
  for (uint8_t side = 0; side < 2; ++side) {
    const Tunnel t = Tunnel::Random(bench.rng());
    const uint32_t out = bench.Add(t.OutboundCtx());
    bench.Add(t.InboundCtx());
    std::vector<Op> ops;
    for (uint64_t i = 0; i < 100; ++i) {
      const ByteVector inner = MakeInner({.size = 20 + bench.rng().Below(600)}, bench.rng());
      const ByteVector outer = Encapsulate(t, inner, t.initial_seq + 1 + i / 2);
      const bool outbound = i % 2 == 0;
      ops.push_back(outbound ? EspOut(out, inner) : EspIn(t, outer));
      expected[side].push_back(outbound ? outer : inner);
    }
    bursts.push_back(std::make_unique<Burst>(bench, ops, static_cast<uint8_t>(side + 1)));
  }
  bench.WaitFor(
      [&] {
        bool ended = true;
        for (size_t side = 0; side < 2; ++side) {
          Burst& burst = *bursts[side];
          burst.Submit();
          ended &= burst.Poll([&](const driver::Completion& done) {
            EXPECT_EQ(burst.Collect(done).bytes, expected[side][done.cookie]);
          });
        }
        return ended;
      },
      "packets of both queues");
}

}  // namespace
}  // namespace vam::test
