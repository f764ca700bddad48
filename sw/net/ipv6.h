#ifndef VAM_SW_NET_IPV6_H_
#define VAM_SW_NET_IPV6_H_

#include <cstddef>
#include <cstdint>

#include "sw/base/bytes.h"
#include "sw/net/address.h"

namespace vam::net {

inline constexpr size_t kIpv6HeaderBytes = 40;

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

}  // namespace vam::net

#endif  // VAM_SW_NET_IPV6_H_
