#include "sw/fwd/acl_list.h"

#include <utility>

#include "sw/net/icmp6.h"

namespace vam::fwd {

namespace {

constexpr size_t kTcpFlagsOffset = 13;

// Address and mask in wire order; a line that names no address compares no bit.
std::array<uint8_t, 16> MaskOf(const ipsec::AddressMatch& match) {
  std::array<uint8_t, 16> mask{};
  for (size_t i = 0; i < match.address.bytes().size(); ++i) {
    mask[i] = static_cast<uint8_t>(~match.wildcard[i]);
  }
  return mask;
}

template <typename Gate>
Gate GateOf(const ipsec::PolicyLine& line) {
  Gate gate;
  const auto set = [](const ipsec::AddressMatch& match, auto& value, auto& mask) {
    mask = Gate::Load(MaskOf(match));
    value = Gate::Load(match.address.raw());
    for (size_t i = 0; i < value.size(); ++i) value[i] &= mask[i];
  };
  set(line.source, gate.source, gate.source_mask);
  set(line.destination, gate.destination, gate.destination_mask);
  return gate;
}

bool AsksForTransport(const AclLine& line) {
  const AclExtras& e = line.extras;
  return !line.match.source_ports.IsAny() || !line.match.destination_ports.IsAny() ||
         line.match.icmp_type.has_value() || e.established || e.flags_set != 0 ||
         e.flags_clear != 0;
}

bool PortMeets(const ipsec::PortRange& range, bool except, uint16_t port) {
  return range.IsAny() || range.Contains(port) != except;
}

bool FlagsMeet(const AclExtras& line, uint8_t flags) {
  if (line.established && (flags & (kTcpAck | kTcpRst)) == 0) return false;
  const auto asked = static_cast<uint8_t>(line.flags_set | line.flags_clear);
  if (asked == 0) return true;
  const auto met = static_cast<uint8_t>((flags & line.flags_set) | (~flags & line.flags_clear));
  return line.flags_all ? met == asked : met != 0;
}

}  // namespace

AclPacket AclPacketOf(const Parsed& parsed, Bytes packet) {
  AclPacket out{parsed.flow};
  out.tos = parsed.tos;
  out.ttl = parsed.ttl;
  const ipsec::Flow& flow = parsed.flow;
  size_t upper_offset = parsed.header_bytes;
  if (parsed.v6) {
    const auto header = net::ParseIpv6(packet);
    const auto chain = net::WalkIpv6(*header, packet);
    out.flow_label = header->flow_label;
    out.evasive = !chain;
    out.routing = chain && chain->has_routing;
    if (chain) upper_offset = chain->upper_offset;
  }
  if (flow.later_fragment) {
    out.evasive |= !parsed.v6 && flow.protocol == net::kProtocolTcp &&
                   (LoadBe16(&packet[6]) & 0x1fff) == 1;  // RFC 1858, 4.2
    return out;
  }
  out.evasive |= flow.protocol_hidden || flow.ports == ipsec::Field::kHidden ||
                 flow.icmp == ipsec::Field::kHidden;
  if (flow.protocol != net::kProtocolTcp || out.evasive) return out;
  const size_t at = upper_offset + kTcpFlagsOffset;
  out.flags_shown = at < parsed.total_bytes && at < packet.size();
  if (out.flags_shown) out.tcp_flags = packet[at];
  out.evasive = !out.flags_shown;
  return out;
}

AccessList::AccessList(std::string name, bool v6, const std::vector<AclLine>& lines,
                       std::shared_ptr<AclCounters> counters)
    : name_(std::move(name)), v6_(v6), counters_(std::move(counters)) {
  VAM_CHECK(counters_->lines() == lines.size());
  for (const AclLine& line : lines) {
    if (v6) {
      gates_v6_.push_back(GateOf<ipsec::GateV6>(line.match));
    } else {
      gates_v4_.push_back(GateOf<ipsec::GateV4>(line.match));
    }
    rests_.push_back({line.match, line.extras, AsksForTransport(line), line.log});
  }
}

// The addresses agree already.
bool AccessList::Meets(const Rest& line, const AclPacket& packet) {
  const ipsec::Flow& flow = packet.flow;
  const ipsec::PolicyLine& match = line.match;
  const AclExtras& extras = line.extras;
  if (extras.undetermined != packet.evasive) return false;
  if (packet.evasive) return true;
  if (match.protocol != 0 && match.protocol != flow.protocol) return false;
  if (((packet.tos ^ extras.tos) & extras.tos_mask) != 0) return false;
  const bool ttl_inside = extras.ttl_first <= packet.ttl && packet.ttl <= extras.ttl_last;
  if (ttl_inside == extras.ttl_except) return false;
  if (extras.flow_label && *extras.flow_label != packet.flow_label) return false;
  if (extras.routing && !packet.routing) return false;
  if (match.fragments && !flow.later_fragment) return false;
  if (!line.transport) return true;
  return flow.later_fragment ? match.permit : MeetsTransport(line, packet);
}

bool AccessList::MeetsTransport(const Rest& line, const AclPacket& packet) {
  const ipsec::Flow& flow = packet.flow;
  const ipsec::PolicyLine& match = line.match;
  const AclExtras& extras = line.extras;
  if (!match.source_ports.IsAny() || !match.destination_ports.IsAny()) {
    if (flow.ports != ipsec::Field::kShown ||
        !PortMeets(match.source_ports, extras.source_ports_except, flow.source_port) ||
        !PortMeets(match.destination_ports, extras.destination_ports_except,
                   flow.destination_port)) {
      return false;
    }
  }
  if (match.icmp_type) {
    if (flow.icmp != ipsec::Field::kShown || flow.icmp_type != *match.icmp_type) return false;
    if (match.icmp_code && flow.icmp_code != *match.icmp_code) return false;
  }
  if (!extras.established && extras.flags_set == 0 && extras.flags_clear == 0) return true;
  return packet.flags_shown && FlagsMeet(extras, packet.tcp_flags);
}

template <typename Gate>
uint32_t AccessList::First(const std::vector<Gate>& gates, const AclPacket& packet) const {
  const auto key = Gate::KeyOf(packet.flow);
  for (uint32_t i = 0; i < gates.size(); ++i) {
    if (gates[i].Admits(key) && Meets(rests_[i], packet)) return i;
  }
  return static_cast<uint32_t>(gates.size());
}

AclMatch AccessList::Judge(const AclPacket& packet) const {
  const auto end = static_cast<uint32_t>(rests_.size());
  if (end == 0) return {true, false, 0};
  AclMatch match{false, false, end};
  match.line = v6_ ? First(gates_v6_, packet) : First(gates_v4_, packet);
  counters_->Add(match.line);
  if (match.line != end) {
    match.permit = rests_[match.line].match.permit;
    match.log = rests_[match.line].log;
    return match;
  }
  const ipsec::Flow& flow = packet.flow;
  match.permit = v6_ && !packet.evasive && flow.icmp == ipsec::Field::kShown &&
                 (flow.icmp_type == net::kIcmp6NeighborSolicitation ||
                  flow.icmp_type == net::kIcmp6NeighborAdvertisement);
  return match;
}

}  // namespace vam::fwd
