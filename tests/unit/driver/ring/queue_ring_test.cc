#include "driver/ring/queue_ring.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <functional>
#include <set>

#include "sim/model/host_memory.h"
#include "sw/base/rng.h"
#include "tests/support/seed.h"

namespace vam::driver {
namespace {

// The card's side of a ring: reads slots, writes completions.
class FakeCard {
 public:
  FakeCard(sim::HostMemory& memory, const QueueRing& ring) : memory_(memory), ring_(ring) {}

  map::Sqe Slot(uint16_t index) const { return ReadSlot<map::Sqe>(index); }
  map::SqeExt Ext(uint16_t index) const { return ReadSlot<map::SqeExt>(index); }

  // A right completion of `sqe`.
  map::Cqe Answer(const map::Sqe& sqe, uint16_t sq_head) const {
    map::Cqe cqe{};
    cqe.cookie = sqe.cookie;
    cqe.sa_handle = sqe.sa_handle;
    cqe.op = sqe.op;
    cqe.sq_head = sq_head;
    return cqe;
  }
  void Write(map::Cqe cqe) {
    const uint8_t log2 = ring_.config().cq_log2;
    if ((tail_ >> log2 & 1) == 0) cqe.flags |= map::kCqePhase;
    const uint64_t at = ring_.cq_bus() + (tail_ & ((1u << log2) - 1u)) * sizeof cqe;
    ++tail_;
    std::array<uint8_t, sizeof cqe> bytes;
    std::memcpy(bytes.data(), &cqe, sizeof cqe);
    ASSERT_TRUE(memory_.WriteEntry(at, bytes));
  }

 private:
  template <typename T>
  T ReadSlot(uint16_t index) const {
    const uint64_t slots = uint64_t{1} << ring_.config().sq_log2;
    std::array<uint8_t, sizeof(T)> bytes;
    EXPECT_TRUE(memory_.Read(ring_.sq_bus() + (index & (slots - 1)) * sizeof(T), bytes));
    T entry;
    std::memcpy(&entry, bytes.data(), sizeof entry);
    return entry;
  }

  sim::HostMemory& memory_;
  const QueueRing& ring_;
  uint16_t tail_ = 0;
};

class QueueRingTest : public testing::Test {
 protected:
  QueueRingTest() : ring_(*QueueRing::Create(memory_, {3, 3})), card_(memory_, ring_) {}

  static Submission Packet(uint64_t cookie) {
    Submission s;
    s.op = map::SqeOp::kEspOut;
    s.sa_handle = 0x12300004;
    s.cookie = cookie;
    s.src = {0x1000, 100};
    s.dst = {0x2000, 200};
    return s;
  }

