#include "sim/model/functional_card.h"

#include <algorithm>
#include <utility>

#include "driver/gen/vam_reg_table.h"

namespace vam::sim {
namespace {

constexpr uint32_t kAllOnes = 0xffffffff;
constexpr uint32_t kClockHz = 250'000'000;
constexpr uint32_t kDataWidth = 128;
// Card time that one register access takes.
constexpr uint64_t kAccessCycles = 16;

constexpr uint32_t kQueueStride = map::RegQueueConfig(1) - map::RegQueueConfig(0);
constexpr uint32_t kDoorbellStride = map::RegDoorbellSqTail(1) - map::RegDoorbellSqTail(0);
constexpr uint32_t kTableStride = map::RegMsixEntryAddrLo(1) - map::RegMsixEntryAddrLo(0);

bool InArray(uint32_t offset, uint32_t base, uint32_t stride, uint32_t count) {
  return offset >= base && offset - base < stride * count;
}

}  // namespace

FunctionalCard::FunctionalCard(HostMemory& memory, const FunctionalCardConfig& config,
                               Interrupts::Sink sink)
    : memory_(memory),
      config_(config),
      sad_(config.max_sas),
      interrupts_(config.vectors, std::move(sink)),
      regs_(map::kBarBytes / 4),
      readable_(map::kBarBytes / 4),
      writable_(map::kBarBytes / 4),
      queues_(config.data_queues + 1) {
  for (const map::RegInfo& info : map::kRegs) {
    for (uint32_t i = 0; i < info.count; ++i) {
      for (uint32_t word = 0; word < info.bits / 32; ++word) {
        const uint32_t at = (info.offset + i * info.stride) / 4 + word;
        regs_[at] = info.reset;
        readable_[at] = info.readable;
        writable_[at] = info.writable;
      }
    }
  }
  Reg(map::kRegIdBuildLo) = 0x6f64656d;  // "model"
  Reg(map::kRegIdBuildHi) = 0x6c;
  Reg(map::kRegIdClock) = kClockHz;
  Reg(map::kRegCapSas) = config.max_sas;
  Reg(map::kRegCapWindowRows) = config.max_sas;
  Reg(map::kRegCapQueues) |= config.data_queues | config.vectors << map::kCapQueuesVectorsShift;
  Reg(map::kRegCapDatapath) |= kDataWidth | 1u << map::kCapDatapathLanesShift;
  Reg(map::kRegQueueBlockCount) = config.data_queues + 1;
  Reg(map::kRegDoorbellBlockCount) = config.data_queues + 1;
  Reg(map::kRegEventBlockCount) = 1;
  Reg(map::kRegMsixBlockCount) = config.vectors;
}

uint32_t FunctionalCard::Read(uint32_t offset) {
  if (gone_ || offset + 4 > map::kBarBytes || offset % 4 != 0) return kAllOnes;
  if (!frozen_) now_ += kAccessCycles;
  if (const auto live = ReadLive(offset)) return *live;
  return Reg(offset) & readable_[offset / 4];
}

std::optional<uint32_t> FunctionalCard::ReadLive(uint32_t offset) {
  switch (offset) {
    case map::kRegCtrlStatus:
      return map::kCtrlStatusReady | map::kCtrlStatusZeroiseDone | map::kCtrlStatusLinkUp |
             map::kCtrlStatusBusMaster | map::kCtrlStatusMsixEnabled | map::kCtrlStatusIdle |
             (faults_ != 0 ? map::kCtrlStatusFault : 0u);
    case map::kRegCtrlFaults:
      return faults_;
    case map::kRegCtrlHeartbeat:
      return static_cast<uint32_t>(now_);
    case map::kRegCtrlSaCount:
      return sad_.count();
    case map::kRegTestInverted:
      return ~Reg(map::RegTestScratch(0));
    case map::kRegEventRingStatus:
      return events_.tail | (events_.error ? map::kEventRingStatusError : 0u);
    case map::RegPbaWord(0):
      return interrupts_.pending();
    default:
      break;
  }
  if (InArray(offset, map::RegQueueConfig(0), kQueueStride, config_.data_queues + 1)) {
    const uint32_t number = (offset - map::RegQueueConfig(0)) / kQueueStride;
    const Queue& q = queues_[number];
    if (offset == map::RegQueueStatus(number)) {
      return (q.on ? 0u : map::kQueueStatusIdle) | (q.error ? map::kQueueStatusError : 0u);
    }
    if (offset == map::RegQueueIndices(number)) {
      return q.head | static_cast<uint32_t>(q.cq_tail) << map::kQueueIndicesCqTailShift;
    }
  }
  if (InArray(offset, map::RegMsixEntryAddrLo(0), kTableStride, config_.vectors)) {
    const uint32_t at = offset - map::RegMsixEntryAddrLo(0);
    return interrupts_.ReadTable(at / kTableStride, at % kTableStride / 4);
  }
  if (InArray(offset, map::kRegCountersOutPackets, 8, static_cast<uint32_t>(counters_.size()))) {
    return ReadCounter(offset);
  }
  return std::nullopt;
}

uint32_t FunctionalCard::ReadCounter(uint32_t offset) {
  if (offset % 8 != 0) return latched_;
  const uint64_t value = Counter(offset);
  latched_ = static_cast<uint32_t>(value >> 32);
  return static_cast<uint32_t>(value);
}

void FunctionalCard::Write(uint32_t offset, uint32_t value) {
  if (gone_ || frozen_ || offset + 4 > map::kBarBytes || offset % 4 != 0) return;
  now_ += kAccessCycles;
  const uint32_t keep = writable_[offset / 4];
  Reg(offset) = (Reg(offset) & ~keep) | (value & keep);
  if (InArray(offset, map::RegDoorbellSqTail(0), kDoorbellStride, config_.data_queues + 1)) {
    const uint32_t at = offset - map::RegDoorbellSqTail(0);
    WriteDoorbell(at / kDoorbellStride, at % kDoorbellStride, static_cast<uint16_t>(value));
  } else if (InArray(offset, map::RegQueueConfig(0), kQueueStride, config_.data_queues + 1)) {
    const uint32_t number = (offset - map::RegQueueConfig(0)) / kQueueStride;
    if (offset == map::RegQueueConfig(number)) WriteQueueConfig(number, value);
  } else if (InArray(offset, map::RegMsixEntryAddrLo(0), kTableStride, config_.vectors)) {
    const uint32_t at = offset - map::RegMsixEntryAddrLo(0);
    interrupts_.WriteTable(at / kTableStride, at % kTableStride / 4, value);
  } else if (InArray(offset, map::RegModerationVector(0), 4, config_.vectors)) {
    interrupts_.WriteModeration((offset - map::RegModerationVector(0)) / 4, value);
  } else if (offset >= map::kRegEventRingConfig && offset <= map::kRegEventRingHeadArm) {
    WriteEventRing(offset, value);
  } else if (offset == map::kRegCtrlControl) {
    if ((value & map::kCtrlControlSoftReset) != 0) SoftReset();
    if ((value & map::kCtrlControlZeroise) != 0) sad_.Zeroise();
  } else if (offset == map::kRegCtrlFaults) {
    faults_ &= ~value;
  } else if (offset == map::kRegTestInject && (value & map::kTestInjectFaultEvent) != 0) {
    fault_event_ = true;
  }
}

void FunctionalCard::WriteQueueConfig(uint32_t number, uint32_t value) {
  Queue& q = queues_[number];
  const bool enable = (value & map::kQueueConfigEnable) != 0;
  if (enable && !q.on) {
    q = {};
    q.on = true;
  } else if (!enable) {
    q.on = false;
    q.error = false;
  }
}

void FunctionalCard::WriteEventRing(uint32_t offset, uint32_t value) {
  const bool enable = (value & map::kEventRingConfigEnable) != 0;
  if (offset == map::kRegEventRingConfig) {
    if (!enable || !events_.on) events_ = {};
    events_.on = enable;
  } else if (offset == map::kRegEventRingHead || offset == map::kRegEventRingHeadArm) {
    events_.head = static_cast<uint16_t>(value);
    events_.armed |= offset == map::kRegEventRingHeadArm;
  }
}

void FunctionalCard::WriteDoorbell(uint32_t number, uint32_t reg, uint16_t index) {
  Queue& q = queues_[number];
  if (!q.on) return;
  const uint32_t config = Reg(map::RegQueueConfig(number));
  const uint32_t sq_log2 = (config & map::kQueueConfigSqLog2) >> map::kQueueConfigSqLog2Shift;
  if (reg == 0) {
    const auto ahead = static_cast<uint16_t>(index - q.head);
    if (ahead > 1u << sq_log2) return StopQueue(number);
    if (ahead > static_cast<uint16_t>(q.tail - q.head)) q.tail = index;
    return;
  }
  const auto consumed = static_cast<uint16_t>(index - q.cq_head);
  if (consumed > static_cast<uint16_t>(q.cq_tail - q.cq_head)) return StopQueue(number);
  q.cq_head = index;
  q.armed |= reg == map::RegDoorbellCqHeadArm(0) - map::RegDoorbellSqTail(0);
}

void FunctionalCard::SoftReset() {
  sad_.Reset();
  for (uint32_t i = 0; i < queues_.size(); ++i) {
    queues_[i] = {};
    Reg(map::RegQueueConfig(i)) = 0;
  }
  events_ = {};
  Reg(map::kRegEventRingConfig) = 0;
  counters_.fill(0);
}

void FunctionalCard::Fault(uint32_t bits) {
  if ((faults_ & bits) != bits) fault_event_ = true;
  faults_ |= bits;
}

bool FunctionalCard::Step() {
  if (gone_ || frozen_) return false;
  bool worked = false;
  for (uint32_t i = 0; i < queues_.size(); ++i) worked |= StepQueue(i);
  worked |= SendEvents();
  worked |= SendInterrupts();
  if (worked) Counter(map::kRegCountersBusyCycles) += kAccessCycles;
  return worked;
}

}  // namespace vam::sim
