// UDP datagrams of the gateway itself.
#include <rte_mbuf.h>

#include <algorithm>

#include "sw/fwd/forwarder.h"
#include "sw/net/checksum.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

constexpr uint8_t kOwnTtl = 64;

// RFC 768 and RFC 8200, 8.1: 0 stands for "none", so a sum of 0 is sent as its complement.
uint16_t UdpChecksum(const OwnDatagram& datagram, const net::UdpHeader& header, Bytes segment) {
  net::ChecksumBuilder sum;
  sum.Add(datagram.source.bytes());
  sum.Add(datagram.destination.bytes());
  sum.AddU16(net::kProtocolUdp);
  sum.AddU16(header.length_bytes);
  sum.Add(segment);
  const uint16_t checksum = sum.Finish();
  return checksum == 0 ? uint16_t{0xffff} : checksum;
}

size_t IpHeaderBytes(const OwnDatagram& datagram) {
  return datagram.destination.is_v6() ? net::kIpv6HeaderBytes : net::kIpv4HeaderBytes;
}

void WriteIp(const OwnDatagram& datagram, size_t udp_bytes, MutableBytes out) {
  if (datagram.destination.is_v6()) {
    net::Ipv6Header header;
    header.payload_bytes = static_cast<uint16_t>(udp_bytes);
    header.next_header = net::kProtocolUdp;
    header.hop_limit = kOwnTtl;
    header.source = datagram.source;
    header.destination = datagram.destination;
    VAM_CHECK(net::WriteIpv6(header, out).has_value());
    return;
  }
  net::Ipv4Header header;
  header.total_bytes = static_cast<uint16_t>(net::kIpv4HeaderBytes + udp_bytes);
  header.ttl = kOwnTtl;
  header.protocol = net::kProtocolUdp;
  header.source = datagram.source;
  header.destination = datagram.destination;
  VAM_CHECK(net::WriteIpv4(header, out).has_value());
}

}  // namespace

net::Address Forwarder::SourceFor(uint16_t vrf, const net::Address& destination) const {
  const ::vam::fwd::Route* route = snapshot_->routes(vrf).Lookup(destination);
  if (route == nullptr || route->interface >= snapshot_->interfaces.size()) return {};
  const InterfaceConfig& out = snapshot_->interfaces[route->interface];
  if (!destination.is_v6())
    return out.address == 0 ? net::Address() : net::Address::V4(out.address);
  for (const Ipv6Address& own : out.addresses6) {
    if (!own.address.IsLinkLocal()) return own.address;
  }
  return {};
}

Status Forwarder::SendDatagram(OwnDatagram datagram) {
  if (datagram.payload.size() > kMaxOwnPayload) {
    return Err(ErrorCode::kInvalidArgument, "a datagram of the gateway has at most 1024 bytes");
  }
  if (datagram.source.is_none()) datagram.source = SourceFor(datagram.vrf, datagram.destination);
  if (datagram.source.family() != datagram.destination.family()) {
    return Err(ErrorCode::kNotFound, "no address of the gateway to send from");
  }
  rte_mbuf* packet = rte_pktmbuf_alloc(pool_);
  if (packet == nullptr) return Err(ErrorCode::kExhausted, "no packet buffer");
  const size_t ip_bytes = IpHeaderBytes(datagram);
  const size_t udp_bytes = net::kUdpHeaderBytes + datagram.payload.size();
  rte_pktmbuf_append(packet, static_cast<uint16_t>(ip_bytes + udp_bytes));
  const MutableBytes data = Data(packet);
  WriteIp(datagram, udp_bytes, data);
  const MutableBytes segment = data.subspan(ip_bytes);
  net::UdpHeader udp;
  udp.ports = {datagram.source_port, datagram.destination_port};
  udp.length_bytes = static_cast<uint16_t>(udp_bytes);
  VAM_CHECK(net::WriteUdp(udp, segment).has_value());
  std::ranges::copy(datagram.payload, segment.begin() + net::kUdpHeaderBytes);
  udp.checksum = UdpChecksum(datagram, udp, segment);
  VAM_CHECK(net::WriteUdp(udp, segment).has_value());
  counters_.originated.Add(1);
  PacketMeta meta;
  meta.vrf = datagram.vrf;
  Meta(packet) = meta;
  Route(packet, *ParsePacket(data));
  return {};
}

}  // namespace vam::fwd
