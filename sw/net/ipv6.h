#ifndef VAM_SW_NET_IPV6_H_
#define VAM_SW_NET_IPV6_H_

#include <cstddef>
#include <cstdint>

#include "sw/base/bytes.h"
#include "sw/net/address.h"

namespace vam::net {

inline constexpr size_t kIpv6HeaderBytes = 40;
inline constexpr size_t kIpv6FragmentHeaderBytes = 8;
inline constexpr size_t kIpv6MinMtu = 1280;  // of every link (RFC 8200, 5)
inline constexpr uint8_t kProtocolIcmpV6 = 58;
// Extension headers (RFC 8200, 4). AH and ESP count as upper layers.
inline constexpr uint8_t kNextHopByHop = 0;
inline constexpr uint8_t kNextRouting = 43;
inline constexpr uint8_t kNextFragment = 44;
inline constexpr uint8_t kNextDestination = 60;

inline bool IsExtensionHeader(uint8_t next_header) {
  return next_header == kNextHopByHop || next_header == kNextRouting ||
         next_header == kNextFragment || next_header == kNextDestination;
}

// Offsets of fields that are changed in place.
inline constexpr size_t kIpv6PayloadOffset = 4;
inline constexpr size_t kIpv6NextHeaderOffset = 6;
inline constexpr size_t kIpv6HopLimitOffset = 7;

// The fixed header of RFC 8200; extension headers belong to the payload.
struct Ipv6Header {
  uint8_t traffic_class = 0;
  uint32_t flow_label = 0;  // 20 bits
  uint16_t payload_bytes = 0;
  uint8_t next_header = 0;
  uint8_t hop_limit = 0;
  Address source;
  Address destination;
};

// kTruncated when header or payload do not fit the packet, kMalformed for the version.
Result<Ipv6Header> ParseIpv6(Bytes packet);

// Writes 40 bytes and returns 40. kInvalidArgument for addresses that are not IPv6 or a flow label
// above 20 bits; kExhausted when it does not fit.
Result<size_t> WriteIpv6(const Ipv6Header& header, MutableBytes out);

// What the chain of extension headers says. Offsets are from the start of the packet.
struct Ipv6Chain {
  uint8_t protocol = 0;  // of the upper layer; in a later fragment what its fragment header names
  size_t upper_offset = 0;
  // Where a fragment header stands, or belongs if there is none: behind everything that each router
  // on the way reads (RFC 8200, 4.5), and the byte that names what stands there.
  size_t fragment_offset_at = kIpv6HeaderBytes;
  size_t fragment_named_at = kIpv6NextHeaderOffset;
  bool has_fragment = false;
  bool more_fragments = false;
  uint16_t fragment_offset = 0;  // in units of 8 bytes
  uint32_t identification = 0;
  // A routing header with segments left: not zero, its offset (RFC 8200, 4.4).
  size_t active_routing_at = 0;
  bool has_routing = false;

  bool IsFragment() const { return has_fragment && (more_fragments || fragment_offset != 0); }
};

// Goes through at most eight extension headers. kMalformed for a longer chain and for a hop-by-hop
// header that is not the first; kTruncated when the chain ends outside the packet. Requires:
// `header` was parsed from `packet`.
Result<Ipv6Chain> WalkIpv6(const Ipv6Header& header, Bytes packet);

}  // namespace vam::net

#endif  // VAM_SW_NET_IPV6_H_
