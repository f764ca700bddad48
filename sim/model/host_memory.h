// Memory of the simulated host: what the driver allocates and what the model reads and writes by
// bus address.
#ifndef VAM_SIM_MODEL_HOST_MEMORY_H_
#define VAM_SIM_MODEL_HOST_MEMORY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "driver/hal/dma.h"

namespace vam::sim {

// Any thread. Regions stand apart on the bus, so that an access past the end of one finds nothing.
class HostMemory final : public hal::Dma {
 public:
  HostMemory() : hal::Dma(/*coherent=*/true) {}

  Result<hal::DmaRegion> Allocate(size_t size, size_t align) override;
  void Free(const hal::DmaRegion& region) override;
  Result<hal::DmaRegion> Map(std::span<uint8_t> memory) override;
  void Unmap(const hal::DmaRegion& region) override;

  // The card's side. False: some byte is not mapped; then nothing was done.
  bool Read(uint64_t bus, std::span<uint8_t> out) const;
  bool Write(uint64_t bus, std::span<const uint8_t> bytes);
  // As Write, for ring entries: the last 4 bytes become visible after all others.
  bool WriteEntry(uint64_t bus, std::span<const uint8_t> entry);

 private:
  struct Region {
    std::span<uint8_t> bytes;
    std::unique_ptr<uint8_t[]> owned;
  };

  uint64_t Place(size_t size, size_t align, size_t offset_in_page);
  uint8_t* Find(uint64_t bus, size_t size) const;

  mutable std::mutex mutex_;
  std::map<uint64_t, Region> regions_;
  uint64_t next_bus_ = 0x1'0000'0000;
};

}  // namespace vam::sim

#endif  // VAM_SIM_MODEL_HOST_MEMORY_H_
