// One card as a backend offers it: its registers, its memory, its interrupts.
#ifndef VAM_DRIVER_HAL_CARD_H_
#define VAM_DRIVER_HAL_CARD_H_

#include <string_view>

#include "driver/hal/bar.h"
#include "driver/hal/dma.h"
#include "driver/hal/irq.h"

namespace vam::hal {

// Backends derive from it. The program that knows all backends picks one by name ("rtl", "model",
// "vfio:BDF").
class Card {
 public:
  virtual ~Card() = default;

  // As the operator chose it.
  virtual std::string_view name() const = 0;
  virtual Bar& bar() = 0;
  virtual Dma& dma() = 0;
  virtual Irq& irq() = 0;

  // A poller that found nothing calls this before it looks again. A card with a clock of its own
  // needs nothing here; one whose time stands still between calls lets some of it pass.
  virtual void Relax() {}
};

}  // namespace vam::hal

#endif  // VAM_DRIVER_HAL_CARD_H_
