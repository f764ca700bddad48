#include "sw/config/arguments.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "sw/base/text.h"
#include "sw/config/ip_names.h"
#include "sw/config/running_logging.h"
#include "sw/config/seal.h"
#include "sw/net/address.h"
#include "sw/net/ipv4.h"
#include "sw/net/mac.h"
#include "sw/net/prefix.h"

namespace vam::config {
namespace {

bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlphanumeric(char c) { return IsAlpha(c) || IsDigit(c); }

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

bool SameLetters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return ToLower(x) == ToLower(y); });
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
std::string TcpPort(std::string_view word, int64_t, int64_t) {
  return ParsePort(word, net::kProtocolTcp) ? "" : "not a port number or name of TCP";
}
std::string UdpPort(std::string_view word, int64_t, int64_t) {
  return ParsePort(word, net::kProtocolUdp) ? "" : "not a port number or name of UDP";
}
std::string Dscp(std::string_view word, int64_t, int64_t) {
  return ParseDscp(word) ? "" : "not a DSCP value";
}
std::string Precedence(std::string_view word, int64_t, int64_t) {
  return ParsePrecedence(word) ? "" : "not a precedence value";
}
std::string Tos(std::string_view word, int64_t, int64_t) {
  return ParseTos(word) ? "" : "not a TOS value";
}
std::string SeverityWord(std::string_view word, int64_t, int64_t) {
  return ParseSeverity(word) ? "" : "not a severity";
}
std::string FacilityWord(std::string_view word, int64_t, int64_t) {
  return ParseFacility(word) ? "" : "not a facility";
}
std::string TcpFlag(std::string_view word, int64_t, int64_t) {
  const bool sign = word[0] == '+' || word[0] == '-';
  return sign && ParseTcpFlag(word.substr(1)) ? "" : "not a TCP flag with its sign";
}
std::string AnyAddressV6(std::string_view word, int64_t, int64_t) {
  const auto address = net::Address::Parse(word);
  return address && address->is_v6() ? "" : "not an IPv6 address";
}
// Host bits may be set: whether they may depends on the statement.
std::string PrefixV6(std::string_view word, int64_t, int64_t) {
  const size_t slash = word.find('/');
  if (slash == std::string_view::npos) return "not an IPv6 prefix: its length is missing";
  const std::string_view digits = word.substr(slash + 1);
  const auto length = ParseNumber(digits);
  const bool decimal = length && std::to_string(*length) == digits;
  if (!decimal || *length > 128) return "not the length of an IPv6 prefix (0-128)";
  const auto address = net::Address::Parse(word.substr(0, slash));
  return address && address->is_v6() ? "" : "not an IPv6 prefix";
}
std::string RouteDistinguisher(std::string_view word, int64_t, int64_t) {
  // AS number (2 or 4 bytes) or IPv4 address, colon, number (RFC 4364, 4.2).
  std::string wrong = "not ASN:nn or IP-address:nn";
  const size_t colon = word.find(':');
  if (colon == std::string_view::npos) return wrong;
  const std::string_view first = word.substr(0, colon);
  const auto local = ParseNumber(word.substr(colon + 1));
  const auto number = ParseNumber(first);
  const auto address = net::Address::Parse(first);
  if (!local || (!number && !(address && address->is_v4()))) return wrong;
  const bool wide = number && *number <= 65535;
  if (!wide && *local > 65535) return wrong + ": nn is above 65535";
  // One spelling for one value.
  const std::string begin = number ? std::to_string(*number) : net::ToString(*address);
  return begin + ":" + std::to_string(*local) == word ? "" : wrong;
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
std::string PeerName(std::string_view word, int64_t, int64_t) {
  if (word.find(':') != std::string_view::npos) {
    const std::string_view address = word.substr(0, word.find('/'));
    return net::Address::Parse(address) ? "" : "not an IPv6 address";
  }
  if (word.find_first_not_of("0123456789.") == std::string_view::npos) {
    return net::Address::Parse(word) ? "" : "not an IPv4 address";
  }
  const bool good = word.size() <= 253 && IsAlphanumeric(word.front()) &&
                    std::all_of(word.begin(), word.end(),
                                [](char c) { return IsAlphanumeric(c) || c == '-' || c == '.'; });
  return good ? "" : "neither an address nor a host name";
}
std::string Name(std::string_view word, int64_t, int64_t) {
  return word.size() <= 64 ? "" : "name longer than 64 characters";
}
std::string VrfName(std::string_view word, int64_t, int64_t) {
  return word.size() <= 32 ? "" : "VRF name longer than 32 characters";
}
// "0101" and "0x65" would be lists of their own beside 101.
bool IsNumberIn(std::string_view word, uint32_t low, uint32_t high) {
  const auto number = ParseNumber(word);
  return number && std::to_string(*number) == word && *number >= low && *number <= high;
}
bool IsExtendedNumber(std::string_view word) {
  return IsNumberIn(word, 100, 199) || IsNumberIn(word, 2000, 2699);
}
bool IsStandardNumber(std::string_view word) {
  return IsNumberIn(word, 1, 99) || IsNumberIn(word, 1300, 1999);
}
std::string AclName(std::string_view word, int64_t, int64_t) {
  if (word.size() > 64) return "name longer than 64 characters";
  if (!IsDigit(word[0]) || IsExtendedNumber(word)) return "";
  return "not an extended access list (100-199, 2000-2699, or a name)";
}
std::string StandardAclName(std::string_view word, int64_t, int64_t) {
  if (word.size() > 64) return "name longer than 64 characters";
  if (!IsDigit(word[0]) || IsStandardNumber(word)) return "";
  return "not a standard access list (1-99, 1300-1999, or a name)";
}
std::string FilterName(std::string_view word, int64_t low, int64_t high) {
  return StandardAclName(word, low, high).empty() ? "" : AclName(word, low, high);
}
std::string AclNameV6(std::string_view word, int64_t, int64_t) {
  if (word.size() > 64) return "name longer than 64 characters";
  return IsDigit(word[0]) ? "the name of an IPv6 access list begins with no digit" : "";
}
std::string StandardAclNumber(std::string_view word, int64_t, int64_t) {
  if (!ParseNumber(word)) return "not a number";
  return IsStandardNumber(word) ? "" : "not a standard access list number";
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
std::string EnableHash(std::string_view word, int64_t, int64_t) {
  if (word == kRemovedSecret) return std::string(kRemovedReason);
  return word.size() <= 80 ? "" : "longer than any hash";
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
    ArgumentType{"peer", "PEER", "IPv4 or IPv6 address, or host name", PeerName},
    ArgumentType{"mask", "A.B.C.D", "Netmask", Mask},
    ArgumentType{"wildcard", "A.B.C.D", "Wildcard bits: 1 is not compared", AnyAddress},
    ArgumentType{"mac", "H.H.H", "Ethernet address", Mac},
    ArgumentType{"address6", "X:X:X:X::X", "IPv6 address", AnyAddressV6},
    ArgumentType{"prefix6", "X:X:X:X::X/<0-128>", "IPv6 prefix and its length", PrefixV6},
    ArgumentType{"tcp-port", "PORT", "Port number or name", TcpPort},
    ArgumentType{"udp-port", "PORT", "Port number or name", UdpPort},
    ArgumentType{"dscp", "<0-63>", "Or af11-af43, cs1-cs7, ef, default", Dscp},
    ArgumentType{"precedence", "<0-7>", "Or routine, priority, ... network", Precedence},
    ArgumentType{"tos", "<0-15>", "Or normal, min-delay, max-throughput, ...", Tos},
    ArgumentType{"flag", "+FLAG|-FLAG", "ack, fin, psh, rst, syn or urg; +: set, -: not set",
                 TcpFlag},
    ArgumentType{"severity", "<0-7>",
                 "Or emergencies, alerts, critical, errors, warnings, notifications, "
                 "informational, debugging",
                 SeverityWord},
    ArgumentType{"facility", "WORD", "kern, user, ... local0-local7", FacilityWord},
    ArgumentType{"rd", "ASN:nn", "AS number or IPv4 address, and a number", RouteDistinguisher},
    ArgumentType{"interface", "INTERFACE", "Interface name", InterfaceName, false, false, true},
    ArgumentType{"name", "WORD", "Name", Name},
    ArgumentType{"vrf", "WORD", "Name of a VRF", VrfName},
    ArgumentType{"acl", "ACL", "Access list number (100-199, 2000-2699) or name", AclName},
    ArgumentType{"acl-number", "<100-199,2000-2699>", "Extended access list number", AclNumber},
    ArgumentType{"acl-standard", "ACL", "Access list number (1-99, 1300-1999) or name",
                 StandardAclName},
    ArgumentType{"acl-standard-number", "<1-99,1300-1999>", "Standard access list number",
                 StandardAclNumber},
    ArgumentType{"acl-filter", "ACL", "Access list number or name", FilterName},
    ArgumentType{"acl6", "WORD", "Name of an IPv6 access list", AclNameV6},
    ArgumentType{"key", "HEX", "Key in hexadecimal, salt behind it", Hex, false, true},
    ArgumentType{"sealed", "SEALED", "Secret sealed under the config-key", Sealed, false, true},
    ArgumentType{"enable-hash", "HASH", "Hash of the secret", EnableHash, false, true},
    ArgumentType{"passphrase", "LINE", "Passphrase of 8 to 127 characters", nullptr, true, true},
    ArgumentType{"word", "WORD", "Word", nullptr},
    ArgumentType{"line", "LINE", "Text up to the end of the line", nullptr, true},
};

}  // namespace

const ArgumentType* FindArgumentType(std::string_view name) {
  for (const ArgumentType& type : kArguments) {
    if (type.name == name) return &type;
  }
  for (const auto find : {FindIkeArgumentType, FindPkiArgumentType}) {
    if (const ArgumentType* type = find(name)) return type;
  }
  return FindPendingArgumentType(name);
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

}  // namespace vam::config
