// Stateless cookies (RFC 7296, 2.6): a peer proves that it receives at its address before anything
// is kept about it.
#ifndef VAM_SW_IKE_COOKIE_H_
#define VAM_SW_IKE_COOKIE_H_

#include <array>
#include <cstdint>

#include "sw/api/cookie_tag.h"
#include "sw/api/fast.h"
#include "sw/base/bytes.h"
#include "sw/base/clock.h"
#include "sw/base/result.h"
#include "sw/base/rng.h"
#include "sw/base/secret.h"
#include "sw/net/address.h"

namespace vam::ike {

// <version of the secret> | tag of 8 bytes (sw/api/cookie_tag.h) | HMAC-SHA-256(secret, nonce |
// address | port | SPI) of 16 bytes. The secret and the key of the tag change once a minute; a
// cookie is good for one to two minutes.
class CookieMaker {
 public:
  static constexpr size_t kBytes = api::kCookieBytes;
  static constexpr uint64_t kSecretNs = 60 * kNsPerSecond;
  using Cookie = std::array<uint8_t, kBytes>;

  // Both must outlive it.
  CookieMaker(const Clock& clock, Rng& rng);

  struct Input {
    Bytes nonce;
    net::Address address;
    uint16_t port = 0;
    uint64_t spi = 0;
  };
  // kInternal when libcrypto fails.
  Result<Cookie> Make(const Input& input);
  // In constant time.
  bool Verify(const Input& input, Bytes cookie);

  // For fwd, which sorts by the tags. They change with turns(), which is 0 until a cookie is made.
  api::IkeCookieKeys sort_keys() const;
  uint64_t turns() const { return made_ ? turns_ : 0; }

 private:
  static constexpr size_t kSecretBytes = 32;
  struct Secrets {
    uint8_t version = 0;
    Secret<kSecretBytes> bytes;
    SipHashKey tag;
  };
  void Draw(Secrets& secret);
  void Turn();
  static Result<Cookie> Compute(const Secrets& secret, const Input& input);

  const Clock& clock_;
  Rng& rng_;
  std::array<Secrets, 2> secrets_;  // the current one, the one before
  uint64_t since_ns_ = 0;
  uint64_t turns_ = 1;
  bool made_ = false;
};

}  // namespace vam::ike

#endif  // VAM_SW_IKE_COOKIE_H_
