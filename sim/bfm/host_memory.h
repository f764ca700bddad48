// Host memory as the card's bus masters see it: address ranges mapped to buffers, everything else
// answers DECERR.
#ifndef VAM_SIM_BFM_HOST_MEMORY_H_
#define VAM_SIM_BFM_HOST_MEMORY_H_

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "sim/bfm/axi_types.h"

namespace vam::bfm {

// Shared by all AXI ports of a card. Not locked: map and unmap from the thread that steps the card.
class HostMemory {
 public:
  // One beat of a write: its bus address, its bytes, and which of them are written (bit i = byte
  // i).
  using WriteHook =
      std::function<void(uint64_t addr, std::span<const uint8_t> data, uint64_t strobes)>;

  // Maps a buffer at a bus address; it must stay alive until Unmap.
  void Map(uint64_t addr, std::span<uint8_t> memory, bool writable = true) {
    regions_.push_back({addr, memory.size(), memory.data(), writable, {}});
  }
  // Maps a target that is only written, such as the interrupt controller.
  void MapTarget(uint64_t addr, uint64_t size, WriteHook target) {
    regions_.push_back({addr, size, nullptr, true, std::move(target)});
  }
  void Unmap(uint64_t addr) {
    std::erase_if(regions_, [addr](const Region& region) { return region.addr == addr; });
    recent_ = 0;
  }
  // Called for each beat of a write as it becomes visible, before its bytes are stored.
  void Observe(WriteHook observer) { observer_ = std::move(observer); }

  // The beat of `bytes` bytes at an aligned address; unmapped bytes beside mapped ones read as
  // zero. nullopt: nothing is mapped there.
  std::optional<AxiData> Read(uint64_t addr, unsigned bytes) {
    AxiData data{};
    const Region* whole = Find(addr);
    if (whole != nullptr && whole->memory != nullptr && addr - whole->addr + bytes <= whole->size) {
      std::memcpy(data.data(), whole->memory + (addr - whole->addr), bytes);
      return data;
    }
    bool found = false;
    for (unsigned i = 0; i < bytes; ++i) {
      const Region* region = Find(addr + i);
      if (region == nullptr || region->memory == nullptr) continue;
      found = true;
      data[i / 4] |= uint32_t{region->memory[addr + i - region->addr]} << (8 * (i % 4));
    }
    return found ? std::optional(data) : std::nullopt;
  }

  // True if every strobed byte of the beat may be written.
  bool Writable(uint64_t addr, unsigned bytes, uint64_t strobes) {
    for (unsigned i = 0; i < bytes; ++i) {
      if ((strobes >> i & 1) == 0) continue;
      const Region* region = Find(addr + i);
      if (region == nullptr || !region->writable) return false;
    }
    return true;
  }

  void Write(uint64_t addr, unsigned bytes, const AxiData& data, uint64_t strobes) {
    if (strobes == 0) return;
    std::array<uint8_t, 64> copy{};
    std::memcpy(copy.data(), data.data(), bytes);
    const std::span<const uint8_t> view(copy.data(), bytes);
    if (observer_) observer_(addr, view, strobes);
    const Region* target = Find(addr);
    if (target != nullptr && target->target) target->target(addr, view, strobes);
    for (unsigned i = 0; i < bytes; ++i) {
      if ((strobes >> i & 1) == 0) continue;
      const Region* region = Find(addr + i);
      if (region != nullptr && region->memory != nullptr) {
        region->memory[addr + i - region->addr] = copy[i];
      }
    }
  }

 private:
  struct Region {
    uint64_t addr;
    uint64_t size;
    uint8_t* memory;
    bool writable;
    WriteHook target;
  };

  const Region* Find(uint64_t addr) {
    if (recent_ < regions_.size() && addr - regions_[recent_].addr < regions_[recent_].size) {
      return &regions_[recent_];
    }
    for (size_t i = 0; i < regions_.size(); ++i) {
      if (addr - regions_[i].addr < regions_[i].size) {
        recent_ = i;
        return &regions_[i];
      }
    }
    return nullptr;
  }

  std::vector<Region> regions_;
  size_t recent_ = 0;  // the region of the last access: beats come in runs
  WriteHook observer_;
};

}  // namespace vam::bfm

#endif  // VAM_SIM_BFM_HOST_MEMORY_H_
