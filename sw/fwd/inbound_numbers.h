// Which packets of an inbound SA may be delivered: those whose numbers mgmt has made durable.
#ifndef VAM_SW_FWD_INBOUND_NUMBERS_H_
#define VAM_SW_FWD_INBOUND_NUMBERS_H_

#include <algorithm>
#include <cstdint>

#include "sw/ipsec/replay.h"

namespace vam::fwd {

// A replay window forgets at a restart what it has seen. The SA then begins above every number that
// was reserved, so a number may be delivered only if it was reserved before. Engines do not know
// this end and their answers carry no number: it is inferred here from the 32 bits on the wire, as
// they do (RFC 4303, appendix A2). An engine's window that moved past the end does no harm.
//
// Belongs to the worker. Neither blocks nor allocates.
class InboundNumbers {
 public:
  // Numbers [first, end) are reserved, those below `first` count as received. `window`: not 0.
  InboundNumbers(uint32_t window, bool esn, uint64_t first, uint64_t end)
      : edge_(window, esn, first - 1) {
    Extend(first, end);
  }

  // A later block; numbers between the two are below its end and so durable as well.
  void Extend(uint64_t first, uint64_t end) {
    // Half of what lies ahead: a block that follows a jump is mostly behind it.
    const uint64_t from = std::min(std::max(first, highest() + 1), end);
    end_ = end;
    watermark_ = end - (end - from) / 2;
    asked_ = false;
  }

  struct Verdict {
    bool durable;  // false: must not be delivered
    bool ask;      // more numbers are to be asked for; once per block
  };
  // Takes the number of a packet that passed its integrity check. Requires: packets in the order in
  // which their engine took them.
  Verdict Admit(uint32_t wire) {
    const uint64_t number = edge_.Infer(wire).number;
    edge_.Raise(number);
    bool ask = false;
    if (number >= watermark_ && !asked_) ask = asked_ = true;
    return {number < end_, ask};
  }

  // The highest number that passed its integrity check, delivered or not.
  uint64_t highest() const { return edge_.top(); }
  uint64_t end() const { return end_; }

 private:
  ipsec::SequenceEdge edge_;  // as the engine's
  uint64_t end_ = 0;
  uint64_t watermark_ = 0;
  bool asked_ = false;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_INBOUND_NUMBERS_H_
