// What the parts of a device share: the card, its registers, the clock.
#ifndef VAM_DRIVER_DEVICE_CARD_CONTEXT_H_
#define VAM_DRIVER_DEVICE_CARD_CONTEXT_H_

#include <atomic>
#include <cstdint>

#include "driver/device/registers.h"
#include "driver/hal/card.h"
#include "sw/base/clock.h"
#include "sw/base/result.h"

namespace vam::driver {

// Outlives all queues of the card. `epoch` grows with every reset of the card.
struct CardContext {
  CardContext(hal::Card& c, const Registers& r, const Clock& k) : card(&c), regs(r), clock(&k) {}

  // Reads a register until its bits under `mask` are `value`. kDevice: the card is gone, or, after
  // `timeout_ns`, with the text `late`.
  Status WaitFor(map::BlockType block, uint32_t offset, uint32_t mask, uint32_t value,
                 const char* late) const;

  hal::Card* card;
  Registers regs;
  const Clock* clock;
  std::atomic<uint32_t> epoch{0};
  // How long a disable or a reset may take.
  uint64_t timeout_ns = 20 * kNsPerSecond;
};

// The interrupt of one ring. Nothing is lost between a poll and a wait: the card compares what it
// wrote with the index that arms the vector, and fires at once if it is ahead.
class RingVector {
 public:
  RingVector(CardContext& context, uint8_t vector) : context_(context), vector_(vector) {}

  uint8_t number() const { return vector_; }
  // A reset may have cleared the vector's entry.
  void Forget() { enabled_ = false; }
  // Blocks until an entry may be there, at most `timeout_ns`; writes `head` to the register at
  // `offset`, which arms the vector. False: nothing came.
  Result<bool> Wait(map::BlockType block, uint32_t offset, uint16_t head, uint64_t timeout_ns);

 private:
  CardContext& context_;
  const uint8_t vector_;
  bool enabled_ = false;
};

}  // namespace vam::driver

#endif  // VAM_DRIVER_DEVICE_CARD_CONTEXT_H_
