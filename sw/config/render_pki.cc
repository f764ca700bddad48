#include "sw/config/render_pki.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "sw/base/bytes.h"
#include "sw/config/line_writer.h"

namespace vam::config {
namespace {

constexpr size_t kBytesPerWord = 4;
constexpr size_t kBytesPerLine = 32;

class PkiRenderer : private LineWriter {
 public:
  std::string Render(const Pki& pki) {
    for (const PkiTrustpoint& trustpoint : pki.trustpoints) Trustpoint(trustpoint);
    for (const PkiMap& map : pki.maps) {
      for (const PkiMapEntry& entry : map.entries) {
        Line(fmt::format("crypto pki certificate map {} {}", map.name, entry.number));
        for (const PkiMapRule& rule : entry.rules) Line(" " + RenderPkiRule(rule));
      }
      Break();
    }
    for (const PkiChain& chain : pki.chains) {
      Line("crypto pki certificate chain " + chain.name);
      for (const PkiCertificate& certificate : chain.certificates) Certificate(certificate);
      Break();
    }
    return Take();
  }

 private:
  void Value(std::string_view begin, std::string_view value) {
    if (!value.empty()) Line(fmt::format(" {} {}", begin, value));
  }
  void Trustpoint(const PkiTrustpoint& trustpoint) {
    Line("crypto pki trustpoint " + trustpoint.name);
    Value("enrollment", PkiEnrollmentName(trustpoint.enrollment));
    if (trustpoint.fqdn) Value("fqdn", trustpoint.fqdn->empty() ? "none" : *trustpoint.fqdn);
    if (trustpoint.address) Value("ip-address", net::ToString(*trustpoint.address));
    Value("subject-name", trustpoint.subject);
    std::string checks;
    for (const PkiRevocation check : trustpoint.revocation) {
      checks += (checks.empty() ? "" : " ") + std::string(PkiRevocationName(check));
    }
    Value("revocation-check", checks);
    Value("crl query", trustpoint.crl_url);
    Value("ocsp url", trustpoint.ocsp_url);
    Value("certificate url", trustpoint.certificate_url);
    if (!trustpoint.rsa_key.empty()) {
      Value("rsakeypair", trustpoint.rsa_bits == 0
                              ? trustpoint.rsa_key
                              : fmt::format("{} {}", trustpoint.rsa_key, trustpoint.rsa_bits));
    }
    Value("eckeypair", trustpoint.ec_key);
    if (trustpoint.hash != PkiHash::kSha256) Value("hash", PkiHashName(trustpoint.hash));
    Break();
  }
  void Certificate(const PkiCertificate& certificate) {
    // "certificate CA" would be read as `certificate ca`.
    const bool word = certificate.serial == "CA";
    Line(fmt::format(" certificate {}{}{}", certificate.ca ? "ca " : "", word ? "00" : "",
                     certificate.serial));
    for (size_t at = 0; at < certificate.der.size(); at += kBytesPerLine) {
      const size_t end = std::min(at + kBytesPerLine, certificate.der.size());
      std::string line = " ";
      for (size_t word_at = at; word_at < end; word_at += kBytesPerWord) {
        line += ' ';
        for (size_t i = word_at; i < std::min(word_at + kBytesPerWord, end); ++i) {
          line += fmt::format("{:02X}", certificate.der[i]);
        }
      }
      Line(line);
    }
    Line("  quit");
  }
};

}  // namespace

std::string RenderPki(const Pki& pki) { return PkiRenderer().Render(pki); }

std::string_view PkiEnrollmentName(PkiEnrollment enrollment) {
  switch (enrollment) {
    case PkiEnrollment::kTerminal:
      return "terminal";
    case PkiEnrollment::kTerminalPem:
      return "terminal pem";
    case PkiEnrollment::kSelfSigned:
      return "selfsigned";
    case PkiEnrollment::kNone:
      break;
  }
  return "";
}

std::string_view PkiRevocationName(PkiRevocation check) {
  if (check == PkiRevocation::kNone) return "none";
  return check == PkiRevocation::kCrl ? "crl" : "ocsp";
}

std::string_view PkiHashName(PkiHash hash) {
  constexpr std::array<std::string_view, 4> kNames{"sha1", "sha256", "sha384", "sha512"};
  return kNames[static_cast<size_t>(hash)];
}

std::string RenderPkiRule(const PkiMapRule& rule) {
  return fmt::format("{} {} {}", kPkiFieldNames[static_cast<size_t>(rule.field)],
                     kPkiOperatorNames[static_cast<size_t>(rule.op)], rule.text);
}

}  // namespace vam::config
