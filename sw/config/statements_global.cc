// hostname, engine, ip route, arp and the modes' exits.
#include <algorithm>

#include "sw/config/arguments.h"
#include "sw/config/statements.h"

namespace vam::config {
namespace {

uint32_t V4(const std::string& text) { return (*net::Address::Parse(text)).v4(); }

std::optional<Fault> Hostname(Editor& editor, const Match& match) {
  const std::string& name = match.tokens[1].text;
  const bool good = name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
                    });
  if (!good) return Fault{1, "not a host name", {"up to 63 letters, digits, '-', '_', '.'"}};
  editor.running.hostname = name;
  return {};
}
std::optional<Fault> NoHostname(Editor& editor, const Match&) {
  editor.running.hostname = Running().hostname;
  return {};
}

std::optional<Fault> EngineCard(Editor& editor, const Match& match) {
  const std::string& kind = match.tokens[2].text;
  editor.running.card = kind == "rtl"     ? CardKind::kRtl
                        : kind == "model" ? CardKind::kModel
                                          : CardKind::kNone;
  return {};
}
std::optional<Fault> NoEngineCard(Editor& editor, const Match&) {
  editor.running.card = CardKind::kNone;
  return {};
}

std::optional<Fault> EnterInterface(Editor& editor, const Match& match) {
  const std::string& name = match.tokens[1].text;
  FindOrAdd(editor.running.interfaces, name);
  editor.Note("interface " + name);
  editor.Enter(Mode::kInterface, name);
  return {};
}
std::optional<Fault> NoInterface(Editor& editor, const Match& match) {
  if (!EraseNamed(editor.running.interfaces, match.tokens[2].text)) {
    return Fault{2, "no such interface"};
  }
  return {};
}

// ip route P M {NH | IF [NH]} [distance]; `first` is the index of P.
struct ParsedRoute {
  Route route;
  std::optional<Fault> fault;
};
ParsedRoute ReadRoute(const Match& match, size_t first) {
  ParsedRoute parsed;
  const auto& tokens = match.tokens;
  const uint32_t address = V4(tokens[first].text);
  const uint32_t mask = V4(tokens[first + 1].text);
  if ((address & ~mask) != 0) {
    parsed.fault = Fault{first, "has bits outside the mask"};
    return parsed;
  }
  parsed.route.destination =
      *net::Prefix::Create(net::Address::V4(address), *net::LengthFromMask(mask));
  for (size_t i = first + 2; i < tokens.size(); ++i) {
    const std::string& text = tokens[i].text;
    if (auto next_hop = net::Address::Parse(text)) {
      const net::Address& hop = *next_hop;
      if (hop.IsUnspecified() || hop.IsMulticast() || hop.IsLimitedBroadcast()) {
        parsed.fault = Fault{i, "not the address of a next hop"};
      }
      parsed.route.next_hop = hop;
    } else if (auto distance = ParseNumber(text)) {
      parsed.route.distance = static_cast<uint8_t>(*distance);
    } else {
      parsed.route.interface = text;
    }
  }
  return parsed;
}
bool SamePath(const Route& a, const Route& b) {
  return a.destination == b.destination && a.next_hop == b.next_hop && a.interface == b.interface;
}
std::optional<Fault> AddRoute(Editor& editor, const Match& match) {
  ParsedRoute parsed = ReadRoute(match, 2);
  if (parsed.fault) return parsed.fault;
  auto& routes = editor.running.routes;
  std::erase_if(routes, [&](const Route& r) { return SamePath(r, parsed.route); });
  editor.Note("ip route " + net::ToString(parsed.route.destination));
  routes.push_back(std::move(parsed.route));
  return {};
}
std::optional<Fault> NoRoute(Editor& editor, const Match& match) {
  ParsedRoute parsed = ReadRoute(match, 3);
  if (parsed.fault) return parsed.fault;
  const bool all = match.tokens.size() == 5;
  const size_t erased = std::erase_if(editor.running.routes, [&](const Route& r) {
    return all ? r.destination == parsed.route.destination : SamePath(r, parsed.route);
  });
  if (erased == 0) return Fault{3, "no such route"};
  return {};
}

std::optional<Fault> AddArp(Editor& editor, const Match& match) {
  const net::Address address = *net::Address::Parse(match.tokens[1].text);
  const net::MacAddress mac = *net::MacAddress::Parse(match.tokens[2].text);
  if (mac.IsMulticast() || mac.IsZero()) return Fault{2, "not the address of one station"};
  auto& arps = editor.running.arps;
  std::erase_if(arps, [&](const ArpEntry& e) { return e.address == address; });
  arps.push_back({address, mac});
  return {};
}
std::optional<Fault> NoArp(Editor& editor, const Match& match) {
  const net::Address address = *net::Address::Parse(match.tokens[2].text);
  if (std::erase_if(editor.running.arps, [&](const ArpEntry& e) { return e.address == address; }) ==
      0) {
    return Fault{2, "no such entry"};
  }
  return {};
}

std::optional<Fault> Leave(Editor& editor, const Match&) {
  editor.Enter(Mode::kConfig, "");
  return {};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "hostname <name>", "Set the system's name (default Router)"}, Hostname},
    {{Mode::kConfig, "no hostname [ <name> ]", "Back to Router"}, NoHostname},
    {{Mode::kConfig, "interface <interface>", "Configure an interface; makes it when it is new"},
     EnterInterface},
    {{Mode::kConfig, "no interface <interface>", "Remove an interface"}, NoInterface},
    {{Mode::kConfig, "engine card { rtl | model | none }",
      "The card that takes the SAs: verilated RTL, functional model, or none (OpenVAM's own)"},
     EngineCard},
    {{Mode::kConfig, "no engine card", "No card: every SA runs in software"}, NoEngineCard},
    {{Mode::kConfig,
      "ip route <address> <mask> { <address> | <interface> [ <address> ] } [ <number:1-255> ]",
      "Static route: prefix, mask, next hop or interface, administrative distance"},
     AddRoute},
    {{Mode::kConfig,
      "no ip route <address> <mask> [ { <address> | <interface> [ <address> ] } "
      "[ <number:1-255> ] ]",
      "Remove a static route, or all to that prefix"},
     NoRoute},
    {{Mode::kConfig, "arp <address> <mac> arpa", "Fixed Ethernet address of a neighbour"}, AddArp},
    {{Mode::kConfig, "no arp <address> [ <mac> ] [ arpa ]", "Remove a fixed neighbour"}, NoArp},
    {{Mode::kConfig, "exit", "Leave this mode"}, Leave},
    {{Mode::kConfig, "end", "Back to exec mode"}, Leave},
};

}  // namespace

std::span<const ConfigStatement> GlobalStatements() { return kStatements; }

}  // namespace vam::config
