// Neighbours: ARP and IPv6 neighbor discovery. Router solicitations, advertisements and redirects
// are neither sent nor believed.
#include <rte_mbuf.h>

#include "sw/base/log.h"
#include "sw/fwd/forwarder.h"
#include "sw/fwd/own_header.h"
#include "sw/net/arp.h"
#include "sw/net/ethernet.h"
#include "sw/net/icmp6.h"
#include "sw/net/nd.h"
#include "sw/net/prefix.h"

namespace vam::fwd {

void Forwarder::TakeStaticNeighbors() {
  arp_.ClearStatic();
  nd_.ClearStatic();
  for (const StaticNeighbor& n : snapshot_->static_neighbors) {
    uint16_t interface = n.interface;
    if (interface == kNoInterface) {
      const ::vam::fwd::Route* route = snapshot_->routes(n.vrf).LookupConnected(n.address);
      if (route == nullptr) continue;
      interface = route->interface;
    }
    if (n.address.is_v6()) {
      SendWaited(interface, nd_.AddStatic({interface, n.address}, n.mac));
      continue;
    }
    const auto waited = arp_.AddStatic({interface, n.address.v4()}, n.mac);
    arp_waiting_ -= waited.size();
    for (rte_mbuf* packet : waited) Transmit(interface, n.mac, net::kEtherTypeIpv4, packet);
  }
}

void Forwarder::ArpInput(uint16_t interface, rte_mbuf* frame) {
  const auto message = net::ParseArp(Data(frame));
  if (!message) return Finish(frame, Reason::kArpMalformed);
  const InterfaceConfig& in = snapshot_->interfaces[interface];
  const uint32_t target = message->target_ip.v4();
  const bool for_us = in.HasAddress(target);
  const uint32_t sender = message->sender_ip.v4();
  const bool usable = sender != 0 && !in.HasAddress(sender) && !message->sender_mac.IsMulticast() &&
                      !message->sender_mac.IsZero();
  if (usable) {
    const std::vector<rte_mbuf*> waited =
        arp_.Learn({interface, sender}, message->sender_mac, for_us);
    arp_waiting_ -= waited.size();
    for (rte_mbuf* packet : waited) {
      Transmit(interface, message->sender_mac, net::kEtherTypeIpv4, packet);
    }
    if (for_us && message->operation == net::ArpOperation::kRequest) {
      SendArp(interface, target, message->sender_mac, sender);
    }
  }
  Finish(frame, Reason::kArpConsumed);
}

// The address of an interface that a neighbour in the same network expects.
uint32_t Forwarder::OwnAddressFor(uint16_t interface, uint32_t neighbor) const {
  const InterfaceConfig& own = snapshot_->interfaces[interface];
  for (const auto& s : own.secondary) {
    if (((s.address ^ neighbor) & net::MaskFromLength(s.prefix_length)) == 0) return s.address;
  }
  return own.address;
}

// To the broadcast address: a request; else a reply.
void Forwarder::SendArp(uint16_t interface, uint32_t own, const net::MacAddress& to_mac,
                        uint32_t to_ip) {
  rte_mbuf* frame = rte_pktmbuf_alloc(pool_);
  if (frame == nullptr) return;
  Meta(frame) = PacketMeta{};
  counters_.originated.Add(1);
  const bool request = to_mac.IsBroadcast();
  net::ArpMessage message;
  message.operation = request ? net::ArpOperation::kRequest : net::ArpOperation::kReply;
  message.sender_mac = ports_[interface]->mac();
  message.sender_ip = net::Address::V4(own);
  message.target_mac = request ? net::MacAddress{} : to_mac;
  message.target_ip = net::Address::V4(to_ip);
  rte_pktmbuf_append(frame, net::kArpBytes);
  VAM_CHECK(net::WriteArp(message, Data(frame)).has_value());
  Transmit(interface, to_mac, net::kEtherTypeArp, frame);
}

void Forwarder::AskArp(const ArpTable::Key& key) {
  SendArp(key.interface, OwnAddressFor(key.interface, key.address), net::MacAddress::Broadcast(),
          key.address);
}

void Forwarder::TickArp() {
  if (arp_waiting_ == 0) return;
  const ArpTable::Expired expired = arp_.Tick();
  for (const ArpTable::Key& key : expired.ask_again) AskArp(key);
  arp_waiting_ -= expired.given_up.size();
  for (rte_mbuf* packet : expired.given_up) {
    SendError(packet, IcmpErrorKind::kHostUnreachable);
    Finish(packet, Reason::kArpUnresolved);
  }
}

void Forwarder::OutputV6(rte_mbuf* packet) {
  const PacketMeta& meta = Meta(packet);
  const NdTable::Key key{meta.out_interface, meta.next_hop};
  if (const auto mac = nd_.Use(key)) {
    return Transmit(meta.out_interface, *mac, net::kEtherTypeIpv6, packet);
  }
  switch (nd_.Wait(key, packet)) {
    case NdTable::Queued::kFull:
      return Finish(packet, Reason::kArpQueueFull);
    case NdTable::Queued::kWaitingAskNow:
      ++nd_waiting_;
      return Solicit({key, std::nullopt});
    case NdTable::Queued::kWaiting:
      ++nd_waiting_;
      return;
  }
}

bool Forwarder::IsNd(const Parsed& parsed) {
  return parsed.flow.icmp == ipsec::Field::kShown &&
         parsed.flow.icmp_type >= net::kIcmp6RouterSolicitation &&
         parsed.flow.icmp_type <= net::kIcmp6Redirect;
}

// RFC 4861, 7.1: what may be believed came from the link itself, whole, and not out of a tunnel.
void Forwarder::NdInput(rte_mbuf* packet, const Parsed& parsed) {
  const PacketMeta& meta = Meta(packet);
  const ipsec::Flow& flow = parsed.flow;
  const auto header = net::ParseIpv6(Data(packet));
  const auto chain = net::WalkIpv6(*header, Data(packet));
  const Bytes message = chain ? Bytes(Data(packet)).subspan(chain->upper_offset) : Bytes();
  // A fragmented message is not believed (RFC 6980).
  if (!chain || chain->has_fragment || meta.decapsulated || parsed.ttl != net::kNdHopLimit ||
      !net::Icmp6ChecksumOk(flow.source, flow.destination, message)) {
    return Finish(packet, Reason::kNdMalformed);
  }
  if (flow.icmp_type != net::kIcmp6NeighborSolicitation &&
      flow.icmp_type != net::kIcmp6NeighborAdvertisement) {
    return Finish(packet, Reason::kNdConsumed);
  }
  const auto nd = net::ParseNd(message);
  if (!nd) return Finish(packet, Reason::kNdMalformed);
  const bool probe = flow.source.IsUnspecified();
  const bool probe_ok =
      !nd->advertisement && !nd->link && flow.destination == net::SolicitedNode(nd->target);
  const bool answer_to_all = nd->advertisement && nd->solicited && flow.destination.IsMulticast();
  const bool bad_link = nd->link && (nd->link->IsMulticast() || nd->link->IsZero());
  if ((probe && !probe_ok) || answer_to_all || bad_link) {
    return Finish(packet, Reason::kNdMalformed);
  }
  if (nd->advertisement) {
    AdvertisementInput(meta.in_interface, *nd);
  } else {
    SolicitationInput(meta.in_interface, parsed, *nd);
  }
  Finish(packet, Reason::kNdConsumed);
}

void Forwarder::GiveUpAddress(uint16_t interface, const net::Address& address) {
  if (!addresses6_.Conflict(interface, address)) return;
  Log(LogLevel::kError, "{}: IPv6 address {} is in use by another station and stays unused",
      snapshot_->interfaces[interface].name, net::ToString(address));
}

void Forwarder::SolicitationInput(uint16_t interface, const Parsed& parsed,
                                  const net::NdMessage& message) {
  const Ipv6Addresses::Own* own =
      addresses6_.Find(snapshot_->interfaces[interface].vrf, interface, message.target);
  if (own == nullptr || own->interface != interface) return;
  const net::Address& source = parsed.flow.source;
  if (own->state != Ipv6Addresses::State::kPreferred) {
    // RFC 4862, 5.4.3: somebody else tries the same address.
    if (source.IsUnspecified()) GiveUpAddress(interface, message.target);
    return;
  }
  net::NdMessage answer;
  answer.advertisement = answer.override_known = true;
  answer.router = snapshot_->ipv6_routing;
  answer.target = message.target;
  answer.link = ports_[interface]->mac();
  if (source.IsUnspecified()) {
    return SendNd(interface, answer, message.target, net::AllNodes());
  }
  if (message.link)
    SendWaited(interface, nd_.LearnFromSolicitation({interface, source}, *message.link));
  answer.solicited = true;
  SendNd(interface, answer, message.target, source);
}

void Forwarder::AdvertisementInput(uint16_t interface, const net::NdMessage& message) {
  GiveUpAddress(interface, message.target);
  SendWaited(interface, nd_.LearnFromAdvertisement({interface, message.target}, message));
}

// To a group it goes at once; a neighbour's address may have to be found first.
void Forwarder::SendNd(uint16_t interface, const net::NdMessage& message,
                       const net::Address& source, const net::Address& destination) {
  rte_mbuf* packet = rte_pktmbuf_alloc(pool_);
  if (packet == nullptr) return;
  Meta(packet) = PacketMeta{.out_interface = interface,
                            .vrf = snapshot_->interfaces[interface].vrf,
                            .next_hop = destination};
  counters_.originated.Add(1);
  rte_pktmbuf_append(packet, net::kIpv6HeaderBytes + net::kNdMaxMessageBytes);
  const auto bytes =
      net::WriteNd(message, source, destination, Data(packet).subspan(net::kIpv6HeaderBytes));
  VAM_CHECK(bytes.has_value());
  rte_pktmbuf_trim(packet, static_cast<uint16_t>(net::kNdMaxMessageBytes - *bytes));
  OwnHeader header{source, destination, net::kProtocolIcmpV6};
  header.ttl = net::kNdHopLimit;
  WriteOwnHeader(header, *bytes, Data(packet));
  if (!destination.IsMulticast()) return OutputV6(packet);
  Transmit(interface, net::MulticastMac(destination), net::kEtherTypeIpv6, packet);
}

// Without an address that is known to be unique nobody could answer: the next try may have one.
void Forwarder::Solicit(const NdTable::Ask& ask) {
  const net::Address source = addresses6_.SourceFor(ask.key.interface, ask.key.address);
  if (source.is_none()) return;
  net::NdMessage message;
  message.target = ask.key.address;
  message.link = ports_[ask.key.interface]->mac();
  SendNd(ask.key.interface, message, source,
         ask.to ? ask.key.address : net::SolicitedNode(ask.key.address));
}

void Forwarder::SendWaited(uint16_t interface, const NdTable::Learnt& learnt) {
  nd_waiting_ -= learnt.waited.size();
  for (rte_mbuf* packet : learnt.waited) {
    Transmit(interface, learnt.mac, net::kEtherTypeIpv6, packet);
  }
}

void Forwarder::TickNd() {
  if (now_ns_ >= addresses6_.NextTickNs()) {
    for (const Ipv6Addresses::Own& own : addresses6_.Tick()) {
      net::NdMessage probe;
      probe.target = own.address;
      SendNd(own.interface, probe, *net::Address::Parse("::"), net::SolicitedNode(own.address));
    }
  }
  if (now_ns_ < nd_.NextTickNs()) return;
  const NdTable::Expired expired = nd_.Tick();
  for (const NdTable::Ask& ask : expired.ask) Solicit(ask);
  nd_waiting_ -= expired.given_up.size();
  for (rte_mbuf* packet : expired.given_up) {
    SendError(packet, IcmpErrorKind::kHostUnreachable);
    Finish(packet, Reason::kArpUnresolved);
  }
}

}  // namespace vam::fwd
