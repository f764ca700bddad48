// The secret of `enable`, as a hash in the notations of IOS. Only hashes are kept.
//   9: "$9$SALT$HASH", scrypt (RFC 7914) with N = 16384, r = 1, p = 1, 32 bytes: what is made here
//   8: "$8$SALT$HASH", PBKDF2 with HMAC-SHA-256, 20000 rounds, 32 bytes (RFC 8018)
//   5: "$1$SALT$HASH", crypt(3) with MD5: read for the sake of old configurations
// SALT of 8 and 9 is 14 characters; HASH is base64 with the alphabet of crypt(3), without padding.
#ifndef VAM_SW_CONFIG_ENABLE_SECRET_H_
#define VAM_SW_CONFIG_ENABLE_SECRET_H_

#include <string>
#include <string_view>

#include "sw/base/result.h"
#include "sw/base/rng.h"

namespace vam::config {

inline constexpr size_t kLongestEnableSecret = 127;

// Type 9 of `password` with a salt of `rng`. Takes some 30 ms. kUnavailable: libcrypto does not.
Result<std::string> HashEnableSecret(std::string_view password, Rng& rng);
// Whether `hash` has the form of type 5, 8 or 9 (`type`).
bool IsEnableHash(std::string_view hash, int type);
// The type of a hash; 0: it is none.
int EnableHashType(std::string_view hash);
// Whether `password` is the one of `hash`, compared in constant time. Anything that is not a hash
// of the three types: false.
bool EnableSecretMatches(std::string_view password, std::string_view hash);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_ENABLE_SECRET_H_
