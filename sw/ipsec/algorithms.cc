#include "sw/ipsec/algorithms.h"

#include <array>

#include "sw/base/check.h"

namespace vam::ipsec {
namespace {

using crypto::AeadAlgorithm;
using crypto::CipherAlgorithm;
using crypto::MacAlgorithm;

constexpr EncryptionInfo Cbc(Encryption id, std::string_view name, size_t key_bytes,
                             size_t block_bytes, uint16_t rfc, CipherAlgorithm cipher) {
  return {.id = id,
          .name = name,
          .kind = CipherKind::kCbc,
          .key_bytes = key_bytes,
          .iv_bytes = block_bytes,
          .block_bytes = block_bytes,
          .rfc = rfc,
          .legacy = block_bytes == 8,
          .cipher = cipher};
}

constexpr EncryptionInfo Ctr(Encryption id, std::string_view name, size_t key_bytes) {
  return {.id = id,
          .name = name,
          .kind = CipherKind::kCtr,
          .key_bytes = key_bytes,
          .salt_bytes = 4,
          .iv_bytes = 8,
          .rfc = 3686,
          .cipher = CipherAlgorithm::kAesCtr};
}

constexpr EncryptionInfo Aead(Encryption id, std::string_view name, size_t key_bytes,
                              size_t icv_bytes, AeadAlgorithm aead) {
  const bool ccm = aead == AeadAlgorithm::kAesCcm;
  const bool chacha = aead == AeadAlgorithm::kChaCha20Poly1305;
  return {.id = id,
          .name = name,
          .kind = CipherKind::kAead,
          .key_bytes = key_bytes,
          .salt_bytes = ccm ? size_t{3} : size_t{4},
          .iv_bytes = 8,
          .icv_bytes = icv_bytes,
          .rfc = static_cast<uint16_t>(ccm      ? 4309
                                       : chacha ? 7634
                                                : 4106),
          .aead = aead};
}

constexpr EncryptionInfo Gmac(Encryption id, std::string_view name, size_t key_bytes) {
  return {.id = id,
          .name = name,
          .kind = CipherKind::kGmac,
          .key_bytes = key_bytes,
          .salt_bytes = 4,
          .iv_bytes = 8,
          .icv_bytes = 16,
          .rfc = 4543};
}

using E = Encryption;
constexpr AeadAlgorithm kGcm = AeadAlgorithm::kAesGcm;
constexpr AeadAlgorithm kCcm = AeadAlgorithm::kAesCcm;
constexpr CipherAlgorithm kAes = CipherAlgorithm::kAesCbc;

constexpr std::array<EncryptionInfo, kEncryptions> kEncryptionTable = {{
    {.id = E::kNone, .name = "none"},
    {.id = E::kNull, .name = "null", .kind = CipherKind::kNull, .rfc = 2410},
    Cbc(E::kDesCbc, "des_cbc", 8, 8, 2405, CipherAlgorithm::kDesCbc),
    Cbc(E::kTripleDesCbc, "3des_cbc", 24, 8, 2451, CipherAlgorithm::kTripleDesCbc),
    Cbc(E::kAesCbc128, "aes_cbc_128", 16, 16, 3602, kAes),
    Cbc(E::kAesCbc192, "aes_cbc_192", 24, 16, 3602, kAes),
    Cbc(E::kAesCbc256, "aes_cbc_256", 32, 16, 3602, kAes),
    Ctr(E::kAesCtr128, "aes_ctr_128", 16),
    Ctr(E::kAesCtr192, "aes_ctr_192", 24),
    Ctr(E::kAesCtr256, "aes_ctr_256", 32),
    Aead(E::kAesGcm128Icv8, "aes_gcm_128_icv8", 16, 8, kGcm),
    Aead(E::kAesGcm128Icv12, "aes_gcm_128_icv12", 16, 12, kGcm),
    Aead(E::kAesGcm128Icv16, "aes_gcm_128", 16, 16, kGcm),
    Aead(E::kAesGcm192Icv8, "aes_gcm_192_icv8", 24, 8, kGcm),
    Aead(E::kAesGcm192Icv12, "aes_gcm_192_icv12", 24, 12, kGcm),
    Aead(E::kAesGcm192Icv16, "aes_gcm_192", 24, 16, kGcm),
    Aead(E::kAesGcm256Icv8, "aes_gcm_256_icv8", 32, 8, kGcm),
    Aead(E::kAesGcm256Icv12, "aes_gcm_256_icv12", 32, 12, kGcm),
    Aead(E::kAesGcm256Icv16, "aes_gcm_256", 32, 16, kGcm),
    Aead(E::kAesCcm128Icv8, "aes_ccm_128_icv8", 16, 8, kCcm),
    Aead(E::kAesCcm128Icv12, "aes_ccm_128_icv12", 16, 12, kCcm),
    Aead(E::kAesCcm128Icv16, "aes_ccm_128", 16, 16, kCcm),
    Aead(E::kAesCcm192Icv8, "aes_ccm_192_icv8", 24, 8, kCcm),
    Aead(E::kAesCcm192Icv12, "aes_ccm_192_icv12", 24, 12, kCcm),
    Aead(E::kAesCcm192Icv16, "aes_ccm_192", 24, 16, kCcm),
    Aead(E::kAesCcm256Icv8, "aes_ccm_256_icv8", 32, 8, kCcm),
    Aead(E::kAesCcm256Icv12, "aes_ccm_256_icv12", 32, 12, kCcm),
    Aead(E::kAesCcm256Icv16, "aes_ccm_256", 32, 16, kCcm),
    Aead(E::kChaCha20Poly1305, "chacha20_poly1305", 32, 16, AeadAlgorithm::kChaCha20Poly1305),
    Gmac(E::kAesGmac128, "aes_gmac_128", 16),
    Gmac(E::kAesGmac192, "aes_gmac_192", 24),
    Gmac(E::kAesGmac256, "aes_gmac_256", 32),
}};

constexpr IntegrityInfo MacRow(Integrity id, std::string_view name, size_t key_bytes,
                               size_t icv_bytes, uint16_t rfc, MacAlgorithm mac,
                               bool legacy = false) {
  return {.id = id,
          .name = name,
          .key_bytes = key_bytes,
          .icv_bytes = icv_bytes,
          .rfc = rfc,
          .legacy = legacy,
          .mac = mac};
}

constexpr IntegrityInfo GmacRow(Integrity id, std::string_view name, size_t key_bytes) {
  return {.id = id,
          .name = name,
          .key_bytes = key_bytes,
          .salt_bytes = 4,
          .iv_bytes = 8,
          .icv_bytes = 16,
          .rfc = 4543,
          .mac = MacAlgorithm::kAesGmac};
}

using I = Integrity;
constexpr std::array<IntegrityInfo, kIntegrities> kIntegrityTable = {{
    {.id = I::kNone, .name = "none"},
    MacRow(I::kHmacMd5_96, "hmac_md5_96", 16, 12, 2403, MacAlgorithm::kHmacMd5, true),
    MacRow(I::kHmacSha1_96, "hmac_sha1_96", 20, 12, 2404, MacAlgorithm::kHmacSha1, true),
    MacRow(I::kHmacSha256_128, "hmac_sha256_128", 32, 16, 4868, MacAlgorithm::kHmacSha256),
    MacRow(I::kHmacSha384_192, "hmac_sha384_192", 48, 24, 4868, MacAlgorithm::kHmacSha384),
    MacRow(I::kHmacSha512_256, "hmac_sha512_256", 64, 32, 4868, MacAlgorithm::kHmacSha512),
    MacRow(I::kAesXcbc96, "aes_xcbc_96", 16, 12, 3566, MacAlgorithm::kAesXcbc),
    MacRow(I::kAesCmac96, "aes_cmac_96", 16, 12, 4494, MacAlgorithm::kAesCmac),
    GmacRow(I::kAesGmac128, "aes_gmac_128", 16),
    GmacRow(I::kAesGmac192, "aes_gmac_192", 24),
    GmacRow(I::kAesGmac256, "aes_gmac_256", 32),
}};

constexpr std::array<CompressionInfo, kCompressions> kCompressionTable = {{
    {.id = Compression::kNone, .name = "none"},
    {.id = Compression::kDeflate, .name = "deflate", .cpi = 2, .rfc = 2394},
    {.id = Compression::kLzs, .name = "lzs", .cpi = 3, .rfc = 2395},
}};

// Row n describes value n; blocks are powers of two.
constexpr bool InOrder() {
  for (size_t i = 0; i < kEncryptions; ++i) {
    const size_t block = kEncryptionTable[i].block_bytes;
    if (BitOf(kEncryptionTable[i].id) != i || block < 4 || (block & (block - 1)) != 0) return false;
  }
  for (size_t i = 0; i < kIntegrities; ++i) {
    if (BitOf(kIntegrityTable[i].id) != i) return false;
  }
  for (size_t i = 0; i < kCompressions; ++i) {
    if (BitOf(kCompressionTable[i].id) != i) return false;
  }
  return true;
}
static_assert(InOrder());

}  // namespace

const EncryptionInfo& InfoOf(Encryption encryption) {
  VAM_CHECK(BitOf(encryption) < kEncryptions);
  return kEncryptionTable[BitOf(encryption)];
}

const IntegrityInfo& InfoOf(Integrity integrity) {
  VAM_CHECK(BitOf(integrity) < kIntegrities);
  return kIntegrityTable[BitOf(integrity)];
}

const CompressionInfo& InfoOf(Compression compression) {
  VAM_CHECK(BitOf(compression) < kCompressions);
  return kCompressionTable[BitOf(compression)];
}

std::span<const EncryptionInfo> Encryptions() { return std::span(kEncryptionTable).subspan(1); }

std::span<const IntegrityInfo> Integrities() { return std::span(kIntegrityTable).subspan(1); }

std::span<const CompressionInfo> Compressions() { return std::span(kCompressionTable).subspan(1); }

}  // namespace vam::ipsec
