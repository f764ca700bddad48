#include "sw/base/text.h"

namespace vam {

namespace {

constexpr uint32_t kDelete = 0x7f;
constexpr uint32_t kLastControl = 0x9f;  // of those behind ASCII (C1)

// How many bytes a character that begins so has; 0: none does.
size_t LengthOf(uint8_t first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

// The character of these bytes; 0 for what is none: too long a form, a surrogate, beyond Unicode.
uint32_t CharacterOf(Bytes bytes) {
  if (bytes.size() == 1) return bytes[0];
  uint32_t value = bytes[0] & (0xffU >> (bytes.size() + 1));
  for (const uint8_t byte : bytes.subspan(1)) {
    if ((byte & 0xc0) != 0x80) return 0;
    value = value << 6 | (byte & 0x3fU);
  }
  if (bytes.size() == 3 && (value < 0x800 || (value >= 0xd800 && value <= 0xdfff))) return 0;
  if (bytes.size() == 4 && (value < 0x10000 || value > 0x10ffff)) return 0;
  return value;
}

}  // namespace

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = ToLower(c);
  return lower;
}

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = ToUpper(c);
  return upper;
}

bool IsPlainText(std::string_view text) {
  Bytes rest = BytesOf(text);
  while (!rest.empty()) {
    const size_t length = LengthOf(rest[0]);
    if (length == 0 || length > rest.size()) return false;
    const uint32_t character = CharacterOf(rest.first(length));
    if (character < ' ' || (character >= kDelete && character <= kLastControl)) return false;
    rest = rest.subspan(length);
  }
  return true;
}

}  // namespace vam
