#include "sw/config/transforms.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "sw/base/check.h"

namespace vam::config {
namespace {

using T = Transform;
using K = TransformKind;

// Key lengths: RFC 2403, 2404, 4868, 3566, 4494, 4543 (AH); 2405, 2451, 3602, 3686, 4106, 4543,
// 4309, 7634 (ESP). SEAL has 160 bits (SY-8).
constexpr std::array<TransformInfo, 27> kTable{{
    {.id = T::kAhMd5Hmac,
     .keyword = "ah-md5-hmac",
     .kind = K::kAh,
     .key_bytes = 16,
     .legacy = true},
    {.id = T::kAhShaHmac,
     .keyword = "ah-sha-hmac",
     .kind = K::kAh,
     .key_bytes = 20,
     .legacy = true},
    {.id = T::kAhSha256Hmac, .keyword = "ah-sha256-hmac", .kind = K::kAh, .key_bytes = 32},
    {.id = T::kAhSha384Hmac, .keyword = "ah-sha384-hmac", .kind = K::kAh, .key_bytes = 48},
    {.id = T::kAhSha512Hmac, .keyword = "ah-sha512-hmac", .kind = K::kAh, .key_bytes = 64},
    {.id = T::kAhAesXcbc, .keyword = "ah-aes-xcbc", .kind = K::kAh, .key_bytes = 16},
    {.id = T::kAhAesCmac, .keyword = "ah-aes-cmac", .kind = K::kAh, .key_bytes = 16},
    {.id = T::kAhGmac,
     .keyword = "ah-gmac",
     .kind = K::kAh,
     .salt_bytes = 4,
     .sized = true,
     .counter = true},
    {.id = T::kEspDes,
     .keyword = "esp-des",
     .kind = K::kEspEncryption,
     .key_bytes = 8,
     .legacy = true},
    {.id = T::kEsp3Des,
     .keyword = "esp-3des",
     .kind = K::kEspEncryption,
     .key_bytes = 24,
     .legacy = true},
    {.id = T::kEspAes, .keyword = "esp-aes", .kind = K::kEspEncryption, .sized = true},
    {.id = T::kEspAesCtr,
     .keyword = "esp-aes-ctr",
     .kind = K::kEspEncryption,
     .salt_bytes = 4,
     .sized = true,
     .counter = true},
    {.id = T::kEspGcm,
     .keyword = "esp-gcm",
     .kind = K::kEspEncryption,
     .salt_bytes = 4,
     .sized = true,
     .icv_choice = true,
     .combined = true,
     .counter = true},
    {.id = T::kEspGmac,
     .keyword = "esp-gmac",
     .kind = K::kEspEncryption,
     .salt_bytes = 4,
     .sized = true,
     .combined = true,
     .counter = true},
    {.id = T::kEspCcm,
     .keyword = "esp-ccm",
     .kind = K::kEspEncryption,
     .salt_bytes = 3,
     .sized = true,
     .icv_choice = true,
     .combined = true,
     .counter = true},
    {.id = T::kEspChaCha20Poly1305,
     .keyword = "esp-chacha20-poly1305",
     .kind = K::kEspEncryption,
     .key_bytes = 32,
     .salt_bytes = 4,
     .combined = true,
     .counter = true},
    {.id = T::kEspNull, .keyword = "esp-null", .kind = K::kEspEncryption},
    {.id = T::kEspSeal,
     .keyword = "esp-seal",
     .kind = K::kEspEncryption,
     .key_bytes = 20,
     .legacy = true},
    {.id = T::kEspMd5Hmac,
     .keyword = "esp-md5-hmac",
     .kind = K::kEspAuthentication,
     .key_bytes = 16,
     .legacy = true},
    {.id = T::kEspShaHmac,
     .keyword = "esp-sha-hmac",
     .kind = K::kEspAuthentication,
     .key_bytes = 20,
     .legacy = true},
    {.id = T::kEspSha256Hmac,
     .keyword = "esp-sha256-hmac",
     .kind = K::kEspAuthentication,
     .key_bytes = 32},
    {.id = T::kEspSha384Hmac,
     .keyword = "esp-sha384-hmac",
     .kind = K::kEspAuthentication,
     .key_bytes = 48},
    {.id = T::kEspSha512Hmac,
     .keyword = "esp-sha512-hmac",
     .kind = K::kEspAuthentication,
     .key_bytes = 64},
    {.id = T::kEspAesXcbc,
     .keyword = "esp-aes-xcbc",
     .kind = K::kEspAuthentication,
     .key_bytes = 16},
    {.id = T::kEspAesCmac,
     .keyword = "esp-aes-cmac",
     .kind = K::kEspAuthentication,
     .key_bytes = 16},
    {.id = T::kCompLzs, .keyword = "comp-lzs", .kind = K::kCompression},
    {.id = T::kCompDeflate, .keyword = "comp-deflate", .kind = K::kCompression},
}};

constexpr bool InOrder() {
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<size_t>(kTable[i].id) != i) return false;
  }
  return true;
}
static_assert(InOrder());

