#include "sw/config/render_net.h"

#include <fmt/core.h>

#include "sw/config/ip_names.h"
#include "sw/config/render.h"
#include "sw/config/render_crypto.h"
#include "sw/net/ipv4.h"

namespace vam::config {
namespace {

std::string V4(uint32_t address) { return net::ToString(net::Address::V4(address)); }

std::string AddressWords(const AddressMatch& match) {
  if (match.wildcard == 0xFFFFFFFF) return "any";
  if (match.wildcard == 0) return "host " + V4(match.address);
  return V4(match.address) + " " + V4(match.wildcard);
}
std::string AddressWords(const net::Prefix& prefix) {
  if (prefix.family() == net::Family::kNone) return "any";
  if (prefix.length() == 128) return "host " + net::ToString(prefix.base());
  return net::ToString(prefix);
}

std::string PortWords(const PortRange& range, uint8_t protocol) {
  if (range.any()) return "";
  const std::string first = PortName(range.first, protocol);
  if (range.except) return " neq " + first;
  if (range.first == range.last) return " eq " + first;
  if (range.last == 65535) {
    return " gt " + PortName(static_cast<uint16_t>(range.first - 1), protocol);
  }
  if (range.first == 0) return " lt " + PortName(static_cast<uint16_t>(range.last + 1), protocol);
  return fmt::format(" range {} {}", first, PortName(range.last, protocol));
}

std::string TtlWords(const TtlRange& ttl) {
  if (ttl.except) return fmt::format(" ttl neq {}", ttl.first);
  if (ttl.first == ttl.last) return fmt::format(" ttl eq {}", ttl.first);
  if (ttl.last == 255 && ttl.first > 0) return fmt::format(" ttl gt {}", ttl.first - 1);
  if (ttl.first == 0 && ttl.last < 255) return fmt::format(" ttl lt {}", ttl.last + 1);
  return fmt::format(" ttl range {} {}", ttl.first, ttl.last);
}

std::string FlagWords(const TcpFlags& flags) {
  if (flags.any()) return "";
  std::string words = flags.all ? " match-all" : " match-any";
  for (const auto& [word, flag] : TcpFlagWords()) {
    if ((flags.set & flag) != 0) words += fmt::format(" +{}", word);
    if ((flags.clear & flag) != 0) words += fmt::format(" -{}", word);
  }
  return words;
}

std::string OptionWords(const AclEntry& entry, bool v6) {
  std::string words;
  if (entry.icmp_type) words += " " + IcmpName({*entry.icmp_type, entry.icmp_code}, v6);
  if (entry.established) words += " established";
  words += FlagWords(entry.tcp_flags);
  if (entry.dscp) words += " dscp " + DscpName(*entry.dscp);
  if (entry.precedence) words += " precedence " + PrecedenceName(*entry.precedence);
  if (entry.tos) words += " tos " + TosName(*entry.tos);
  if (entry.ttl) words += TtlWords(*entry.ttl);
  if (entry.flow_label) words += fmt::format(" flow-label {}", *entry.flow_label);
  if (entry.routing) words += " routing";
  if (entry.undetermined) words += " undetermined-transport";
  if (entry.fragments) words += " fragments";
  if (entry.log) words += " log";
  if (entry.log_input) words += " log-input";
  return words;
}

std::string StandardWords(const AclEntry& entry) {
  std::string words = AddressWords(entry.source);
  if (entry.source.wildcard == 0) words = V4(entry.source.address);
  return words + (entry.log ? " log" : "");
}

void TargetLines(const std::vector<RouteTarget>& targets, std::string_view indent,
                 std::string& text) {
  for (const RouteTarget& target : targets) {
    text += fmt::format("{}route-target {} {}\n", indent, target.import ? "import" : "export",
                        target.value);
  }
}
void FamilyLines(const VrfFamily& family, std::string_view name, std::string& text) {
  if (!family.on) return;
  text += fmt::format(" address-family {}\n", name);
  TargetLines(family.targets, "  ", text);
  text += " exit-address-family\n";
}

void Ipv6Lines(const InterfaceIpv6& ipv6, std::string& text) {
  for (const Ipv6Address& address : ipv6.addresses) {
    const std::string own = net::ToString(address.address);
    if (address.kind == Ipv6AddressKind::kLinkLocal) {
      text += fmt::format(" ipv6 address {} link-local\n", own);
    } else {
      text += fmt::format(" ipv6 address {}/{}{}\n", own, address.prefix_length,
                          address.kind == Ipv6AddressKind::kEui64 ? " eui-64" : "");
    }
  }
  if (ipv6.enable) text += " ipv6 enable\n";
  if (ipv6.mtu != 0) text += fmt::format(" ipv6 mtu {}\n", ipv6.mtu);
  if (ipv6.tcp_mss != 0) text += fmt::format(" ipv6 tcp adjust-mss {}\n", ipv6.tcp_mss);
  if (!ipv6.unreachables) text += " no ipv6 unreachables\n";
  if (!ipv6.filter_in.empty()) text += fmt::format(" ipv6 traffic-filter {} in\n", ipv6.filter_in);
  if (!ipv6.filter_out.empty()) {
    text += fmt::format(" ipv6 traffic-filter {} out\n", ipv6.filter_out);
  }
}

void Ipv4Lines(const Interface& interface, std::string& text) {
  if (interface.address) {
    text += fmt::format(" ip address {} {}\n", net::ToString(*interface.address),
                        V4(net::MaskFromLength(interface.prefix_length)));
  }
  for (const InterfaceAddress& more : interface.secondary) {
    text += fmt::format(" ip address {} {} secondary\n", net::ToString(more.address),
                        V4(net::MaskFromLength(more.prefix_length)));
  }
  if (!interface.unnumbered.empty()) {
    text += fmt::format(" ip unnumbered {}\n", interface.unnumbered);
  }
  if (!interface.access_in.empty()) {
    text += fmt::format(" ip access-group {} in\n", interface.access_in);
  }
  if (!interface.access_out.empty()) {
    text += fmt::format(" ip access-group {} out\n", interface.access_out);
  }
  if (!interface.ip_unreachables) text += " no ip unreachables\n";
  if (interface.mtu != Interface().mtu) text += fmt::format(" mtu {}\n", interface.mtu);
  if (interface.ip_mtu != 0) text += fmt::format(" ip mtu {}\n", interface.ip_mtu);
  if (interface.tcp_mss != 0) text += fmt::format(" ip tcp adjust-mss {}\n", interface.tcp_mss);
}

std::string RouteLine(const Route& route) {
  const bool v4 = route.destination.family() == net::Family::kV4;
  std::string line = v4 ? "ip route" : "ipv6 route";
  if (!route.vrf.empty()) line += " vrf " + route.vrf;
  line += v4 ? fmt::format(" {} {}", net::ToString(route.destination.base()),
                           V4(net::MaskFromLength(route.destination.length())))
             : " " + net::ToString(route.destination);
  if (!route.interface.empty()) line += " " + route.interface;
  if (route.next_hop) line += " " + net::ToString(*route.next_hop);
  if (route.distance != Route().distance) line += fmt::format(" {}", route.distance);
  if (route.tag != 0) line += fmt::format(" tag {}", route.tag);
  if (route.permanent) line += " permanent";
  if (!route.name.empty()) line += " name " + route.name;
  return line + "\n";
}

// Whether each line has the number that it gets when it is entered behind the one before it.
bool NumberedByDefault(const Acl& acl) {
  for (size_t i = 0; i < acl.entries.size(); ++i) {
    if (acl.entries[i].sequence != 10 * (i + 1)) return false;
  }
  return true;
}
std::string AclHead(const Acl& acl) {
  if (acl.kind == AclKind::kIpv6) return "ipv6 access-list " + acl.name;
  return fmt::format("ip access-list {} {}",
                     acl.kind == AclKind::kStandard ? "standard" : "extended", acl.name);
}

}  // namespace

std::string RenderAclEntry(const AclEntry& entry, AclKind kind) {
  const std::string verdict = entry.permit ? "permit " : "deny ";
  if (kind == AclKind::kStandard) return verdict + StandardWords(entry);
  const bool v6 = kind == AclKind::kIpv6;
  const std::string source = v6 ? AddressWords(entry.source_v6) : AddressWords(entry.source);
  const std::string destination =
      v6 ? AddressWords(entry.destination_v6) : AddressWords(entry.destination);
  return fmt::format("{}{} {}{} {}{}{}", verdict,
                     v6 ? ProtocolNameV6(entry.protocol) : ProtocolName(entry.protocol), source,
                     PortWords(entry.source_port, entry.protocol), destination,
                     PortWords(entry.destination_port, entry.protocol), OptionWords(entry, v6));
}

std::string RenderDevice(const Device& device) {
  switch (device.kind) {
    case DeviceKind::kAfPacket:
      return "af-packet " + device.name;
    case DeviceKind::kTap:
      return "tap " + device.name;
    case DeviceKind::kPcap:
      return fmt::format("pcap rx {} tx {}", device.name, device.output);
    case DeviceKind::kEthdev:
      return "ethdev " + device.name;
  }
  return "";
}

std::string RenderVrfs(const Running& running) {
  std::string text;
  for (const Vrf& vrf : running.vrfs) {
    text += fmt::format("{} {}\n", vrf.ip_vrf ? "ip vrf" : "vrf definition", vrf.name);
    if (!vrf.description.empty()) text += fmt::format(" description {}\n", vrf.description);
    if (!vrf.rd.empty()) text += fmt::format(" rd {}\n", vrf.rd);
    TargetLines(vrf.targets, " ", text);
    if (!vrf.ip_vrf) {
      FamilyLines(vrf.ipv4, "ipv4", text);
      FamilyLines(vrf.ipv6, "ipv6", text);
    }
    text += "!\n";
  }
  return text;
}

// The VRF stands above the addresses: it would remove them.
std::string RenderInterface(const Running& running, const Interface& interface) {
  const Vrf* const vrf = running.FindVrf(interface.vrf);
  const bool ip_vrf = vrf != nullptr && vrf->ip_vrf;
  std::string text = fmt::format("interface {}\n", interface.name);
  if (!interface.description.empty()) {
    text += fmt::format(" description {}\n", interface.description);
  }
  if (interface.device) text += fmt::format(" device {}\n", RenderDevice(*interface.device));
  if (interface.mac) text += fmt::format(" mac-address {}\n", net::ToDottedString(*interface.mac));
  if (!interface.vrf.empty()) {
    text += fmt::format(" {}vrf forwarding {}\n", ip_vrf ? "ip " : "", interface.vrf);
  }
  Ipv4Lines(interface, text);
  Ipv6Lines(interface.ipv6, text);
  if (interface.shutdown) text += " shutdown\n";
  if (!interface.crypto_map.empty()) text += fmt::format(" crypto map {}\n", interface.crypto_map);
  if (!interface.ipv6.crypto_map.empty()) {
    text += fmt::format(" ipv6 crypto map {}\n", interface.ipv6.crypto_map);
  }
  text += RenderInterfaceCrypto(interface);
  return text + "!\n";
}

std::string RenderRoutes(const Running& running) {
  std::string v4;
  std::string v6;
  for (const Route& route : running.routes) {
    (route.destination.family() == net::Family::kV4 ? v4 : v6) += RouteLine(route);
  }
  if (!v4.empty()) v4 += "!\n";
  if (!v6.empty()) v6 += "!\n";
  return v4 + v6;
}

// A numbered list with the default numbering is written in the short form.
std::string RenderAcl(const Acl& acl) {
  const bool by_default = NumberedByDefault(acl);
  const bool plain = acl.numbered() && by_default && !(acl.entries.empty() && acl.remarks.empty());
  std::string text = plain ? "" : AclHead(acl) + "\n";
  const std::string begin = plain ? fmt::format("access-list {} ", acl.name) : " ";
  auto remark = acl.remarks.begin();
  const auto remarks_after = [&](uint32_t sequence) {
    for (; remark != acl.remarks.end() && remark->after == sequence; ++remark) {
      text += fmt::format("{}remark {}\n", begin, remark->text);
    }
  };
  remarks_after(0);
  for (const AclEntry& entry : acl.entries) {
    text += begin;
    if (acl.kind == AclKind::kIpv6 && !by_default) {
      text += fmt::format("sequence {} ", entry.sequence);
    } else if (acl.kind != AclKind::kIpv6 && !plain) {
      text += fmt::format("{} ", entry.sequence);
    }
    text += RenderAclEntry(entry, acl.kind) + "\n";
    remarks_after(entry.sequence);
  }
  return text + "!\n";
}

std::string RenderNeighbors(const Running& running) {
  std::string text;
  for (const ArpEntry& arp : running.arps) {
    text += fmt::format("arp {}{} {} arpa\n", arp.vrf.empty() ? "" : "vrf " + arp.vrf + " ",
                        net::ToString(arp.address), net::ToDottedString(arp.mac));
  }
  if (!text.empty()) text += "!\n";
  for (const Neighbor& neighbor : running.neighbors) {
    text += fmt::format("ipv6 neighbor {} {} {}\n", net::ToString(neighbor.address),
                        neighbor.interface, net::ToDottedString(neighbor.mac));
  }
  if (!running.neighbors.empty()) text += "!\n";
  return text;
}

}  // namespace vam::config
