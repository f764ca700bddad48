#include "sw/mgmt/pki_paste.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace vam::mgmt {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kDashes = "-----";
constexpr size_t kLineLength = 64;  // RFC 7468, 2
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Error NotBase64() { return Err(ErrorCode::kMalformed, "not base64"); }

std::optional<uint32_t> SixBits(char c) {
  const size_t at = kAlphabet.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<uint32_t>(at);
}

}  // namespace

Result<std::vector<uint8_t>> FromBase64(std::string_view text) {
  std::vector<uint8_t> out;
  uint32_t bits = 0;
  unsigned count = 0;  // characters of the present group of four
  unsigned padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    if (c == '=') {
      if (++padding > 2 || count + padding > 4 || count < 2) return NotBase64();
      continue;
    }
    const auto value = SixBits(c);
    if (!value || padding != 0) return NotBase64();
    bits = bits << 6 | *value;
    if (++count == 4) {
      for (const unsigned shift : {16U, 8U, 0U}) out.push_back(static_cast<uint8_t>(bits >> shift));
      bits = count = 0;
    }
  }
  if (count == 0) return padding == 0 ? Result<std::vector<uint8_t>>(std::move(out)) : NotBase64();
  if (count + padding != 4) return NotBase64();
  // Bits behind the last byte are zero: one text for one value (RFC 4648, 3.5).
  const unsigned spare = padding == 1 ? 2 : 4;
  if ((bits & ((1U << spare) - 1)) != 0) return NotBase64();
  bits >>= spare;
  if (padding == 1) out.push_back(static_cast<uint8_t>(bits >> 8));
  out.push_back(static_cast<uint8_t>(bits));
  return out;
}

std::string ToBase64Lines(Bytes data) {
  std::string text;
  size_t column = 0;
  for (size_t at = 0; at < data.size(); at += 3) {
    const size_t count = std::min<size_t>(3, data.size() - at);
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i) bits = bits << 8 | (i < count ? data[at + i] : 0U);
    for (size_t i = 0; i < 4; ++i) {
      text += i > count ? '=' : kAlphabet[bits >> (18 - 6 * i) & 0x3FU];
    }
    column += 4;
    if (column == kLineLength) {
      text += '\n';
      column = 0;
    }
  }
  if (column != 0) text += '\n';
  return text;
}

std::string ToPem(std::string_view label, Bytes der) {
  return fmt::format("-----BEGIN {}-----\n{}-----END {}-----\n", label, ToBase64Lines(der), label);
}

Result<std::vector<PemBlock>> ReadPasted(std::string_view text) {
  if (text.size() > kMostPasted) return Err(ErrorCode::kExhausted, "more than 256 KiB");
  std::vector<PemBlock> blocks;
  if (text.find(kBegin) == std::string_view::npos) {
    VAM_TRY(auto der, FromBase64(text));
    if (der.empty()) return Err(ErrorCode::kMalformed, "nothing was pasted");
    blocks.push_back({"", std::move(der)});
    return blocks;
  }
  for (size_t at = text.find(kBegin); at != std::string_view::npos; at = text.find(kBegin)) {
    text.remove_prefix(at + kBegin.size());
    const size_t end = text.find(kDashes);
    if (end == std::string_view::npos || text.substr(0, end).find('\n') != std::string_view::npos) {
      return Err(ErrorCode::kMalformed, "a BEGIN line is not ended");
    }
    const std::string label(text.substr(0, end));
    text.remove_prefix(end + kDashes.size());
    const std::string last = fmt::format("-----END {}-----", label);
    const size_t size = text.find(last);
    if (size == std::string_view::npos) return Err(ErrorCode::kMalformed, "an END line is missing");
    if (blocks.size() >= kMostPastedBlocks) {
      return Err(ErrorCode::kExhausted, "more than 32 blocks");
    }
    VAM_TRY(auto der, FromBase64(text.substr(0, size)));
    blocks.push_back({label, std::move(der)});
    text.remove_prefix(size + last.size());
  }
  return blocks;
}

}  // namespace vam::mgmt
