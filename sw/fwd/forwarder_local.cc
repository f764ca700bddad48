// Packets for the gateway itself and the errors it sends: local delivery, ICMP, path MTU.
#include <rte_mbuf.h>

#include <algorithm>
#include <cstring>

#include "sw/fwd/forwarder.h"
#include "sw/fwd/own_header.h"
#include "sw/net/icmp.h"
#include "sw/net/icmp6.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

// An error quotes as much of the packet as keeps the message within 576 bytes (RFC 1812, 4.3.2.3),
// in IPv6 within the least MTU of a link (RFC 4443, 2.4 c).
constexpr size_t kMaxQuoteV4 = 576 - net::kIpv4HeaderBytes - net::kIcmpHeaderBytes;
constexpr size_t kMaxQuoteV6 = net::kIpv6MinMtu - net::kIpv6HeaderBytes - net::kIcmpHeaderBytes;
constexpr uint8_t kInternetworkControl = 0xc0;  // RFC 1812, 4.3.2.5
constexpr unsigned kIcmpErrorsPerSecond = 100;
constexpr size_t kSegmentsLeftOffset = 3;  // in a routing header

}  // namespace

// Fragments come together first: their policy is that of the whole packet.
void Forwarder::LocalInput(rte_mbuf* packet, const Parsed& parsed) {
  size_t upper_offset = parsed.header_bytes;
  if (parsed.v6) {
    const auto header = net::ParseIpv6(Data(packet));
    const auto chain = net::WalkIpv6(*header, Data(packet));
    if (!chain) return Finish(packet, Reason::kIpMalformed);
    if (chain->active_routing_at != 0) {
      SendError(packet, IcmpErrorKind::kBadHeaderField,
                static_cast<uint32_t>(chain->active_routing_at + kSegmentsLeftOffset));
      return Finish(packet, Reason::kExtensionRefused);
    }
    if (chain->has_fragment) return Reassemble(packet);
    upper_offset = chain->upper_offset;
  } else if (parsed.fragment) {
    return Reassemble(packet);
  }
  // Counts in clear also where all else must be protected: it proves that it saw an ESP packet.
  if (TakePathMtu(packet, parsed, upper_offset)) return Finish(packet, Reason::kLocalDelivered);
  if (!Meta(packet).decapsulated && !MayEnterInClear(packet, parsed, true)) {
    return Refuse(packet, Reason::kPolicyCleartext);
  }
  UpperInput(packet, parsed, upper_offset);
}

void Forwarder::UpperInput(rte_mbuf* packet, const Parsed& parsed, size_t upper_offset) {
  const uint8_t protocol = parsed.flow.protocol;
  if (net::IsIpsec(protocol)) {
    if (!Meta(packet).decapsulated && !MayArriveAlone(packet, parsed)) {
      return Finish(packet, Reason::kPolicyCleartext);
    }
    const Reason reason = crypto_.Decapsulate(packet);
    if (reason != Reason::kOk) Finish(packet, reason);
    return;
  }
  if (protocol == (parsed.v6 ? net::kProtocolIcmpV6 : net::kProtocolIcmp)) {
    return IcmpInput(packet, parsed, upper_offset);
  }
  if (protocol == net::kProtocolUdp) return UdpInput(packet, parsed, upper_offset);
  SendError(packet, IcmpErrorKind::kProtocolUnknown,
            static_cast<uint32_t>(net::kIpv6NextHeaderOffset));
  Finish(packet, Reason::kLocalUnknown);
}

void Forwarder::IcmpInput(rte_mbuf* packet, const Parsed& parsed, size_t upper_offset) {
  const Bytes message = Bytes(Data(packet)).subspan(upper_offset);
  const auto icmp = net::ParseIcmp(message);
  const bool whole = icmp && (parsed.v6 ? net::Icmp6ChecksumOk(parsed.flow.source,
                                                               parsed.flow.destination, message)
                                        : net::IcmpChecksumOk(message));
  if (!whole) return Finish(packet, Reason::kIpMalformed);
  const uint8_t request = parsed.v6 ? net::kIcmp6EchoRequest : net::kIcmpEchoRequest;
  if (icmp->type != request) TakeEchoAnswer(packet, parsed, *icmp, upper_offset);
  if (icmp->type != request || (!parsed.v6 && upper_offset != net::kIpv4HeaderBytes)) {
    return Finish(packet, Reason::kLocalDelivered);
  }
  // In IPv6 extension headers of the request are not those of the reply.
  if (parsed.v6) {
    rte_pktmbuf_adj(packet, static_cast<uint16_t>(upper_offset - net::kIpv6HeaderBytes));
  }
  EchoReply(packet, parsed);
}

