// The types of arguments of IKE statements.
#include <algorithm>
#include <array>
#include <string>

#include "sw/config/arguments.h"
#include "sw/config/ike_algorithms.h"
#include "sw/config/seal.h"
#include "sw/net/address.h"

namespace vam::config {
namespace {

constexpr size_t kLongestName = 64;
constexpr uint32_t kHighestAsaPolicy = 65535;

// `crypto ikev2 policy 10` is the ASA's.
std::string PolicyName(std::string_view word, int64_t, int64_t) {
  const auto number = ParseNumber(word);
  if (number && *number >= 1 && *number <= kHighestAsaPolicy) {
    return "a policy of that number is the ASA's";
  }
  return word.size() <= kLongestName ? "" : "name longer than 64 characters";
}

// The words themselves are keywords; the guides print them with commas as well (SY, C2).
std::string_view WithoutComma(std::string_view word) {
  return word.size() > 1 && word.ends_with(',') ? word.substr(0, word.size() - 1) : "";
}
std::string Cipher(std::string_view word, int64_t, int64_t) {
  return FindIkeCipher(WithoutComma(word)) != nullptr ? "" : "not a cipher of IKEv2";
}
std::string Hash(std::string_view word, int64_t, int64_t) {
  return FindIkeHash(WithoutComma(word)) != nullptr ? "" : "not a hash of IKEv2";
}
std::string Group(std::string_view word, int64_t, int64_t) {
  const auto number = ParseNumber(word.substr(0, word.find(',')));
  if (number && *number >= 22 && *number <= 24) return "";  // refused by name
  if (number && *number >= 35 && *number <= 37) return "";
  const bool known =
      number && *number <= UINT16_MAX && FindIkeGroup(static_cast<uint16_t>(*number)) != nullptr;
  return known && !WithoutComma(word).empty() ? "" : "not a Diffie-Hellman group of IKEv2";
}

bool IsAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
std::string DomainName(std::string_view word, int64_t, int64_t) {
  return IsDomainName(word) ? "" : "not a host name";
}
std::string Mailbox(std::string_view word, int64_t, int64_t) {
  const size_t at = word.find('@');
  const bool good = word.size() <= 255 && at != 0 && at != std::string_view::npos &&
                    DomainName(word.substr(at + 1), 0, 0).empty();
  return good ? "" : "not a mailbox (NAME@DOMAIN)";
}
std::string KeyId(std::string_view word, int64_t, int64_t) {
  return word.size() <= 255 ? "" : "longer than 255 characters";
}
// An IPv4 range with a slash; an IPv6 address or range.
std::string AnyPrefix(std::string_view word, int64_t, int64_t) {
  const size_t slash = word.find('/');
  const auto address = net::Address::Parse(word.substr(0, slash));
  if (!address) return "not an address";
  if (slash == std::string_view::npos) return address->is_v6() ? "" : "not an IPv6 address";
  const std::string_view digits = word.substr(slash + 1);
  const auto length = ParseNumber(digits);
  const bool good =
      length && std::to_string(*length) == digits && *length <= (address->is_v4() ? 32U : 128U);
  return good ? "" : "not a prefix length";
}
std::string HexKey(std::string_view word, int64_t, int64_t) {
  if (word == kRemovedSecret) {
    return "'<removed>' stands for a secret that was shown without a config-key";
  }
  if (word.starts_with("0x") || word.starts_with("0X")) word.remove_prefix(2);
  const bool digits = std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  if (!digits || word.empty()) return "not hexadecimal";
  if (word.size() % 2 != 0) return "odd number of hexadecimal digits";
  return word.size() / 2 <= kLongestSealed ? "" : "secret longer than 256 bytes";
}

constexpr std::array kArguments{
    ArgumentType{"ikev2-name", "WORD", "Name", PolicyName},
    ArgumentType{"ike-cipher", "CIPHER,", "The same with a comma", Cipher},
    ArgumentType{"ike-hash", "HASH,", "The same with a comma", Hash},
    ArgumentType{"ike-group", "GROUP,", "The same with a comma", Group},
    ArgumentType{"domain-name", "FQDN", "Host or domain name", DomainName},
    ArgumentType{"mailbox", "NAME@DOMAIN", "Mailbox", Mailbox},
    ArgumentType{"key-id", "WORD", "Opaque string", KeyId},
    ArgumentType{"ike-prefix", "PREFIX", "A.B.C.D/<0-32>, X:X:X:X::X or X:X:X:X::X/<0-128>",
                 AnyPrefix},
    ArgumentType{"hex-key", "HEX", "Key in hexadecimal", HexKey, false, true},
};

}  // namespace

bool IsDomainName(std::string_view word) {
  const bool letters = std::any_of(word.begin(), word.end(),
                                   [](char c) { return IsAlnum(c) && (c < '0' || c > '9'); });
  return letters && word.size() <= 253 && IsAlnum(word.front()) &&
         std::all_of(word.begin(), word.end(),
                     [](char c) { return IsAlnum(c) || c == '-' || c == '_' || c == '.'; });
}

const ArgumentType* FindIkeArgumentType(std::string_view name) {
  const auto* at = std::ranges::find(kArguments, name, &ArgumentType::name);
  return at == kArguments.end() ? nullptr : at;
}

}  // namespace vam::config
