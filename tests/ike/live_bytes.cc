#include "tests/ike/live_bytes.h"

#include <malloc.h>
#include <openssl/crypto.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace vam::test {

namespace {

constexpr size_t kHeaderBytes = sizeof(size_t);  // of a piece, in glibc
std::atomic<size_t> g_live{0};

void* Noted(void* p) {
  if (p != nullptr) g_live += malloc_usable_size(p) + kHeaderBytes;
  return p;
}
void Forget(void* p) {
  if (p != nullptr) g_live -= malloc_usable_size(p) + kHeaderBytes;
}

void* CryptoMalloc(size_t size, const char* /*file*/, int /*line*/) {
  return Noted(std::malloc(size));
}
void* CryptoRealloc(void* p, size_t size, const char* /*file*/, int /*line*/) {
  Forget(p);
  return Noted(std::realloc(p, size));
}
void CryptoFree(void* p, const char* /*file*/, int /*line*/) {
  Forget(p);
  std::free(p);
}

const bool g_counts_libcrypto =
    CRYPTO_set_mem_functions(CryptoMalloc, CryptoRealloc, CryptoFree) == 1;

void* Allocate(void* p) {
  if (p == nullptr) std::abort();
  return Noted(p);
}
void Free(void* p) {
  Forget(p);
  std::free(p);
}

}  // namespace

size_t LiveBytes() { return g_live; }
bool CountsLibcrypto() { return g_counts_libcrypto; }

}  // namespace vam::test

void* operator new(size_t size) { return vam::test::Allocate(std::malloc(size)); }
void* operator new(size_t size, std::align_val_t alignment) {
  const auto step = static_cast<size_t>(alignment);
  return vam::test::Allocate(std::aligned_alloc(step, (size + step - 1) / step * step));
}
void operator delete(void* p) noexcept { vam::test::Free(p); }
void operator delete(void* p, size_t) noexcept { vam::test::Free(p); }
void operator delete(void* p, std::align_val_t) noexcept { vam::test::Free(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { vam::test::Free(p); }
