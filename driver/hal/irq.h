// Interrupts of a card: MSI-X vectors.
#ifndef VAM_DRIVER_HAL_IRQ_H_
#define VAM_DRIVER_HAL_IRQ_H_

#include <cstdint>

#include "sw/base/result.h"

namespace vam::hal {

// A vector belongs to one thread at a time. Interrupts are counted as edges: those between two
// calls of Wait or Poll are one.
class Irq {
 public:
  virtual ~Irq() = default;

  // Vectors this backend can deliver; at most what the card has.
  virtual uint32_t vectors() const = 0;

  // Programs and unmasks the vector's MSI-X entry. kInvalidArgument: no such vector.
  virtual Status Enable(uint32_t vector) = 0;
  // Masks it. A later Enable delivers what became pending meanwhile.
  virtual Status Disable(uint32_t vector) = 0;

  // True: an interrupt came since the last call for this vector. Never blocks.
  virtual Result<bool> Poll(uint32_t vector) = 0;
  // Blocks for at most `timeout_ns`. False: nothing came. kUnavailable: the card is gone.
  virtual Result<bool> Wait(uint32_t vector, uint64_t timeout_ns) = 0;
};

}  // namespace vam::hal

#endif  // VAM_DRIVER_HAL_IRQ_H_
