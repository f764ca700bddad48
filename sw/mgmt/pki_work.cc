#include "sw/mgmt/pki_work.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "sw/base/text.h"
#include "sw/config/arguments.h"
#include "sw/config/grammar.h"
#include "sw/config/pki_text.h"
#include "sw/config/render_pki.h"
#include "sw/mgmt/pki_paste.h"
#include "sw/pki/verify.h"

namespace vam::mgmt {
namespace {

static_assert(config::kMostCertificateBytes == pki::kMaxCertificateBytes);
constexpr uint32_t kSelfSignedDays = 3650;

crypto::Hash HashOf(config::PkiHash hash, api::KeyKind kind) {
  if (kind == api::KEY_ED25519 || kind == api::KEY_ED448) return crypto::Hash::kIdentity;
  switch (hash) {
    case config::PkiHash::kSha1:
      return crypto::Hash::kSha1;
    case config::PkiHash::kSha384:
      return crypto::Hash::kSha384;
    case config::PkiHash::kSha512:
      return crypto::Hash::kSha512;
    case config::PkiHash::kSha256:
      break;
  }
  return crypto::Hash::kSha256;
}

// With what the configured chain trusts; nothing is asked about revocation.
pki::Trustpoint TrustOf(const config::Pki& pki, const std::string& name) {
  pki::Trustpoint trust;
  trust.name = name;
  trust.revocation = {pki::RevocationCheck::kNone};
  const config::PkiChain* chain = pki.chains.Find(name);
  if (chain == nullptr) return trust;
  for (const config::PkiCertificate& one : chain->certificates) {
    auto certificate = pki::Certificate::FromDer(one.der);
    if (!one.ca || !certificate) continue;
    (certificate->self_issued() ? trust.anchors : trust.intermediates)
        .push_back(std::move(*certificate));
  }
  return trust;
}

}  // namespace

PastedCertificates CertificatesIn(std::string_view text) {
  PastedCertificates found;
  const auto blocks = ReadPasted(text);
  if (!blocks) {
    found.problem = fmt::format("what was pasted is no certificate: {}", blocks.error().text);
    return found;
  }
  for (const PemBlock& block : *blocks) {
    if (!block.label.empty() && block.label != "CERTIFICATE") {
      found.problem = fmt::format("there is a block of '{}' and not of 'CERTIFICATE'",
                                  config::ShowableWord(block.label));
      return found;
    }
    auto certificate = pki::Certificate::FromDer(block.der);
    if (!certificate) {
      found.problem = fmt::format("the certificate cannot be read: {}", certificate.error().text);
      return found;
    }
    found.certificates.push_back(std::move(*certificate));
  }
  if (found.certificates.empty()) found.problem = "nothing was pasted";
  return found;
}

config::PkiCertificate Configured(const pki::Certificate& certificate, bool ca) {
  const Bytes der = certificate.der();
  return {ca, certificate.serial(), {der.begin(), der.end()}};
}

config::PkiChain ChainWith(const config::Pki& pki, const std::string& trustpoint,
                           const std::optional<pki::Certificate>& own,
                           const std::vector<pki::Certificate>& more) {
  config::PkiChain next;
  next.name = trustpoint;
  if (const config::PkiChain* chain = pki.chains.Find(trustpoint)) next = *chain;
  if (own) {
    std::erase_if(next.certificates, [](const auto& one) { return !one.ca; });
    next.certificates.insert(next.certificates.begin(), Configured(*own, /*ca=*/false));
  }
  for (const pki::Certificate& certificate : more) {
    config::PkiCertificate one = Configured(certificate, /*ca=*/true);
    if (std::ranges::count(next.certificates, one) == 0) next.certificates.push_back(one);
  }
  return next;
}

std::vector<std::string> ChainStatements(const config::Pki& now, const config::PkiChain& next) {
  std::vector<std::string> lines;
  if (now.chains.Find(next.name) != nullptr) {
    lines.push_back("no crypto pki certificate chain " + next.name);
  }
  config::Pki alone;
  alone.chains.push_back(next);
  const std::string text = config::RenderPki(alone);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  lines.back() = "exit";  // stands for the "!" that ends the section
  return lines;
}

std::string WhyBadCertificate(const config::Pki& next, const config::Pki& now) {
  for (const config::PkiChain& chain : next.chains) {
    const config::PkiChain* known = now.chains.Find(chain.name);
    for (const config::PkiCertificate& one : chain.certificates) {
      if (known != nullptr && std::ranges::count(known->certificates, one) != 0) continue;
      const auto certificate = pki::Certificate::FromDer(one.der);
      if (certificate) continue;
      return fmt::format("crypto pki certificate chain {}: certificate {}{} cannot be used: {}",
                         chain.name, one.ca ? "ca " : "", one.serial, certificate.error().text);
    }
  }
  return "";
}

std::string WhyNotIssued(const pki::Certificate& certificate, const api::KeyInfo& key,
                         const config::Pki& pki, const std::string& trustpoint, int64_t now_s) {
  const auto spki = certificate.key().ToDer();
  if (!spki || !std::ranges::equal(*spki, BytesOf(key.public_key()))) {
    return fmt::format("The certificate is not that of the key pair {}.", key.label());
  }
  const auto trust = std::make_shared<const pki::Trustpoint>(TrustOf(pki, trustpoint));
  if (trust->anchors.empty()) {
    return fmt::format("Trustpoint {} has no certificate of a CA: authenticate it first.",
                       trustpoint);
  }
  const std::shared_ptr<const pki::Trustpoint> all[] = {trust};
  const auto verified = pki::Verify(certificate, {}, all, now_s, pki::RevocationCache());
  return verified.verdict == pki::Verdict::kTrusted ? "" : verified.why;
}

api::KeyRequest::Certify CertifyFor(const config::Running& running,
                                    const config::PkiTrustpoint& trustpoint,
                                    const api::KeyInfo& key, int64_t now_s) {
  api::KeyRequest::Certify certify;
  certify.set_label(key.label());
  certify.set_hash(static_cast<uint32_t>(HashOf(trustpoint.hash, key.kind())));
  certify.set_subject(trustpoint.subject.empty() ? "CN=" + running.hostname : trustpoint.subject);
  const std::string fqdn = trustpoint.fqdn.value_or(running.hostname);
  if (config::IsDomainName(fqdn)) certify.add_dns_name(fqdn);
  if (trustpoint.address) {
    const Bytes bytes = trustpoint.address->bytes();
    certify.add_address(std::string(bytes.begin(), bytes.end()));
  }
  certify.set_self_signed(trustpoint.enrollment == config::PkiEnrollment::kSelfSigned);
  certify.set_now_unix_seconds(static_cast<uint64_t>(now_s));
  if (certify.self_signed()) certify.set_valid_days(kSelfSignedDays);
  return certify;
}

}  // namespace vam::mgmt
