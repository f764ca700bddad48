// Random and hostile texts: the answer is that of a scan from the end (RFC 4303, 2.4).
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <vector>

#include "Vesp_padding_test_v.h"

namespace vam::esptest {
namespace {

using Bytes = std::vector<uint8_t>;

// Whether pad_len bytes 1, 2, ... stand before the pad length, as far as the text reaches back. A
// pad length above the payload is the caller's to refuse.
bool PaddingRight(const Bytes& text) {
  const size_t pad = text[text.size() - 2];
  if (pad > text.size() - 2) return false;
  for (size_t i = 0; i < pad; ++i) {
    if (text[text.size() - 3 - i] != pad - i) return false;
  }
  return true;
}

TEST(EspPadding, EqualsAScanFromTheEnd) {
  const char* env = std::getenv("VAM_TEST_SEED");
  const uint64_t seed = env != nullptr ? std::strtoull(env, nullptr, 0) : 2406;
  std::cout << "VAM_TEST_SEED=" << seed << "\n";
  std::mt19937_64 rng(seed);
  Vesp_padding_test_v top;
  unsigned right = 0, wrong = 0;
  for (int round = 0; round < 20000; ++round) {
    Bytes text(4 + rng() % 90 * 4);
    for (auto& b : text) b = static_cast<uint8_t>(rng() % 3);
    // A run somewhere that ends near the end, longer or shorter than it says, sometimes damaged.
    const size_t room = text.size() - 2;
    const size_t pad = rng() % (room < 255 ? room + 1 : 256);
    const size_t extra = rng() % 8;
    for (size_t i = 0; i < pad + extra && i < room; ++i) {
      text[room - 1 - i] = static_cast<uint8_t>(pad - i);
    }
    text[room] = static_cast<uint8_t>(rng() % 8 == 0 ? pad + 1 : pad);
    if (rng() % 3 == 0 && pad != 0) text[room - 1 - rng() % pad] ^= 1;
    for (size_t at = 0; at < text.size(); at += 16) {
      const size_t bytes = text.size() - at < 16 ? text.size() - at : 16;
      for (size_t i = 0; i < 4; ++i) top.data_i[i] = static_cast<uint32_t>(rng());
      for (size_t i = 0; i < bytes; ++i) {
        uint32_t& word = top.data_i[i / 4];
        word = (word & ~(0xffu << (8 * (i % 4)))) | static_cast<uint32_t>(text[at + i])
                                                        << (8 * (i % 4));
      }
      top.first_i = at == 0;
      top.take_i = 1;
      top.bytes_i = static_cast<uint8_t>(bytes);
      top.clk_i = 0;
      top.eval();
      if (at + 16 >= text.size()) {
        const bool fits = top.pad_len_o <= room;
        EXPECT_EQ(top.ok_o != 0 && fits, PaddingRight(text)) << "round " << round;
        EXPECT_EQ(top.pad_len_o, text[room]);
        EXPECT_EQ(top.next_header_o, text[room + 1]);
        ++(PaddingRight(text) ? right : wrong);
      }
      top.clk_i = 1;
      top.eval();
    }
  }
  EXPECT_GT(right, 2000u);
  EXPECT_GT(wrong, 2000u);
}

}  // namespace
}  // namespace vam::esptest
