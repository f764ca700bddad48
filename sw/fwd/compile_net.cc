#include "sw/fwd/compile_net.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "sw/config/effective.h"
#include "sw/config/render.h"
#include "sw/fwd/packet.h"

namespace vam::fwd {

namespace {

uint16_t PortIndex(const std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? kNoInterface : static_cast<uint16_t>(found - names.begin());
}

bool IsLinkLocal(const config::Ipv6Address& a) {
  return a.kind == config::Ipv6AddressKind::kLinkLocal;
}

// A list that is missing or has no lines filters nothing, as in IOS.
std::shared_ptr<const AccessList> ToList(const config::Running& running, const std::string& name,
                                         NetIds& ids) {
  const config::Acl* acl = name.empty() ? nullptr : running.FindAcl(name);
  if (acl == nullptr || acl->entries.empty()) return nullptr;
  return ids.ListOf(*acl);
}

void CompileV6(const config::Interface& in, InterfaceConfig& out) {
  out.ipv6 = in.ipv6.on();
  out.mtu6 = in.LongestIpv6();
  out.tcp_mss = in.tcp_mss;
  out.tcp_mss6 = in.ipv6.tcp_mss;
  out.unreachables6 = in.ipv6.unreachables;
  for (const config::Ipv6Address& a : in.ipv6.addresses) {
    out.addresses6.push_back({a.address, IsLinkLocal(a) ? uint8_t{64} : a.prefix_length,
                              a.kind == config::Ipv6AddressKind::kEui64});
  }
}

void CompileInterface(const config::Running& running, const config::Interface& in, NetIds& ids,
                      InterfaceConfig& out) {
  out.shutdown = in.shutdown;
  out.vrf = ids.vrfs().Of(in.vrf);
  out.mtu = in.LongestIpv4();
  out.unreachables = in.ip_unreachables;
  out.df_mode = ToDf(config::DfBitOf(running.crypto, in, {}));
  out.fragment_after_encryption =
      config::FragmentationOf(running.crypto, in) == config::Fragmentation::kAfter;
  CompileV6(in, out);
  out.acl_in = ToList(running, in.access_in, ids);
  out.acl_out = ToList(running, in.access_out, ids);
  out.acl6_in = ToList(running, in.ipv6.filter_in, ids);
  out.acl6_out = ToList(running, in.ipv6.filter_out, ids);
  const config::Interface* lender =
      in.unnumbered.empty() ? nullptr : running.FindInterface(in.unnumbered);
  out.borrowed = lender != nullptr;
  const config::Interface& numbered = lender != nullptr ? *lender : in;
  if (!numbered.address) return;
  out.address = numbered.address->v4();
  out.prefix_length = numbered.prefix_length;
  if (lender != nullptr) return;
  for (const config::InterfaceAddress& a : in.secondary) {
    out.secondary.push_back({a.address.v4(), a.prefix_length});
  }
}

void CompileLoopbacks(const config::Running& running, NetIds& ids, Snapshot& snapshot) {
  for (const config::Interface& in : running.interfaces) {
    if (!in.loopback() || in.shutdown) continue;
    const uint16_t vrf = ids.vrfs().Of(in.vrf);
    if (in.address) snapshot.loopbacks.push_back({vrf, *in.address});
    for (const config::InterfaceAddress& a : in.secondary) {
      snapshot.loopbacks.push_back({vrf, a.address});
    }
    for (const config::Ipv6Address& a : in.ipv6.addresses) {
      if (a.kind == config::Ipv6AddressKind::kGiven) snapshot.loopbacks.push_back({vrf, a.address});
    }
  }
}

void CompileRoutes(const config::Running& running, const std::vector<std::string>& port_names,
                   NetIds& ids, Snapshot& snapshot) {
  std::vector<const config::Route*> ordered;
  for (const config::Route& route : running.routes) ordered.push_back(&route);
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto* a, const auto* b) { return a->distance > b->distance; });
  for (const config::Route* in : ordered) {
    Route route;
    route.prefix = in->destination;
    route.distance = in->distance;
    if (in->next_hop) route.next_hop = *in->next_hop;
    route.interface = kNoInterface;
    if (in->interface == config::kNullInterface) {
      route.interface = kNullInterface;
    } else if (!in->interface.empty()) {
      route.interface = PortIndex(port_names, in->interface);
      if (route.interface == kNoInterface) continue;
    }
    AddStatic(snapshot, ids.vrfs().Of(in->vrf), route);
  }
}

