// Random interfaces, routes and access lists for the round trip of sw/config.
#ifndef VAM_TESTS_UNIT_SW_CONFIG_RANDOM_NET_H_
#define VAM_TESTS_UNIT_SW_CONFIG_RANDOM_NET_H_

#include <fmt/core.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <string>

#include "sw/config/running.h"

namespace vam::config {

template <typename T>
T Pick(T low, T high) {
  return *rc::gen::inRange<T>(low, static_cast<T>(high + 1));
}
inline bool Flip() { return *rc::gen::arbitrary<bool>(); }
inline std::string Word(size_t longest) {
  const auto length = Pick<size_t>(1, longest);
  return *rc::gen::container<std::string>(
      length, rc::gen::elementOf(std::string("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_.")));
}
// Printable, without a blank at either end.
inline std::string Text() {
  std::string text = Word(10);
  if (Flip()) text += " ! " + Word(10) + "  \"'?|<>" + Word(3);
  return text;
}
inline net::Address Host() { return net::Address::V4(Pick<uint32_t>(0x0A000001, 0x0AFFFFFE)); }
inline net::Address HostV6() {
  return *net::Address::Parse(
      fmt::format("2001:db8:{:x}::{:x}:{:x}", Pick(0, 0xFFFF), Pick(0, 0xFFFF), Pick(2, 0xFFFF)));
}
inline std::string Rd() {
  return Flip() ? fmt::format("{}:{}", Pick(0, 65535), Pick<uint32_t>(0, 0xFFFFFFFE))
                : fmt::format("{}:{}", net::ToString(Host()), Pick(0, 65535));
}
inline net::MacAddress Station() {
  return *net::MacAddress::Parse(fmt::format("0200.0000.{:04x}", Pick(1, 0xFFFF)));
}

inline AddressMatch RandomMatch() {
  switch (Pick(0, 3)) {
    case 0:
      return {};
    case 1:
      return {Host().v4(), 0};
    case 2:
      return {0x0A000001, 0x00FF00F0};  // ones that are not contiguous
    default: {
      const uint32_t wildcard = (1U << Pick(1, 24)) - 1;
      return {Host().v4() & ~wildcard, wildcard};
    }
  }
}
inline net::Prefix RandomPrefixV6() {
  if (Pick(0, 2) == 0) return {};
  return *net::Prefix::Create(HostV6(), Pick<uint8_t>(1, 128));
}
// Known ports are likely: the ones with words.
inline uint16_t RandomPort() {
  constexpr std::array<uint16_t, 8> kKnown{7, 21, 53, 80, 179, 500, 514, 4500};
  return Flip() ? kKnown[Pick<size_t>(0, kKnown.size() - 1)] : Pick<uint16_t>(1, 65533);
}
inline PortRange RandomPorts() {
  const uint16_t first = RandomPort();
  switch (Pick(0, 5)) {
    case 0:
      return {};
    case 1:
      return {first, first};
    case 2:
      return {first, first, true};
    case 3:
      return {first, 65535};
    case 4:
      return {0, first};
    default:
      return {first, Pick<uint16_t>(first, 65534)};
  }
}
inline TcpFlags RandomFlags() {
  TcpFlags flags;
  flags.set = Pick<uint8_t>(0, 63);
  flags.clear = Pick<uint8_t>(0, 63) & static_cast<uint8_t>(~flags.set);
  flags.all = !flags.any() && Flip();
  return flags;
}
inline TtlRange RandomTtl() {
  const auto first = Pick<uint8_t>(0, 254);
  if (Flip()) return {first, first, Flip()};
  return {first, Pick<uint8_t>(first, 254)};
}

inline void RandomOptions(AclEntry& entry, bool v6) {
  const bool icmp = entry.protocol == (v6 ? 58 : 1);
  if (icmp && Flip()) entry.icmp_type = Pick<uint8_t>(0, 140);
  if (entry.icmp_type && Flip()) entry.icmp_code = Pick<uint8_t>(0, 15);
  if (entry.protocol == 6) {
    entry.established = Flip();
    if (Flip()) entry.tcp_flags = RandomFlags();
  }
  if (Flip()) entry.dscp = Pick<uint8_t>(0, 63);
  if (v6) {
    if (Flip()) entry.flow_label = Pick<uint32_t>(0, 0xFFFFF);
    entry.routing = Flip();
    entry.undetermined = Flip();
  } else {
    if (Flip()) entry.precedence = Pick<uint8_t>(0, 7);
    if (Flip()) entry.tos = Pick<uint8_t>(0, 15);
    if (Flip()) entry.ttl = RandomTtl();
  }
  const bool transport = entry.icmp_type || entry.established || !entry.tcp_flags.any() ||
                         !entry.source_port.any() || !entry.destination_port.any();
  entry.fragments = !transport && Flip();
  entry.log_input = Flip();
}
inline AclEntry RandomLine(AclKind kind) {
  AclEntry entry;
  entry.permit = Flip();
  entry.log = Flip();
  entry.source = kind == AclKind::kIpv6 ? AddressMatch() : RandomMatch();
  if (kind == AclKind::kStandard) return entry;
  const bool v6 = kind == AclKind::kIpv6;
  entry.protocol = std::array<uint8_t, 6>{
      0, static_cast<uint8_t>(v6 ? 58 : 1), 6, 17, 50, 133}[Pick<size_t>(0, 5)];
  if (v6) {
    entry.source_v6 = RandomPrefixV6();
    entry.destination_v6 = RandomPrefixV6();
  } else {
    entry.destination = RandomMatch();
  }
  if (entry.protocol == 6 || entry.protocol == 17) {
    entry.source_port = RandomPorts();
    entry.destination_port = RandomPorts();
  }
  RandomOptions(entry, v6);
  return entry;
}
inline Acl RandomAcl(std::string name, AclKind kind) {
  Acl acl;
  acl.name = std::move(name);
  acl.kind = kind;
  uint32_t sequence = 0;
  const bool by_default = Flip();
  for (size_t lines = Pick<size_t>(0, 6); acl.entries.size() < lines;) {
    if (Flip()) acl.remarks.push_back({sequence, fmt::format("{} {}", acl.remarks.size(), Text())});
    AclEntry entry = RandomLine(kind);
    entry.sequence = sequence + (by_default || Flip() ? 10 : Pick<uint32_t>(1, 50));
    // A line that tests the same as one before it is not entered twice.
    const bool same = std::any_of(acl.entries.begin(), acl.entries.end(), [&](AclEntry other) {
      other.sequence = entry.sequence;
      return other == entry;
    });
    if (same) continue;
    sequence = entry.sequence;
    acl.entries.push_back(entry);
  }
  return acl;
}

inline void RandomIpv6(InterfaceIpv6& ipv6) {
  ipv6.enable = Flip();
  if (Flip()) ipv6.mtu = 1280;
  if (Flip()) ipv6.tcp_mss = Pick<uint16_t>(500, 9156);
  ipv6.unreachables = Flip();
  if (Flip()) ipv6.filter_in = "six";
  if (Flip()) ipv6.filter_out = "none-such";
  if (Flip()) ipv6.addresses.push_back({HostV6(), 128, Ipv6AddressKind::kGiven});
  if (Flip()) {
    const auto prefix = *net::Prefix::Create(HostV6(), Pick<uint8_t>(48, 64));
    ipv6.addresses.push_back({prefix.base(), prefix.length(), Ipv6AddressKind::kEui64});
  }
  if (Flip()) {
    ipv6.addresses.push_back({*net::Address::Parse(fmt::format("fe80::{:x}", Pick(1, 0xFFFF))), 128,
                              Ipv6AddressKind::kLinkLocal});
  }
}
// Networks of different `number` do not overlap, those of one interface neither.
inline void RandomAddresses(Interface& interface, uint32_t number) {
  if (Flip()) {
    interface.address = net::Address::V4(0xC0A80001 + (number << 8));
    interface.prefix_length = 25;
    if (Flip()) interface.secondary.push_back({net::Address::V4(0xC0A80081 + (number << 8)), 25});
  }
  if (Flip()) RandomIpv6(interface.ipv6);
  // Two networks of 2001:db8::/32 may overlap: the numbers keep them apart.
  for (Ipv6Address& address : interface.ipv6.addresses) {
    if (address.kind == Ipv6AddressKind::kLinkLocal) continue;
    auto bytes = address.address.raw();
    bytes[2] = static_cast<uint8_t>(number);
    bytes[3] = address.kind == Ipv6AddressKind::kEui64;
    address.address = net::Address::V6(bytes);
  }
}
inline void RandomInterface(Running& running, const std::string& name, uint32_t number) {
  Interface& interface = running.interfaces.FindOrAdd(name);
  if (Flip()) interface.description = Text();
  interface.mtu = Pick<uint16_t>(1280, 9216);
  interface.shutdown = Flip();
  if (!running.vrfs.empty() && Flip()) interface.vrf = running.vrfs[0].name;
  const Vrf* vrf = running.FindVrf(interface.vrf);
  if (vrf == nullptr || (vrf->ipv4.on && vrf->ipv6.on)) RandomAddresses(interface, number);
  if (Flip()) interface.ip_mtu = Pick<uint16_t>(68, 1280);
  if (Flip()) interface.tcp_mss = Pick<uint16_t>(500, 9176);
  interface.ip_unreachables = Flip();
  if (Flip()) interface.access_in = "101";
  if (Flip()) interface.access_out = "7";
}
inline Vrf RandomVrf(std::string name) {
  Vrf vrf;
  vrf.name = std::move(name);
  vrf.ip_vrf = Flip();
  if (Flip()) vrf.description = Text();
  if (Flip()) vrf.rd = Rd();
  if (Flip()) vrf.targets.push_back({Flip(), Rd()});
  vrf.ipv4.on = vrf.ip_vrf || Flip();
  vrf.ipv6.on = !vrf.ip_vrf && Flip();
  if (!vrf.ip_vrf && vrf.ipv4.on && Flip()) vrf.ipv4.targets.push_back({Flip(), Rd()});
  if (vrf.ipv6.on && Flip()) vrf.ipv6.targets.push_back({Flip(), Rd()});
  return vrf;
}
inline Route RandomRoute(const Interface& interface) {
  const bool v4 = Flip();
  Route route;
  route.destination = v4 ? *net::Prefix::Create(Host(), Pick<uint8_t>(0, 32))
                         : *net::Prefix::Create(HostV6(), Pick<uint8_t>(0, 128));
  route.interface = Flip() ? interface.name : std::string(Flip() ? "Null0" : "");
  if (route.interface.empty() || (route.interface != kNullInterface && Flip())) {
    route.next_hop = v4 ? Host() : HostV6();
  }
  route.vrf = interface.vrf;
  route.distance = Pick<uint8_t>(1, 254);
  route.permanent = v4 && Flip();
  if (Flip()) route.tag = Pick<uint32_t>(1, 0xFFFFFFFE);
  if (Flip()) route.name = Word(20);
  return route;
}

inline Timestamps RandomTimestamps() {
  switch (Pick(0, 2)) {
    case 0:
      return {TimestampKind::kNone, false};
    case 1:
      return {TimestampKind::kUptime, false};
    default:
      return {TimestampKind::kDatetime, Flip(), Flip(), Flip(), Flip()};
  }
}
inline std::optional<Severity> RandomSeverity() {
  if (Pick(0, 3) == 0) return std::nullopt;
  return static_cast<Severity>(Pick(0, 7));
}
inline void RandomLogging(Running& running) {
  Logging& logging = running.logging;
  logging.on = Flip();
  logging.buffer = RandomSeverity();
  if (logging.buffer) logging.buffer_bytes = Pick<uint32_t>(kMinLogBuffer, kMaxLogBuffer - 1);
  logging.console = RandomSeverity();
  logging.monitor = RandomSeverity();
  logging.trap = RandomSeverity();
  logging.facility = Pick<uint8_t>(0, 23);
  logging.format = Flip() ? LogFormat::kIos : LogFormat::kRfc5424;
  if (!running.interfaces.empty()) logging.source_interface = running.interfaces[0].name;
  if (Flip()) logging.rate_limit = Pick<uint32_t>(1, 10000);
  if (logging.rate_limit != 0) logging.rate_except = RandomSeverity();
  for (int i = Pick(0, 2); i > 0; --i) {
    const std::string vrf = running.vrfs.empty() ? "" : running.vrfs[0].name;
    LoggingHost host{Flip() ? Host() : HostV6(), vrf, Pick<uint16_t>(1, 65534), Flip()};
    // A host is entered once.
    if (logging.hosts.empty() || logging.hosts[0].address != host.address) {
      logging.hosts.push_back(std::move(host));
    }
  }
  logging.log_timestamps = RandomTimestamps();
  logging.debug_timestamps = RandomTimestamps();
  logging.sequence_numbers = Flip();
}

// All that is not crypto.
inline void AddNames(Names& names) {
  names.lookup = Flip();
  for (int i = Pick(0, 3); i > 0; --i) {
    std::vector<net::Address>& addresses =
        names.hosts.FindOrAdd(fmt::format("gw{}.example.com", i)).addresses;
    for (uint32_t n = Pick<uint32_t>(1, 8); n > 0; --n) {
      addresses.push_back(Flip() ? net::Address::V4(0xC0000200 + n)
                                 : *net::Address::Parse(fmt::format("2001:db8::{}", n)));
    }
  }
  for (uint32_t n = Pick<uint32_t>(0, 6); n > 0; --n) {
    names.servers.push_back(net::Address::V4(0xC6336400 + n));
  }
}

inline void RandomNet(Running& running) {
  AddNames(running.names);
  running.ipv6_routing = Flip();
  for (const char* name : {"red", "Blue-7"}) {
    if (Flip()) running.vrfs.push_back(RandomVrf(name));
  }
  for (const char* name : {"GigabitEthernet0/1", "lan0", "Loopback7", "eth0"}) {
    if (Flip()) continue;
    RandomInterface(running, name, static_cast<uint32_t>(running.interfaces.size()));
    for (int i = Pick(0, 2); i > 0; --i) {
      running.routes.push_back(RandomRoute(running.interfaces.back()));
    }
    if (Flip()) running.neighbors.push_back({HostV6(), name, Station()});
    ArpEntry arp{Host(), Station(), running.interfaces.back().vrf};
    if (std::none_of(running.arps.begin(), running.arps.end(),
                     [&](const ArpEntry& other) { return other.address == arp.address; })) {
      running.arps.push_back(std::move(arp));
    }
  }
  if (Flip()) RandomLogging(running);
  // Two to one destination by one path are one; all IPv4 routes stand before IPv6 ones.
  const auto path = [](const Route& r) {
    return std::tuple(r.vrf, r.destination, r.interface, r.next_hop);
  };
  auto& routes = running.routes;
  std::sort(routes.begin(), routes.end(), [&](const Route& a, const Route& b) {
    return std::tuple(a.destination.family(), path(a)) <
           std::tuple(b.destination.family(), path(b));
  });
  routes.erase(std::unique(routes.begin(), routes.end(),
                           [&](const Route& a, const Route& b) { return path(a) == path(b); }),
               routes.end());
  for (const char* name : {"101", "2001", "branch-list"}) {
    if (Flip()) running.acls.push_back(RandomAcl(name, AclKind::kExtended));
  }
  for (const char* name : {"7", "1999", "Standard1"}) {
    if (Flip()) running.acls.push_back(RandomAcl(name, AclKind::kStandard));
  }
  if (Flip()) running.acls.push_back(RandomAcl("six", AclKind::kIpv6));
}

}  // namespace vam::config

#endif  // VAM_TESTS_UNIT_SW_CONFIG_RANDOM_NET_H_
