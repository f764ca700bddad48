#include "driver/ring/event_ring.h"

#include <cstring>
#include <utility>

namespace vam::driver {

Result<EventRing> EventRing::Create(hal::Dma& dma, uint8_t log2) {
  if (log2 < 3 || log2 > 12) return Err(ErrorCode::kInvalidArgument, "ring size out of range");
  VAM_TRY(hal::DmaRegion memory, dma.Allocate((size_t{1} << log2) * sizeof(map::EventEntry), 4096));
  EventRing ring(dma, memory, log2);
  ring.Restart();
  return ring;
}

EventRing::EventRing(EventRing&& other) noexcept
    : dma_(std::exchange(other.dma_, nullptr)),
      ring_(other.ring_),
      log2_(other.log2_),
      head_(other.head_),
      failed_(other.failed_) {}

EventRing::~EventRing() {
  if (dma_ != nullptr) dma_->Free(ring_);
}

void EventRing::Restart() {
  std::memset(ring_.host.data(), 0, ring_.host.size());
  dma_->Release(ring_);
  head_ = 0;
  failed_ = false;
}

Result<std::optional<Event>> EventRing::Pop() {
  if (failed_) return Err(ErrorCode::kDevice, "the event ring has failed");
  const size_t slot = head_ & ((1u << log2_) - 1u);
  const hal::DmaRegion memory =
      ring_.Slice(slot * sizeof(map::EventEntry), sizeof(map::EventEntry));
  const uint32_t last = dma_->Acquire(memory);
  const bool phase = (last & map::kEventEntryPhase) != 0;
  if (phase != ((head_ >> log2_ & 1) == 0)) return std::optional<Event>();

  map::EventEntry entry;
  std::memcpy(&entry, memory.host.data(), sizeof entry);
  const bool known = entry.kind >= static_cast<uint8_t>(map::EventType::kSoftBytes) &&
                     entry.kind <= static_cast<uint8_t>(map::EventType::kFault);
  if (!known || (last & ~map::kEventEntryPhase) != 0) {
    failed_ = true;
    return Err(ErrorCode::kDevice, "event of unknown kind or with reserved bits set");
  }
  ++head_;
  return std::optional<Event>({.kind = static_cast<map::EventType>(entry.kind),
                               .sa_handle = entry.sa_handle,
                               .sa_id = entry.sa_id,
                               .value = entry.value,
                               .dropped = entry.dropped});
}

}  // namespace vam::driver
