// `ip tcp adjust-mss`: the maximum segment size that a TCP SYN offers, made smaller on its way, so
// that what the ends send fits a tunnel.
#ifndef VAM_SW_FWD_TCP_MSS_H_
#define VAM_SW_FWD_TCP_MSS_H_

#include <cstdint>

#include "sw/base/bytes.h"

namespace vam::fwd {

enum class MssVerdict : uint8_t {
  kUntouched,  // no SYN, no such option, or it is small enough
  kAdjusted,
  kMalformed,  // lengths that contradict each other: nothing is changed
};

// `segment`: TCP from its header on (RFC 9293, 3.1); of a first fragment what there is of it. An
// MSS option (RFC 9293, 3.2: kind 2, length 4) above `mss` becomes `mss`, and the checksum follows
// (RFC 1624, equation 3). A SYN without the option stays without: its sender takes 536 or 1220
// then.
MssVerdict LowerMss(MutableBytes segment, uint16_t mss);

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_TCP_MSS_H_
