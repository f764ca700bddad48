#include "sw/fwd/tcp_mss.h"

#include "sw/net/checksum.h"
#include "sw/net/ports.h"

namespace vam::fwd {
namespace {

constexpr size_t kOffsetAt = 12;  // length of the header in words, in the upper four bits
constexpr size_t kFlagsAt = 13;
constexpr size_t kChecksumAt = 16;
constexpr uint8_t kSyn = 2;
constexpr uint8_t kEndOfOptions = 0;
constexpr uint8_t kNoOperation = 1;
constexpr uint8_t kMssKind = 2;
constexpr size_t kMssLength = 4;

// Writes the value and keeps the checksum right, also where the value lies across two of its words.
void Replace(MutableBytes segment, size_t at, uint16_t value) {
  const size_t first = at & ~size_t{1};
  const size_t words = at == first ? 1 : 2;
  uint16_t before[2] = {};
  for (size_t i = 0; i < words; ++i) before[i] = LoadBe16(&segment[first + 2 * i]);
  StoreBe16(&segment[at], value);
  uint16_t checksum = LoadBe16(&segment[kChecksumAt]);
  for (size_t i = 0; i < words; ++i) {
    checksum = net::UpdateChecksum(checksum, before[i], LoadBe16(&segment[first + 2 * i]));
  }
  StoreBe16(&segment[kChecksumAt], checksum);
}

}  // namespace

MssVerdict LowerMss(MutableBytes segment, uint16_t mss) {
  if (segment.size() <= kFlagsAt || (segment[kFlagsAt] & kSyn) == 0) return MssVerdict::kUntouched;
  const size_t header = static_cast<size_t>(segment[kOffsetAt] >> 4) * 4;
  if (header < net::kTcpHeaderBytes || header > segment.size()) return MssVerdict::kMalformed;
  for (size_t at = net::kTcpHeaderBytes; at < header;) {
    const uint8_t kind = segment[at];
    if (kind == kEndOfOptions) break;
    if (kind == kNoOperation) {
      ++at;
      continue;
    }
    if (at + 2 > header) return MssVerdict::kMalformed;
    const size_t length = segment[at + 1];
    if (length < 2 || at + length > header) return MssVerdict::kMalformed;
    if (kind == kMssKind) {
      if (length != kMssLength) return MssVerdict::kMalformed;
      if (LoadBe16(&segment[at + 2]) <= mss) return MssVerdict::kUntouched;
      Replace(segment, at + 2, mss);
      return MssVerdict::kAdjusted;
    }
    at += length;
  }
  return MssVerdict::kUntouched;
}

}  // namespace vam::fwd