void CompileNeighbors(const config::Running& running, const std::vector<std::string>& port_names,
                      NetIds& ids, Snapshot& snapshot) {
  for (const config::ArpEntry& arp : running.arps) {
    snapshot.static_neighbors.push_back(
        {ids.vrfs().Of(arp.vrf), arp.address, arp.mac, kNoInterface});
  }
  for (const config::Neighbor& n : running.neighbors) {
    const uint16_t interface = PortIndex(port_names, n.interface);
    if (interface == kNoInterface) continue;
    snapshot.static_neighbors.push_back(
        {snapshot.interfaces[interface].vrf, n.address, n.mac, interface});
  }
}

ipsec::AddressMatch ToMatch(const config::AddressMatch& v4, const net::Prefix& v6, bool is_v6) {
  if (!is_v6) return ipsec::AddressMatch::V4(v4.address, v4.wildcard);
  const bool any = v6.family() == net::Family::kNone;
  const net::Prefix prefix = any ? net::Prefix::Any(net::Family::kV6) : v6;
  return ipsec::AddressMatch::V6(prefix.base(), prefix.HostBits());
}

// DSCP, precedence and TOS are parts of one byte.
void SetTos(const config::AclEntry& entry, AclExtras& extras) {
  const auto part = [&](const std::optional<uint8_t>& value, unsigned shift, unsigned mask) {
    if (!value) return;
    extras.tos |= static_cast<uint8_t>(*value << shift);
    extras.tos_mask |= static_cast<uint8_t>(mask);
  };
  part(entry.dscp, 2, 0xfc);
  part(entry.precedence, 5, 0xe0);
  part(entry.tos, 1, 0x1e);
}

AclLine ToAclLine(const config::AclEntry& entry, bool v6) {
  AclLine line;
  line.match = ToPolicyLine(entry, v6);
  line.log = entry.log || entry.log_input;
  AclExtras& extras = line.extras;
  extras.source_ports_except = entry.source_port.except;
  extras.destination_ports_except = entry.destination_port.except;
  extras.established = entry.established;
  extras.flags_set = entry.tcp_flags.set;
  extras.flags_clear = entry.tcp_flags.clear;
  extras.flags_all = entry.tcp_flags.all;
  SetTos(entry, extras);
  if (entry.ttl) {
    extras.ttl_first = entry.ttl->first;
    extras.ttl_last = entry.ttl->last;
    extras.ttl_except = entry.ttl->except;
  }
  extras.flow_label = entry.flow_label;
  extras.routing = entry.routing;
  extras.undetermined = entry.undetermined;
  return line;
}

}  // namespace

ipsec::DfMode ToDf(config::DfBit bit) {
  if (bit == config::DfBit::kSet) return ipsec::DfMode::kSet;
  return bit == config::DfBit::kClear ? ipsec::DfMode::kClear : ipsec::DfMode::kCopy;
}

ipsec::PortRange ToPorts(const config::PortRange& range) { return {range.first, range.last}; }

ipsec::PolicyLine ToPolicyLine(const config::AclEntry& entry, bool v6) {
  ipsec::PolicyLine line;
  line.permit = entry.permit;
  line.protocol = entry.protocol;
  line.source = ToMatch(entry.source, entry.source_v6, v6);
  line.destination = ToMatch(entry.destination, entry.destination_v6, v6);
  line.source_ports = ToPorts(entry.source_port);
  line.destination_ports = ToPorts(entry.destination_port);
  line.icmp_type = entry.icmp_type;
  line.icmp_code = entry.icmp_code;
  line.fragments = entry.fragments;
  return line;
}

void NetIds::Begin() {
  for (auto& [name, counted] : counted_) counted.used = false;
}

void NetIds::End() {
  std::erase_if(counted_, [](const auto& item) { return !item.second.used; });
  std::erase_if(lists_, [this](const auto& item) { return !counted_.contains(item.first); });
}

std::vector<Snapshot::CountedList> NetIds::CountedLists() const {
  std::vector<Snapshot::CountedList> lists;
  lists.reserve(counted_.size());
  for (const auto& [name, counted] : counted_) lists.push_back({name, counted.counters});
  return lists;
}

