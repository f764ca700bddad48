#include "sw/config/arguments.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "sw/config/seal.h"
#include "sw/net/address.h"
#include "sw/net/ipv4.h"
#include "sw/net/mac.h"
#include "sw/net/prefix.h"

namespace vam::config {
namespace {

constexpr std::array<std::pair<std::string_view, uint16_t>, 21> kPorts{{
    {"bootpc", 68},   {"bootps", 67},  {"domain", 53},          {"echo", 7},  {"ftp", 21},
    {"ftp-data", 20}, {"isakmp", 500}, {"non500-isakmp", 4500}, {"ntp", 123}, {"pop3", 110},
    {"smtp", 25},     {"snmp", 161},   {"snmptrap", 162},       {"ssh", 22},  {"sunrpc", 111},
    {"syslog", 514},  {"tacacs", 49},  {"telnet", 23},          {"tftp", 69}, {"time", 37},
    {"www", 80},
}};
constexpr std::array<std::pair<std::string_view, uint8_t>, 8> kProtocols{{
    {"ip", 0},
    {"icmp", net::kProtocolIcmp},
    {"tcp", net::kProtocolTcp},
    {"udp", net::kProtocolUdp},
    {"gre", 47},
    {"esp", net::kProtocolEsp},
    {"ahp", net::kProtocolAh},
    {"ospf", 89},
}};

bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Interface types of IOS.
constexpr std::array<std::string_view, 18> kInterfaceTypes{
    "Async",
    "BVI",
    "Cellular",
    "Dialer",
    "Ethernet",
    "FastEthernet",
    "FortyGigabitEthernet",
    "GigabitEthernet",
    "HundredGigE",
    "Loopback",
    "Multilink",
    "Null",
    "Port-channel",
    "Serial",
    "TenGigabitEthernet",
    "Tunnel",
    "Virtual-Template",
    "Vlan",
};
// Names that Linux and DPDK users give, though they look like abbreviations.
constexpr std::array<std::string_view, 2> kOwnNames{"eth", "port"};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool SameLetters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}
std::vector<std::string_view> TypesOf(std::string_view letters) {
  std::vector<std::string_view> types;
  for (std::string_view type : kInterfaceTypes) {
    if (SameLetters(type, letters)) return {type};
    if (SameLetters(type.substr(0, letters.size()), letters)) types.push_back(type);
  }
  return types;
}
struct InterfaceWord {
  std::string_view letters;
  std::string_view number;              // empty: not an IOS name
  std::vector<std::string_view> types;  // that the letters stand for
};
InterfaceWord TakeApart(std::string_view word) {
  const size_t digit = word.find_first_of("0123456789");
  if (digit == 0 || digit == std::string_view::npos) return {word, {}, {}};
  InterfaceWord parts{word.substr(0, digit), word.substr(digit), {}};
  const bool number = parts.number.find_first_not_of("0123456789/.:") == std::string_view::npos;
  const bool slash = parts.number.find('/') != std::string_view::npos;
  const bool own = !slash && std::any_of(kOwnNames.begin(), kOwnNames.end(),
                                         [&](auto name) { return parts.letters == name; });
  if (!number || own || (parts.letters.size() < 2 && !slash)) return {word, {}, {}};
  parts.types = TypesOf(parts.letters);
  return parts;
}

std::string Number(std::string_view word, int64_t low, int64_t high) {
  const auto value = ParseNumber(word);
  if (!value) return "not a number";
  if (*value < low || *value > high) {
    return "number outside " + std::to_string(low) + "-" + std::to_string(high);
  }
  return "";
}
std::string AnyAddress(std::string_view word, int64_t, int64_t) {
  const auto address = net::Address::Parse(word);
  return address && address->is_v4() ? "" : "not an IPv4 address";
}
std::string Mask(std::string_view word, int64_t, int64_t) {
  const auto address = net::Address::Parse(word);
  if (!address || !address->is_v4()) return "not an IPv4 netmask";
  return net::LengthFromMask(address->v4()) ? "" : "not a netmask: its ones are not contiguous";
}
std::string Mac(std::string_view word, int64_t, int64_t) {
  return net::MacAddress::Parse(word) ? "" : "not an Ethernet address";
}
std::string Port(std::string_view word, int64_t, int64_t) {
  return ParsePort(word) ? "" : "not a port number or name";
}
std::string InterfaceName(std::string_view word, int64_t, int64_t) {
  const bool good = !word.empty() && word.size() <= 32 && IsAlpha(word[0]) &&
                    std::all_of(word.begin(), word.end(), [](char c) {
                      return IsAlpha(c) || IsDigit(c) ||
                             std::string_view("/.:_-").find(c) != std::string_view::npos;
                    });
  if (!good) return "not an interface name";
  const std::vector<std::string_view> types = TakeApart(word).types;
  if (types.size() < 2) return "";
  std::string wrong = "ambiguous interface type:";
  for (std::string_view type : types) wrong += " " + std::string(type);
  return wrong;
}
std::string Name(std::string_view word, int64_t, int64_t) {
  return word.size() <= 64 ? "" : "name longer than 64 characters";
}
std::string AclName(std::string_view word, int64_t, int64_t) {
  if (word.size() > 64) return "name longer than 64 characters";
  if (!IsDigit(word[0])) return "";
  const auto number = ParseNumber(word);
  // "0101" and "0x65" would be lists of their own beside 101.
  const bool extended =
      number && std::to_string(*number) == word &&
      ((*number >= 100 && *number <= 199) || (*number >= 2000 && *number <= 2699));
  return extended ? "" : "not an extended access list (100-199, 2000-2699, or a name)";
}
std::string AclNumber(std::string_view word, int64_t low, int64_t high) {
  if (!ParseNumber(word)) return "not a number";
  return AclName(word, low, high).empty() ? "" : "not an extended access list number";
}
constexpr std::string_view kRemovedReason =
    "'<removed>' stands for a secret that was shown without a config-key";
std::string Sealed(std::string_view word, int64_t, int64_t) {
  if (word == kRemovedSecret) return std::string(kRemovedReason);
  return LooksSealed(word) ? "" : "not a sealed secret";
}
std::string Hex(std::string_view word, int64_t, int64_t) {
  if (word == kRemovedSecret) return std::string(kRemovedReason);
  const bool digits = std::all_of(word.begin(), word.end(), [](char c) {
    return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  if (!digits) return "not hexadecimal";
  return word.size() % 2 == 0 ? "" : "odd number of hexadecimal digits";
}

constexpr std::array kArguments{
    ArgumentType{"number", "", "Number", Number},
    ArgumentType{"spi", "", "Security parameter index, decimal or 0x hexadecimal", Number},
    ArgumentType{"address", "A.B.C.D", "IPv4 address", AnyAddress},
    ArgumentType{"mask", "A.B.C.D", "Netmask", Mask},
    ArgumentType{"wildcard", "A.B.C.D", "Wildcard bits: 1 is not compared", AnyAddress},
    ArgumentType{"mac", "H.H.H", "Ethernet address", Mac},
    ArgumentType{"port", "PORT", "Port number or name", Port},
    ArgumentType{"interface", "INTERFACE", "Interface name", InterfaceName, false, false, true},
    ArgumentType{"name", "WORD", "Name", Name},
    ArgumentType{"acl", "ACL", "Access list number (100-199, 2000-2699) or name", AclName},
    ArgumentType{"acl-number", "<100-199,2000-2699>", "Extended access list number", AclNumber},
    ArgumentType{"key", "HEX", "Key, then 4-byte salt, in hexadecimal", Hex, false, true},
    ArgumentType{"sealed", "SEALED", "Secret sealed under the config-key", Sealed, false, true},
    ArgumentType{"passphrase", "LINE", "Passphrase of 8 to 127 characters", nullptr, true, true},
    ArgumentType{"word", "WORD", "Word", nullptr},
    ArgumentType{"line", "LINE", "Text up to the end of the line", nullptr, true},
};

}  // namespace

const ArgumentType* FindArgumentType(std::string_view name) {
  for (const ArgumentType& type : kArguments) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

bool IsInterfaceType(std::string_view word) {
  const bool letters =
      std::all_of(word.begin(), word.end(), [](char c) { return IsAlpha(c) || c == '-'; });
  return letters && word.size() >= 2 && !TypesOf(word).empty();
}

std::string FullInterfaceName(std::string_view word) {
  const InterfaceWord parts = TakeApart(word);
  if (parts.types.size() != 1) return std::string(word);
  return std::string(parts.types[0]) + std::string(parts.number);
}

std::optional<uint32_t> ParseNumber(std::string_view word) {
  int base = 10;
  if (word.starts_with("0x") || word.starts_with("0X")) {
    base = 16;
    word.remove_prefix(2);
  }
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

std::optional<uint16_t> ParsePort(std::string_view word) {
  for (const auto& [name, port] : kPorts) {
    if (name == word) return port;
  }
  const auto number = ParseNumber(word);
  if (!number || *number > 65535) return std::nullopt;
  return static_cast<uint16_t>(*number);
}

std::optional<uint8_t> ParseProtocol(std::string_view word) {
  for (const auto& [name, protocol] : kProtocols) {
    if (name == word) return protocol;
  }
  const auto number = ParseNumber(word);
  if (!number || *number > 255) return std::nullopt;
  return static_cast<uint8_t>(*number);
}

std::string ProtocolName(uint8_t protocol) {
  for (const auto& [name, number] : kProtocols) {
    if (number == protocol) return std::string(name);
  }
  return std::to_string(protocol);
}

}  // namespace vam::config
