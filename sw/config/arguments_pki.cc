// The types of arguments of PKI statements.
#include <algorithm>
#include <array>
#include <string>

#include "sw/config/arguments.h"
#include "sw/config/pki_text.h"

namespace vam::config {
namespace {

bool IsHex(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}
std::string Serial(std::string_view word, int64_t, int64_t) {
  if (!IsHex(word)) return "not a serial number in hexadecimal";
  return word.size() <= kMostSerialDigits ? "" : "serial number longer than 64 digits";
}
std::string CertificateHex(std::string_view word, int64_t, int64_t) {
  if (!IsHex(word)) return "not a certificate in hexadecimal; 'quit' ends it";
  return word.size() % 2 == 0 ? "" : "odd number of hexadecimal digits";
}
std::string Url(std::string_view word, int64_t, int64_t) {
  constexpr std::string_view kScheme = "http://";
  if (word.size() > kMostPkiUrl) return "URL longer than 1024 characters";
  const bool good = word.starts_with(kScheme) && word.size() > kScheme.size() &&
                    word[kScheme.size()] != '/' && word[kScheme.size()] != ':';
  return good ? "" : "not an http:// URL (what is fetched is signed; others are not built)";
}
// `crypto ca certificate map 10` is the older ASA's.
std::string AsaMapName(std::string_view word, int64_t, int64_t) {
  if (ParseNumber(word)) return "a map without a name is the ASA's";
  return word.size() <= 64 ? "" : "name longer than 64 characters";
}

constexpr std::array kArguments{
    ArgumentType{"serial", "HEX", "Serial number in hexadecimal", Serial},
    ArgumentType{"cert-hex", "HEX", "DER of the certificate in hexadecimal", CertificateHex},
    ArgumentType{"pki-url", "URL", "http://HOST[:PORT]/PATH", Url},
    ArgumentType{"pki-map-name", "WORD", "Name, no number", AsaMapName},
};

}  // namespace

const ArgumentType* FindPkiArgumentType(std::string_view name) {
  const auto* at = std::ranges::find(kArguments, name, &ArgumentType::name);
  return at == kArguments.end() ? nullptr : at;
}

}  // namespace vam::config
