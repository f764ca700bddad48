// The transforms of IOS as one table: keyword, kind, key lengths, and what may stand beside what in
// a transform set (SY-15).
#ifndef VAM_SW_CONFIG_TRANSFORMS_H_
#define VAM_SW_CONFIG_TRANSFORMS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vam::config {

// In the order of the table.
enum class Transform : uint8_t {
  kAhMd5Hmac,
  kAhShaHmac,
  kAhSha256Hmac,
  kAhSha384Hmac,
  kAhSha512Hmac,
  kAhAesXcbc,
  kAhAesCmac,
  kAhGmac,
  kEspDes,
  kEsp3Des,
  kEspAes,
  kEspAesCtr,
  kEspGcm,
  kEspGmac,
  kEspCcm,
  kEspChaCha20Poly1305,
  kEspNull,
  kEspSeal,
  kEspMd5Hmac,
  kEspShaHmac,
  kEspSha256Hmac,
  kEspSha384Hmac,
  kEspSha512Hmac,
  kEspAesXcbc,
  kEspAesCmac,
  kCompLzs,
  kCompDeflate,
};

// A set has at most one transform of each kind.
enum class TransformKind : uint8_t { kAh, kEspEncryption, kEspAuthentication, kCompression };
// "AH", "ESP encryption", ...
std::string_view KindName(TransformKind kind);

struct TransformInfo {
  Transform id;
  std::string_view keyword;
  TransformKind kind;
  uint8_t key_bytes = 0;   // without salt; 0 beside `sized`: AES, 128, 192 or 256 bits
  uint8_t salt_bytes = 0;  // behind the key (RFC 4106, 8.1)
  bool sized = false;      // takes a key length
  bool icv_choice = false;
  bool combined = false;  // authenticates by itself: no other ESP transform beside it
  bool counter = false;   // a nonce that repeats under one key breaks it (design.md, law 6)
  bool legacy = false;    // only behind `crypto legacy-algorithms enable`
};

const TransformInfo& InfoOf(Transform transform);
std::span<const TransformInfo> Transforms();
// nullptr when there is none. "esp-sha" and "ah-sha", of older guides, are esp-sha-hmac and
// ah-sha-hmac.
const TransformInfo* FindTransform(std::string_view keyword);

// A transform as a set uses it.
struct TransformUse {
  Transform transform = Transform::kEspGcm;
  uint16_t key_bits = 0;  // 128, 192 or 256 where the key has a choice, else 0
  uint8_t icv_bytes = 0;  // 8, 12 or 16 where there is a choice, else 0
  bool operator==(const TransformUse&) const = default;
};
// The use with nothing but the keyword typed: 128 bits, 16 bytes.
TransformUse DefaultUse(Transform transform);
// Bytes of a manual key, salt included; 0: it has no key.
size_t KeyBytes(const TransformUse& use);
// "esp-gcm 256 icv 8": what is default is left out.
std::string RenderTransformUse(const TransformUse& use);
// "20 bytes: 16 of key, then 4 of salt (RFC 4106)".
std::string KeyBytesText(const TransformUse& use);

// Why these transforms do not make a set; empty: they do. `at` is the first that does not fit those
// before it, or `uses.size()` when something is missing.
struct SetFault {
  size_t at = 0;
  std::string message;
};
SetFault CheckTransforms(std::span<const TransformUse> uses, bool legacy_enabled);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_TRANSFORMS_H_