constexpr size_t kMostTransforms = 4;

const TransformInfo* OfKind(std::span<const TransformUse> uses, TransformKind kind) {
  for (const TransformUse& use : uses) {
    if (InfoOf(use.transform).kind == kind) return &InfoOf(use.transform);
  }
  return nullptr;
}

// What is wrong with the last of `uses` beside those before it.
std::string CheckLast(std::span<const TransformUse> uses, bool legacy_enabled) {
  const TransformInfo& last = InfoOf(uses.back().transform);
  const auto before = uses.first(uses.size() - 1);
  if (before.size() >= kMostTransforms) return "a set has at most four transforms";
  if (const TransformInfo* same = OfKind(before, last.kind)) {
    return fmt::format("a set has one {} transform, and {} is there", KindName(last.kind),
                       same->keyword);
  }
  const TransformInfo* cipher = OfKind(uses, K::kEspEncryption);
  const TransformInfo* auth = OfKind(uses, K::kEspAuthentication);
  if (cipher != nullptr && cipher->combined && auth != nullptr) {
    return fmt::format("{} authenticates by itself: no other ESP transform may stand beside it",
                       cipher->keyword);
  }
  if (last.legacy && !legacy_enabled) {
    return fmt::format("{} is a legacy algorithm and needs 'crypto legacy-algorithms enable'",
                       last.keyword);
  }
  return "";
}

// What is wrong with a set of which each part is right.
std::string CheckWhole(std::span<const TransformUse> uses, bool legacy_enabled) {
  const TransformInfo* ah = OfKind(uses, K::kAh);
  const TransformInfo* cipher = OfKind(uses, K::kEspEncryption);
  const TransformInfo* auth = OfKind(uses, K::kEspAuthentication);
  if (ah == nullptr && cipher == nullptr && auth == nullptr) {
    return "compression alone protects nothing: an AH or ESP transform is needed";
  }
  if (cipher == nullptr || cipher->combined || auth != nullptr) return "";
  if (cipher->id == T::kEspNull) {
    return "esp-null without an ESP authentication transform protects nothing (RFC 4303, 3.2)";
  }
  if (ah == nullptr && !legacy_enabled) {
    return fmt::format(
        "{} without authentication can be altered unseen and needs 'crypto legacy-algorithms "
        "enable'",
        cipher->keyword);
  }
  return "";
}

}  // namespace

std::string_view KindName(TransformKind kind) {
  constexpr std::array<std::string_view, 4> kNames{"AH", "ESP encryption", "ESP authentication",
                                                   "compression"};
  return kNames[static_cast<size_t>(kind)];
}

const TransformInfo& InfoOf(Transform transform) {
  const auto index = static_cast<size_t>(transform);
  VAM_CHECK(index < kTable.size());
  return kTable[index];
}
std::span<const TransformInfo> Transforms() { return kTable; }

const TransformInfo* FindTransform(std::string_view keyword) {
  if (keyword == "esp-sha") keyword = "esp-sha-hmac";
  if (keyword == "ah-sha") keyword = "ah-sha-hmac";
  const auto found = std::find_if(kTable.begin(), kTable.end(),
                                  [&](const TransformInfo& i) { return i.keyword == keyword; });
  return found == kTable.end() ? nullptr : &*found;
}

TransformUse DefaultUse(Transform transform) {
  const TransformInfo& info = InfoOf(transform);
  return {transform, static_cast<uint16_t>(info.sized ? 128 : 0),
          static_cast<uint8_t>(info.icv_choice ? 16 : 0)};
}

size_t KeyBytes(const TransformUse& use) {
  const TransformInfo& info = InfoOf(use.transform);
  return (info.sized ? use.key_bits / 8U : info.key_bytes) + info.salt_bytes;
}

std::string RenderTransformUse(const TransformUse& use) {
  const TransformInfo& info = InfoOf(use.transform);
  const TransformUse plain = DefaultUse(use.transform);
  std::string text(info.keyword);
  if (use.key_bits != plain.key_bits) text += fmt::format(" {}", use.key_bits);
  if (use.icv_bytes != plain.icv_bytes) text += fmt::format(" icv {}", use.icv_bytes);
  return text;
}

std::string KeyBytesText(const TransformUse& use) {
  const TransformInfo& info = InfoOf(use.transform);
  const size_t bytes = KeyBytes(use);
  if (info.salt_bytes == 0) return fmt::format("{} bytes", bytes);
  return fmt::format("{} bytes: {} of key, then {} of salt", bytes, bytes - info.salt_bytes,
                     info.salt_bytes);
}

SetFault CheckTransforms(std::span<const TransformUse> uses, bool legacy_enabled) {
  for (size_t i = 0; i < uses.size(); ++i) {
    std::string message = CheckLast(uses.first(i + 1), legacy_enabled);
    if (!message.empty()) return {i, std::move(message)};
  }
  return {uses.size(), CheckWhole(uses, legacy_enabled)};
}

}  // namespace vam::config
