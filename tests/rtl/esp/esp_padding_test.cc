// Random and hostile texts: the answer is that of a scan from the end (RFC 4303, 2.4).
#include <gtest/gtest.h>

#include <random>
#include <span>
#include <vector>

#include "Vesp_padding_test_v.h"
#include "tests/rtl/bench.h"
#include "tests/support/seed.h"

namespace vam::esptest {
namespace {

using test::Bytes;

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
  std::mt19937_64 rng(test::TestSeed());
  const auto model = test::MakeModel<Vesp_padding_test_v>(test::TestSeed());
  Vesp_padding_test_v& top = *model;
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
      test::PutBytes(top.data_i, 0, std::span(text).subspan(at, bytes));
      top.first_i = at == 0;
      top.take_i = 1;
      top.bytes_i = static_cast<uint8_t>(bytes);
      top.eval();
      if (at + 16 >= text.size()) {
        const bool fits = top.pad_len_o <= room;
        EXPECT_EQ(top.ok_o != 0 && fits, PaddingRight(text)) << "round " << round;
        EXPECT_EQ(top.pad_len_o, text[room]);
        EXPECT_EQ(top.next_header_o, text[room + 1]);
        ++(PaddingRight(text) ? right : wrong);
      }
      test::Clock(top);
    }
  }
  EXPECT_GT(right, 2000u);
  EXPECT_GT(wrong, 2000u);
}

}  // namespace
}  // namespace vam::esptest
