// Packets for the gateway itself and packets it makes: ARP, ICMP, local delivery.
#include <rte_mbuf.h>

#include <algorithm>
#include <cstring>

#include "sw/fwd/forwarder.h"
#include "sw/net/arp.h"
#include "sw/net/checksum.h"
#include "sw/net/ethernet.h"
#include "sw/net/icmp.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

constexpr uint8_t kOwnTtl = 64;
// An error quotes as much of the packet as keeps the message within 576 bytes (RFC 1812, 4.3.2.3).
constexpr size_t kMaxQuote = 576 - net::kIpv4HeaderBytes - net::kIcmpHeaderBytes;
constexpr unsigned kIcmpErrorsPerSecond = 100;

}  // namespace

void Forwarder::ArpInput(uint16_t interface, rte_mbuf* frame) {
  const auto message = net::ParseArp(Data(frame));
  if (!message) return Finish(frame, Reason::kArpMalformed);
  const uint32_t own = snapshot_->interfaces[interface].address;
  const bool for_us = own != 0 && message->target_ip.v4() == own;
  const uint32_t sender = message->sender_ip.v4();
  const bool usable = sender != 0 && sender != own && !message->sender_mac.IsMulticast() &&
                      !message->sender_mac.IsZero();
  if (usable) {
    const std::vector<rte_mbuf*> waited =
        arp_.Learn({interface, sender}, message->sender_mac, for_us);
    arp_waiting_ -= waited.size();
    for (rte_mbuf* packet : waited) {
      Transmit(interface, message->sender_mac, net::kEtherTypeIpv4, packet);
    }
    if (for_us && message->operation == net::ArpOperation::kRequest) {
      SendArp(interface, false, message->sender_mac, sender);
    }
  }
  Finish(frame, Reason::kArpConsumed);
}

void Forwarder::SendArp(uint16_t interface, bool request, const net::MacAddress& to_mac,
                        uint32_t to_ip) {
  rte_mbuf* frame = rte_pktmbuf_alloc(pool_);
  if (frame == nullptr) return;
  Meta(frame) = PacketMeta{};
  counters_.originated.Add(1);
  net::ArpMessage message;
  message.operation = request ? net::ArpOperation::kRequest : net::ArpOperation::kReply;
  message.sender_mac = ports_[interface]->mac();
  message.sender_ip = net::Address::V4(snapshot_->interfaces[interface].address);
  message.target_mac = request ? net::MacAddress{} : to_mac;
  message.target_ip = net::Address::V4(to_ip);
  rte_pktmbuf_append(frame, net::kArpBytes);
  VAM_CHECK(net::WriteArp(message, Data(frame)).has_value());
  Transmit(interface, to_mac, net::kEtherTypeArp, frame);
}

void Forwarder::TickArp() {
  if (arp_waiting_ == 0) return;
  const ArpTable::Expired expired = arp_.Tick();
  for (const ArpTable::Key& key : expired.ask_again) {
    SendArp(key.interface, true, net::MacAddress::Broadcast(), key.address);
  }
  arp_waiting_ -= expired.given_up.size();
  for (rte_mbuf* packet : expired.given_up) {
    SendIcmpError(packet, net::kIcmpUnreachable, net::kIcmpCodeHostUnreachable, 0);
    Finish(packet, Reason::kArpUnresolved);
  }
}

void Forwarder::LocalInput(rte_mbuf* packet, const net::Ipv4Header& header) {
  if (header.protocol == net::kProtocolEsp) {
    const Reason reason = crypto_.Decapsulate(packet);
    if (reason != Reason::kOk) Finish(packet, reason);
    return;
  }
  if (header.IsFragment()) return Finish(packet, Reason::kFragmentUnsupported);
  if (header.protocol == net::kProtocolIcmp) return EchoReply(packet, header);
  if (header.protocol == net::kProtocolUdp) return UdpInput(packet, header);
  SendIcmpError(packet, net::kIcmpUnreachable, 2 /* protocol unreachable */, 0);
  Finish(packet, Reason::kLocalUnknown);
}

// UDP 500 is IKE. UDP 4500 is a keepalive, IKE behind four zero bytes, or ESP (RFC 3948, 2).
void Forwarder::UdpInput(rte_mbuf* packet, const net::Ipv4Header& header) {
  const Bytes transport = Bytes(Data(packet)).subspan(header.header_bytes, header.payload_bytes());
  const auto udp = net::ParseUdp(transport);
  if (!udp) return Finish(packet, Reason::kIpMalformed);
  const Bytes payload =
      transport.subspan(net::kUdpHeaderBytes, udp->length_bytes - net::kUdpHeaderBytes);
  if (udp->ports.destination == net::kIkePort) return Finish(packet, Reason::kIkeNoRole);
  if (udp->ports.destination == net::kNattPort) {
    if (payload.size() == 1 && payload[0] == 0xff) return Finish(packet, Reason::kNattKeepalive);
    if (payload.size() < 4) return Finish(packet, Reason::kIpMalformed);
    // No SA uses UDP encapsulation yet, so no SPI can match.
    return Finish(packet, LoadBe32(payload.data()) == 0 ? Reason::kIkeNoRole : Reason::kNoSa);
  }
  SendIcmpError(packet, net::kIcmpUnreachable, net::kIcmpCodePortUnreachable, 0);
  Finish(packet, Reason::kLocalUnknown);
}

