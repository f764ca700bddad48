#include "sw/ike/v2/auth/certificates.h"

#include <algorithm>
#include <optional>

#include "sw/ike/v2/wire/payloads.h"
#include "sw/pki/certificate_bundle.h"
#include "sw/pki/verify.h"

namespace vam::ike::v2 {

namespace {

// What stands in one CERT payload, of the kinds that are read.
class Reader {
 public:
  Reader(const pki::CertificateCache* fetched, int64_t now_s) : fetched_(fetched), now_s_(now_s) {}

  Status Take(const CertPayload& cert) {
    if (cert.encoding == CertEncoding::kX509Signature) return TakeOne(cert.data);
    return IsHashAndUrl(cert.encoding) ? TakeFetched(cert) : Ok();
  }
  std::vector<pki::Certificate> Certificates() && { return std::move(out_); }

 private:
  Status TakeOne(Bytes der) {
    // Counted before they are read: reading is what costs.
    if (++count_ > pki::kMaxPeerCertificates) {
      return Err(ErrorCode::kExhausted, "too many certificates in one message");
    }
    auto read = pki::Certificate::FromDer(der);
    if (!read && (out_.empty() || read.error().code == ErrorCode::kMalformed)) return read.error();
    if (read) out_.push_back(std::move(*read));
    return Ok();
  }
  Status TakeFetched(const CertPayload& cert) {
    if (fetched_ == nullptr) {
      if (!out_.empty()) return Ok();
      return Err(ErrorCode::kUnsupported, "certificates by hash and URL are not taken");
    }
    const auto named = ParseHashAndUrl(cert);
    const auto data = named ? fetched_->Find(pki::CertificateKey(named->hash), now_s_) : nullptr;
    if (data == nullptr) {
      if (!out_.empty()) return Ok();
      return named ? Err(ErrorCode::kUnavailable, "the certificate was not fetched")
                   : named.error();
    }
    if (!named->bundle) return TakeOne(*data);
    VAM_TRY(const std::vector<Bytes> all, pki::ReadBundle(*data));
    for (const Bytes der : all) VAM_TRY_STATUS(TakeOne(der));
    return Ok();
  }

  const pki::CertificateCache* fetched_;
  int64_t now_s_;
  std::vector<pki::Certificate> out_;
  size_t count_ = 0;
};

}  // namespace

Result<std::vector<pki::Certificate>> ReadCertificates(std::span<const RawPayload> payloads,
                                                       const pki::CertificateCache* fetched,
                                                       int64_t now_s) {
  Reader reader(fetched, now_s);
  for (const RawPayload& payload : payloads) {
    if (payload.type != PayloadType::kCert) continue;
    VAM_TRY(const CertPayload cert, ParseCert(payload.body));
    VAM_TRY_STATUS(reader.Take(cert));
  }
  std::vector<pki::Certificate> out = std::move(reader).Certificates();
  if (out.empty()) return Err(ErrorCode::kNotFound, "no certificate in the message");
  return out;
}

std::vector<HashAndUrl> MissingCertificates(std::span<const RawPayload> payloads,
                                            const pki::CertificateCache& fetched, int64_t now_s) {
  std::vector<HashAndUrl> missing;
  size_t seen = 0;
  for (const RawPayload& payload : payloads) {
    if (payload.type != PayloadType::kCert) continue;
    const auto cert = ParseCert(payload.body);
    if (!cert || !IsHashAndUrl(cert->encoding) || ++seen > kMostLookups) continue;
    auto named = ParseHashAndUrl(*cert);
    if (!named) continue;
    const std::string key = pki::CertificateKey(named->hash);
    const bool known = fetched.Find(key, now_s) != nullptr || fetched.Failed(key, now_s) ||
                       std::ranges::find(missing, named->hash, &HashAndUrl::hash) != missing.end();
    if (!known) missing.push_back(std::move(*named));
  }
  return missing;
}

void AddCertificates(MessageBuilder& message, const Credential& own, bool looks_up) {
  if (looks_up && !own.hash_and_url.empty()) {
    AddCert(message, PayloadType::kCert, CertEncoding::kHashAndUrlX509, own.hash_and_url);
  } else {
    AddCert(message, PayloadType::kCert, CertEncoding::kX509Signature, own.leaf.der());
  }
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
