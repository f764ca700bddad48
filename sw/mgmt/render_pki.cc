// Show replies about keys and certificates as IOS prints them; what it does not have follows.
#include <fmt/core.h>

#include <array>
#include <chrono>

#include "sw/mgmt/show_pki.h"

namespace vam::mgmt {
namespace {

using Words = google::protobuf::RepeatedPtrField<std::string>;

// "10:12:13 UTC Nov 22 2026".
std::string DateText(int64_t seconds) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto time = std::chrono::sys_seconds(std::chrono::seconds(seconds));
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:02}:{:02}:{:02} UTC {} {} {}", clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(),
                     kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<unsigned>(date.day()), static_cast<int>(date.year()));
}

// "CN=gw,O=Example" a part a line. A comma behind a backslash is in a value.
std::string NameLines(const std::string& name) {
  std::string text = "    ";
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '\\' && i + 1 < name.size()) {
      text += name[i++];
      text += name[i];
    } else if (name[i] == ',') {
      text += "\n    ";
      while (i + 1 < name.size() && name[i + 1] == ' ') ++i;
    } else {
      text += name[i];
    }
  }
  return text + "\n";
}
std::string List(std::string_view head, const Words& words) {
  if (words.empty()) return "";
  std::string text = fmt::format("  {}:\n", head);
  for (const std::string& word : words) text += fmt::format("    {}\n", word);
  return text;
}

// Spans of four bytes, as `show running-config` has them.
std::string HexLines(const std::string& digits) {
  constexpr size_t kWord = 8, kLine = 64;
  std::string text;
  for (size_t at = 0; at < digits.size(); at += kWord) {
    if (at % kLine == 0) text += at == 0 ? "  " : "\n  ";
    if (at % kLine != 0) text += ' ';
    text += digits.substr(at, kWord);
  }
  return text + "\n";
}

std::string DetailText(const api::PkiCertificate& certificate) {
  std::string text =
      fmt::format("  Subject Key Info:\n    Public Key Algorithm: {}\n    Public Key: ({} bit)\n",
                  certificate.key_type(), certificate.key_bits());
  text += fmt::format("  Fingerprint SHA256: {}\n  Fingerprint SHA1: {}\n",
                      certificate.sha256_fingerprint(), certificate.sha1_fingerprint());
  text += List("Alternative DNS names", certificate.dns_name());
  text += List("Alternative mailboxes", certificate.email());
  text += List("Alternative addresses", certificate.address());
  return text;
}
std::string CertificateText(const api::PkiCertificate& certificate, bool detail) {
  std::string text = certificate.ca() ? "CA Certificate\n" : "Certificate\n";
  text += fmt::format("  Status: {}\n  Certificate Serial Number (hex): {}\n", certificate.status(),
                      certificate.serial());
  if (certificate.sha1_fingerprint().empty()) {
    return text + fmt::format("  Associated Trustpoints: {}\n", certificate.trustpoint());
  }
  text +=
      fmt::format("  Certificate Usage: {}\n", certificate.ca() ? "Signature" : "General Purpose");
  text += "  Issuer:\n" + NameLines(certificate.issuer());
  text += "  Subject:\n" + NameLines(certificate.subject());
  text += List("CRL Distribution Points", certificate.crl_url());
  text += List("OCSP URL", certificate.ocsp_url());
  text += fmt::format("  Validity Date:\n    start date: {}\n    end   date: {}\n",
                      DateText(certificate.not_before_unix_seconds()),
                      DateText(certificate.not_after_unix_seconds()));
  if (detail) text += DetailText(certificate);
  return text + fmt::format("  Associated Trustpoints: {}\n", certificate.trustpoint());
}

std::string StatusText(const api::PkiTrustpoint& trustpoint) {
  std::string text;
  bool authenticated = false;
  bool enrolled = false;
  for (const api::PkiCertificate& certificate : trustpoint.certificate()) {
    text += certificate.ca() ? "  Issuing CA certificate configured:\n"
                             : "  Router General Purpose certificate configured:\n";
    text += "    Subject Name:\n" + NameLines(certificate.subject());
    text += fmt::format("    Fingerprint SHA256: {}\n    Fingerprint SHA1: {}\n",
                        certificate.sha256_fingerprint(), certificate.sha1_fingerprint());
    (certificate.ca() ? authenticated : enrolled) = true;
  }
  const std::string key =
      trustpoint.key().empty() ? "No" : fmt::format("Yes ({})", trustpoint.key());
  text += fmt::format("  State:\n    Keys generated ............. {} {}\n", key,
                      trustpoint.key_label());
  return text + fmt::format(
                    "    Issuing CA authenticated ....... {}\n"
                    "    Certificate installed .......... {}\n",
                    authenticated ? "Yes" : "No", enrolled ? "Yes" : "No");
}

}  // namespace

std::string RenderPkiCertificates(const api::PkiCertificates& show, const ShowOptions& options) {
  std::string text;
  for (const api::PkiCertificate& certificate : show.certificate()) {
    if (options.view == ShowView::kPem) {
      text += fmt::format("-----Trustpoint: {}-----\n% {}:\n{}\n", certificate.trustpoint(),
                          certificate.ca() ? "CA certificate" : "General Purpose Certificate",
                          certificate.pem());
    } else {
      text += CertificateText(certificate, options.detail) + "\n";
    }
  }
  return text;
}

std::string RenderPkiTrustpoints(const api::PkiTrustpoints& show, bool status) {
  std::string text;
  for (const api::PkiTrustpoint& trustpoint : show.trustpoint()) {
    text += fmt::format("Trustpoint {}:\n", trustpoint.name());
    if (status) {
      text += StatusText(trustpoint) + "\n";
      continue;
    }
    for (const api::PkiCertificate& certificate : trustpoint.certificate()) {
      if (!certificate.ca()) continue;
      text += "    Subject Name:\n" + NameLines(certificate.subject());
      text += fmt::format("          Serial Number (hex): {}\n", certificate.serial());
    }
    text += trustpoint.certificate().empty() ? "    No certificate is configured.\n\n"
                                             : "    Certificate configured.\n\n";
  }
  return text;
}

std::string RenderCryptoKeys(const api::CryptoKeys& show) {
  std::string text;
  for (const api::CryptoKey& key : show.key()) {
    text += fmt::format("% Key pair was generated at: {}\n", DateText(key.made_unix_seconds()));
    text += fmt::format("Key name: {}\nKey type: {} KEYS\n Storage Device: signer\n", key.label(),
                        key.key_type());
    text += fmt::format(" Usage: General Purpose Key\n Key is {}exportable.\n",
                        key.exportable() ? "" : "not ");
    if (key.bits() != 0) text += fmt::format(" Key Size: {} bits\n", key.bits());
    text += " Key Data:\n" + HexLines(key.public_key());
  }
  return text;
}

}  // namespace vam::mgmt
