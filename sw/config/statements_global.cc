// hostname, engine, ip route, arp and the modes' exits.
#include <fmt/core.h>

#include <algorithm>

#include "sw/config/statements.h"

namespace vam::config {
namespace {

std::optional<Fault> Hostname(Editor& editor, const Match& match) {
  if (match.negated()) {
    editor.running.hostname = Running().hostname;
    return {};
  }
  const Token& name = match.Argument("name");
  const bool good =
      name.text.size() <= 63 && std::all_of(name.text.begin(), name.text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
      });
  if (!good) return Fault{&name, "not a host name", {"up to 63 letters, digits, '-', '_', '.'"}};
  editor.running.hostname = name.text;
  return {};
}

std::optional<Fault> EngineCard(Editor& editor, const Match& match) {
  editor.running.card = match.Has("rtl")     ? CardKind::kRtl
                        : match.Has("model") ? CardKind::kModel
                                             : CardKind::kNone;
  return {};
}

std::optional<Fault> EnterInterface(Editor& editor, const Match& match) {
  const Token& name = match.Argument("interface");
  if (editor.running.FindInterface(name.text) == nullptr &&
      editor.running.interfaces.size() >= kMaxInterfaces) {
    return Fault{&name, fmt::format("more than {} interfaces", kMaxInterfaces)};
  }
  FindOrAdd(editor.running.interfaces, name.text);
  editor.Note("interface " + name.text);
  editor.Enter(Mode::kInterface, name.text);
  return {};
}
std::optional<Fault> NoInterface(Editor& editor, const Match& match) {
  const Token& name = match.Argument("interface");
  if (!EraseNamed(editor.running.interfaces, name.text)) return Fault{&name, "no such interface"};
  return {};
}

// ip route PREFIX MASK {NEXT-HOP | INTERFACE [NEXT-HOP]} [DISTANCE].
struct ParsedRoute {
  Route route;
  bool whole = true;  // names a path; false: `no ip route PREFIX MASK`, all paths
  std::optional<Fault> fault;
};
ParsedRoute ReadRoute(const Match& match) {
  ParsedRoute parsed;
  const Token& prefix = match.Argument("address");
  const uint32_t address = AddressOf(prefix).v4();
  const uint32_t mask = AddressOf(match.Argument("mask")).v4();
  if ((address & ~mask) != 0) {
    parsed.fault = Fault{&prefix, "has bits outside the mask"};
    return parsed;
  }
  parsed.route.destination =
      *net::Prefix::Create(net::Address::V4(address), *net::LengthFromMask(mask));
  const Token* const next_hop = match.Find("address", 1);
  const Token* const interface = match.Find("interface");
  parsed.whole = next_hop != nullptr || interface != nullptr;
  if (interface != nullptr) parsed.route.interface = interface->text;
  if (next_hop != nullptr) {
    const net::Address hop = AddressOf(*next_hop);
    if (hop.IsUnspecified() || hop.IsMulticast() || hop.IsLimitedBroadcast()) {
      parsed.fault = Fault{next_hop, "not the address of a next hop"};
    }
    parsed.route.next_hop = hop;
  }
  if (const Token* distance = match.Find("number")) {
    parsed.route.distance = static_cast<uint8_t>(NumberOf(*distance));
  }
  return parsed;
}
bool SamePath(const Route& a, const Route& b) {
  return a.destination == b.destination && a.next_hop == b.next_hop && a.interface == b.interface;
}
std::string PathOf(const Route& route) {
  return net::ToString(route.destination) + " " + route.interface + " " +
         (route.next_hop ? net::ToString(*route.next_hop) : "");
}
std::optional<Fault> AddRoute(Editor& editor, const Match& match) {
  ParsedRoute parsed = ReadRoute(match);
  if (parsed.fault) return parsed.fault;
  auto& routes = editor.running.routes;
  if (editor.route_at.empty()) {
    for (size_t i = 0; i < routes.size(); ++i) editor.route_at.emplace(PathOf(routes[i]), i);
  }
  editor.Note("ip route " + net::ToString(parsed.route.destination));
  const auto [at, added] = editor.route_at.try_emplace(PathOf(parsed.route), routes.size());
  if (added) {
    routes.push_back(std::move(parsed.route));
  } else {
    routes[at->second] = std::move(parsed.route);
  }
  return {};
}
std::optional<Fault> NoRoute(Editor& editor, const Match& match) {
  const ParsedRoute parsed = ReadRoute(match);
  if (parsed.fault) return parsed.fault;
  const size_t erased = std::erase_if(editor.running.routes, [&](const Route& r) {
    return parsed.whole ? SamePath(r, parsed.route) : r.destination == parsed.route.destination;
  });
  if (erased == 0) return Fault{&match.Argument("address"), "no such route"};
  editor.route_at.clear();
  return {};
}

std::optional<Fault> AddArp(Editor& editor, const Match& match) {
  const net::Address address = AddressOf(match.Argument("address"));
  const Token& station = match.Argument("mac");
  const net::MacAddress mac = MacOf(station);
  if (mac.IsMulticast() || mac.IsZero()) return Fault{&station, "not the address of one station"};
  auto& arps = editor.running.arps;
  if (editor.arp_at.empty()) {
    for (size_t i = 0; i < arps.size(); ++i) {
      editor.arp_at.emplace(net::ToString(arps[i].address), i);
    }
  }
  const auto [at, added] = editor.arp_at.try_emplace(net::ToString(address), arps.size());
  if (added) {
    arps.push_back({address, mac});
  } else {
    arps[at->second].mac = mac;
  }
  return {};
}
std::optional<Fault> NoArp(Editor& editor, const Match& match) {
  const Token& token = match.Argument("address");
  const net::Address address = AddressOf(token);
  const size_t erased =
      std::erase_if(editor.running.arps, [&](const ArpEntry& e) { return e.address == address; });
  if (erased == 0) return Fault{&token, "no such entry"};
  editor.arp_at.clear();
  return {};
}

// `default interface X`: as a new one.
std::optional<Fault> DefaultInterface(Editor& editor, const Match& match) {
  const Token& name = match.Argument("interface");
  if (editor.running.FindInterface(name.text) == nullptr) return Fault{&name, "no such interface"};
  Interface fresh;
  fresh.name = name.text;
  FindOrAdd(editor.running.interfaces, name.text) = std::move(fresh);
  editor.Note("interface " + name.text);
  return {};
}

std::optional<Fault> ConfigKey(Editor& editor, const Match& match) {
  if (!editor.interactive) {
    return Fault{&match.tokens[0], "only at the command line: the state directory keeps it"};
  }
  ConfigKeyChange change;
  if (!match.negated()) {
    const Token& words = match.Argument("passphrase");
    if (words.text.size() < kShortestPassphrase || words.text.size() > kLongestPassphrase) {
      return Fault{&words, "a passphrase has 8 to 127 characters"};
    }
    const MutableBytes bytes = change.passphrase.Resize(words.text.size());
    std::copy(words.text.begin(), words.text.end(), bytes.begin());
  }
  editor.config_key = std::move(change);
  return {};
}

std::optional<Fault> LeaveSubMode(Editor& editor, const Match&) {
  editor.Enter(Mode::kConfig, "");
  return {};
}
std::optional<Fault> LeaveConfiguration(Editor& editor, const Match&) {
  editor.Enter(Mode::kConfig, "");
  editor.leaving = Leaving::kCommit;
  return {};
}
std::optional<Fault> Abort(Editor& editor, const Match& match) {
  if (!editor.interactive) return Fault{&match.tokens[0], "only at the command line"};
  editor.leaving = Leaving::kAbort;
  return {};
}
// The command line takes these lines itself.
std::optional<Fault> Do(Editor&, const Match& match) {
  return Fault{&match.tokens[0], "only at the command line"};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "hostname <name>", "Set the system's name (default Router)"}, Hostname},
    {{Mode::kConfig, "no hostname [ <name> ]", "Back to Router"}, Hostname},
    {{Mode::kConfig, "interface <interface>", "Configure an interface; makes it when it is new"},
     EnterInterface},
    {{Mode::kConfig, "no interface <interface>", "Remove an interface"}, NoInterface},
    {{Mode::kConfig, "default interface <interface>", "Take all statements of an interface back"},
     DefaultInterface},
    {{Mode::kConfig, "engine card { rtl | model | none }",
      "The card that takes the SAs: verilated RTL, functional model, or none (OpenVAM's own)"},
     EngineCard},
    {{Mode::kConfig, "no engine card", "No card: every SA runs in software"}, EngineCard},
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
    {{Mode::kConfig, "key config-key password-encrypt <passphrase>",
      "Seal the secrets of the configuration where they are shown and stored; acts at once, at the "
      "command line only"},
     ConfigKey},
    {{Mode::kConfig, "no key config-key password-encrypt [ <passphrase> ]",
      "Secrets are shown as <removed> and stored in clear; acts at once, at the command line only"},
     ConfigKey},
    {{Mode::kConfig, "exit", "Leave the configuration; what was entered comes into force"},
     LeaveConfiguration},
    {{Mode::kConfig, "end", "Leave the configuration from any mode, as Ctrl-Z"},
     LeaveConfiguration},
    {{Mode::kConfig, "abort", "Leave the configuration and forget what was entered"}, Abort},
    {{Mode::kConfig, "do <line>", "Run an exec command"}, Do},
    {{Mode::kInterface, "exit", "Back to global configuration"}, LeaveSubMode},
    {{Mode::kCryptoMap, "exit", "Back to global configuration"}, LeaveSubMode},
    {{Mode::kAcl, "exit", "Back to global configuration"}, LeaveSubMode},
    {{Mode::kTransformSet, "exit", "Back to global configuration"}, LeaveSubMode},
};

}  // namespace

std::span<const ConfigStatement> GlobalStatements() { return kStatements; }

}  // namespace vam::config
