// crypto pki trustpoint: where this system's certificate comes from, and whose it trusts.
#include <fmt/core.h>

#include <algorithm>

#include "sw/config/statements.h"

namespace vam::config {
namespace {

constexpr size_t kMostTrustpoints = 1000;
constexpr size_t kLongestSubject = 512;
constexpr uint32_t kLeastRsaBits = 2048;  // crypto::kMinRsaBits

std::optional<Fault> EnterTrustpoint(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  auto& trustpoints = editor.running.pki.trustpoints;
  if (trustpoints.Find(name.text) == nullptr && trustpoints.size() >= kMostTrustpoints) {
    return Fault{&name, fmt::format("more than {} trustpoints", kMostTrustpoints)};
  }
  FindOrAdd(trustpoints, name.text);
  editor.Note("crypto pki trustpoint " + name.text);
  editor.Enter(Mode::kPkiTrustpoint, name.text);
  return {};
}
// Takes its certificates along, as in IOS.
std::optional<Fault> NoTrustpoint(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  if (!EraseNamed(editor.running.pki.trustpoints, name.text)) {
    return Fault{&name, "no such trustpoint"};
  }
  if (EraseNamed(editor.running.pki.chains, name.text) && editor.interactive) {
    editor.notices.push_back(
        fmt::format("Certificates of trustpoint {} are removed with it", name.text));
  }
  return {};
}

PkiTrustpoint& Current(Editor& editor) {
  editor.Note("crypto pki trustpoint " + editor.object);
  return FindOrAdd(editor.running.pki.trustpoints, editor.object);
}

std::optional<Fault> Enrollment(Editor& editor, const Match& match) {
  PkiEnrollment& enrollment = Current(editor).enrollment;
  if (match.negated()) {
    enrollment = PkiEnrollment::kNone;
  } else if (match.Has("selfsigned")) {
    enrollment = PkiEnrollment::kSelfSigned;
  } else {
    enrollment = match.Has("pem") ? PkiEnrollment::kTerminalPem : PkiEnrollment::kTerminal;
  }
  return {};
}
std::optional<Fault> Subject(Editor& editor, const Match& match) {
  const Token* line = match.negated() ? nullptr : match.Find("line");
  if (line != nullptr && line->text.size() > kLongestSubject) {
    return Fault{line, fmt::format("name longer than {} characters", kLongestSubject)};
  }
  if (line != nullptr && line->text.find('=') == std::string::npos) {
    return Fault{line, "not a distinguished name (CN=gw.example.com,O=Example)"};
  }
  Current(editor).subject = line == nullptr ? "" : line->text;
  return {};
}
std::optional<Fault> Fqdn(Editor& editor, const Match& match) {
  std::optional<std::string>& fqdn = Current(editor).fqdn;
  fqdn.reset();
  if (match.negated()) return {};
  const Token* name = match.Find("domain-name");
  fqdn = name == nullptr ? "" : name->text;
  return {};
}
std::optional<Fault> IpAddress(Editor& editor, const Match& match) {
  const Token* v4 = match.Find("address");
  const Token* token = v4 != nullptr ? v4 : match.Find("address6");
  if (token == nullptr || match.negated()) {
    Current(editor).address.reset();
    return {};
  }
  const net::Address address = AddressOf(*token);
  if (!address.IsRoutableUnicast()) return Fault{token, "not an address of this system"};
  Current(editor).address = address;
  return {};
}
// A trustpoint signs with one key: the last statement counts.
std::optional<Fault> RsaKey(Editor& editor, const Match& match) {
  PkiTrustpoint& trustpoint = Current(editor);
  if (match.negated()) {
    trustpoint.rsa_key.clear();
    trustpoint.rsa_bits = 0;
    return {};
  }
  const Token* bits = match.Find("number");
  if (bits != nullptr && NumberOf(*bits) < kLeastRsaBits) {
    return Fault{bits, fmt::format("RSA keys of less than {} bits are refused", kLeastRsaBits)};
  }
  trustpoint.rsa_key = match.Argument("name").text;
  trustpoint.rsa_bits = bits == nullptr ? 0 : NumberOf(*bits);
  trustpoint.ec_key.clear();
  return {};
}
std::optional<Fault> EcKey(Editor& editor, const Match& match) {
  PkiTrustpoint& trustpoint = Current(editor);
  if (match.negated()) {
    trustpoint.ec_key.clear();
    return {};
  }
  trustpoint.ec_key = match.Argument("name").text;
  trustpoint.rsa_key.clear();
  trustpoint.rsa_bits = 0;
  return {};
}
std::optional<Fault> HashStatement(Editor& editor, const Match& match) {
  PkiHash hash = PkiHash::kSha256;
  if (!match.negated()) {
    if (match.Has("sha1")) {
      const Token& word = *match.FindKeyword("sha1");
      if (!editor.running.crypto.legacy_algorithms) return NeedsLegacy(word, "SHA-1");
      hash = PkiHash::kSha1;
    }
    if (match.Has("sha384")) hash = PkiHash::kSha384;
    if (match.Has("sha512")) hash = PkiHash::kSha512;
  }
  Current(editor).hash = hash;
  return {};
}
std::optional<Fault> RevocationChecks(Editor& editor, const Match& match) {
  std::vector<PkiRevocation> checks;
  for (const Token& token : match.tokens) {
    if (match.negated() || !token.keyword) continue;
    if (token.text == "crl") checks.push_back(PkiRevocation::kCrl);
    if (token.text == "ocsp") checks.push_back(PkiRevocation::kOcsp);
    if (token.text == "none") checks.push_back(PkiRevocation::kNone);
  }
  if (checks.empty()) checks.push_back(PkiRevocation::kCrl);
  Current(editor).revocation = std::move(checks);
  return {};
}
std::optional<Fault> OcspUrl(Editor& editor, const Match& match) {
  Current(editor).ocsp_url = match.negated() ? "" : match.Argument("pki-url").text;
  return {};
}
std::optional<Fault> CrlUrl(Editor& editor, const Match& match) {
  Current(editor).crl_url = match.negated() ? "" : match.Argument("pki-url").text;
  return {};
}
std::optional<Fault> CertificateUrl(Editor& editor, const Match& match) {
  constexpr size_t kLongest = 512;  // what peers of our own take
  const Token* said = match.negated() ? nullptr : &match.Argument("pki-url");
  if (said != nullptr && said->text.size() > kLongest) {
    return Fault{said, fmt::format("URL longer than {} characters", kLongest)};
  }
  Current(editor).certificate_url = said == nullptr ? "" : said->text;
  return {};
}
std::optional<Fault> Leave(Editor& editor, const Match&) {
  editor.Enter(Mode::kConfig, "");
  return {};
}

constexpr Mode kTrust = Mode::kPkiTrustpoint;
constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "crypto { pki | ca } trustpoint <name>",
      "Edit a trustpoint; makes it when it is new"},
     EnterTrustpoint},
    {{Mode::kConfig, "no crypto { pki | ca } trustpoint <name>",
      "Remove a trustpoint and its certificates"},
     NoTrustpoint},
    {{kTrust, "enrollment { terminal [ pem ] | selfsigned }",
      "Requests and certificates are pasted, or this system signs its own"},
     Enrollment},
    {{kTrust, "no enrollment [ { terminal [ pem ] | selfsigned } ]", "None (default)"}, Enrollment},
    {{kTrust, "subject-name <line>", "Distinguished name of requests: CN=gw.example.com,O=Example"},
     Subject},
    {{kTrust, "no subject-name [ <line> ]", "CN= and the host name (default)"}, Subject},
    {{kTrust, "fqdn { none | <domain-name> }", "Host name in requests (default: this system's)"},
     Fqdn},
    {{kTrust, "no fqdn [ { none | <domain-name> } ]", "This system's (default)"}, Fqdn},
    {{kTrust, "ip-address { none | <address> | <address6> }",
      "IP address in requests (default none)"},
     IpAddress},
    {{kTrust, "no ip-address [ { none | <address> | <address6> } ]", "None (default)"}, IpAddress},
    {{kTrust, "rsakeypair <name> [ <number:512-4096> ]",
      "RSA key by its label; enrolling makes one of so many bits when it is not there"},
     RsaKey},
    {{kTrust, "no rsakeypair [ <name> [ <number:512-4096> ] ]", "The RSA key without a label"},
     RsaKey},
    {{kTrust, "eckeypair <name>", "Elliptic-curve or Edwards-curve key by its label"}, EcKey},
    {{kTrust, "no eckeypair [ <name> ]", "The RSA key"}, EcKey},
    {{kTrust, "hash { sha1 | sha256 | sha384 | sha512 }", "Hash of requests (default sha256)"},
     HashStatement},
    {{kTrust, "no hash [ { sha1 | sha256 | sha384 | sha512 } ]", "SHA-256 (default)"},
     HashStatement},
    {{kTrust, "revocation-check @checks",
      "How certificates of peers are checked, in this order until one answers (default crl)"},
     RevocationChecks},
    {{kTrust, "no revocation-check [ @checks ]", "By CRL (default)"}, RevocationChecks},
    {{kTrust, "ocsp url <pki-url>", "OCSP server, instead of those that certificates name"},
     OcspUrl},
    {{kTrust, "no ocsp url [ <pki-url> ]", "Those that certificates name (default)"}, OcspUrl},
    {{kTrust, "crl query <pki-url>", "Where the CRL is, instead of what certificates name"},
     CrlUrl},
    {{kTrust, "no crl query [ <pki-url> ]", "What certificates name (default)"}, CrlUrl},
    {{kTrust, "certificate url <pki-url>",
      "Where this system's certificate is, in DER: peers that look certificates up get its hash "
      "and this URL instead of it (RFC 7296, 3.6)"},
     CertificateUrl},
    {{kTrust, "no certificate url [ <pki-url> ]", "It is sent itself (default)"}, CertificateUrl},
    {{kTrust, "exit", "Back to global configuration"}, Leave},
};

}  // namespace

std::span<const ConfigStatement> PkiStatements() { return kStatements; }

}  // namespace vam::config
