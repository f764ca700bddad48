#include "sw/ipsec/replay.h"

#include <algorithm>
#include <bit>

namespace vam::ipsec {

SequenceEdge::Inferred SequenceEdge::Infer(uint32_t wire) const {
  if (!esn_) return {wire, false};
  // Without a window, as if it were half of the number space: the nearest number is meant.
  const uint32_t window = window_ == 0 ? 0x80000000 : window_;
  const auto top_low = static_cast<uint32_t>(top_);
  const uint32_t bottom_low = top_low - window + 1;  // modulo 2^32
  auto high = static_cast<uint32_t>(top_ >> 32);
  bool left_of_zero = false;
  if (top_low >= window - 1) {
    if (wire < bottom_low) ++high;
  } else if (wire >= bottom_low) {
    // The window spans two subspaces.
    left_of_zero = high == 0;
    --high;
  }
  return {(uint64_t{high} << 32) | wire, left_of_zero};
}

ReplayWindow::ReplayWindow(uint32_t window, bool esn, uint64_t initial)
    : edge_(window, esn, initial) {
  // Numbers up to `initial` are received.
  if (window != 0) seen_.assign(std::bit_ceil((size_t{window} + 63) / 64), ~uint64_t{0});
}

ReplayWindow::Verdict ReplayWindow::Check(uint32_t wire) const {
  const auto [number, left_of_zero] = edge_.Infer(wire);
  if (seen_.empty()) return {Reason::kOk, number};
  // Number 0 is never sent (RFC 4303, 3.3.3).
  if (left_of_zero || (!edge_.esn() && wire == 0)) return {Reason::kReplayOld, number};
  if (number > top()) return {Reason::kOk, number};
  if (top() - number >= edge_.window()) return {Reason::kReplayOld, number};
  const bool seen = (seen_[Word(number)] & Bit(number)) != 0;
  return {seen ? Reason::kReplayDuplicate : Reason::kOk, number};
}

void ReplayWindow::Clear(uint64_t number) {
  const uint64_t bits = seen_.size() * 64;
  uint64_t left = std::min(number - top(), bits);
  // From the last one down, a word or what is needed of it at a time.
  for (uint64_t last = number; left != 0;) {
    const uint64_t count = std::min(left, last % 64 + 1);
    const uint64_t ones = ~uint64_t{0} >> (64 - count);
    seen_[Word(last)] &= ~(ones << (last % 64 + 1 - count));
    left -= count;
    last -= count;
  }
}

void ReplayWindow::Commit(uint64_t number) {
  if (!seen_.empty()) {
    if (number > top()) Clear(number);
    seen_[Word(number)] |= Bit(number);
  }
  edge_.Raise(number);
}

}  // namespace vam::ipsec