// Answers an echo request in its own buffer: the request ends as delivered, the reply is a packet
// made here.
void Forwarder::EchoReply(rte_mbuf* packet, const net::Ipv4Header& header) {
  const MutableBytes message = Data(packet).subspan(header.header_bytes);
  const auto icmp = net::ParseIcmp(message);
  if (!icmp || !net::IcmpChecksumOk(message)) return Finish(packet, Reason::kIpMalformed);
  if (icmp->type != net::kIcmpEchoRequest || header.header_bytes != net::kIpv4HeaderBytes) {
    return Finish(packet, Reason::kLocalDelivered);
  }
  net::Ipv4Header reply = header;
  reply.source = header.destination;
  reply.destination = header.source;
  reply.ttl = kOwnTtl;
  VAM_CHECK(net::WriteIpv4(reply, Data(packet)).has_value());
  const net::IcmpHeader echo{net::kIcmpEchoReply, 0, 0, icmp->rest};
  VAM_CHECK(net::WriteIcmp(echo, message.subspan(net::kIcmpHeaderBytes), message).has_value());
  counters_.Count(Reason::kLocalDelivered);
  counters_.originated.Add(1);
  PacketMeta& meta = Meta(packet);
  meta = PacketMeta{.must_protect = meta.decapsulated};
  Route(packet, Parsed(reply, Data(packet)));
}

// RFC 1122, 3.2.2 and RFC 1812, 4.3.2: what no error is sent about.
bool Forwarder::MayReport(rte_mbuf* about) const {
  const PacketMeta& meta = Meta(about);
  if (meta.in_interface == kNoInterface || meta.policy_exempt) return false;
  const auto header = net::ParseIpv4(Data(about));
  if (!header || header->fragment_offset != 0 || !header->source.IsRoutableUnicast()) return false;
  if (header->protocol != net::kProtocolIcmp) return true;
  const auto icmp = net::ParseIcmp(Bytes(Data(about)).subspan(header->header_bytes));
  return icmp.has_value() && !net::IcmpIsError(icmp->type);
}

void Forwarder::SendIcmpError(rte_mbuf* about, uint8_t type, uint8_t code, uint32_t rest) {
  if (!MayReport(about)) return;
  const uint64_t now = clock_.MonotonicNs();
  if (now - icmp_window_ns_ >= kNsPerSecond) {
    icmp_window_ns_ = now;
    icmp_in_window_ = 0;
  }
  if (icmp_in_window_ >= kIcmpErrorsPerSecond) return;
  const PacketMeta& about_meta = Meta(about);
  const uint32_t own = snapshot_->interfaces[about_meta.in_interface].address;
  rte_mbuf* packet = own != 0 ? rte_pktmbuf_alloc(pool_) : nullptr;
  if (packet == nullptr) return;
  ++icmp_in_window_;
  counters_.originated.Add(1);
  Meta(packet) = PacketMeta{.must_protect = about_meta.decapsulated};

  const auto subject = net::ParseIpv4(Data(about));
  const size_t quoted = std::min<size_t>(rte_pktmbuf_data_len(about), kMaxQuote);
  const size_t total = net::kIpv4HeaderBytes + net::kIcmpHeaderBytes + quoted;
  rte_pktmbuf_append(packet, static_cast<uint16_t>(total));
  net::Ipv4Header header;
  header.total_bytes = static_cast<uint16_t>(total);
  header.ttl = kOwnTtl;
  header.protocol = net::kProtocolIcmp;
  header.tos = 0xc0;  // internetwork control (RFC 1812, 4.3.2.5)
  header.source = net::Address::V4(own);
  header.destination = subject->source;
  VAM_CHECK(net::WriteIpv4(header, Data(packet)).has_value());
  const net::IcmpHeader icmp{type, code, 0, rest};
  VAM_CHECK(net::WriteIcmp(icmp, Bytes(Data(about)).first(quoted),
                           Data(packet).subspan(net::kIpv4HeaderBytes))
                .has_value());
  Route(packet, Parsed(header, Data(packet)));
}

}  // namespace vam::fwd
