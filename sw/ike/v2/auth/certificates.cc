#include "sw/ike/v2/auth/certificates.h"

#include <algorithm>
#include <optional>

#include "sw/ike/v2/wire/payloads.h"
#include "sw/pki/verify.h"

namespace vam::ike::v2 {

namespace {

bool IsHashAndUrl(CertEncoding encoding) {
  return encoding == CertEncoding::kHashAndUrlX509 || encoding == CertEncoding::kHashAndUrlBundle;
}

}  // namespace

Result<std::vector<pki::Certificate>> ReadCertificates(std::span<const RawPayload> payloads) {
  std::vector<pki::Certificate> out;
  size_t count = 0;
  for (const RawPayload& payload : payloads) {
    if (payload.type != PayloadType::kCert) continue;
    VAM_TRY(const CertPayload cert, ParseCert(payload.body));
    if (out.empty() && IsHashAndUrl(cert.encoding)) {
      return Err(ErrorCode::kUnsupported, "certificates by hash and URL are not taken");
    }
    if (cert.encoding != CertEncoding::kX509Signature) continue;
    // Counted before they are read: reading is what costs.
    if (++count > pki::kMaxPeerCertificates) {
      return Err(ErrorCode::kExhausted, "too many certificates in one message");
    }
    auto read = pki::Certificate::FromDer(cert.data);
    if (!read && (out.empty() || read.error().code == ErrorCode::kMalformed)) return read.error();
    if (read) out.push_back(std::move(*read));
  }
  if (out.empty()) return Err(ErrorCode::kNotFound, "no certificate in the message");
  return out;
}

void AddCertificates(MessageBuilder& message, const Credential& own) {
  AddCert(message, PayloadType::kCert, CertEncoding::kX509Signature, own.leaf.der());
  for (const pki::Certificate& intermediate : own.intermediates) {
    AddCert(message, PayloadType::kCert, CertEncoding::kX509Signature, intermediate.der());
  }
}

std::vector<KeyHash> ReadAuthorities(std::span<const RawPayload> payloads) {
  std::vector<KeyHash> out;
  for (const RawPayload& payload : payloads) {
    if (payload.type != PayloadType::kCertRequest) continue;
    const auto request = ParseCert(payload.body);
    if (!request || request->encoding != CertEncoding::kX509Signature ||
        request->data.size() % std::tuple_size_v<KeyHash> != 0) {
      continue;
    }
    for (Bytes rest = request->data; !rest.empty() && out.size() < kMaxAuthorities;) {
      KeyHash& hash = out.emplace_back();
      std::ranges::copy(rest.first(hash.size()), hash.begin());
      rest = rest.subspan(hash.size());
    }
  }
  return out;
}

void AddCertRequest(MessageBuilder& message, std::span<const KeyHash> authorities) {
  if (authorities.empty()) return;
  std::vector<uint8_t> data;
  for (const KeyHash& hash : authorities) data.insert(data.end(), hash.begin(), hash.end());
  AddCert(message, PayloadType::kCertRequest, CertEncoding::kX509Signature, data);
}

std::shared_ptr<const Credential> ChooseCredential(
    std::span<const std::shared_ptr<const Credential>> own, std::span<const KeyHash> authorities) {
  if (own.empty()) return nullptr;
  const auto leads = [authorities](const std::shared_ptr<const Credential>& credential) {
    return std::ranges::find_first_of(credential->authorities, authorities) !=
           credential->authorities.end();
  };
  const auto found = std::ranges::find_if(own, leads);
  return found == own.end() ? own.front() : *found;
}

}  // namespace vam::ike::v2
