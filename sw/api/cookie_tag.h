// The part of an IKE cookie that fwd can check, so that it knows who receives at his address
// without knowing how cookies are made (RFC 7296, 2.6): a flood of first messages from forged
// addresses then fills a queue of its own.
#ifndef VAM_SW_API_COOKIE_TAG_H_
#define VAM_SW_API_COOKIE_TAG_H_

#include <cstddef>
#include <cstdint>

#include "sw/base/bytes.h"
#include "sw/base/sip_hash.h"
#include "sw/net/address.h"

namespace vam::api {

// A cookie: version of its keys | tag, big-endian | what the role alone checks.
inline constexpr size_t kCookieTagBytes = 8;
inline constexpr size_t kCookieProofBytes = 16;
inline constexpr size_t kCookieBytes = 1 + kCookieTagBytes + kCookieProofBytes;

// `address` and `port` are the sender's, `spi` is its own, of a first message.
inline uint64_t CookieTag(const SipHashKey& key, const net::Address& address, uint16_t port,
                          uint64_t spi) {
  const uint8_t* raw = address.raw().data();
  const uint64_t ends = uint64_t{port} << 8 | static_cast<uint8_t>(address.family());
  return SipHash(key, {LoadLe64(raw), LoadLe64(raw + 8), ends, spi, 0, 0});
}

}  // namespace vam::api

#endif  // VAM_SW_API_COOKIE_TAG_H_
