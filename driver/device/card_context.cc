#include "driver/device/card_context.h"

namespace vam::driver {

Status CardContext::WaitFor(map::BlockType block, uint32_t offset, uint32_t mask, uint32_t value,
                            const char* late) const {
  const uint64_t start = clock->MonotonicNs();
  for (;;) {
    const uint32_t word = regs.Read(block, offset);
    if (word == kAllOnes) return Err(ErrorCode::kDevice, "the card is gone");
    if ((word & mask) == value) return Ok();
    if (clock->MonotonicNs() - start > timeout_ns) return Err(ErrorCode::kDevice, late);
    card->Relax();
  }
}

Result<bool> RingVector::Wait(map::BlockType block, uint32_t offset, uint16_t head,
                              uint64_t timeout_ns) {
  hal::Irq& irq = context_.card->irq();
  if (!enabled_) {
    VAM_TRY_STATUS(irq.Enable(vector_));
    enabled_ = true;
  }
  // One that came since the last call: no need to ask for another.
  VAM_TRY(const bool came, irq.Poll(vector_));
  if (came) return true;
  context_.regs.Write(block, offset, head);
  return irq.Wait(vector_, timeout_ns);
}

}  // namespace vam::driver
