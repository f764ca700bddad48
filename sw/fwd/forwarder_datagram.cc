// UDP datagrams of the gateway itself.
#include <rte_mbuf.h>

#include <algorithm>

#include "sw/fwd/forwarder.h"
#include "sw/fwd/own_header.h"
#include "sw/net/ports.h"

namespace vam::fwd {

net::Address Forwarder::SourceFor(uint16_t vrf, const net::Address& destination) const {
  const ::vam::fwd::Route* route = snapshot_->routes(vrf).Lookup(destination);
  if (route == nullptr || route->interface >= snapshot_->interfaces.size()) return {};
  const InterfaceConfig& out = snapshot_->interfaces[route->interface];
  if (!destination.is_v6())
    return out.address == 0 ? net::Address() : net::Address::V4(out.address);
  // To a destination beyond the link nobody could answer a link-local source.
  const net::Address own = addresses6_.SourceFor(route->interface, destination);
  return own.IsLinkLocal() && !destination.IsLinkLocal() ? net::Address() : own;
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
  const OwnHeader ip{datagram.source, datagram.destination, net::kProtocolUdp};
  const size_t ip_bytes = ip.bytes();
  const size_t udp_bytes = net::kUdpHeaderBytes + datagram.payload.size();
  rte_pktmbuf_append(packet, static_cast<uint16_t>(ip_bytes + udp_bytes));
  const MutableBytes data = Data(packet);
  WriteOwnHeader(ip, udp_bytes, data);
  const MutableBytes segment = data.subspan(ip_bytes);
  std::ranges::copy(datagram.payload, segment.begin() + net::kUdpHeaderBytes);
  WriteOwnUdp(ip, {datagram.source_port, datagram.destination_port}, segment);
  counters_.originated.Add(1);
  PacketMeta origin;
  origin.vrf = datagram.vrf;
  RouteOwn(packet, origin);
  return {};
}

}  // namespace vam::fwd
