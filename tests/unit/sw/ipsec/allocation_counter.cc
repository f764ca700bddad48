#include "tests/unit/sw/ipsec/allocation_counter.h"

#include <cstdlib>
#include <new>

namespace vam::test {

std::atomic<uint64_t> g_allocations{0};

}  // namespace vam::test

void* operator new(size_t size) {
  vam::test::g_allocations.fetch_add(1, std::memory_order_relaxed);
  void* p = std::malloc(size);
  if (p == nullptr) std::abort();
  return p;
}
void* operator new(size_t size, std::align_val_t alignment) {
  vam::test::g_allocations.fetch_add(1, std::memory_order_relaxed);
  const auto step = static_cast<size_t>(alignment);
  void* p = std::aligned_alloc(step, (size + step - 1) / step * step);
  if (p == nullptr) std::abort();
  return p;
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { std::free(p); }