  sim::HostMemory memory_;
  QueueRing ring_;
  FakeCard card_;
};

TEST_F(QueueRingTest, RefusesBadSizes) {
  EXPECT_EQ(QueueRing::Create(memory_, {2, 8}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(QueueRing::Create(memory_, {8, 13}).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(QueueRingTest, CarriesFields) {
  Submission s = Packet(7);
  s.urgent = true;
  s.vrf_tag = 0xbeef;
  ASSERT_TRUE(ring_.Push(s).has_value());
  EXPECT_EQ(ring_.Publish(), 1);
  EXPECT_EQ(ring_.Publish(), std::nullopt);
  const map::Sqe sqe = card_.Slot(0);
  EXPECT_EQ(sqe.op, 1);
  EXPECT_EQ(sqe.flags, map::kSqeFlagUrgent);
  EXPECT_EQ(sqe.src_len, 100);
  EXPECT_EQ(sqe.dst_len, 200);
  EXPECT_EQ(sqe.vrf_tag, 0xbeef);
  EXPECT_EQ(sqe.sa_handle, 0x12300004u);
  EXPECT_EQ(sqe.src, 0x1000u);
  EXPECT_EQ(sqe.dst, 0x2000u);
}

TEST_F(QueueRingTest, WritesSegmentLists) {
  const std::array<BusRange, 2> src = {{{0x10, 1}, {0x20, 2}}};
  const std::array<BusRange, 3> dst = {{{0x30, 3}, {0x40, 4}, {0x50, 5}}};
  Submission s = Packet(1);
  s.src_segments = src;
  s.dst_segments = dst;
  ASSERT_TRUE(ring_.Push(s).has_value());
  EXPECT_EQ(ring_.Publish(), 2);
  EXPECT_EQ(card_.Slot(0).flags, map::kSqeFlagExt);
  EXPECT_EQ(card_.Slot(0).src_len, 3);
  EXPECT_EQ(card_.Slot(0).dst_len, 12);
  const map::SqeExt ext = card_.Ext(1);
  EXPECT_EQ(ext.src_count, 2);
  EXPECT_EQ(ext.dst_count, 3);
  EXPECT_EQ(ext.list % 16, 0u);
  std::array<map::Segment, 5> list;
  ASSERT_TRUE(memory_.Read(ext.list, {reinterpret_cast<uint8_t*>(list.data()), sizeof list}));
  for (uint32_t i = 0; i < 5; ++i) {
    EXPECT_EQ(list[i].addr, 0x10 * (i + 1));
    EXPECT_EQ(list[i].len, i + 1);
  }
}

TEST_F(QueueRingTest, RefusesWhatNoDescriptorHolds) {
  Submission s = Packet(1);
  s.src.size = 65536;
  EXPECT_EQ(ring_.Push(s).error().code, ErrorCode::kInvalidArgument);
  s = Packet(1);
  s.op = map::SqeOp::kRawSeal;
  EXPECT_EQ(ring_.Push(s).error().code, ErrorCode::kInvalidArgument);
  s = Packet(1);
  const std::array<BusRange, 9> many = {};
  s.dst_segments = many;
  EXPECT_EQ(ring_.Push(s).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ring_.in_flight(), 0u);
  EXPECT_EQ(ring_.Publish(), std::nullopt);
}

TEST_F(QueueRingTest, FullUntilPolled) {
  for (uint64_t i = 0; i < 8; ++i) ASSERT_TRUE(ring_.Push(Packet(i)).has_value());
  EXPECT_EQ(ring_.Push(Packet(8)).error().code, ErrorCode::kExhausted);
  EXPECT_EQ(ring_.free_slots(), 0u);
  ring_.Publish();
  card_.Write(card_.Answer(card_.Slot(0), 8));
  ASSERT_EQ((*ring_.Pop())->cookie, 0u);
  EXPECT_TRUE(ring_.Push(Packet(8)).has_value());
  // All slots were fetched, but only one completion was read.
  EXPECT_EQ(ring_.Push(Packet(9)).error().code, ErrorCode::kExhausted);
}

// Many laps, completions out of order: every cookie comes back once.
TEST_F(QueueRingTest, RandomLaps) {
  SeededRng rng(test::TestSeed());
  uint64_t next = 0;
  uint16_t fetched = 0;
  uint16_t published = 0;
  std::vector<map::Sqe> held;
  std::set<uint64_t> open;
  for (int i = 0; i < 300000; ++i) {
    switch (rng.Below(3)) {
      case 0:
        if (ring_.Push(Packet(next)).has_value()) open.insert(next++);
        if (const auto tail = ring_.Publish()) published = *tail;
        break;
      case 1:
        if (fetched != published) held.push_back(card_.Slot(fetched++));
        if (!held.empty()) {
          const size_t n = rng.Below(held.size());
          card_.Write(card_.Answer(held[n], fetched));
          held.erase(held.begin() + static_cast<ptrdiff_t>(n));
        }
        break;
      default: {
        const auto completion = ring_.Pop();
        ASSERT_TRUE(completion.has_value());
        if (completion->has_value()) {
          ASSERT_EQ(open.erase((*completion)->cookie), 1u);
        }
        break;
      }
    }
  }
  EXPECT_EQ(ring_.in_flight(), open.size());
  EXPECT_GT(next, 70000u) << "indices have wrapped";
}

struct Lie {
  const char* what;
  std::function<void(map::Cqe&)> tell;
};

TEST_F(QueueRingTest, DistrustsEveryField) {
  const std::vector<Lie> lies = {
      {"slot out of range", [](map::Cqe& c) { c.cookie |= 0xfff0; }},
      {"slot not in flight", [](map::Cqe& c) { c.cookie ^= 5; }},
      {"old serial", [](map::Cqe& c) { c.cookie += 0x10000; }},
      {"operation", [](map::Cqe& c) { c.op = 2; }},
      {"unknown reason", [](map::Cqe& c) { c.reason = 11; }},
      {"reason of the host", [](map::Cqe& c) { c.reason = 72; }},
      {"too long", [](map::Cqe& c) { c.out_len = 201; }},
      {"bytes of a dropped packet", [](map::Cqe& c) { c.reason = 27, c.out_len = 1; }},
      {"head beyond the tail", [](map::Cqe& c) { c.sq_head = 2; }},
      {"head gone back", [](map::Cqe& c) { c.sq_head = 0xffff; }},
      {"reserved bits", [](map::Cqe& c) { c.flags |= 1; }},
      {"another SA", [](map::Cqe& c) { c.sa_handle ^= 1; }},
  };
  for (const Lie& lie : lies) {
    QueueRing ring = *QueueRing::Create(memory_, {3, 3});
    FakeCard card(memory_, ring);
    ASSERT_TRUE(ring.Push(Packet(42)).has_value());
    ring.Publish();
    map::Cqe cqe = card.Answer(card.Slot(0), 1);
    lie.tell(cqe);
    card.Write(cqe);
    const auto completion = ring.Pop();
    ASSERT_FALSE(completion.has_value()) << lie.what;
    EXPECT_EQ(completion.error().code, ErrorCode::kDevice);
    EXPECT_TRUE(ring.failed());
    EXPECT_EQ(ring.Push(Packet(1)).error().code, ErrorCode::kDevice);
    // What was in flight is not lost.
    std::array<Completion, 4> given_up;
    ASSERT_EQ(ring.TakeInFlight(given_up), 1u);
    EXPECT_EQ(given_up[0].cookie, 42u);
    EXPECT_EQ(given_up[0].reason, Reason::kQueueReset);
    EXPECT_EQ(ring.TakeInFlight(given_up), 0u);
    ring.Restart();
    EXPECT_TRUE(ring.Push(Packet(1)).has_value());
  }
}

TEST_F(QueueRingTest, EachCookieOnce) {
  ASSERT_TRUE(ring_.Push(Packet(1)).has_value());
  ASSERT_TRUE(ring_.Push(Packet(2)).has_value());
  ring_.Publish();
  const map::Cqe cqe = card_.Answer(card_.Slot(0), 2);
  card_.Write(cqe);
  card_.Write(cqe);
  EXPECT_EQ((*ring_.Pop())->cookie, 1u);
  EXPECT_EQ(ring_.Pop().error().code, ErrorCode::kDevice);
}

}  // namespace
}  // namespace vam::driver
