#include "sw/base/bytes.h"

#include <openssl/crypto.h>

namespace vam {
namespace {

// 0..15, or -1 for a character that is no hexadecimal digit.
int Nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<size_t> ParseHexInto(std::string_view text, MutableBytes out) {
  if (text.size() % 2 != 0) return Err(ErrorCode::kMalformed, "odd number of hexadecimal digits");
  const size_t size = text.size() / 2;
  if (size > out.size()) return Err(ErrorCode::kExhausted, "more hexadecimal digits than room");
  for (size_t i = 0; i < size; ++i) {
    const int high = Nibble(text[2 * i]);
    const int low = Nibble(text[2 * i + 1]);
    if (high < 0 || low < 0) {
      OPENSSL_cleanse(out.data(), i);
      return Err(ErrorCode::kMalformed, "not a hexadecimal digit");
    }
    out[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return size;
}

Result<std::vector<uint8_t>> ParseHex(std::string_view text) {
  std::vector<uint8_t> bytes(text.size() / 2);
  VAM_TRY([[maybe_unused]] const size_t size, ParseHexInto(text, bytes));
  return bytes;
}

std::string FormatHex(Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

}  // namespace vam
