#include "sw/ipsec/replay.h"

#include <algorithm>
#include <bit>

namespace vam::ipsec {

ReplayWindow::ReplayWindow(uint32_t window, bool esn, uint64_t initial)
    : window_(window),
      esn_(esn),
      top_(initial),
      word_mask_(std::bit_ceil((static_cast<size_t>(window) + 62) / 64 + 1) - 1) {
  // Numbers up to `initial` are received; those above it in the same word are not.
  seen_.fill(~uint64_t{0});
  const uint64_t above = initial % 64 == 63 ? 0 : ~uint64_t{0} << (initial % 64 + 1);
  seen_[Word(initial)] &= ~above;
}

uint64_t ReplayWindow::Infer(uint32_t wire) const {
  if (!esn_ || window_ == 0) return wire;
  const auto top_low = static_cast<uint32_t>(top_);
  const auto top_high = static_cast<uint32_t>(top_ >> 32);
  const uint32_t bottom_low = top_low - window_ + 1;  // modulo 2^32
  uint32_t high = top_high;
  if (top_low >= window_ - 1) {
    if (wire < bottom_low) {
      if (top_high == 0xffffffff) return 0;
      ++high;
    }
  } else if (wire >= bottom_low) {
    // The window spans two subspaces.
    if (top_high == 0) return 0;
    --high;
  }
  return (uint64_t{high} << 32) | wire;
}

Reason ReplayWindow::Check(uint64_t number) const {
  if (window_ == 0) return Reason::kOk;
  if (number == 0) return Reason::kReplayOld;
  if (number > top_) return Reason::kOk;
  if (top_ - number >= window_) return Reason::kReplayOld;
  return (seen_[Word(number)] & Bit(number)) != 0 ? Reason::kReplayDuplicate : Reason::kOk;
}

void ReplayWindow::Commit(uint64_t number) {
  if (number > top_) {
    if (window_ != 0) {
      const uint64_t fresh = std::min<uint64_t>(number / 64 - top_ / 64, word_mask_ + 1);
      for (uint64_t i = 0; i < fresh; ++i) seen_[Word(number - i * 64)] = 0;
    }
    top_ = number;
  }
  if (window_ != 0) seen_[Word(number)] |= Bit(number);
}

}  // namespace vam::ipsec
