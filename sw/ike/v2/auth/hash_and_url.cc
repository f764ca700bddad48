#include "sw/ike/v2/auth/hash_and_url.h"

#include <openssl/sha.h>

#include <algorithm>
#include <tuple>

#include "sw/base/text.h"

namespace vam::ike::v2 {

namespace {

constexpr std::string_view kScheme = "http://";

bool IsScheme(std::string_view url) {
  return url.size() > kScheme.size() &&
         std::ranges::equal(url.substr(0, kScheme.size()), kScheme, {}, ToLower);
}

}  // namespace

bool IsHashAndUrl(CertEncoding encoding) {
  return encoding == CertEncoding::kHashAndUrlX509 || encoding == CertEncoding::kHashAndUrlBundle;
}

Result<HashAndUrl> ParseHashAndUrl(const CertPayload& cert) {
  HashAndUrl out;
  if (cert.data.size() <= out.hash.size()) {
    return Err(ErrorCode::kMalformed, "a certificate by hash and URL without URL");
  }
  const Bytes url = cert.data.subspan(out.hash.size());
  if (url.size() > kMaxHashedUrl) {
    return Err(ErrorCode::kExhausted, "the URL of a certificate is too long");
  }
  const bool printable =
      std::ranges::all_of(url, [](uint8_t byte) { return byte > 0x20 && byte < 0x7f; });
  if (!printable) return Err(ErrorCode::kMalformed, "the URL of a certificate is none");
  std::ranges::copy(cert.data.first(out.hash.size()), out.hash.begin());
  out.url.assign(url.begin(), url.end());
  if (!IsScheme(out.url)) {
    return Err(ErrorCode::kUnsupported, "certificates are fetched by http:// alone");
  }
  out.bundle = cert.encoding == CertEncoding::kHashAndUrlBundle;
  return out;
}

std::vector<uint8_t> MakeHashAndUrl(Bytes der, std::string_view url) {
  std::vector<uint8_t> data(std::tuple_size_v<pki::CertificateHash>);
  SHA1(der.data(), der.size(), data.data());
  data.insert(data.end(), url.begin(), url.end());
  return data;
}

}  // namespace vam::ike::v2
