// What the benches of rtl/net compare with: RFC 791 and RFC 1071 written the long way.
#ifndef VAM_TESTS_RTL_NET_NET_REFERENCE_H_
#define VAM_TESTS_RTL_NET_NET_REFERENCE_H_

#include <cstdint>
#include <span>

namespace vam::nettest {

// Ones' complement sum of big-endian 16-bit words, not inverted. `bytes` is even in length.
inline uint16_t Sum(std::span<const uint8_t> bytes, uint32_t start = 0) {
  uint64_t sum = start;
  for (size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<uint64_t>(bytes[i]) * 256 + bytes[i + 1];
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

}  // namespace vam::nettest

#endif  // VAM_TESTS_RTL_NET_NET_REFERENCE_H_
