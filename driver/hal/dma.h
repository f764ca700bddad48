// Memory that host and card share, and when each side sees the other's bytes.
#ifndef VAM_DRIVER_HAL_DMA_H_
#define VAM_DRIVER_HAL_DMA_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "sw/base/result.h"

namespace vam::hal {

// Memory both sides know: the host by pointer, the card by bus address. Byte i is at host.data() +
// i and at bus + i.
struct DmaRegion {
  std::span<uint8_t> host;
  uint64_t bus = 0;

  // Requires: offset + size <= host.size().
  DmaRegion Slice(size_t offset, size_t size) const {
    return {host.subspan(offset, size), bus + offset};
  }
};

// Allocation and mapping: control threads only. ToDevice and ToHost: any thread, for memory that
// thread owns.
class Dma {
 public:
  // coherent: the card reads and writes the very bytes the host sees.
  explicit Dma(bool coherent) : coherent_(coherent) {}
  virtual ~Dma() = default;

  // On coherent memory ToDevice and ToHost do nothing, and callers may skip them.
  bool coherent() const { return coherent_; }

  // Zeroed memory at a bus address that is a multiple of `align` (a power of two, at most 4096).
  // kExhausted: no memory; kInvalidArgument: size 0 or a bad alignment.
  virtual Result<DmaRegion> Allocate(size_t size, size_t align) = 0;
  // Requires: `region` came from Allocate, and the card is done with it.
  virtual void Free(const DmaRegion& region) = 0;

  // Makes the caller's memory reachable by the card. It stays the caller's and must outlive the
  // mapping.
  virtual Result<DmaRegion> Map(std::span<uint8_t> memory) = 0;
  // Requires: `region` came from Map, and the card is done with it.
  virtual void Unmap(const DmaRegion& region) = 0;

  // Makes what the host wrote to `region` (or a slice of one) visible to the card. Call before the
  // doorbell.
  virtual void ToDevice(const DmaRegion& region) { static_cast<void>(region); }
  // Makes what the card wrote to `region` visible to the host. Call after the completion that
  // announces it. A ring entry (aligned, at most 64 bytes) arrives so that a new last word never
  // stands beside older other words.
  virtual void ToHost(const DmaRegion& region) { static_cast<void>(region); }

  // One 32-bit word of a ring, aligned. Acquire: fetches `entry`, the ring entry that ends with the
  // word, and returns the word; what the card wrote before it is visible afterwards. Release:
  // `entry` is written out before the card can see the next doorbell.
  uint32_t Acquire(const DmaRegion& entry) {
    if (!coherent_) ToHost(entry);
    const uint8_t* last = entry.host.data() + entry.host.size() - sizeof(uint32_t);
    return __atomic_load_n(reinterpret_cast<const uint32_t*>(last), __ATOMIC_ACQUIRE);
  }
  void Release(const DmaRegion& entries) {
    __atomic_thread_fence(__ATOMIC_RELEASE);
    if (!coherent_) ToDevice(entries);
  }

 private:
  const bool coherent_;
};

}  // namespace vam::hal

#endif  // VAM_DRIVER_HAL_DMA_H_
