// IPv6 of the system and of an interface.
#include <algorithm>

#include "sw/config/statements.h"

namespace vam::config {
namespace {

constexpr size_t kMostAddresses = 64;  // of one interface

Interface& Current(Editor& editor) { return editor.running.interfaces.FindOrAdd(editor.object); }

std::optional<Fault> UnicastRouting(Editor& editor, const Match& match) {
  editor.running.ipv6_routing = !match.negated();
  return {};
}

// A VRF carries what its families say.
std::optional<Fault> CheckFamily(const Editor& editor, const Interface& interface,
                                 const Token& token) {
  const Vrf* vrf = editor.running.FindVrf(interface.vrf);
  if (vrf == nullptr || vrf->ipv6.on) return {};
  return Fault{&token, "VRF " + vrf->name + " has no address-family ipv6"};
}

bool IsLinkLocal(const net::Address& address) {
  return address.raw()[0] == 0xFE && (address.raw()[1] & 0xC0) == 0x80;
}

struct ReadAddress {
  Ipv6Address address;
  std::optional<Fault> fault;
};
ReadAddress Read(const Match& match) {
  if (match.Has("link-local")) {
    const Token& token = match.Argument("address6");
    ReadAddress read{{AddressOf(token), 128, Ipv6AddressKind::kLinkLocal}, {}};
    if (!IsLinkLocal(read.address.address)) {
      read.fault = Fault{&token, "not a link-local address", {"fe80::/10"}};
    }
    return read;
  }
  const Token& token = match.Argument("prefix6");
  const InterfaceAddress given = PrefixOf(token);
  ReadAddress read{{given.address, given.prefix_length, Ipv6AddressKind::kGiven}, {}};
  if (given.address.IsMulticast() || given.address.IsLoopback() || given.prefix_length == 0) {
    read.fault = Fault{&token, "not an address that an interface can have"};
  } else if (IsLinkLocal(given.address)) {
    read.fault = Fault{&token, "a link-local address is given without a length, as link-local"};
  } else if (match.Has("eui-64")) {
    if (given.prefix_length > 64) {
      read.fault = Fault{&token, "eui-64 needs a prefix of at most 64 bits"};
      return read;
    }
    read.address.kind = Ipv6AddressKind::kEui64;
    read.address.address = net::Prefix::Create(given.address, given.prefix_length)->base();
    if (read.address.address.IsUnspecified()) read.fault = Fault{&token, "not a prefix"};
  } else if (given.prefix_length < 127 &&
             net::Prefix::Create(given.address, given.prefix_length)->base() == given.address) {
    // RFC 4291, 2.6.1; RFC 6164 for /127.
    read.fault = Fault{&token, "is the subnet-router anycast address; did you mean eui-64?"};
  }
  return read;
}

std::optional<Fault> SetAddress(Editor& editor, const Match& match) {
  ReadAddress read = Read(match);
  if (read.fault) return read.fault;
  Interface& interface = Current(editor);
  const Token& first = match.tokens[2];
  if (auto fault = CheckFamily(editor, interface, first)) return fault;
  auto& addresses = interface.ipv6.addresses;
  if (std::find(addresses.begin(), addresses.end(), read.address) != addresses.end()) return {};
  if (read.address.kind == Ipv6AddressKind::kLinkLocal) {
    std::erase_if(addresses,
                  [](const Ipv6Address& a) { return a.kind == Ipv6AddressKind::kLinkLocal; });
  }
  if (addresses.size() >= kMostAddresses) return Fault{&first, "more than 64 IPv6 addresses"};
  addresses.push_back(read.address);
  editor.Note("interface " + interface.name);
  return {};
}
std::optional<Fault> NoAddress(Editor& editor, const Match& match) {
  auto& addresses = Current(editor).ipv6.addresses;
  if (match.tokens.size() == 3) {
    addresses.clear();
    return {};
  }
  const ReadAddress read = Read(match);
  if (read.fault) return read.fault;
  if (std::erase(addresses, read.address) == 0) {
    return Fault{&match.tokens[3], "not an address of this interface"};
  }
  return {};
}

std::optional<Fault> Enable(Editor& editor, const Match& match) {
  Interface& interface = Current(editor);
  if (!match.negated()) {
    if (auto fault = CheckFamily(editor, interface, match.tokens.back())) return fault;
  }
  interface.ipv6.enable = !match.negated();
  return {};
}
std::optional<Fault> AdjustMss(Editor& editor, const Match& match) {
  Current(editor).ipv6.tcp_mss =
      match.negated() ? uint16_t{0} : static_cast<uint16_t>(NumberOf(match.Argument("number")));
  return {};
}
std::optional<Fault> Mtu(Editor& editor, const Match& match) {
  Current(editor).ipv6.mtu =
      match.negated() ? uint16_t{0} : static_cast<uint16_t>(NumberOf(match.Argument("number")));
  editor.Note("interface " + editor.object);
  return {};
}
std::optional<Fault> Unreachables(Editor& editor, const Match& match) {
  Current(editor).ipv6.unreachables = !match.negated();
  return {};
}
std::optional<Fault> TrafficFilter(Editor& editor, const Match& match) {
  InterfaceIpv6& ipv6 = Current(editor).ipv6;
  std::string& filter = match.Has("in") ? ipv6.filter_in : ipv6.filter_out;
  const Token* name = match.Find("acl6");
  if (!match.negated()) {
    filter = name->text;
    editor.Note("interface " + editor.object);
    return {};
  }
  if (name != nullptr && filter != name->text) return Fault{name, "not the one of this interface"};
  filter.clear();
  return {};
}
std::optional<Fault> CryptoMapOn(Editor& editor, const Match& match) {
  std::string& map = Current(editor).ipv6.crypto_map;
  const Token* name = match.Find("name");
  if (!match.negated()) {
    map = name->text;
    editor.Note("interface " + editor.object + " crypto map");
    return {};
  }
  if (name != nullptr && map != name->text) {
    return Fault{name, "not the IPv6 crypto map of this interface"};
  }
  map.clear();
  return {};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "ipv6 unicast-routing", "Forward IPv6 packets (default: no)"}, UnicastRouting},
    {{Mode::kConfig, "no ipv6 unicast-routing", "Forward no IPv6 packets"}, UnicastRouting},
    {{Mode::kInterface, "ipv6 address { <prefix6> [ eui-64 ] | <address6> link-local }",
      "One more IPv6 address; eui-64: its host part is made of the Ethernet address"},
     SetAddress},
    {{Mode::kInterface, "no ipv6 address [ { <prefix6> [ eui-64 ] | <address6> link-local } ]",
      "Remove an IPv6 address, or all"},
     NoAddress},
    {{Mode::kInterface, "ipv6 enable", "Speak IPv6, with a link-local address at least"}, Enable},
    {{Mode::kInterface, "no ipv6 enable", "Speak IPv6 only if there is an address"}, Enable},
    {{Mode::kInterface, "ipv6 mtu <number:1280-9216>",
      "Longest IPv6 packet in bytes (default: as mtu)"},
     Mtu},
    {{Mode::kInterface, "ipv6 tcp adjust-mss <number:500-9156>",
      "Lower the MSS of TCP connections over IPv6 that pass to this"},
     AdjustMss},
    {{Mode::kInterface, "no ipv6 tcp adjust-mss [ <number:500-9156> ]", "Leave the MSS alone"},
     AdjustMss},
    {{Mode::kInterface, "no ipv6 mtu [ <number:1280-9216> ]", "As mtu"}, Mtu},
    {{Mode::kInterface, "ipv6 unreachables", "Send ICMPv6 unreachable messages (default)"},
     Unreachables},
    {{Mode::kInterface, "no ipv6 unreachables", "Send no ICMPv6 unreachable messages"},
     Unreachables},
    {{Mode::kInterface, "ipv6 traffic-filter <acl6> { in | out }",
      "Filter IPv6 packets by an access list"},
     TrafficFilter},
    {{Mode::kInterface, "no ipv6 traffic-filter [ <acl6> ] { in | out }", "Filter none"},
     TrafficFilter},
    {{Mode::kInterface, "ipv6 crypto map <name>",
      "Protect what leaves here by IPv6 as the crypto map says"},
     CryptoMapOn},
    {{Mode::kInterface, "no ipv6 crypto map [ <name> ]", "Take the IPv6 crypto map off"},
     CryptoMapOn},
};

}  // namespace

std::span<const ConfigStatement> Ipv6Statements() { return kStatements; }

}  // namespace vam::config
