// Cutting packets that do not fit (RFC 791, 3.2; RFC 8200, 4.5; DP-13).
#ifndef VAM_SW_FWD_FRAGMENT_H_
#define VAM_SW_FWD_FRAGMENT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "sw/base/bytes.h"

struct rte_mbuf;
struct rte_mempool;

namespace vam::fwd {

// How a packet is cut. The parts are as equal as offsets in units of 8 bytes allow, so that none
// has to be cut again where the path is a little narrower.
struct FragmentPlan {
  bool v6 = false;
  size_t count = 0;
  size_t part_bytes = 0;  // of payload in all but the last; a multiple of 8
  size_t payload_at = 0;  // in the packet
  size_t payload_bytes = 0;
  // Headers of the first fragment: the packet up to payload_at. IPv6: a fragment header is added
  // where `named_at` names it.
  size_t named_at = 0;
  uint8_t next_header = 0;
  uint32_t identification = 0;  // IPv6
  uint16_t first_offset = 0;    // of the packet itself, in units of 8 bytes
  bool more_follow = false;     // the packet itself is not the last fragment
  // IPv4: what later fragments keep of the options (RFC 791: those with the copied flag).
  std::array<uint8_t, 40> options{};
  size_t option_bytes = 0;
};

// Nothing when the packet cannot be cut for this MTU: no room for 8 bytes of payload, more than 256
// parts, impossible headers, or an IPv6 packet that is already a fragment. DF is the caller's to
// look at. `identification` is used for IPv6 only; an IPv4 packet keeps its own.
std::optional<FragmentPlan> PlanFragments(Bytes packet, size_t mtu, uint32_t identification);

// Fragment `index` of a packet in one segment, in a buffer of its own with the packet's Meta;
// nullptr: no buffer. With `clear_df` the fragments of an IPv4 packet may be cut further. Requires:
// index < plan.count.
rte_mbuf* MakeFragment(rte_mbuf* packet, const FragmentPlan& plan, size_t index, bool clear_df,
                       rte_mempool* pool);

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_FRAGMENT_H_
