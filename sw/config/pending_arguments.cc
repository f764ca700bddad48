// The types of arguments that only statements of later issues have.
#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <string>

#include "sw/config/arguments.h"
#include "sw/config/seal.h"
#include "sw/net/address.h"
#include "sw/net/prefix.h"

namespace vam::config {
namespace {

using Words = std::initializer_list<std::string_view>;

bool IsAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Documents write lists with commas (SY, C2).
std::string_view WithoutComma(std::string_view word) {
  if (word.size() > 1 && word.ends_with(',')) word.remove_suffix(1);
  return word;
}
std::string OneOf(std::string_view word, Words words, std::string_view wrong) {
  const bool known = std::find(words.begin(), words.end(), WithoutComma(word)) != words.end();
  return known ? "" : std::string(wrong);
}

std::string Password(std::string_view word, int64_t, int64_t) {
  if (word == kRemovedSecret) {
    return "'<removed>' stands for a secret that was shown without a config-key";
  }
  return word.size() <= kLongestSealed ? "" : "secret longer than 256 characters";
}
std::string Host(std::string_view word, int64_t, int64_t) {
  if (net::Address::Parse(word)) return "";
  // Digits and dots alone are an address that went wrong.
  const bool digits = word.find_first_not_of("0123456789.") == std::string_view::npos;
  const bool good = !digits && word.size() <= 255 && IsAlnum(word[0]) &&
                    std::all_of(word.begin(), word.end(), [](char c) {
                      return IsAlnum(c) || c == '-' || c == '_' || c == '.';
                    });
  return good ? "" : "not an address or a host name";
}
std::string Ipv6(std::string_view word, int64_t, int64_t) {
  const std::string_view address = word.substr(0, word.find('/'));
  const auto parsed = net::Address::Parse(address);
  if (!parsed || parsed->is_v4()) return "not an IPv6 address";
  if (address.size() == word.size()) return "";
  const auto length = ParseNumber(word.substr(address.size() + 1));
  return length && *length <= 128 ? "" : "not an IPv6 prefix length";
}
std::string DhGroup(std::string_view word, int64_t, int64_t) {
  return OneOf(word, {"1", "2", "5", "14", "15", "16", "19", "20", "21", "24"},
               "not a Diffie-Hellman group (1, 2, 5, 14, 15, 16, 19, 20, 21, 24)");
}
std::string AsaCipher(std::string_view word, int64_t, int64_t) {
  return OneOf(
      word,
      {"des", "3des", "aes", "aes-192", "aes-256", "aes-gcm", "aes-gcm-192", "aes-gcm-256", "null"},
      "not a cipher (des, 3des, aes, aes-192, aes-256, aes-gcm, aes-gcm-192, aes-gcm-256, "
      "null)");
}
std::string AsaHash(std::string_view word, int64_t, int64_t) {
  return OneOf(word,
               {"md5", "sha", "sha256", "sha384", "sha512", "sha-1", "sha-256", "sha-384",
                "sha-512", "null"},
               "not a hash (sha, sha256, sha384, sha512, sha-1, sha-256, sha-384, sha-512, md5, "
               "null)");
}
std::string AsaTransform(std::string_view word, int64_t, int64_t) {
  return OneOf(word,
               {"esp-des", "esp-3des", "esp-aes", "esp-aes-192", "esp-aes-256", "esp-null",
                "esp-md5-hmac", "esp-sha-hmac", "esp-none"},
               "not a transform (esp-des, esp-3des, esp-aes, esp-aes-192, esp-aes-256, esp-null, "
               "esp-md5-hmac, esp-sha-hmac, esp-none)");
}
std::string SnmpType(std::string_view word, int64_t, int64_t) {
  if (word.ends_with(',')) return "not a type of notification";
  return OneOf(word,
               {"bgp", "config", "entity", "envmon", "hsrp", "ipsec", "isakmp", "ospf", "snmp",
                "syslog", "tty"},
               "not a type of notification (ipsec, isakmp, snmp, syslog, config, ...)");
}
std::string Hours(std::string_view word, int64_t, int64_t) {
  int value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  const bool good =
      error == std::errc() && end == word.data() + word.size() && value >= -23 && value <= 23;
  return good ? "" : "hours outside -23 to 23";
}
std::string Slot(std::string_view word, int64_t, int64_t) {
  const bool good = word.find_first_not_of("0123456789/") == std::string_view::npos &&
                    word.front() != '/' && word.back() != '/' && word.size() <= 16;
  return good ? "" : "not SLOT/PORT";
}
std::string LongName(std::string_view word, int64_t, int64_t) {
  return word.size() <= 241 ? "" : "name longer than 241 characters";
}

constexpr std::array kArguments{
    ArgumentType{"password", "SECRET", "The secret in clear", Password, false, true},
    ArgumentType{"peer-name", "HOST", "Address or host name", Host},
    ArgumentType{"ipv6-any", "X:X:X:X::X[/N]", "IPv6 address or prefix", Ipv6},
    ArgumentType{"dh-group", "GROUP", "Diffie-Hellman group", DhGroup, false, false, false, true},
    ArgumentType{"asa-cipher", "CIPHER", "Cipher, in the names of the ASA", AsaCipher, false, false,
                 false, true},
    ArgumentType{"asa-hash", "HASH", "Hash, in the names of the ASA", AsaHash, false, false, false,
                 true},
    ArgumentType{"asa-transform", "TRANSFORM", "Transform of the ASA", AsaTransform, false, false,
                 false, true},
    ArgumentType{"snmp-type", "TYPE", "Kind of notification", SnmpType},
    ArgumentType{"hours", "<-23-23>", "Hours from UTC", Hours},
    ArgumentType{"slot", "SLOT/PORT", "Place of the card", Slot},
    ArgumentType{"long-name", "WORD", "Name of up to 241 characters", LongName},
};

}  // namespace

const ArgumentType* FindPendingArgumentType(std::string_view name) {
  for (const ArgumentType& type : kArguments) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

}  // namespace vam::config
