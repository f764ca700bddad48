// crypto pki certificate chain: certificates as hexadecimal text; crypto pki certificate map: rules
// on those of peers.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "sw/base/bytes.h"
#include "sw/config/pki_text.h"
#include "sw/config/render_pki.h"
#include "sw/config/statements.h"

namespace vam::config {
namespace {

constexpr size_t kMostCertificates = 32;  // of one chain
constexpr size_t kMostMaps = 1000;
constexpr size_t kMostEntries = 1000;  // of one map
constexpr size_t kMostRules = 64;      // of one entry
constexpr size_t kLongestRule = 255;   // ASA-36

std::optional<Fault> EnterChain(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  if (editor.running.pki.trustpoints.Find(name.text) == nullptr) {
    return Fault{&name, "no such trustpoint"};
  }
  FindOrAdd(editor.running.pki.chains, name.text);
  editor.Enter(Mode::kPkiChain, name.text);
  return {};
}
std::optional<Fault> NoChain(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  if (!EraseNamed(editor.running.pki.chains, name.text)) {
    return Fault{&name, "no certificates of such a trustpoint"};
  }
  return {};
}

PkiChain& CurrentChain(Editor& editor) {
  return FindOrAdd(editor.running.pki.chains, editor.object);
}

std::optional<Fault> BeginCertificate(Editor& editor, const Match& match) {
  const Token& serial = match.Argument("serial");
  editor.certificate = {match.Has("ca"), CanonicalSerial(serial.text), {}};
  editor.Enter(Mode::kPkiHex, editor.object);
  return {};
}
std::optional<Fault> NoCertificate(Editor& editor, const Match& match) {
  const Token& typed = match.Argument("serial");
  const std::string serial = CanonicalSerial(typed.text);
  const bool ca = match.Has("ca");
  const size_t erased = std::erase_if(
      CurrentChain(editor).certificates,
      [&](const PkiCertificate& one) { return one.serial == serial && one.ca == ca; });
  if (erased == 0) return Fault{&typed, "no such certificate of this trustpoint"};
  return {};
}
std::optional<Fault> HexLine(Editor& editor, const Match& match) {
  std::string digits;
  for (const Token& word : match.tokens) digits += word.text;
  const auto bytes = ParseHex(digits);
  if (!bytes) return Fault{&match.tokens[0], "not hexadecimal"};
  auto& der = editor.certificate.der;
  if (der.size() + bytes->size() > kMostCertificateBytes) {
    return Fault{&match.tokens.back(),
                 fmt::format("certificate longer than {} bytes", kMostCertificateBytes)};
  }
  der.insert(der.end(), bytes->begin(), bytes->end());
  return {};
}
// A faulty one is dropped as a whole; the lines behind it are read in the chain again.
std::optional<Fault> EndCertificate(Editor& editor, const Match& match) {
  const Token& quit = match.tokens[0];
  PkiCertificate certificate = std::move(editor.certificate);
  editor.certificate = {};
  editor.Enter(Mode::kPkiChain, editor.object);
  const auto serial = SerialOfCertificate(certificate.der);
  if (!serial) return Fault{&quit, serial.error().text};
  if (*serial != certificate.serial) {
    return Fault{&quit, fmt::format("the certificate has serial number {}, the line says {}",
                                    *serial, certificate.serial)};
  }
  auto& all = CurrentChain(editor).certificates;
  for (const PkiCertificate& other : all) {
    if (other == certificate) return {};
    if (other.ca && certificate.ca && other.serial == certificate.serial) {
      return Fault{&quit, "another certificate ca of this serial number is there: remove it first"};
    }
    if (!other.ca && !certificate.ca) {
      return Fault{&quit, fmt::format("this system has certificate {} there: remove it first",
                                      other.serial)};
    }
  }
  if (all.size() >= kMostCertificates) {
    return Fault{&quit, fmt::format("more than {} certificates", kMostCertificates)};
  }
  all.push_back(std::move(certificate));
  return {};
}
std::optional<Fault> Leave(Editor& editor, const Match&) {
  editor.Enter(Mode::kConfig, "");
  return {};
}

// The name of a map, whichever form of the statement says it.
const Token& MapName(const Match& match) {
  const Token* name = match.Find("name");
  return name != nullptr ? *name : match.Argument("pki-map-name");
}
std::optional<Fault> EnterMap(Editor& editor, const Match& match) {
  const Token& name = MapName(match);
  const uint32_t number = NumberOf(match.Argument("number"));
  auto& maps = editor.running.pki.maps;
  if (maps.Find(name.text) == nullptr && maps.size() >= kMostMaps) {
    return Fault{&name, fmt::format("more than {} certificate maps", kMostMaps)};
  }
  auto& entries = FindOrAdd(maps, name.text).entries;
  const auto at = std::ranges::lower_bound(entries, number, {}, &PkiMapEntry::number);
  if (at == entries.end() || at->number != number) {
    if (entries.size() >= kMostEntries) {
      return Fault{&name, fmt::format("more than {} entries of this map", kMostEntries)};
    }
    entries.insert(at, PkiMapEntry{number, {}});
  }
  editor.Enter(Mode::kPkiMap, name.text, number);
  return {};
}
std::optional<Fault> NoMap(Editor& editor, const Match& match) {
  const Token& name = MapName(match);
  PkiMap* map = editor.running.pki.maps.Find(name.text);
  if (map == nullptr) return Fault{&name, "no such certificate map"};
  if (const Token* number = match.Find("number")) {
    const uint32_t wanted = NumberOf(*number);
    if (std::erase_if(map->entries, [&](const auto& entry) { return entry.number == wanted; }) ==
        0) {
      return Fault{number, "no such entry of this certificate map"};
    }
    if (!map->entries.empty()) return {};
  }
  EraseNamed(editor.running.pki.maps, name.text);
  return {};
}

// The value whose name is `word`: the grammar takes no others.
template <typename Value, size_t kNames>
Value Named(const std::array<std::string_view, kNames>& names, std::string_view word) {
  return static_cast<Value>(std::ranges::find(names, word) - names.begin());
}

std::optional<Fault> Rule(Editor& editor, const Match& match) {
  PkiMapRule rule;
  const size_t first = match.negated() ? 1 : 0;
  rule.field = Named<PkiField>(kPkiFieldNames, match.tokens[first].text);
  rule.op = Named<PkiOperator>(kPkiOperatorNames, match.tokens[first + 1].text);
  const Token& line = match.Argument("line");
  rule.text = line.text;
  if (line.text.size() > kLongestRule) {
    return Fault{&line, fmt::format("longer than {} characters", kLongestRule)};
  }
  if (rule.field == PkiField::kValidStart || rule.field == PkiField::kExpiresOn) {
    const auto time = ParsePkiDate(line.text);
    if (!time) return Fault{&line, "not a date (Jan 31 2030 23:59:59)"};
    rule.time_s = *time;
  } else {
    std::ranges::transform(rule.text, rule.text.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
  }
  auto& rules = std::ranges::find(editor.running.pki.maps.Find(editor.object)->entries,
                                  editor.sequence, &PkiMapEntry::number)
                    ->rules;
  const auto at = std::ranges::find(rules, rule);
  if (match.negated()) {
    if (at == rules.end()) return Fault{&line, "no such rule of this entry"};
    rules.erase(at);
  } else if (at == rules.end()) {
    if (rules.size() >= kMostRules) {
      return Fault{&line, fmt::format("more than {} rules", kMostRules)};
    }
    rules.push_back(std::move(rule));
  }
  return {};
}

constexpr Mode kChain = Mode::kPkiChain;
constexpr Mode kMap = Mode::kPkiMap;
constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "crypto { pki | ca } certificate chain <name>",
      "Certificates of a trustpoint: its CA's and this system's"},
     EnterChain},
    {{Mode::kConfig, "no crypto { pki | ca } certificate chain <name>", "Remove all of them"},
     NoChain},
    {{kChain, "certificate <serial>", "Certificate of this system, in hexadecimal up to 'quit'"},
     BeginCertificate},
    {{kChain, "certificate self-signed <serial>", "The same, signed by itself"}, BeginCertificate},
    {{kChain, "certificate ca <serial>", "Certificate of a CA, in hexadecimal up to 'quit'"},
     BeginCertificate},
    {{kChain, "no certificate <serial>", "Remove that of this system"}, NoCertificate},
    {{kChain, "no certificate self-signed <serial>", "Remove that of this system"}, NoCertificate},
    {{kChain, "no certificate ca <serial>", "Remove that of a CA"}, NoCertificate},
    {{kChain, "exit", "Back to global configuration"}, Leave},
    {{Mode::kPkiHex, "<cert-hex> ...", "DER of the certificate"}, HexLine},
    {{Mode::kPkiHex, "quit", "The end of the certificate"}, EndCertificate},
    {{Mode::kConfig, "crypto pki certificate map <name> <number:1-65535>",
      "Edit an entry of a certificate map: all of its rules must fit, of several entries any"},
     EnterMap},
    {{Mode::kConfig, "no crypto pki certificate map <name> [ <number:1-65535> ]",
      "Remove an entry, or the map"},
     NoMap},
    {{Mode::kConfig, "crypto ca certificate map <pki-map-name> <number:1-65535>", "The same"},
     EnterMap},
    {{Mode::kConfig, "no crypto ca certificate map <pki-map-name> [ <number:1-65535> ]",
      "The same"},
     NoMap},
    {{kMap, "@pki-rule <line>", "The text is in the field or not, without case"}, Rule},
    {{kMap, "no @pki-rule <line>", "Not this rule"}, Rule},
    {{kMap, "@pki-date-rule <line>", "A date: Jan 31 2030 23:59:59"}, Rule},
    {{kMap, "no @pki-date-rule <line>", "Not this rule"}, Rule},
    {{kMap, "exit", "Back to global configuration"}, Leave},
};

}  // namespace

std::span<const ConfigStatement> PkiChainStatements() { return kStatements; }

}  // namespace vam::config
