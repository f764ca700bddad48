// What the benches of rtl/net compare with: RFC 791 and RFC 1071 written the long way.
#ifndef VAM_TESTS_RTL_NET_NET_REFERENCE_H_
#define VAM_TESTS_RTL_NET_NET_REFERENCE_H_

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <span>

namespace vam::nettest {

inline std::mt19937_64 SeededRng() {
  const char* text = std::getenv("VAM_TEST_SEED");
  const uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 0) : 791;
  std::cout << "VAM_TEST_SEED=" << seed << "\n";
  return std::mt19937_64(seed);
}

// Ones' complement sum of big-endian 16-bit words, not inverted. `bytes` is even in length.
inline uint16_t Sum(std::span<const uint8_t> bytes, uint32_t start = 0) {
  uint64_t sum = start;
  for (size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<uint64_t>(bytes[i]) * 256 + bytes[i + 1];
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

// Puts bytes into the words of a verilated vector, byte 0 in [7:0].
template <typename Wide>
void SetBytes(Wide& wide, std::span<const uint8_t> bytes) {
  for (size_t i = 0; i < bytes.size(); i += 4) {
    uint32_t word = 0;
    for (size_t j = 0; j < 4 && i + j < bytes.size(); ++j) {
      word |= static_cast<uint32_t>(bytes[i + j]) << (8 * j);
    }
    wide[i / 4] = word;
  }
}

}  // namespace vam::nettest

#endif  // VAM_TESTS_RTL_NET_NET_REFERENCE_H_
