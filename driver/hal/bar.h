// Registers of a card: 32 and 64-bit accesses to BAR0, in program order.
#ifndef VAM_DRIVER_HAL_BAR_H_
#define VAM_DRIVER_HAL_BAR_H_

#include <cstdint>

namespace vam::hal {

// Offsets are bytes from the start of BAR0, aligned to the access; integers are the card's
// little-endian words. A card that is gone, or an offset outside the BAR, reads as all ones, as on
// a real bus; such writes are lost. Any thread may access any register; the card orders what one
// thread writes.
class Bar {
 public:
  virtual ~Bar() = default;

  // Bytes of BAR0.
  virtual uint64_t size() const = 0;

  virtual uint32_t Read32(uint64_t offset) = 0;
  virtual void Write32(uint64_t offset, uint32_t value) = 0;

  // Two 32-bit accesses, low word first. Reading the low word of a 64-bit counter freezes its high
  // word.
  virtual uint64_t Read64(uint64_t offset) {
    const uint64_t low = Read32(offset);
    return low | static_cast<uint64_t>(Read32(offset + 4)) << 32;
  }
  virtual void Write64(uint64_t offset, uint64_t value) {
    Write32(offset, static_cast<uint32_t>(value));
    Write32(offset + 4, static_cast<uint32_t>(value >> 32));
  }
};

}  // namespace vam::hal

#endif  // VAM_DRIVER_HAL_BAR_H_
