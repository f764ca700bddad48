#include "sim/rtl/order_check.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace vam::sim {
namespace {

constexpr uint32_t kSlotBytes = sizeof(map::Sqe);
constexpr size_t kMaxViolations = 100;

template <typename T>
T Load(std::span<const uint8_t> bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

void SetLow(uint64_t& word, uint32_t value) { word = (word & ~0xffffffffULL) | value; }
void SetHigh(uint64_t& word, uint32_t value) {
  word = (word & 0xffffffffULL) | uint64_t{value} << 32;
}

// Element of a register array that `offset` lies in, or -1.
int Element(uint32_t offset, uint32_t first, uint32_t stride, uint32_t count) {
  if (offset < first || offset >= first + stride * count) return -1;
  return static_cast<int>((offset - first) / stride);
}

}  // namespace

void OrderCheck::Violate(std::string text) {
  if (violations_.size() < kMaxViolations) violations_.push_back(std::move(text));
}

void OrderCheck::Reset() {
  for (Queue& queue : queues_) queue = Queue{};
  events_ = Ring{};
  extents_.clear();
  // allowed_ stays: messages that were sent before the reset may still arrive.
}

void OrderCheck::BarWrite(uint32_t offset, uint32_t value) {
  constexpr uint32_t kQueueStride = map::RegQueueConfig(1) - map::RegQueueConfig(0);
  constexpr uint32_t kPageStride = map::RegDoorbellSqTail(1) - map::RegDoorbellSqTail(0);
  constexpr uint32_t kEntryStride = map::RegMsixEntryAddrLo(1) - map::RegMsixEntryAddrLo(0);
  if (offset == map::kRegCtrlControl && (value & map::kCtrlControlSoftReset) != 0) Reset();
  if (int i = Element(offset, map::RegQueueConfig(0), kQueueStride, kQueues); i >= 0) {
    QueueWrite(static_cast<unsigned>(i), offset % kQueueStride, value);
  } else if (i = Element(offset, map::RegDoorbellSqTail(0), kPageStride, kQueues); i >= 0) {
    Queue& queue = queues_[static_cast<size_t>(i)];
    const uint32_t reg = offset % kPageStride;
    const auto index = static_cast<uint16_t>(value);
    if (reg == map::RegDoorbellSqTail(0) % kPageStride) {
      Submitted(queue, index);
    } else if (reg == map::RegDoorbellCqHeadArm(0) % kPageStride) {
      Arm(queue.cq, index);
    }
  } else if (i = Element(offset, map::RegMsixEntryAddrLo(0), kEntryStride, kVectors); i >= 0) {
    const auto vector = static_cast<size_t>(i);
    const uint32_t reg = offset % kEntryStride;
    if (reg == map::RegMsixEntryAddrLo(0) % kEntryStride) SetLow(message_addr_[vector], value);
    if (reg == map::RegMsixEntryAddrHi(0) % kEntryStride) SetHigh(message_addr_[vector], value);
    if (reg == map::RegMsixEntryData(0) % kEntryStride) message_data_[vector] = value;
  } else {
    EventWrite(offset, value);
  }
}

void OrderCheck::QueueWrite(unsigned queue, uint32_t reg, uint32_t value) {
  constexpr uint32_t kStride = map::RegQueueConfig(1) - map::RegQueueConfig(0);
  Queue& q = queues_[queue];
  if (reg == map::RegQueueSqBaseLo(0) % kStride) SetLow(q.sq_base, value & ~63U);
  if (reg == map::RegQueueSqBaseHi(0) % kStride) SetHigh(q.sq_base, value);
  if (reg == map::RegQueueCqBaseLo(0) % kStride) SetLow(q.cq.base, value & ~63U);
  if (reg == map::RegQueueCqBaseHi(0) % kStride) SetHigh(q.cq.base, value);
  if (reg != map::RegQueueConfig(0) % kStride) return;
  const bool enable = (value & map::kQueueConfigEnable) != 0;
  if (enable && !q.cq.enable) {
    q.sq_tail = 0;
    q.cq.visible = 0;
    q.cq.armed.reset();
    q.jobs.clear();
  }
  // Completions still come while a disabled queue is flushed: the ring stays known.
  if (!enable) return;
  q.cq.enable = true;
  q.cq.vector = (value & map::kQueueConfigVector) >> map::kQueueConfigVectorShift;
  q.sq_slots = 1U << ((value & map::kQueueConfigSqLog2) >> map::kQueueConfigSqLog2Shift);
  q.cq.bytes =
      sizeof(map::Cqe) << ((value & map::kQueueConfigCqLog2) >> map::kQueueConfigCqLog2Shift);
}

void OrderCheck::EventWrite(uint32_t offset, uint32_t value) {
  if (offset == map::kRegEventRingBaseLo) SetLow(events_.base, value & ~63U);
  if (offset == map::kRegEventRingBaseHi) SetHigh(events_.base, value);
  if (offset == map::kRegEventRingHeadArm) Arm(events_, static_cast<uint16_t>(value));
  if (offset != map::kRegEventRingConfig) return;
  events_.enable = (value & map::kEventRingConfigEnable) != 0;
  events_.vector = (value & map::kEventRingConfigVector) >> map::kEventRingConfigVectorShift;
  events_.bytes = sizeof(map::EventEntry)
                  << ((value & map::kEventRingConfigLog2) >> map::kEventRingConfigLog2Shift);
  events_.visible = 0;
  events_.armed.reset();
}

// The host may reuse a slot before its completion is seen here, so destinations are noted when the
// doorbell rings.
void OrderCheck::Submitted(Queue& queue, uint16_t tail) {
  if (!queue.cq.enable || queue.sq_slots == 0) return;
  const auto count = static_cast<uint16_t>(tail - queue.sq_tail);
  if (count > queue.sq_slots) return;
  std::array<uint8_t, kSlotBytes> slot{};
  while (queue.sq_tail != tail) {
    const auto at = [&](uint16_t index) {
      return queue.sq_base + uint64_t{index & (queue.sq_slots - 1)} * kSlotBytes;
    };
    if (!read_host_(at(queue.sq_tail++), slot)) continue;
    const auto sqe = Load<map::Sqe>(slot);
    map::SqeExt ext{};
    if ((sqe.flags & map::kSqeFlagExt) != 0) {
      if (queue.sq_tail == tail) break;
      if (!read_host_(at(queue.sq_tail++), slot)) continue;
      ext = Load<map::SqeExt>(slot);
    }
    queue.jobs.emplace(sqe.cookie, MakeJob(sqe, ext));
  }
}

OrderCheck::Job OrderCheck::MakeJob(const map::Sqe& sqe, const map::SqeExt& ext) {
  Job job;
  if (ext.dst_count == 0) {
    AddExtent(job, sqe.dst, sqe.dst_len);
    return job;
  }
  std::array<uint8_t, sizeof(map::Segment)> entry{};
  for (unsigned i = 0; i < ext.dst_count; ++i) {
    if (!read_host_(ext.list + (uint64_t{ext.src_count} + i) * sizeof(map::Segment), entry)) {
      job.judged = false;
      break;
    }
    const auto segment = Load<map::Segment>(entry);
    AddExtent(job, segment.addr, segment.len);
  }
  return job;
}

void OrderCheck::AddExtent(Job& job, uint64_t start, uint64_t size) {
  if (size == 0) return;
  const auto next = extents_.lower_bound(start);
  const bool hits_next = next != extents_.end() && next->first - start < size;
  const bool hits_last =
      next != extents_.begin() && start - std::prev(next)->first < std::prev(next)->second.size;
  if (hits_next || hits_last) {
    job.judged = false;
    return;
  }
  extents_.emplace(start, Extent{size, 0});
  job.extents.push_back(start);
}

void OrderCheck::NoteResult(uint64_t addr, uint64_t strb) {
  for (auto it = extents_.upper_bound(addr + 15); it != extents_.begin();) {
    --it;
    const uint64_t end = it->first + it->second.size;
    for (unsigned i = 0; i < 16; ++i) {
      if ((strb >> i & 1) != 0 && addr + i >= it->first && addr + i < end) ++it->second.seen;
    }
    if (it->first <= addr) break;
  }
}

void OrderCheck::Visible(uint64_t addr, std::span<const uint8_t> beat, uint64_t strb) {
  NoteResult(addr, strb);
  for (unsigned i = 0; i < kQueues; ++i) {
    Queue& queue = queues_[i];
    if (queue.cq.enable && addr - queue.cq.base < queue.cq.bytes) Completed(i, queue, beat);
  }
  // The second half of an event holds its phase bit.
  if (events_.enable && addr - events_.base < events_.bytes && (addr & 16) != 0) Entry(events_);
}

// Forgets the job's destination. False: bytes of the result are missing.
bool OrderCheck::Finish(const Job& job, uint32_t out_len) {
  uint64_t left = out_len;
  bool complete = true;
  for (const uint64_t start : job.extents) {
    const auto it = extents_.find(start);
    if (it == extents_.end()) continue;
    const uint64_t here = std::min(left, it->second.size);
    if (it->second.seen < here) complete = false;
    left -= here;
    extents_.erase(it);
  }
  return complete || !job.judged;
}

void OrderCheck::Completed(unsigned number, Queue& queue, std::span<const uint8_t> beat) {
  const auto cqe = Load<map::Cqe>(beat);
  if (const auto it = queue.jobs.find(cqe.cookie); it != queue.jobs.end()) {
    if (!Finish(it->second, cqe.out_len)) {
      Violate("queue " + std::to_string(number) + ": completion of cookie " +
              std::to_string(cqe.cookie) + " is visible before its result");
    }
    queue.jobs.erase(it);
  }
  Entry(queue.cq);
}

// A second arming takes the place of the first as long as that cannot have fired.
void OrderCheck::Arm(Ring& ring, uint16_t index) {
  if (!ring.enable) return;
  ring.armed = index;
  if (ring.visible != index) Allow(ring);
}

void OrderCheck::Entry(Ring& ring) {
  ++ring.visible;
  if (ring.armed) Allow(ring);
}

void OrderCheck::Allow(Ring& ring) {
  ring.armed.reset();
  if (ring.vector < kVectors) ++allowed_[ring.vector];
}

// What the host has read since the arming does not matter: the message may have been under way.
void OrderCheck::Message(uint64_t addr, uint32_t data) {
  for (unsigned vector = 0; vector < kVectors; ++vector) {
    if (message_addr_[vector] != addr || message_data_[vector] != data) continue;
    if (allowed_[vector] == 0) {
      Violate("vector " + std::to_string(vector) + ": message without an entry to read");
      return;
    }
    --allowed_[vector];
    return;
  }
}

}  // namespace vam::sim