// Answers an echo request in its own buffer: the request ends as delivered, the reply is a packet
// made here. Requires: the message stands behind a header of its least size.
void Forwarder::EchoReply(rte_mbuf* packet, const Parsed& parsed) {
  const MutableBytes data = Data(packet);
  const net::Address source = parsed.flow.destination, destination = parsed.flow.source;
  OwnHeader header{source, destination, parsed.flow.protocol};
  header.tos = parsed.tos;
  if (!parsed.v6) header.identification = net::ParseIpv4(data)->identification;
  const size_t ip_bytes = header.bytes();
  WriteOwnHeader(header, data.size() - ip_bytes, data);
  const MutableBytes message = data.subspan(ip_bytes);
  const Bytes body = message.subspan(net::kIcmpHeaderBytes);
  const uint32_t rest = LoadBe32(&message[4]);
  const auto written =
      parsed.v6
          ? net::WriteIcmp6(source, destination, {net::kIcmp6EchoReply, 0, 0, rest}, body, message)
          : net::WriteIcmp({net::kIcmpEchoReply, 0, 0, rest}, body, message);
  VAM_CHECK(written.has_value());
  counters_.Count(Reason::kLocalDelivered);
  counters_.originated.Add(1);
  RouteOwn(packet, Meta(packet));
}

// Sends a packet that was made here because of another, whose Meta was `about`.
void Forwarder::RouteOwn(rte_mbuf* packet, const PacketMeta& about) {
  PacketMeta meta;
  meta.vrf = about.vrf;
  meta.must_protect = about.decapsulated;
  meta.policy_exempt = about.policy_exempt;
  const auto parsed = ParsePacket(Data(packet));
  VAM_CHECK(parsed.has_value());
  if (parsed->flow.destination.IsLinkLocal()) meta.out_interface = about.in_interface;
  Meta(packet) = meta;
  Route(packet, *parsed);
}

// "Fragmentation needed" or "packet too big" that quotes a recent protected packet of ours. All
// others say nothing about a tunnel and are handled as any ICMP.
bool Forwarder::TakePathMtu(const rte_mbuf* packet, const Parsed& parsed, size_t upper_offset) {
  if (parsed.flow.icmp != ipsec::Field::kShown) return false;
  const bool too_big = parsed.v6 ? parsed.flow.icmp_type == net::kIcmp6PacketTooBig
                                 : parsed.flow.icmp_type == net::kIcmpUnreachable &&
                                       parsed.flow.icmp_code == net::kIcmpCodeFragmentationNeeded;
  if (!too_big) return false;
  const Bytes message = Data(packet).subspan(upper_offset);
  const auto icmp = net::ParseIcmp(message);
  if (!icmp) return false;
  const bool intact =
      parsed.v6 ? net::Icmp6ChecksumOk(parsed.flow.source, parsed.flow.destination, message)
                : net::IcmpChecksumOk(message);
  const Bytes quote = message.subspan(net::kIcmpHeaderBytes);
  const auto id = OuterIdOf(quote);
  if (!intact || !id || id->source != parsed.flow.destination) return false;
  const auto entry = outer_log_.EntryOf(*id, Meta(packet).vrf, now_ns_);
  if (!entry) return false;
  const bool v6 = quote[0] >> 4 == 6;
  if (v6 != parsed.v6) return false;
  const size_t sent =
      v6 ? net::kIpv6HeaderBytes + LoadBe16(&quote[net::kIpv6PayloadOffset]) : LoadBe16(&quote[2]);
  // IPv4: the upper half is unused, or the length of RFC 4884.
  const size_t mtu = v6 ? icmp->rest : icmp->rest & 0xffff;
  path_mtus_.Learn(*entry, v6, mtu, sent, now_ns_);
  return true;
}

