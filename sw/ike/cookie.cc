#include "sw/ike/cookie.h"

#include <algorithm>
#include <memory>

#include "sw/crypto/mac.h"

namespace vam::ike {

CookieMaker::CookieMaker(const Clock& clock, Rng& rng) : clock_(clock), rng_(rng) {
  for (Secrets& secret : secrets_) Draw(secret);
  // Never that of the current one, so that nothing verifies under the first spare secret by chance.
  secrets_[1].version = 0xff;
  since_ns_ = clock_.MonotonicNs();
}

void CookieMaker::Draw(Secrets& secret) {
  rng_.Fill(secret.bytes.Resize(kSecretBytes));
  secret.tag = {rng_.U64(), rng_.U64()};
}

void CookieMaker::Turn() {
  const uint64_t now_ns = clock_.MonotonicNs();
  // After a long silence the secret before is as old as the current one: both go.
  for (int i = 0; i < 2 && now_ns - since_ns_ >= kSecretNs; ++i) {
    const uint8_t next = static_cast<uint8_t>(secrets_[0].version + 1);
    secrets_[1] = std::move(secrets_[0]);
    secrets_[0].version = next;
    Draw(secrets_[0]);
    ++turns_;
    since_ns_ = now_ns - since_ns_ >= 2 * kSecretNs ? now_ns - kSecretNs : since_ns_ + kSecretNs;
  }
}

Result<CookieMaker::Cookie> CookieMaker::Compute(const Secrets& secret, const Input& input) {
  VAM_TRY(const std::unique_ptr<crypto::Mac> mac,
          crypto::Mac::Create(crypto::MacAlgorithm::kHmacSha256, secret.bytes.bytes()));
  std::array<uint8_t, 10> tail;
  StoreBe16(tail.data(), input.port);
  StoreBe64(tail.data() + 2, input.spi);
  // The nonce goes last: it alone has no fixed length.
  const std::array<Bytes, 3> parts = {input.address.raw(), tail, input.nonce};
  Cookie cookie;
  cookie[0] = secret.version;
  StoreBe64(&cookie[1], api::CookieTag(secret.tag, input.address, input.port, input.spi));
  const MutableBytes proof = MutableBytes(cookie).subspan(1 + api::kCookieTagBytes);
  if (!mac->Compute({}, parts, proof)) {
    return Err(ErrorCode::kInternal, "libcrypto: HMAC");
  }
  return cookie;
}

Result<CookieMaker::Cookie> CookieMaker::Make(const Input& input) {
  Turn();
  made_ = true;
  return Compute(secrets_[0], input);
}

bool CookieMaker::Verify(const Input& input, Bytes cookie) {
  Turn();
  if (cookie.size() != kBytes) return false;
  const auto secret = std::ranges::find(secrets_, cookie[0], &Secrets::version);
  if (secret == secrets_.end()) return false;
  const Result<Cookie> expected = Compute(*secret, input);
  return expected && ConstantTimeEqual(*expected, cookie);
}

api::IkeCookieKeys CookieMaker::sort_keys() const {
  api::IkeCookieKeys keys{};
  for (size_t i = 0; i < secrets_.size(); ++i) {
    keys.k0[i] = secrets_[i].tag.k0;
    keys.k1[i] = secrets_[i].tag.k1;
    keys.version[i] = secrets_[i].version;
  }
  return keys;
}

}  // namespace vam::ike
