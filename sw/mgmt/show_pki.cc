#include "sw/mgmt/show_pki.h"

#include <fmt/core.h>
#include <openssl/sha.h>

#include <array>

#include "sw/base/bytes.h"
#include "sw/base/text.h"
#include "sw/config/render_pki.h"
#include "sw/mgmt/pki_paste.h"

namespace vam::mgmt {
namespace {

std::string_view KeyTypeName(crypto::KeyType type) {
  switch (type) {
    case crypto::KeyType::kRsa:
      return "RSA";
    case crypto::KeyType::kEd25519:
      return "Ed25519";
    case crypto::KeyType::kEd448:
      return "Ed448";
    default:
      return "EC";
  }
}
std::string Sha1(Bytes der) {
  std::array<uint8_t, SHA_DIGEST_LENGTH> digest{};
  SHA1(der.data(), der.size(), digest.data());
  return Upper(FormatHex(digest));
}

void FillCertificate(const std::string& trustpoint, const config::PkiCertificate& configured,
                     int64_t now_s, api::PkiCertificate& out) {
  out.set_trustpoint(trustpoint);
  out.set_ca(configured.ca);
  out.set_serial(configured.serial);
  out.set_pem(ToPem("CERTIFICATE", configured.der));
  const auto certificate = pki::Certificate::FromDer(configured.der);
  if (!certificate) {
    out.set_status("Not usable: " + std::string(certificate.error().text));
    return;
  }
  out.set_status(now_s < certificate->not_before_s()  ? "Not yet valid"
                 : now_s > certificate->not_after_s() ? "Expired"
                                                      : "Available");
  out.set_issuer(certificate->issuer());
  out.set_subject(certificate->subject());
  for (const std::string& name : certificate->alt_names().dns) out.add_dns_name(name);
  for (const std::string& name : certificate->alt_names().emails) out.add_email(name);
  for (const net::Address& address : certificate->alt_names().addresses) {
    out.add_address(net::ToString(address));
  }
  out.set_not_before_unix_seconds(certificate->not_before_s());
  out.set_not_after_unix_seconds(certificate->not_after_s());
  out.set_key_type(std::string(KeyTypeName(certificate->key().type())));
  out.set_key_bits(certificate->key().bits());
  out.set_sha256_fingerprint(Upper(FormatHex(certificate->Sha256())));
  out.set_sha1_fingerprint(Sha1(certificate->der()));
  for (const std::string& url : certificate->crl_urls()) out.add_crl_url(url);
  for (const std::string& url : certificate->ocsp_urls()) out.add_ocsp_url(url);
}

void FillTrustpoint(const config::Running& running, const config::PkiTrustpoint& trustpoint,
                    int64_t now_s, api::PkiTrustpoint& out) {
  out.set_name(trustpoint.name);
  out.set_enrollment(std::string(config::PkiEnrollmentName(trustpoint.enrollment)));
  out.set_key_label(std::string(config::KeyLabelOf(trustpoint)));
  for (const auto check : trustpoint.revocation) {
    out.add_revocation_check(std::string(config::PkiRevocationName(check)));
  }
  const config::PkiChain* chain = running.pki.chains.Find(trustpoint.name);
  if (chain == nullptr) return;
  for (const auto& certificate : chain->certificates) {
    FillCertificate(trustpoint.name, certificate, now_s, *out.add_certificate());
  }
}

std::string KeyText(const api::KeyInfo& key) {
  const std::string bits = key.bits() == 0 ? "" : fmt::format(" {} bits", key.bits());
  return fmt::format("{}{}, {}", KeyKindName(key.kind()), bits,
                     key.exportable() ? "exportable" : "not exportable");
}

}  // namespace

std::string_view KeyKindName(api::KeyKind kind) {
  switch (kind) {
    case api::KEY_RSA:
      return "RSA";
    case api::KEY_EC:
      return "EC";
    case api::KEY_ED25519:
      return "Ed25519";
    case api::KEY_ED448:
      return "Ed448";
    default:
      return "";
  }
}

bool IsPkiShow(api::ShowKind kind) {
  return kind == api::SHOW_PKI_CERTIFICATES || kind == api::SHOW_PKI_TRUSTPOINTS;
}

api::ShowReply ShowPki(const config::Running& running, const api::ShowRequest& request,
                       int64_t now_s) {
  api::ShowReply reply;
  const std::string& wanted = request.map();
  if (!wanted.empty() && running.pki.trustpoints.Find(wanted) == nullptr) {
    reply.set_error(fmt::format("Trustpoint {} is not defined.", wanted));
    return reply;
  }
  api::PkiTrustpoints trustpoints;
  for (const config::PkiTrustpoint& trustpoint : running.pki.trustpoints) {
    if (!wanted.empty() && trustpoint.name != wanted) continue;
    FillTrustpoint(running, trustpoint, now_s, *trustpoints.add_trustpoint());
  }
  if (request.kind() == api::SHOW_PKI_TRUSTPOINTS) {
    *reply.mutable_pki_trustpoints() = std::move(trustpoints);
    return reply;
  }
  reply.mutable_pki_certificates();
  for (auto& trustpoint : *trustpoints.mutable_trustpoint()) {
    for (auto& certificate : *trustpoint.mutable_certificate()) {
      *reply.mutable_pki_certificates()->add_certificate() = std::move(certificate);
    }
  }
  return reply;
}

api::PkiTrustpoints ShowTrustpointStatus(const config::Running& running, int64_t now_s,
                                         const api::KeyReply& keys) {
  api::PkiTrustpoints show;
  for (const config::PkiTrustpoint& trustpoint : running.pki.trustpoints) {
    api::PkiTrustpoint& out = *show.add_trustpoint();
    FillTrustpoint(running, trustpoint, now_s, out);
    for (const api::KeyInfo& key : keys.key()) {
      if (key.label() == out.key_label()) out.set_key(KeyText(key));
    }
  }
  return show;
}

api::CryptoKeys ShowKeys(const api::KeyReply& keys, api::KeyKind kind) {
  api::CryptoKeys show;
  for (const api::KeyInfo& key : keys.key()) {
    if (kind != api::KEY_NONE && key.kind() != kind) continue;
    api::CryptoKey& out = *show.add_key();
    out.set_label(key.label());
    out.set_key_type(std::string(KeyKindName(key.kind())));
    out.set_bits(key.bits());
    out.set_exportable(key.exportable());
    out.set_made_unix_seconds(static_cast<int64_t>(key.made_unix_seconds()));
    out.set_public_key(Upper(FormatHex(BytesOf(key.public_key()))));
  }
  return show;
}

std::string FingerprintText(const pki::Certificate& certificate) {
  return fmt::format("      Fingerprint SHA256: {}\n      Fingerprint SHA1: {}\n",
                     Upper(FormatHex(certificate.Sha256())), Sha1(certificate.der()));
}

}  // namespace vam::mgmt