// RFC 1122, 3.2.2; RFC 1812, 4.3.2; RFC 4443, 2.4 e: what no error is sent about.
bool Forwarder::MayReport(const rte_mbuf* about, const Parsed& subject) const {
  const PacketMeta& meta = Meta(about);
  if (meta.in_interface == kNoInterface || meta.policy_exempt || meta.protections != 0) {
    return false;
  }
  const ipsec::Flow& flow = subject.flow;
  if (flow.source.IsMulticast() || flow.source.IsUnspecified()) return false;
  if (subject.v6) {
    if (flow.destination.IsMulticast()) return false;
    if (flow.icmp == ipsec::Field::kHidden) return false;
    return flow.icmp == ipsec::Field::kAbsent || !net::Icmp6IsError(flow.icmp_type);
  }
  if (flow.later_fragment || !flow.source.IsRoutableUnicast()) return false;
  if (flow.protocol != net::kProtocolIcmp) return true;
  return flow.icmp == ipsec::Field::kShown && !net::IcmpIsError(flow.icmp_type);
}

bool Forwarder::TakeErrorToken() {
  const uint64_t now = clock_.MonotonicNs();
  if (now - icmp_window_ns_ >= kNsPerSecond) {
    icmp_window_ns_ = now;
    icmp_in_window_ = 0;
  }
  if (icmp_in_window_ >= kIcmpErrorsPerSecond) return false;
  ++icmp_in_window_;
  return true;
}

void Forwarder::SendError(rte_mbuf* about, IcmpErrorKind kind, uint32_t rest) {
  const auto subject = ParsePacket(Data(about));
  if (!subject || !MayReport(about, *subject)) return;
  const IcmpErrorCodes codes = CodesOf(kind);
  if (!subject->v6 && codes.v4_type == 0) return;
  const PacketMeta about_meta = Meta(about);
  const InterfaceConfig& in = snapshot_->interfaces[about_meta.in_interface];
  const bool unreachable =
      subject->v6 ? codes.v6_type == net::kIcmp6Unreachable
                  : codes.v4_type == net::kIcmpUnreachable && kind != IcmpErrorKind::kTooBig;
  if (unreachable && !(subject->v6 ? in.unreachables6 : in.unreachables)) return;
  net::Address own;
  if (subject->v6) {
    own = addresses6_.SourceFor(about_meta.in_interface, subject->flow.source);
  } else if (in.address != 0) {
    own = net::Address::V4(in.address);
  }
  if (own.is_none() || !TakeErrorToken()) return;
  rte_mbuf* packet = rte_pktmbuf_alloc(pool_);
  if (packet == nullptr) return;
  counters_.originated.Add(1);
  if (subject->v6) {
    const net::IcmpHeader icmp{codes.v6_type, codes.v6_code, 0, rest};
    WriteErrorV6(packet, Data(about), icmp, own, subject->flow.source);
  } else {
    const uint32_t used = kind == IcmpErrorKind::kTooBig ? rest : 0;
    WriteErrorV4(packet, Data(about), {codes.v4_type, codes.v4_code, 0, used}, own,
                 subject->flow.source);
  }
  RouteOwn(packet, about_meta);
}

void Forwarder::WriteErrorV4(rte_mbuf* packet, Bytes about, const net::IcmpHeader& icmp,
                             const net::Address& source, const net::Address& destination) {
  const size_t quoted = std::min(about.size(), kMaxQuoteV4);
  const size_t total = net::kIpv4HeaderBytes + net::kIcmpHeaderBytes + quoted;
  rte_pktmbuf_append(packet, static_cast<uint16_t>(total));
  OwnHeader header{source, destination, net::kProtocolIcmp};
  header.tos = kInternetworkControl;
  WriteOwnHeader(header, net::kIcmpHeaderBytes + quoted, Data(packet));
  VAM_CHECK(net::WriteIcmp(icmp, about.first(quoted), Data(packet).subspan(net::kIpv4HeaderBytes))
                .has_value());
}

void Forwarder::WriteErrorV6(rte_mbuf* packet, Bytes about, const net::IcmpHeader& icmp,
                             const net::Address& source, const net::Address& destination) {
  const size_t quoted = std::min(about.size(), kMaxQuoteV6);
  rte_pktmbuf_append(packet,
                     static_cast<uint16_t>(net::kIpv6HeaderBytes + net::kIcmpHeaderBytes + quoted));
  WriteOwnHeader({source, destination, net::kProtocolIcmpV6}, net::kIcmpHeaderBytes + quoted,
                 Data(packet));
  VAM_CHECK(net::WriteIcmp6(source, destination, icmp, about.first(quoted),
                            Data(packet).subspan(net::kIpv6HeaderBytes))
                .has_value());
}

}  // namespace vam::fwd
