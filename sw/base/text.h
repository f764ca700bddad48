// Text as bytes and back, ASCII case, and which text of others may be shown.
#ifndef VAM_SW_BASE_TEXT_H_
#define VAM_SW_BASE_TEXT_H_

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "sw/base/bytes.h"

namespace vam {

// The same bytes, owned by whoever owns them.
inline Bytes BytesOf(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view TextOf(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// ASCII alone, whatever the locale; other bytes stay.
constexpr char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr char ToUpper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
std::string Lower(std::string_view text);
std::string Upper(std::string_view text);

// UTF-8 (RFC 3629) without control characters: on a terminal and in a log it is only itself.
bool IsPlainText(std::string_view text);

// A field of a struct, filled up with zeros. What does not fit is cut.
template <size_t N>
void SetText(std::array<char, N>& field, std::string_view text) {
  field.fill(0);
  std::copy_n(text.data(), std::min(text.size(), N), field.data());
}
// Up to the first zero.
template <size_t N>
std::string_view TextOf(const std::array<char, N>& field) {
  return {field.data(), strnlen(field.data(), N)};
}
// Nothing stands behind the text.
template <size_t N>
bool IsFilledUp(const std::array<char, N>& field) {
  return std::all_of(field.begin() + static_cast<ptrdiff_t>(TextOf(field).size()), field.end(),
                     [](char c) { return c == 0; });
}

}  // namespace vam

#endif  // VAM_SW_BASE_TEXT_H_