std::shared_ptr<AclCounters> NetIds::CountersOf(const config::Acl& acl) {
  Counted& counted = counted_[acl.name];
  if (std::exchange(counted.used, true)) return counted.counters;
  std::string text;
  for (const config::AclEntry& entry : acl.entries) {
    text += config::RenderAclEntry(entry, acl.kind) + "\n";
  }
  const size_t hash = std::hash<std::string>{}(text);
  const bool same = counted.counters != nullptr && counted.hash == hash &&
                    counted.counters->lines() == acl.entries.size();
  if (!same) counted.counters = std::make_shared<AclCounters>(acl.entries.size());
  counted.hash = hash;
  return counted.counters;
}

std::shared_ptr<const AccessList> NetIds::ListOf(const config::Acl& acl) {
  const std::shared_ptr<AclCounters> counters = CountersOf(acl);
  auto& [known, list] = lists_[acl.name];
  if (list != nullptr && list->counters() == counters && known == acl) return list;
  const bool v6 = acl.kind == config::AclKind::kIpv6;
  std::vector<AclLine> lines;
  for (const config::AclEntry& entry : acl.entries) lines.push_back(ToAclLine(entry, v6));
  known = acl;
  list = std::make_shared<AccessList>(acl.name, v6, lines, counters);
  return list;
}

void AddConnected(Snapshot& snapshot, uint16_t index) {
  const InterfaceConfig& interface = snapshot.interfaces[index];
  if (interface.shutdown) return;
  RouteTable& routes = snapshot.vrfs[interface.vrf].routes;
  const auto add = [&](const net::Address& address, uint8_t length) {
    const auto prefix = net::Prefix::Create(address, length);
    if (prefix) routes.Add({*prefix, index, {}, true, 0});
  };
  if (interface.address != 0 && !interface.borrowed) {
    add(net::Address::V4(interface.address), interface.prefix_length);
  }
  for (const auto& s : interface.secondary) add(net::Address::V4(s.address), s.prefix_length);
  if (!interface.ipv6) return;
  for (const Ipv6Address& a : interface.addresses6) {
    if (!a.address.IsLinkLocal()) add(a.address, a.prefix_length);
  }
}

bool AddStatic(Snapshot& snapshot, uint16_t vrf, Route route) {
  RouteTable& routes = snapshot.vrfs[vrf].routes;
  if (route.interface == kNoInterface) {
    if (route.next_hop.is_none()) return false;
    const Route* via = routes.LookupConnected(route.next_hop);
    if (via == nullptr) return false;
    route.interface = via->interface;
  }
  if (route.interface != kNullInterface) {
    const InterfaceConfig& out = snapshot.interfaces[route.interface];
    if (out.shutdown || out.vrf != vrf) return false;
  }
  const Route* existing = routes.Find(route.prefix);
  if (existing != nullptr && existing->connected) return false;
  routes.Add(route);
  return true;
}

void CompileNet(const config::Running& running, const std::vector<std::string>& port_names,
                NetIds& ids, Snapshot& snapshot) {
  ids.Begin();
  ids.vrfs().Follow(running);
  snapshot.ipv6_routing = running.ipv6_routing;
  snapshot.interfaces.resize(port_names.size());
  for (uint16_t i = 0; i < port_names.size(); ++i) {
    InterfaceConfig& out = snapshot.interfaces[i];
    out.name = port_names[i];
    const config::Interface* in = running.FindInterface(port_names[i]);
    out.shutdown = in == nullptr;
    if (in != nullptr) CompileInterface(running, *in, ids, out);
  }
  CompileLoopbacks(running, ids, snapshot);
  for (const config::Vrf& vrf : running.vrfs) {
    const uint16_t number = ids.vrfs().Of(vrf.name);
    if (number >= snapshot.vrfs.size()) snapshot.vrfs.resize(number + 1u);
    snapshot.vrfs[number].name = vrf.name;
  }
  // Numbers of VRFs that are gone, and of any that only a route or neighbour names.
  if (snapshot.vrfs.size() < ids.vrfs().count()) snapshot.vrfs.resize(ids.vrfs().count());
  for (uint16_t i = 0; i < port_names.size(); ++i) AddConnected(snapshot, i);
  CompileRoutes(running, port_names, ids, snapshot);
  CompileNeighbors(running, port_names, ids, snapshot);
  snapshot.Seal();
}

}  // namespace vam::fwd
