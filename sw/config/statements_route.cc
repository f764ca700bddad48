// Static routes and fixed neighbours of both IP versions.
#include "sw/config/arguments.h"
#include "sw/config/statements.h"

namespace vam::config {
namespace {

// [no] ip route [vrf V] PREFIX MASK PATH and [no] ipv6 route [vrf V] PREFIX/LEN PATH.
struct ReadRoute {
  Route route;
  bool whole = false;  // names a path; false: `no ip route PREFIX MASK`, all paths
  const Token* prefix = nullptr;
  std::optional<Fault> fault;
};

std::optional<Fault> ReadDestination(const Match& match, ReadRoute& read) {
  if (const Token* prefix = match.Find("prefix6")) {
    read.prefix = prefix;
    const InterfaceAddress given = PrefixOf(*prefix);
    read.route.destination = *net::Prefix::Create(given.address, given.prefix_length);
    if (read.route.destination.base() != given.address) {
      return Fault{prefix, "has bits outside the prefix"};
    }
    return {};
  }
  read.prefix = &match.Argument("address");
  const uint32_t address = AddressOf(*read.prefix).v4();
  const uint32_t mask = AddressOf(match.Argument("mask")).v4();
  if ((address & ~mask) != 0) return Fault{read.prefix, "has bits outside the mask"};
  read.route.destination =
      *net::Prefix::Create(net::Address::V4(address), *net::LengthFromMask(mask));
  return {};
}

bool IsLinkLocal(const net::Address& address) {
  return address.is_v6() && address.raw()[0] == 0xFE && (address.raw()[1] & 0xC0) == 0x80;
}

std::optional<Fault> ReadPath(const Match& match, ReadRoute& read) {
  Route& route = read.route;
  const Token* const next_hop = route.destination.family() == net::Family::kV4
                                    ? match.Find("address", 1)
                                    : match.Find("address6");
  const Token* const interface = match.Find("interface");
  read.whole = next_hop != nullptr || interface != nullptr;
  if (interface != nullptr) route.interface = interface->text;
  if (next_hop == nullptr) return {};
  route.next_hop = AddressOf(*next_hop);
  if (!route.next_hop->IsRoutableUnicast()) {
    return Fault{next_hop, "not the address of a next hop"};
  }
  if (IsLinkLocal(*route.next_hop) && interface == nullptr) {
    return Fault{next_hop, "a link-local next hop needs its interface"};
  }
  if (route.interface == kNullInterface) return Fault{next_hop, "Null0 has no next hop"};
  return {};
}

std::optional<Fault> ReadOptions(const Match& match, Route& route) {
  const auto& tokens = match.tokens;
  bool distance = false;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.keyword && token.text == "track") return Fault{&token, "not in this release"};
    if (token.keyword && token.text == "permanent") route.permanent = true;
    if (token.keyword && token.text == "tag") {
      route.tag = NumberOf(tokens[++i]);
    } else if (token.keyword && token.text == "name") {
      route.name = tokens[++i].text;
    } else if (!token.keyword && token.type->name == "number") {
      if (distance) return Fault{&token, "a distance is given twice"};
      distance = true;
      route.distance = static_cast<uint8_t>(NumberOf(token));
    }
  }
  return {};
}

ReadRoute Read(const Editor& editor, const Match& match) {
  ReadRoute read;
  if (const Token* vrf = match.Find("vrf")) {
    read.route.vrf = vrf->text;
    if (editor.running.FindVrf(vrf->text) == nullptr) read.fault = Fault{vrf, "no such VRF"};
  }
  if (!read.fault) read.fault = ReadDestination(match, read);
  if (!read.fault) read.fault = ReadPath(match, read);
  if (!read.fault) read.fault = ReadOptions(match, read.route);
  return read;
}

std::optional<Fault> AddRoute(Editor& editor, const Match& match) {
  ReadRoute read = Read(editor, match);
  if (read.fault) return read.fault;
  editor.Note("route " + net::ToString(read.route.destination));
  editor.routes.Put(editor.running.routes, std::move(read.route));
  return {};
}
std::optional<Fault> NoRoute(Editor& editor, const Match& match) {
  const ReadRoute read = Read(editor, match);
  if (read.fault) return read.fault;
  const auto& routes = editor.running.routes;
  const bool erased = read.whole ? editor.routes.Erase(routes, read.route)
                                 : editor.routes.EraseGroup(routes, read.route) != 0;
  if (!erased) return Fault{read.prefix, "no such route"};
  return {};
}

