// Bytes in and out of the wide ports of a verilated model. Byte 0 is bits [7:0].
#ifndef VAM_TESTS_RTL_CRYPTO_WIDE_H_
#define VAM_TESTS_RTL_CRYPTO_WIDE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace vam::test {

using Block = std::array<uint8_t, 16>;

// Writes `bytes` from byte `at` of a port on; the others are left as they are.
template <typename Wide>
void PutBytes(Wide& port, size_t at, std::span<const uint8_t> bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const size_t shift = 8 * ((at + i) % 4);
    auto& word = port[(at + i) / 4];
    word = (word & ~(uint32_t{0xff} << shift)) | static_cast<uint32_t>(bytes[i]) << shift;
  }
}

template <typename Wide>
Block GetBlock(const Wide& port) {
  Block block;
  for (size_t i = 0; i < 16; ++i) block[i] = static_cast<uint8_t>(port[i / 4] >> (8 * (i % 4)));
  return block;
}

}  // namespace vam::test

#endif  // VAM_TESTS_RTL_CRYPTO_WIDE_H_
