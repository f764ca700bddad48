// The fields of a packet that policy and access lists look at.
#ifndef VAM_SW_FWD_FLOW_H_
#define VAM_SW_FWD_FLOW_H_

#include <cstdint>
#include <utility>

#include "sw/base/bytes.h"
#include "sw/net/ipv4.h"
#include "sw/net/ports.h"

namespace vam::fwd {

struct Flow {
  uint32_t source = 0;  // host order
  uint32_t destination = 0;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint8_t protocol = 0;
  // False for protocols without ports, for non-initial fragments, and when the header is cut off.
  bool has_ports = false;
  bool has_icmp = false;  // type and code are known
  uint8_t icmp_type = 0;
  uint8_t icmp_code = 0;
  bool later_fragment = false;  // not the first: its ports are unknown

  Flow Reversed() const {
    Flow r = *this;
    std::swap(r.source, r.destination);
    std::swap(r.source_port, r.destination_port);
    return r;
  }
};

// Requires: `header` was parsed from `packet`.
inline Flow FlowOf(const net::Ipv4Header& header, Bytes packet) {
  Flow flow;
  flow.source = header.source.v4();
  flow.destination = header.destination.v4();
  flow.protocol = header.protocol;
  flow.later_fragment = header.fragment_offset != 0;
  if (flow.later_fragment) return flow;
  const Bytes payload = packet.subspan(header.header_bytes, header.payload_bytes());
  if (header.protocol == net::kProtocolIcmp && payload.size() >= 2) {
    flow.has_icmp = true;
    flow.icmp_type = payload[0];
    flow.icmp_code = payload[1];
  }
  if (!net::ProtocolHasPorts(header.protocol)) return flow;
  const auto ports = net::ParsePorts(payload);
  if (!ports) return flow;
  flow.has_ports = true;
  flow.source_port = ports->source;
  flow.destination_port = ports->destination;
  return flow;
}

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_FLOW_H_
