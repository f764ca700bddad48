#include "sw/fwd/own_header.h"

#include "sw/base/check.h"
#include "sw/net/checksum.h"

namespace vam::fwd {

void WriteOwnHeader(const OwnHeader& header, size_t payload_bytes, MutableBytes out) {
  if (header.destination.is_v6()) {
    net::Ipv6Header ip;
    ip.traffic_class = header.tos;
    ip.payload_bytes = static_cast<uint16_t>(payload_bytes);
    ip.next_header = header.protocol;
    ip.hop_limit = header.ttl;
    ip.source = header.source;
    ip.destination = header.destination;
    VAM_CHECK(net::WriteIpv6(ip, out).has_value());
    return;
  }
  net::Ipv4Header ip;
  ip.tos = header.tos;
  ip.total_bytes = static_cast<uint16_t>(net::kIpv4HeaderBytes + payload_bytes);
  ip.identification = header.identification;
  ip.dont_fragment = header.dont_fragment;
  ip.ttl = header.ttl;
  ip.protocol = header.protocol;
  ip.source = header.source;
  ip.destination = header.destination;
  VAM_CHECK(net::WriteIpv4(ip, out).has_value());
}

void WriteOwnUdp(const OwnHeader& header, const net::Ports& ports, MutableBytes segment) {
  net::UdpHeader udp{ports, static_cast<uint16_t>(segment.size()), 0};
  VAM_CHECK(net::WriteUdp(udp, segment).has_value());
  udp.checksum = net::UdpChecksum(header.source, header.destination, segment);
  VAM_CHECK(net::WriteUdp(udp, segment).has_value());
}

}  // namespace vam::fwd
