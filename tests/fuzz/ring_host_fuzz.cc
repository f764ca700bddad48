// The host distrusts the card: whatever the card writes into the completion and event rings, every
// cookie comes back at most once, nothing is accepted that was not in flight, and a ring that
// failed stays failed.
//
// The input is a script of steps, one byte each with what follows: bits 0 and 1 choose
//   0  submit one operation          1  write the right completion of the oldest one
//   2  poll                          3  overwrite 1 byte of a ring (two bytes: place; one: value)
#include <array>
#include <cstdint>
#include <cstring>
#include <set>
#include <span>
#include <vector>

#include "driver/ring/event_ring.h"
#include "driver/ring/queue_ring.h"
#include "sim/model/host_memory.h"
#include "sw/base/check.h"

namespace vam::driver {
namespace {

class Target {
 public:
  Target() : ring_(*QueueRing::Create(memory_, {3, 3})), events_(*EventRing::Create(memory_, 3)) {}

  void Run(std::span<const uint8_t> input) {
    while (!input.empty()) {
      const uint8_t step = input[0];
      input = input.subspan(1);
      switch (step % 4) {
        case 0:
          Submit(step);
          break;
        case 1:
          Answer();
          break;
        case 2:
          Poll();
          break;
        default:
          if (input.size() < 3) return;
          Overwrite(static_cast<size_t>(input[0] << 8 | input[1]), input[2]);
          input = input.subspan(3);
          break;
      }
    }
    Finish();
  }

 private:
  void Submit(uint8_t step) {
    Submission s;
    s.op = step % 8 == 0 ? map::SqeOp::kEspOut : map::SqeOp::kEspIn;
    s.cookie = next_;
    s.src = {0x1000, 64};
    s.dst = {0x2000, 256};
    const std::array<BusRange, 2> pieces = {{{0x1000, 32}, {0x3000, 32}}};
    if (step % 3 == 0) s.src_segments = pieces;
    if (ring_.Push(s).has_value()) open_.insert(next_++);
    if (const auto tail = ring_.Publish()) tail_ = *tail;
  }

  void Answer() {
    if (fetched_ == tail_) return;
    map::Sqe sqe;
    Read(ring_.sq_bus() + (fetched_ & 7u) * sizeof sqe, sqe);
    fetched_ = static_cast<uint16_t>(fetched_ + ((sqe.flags & map::kSqeFlagExt) != 0 ? 2 : 1));
    map::Cqe cqe{};
    cqe.cookie = sqe.cookie;
    cqe.sa_handle = sqe.sa_handle;
    cqe.op = sqe.op;
    cqe.out_len = 100;
    cqe.sq_head = fetched_;
    if ((written_ >> 3 & 1) == 0) cqe.flags = map::kCqePhase;
    std::array<uint8_t, sizeof cqe> bytes;
    std::memcpy(bytes.data(), &cqe, sizeof cqe);
    VAM_CHECK(memory_.WriteEntry(ring_.cq_bus() + (written_++ & 7u) * sizeof cqe, bytes));
  }

  void Poll() {
    const auto completion = ring_.Pop();
    if (completion.has_value() && completion->has_value()) {
      VAM_CHECK(open_.erase((*completion)->cookie) == 1);
      VAM_CHECK((*completion)->out_size <= 256);
    }
    VAM_CHECK(completion.has_value() != ring_.failed());
    const auto event = events_.Pop();
    if (event.has_value() && event->has_value()) {
      VAM_CHECK((*event)->kind >= map::EventType::kSoftBytes);
      VAM_CHECK((*event)->kind <= map::EventType::kFault);
    }
  }

  void Overwrite(size_t place, uint8_t value) {
    constexpr size_t kCqBytes = 8 * sizeof(map::Cqe);
    constexpr size_t kEventBytes = 8 * sizeof(map::EventEntry);
    place %= kCqBytes + kEventBytes;
    const uint64_t bus =
        place < kCqBytes ? ring_.cq_bus() + place : events_.bus() + (place - kCqBytes);
    VAM_CHECK(memory_.Write(bus, {&value, 1}));
  }

  template <typename T>
  void Read(uint64_t bus, T& entry) {
    VAM_CHECK(memory_.Read(bus, {reinterpret_cast<uint8_t*>(&entry), sizeof entry}));
  }

  // What is still open is given up exactly once.
  void Finish() {
    std::array<Completion, 3> some;
    for (;;) {
      const size_t count = ring_.TakeInFlight(some);
      if (count == 0) break;
      for (size_t i = 0; i < count; ++i) VAM_CHECK(open_.erase(some[i].cookie) == 1);
    }
    VAM_CHECK(open_.empty() && ring_.in_flight() == 0);
    ring_.Restart();
    VAM_CHECK(ring_.free_slots() == 8 && !ring_.failed());
  }

  sim::HostMemory memory_;
  QueueRing ring_;
  EventRing events_;
  std::set<uint64_t> open_;
  uint64_t next_ = 0;
  uint16_t tail_ = 0;
  uint16_t fetched_ = 0;
  uint16_t written_ = 0;
};

}  // namespace
}  // namespace vam::driver

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vam::driver::Target().Run({data, size});
  return 0;
}
