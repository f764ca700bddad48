#include "sw/base/heap.h"

#include <malloc.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "sw/base/check.h"

namespace vam {

void FixHeapLimits() {
  VAM_CHECK(mallopt(M_MMAP_THRESHOLD, kHeapBlockBytes) == 1);
  VAM_CHECK(mallopt(M_TRIM_THRESHOLD, kHeapBlockBytes) == 1);
}

void ShrinkThreadHeapOnce() {
  constexpr size_t kBytes = 4096;
  constexpr size_t kBlocks = 4 * size_t{kHeapBlockBytes} / kBytes;
  std::vector<std::unique_ptr<std::byte[]>> blocks(kBlocks);
  for (auto& block : blocks) block = std::make_unique<std::byte[]>(kBytes);
  // From the end, so that the free end grows.
  while (!blocks.empty()) blocks.pop_back();
}

bool HeapTrimmer::Poll(uint64_t generation, uint64_t now_ns) {
  if (generation != generation_) {
    generation_ = generation;
    due_ns_ = now_ns + kDelayNs;
  }
  if (due_ns_ == 0 || now_ns < due_ns_) return false;
  due_ns_ = 0;
  malloc_trim(0);
  return true;
}

}  // namespace vam