std::optional<Fault> CheckStation(const Token& station) {
  const net::MacAddress mac = MacOf(station);
  if (mac.IsMulticast() || mac.IsZero()) return Fault{&station, "not the address of one station"};
  return {};
}
std::optional<Fault> Arp(Editor& editor, const Match& match) {
  const Token& address = match.Argument("address");
  ArpEntry arp{AddressOf(address), {}, {}};
  if (const Token* vrf = match.Find("vrf")) {
    arp.vrf = vrf->text;
    if (editor.running.FindVrf(vrf->text) == nullptr) return Fault{vrf, "no such VRF"};
  }
  if (match.negated()) {
    if (!editor.arps.Erase(editor.running.arps, arp)) return Fault{&address, "no such entry"};
    return {};
  }
  const Token& station = match.Argument("mac");
  if (auto fault = CheckStation(station)) return fault;
  arp.mac = MacOf(station);
  editor.arps.Put(editor.running.arps, std::move(arp));
  return {};
}
std::optional<Fault> SetNeighbor(Editor& editor, const Match& match) {
  const Token& address = match.Argument("address6");
  Neighbor neighbor{AddressOf(address), match.Argument("interface").text, {}};
  if (match.negated()) {
    if (!editor.neighbors.Erase(editor.running.neighbors, neighbor)) {
      return Fault{&address, "no such entry"};
    }
    return {};
  }
  if (!neighbor.address.IsRoutableUnicast()) {
    return Fault{&address, "not the address of a neighbour"};
  }
  const Token& station = match.Argument("mac");
  if (auto fault = CheckStation(station)) return fault;
  neighbor.mac = MacOf(station);
  editor.Note("ipv6 neighbor " + net::ToString(neighbor.address));
  editor.neighbors.Put(editor.running.neighbors, std::move(neighbor));
  return {};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "ip route [ vrf <vrf> ] <address> <mask> @path",
      "Static route: prefix, mask, next hop or interface, administrative distance"},
     AddRoute},
    {{Mode::kConfig, "no ip route [ vrf <vrf> ] <address> <mask> [ @path ]",
      "Remove a static route, or all to that prefix"},
     NoRoute},
    {{Mode::kConfig, "ipv6 route [ vrf <vrf> ] <prefix6> @path6",
      "Static IPv6 route: prefix, next hop or interface, administrative distance"},
     AddRoute},
    {{Mode::kConfig, "no ipv6 route [ vrf <vrf> ] <prefix6> [ @path6 ]",
      "Remove a static IPv6 route, or all to that prefix"},
     NoRoute},
    {{Mode::kConfig, "arp [ vrf <vrf> ] <address> <mac> arpa",
      "Fixed Ethernet address of a neighbour"},
     Arp},
    {{Mode::kConfig, "no arp [ vrf <vrf> ] <address> [ <mac> ] [ arpa ]",
      "Remove a fixed neighbour"},
     Arp},
    {{Mode::kConfig, "ipv6 neighbor <address6> <interface> <mac>",
      "Fixed Ethernet address of an IPv6 neighbour"},
     SetNeighbor},
    {{Mode::kConfig, "no ipv6 neighbor <address6> <interface> [ <mac> ]",
      "Remove a fixed IPv6 neighbour"},
     SetNeighbor},
};

}  // namespace

std::string GroupOf(const Route& route) {
  return route.vrf + " " + net::ToString(route.destination);
}
std::string KeyOf(const Route& route) {
  return GroupOf(route) + " " + route.interface + " " +
         (route.next_hop ? net::ToString(*route.next_hop) : "");
}
std::string KeyOf(const ArpEntry& arp) { return arp.vrf + " " + net::ToString(arp.address); }
std::string KeyOf(const Neighbor& neighbor) {
  return net::ToString(neighbor.address) + " " + neighbor.interface;
}

std::span<const ConfigStatement> RouteStatements() { return kStatements; }

}  // namespace vam::config
