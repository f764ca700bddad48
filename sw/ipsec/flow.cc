#include "sw/ipsec/flow.h"

#include <utility>

#include "sw/net/ports.h"

namespace vam::ipsec {
namespace {

constexpr size_t kIcmpTypeAndCodeBytes = 2;

constexpr unsigned kMaxExtensionHeaders = 8;
constexpr size_t kExtensionUnitBytes = 8;

// `upper`: the upper layer's header as far as this packet has it; a later fragment has none.
void SetUpper(Flow& flow, uint8_t protocol, Bytes upper) {
  flow.protocol = protocol;
  const uint8_t icmp = flow.source.is_v6() ? net::kProtocolIcmpV6 : net::kProtocolIcmp;
  if (protocol == icmp) {
    flow.icmp = Field::kHidden;
    if (flow.later_fragment || upper.size() < kIcmpTypeAndCodeBytes) return;
    flow.icmp = Field::kShown;
    flow.icmp_type = upper[0];
    flow.icmp_code = upper[1];
  } else if (net::ProtocolHasPorts(protocol)) {
    flow.ports = Field::kHidden;
    if (flow.later_fragment) return;
    const auto ports = net::ParsePorts(upper);
    if (!ports) return;
    flow.ports = Field::kShown;
    flow.source_port = ports->source;
    flow.destination_port = ports->destination;
  }
}

void HideUpper(Flow& flow) {
  flow.protocol_hidden = true;
  flow.ports = Field::kHidden;
  flow.icmp = Field::kHidden;
}

}  // namespace

Flow Flow::Reversed() const {
  Flow reversed = *this;
  std::swap(reversed.source, reversed.destination);
  std::swap(reversed.source_port, reversed.destination_port);
  return reversed;
}

Flow FlowOf(const net::Ipv4Header& header, Bytes packet) {
  Flow flow;
  flow.source = header.source;
  flow.destination = header.destination;
  flow.later_fragment = header.fragment_offset != 0;
  SetUpper(flow, header.protocol, packet.subspan(header.header_bytes, header.payload_bytes()));
  return flow;
}

Flow FlowOf(const net::Ipv6Header& header, Bytes packet) {
  Flow flow;
  flow.source = header.source;
  flow.destination = header.destination;
  uint8_t next = header.next_header;
  Bytes rest = packet.subspan(net::kIpv6HeaderBytes, header.payload_bytes);
  for (unsigned headers = 0; net::IsExtensionHeader(next); ++headers) {
    // What follows in a later fragment is not the chain of headers.
    if (flow.later_fragment || headers == kMaxExtensionHeaders ||
        rest.size() < kExtensionUnitBytes) {
      HideUpper(flow);
      return flow;
    }
    size_t bytes = kExtensionUnitBytes;
    if (next == net::kNextFragment) {
      flow.later_fragment = (LoadBe16(&rest[2]) >> 3) != 0;
    } else {
      bytes += rest[1] * kExtensionUnitBytes;
    }
    next = rest[0];
    if (bytes > rest.size()) {
      HideUpper(flow);
      return flow;
    }
    rest = rest.subspan(bytes);
  }
  SetUpper(flow, next, rest);
  return flow;
}

}  // namespace vam::ipsec
