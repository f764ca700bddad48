#include "sim/model/separate_card.h"

#include <cstring>

#include "sw/base/check.h"

namespace vam::sim {

Result<hal::DmaRegion> SeparateMemory::Pair(size_t size, size_t align, std::span<uint8_t> host) {
  VAM_TRY(hal::DmaRegion card, inner_.Allocate(size, align));
  const std::lock_guard lock(mutex_);
  Copy& copy = copies_[card.bus];
  copy.card = card;
  if (host.empty()) {
    // Ring words are read atomically: the vector's memory is aligned for any scalar.
    copy.host.resize(size);
    host = copy.host;
  }
  return hal::DmaRegion{host, card.bus};
}

Result<hal::DmaRegion> SeparateMemory::Allocate(size_t size, size_t align) {
  if (size == 0) return Err(ErrorCode::kInvalidArgument, "size 0");
  return Pair(size, align, {});
}

void SeparateMemory::Free(const hal::DmaRegion& region) {
  const std::lock_guard lock(mutex_);
  const auto it = copies_.find(region.bus);
  if (it == copies_.end()) return;
  inner_.Free(it->second.card);
  copies_.erase(it);
}

Result<hal::DmaRegion> SeparateMemory::Map(std::span<uint8_t> memory) {
  if (memory.empty()) return Err(ErrorCode::kInvalidArgument, "nothing to map");
  return Pair(memory.size(), 16, memory);
}

void SeparateMemory::Unmap(const hal::DmaRegion& region) { Free(region); }

uint8_t* SeparateMemory::CardBytes(const hal::DmaRegion& region) {
  auto it = copies_.upper_bound(region.bus);
  VAM_CHECK(it != copies_.begin());
  const hal::DmaRegion& card = (--it)->second.card;
  const uint64_t offset = region.bus - card.bus;
  VAM_CHECK(offset + region.host.size() <= card.host.size());
  return card.host.data() + offset;
}

void SeparateMemory::ToDevice(const hal::DmaRegion& region) {
  const std::lock_guard lock(mutex_);
  if (region.host.empty()) return;
  std::memcpy(CardBytes(region), region.host.data(), region.host.size());
}

void SeparateMemory::ToHost(const hal::DmaRegion& region) {
  const std::lock_guard lock(mutex_);
  if (region.host.empty()) return;
  const uint8_t* card = CardBytes(region);
  constexpr size_t kEntryBytes = 64;
  constexpr size_t kWord = sizeof(uint32_t);
  const size_t size = region.host.size();
  if (size > kEntryBytes || size % kWord != 0 || region.bus % kWord != 0) {
    std::memcpy(region.host.data(), card, size);
    return;
  }
  // A ring entry: the word that makes it valid is fetched first, so what stands before it is at
  // least as new.
  const auto* last = reinterpret_cast<const uint32_t*>(card + size - kWord);
  const uint32_t word = __atomic_load_n(last, __ATOMIC_ACQUIRE);
  std::memcpy(region.host.data(), card, size - kWord);
  std::memcpy(region.host.data() + size - kWord, &word, kWord);
}

}  // namespace vam::sim
