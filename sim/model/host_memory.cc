#include "sim/model/host_memory.h"

#include <bit>
#include <cstring>
#include <utility>

namespace vam::sim {
namespace {

constexpr size_t kPage = 4096;

}  // namespace

uint64_t HostMemory::Place(size_t size, size_t align, size_t offset_in_page) {
  const uint64_t step = align > kPage ? align : kPage;
  const uint64_t bus = (next_bus_ + step - 1) / step * step + offset_in_page;
  next_bus_ = bus + size + 2 * kPage;
  return bus;
}

Result<hal::DmaRegion> HostMemory::Allocate(size_t size, size_t align) {
  if (size == 0 || !std::has_single_bit(align) || align > kPage) {
    return Err(ErrorCode::kInvalidArgument, "size 0 or bad alignment");
  }
  auto owned = std::make_unique<uint8_t[]>(size + kPage);
  const std::lock_guard lock(mutex_);
  // The host's pointer has the alignment of the bus address: ring words are read atomically.
  const auto address = reinterpret_cast<uintptr_t>(owned.get());
  uint8_t* start = owned.get() + (kPage - address % kPage) % kPage;
  const uint64_t bus = Place(size, align, 0);
  Region& region = regions_[bus];
  region = {.bytes = {start, size}, .owned = std::move(owned)};
  return hal::DmaRegion{region.bytes, bus};
}

void HostMemory::Free(const hal::DmaRegion& region) {
  const std::lock_guard lock(mutex_);
  regions_.erase(region.bus);
}

Result<hal::DmaRegion> HostMemory::Map(std::span<uint8_t> memory) {
  if (memory.empty()) return Err(ErrorCode::kInvalidArgument, "nothing to map");
  const std::lock_guard lock(mutex_);
  const uint64_t bus =
      Place(memory.size(), kPage, reinterpret_cast<uintptr_t>(memory.data()) % kPage);
  regions_[bus] = {.bytes = memory, .owned = nullptr};
  return hal::DmaRegion{memory, bus};
}

void HostMemory::Unmap(const hal::DmaRegion& region) { Free(region); }

uint8_t* HostMemory::Find(uint64_t bus, size_t size) const {
  auto it = regions_.upper_bound(bus);
  if (it == regions_.begin()) return nullptr;
  --it;
  const uint64_t offset = bus - it->first;
  const std::span<uint8_t> bytes = it->second.bytes;
  if (offset > bytes.size() || size > bytes.size() - offset) return nullptr;
  return bytes.data() + offset;
}

bool HostMemory::Read(uint64_t bus, std::span<uint8_t> out) const {
  const std::lock_guard lock(mutex_);
  const uint8_t* p = Find(bus, out.size());
  if (p == nullptr) return false;
  if (!out.empty()) std::memcpy(out.data(), p, out.size());
  return true;
}

bool HostMemory::Write(uint64_t bus, std::span<const uint8_t> bytes) {
  const std::lock_guard lock(mutex_);
  uint8_t* p = Find(bus, bytes.size());
  if (p == nullptr) return false;
  if (!bytes.empty()) std::memcpy(p, bytes.data(), bytes.size());
  return true;
}

bool HostMemory::WriteEntry(uint64_t bus, std::span<const uint8_t> entry) {
  const std::lock_guard lock(mutex_);
  uint8_t* p = Find(bus, entry.size());
  if (p == nullptr) return false;
  const size_t head = entry.size() - sizeof(uint32_t);
  std::memcpy(p, entry.data(), head);
  uint32_t last;
  std::memcpy(&last, entry.data() + head, sizeof last);
  __atomic_store_n(reinterpret_cast<uint32_t*>(p + head), last, __ATOMIC_RELEASE);
  return true;
}

}  // namespace vam::sim
