#include "sw/config/ip_names.h"

#include <algorithm>
#include <array>

#include "sw/config/arguments.h"
#include "sw/config/running_net.h"
#include "sw/net/ipv4.h"

namespace vam::config {
namespace {

template <typename T>
struct Named {
  std::string_view word;
  T value;
};

constexpr auto kProtocols = std::to_array<Named<uint8_t>>({
    {"ip", 0},
    {"icmp", 1},
    {"igmp", 2},
    {"ipinip", 4},
    {"tcp", 6},
    {"udp", 17},
    {"gre", 47},
    {"esp", 50},
    {"ahp", 51},
    {"eigrp", 88},
    {"ospf", 89},
    {"nos", 94},
    {"pim", 103},
    {"pcp", 108},
});
constexpr auto kProtocolsV6 = std::to_array<Named<uint8_t>>({
    {"ipv6", 0},
    {"tcp", 6},
    {"udp", 17},
    {"esp", 50},
    {"ahp", 51},
    {"icmp", kProtocolIcmpV6},
    {"pcp", 108},
    {"sctp", 132},
});

// Where a number has two words, the first is the one that is shown.
constexpr auto kTcpPorts = std::to_array<Named<uint16_t>>({
    {"echo", 7},       {"discard", 9},  {"daytime", 13}, {"chargen", 19}, {"ftp-data", 20},
    {"ftp", 21},       {"telnet", 23},  {"smtp", 25},    {"time", 37},    {"whois", 43},
    {"tacacs", 49},    {"domain", 53},  {"gopher", 70},  {"finger", 79},  {"www", 80},
    {"hostname", 101}, {"pop2", 109},   {"pop3", 110},   {"sunrpc", 111}, {"ident", 113},
    {"nntp", 119},     {"msrpc", 135},  {"bgp", 179},    {"irc", 194},    {"pim-auto-rp", 496},
    {"exec", 512},     {"login", 513},  {"cmd", 514},    {"lpd", 515},    {"talk", 517},
    {"uucp", 540},     {"klogin", 543}, {"kshell", 544}, {"drip", 3949},  {"syslog", 514},
});
constexpr auto kUdpPorts = std::to_array<Named<uint16_t>>({
    {"echo", 7},          {"discard", 9},      {"time", 37},       {"nameserver", 42},
    {"tacacs", 49},       {"domain", 53},      {"bootps", 67},     {"bootpc", 68},
    {"tftp", 69},         {"sunrpc", 111},     {"ntp", 123},       {"netbios-ns", 137},
    {"netbios-dgm", 138}, {"netbios-ss", 139}, {"snmp", 161},      {"snmptrap", 162},
    {"xdmcp", 177},       {"dnsix", 195},      {"mobile-ip", 434}, {"pim-auto-rp", 496},
    {"isakmp", 500},      {"biff", 512},       {"who", 513},       {"syslog", 514},
    {"talk", 517},        {"rip", 520},        {"ripv6", 521},     {"non500-isakmp", 4500},
});

constexpr auto kIcmpWords = std::to_array<IcmpWord>({
    {"echo-reply", {0, {}}},
    {"unreachable", {3, {}}},
    {"net-unreachable", {3, 0}},
    {"host-unreachable", {3, 1}},
    {"protocol-unreachable", {3, 2}},
    {"port-unreachable", {3, 3}},
    {"packet-too-big", {3, 4}},
    {"source-route-failed", {3, 5}},
    {"network-unknown", {3, 6}},
    {"host-unknown", {3, 7}},
    {"host-isolated", {3, 8}},
    {"dod-net-prohibited", {3, 9}},
    {"dod-host-prohibited", {3, 10}},
    {"net-tos-unreachable", {3, 11}},
    {"host-tos-unreachable", {3, 12}},
    {"administratively-prohibited", {3, 13}},
    {"host-precedence-unreachable", {3, 14}},
    {"precedence-unreachable", {3, 15}},
    {"source-quench", {4, {}}},
    {"redirect", {5, {}}},
    {"net-redirect", {5, 0}},
    {"host-redirect", {5, 1}},
    {"net-tos-redirect", {5, 2}},
    {"host-tos-redirect", {5, 3}},
    {"alternate-address", {6, {}}},
    {"echo", {8, {}}},
    {"router-advertisement", {9, {}}},
    {"router-solicitation", {10, {}}},
    {"time-exceeded", {11, {}}},
    {"ttl-exceeded", {11, 0}},
    {"reassembly-timeout", {11, 1}},
    {"parameter-problem", {12, {}}},
    {"general-parameter-problem", {12, 0}},
    {"option-missing", {12, 1}},
    {"no-room-for-option", {12, 2}},
    {"timestamp-request", {13, {}}},
    {"timestamp-reply", {14, {}}},
    {"information-request", {15, {}}},
    {"information-reply", {16, {}}},
    {"mask-request", {17, {}}},
    {"mask-reply", {18, {}}},
    {"traceroute", {30, {}}},
    {"conversion-error", {31, {}}},
    {"mobile-redirect", {32, {}}},
});
constexpr auto kIcmpV6Words = std::to_array<IcmpWord>({
    {"unreachable", {1, {}}},
    {"no-route", {1, 0}},
    {"no-admin", {1, 1}},
    {"beyond-scope", {1, 2}},
    {"destination-unreachable", {1, 3}},
    {"port-unreachable", {1, 4}},
    {"packet-too-big", {2, {}}},
    {"time-exceeded", {3, {}}},
    {"hop-limit", {3, 0}},
    {"reassembly-timeout", {3, 1}},
    {"parameter-problem", {4, {}}},
    {"header", {4, 0}},
    {"next-header", {4, 1}},
    {"parameter-option", {4, 2}},
    {"echo-request", {128, {}}},
    {"echo-reply", {129, {}}},
    {"mld-query", {130, {}}},
    {"mld-report", {131, {}}},
    {"mld-reduction", {132, {}}},
    {"router-solicitation", {133, {}}},
    {"router-advertisement", {134, {}}},
    {"nd-ns", {135, {}}},
    {"nd-na", {136, {}}},
    {"redirect", {137, {}}},
    {"router-renumbering", {138, {}}},
    {"renum-command", {138, 0}},
    {"renum-result", {138, 1}},
    {"renum-seq-number", {138, 255}},
});

constexpr auto kDscp = std::to_array<Named<uint8_t>>({
    {"default", 0}, {"cs1", 8},   {"af11", 10}, {"af12", 12}, {"af13", 14}, {"cs2", 16},
    {"af21", 18},   {"af22", 20}, {"af23", 22}, {"cs3", 24},  {"af31", 26}, {"af32", 28},
    {"af33", 30},   {"cs4", 32},  {"af41", 34}, {"af42", 36}, {"af43", 38}, {"cs5", 40},
    {"ef", 46},     {"cs6", 48},  {"cs7", 56},
});
constexpr auto kPrecedence = std::to_array<Named<uint8_t>>({
    {"routine", 0},
    {"priority", 1},
    {"immediate", 2},
    {"flash", 3},
    {"flash-override", 4},
    {"critical", 5},
    {"internet", 6},
    {"network", 7},
});
constexpr auto kTos = std::to_array<Named<uint8_t>>({
    {"normal", 0},
    {"min-monetary-cost", 1},
    {"max-reliability", 2},
    {"max-throughput", 4},
    {"min-delay", 8},
});
constexpr auto kTcpFlagWords = std::to_array<TcpFlagWord>({
    {"ack", kTcpAck},
    {"fin", kTcpFin},
    {"psh", kTcpPsh},
    {"rst", kTcpRst},
    {"syn", kTcpSyn},
    {"urg", kTcpUrg},
});

template <typename T>
std::optional<T> ParseIn(std::span<const Named<T>> table, std::string_view word, uint32_t last) {
  for (const auto& [name, value] : table) {
    if (name == word) return value;
  }
  const auto number = ParseNumber(word);
  if (!number || *number > last) return std::nullopt;
  return static_cast<T>(*number);
}
template <typename T>
std::string NameIn(std::span<const Named<T>> table, T value) {
  for (const auto& [name, number] : table) {
    if (number == value) return std::string(name);
  }
  return std::to_string(value);
}

std::span<const Named<uint16_t>> PortTable(uint8_t protocol) {
  if (protocol == net::kProtocolTcp) return kTcpPorts;
  if (protocol == net::kProtocolUdp) return kUdpPorts;
  return {};
}

}  // namespace

std::optional<uint8_t> ParseProtocol(std::string_view word) {
  return ParseIn<uint8_t>(kProtocols, word, 255);
}
std::string ProtocolName(uint8_t protocol) { return NameIn<uint8_t>(kProtocols, protocol); }
std::optional<uint8_t> ParseProtocolV6(std::string_view word) {
  return ParseIn<uint8_t>(kProtocolsV6, word, 255);
}
std::string ProtocolNameV6(uint8_t protocol) { return NameIn<uint8_t>(kProtocolsV6, protocol); }

std::optional<uint16_t> ParsePort(std::string_view word, uint8_t protocol) {
  return ParseIn<uint16_t>(PortTable(protocol), word, 65535);
}
std::string PortName(uint16_t port, uint8_t protocol) {
  return NameIn<uint16_t>(PortTable(protocol), port);
}

std::span<const IcmpWord> IcmpWords(bool v6) {
  if (v6) return kIcmpV6Words;
  return kIcmpWords;
}
std::optional<IcmpMessage> ParseIcmp(std::string_view word, bool v6) {
  for (const IcmpWord& known : IcmpWords(v6)) {
    if (known.word == word) return known.message;
  }
  return std::nullopt;
}
std::string IcmpName(const IcmpMessage& message, bool v6) {
  for (const IcmpWord& known : IcmpWords(v6)) {
    if (known.message == message) return std::string(known.word);
  }
  std::string name = std::to_string(message.type);
  if (message.code) name += " " + std::to_string(*message.code);
  return name;
}

std::optional<uint8_t> ParseDscp(std::string_view word) {
  return ParseIn<uint8_t>(kDscp, word, 63);
}
std::string DscpName(uint8_t dscp) { return NameIn<uint8_t>(kDscp, dscp); }
std::optional<uint8_t> ParsePrecedence(std::string_view word) {
  return ParseIn<uint8_t>(kPrecedence, word, 7);
}
std::string PrecedenceName(uint8_t precedence) { return NameIn<uint8_t>(kPrecedence, precedence); }
std::optional<uint8_t> ParseTos(std::string_view word) { return ParseIn<uint8_t>(kTos, word, 15); }
std::string TosName(uint8_t tos) { return NameIn<uint8_t>(kTos, tos); }

std::optional<uint8_t> ParseTcpFlag(std::string_view word) {
  for (const TcpFlagWord& known : kTcpFlagWords) {
    if (known.word == word) return known.flag;
  }
  return std::nullopt;
}
std::span<const TcpFlagWord> TcpFlagWords() { return kTcpFlagWords; }

}  // namespace vam::config
