// Anti-replay: which inbound sequence numbers may still be accepted (RFC 4303, 3.4.3 and appendix
// A).
#ifndef VAM_SW_IPSEC_REPLAY_H_
#define VAM_SW_IPSEC_REPLAY_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "sw/base/gen/vam_reason.h"

namespace vam::ipsec {

// In two steps: Check looks, without effect, before the ICV is verified; Commit moves the window,
// only after. The bitmap is a ring of words in the manner of RFC 6479, one word longer than the
// window, so that nothing is ever shifted.
//
// With top T (the highest number accepted) and W the window, a number n is
//   old        when n = 0 or n + W <= T
//   duplicate  when n <= T and was accepted before, or was not above the initial number
// Requires: numbers below 2^32 without ESN.
class ReplayWindow {
 public:
  // `window`: 0 (accept all) or 64 to 1024. Every number up to `initial` counts as received.
  ReplayWindow(uint32_t window, bool esn, uint64_t initial);

  // The 64-bit number meant by the 32 bits on the wire (appendix A2). Without ESN, and for a window
  // of 0, the same number. A number that would lie before 0 or above 2^64-1 comes back as 0, which
  // is always old.
  uint64_t Infer(uint32_t wire) const;

  // kOk, kReplayOld or kReplayDuplicate.
  Reason Check(uint64_t number) const;
  // Requires: Check(number) == kOk and a verified ICV.
  void Commit(uint64_t number);

  // T: the right edge.
  uint64_t top() const { return top_; }

 private:
  // W numbers touch up to ceil((W - 1) / 64) + 1 words: 17 for 1024, rounded up to a power of two.
  static constexpr size_t kMaxWords = 32;

  uint64_t Bit(uint64_t number) const { return uint64_t{1} << (number % 64); }
  size_t Word(uint64_t number) const { return (number / 64) & word_mask_; }

  uint32_t window_;
  bool esn_;
  uint64_t top_;
  size_t word_mask_;
  std::array<uint64_t, kMaxWords> seen_;
};

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_REPLAY_H_
