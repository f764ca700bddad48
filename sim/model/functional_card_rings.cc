// Rings of the functional card: fetch, completion, events, interrupts.
#include <cstring>

#include "sim/model/functional_card.h"

namespace vam::sim {
namespace {

template <typename T>
std::span<const uint8_t> BytesOf(const T& entry) {
  return {reinterpret_cast<const uint8_t*>(&entry), sizeof entry};
}
template <typename T>
std::span<uint8_t> MutableBytesOf(T& entry) {
  return {reinterpret_cast<uint8_t*>(&entry), sizeof entry};
}

uint32_t Field(uint32_t word, uint32_t mask, unsigned shift) { return (word & mask) >> shift; }

// In the first lap of a ring the phase bit is 1, then it flips each lap.
bool PhaseOf(uint16_t index, uint32_t log2) { return (index >> log2 & 1) == 0; }

constexpr uint64_t kDescriptorCycles = 10;

}  // namespace

bool FunctionalCard::StepQueue(uint32_t number) {
  bool worked = false;
  for (uint32_t i = 0; i < config_.batch; ++i) {
    const auto descriptor = Fetch(number);
    if (!descriptor) break;
    worked = true;
    now_ += kDescriptorCycles;
    Queue& q = queues_[number];
    q.head = static_cast<uint16_t>(q.head + descriptor->slots);
    const Outcome outcome = number == 0 ? RunAdmin(*descriptor) : RunData(*descriptor);
    if (!Complete(number, *descriptor, outcome)) break;
  }
  return worked;
}

std::optional<FunctionalCard::Descriptor> FunctionalCard::Fetch(uint32_t number) {
  const Queue& q = queues_[number];
  const uint32_t config = Reg(map::RegQueueConfig(number));
  const uint32_t sq_log2 = Field(config, map::kQueueConfigSqLog2, map::kQueueConfigSqLog2Shift);
  const uint32_t cq_log2 = Field(config, map::kQueueConfigCqLog2, map::kQueueConfigCqLog2Shift);
  const auto available = static_cast<uint16_t>(q.tail - q.head);
  const auto unread = static_cast<uint16_t>(q.cq_tail - q.cq_head);
  // A descriptor is fetched only with a place for its completion.
  if (!q.on || q.error || available == 0 || unread >= 1u << cq_log2) return std::nullopt;

  const uint64_t base = Reg64(map::RegQueueSqBaseLo(number)) & ~uint64_t{63};
  const auto slot_at = [&](unsigned ahead) {
    return base + ((q.head + ahead) & ((1u << sq_log2) - 1u)) * sizeof(map::Sqe);
  };
  Descriptor descriptor;
  bool read = memory_.Read(slot_at(0), MutableBytesOf(descriptor.sqe));
  if (read && (descriptor.sqe.flags & map::kSqeFlagExt) != 0) {
    descriptor.cut = available < 2;
    if (!descriptor.cut) {
      descriptor.slots = 2;
      read = memory_.Read(slot_at(1), MutableBytesOf(descriptor.ext));
    }
  }
  if (!read) {
    Counter(map::kRegCountersReadErrors) += 1;
    Fault(map::kCtrlFaultsReadError);
    StopQueue(number);
    return std::nullopt;
  }
  return descriptor;
}

bool FunctionalCard::Complete(uint32_t number, const Descriptor& descriptor,
                              const Outcome& outcome) {
  Queue& q = queues_[number];
  if (number == 0) {
    Counter(map::kRegCountersAdminOps) += 1;
  } else {
    Count(descriptor, outcome);
  }
  const uint32_t config = Reg(map::RegQueueConfig(number));
  const uint32_t cq_log2 = Field(config, map::kQueueConfigCqLog2, map::kQueueConfigCqLog2Shift);
  const bool phase = PhaseOf(q.cq_tail, cq_log2);
  const map::Cqe cqe{.cookie = descriptor.sqe.cookie,
                     .sa_handle = outcome.sa_handle,
                     .out_len = outcome.out_bytes,
                     .reason = static_cast<uint8_t>(outcome.reason),
                     .op = descriptor.sqe.op,
                     .sq_head = q.head,
                     .flags = phase ? map::kCqePhase : uint16_t{0}};
  const uint64_t base = Reg64(map::RegQueueCqBaseLo(number)) & ~uint64_t{63};
  const uint64_t at = base + (q.cq_tail & ((1u << cq_log2) - 1u)) * sizeof cqe;
  if (!memory_.WriteEntry(at, BytesOf(cqe))) {
    Counter(map::kRegCountersWriteErrors) += 1;
    Fault(map::kCtrlFaultsWriteError);
    StopQueue(number);
    return false;
  }
  ++q.cq_tail;
  q.urgent |= (descriptor.sqe.flags & map::kSqeFlagUrgent) != 0;
  return true;
}

void FunctionalCard::StopQueue(uint32_t number) {
  queues_[number].error = true;
  Fault(map::kCtrlFaultsQueueError);
}

bool FunctionalCard::PutEvent(const map::EventEntry& event) {
  const uint32_t config = Reg(map::kRegEventRingConfig);
  const uint32_t log2 = Field(config, map::kEventRingConfigLog2, map::kEventRingConfigLog2Shift);
  const auto unread = static_cast<uint16_t>(events_.tail - events_.head);
  if (unread >= 1u << log2) return false;
  map::EventEntry entry = event;
  entry.flags = PhaseOf(events_.tail, log2) ? map::kEventEntryPhase : 0;
  const uint64_t base = Reg64(map::kRegEventRingBaseLo) & ~uint64_t{63};
  const uint64_t at = base + (events_.tail & ((1u << log2) - 1u)) * sizeof entry;
  if (!memory_.WriteEntry(at, BytesOf(entry))) {
    events_.error = true;
    Counter(map::kRegCountersWriteErrors) += 1;
    Fault(map::kCtrlFaultsRingWrite | map::kCtrlFaultsWriteError);
    return false;
  }
  ++events_.tail;
  Counter(map::kRegCountersEvents) += 1;
  return true;
}

bool FunctionalCard::SendEvents() {
  if (!events_.on || events_.error) return false;
  bool worked = false;
  if (fault_event_) {
    map::EventEntry entry{};
    entry.kind = static_cast<uint8_t>(map::EventType::kFault);
    entry.value = faults_;
    fault_event_ = !PutEvent(entry);
    worked |= !fault_event_;
  }
  for (const auto& [sa, due] : sad_.EventsDue(now_, config_.resend_cycles)) {
    bool room = true;
    for (uint8_t kind = 1; kind < 16 && room; ++kind) {
      if ((due >> kind & 1) == 0) continue;
      map::EventEntry entry{};
      entry.kind = kind;
      entry.sa_handle = sa->handle;
      entry.sa_id = sa->ctx.sa_id;
      const auto type = static_cast<map::EventType>(kind);
      if (type == map::EventType::kSoftBytes || type == map::EventType::kHardBytes) {
        entry.value = sa->bytes;
      } else if (type == map::EventType::kSoftPackets || type == map::EventType::kHardPackets) {
        entry.value = sa->packets;
      } else {
        entry.value = sa->seq;
      }
      room = PutEvent(entry);
      if (room) sa->unsent = static_cast<uint16_t>(sa->unsent & ~(1u << kind));
      worked |= room;
    }
    if (!room) break;
    sa->sent_at = now_;
  }
  return worked;
}

bool FunctionalCard::SendInterrupts() {
  bool sent = false;
  for (uint32_t i = 0; i < queues_.size(); ++i) {
    Queue& q = queues_[i];
    const auto waiting = static_cast<uint16_t>(q.cq_tail - q.cq_head);
    if (!q.on || !q.armed || waiting == 0) continue;
    const uint32_t vector =
        Field(Reg(map::RegQueueConfig(i)), map::kQueueConfigVector, map::kQueueConfigVectorShift);
    if (vector >= interrupts_.vectors()) continue;
    if (interrupts_.Raise(vector, waiting, q.urgent, now_)) {
      q.armed = q.urgent = false;
      sent = true;
    }
  }
  const auto waiting = static_cast<uint16_t>(events_.tail - events_.head);
  if (events_.on && events_.armed && waiting != 0) {
    const uint32_t vector = Field(Reg(map::kRegEventRingConfig), map::kEventRingConfigVector,
                                  map::kEventRingConfigVectorShift);
    if (vector < interrupts_.vectors() && interrupts_.Raise(vector, waiting, false, now_)) {
      events_.armed = false;
      sent = true;
    }
  }
  return sent;
}

}  // namespace vam::sim
