// What the benches of all blocks share: clock and reset, and bytes and fields in the wide ports of
// a verilated model. Byte 0 of a port is bits [7:0]; a packed struct's last field starts at bit 0.
#ifndef VAM_TESTS_RTL_BENCH_H_
#define VAM_TESTS_RTL_BENCH_H_

#include <verilated.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace vam::test {

using Block = std::array<uint8_t, 16>;
using Bytes = std::vector<uint8_t>;

// A model whose registers, memories and inputs start with random values, so that a forgotten reset
// shows. The bench sets every input before it relies on it.
template <typename Dut>
std::unique_ptr<Dut> MakeModel(uint64_t seed) {
  VerilatedContext* context = Verilated::defaultContextp();
  context->randReset(2);
  context->randSeed(static_cast<int>(seed % 0x7fffffff) + 1);
  return std::make_unique<Dut>();
}

// One rising edge, with the inputs as they are. Call eval() first to see outputs that follow
// inputs.
template <typename Dut>
void Clock(Dut& dut) {
  dut.clk_i = 0;
  dut.eval();
  dut.clk_i = 1;
  dut.eval();
}

template <typename Dut>
void Reset(Dut& dut) {
  dut.rst_ni = 0;
  for (int i = 0; i < 4; ++i) Clock(dut);
  dut.rst_ni = 1;
}

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
uint8_t GetByte(const Wide& port, size_t at) {
  return static_cast<uint8_t>(port[at / 4] >> (8 * (at % 4)));
}

template <typename Wide>
Block GetBlock(const Wide& port) {
  Block block;
  for (size_t i = 0; i < 16; ++i) block[i] = GetByte(port, i);
  return block;
}

// The 32-bit words of a wide port, for FieldWriter and FieldReader.
template <typename Wide>
auto Words(Wide& port) {
  return std::span(port.data(), sizeof(port) / sizeof(uint32_t));
}

// Fills a packed struct from its last field to its first; what is not written is 0.
class FieldWriter {
 public:
  explicit FieldWriter(std::span<uint32_t> words) : words_(words) {
    for (uint32_t& word : words_) word = 0;
  }
  FieldWriter& Put(uint64_t value, unsigned bits) {
    for (unsigned i = 0; i < bits; ++i, ++at_) {
      if ((value >> i & 1) != 0) words_[at_ / 32] |= uint32_t{1} << (at_ % 32);
    }
    return *this;
  }
  FieldWriter& PutBytes(std::span<const uint8_t> bytes) {
    for (const uint8_t byte : bytes) Put(byte, 8);
    return *this;
  }

 private:
  std::span<uint32_t> words_;
  unsigned at_ = 0;
};

// Reads a packed struct from its last field to its first.
class FieldReader {
 public:
  explicit FieldReader(std::span<const uint32_t> words) : words_(words) {}
  uint64_t Get(unsigned bits) {
    uint64_t value = 0;
    for (unsigned i = 0; i < bits; ++i, ++at_) {
      value |= static_cast<uint64_t>(words_[at_ / 32] >> (at_ % 32) & 1) << i;
    }
    return value;
  }
  void GetBytes(std::span<uint8_t> bytes) {
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(Get(8));
  }
  FieldReader& Skip(unsigned bits) {
    at_ += bits;
    return *this;
  }

 private:
  std::span<const uint32_t> words_;
  unsigned at_ = 0;
};

}  // namespace vam::test

#endif  // VAM_TESTS_RTL_BENCH_H_
