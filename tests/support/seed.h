// The one seed of a test run: VAM_TEST_SEED, else a fixed default. Printed, so that a failure can
// be repeated.
#ifndef VAM_TESTS_SUPPORT_SEED_H_
#define VAM_TESTS_SUPPORT_SEED_H_

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace vam::test {

inline uint64_t TestSeed() {
  static const uint64_t seed = [] {
    const char* text = std::getenv("VAM_TEST_SEED");
    const uint64_t value = text == nullptr ? 1 : std::strtoull(text, nullptr, 0);
    std::printf("VAM_TEST_SEED=%llu\n", static_cast<unsigned long long>(value));
    return value;
  }();
  return seed;
}

}  // namespace vam::test

#endif  // VAM_TESTS_SUPPORT_SEED_H_
