#include "sw/net/mac.h"

#include "sw/base/bytes.h"

namespace vam::net {
namespace {

// `text` with its separators taken out, or empty when they are not where `group` digits end.
std::string StripSeparators(std::string_view text, char separator, size_t group) {
  std::string digits;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_separator = i % (group + 1) == group;
    if (is_separator != (text[i] == separator)) return {};
    if (!is_separator) digits.push_back(text[i]);
  }
  return digits;
}

std::string Join(std::string_view digits, char separator, size_t group) {
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && i % group == 0) text.push_back(separator);
    text.push_back(digits[i]);
  }
  return text;
}

}  // namespace

Result<MacAddress> MacAddress::Parse(std::string_view text) {
  std::string digits;
  if (text.size() == 17) digits = StripSeparators(text, text[2], 2);
  if (text.size() == 17 && text[2] != ':' && text[2] != '-') digits.clear();
  if (text.size() == 14) digits = StripSeparators(text, '.', 4);
  MacAddress mac;
  if (digits.size() != 12 || !ParseHexInto(digits, mac.bytes).has_value()) {
    return Err(ErrorCode::kMalformed, "not a MAC address");
  }
  return mac;
}

std::string ToString(const MacAddress& mac) { return Join(FormatHex(mac.bytes), ':', 2); }

std::string ToDottedString(const MacAddress& mac) { return Join(FormatHex(mac.bytes), '.', 4); }

}  // namespace vam::net
