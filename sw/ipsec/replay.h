// Anti-replay: which inbound sequence numbers may still be accepted (RFC 4303, 3.4.3 and appendix
// A).
#ifndef VAM_SW_IPSEC_REPLAY_H_
#define VAM_SW_IPSEC_REPLAY_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sw/base/gen/vam_reason.h"

namespace vam::ipsec {

// The right edge of a window, T: the highest number that was accepted.
class SequenceEdge {
 public:
  SequenceEdge(uint32_t window, bool esn, uint64_t top) : window_(window), esn_(esn), top_(top) {}

  struct Inferred {
    uint64_t number;
    bool left_of_zero;  // the number would lie left of 0
  };
  // The 64-bit number meant by the 32 bits on the wire (RFC 4303, appendix A2). Without ESN it is
  // what is on the wire. With ESN and a window of 0 it is the nearest one to T.
  Inferred Infer(uint32_t wire) const;

  uint32_t window() const { return window_; }
  bool esn() const { return esn_; }
  uint64_t top() const { return top_; }
  void Raise(uint64_t number) { top_ = number > top_ ? number : top_; }

 private:
  uint32_t window_;
  bool esn_;
  uint64_t top_;
};

// In two steps: Check looks, without effect, before the ICV is verified; Commit moves the window,
// only after. The bitmap is a ring of at least as many bits as the window, so that nothing is ever
// shifted: the bits that the window takes in when it moves are cleared. Without a window there is
// none.
//
// With top T and W the window, a number n is
//   old        when n + W <= T, when it would lie left of 0, and, without ESN, when n = 0
//   duplicate  when T - W < n <= T and n was accepted before or was not above the initial number
class ReplayWindow {
 public:
  // `window`: 0 (accept all) or 64 to 1024. Every number up to `initial` counts as received.
  ReplayWindow(uint32_t window, bool esn, uint64_t initial);

  struct Verdict {
    Reason reason;    // kOk, kReplayOld or kReplayDuplicate
    uint64_t number;  // as SequenceEdge::Infer says
  };
  Verdict Check(uint32_t wire) const;
  // Requires: a number from Check with kOk, and a verified ICV.
  void Commit(uint64_t number);

  // T: the right edge.
  uint64_t top() const { return edge_.top(); }

 private:
  static uint64_t Bit(uint64_t number) { return uint64_t{1} << (number % 64); }
  // The numbers above the right edge, up to this one, were not seen.
  void Clear(uint64_t number);
  size_t Word(uint64_t number) const { return (number / 64) & (seen_.size() - 1); }

  SequenceEdge edge_;
  std::vector<uint64_t> seen_;  // bit number % size: a power of two words
};

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_REPLAY_H_
