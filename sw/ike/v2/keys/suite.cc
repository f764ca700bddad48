#include "sw/ike/v2/keys/suite.h"

#include <algorithm>
#include <array>

#include "sw/base/check.h"

namespace vam::ike::v2 {

namespace {

using crypto::AeadAlgorithm;
using crypto::CipherAlgorithm;
using crypto::MacAlgorithm;
using crypto::PrfAlgorithm;
using Fast = api::FastEncryption;

constexpr CipherInfo Cbc(uint16_t bits, std::string_view name, Fast fast) {
  CipherInfo info;
  info.cipher = {EncryptionId::kAesCbc, bits};
  info.name = name;
  info.key_bytes = bits / 8;
  info.iv_bytes = 16;
  info.block_bytes = 16;
  info.in_ike = true;
  info.block = CipherAlgorithm::kAesCbc;
  info.fast = fast;
  return info;
}

constexpr CipherInfo Des(EncryptionId id, size_t key_bytes, std::string_view name, Fast fast,
                         CipherAlgorithm block) {
  CipherInfo info;
  info.cipher = {id, 0};
  info.name = name;
  info.key_bytes = key_bytes;
  info.iv_bytes = 8;
  info.block_bytes = 8;
  info.in_ike = true;
  info.block = block;
  info.fast = fast;
  return info;
}

// Nonce: salt, then IV (RFC 5282, 4; RFC 4309, 4; RFC 7634, 2).
constexpr CipherInfo Aead(EncryptionId id, uint16_t bits, size_t icv_bytes, std::string_view name,
                          Fast fast, AeadAlgorithm aead) {
  CipherInfo info;
  info.cipher = {id, bits};
  info.name = name;
  info.key_bytes = bits == 0 ? 32 : bits / 8;
  info.salt_bytes = aead == AeadAlgorithm::kAesCcm ? 3 : 4;
  info.iv_bytes = 8;
  info.icv_bytes = icv_bytes;
  info.in_ike = true;
  info.aead = aead;
  info.fast = fast;
  return info;
}
constexpr CipherInfo Gcm(EncryptionId id, uint16_t bits, size_t icv_bytes, std::string_view name,
                         Fast fast) {
  return Aead(id, bits, icv_bytes, name, fast, AeadAlgorithm::kAesGcm);
}
constexpr CipherInfo Ccm(EncryptionId id, uint16_t bits, size_t icv_bytes, std::string_view name,
                         Fast fast) {
  return Aead(id, bits, icv_bytes, name, fast, AeadAlgorithm::kAesCcm);
}

constexpr CipherInfo EspOnly(EncryptionId id, uint16_t bits, size_t salt_bytes, size_t icv_bytes,
                             std::string_view name, Fast fast) {
  CipherInfo info;
  info.cipher = {id, bits};
  info.name = name;
  info.key_bytes = bits / 8;
  info.salt_bytes = salt_bytes;
  info.iv_bytes = bits == 0 ? 0 : 8;
  info.icv_bytes = icv_bytes;
  info.fast = fast;
  return info;
}

constexpr auto kCiphers = std::to_array<CipherInfo>({
    Cbc(128, "aes-cbc-128", Fast::kAesCbc128),
    Cbc(192, "aes-cbc-192", Fast::kAesCbc192),
    Cbc(256, "aes-cbc-256", Fast::kAesCbc256),
    Gcm(EncryptionId::kAesGcm8, 128, 8, "aes-gcm-128-icv-8", Fast::kAesGcm128Icv8),
    Gcm(EncryptionId::kAesGcm8, 192, 8, "aes-gcm-192-icv-8", Fast::kAesGcm192Icv8),
    Gcm(EncryptionId::kAesGcm8, 256, 8, "aes-gcm-256-icv-8", Fast::kAesGcm256Icv8),
    Gcm(EncryptionId::kAesGcm12, 128, 12, "aes-gcm-128-icv-12", Fast::kAesGcm128Icv12),
    Gcm(EncryptionId::kAesGcm12, 192, 12, "aes-gcm-192-icv-12", Fast::kAesGcm192Icv12),
    Gcm(EncryptionId::kAesGcm12, 256, 12, "aes-gcm-256-icv-12", Fast::kAesGcm256Icv12),
    Gcm(EncryptionId::kAesGcm16, 128, 16, "aes-gcm-128", Fast::kAesGcm128Icv16),
    Gcm(EncryptionId::kAesGcm16, 192, 16, "aes-gcm-192", Fast::kAesGcm192Icv16),
    Gcm(EncryptionId::kAesGcm16, 256, 16, "aes-gcm-256", Fast::kAesGcm256Icv16),
    Ccm(EncryptionId::kAesCcm8, 128, 8, "aes-ccm-128-icv-8", Fast::kAesCcm128Icv8),
    Ccm(EncryptionId::kAesCcm8, 192, 8, "aes-ccm-192-icv-8", Fast::kAesCcm192Icv8),
    Ccm(EncryptionId::kAesCcm8, 256, 8, "aes-ccm-256-icv-8", Fast::kAesCcm256Icv8),
    Ccm(EncryptionId::kAesCcm12, 128, 12, "aes-ccm-128-icv-12", Fast::kAesCcm128Icv12),
    Ccm(EncryptionId::kAesCcm12, 192, 12, "aes-ccm-192-icv-12", Fast::kAesCcm192Icv12),
    Ccm(EncryptionId::kAesCcm12, 256, 12, "aes-ccm-256-icv-12", Fast::kAesCcm256Icv12),
    Ccm(EncryptionId::kAesCcm16, 128, 16, "aes-ccm-128", Fast::kAesCcm128Icv16),
    Ccm(EncryptionId::kAesCcm16, 192, 16, "aes-ccm-192", Fast::kAesCcm192Icv16),
    Ccm(EncryptionId::kAesCcm16, 256, 16, "aes-ccm-256", Fast::kAesCcm256Icv16),
    Aead(EncryptionId::kChaCha20Poly1305, 0, 16, "chacha20-poly1305", Fast::kChaCha20Poly1305,
         AeadAlgorithm::kChaCha20Poly1305),
    Des(EncryptionId::kTripleDes, 24, "3des", Fast::kTripleDesCbc, CipherAlgorithm::kTripleDesCbc),
    Des(EncryptionId::kDes, 8, "des", Fast::kDesCbc, CipherAlgorithm::kDesCbc),
    EspOnly(EncryptionId::kAesCtr, 128, 4, 0, "aes-ctr-128", Fast::kAesCtr128),
    EspOnly(EncryptionId::kAesCtr, 192, 4, 0, "aes-ctr-192", Fast::kAesCtr192),
    EspOnly(EncryptionId::kAesCtr, 256, 4, 0, "aes-ctr-256", Fast::kAesCtr256),
    EspOnly(EncryptionId::kNull, 0, 0, 0, "null", Fast::kNull),
    EspOnly(EncryptionId::kNullAuthAesGmac, 128, 4, 16, "aes-gmac-128", Fast::kAesGmac128),
    EspOnly(EncryptionId::kNullAuthAesGmac, 192, 4, 16, "aes-gmac-192", Fast::kAesGmac192),
    EspOnly(EncryptionId::kNullAuthAesGmac, 256, 4, 16, "aes-gmac-256", Fast::kAesGmac256),
});

// In AH, GMAC has a salt behind its key (RFC 4543, 5.3).
constexpr auto kIntegrities = std::to_array<IntegrityInfo>({
    {IntegrityId::kHmacSha256_128, "sha256", 32, 16, true, MacAlgorithm::kHmacSha256,
     api::FastIntegrity::kHmacSha256_128},
    {IntegrityId::kHmacSha384_192, "sha384", 48, 24, true, MacAlgorithm::kHmacSha384,
     api::FastIntegrity::kHmacSha384_192},
    {IntegrityId::kHmacSha512_256, "sha512", 64, 32, true, MacAlgorithm::kHmacSha512,
     api::FastIntegrity::kHmacSha512_256},
    {IntegrityId::kHmacSha1_96, "sha1", 20, 12, true, MacAlgorithm::kHmacSha1,
     api::FastIntegrity::kHmacSha1_96},
    {IntegrityId::kAesXcbc96, "aes-xcbc", 16, 12, true, MacAlgorithm::kAesXcbc,
     api::FastIntegrity::kAesXcbc96},
    {IntegrityId::kAesCmac96, "aes-cmac", 16, 12, true, MacAlgorithm::kAesCmac,
     api::FastIntegrity::kAesCmac96},
    {IntegrityId::kHmacMd5_96, "md5", 16, 12, true, MacAlgorithm::kHmacMd5,
     api::FastIntegrity::kHmacMd5_96},
    {IntegrityId::kAesGmac128, "aes-gmac-128", 20, 16, false, MacAlgorithm::kAesGmac,
     api::FastIntegrity::kAesGmac128},
    {IntegrityId::kAesGmac192, "aes-gmac-192", 28, 16, false, MacAlgorithm::kAesGmac,
     api::FastIntegrity::kAesGmac192},
    {IntegrityId::kAesGmac256, "aes-gmac-256", 36, 16, false, MacAlgorithm::kAesGmac,
     api::FastIntegrity::kAesGmac256},
});

constexpr auto kPrfs = std::to_array<PrfInfo>({
    {PrfId::kHmacSha256, "sha256", PrfAlgorithm::kHmacSha256, 32},
    {PrfId::kHmacSha384, "sha384", PrfAlgorithm::kHmacSha384, 48},
    {PrfId::kHmacSha512, "sha512", PrfAlgorithm::kHmacSha512, 64},
    {PrfId::kHmacSha1, "sha1", PrfAlgorithm::kHmacSha1, 20},
    {PrfId::kAesXcbc, "aes-xcbc", PrfAlgorithm::kAesXcbc128, 16},
    {PrfId::kAesCmac, "aes-cmac", PrfAlgorithm::kAesCmac128, 16},
    {PrfId::kHmacMd5, "md5", PrfAlgorithm::kHmacMd5, 16},
});

}  // namespace

std::span<const CipherInfo> Ciphers() { return kCiphers; }
std::span<const IntegrityInfo> Integrities() { return kIntegrities; }
std::span<const PrfInfo> Prfs() { return kPrfs; }

const CipherInfo* FindCipher(uint16_t id, uint16_t key_bits) {
  const Cipher wanted{static_cast<EncryptionId>(id), key_bits};
  const auto* found = std::ranges::find(kCiphers, wanted, &CipherInfo::cipher);
  return found == kCiphers.end() ? nullptr : found;
}

const IntegrityInfo* FindIntegrity(uint16_t id) {
  const auto* found =
      std::ranges::find(kIntegrities, static_cast<IntegrityId>(id), &IntegrityInfo::id);
  return found == kIntegrities.end() ? nullptr : found;
}

const PrfInfo* FindPrf(uint16_t id) {
  const auto* found = std::ranges::find(kPrfs, static_cast<PrfId>(id), &PrfInfo::id);
  return found == kPrfs.end() ? nullptr : found;
}

const CipherInfo& InfoOf(Cipher cipher) {
  const CipherInfo* found = FindCipher(static_cast<uint16_t>(cipher.id), cipher.key_bits);
  VAM_CHECK(found != nullptr);
  return *found;
}

const IntegrityInfo& InfoOf(IntegrityId id) {
  const IntegrityInfo* found = FindIntegrity(static_cast<uint16_t>(id));
  VAM_CHECK(found != nullptr);
  return *found;
}

const PrfInfo& InfoOf(PrfId id) {
  const PrfInfo* found = FindPrf(static_cast<uint16_t>(id));
  VAM_CHECK(found != nullptr);
  return *found;
}

size_t ChildSuite::encryption_key_bytes() const {
  if (protocol == Protocol::kAh) return 0;
  const CipherInfo& info = InfoOf(cipher);
  return info.key_bytes + info.salt_bytes;
}

size_t ChildSuite::integrity_key_bytes() const {
  return integrity == IntegrityId::kNone ? 0 : InfoOf(integrity).key_bytes;
}

}  // namespace vam::ike::v2
