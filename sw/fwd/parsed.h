// What the forwarder knows of an IP packet's header, whatever the version.
#ifndef VAM_SW_FWD_PARSED_H_
#define VAM_SW_FWD_PARSED_H_

#include <cstdint>
#include <optional>

#include "sw/base/bytes.h"
#include "sw/ipsec/flow.h"
#include "sw/net/ipv4.h"
#include "sw/net/ipv6.h"

namespace vam::fwd {

// Read once when a packet comes in, is made here or comes out of an engine. The lower TTL of a
// forwarded packet is only in the packet.
struct Parsed {
  Parsed(const net::Ipv4Header& header, Bytes packet)
      : flow(ipsec::FlowOf(header, packet)),
        total_bytes(header.total_bytes),
        header_bytes(header.header_bytes),
        ttl(header.ttl),
        tos(header.tos),
        dont_fragment(header.dont_fragment),
        fragment(header.IsFragment()) {}
  Parsed(const net::Ipv6Header& header, Bytes packet)
      : flow(ipsec::FlowOf(header, packet)),
        total_bytes(static_cast<uint32_t>(net::kIpv6HeaderBytes) + header.payload_bytes),
        header_bytes(net::kIpv6HeaderBytes),
        ttl(header.hop_limit),
        tos(header.traffic_class),
        v6(true),
        dont_fragment(true) {}

  ipsec::Flow flow;
  uint32_t total_bytes;   // header and payload; what follows is link padding
  uint16_t header_bytes;  // IPv6: the fixed header
  uint8_t ttl;            // or hop limit
  uint8_t tos;            // or traffic class
  bool v6 = false;
  bool dont_fragment;     // IPv6: always; only its source may cut it
  bool fragment = false;  // IPv4 only
};

// By the version in the first byte; nothing when the header is impossible.
inline std::optional<Parsed> ParsePacket(Bytes packet) {
  if (!packet.empty() && packet[0] >> 4 == 6) {
    const auto header = net::ParseIpv6(packet);
    if (!header) return std::nullopt;
    return Parsed(*header, packet);
  }
  const auto header = net::ParseIpv4(packet);
  if (!header) return std::nullopt;
  return Parsed(*header, packet);
}

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_PARSED_H_
