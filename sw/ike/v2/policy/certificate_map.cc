#include "sw/ike/v2/policy/certificate_map.h"

#include <algorithm>
#include <string_view>

namespace vam::ike::v2 {

namespace {

using config::PkiField;
using config::PkiMapRule;
using config::PkiOperator;

// "CN = gw, O=Example" and "cn=GW,o=example" are one.
std::string Plain(std::string_view text) {
  constexpr std::string_view kSigns = ",=";
  std::string out;
  for (const char c : text) {
    if (c == ' ' && (out.empty() || kSigns.find(out.back()) != std::string_view::npos)) continue;
    if (kSigns.find(c) != std::string_view::npos) {
      while (!out.empty() && out.back() == ' ') out.pop_back();
    }
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// "0x0A1B", "a1b" and "0A1B" are one number.
std::string PlainSerial(std::string_view text) {
  std::string out;
  for (const char c : Plain(text)) {
    if (c != ' ' && c != ':') out += c;
  }
  if (out.starts_with("0x")) out.erase(0, 2);
  out.erase(0, std::min(out.find_first_not_of('0'), out.size()));
  return out;
}

std::vector<std::string> AltNamesOf(const pki::Certificate& certificate) {
  const pki::AltNames& names = certificate.alt_names();
  std::vector<std::string> out(names.dns);
  out.insert(out.end(), names.emails.begin(), names.emails.end());
  for (const net::Address& address : names.addresses) out.push_back(net::ToString(address));
  for (std::string& name : out) name = Plain(name);
  return out;
}

bool DateHolds(const PkiMapRule& rule, int64_t time_s) {
  switch (rule.op) {
    case PkiOperator::kEqual:
      return time_s == rule.time_s;
    case PkiOperator::kNotEqual:
      return time_s != rule.time_s;
    case PkiOperator::kLess:
      return time_s < rule.time_s;
    case PkiOperator::kGreaterOrEqual:
      return time_s >= rule.time_s;
    case PkiOperator::kContains:
    case PkiOperator::kNotContains:
      break;
  }
  return false;
}

bool TextHolds(const PkiMapRule& rule, const std::vector<std::string>& texts) {
  const auto any = [&](bool whole) {
    // Nothing would be contained in everything.
    return !rule.text.empty() && std::ranges::any_of(texts, [&](const std::string& text) {
      return whole ? text == rule.text : text.find(rule.text) != std::string::npos;
    });
  };
  switch (rule.op) {
    case PkiOperator::kEqual:
      return any(true);
    case PkiOperator::kNotEqual:
      return !any(true);
    case PkiOperator::kContains:
      return any(false);
    case PkiOperator::kNotContains:
      return !any(false);
    case PkiOperator::kLess:
    case PkiOperator::kGreaterOrEqual:
      break;
  }
  return false;
}

}  // namespace

CertificateTexts::CertificateTexts(const pki::Certificate& certificate)
    : subject_{Plain(certificate.subject())},
      issuer_{Plain(certificate.issuer())},
      alt_names_(AltNamesOf(certificate)),
      names_(alt_names_),
      serial_{PlainSerial(certificate.serial())},
      not_before_s_(certificate.not_before_s()),
      not_after_s_(certificate.not_after_s()) {
  names_.push_back(subject_.front());
}

CertificateMap::CertificateMap(const config::PkiMap& map) : name_(map.name) {
  for (const config::PkiMapEntry& entry : map.entries) {
    std::vector<PkiMapRule> rules = entry.rules;
    for (PkiMapRule& rule : rules) {
      rule.text = rule.field == PkiField::kSerial ? PlainSerial(rule.text) : Plain(rule.text);
    }
    if (!rules.empty()) entries_.push_back(std::move(rules));
  }
}

bool CertificateMap::Holds(const PkiMapRule& rule, const CertificateTexts& certificate) {
  switch (rule.field) {
    case PkiField::kSubject:
    case PkiField::kUnstructuredSubject:
      return TextHolds(rule, certificate.subject_);
    case PkiField::kIssuer:
      return TextHolds(rule, certificate.issuer_);
    case PkiField::kAltName:
      return TextHolds(rule, certificate.alt_names_);
    case PkiField::kName:
      return TextHolds(rule, certificate.names_);
    case PkiField::kSerial:
      return TextHolds(rule, certificate.serial_);
    case PkiField::kValidStart:
      return DateHolds(rule, certificate.not_before_s_);
    case PkiField::kExpiresOn:
      return DateHolds(rule, certificate.not_after_s_);
  }
  return false;
}

bool CertificateMap::Matches(const CertificateTexts& certificate) const {
  return std::ranges::any_of(entries_, [&](const std::vector<PkiMapRule>& rules) {
    return std::ranges::all_of(rules,
                               [&](const PkiMapRule& rule) { return Holds(rule, certificate); });
  });
}

}  // namespace vam::ike::v2
