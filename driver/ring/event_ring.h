// The event ring: written by the card, read by one thread of the host.
#ifndef VAM_DRIVER_RING_EVENT_RING_H_
#define VAM_DRIVER_RING_EVENT_RING_H_

#include <cstdint>
#include <optional>

#include "driver/hal/dma.h"
#include "driver/ring/entry.h"
#include "sw/base/result.h"

namespace vam::driver {

// One thread. Allocates in Create only. Rules of index and phase as for a completion ring.
class EventRing {
 public:
  // Slots = 2^log2, 3 to 12. kInvalidArgument, kExhausted. `dma` outlives the ring.
  static Result<EventRing> Create(hal::Dma& dma, uint8_t log2);
  EventRing(EventRing&& other) noexcept;
  EventRing& operator=(EventRing&&) = delete;
  // Requires: the card no longer uses the ring, or Abandon was called.
  ~EventRing();
  // As QueueRing::Abandon.
  void Abandon() { dma_ = nullptr; }

  uint64_t bus() const { return ring_.bus; }
  uint8_t log2() const { return log2_; }
  // Events read so far, modulo 2^16.
  uint16_t head() const { return head_; }

  // The next event, or none yet. kDevice: the card wrote nonsense; the ring has failed until
  // Restart.
  Result<std::optional<Event>> Pop();
  // Requires: the card no longer uses the ring.
  void Restart();

 private:
  EventRing(hal::Dma& dma, hal::DmaRegion ring, uint8_t log2)
      : dma_(&dma), ring_(ring), log2_(log2) {}

  hal::Dma* dma_;
  hal::DmaRegion ring_;
  uint8_t log2_;
  uint16_t head_ = 0;
  bool failed_ = false;
};

}  // namespace vam::driver

#endif  // VAM_DRIVER_RING_EVENT_RING_H_
