// The card's self-description: which blocks it has, where they are, and what the card can do.
#ifndef VAM_DRIVER_DEVICE_REGISTERS_H_
#define VAM_DRIVER_DEVICE_REGISTERS_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "driver/gen/vam_regs.h"
#include "driver/hal/bar.h"
#include "sw/base/result.h"

namespace vam::driver {

// The words of the capability block; bits as in driver/gen/vam_regs.h (kCapAlgorithms...,
// kCapModes..., kCapOptions...).
struct Capabilities {
  uint32_t algorithms = 0;
  uint32_t modes = 0;
  uint32_t options = 0;
  uint32_t max_sas = 0;
  uint16_t window_min = 0;
  uint16_t window_max = 0;
  uint32_t window_rows = 0;
  uint8_t data_queues = 0;
  uint8_t vectors = 0;
  uint8_t min_ring_log2 = 0;
  uint8_t max_ring_log2 = 0;
  uint16_t data_width = 0;  // bits
  uint8_t lanes = 0;
  uint8_t max_segments = 0;
  uint16_t max_bytes = 0;
};

struct Identity {
  uint16_t map_major = 0;
  uint16_t map_minor = 0;
  uint64_t build_id = 0;
  uint32_t clock_hz = 0;
};

struct BlockInfo {
  uint16_t type = 0;
  uint16_t version = 0;
  uint32_t offset = 0;  // of the block's head
  uint32_t base = 0;    // of its array; 0: none
  uint16_t count = 0;   // elements of its array
};

// Immutable after Probe; any thread. Registers are named by their offset in the generated map; the
// card may have placed their block elsewhere.
class Registers {
 public:
  // Walks the list of blocks. kNotFound: no card, or not this kind; kUnsupported: a major map
  // version or a version of a needed block that this driver does not know; kDevice: an impossible
  // list.
  static Result<Registers> Probe(hal::Bar& bar);

  const Identity& identity() const { return identity_; }
  const Capabilities& capabilities() const { return capabilities_; }
  const std::vector<BlockInfo>& blocks() const { return blocks_; }

  uint32_t Read(map::BlockType block, uint32_t offset) const {
    return bar_->Read32(offset + Delta(block));
  }
  uint64_t Read64(map::BlockType block, uint32_t offset) const {
    return bar_->Read64(offset + Delta(block));
  }
  void Write(map::BlockType block, uint32_t offset, uint32_t value) const {
    bar_->Write32(offset + Delta(block), value);
  }

 private:
  static constexpr size_t kTypes = 10;

  explicit Registers(hal::Bar& bar) : bar_(&bar) {}
  uint32_t Delta(map::BlockType block) const { return deltas_[static_cast<size_t>(block)]; }
  Status Walk();
  Status AddBlock(const BlockInfo& block);
  void ReadIdentity();
  void ReadCapabilities();

  hal::Bar* bar_;
  Identity identity_;
  Capabilities capabilities_;
  std::vector<BlockInfo> blocks_;
  std::array<uint32_t, kTypes> deltas_{};  // where it is minus where the map has it
};

}  // namespace vam::driver

#endif  // VAM_DRIVER_DEVICE_REGISTERS_H_
