#include "sw/ipsec/esp_cipher.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "sw/ipsec/esp_codec.h"

namespace vam::ipsec {
namespace {

constexpr size_t kAesBlock = 16;
constexpr std::string_view kIvLabel = "OpenVAM ESP CBC IV";

constexpr size_t kUniqueIvBytes = 8;

}  // namespace

EspCipher::EspCipher(const SaSettings& sa)
    : kind_(InfoOf(sa.suite.encryption).kind),
      layout_(LayoutOf(sa.suite)),
      spi_(sa.spi),
      esn_(sa.esn),
      in_(sa.direction == Direction::kIn) {}

Result<EspCipher> EspCipher::Create(const SaSettings& sa, const SaKeys& keys) {
  EspCipher cipher(sa);
  cipher.PrepareNonce(sa, keys);
  VAM_TRY_STATUS(cipher.PrepareCipher(sa, keys));
  VAM_TRY_STATUS(cipher.PrepareIntegrity(sa, keys));
  VAM_TRY_STATUS(cipher.PrepareIvs(sa, keys));
  return cipher;
}

// Salt, room for the IV (RFC 4106, 4; RFC 4309, 4; RFC 4543, 3.2; RFC 7634, 2), and in counter mode
// the first block's number (RFC 3686, 4).
void EspCipher::PrepareNonce(const SaSettings& sa, const SaKeys& keys) {
  const Bytes salt = keys.key_material.bytes().last(InfoOf(sa.suite.encryption).salt_bytes);
  const MutableBytes whole = nonce_start_.Resize(kNonceRoom);
  std::copy(salt.begin(), salt.end(), whole.begin());
  whole.back() = 1;
  salt_bytes_ = salt.size();
  nonce_bytes_ = kind_ == CipherKind::kCtr ? kNonceRoom : salt.size() + kUniqueIvBytes;
}

EspCipher::Nonce EspCipher::MakeNonce(Bytes iv) const {
  Nonce nonce;
  nonce.size = nonce_bytes_;
  // Fixed sizes: this is done for every packet.
  std::memcpy(nonce.buffer.data(), nonce_start_.bytes().data(), kNonceRoom);
  std::memcpy(nonce.buffer.data() + salt_bytes_, iv.data(), kUniqueIvBytes);
  return nonce;
}

Status EspCipher::PrepareCipher(const SaSettings& sa, const SaKeys& keys) {
  const EncryptionInfo& info = InfoOf(sa.suite.encryption);
  const Bytes key = keys.key_material.bytes().first(info.key_bytes);
  if (kind_ == CipherKind::kAead) {
    VAM_TRY(aead_,
            crypto::Aead::Create(info.aead, key,
                                 in_ ? crypto::AeadPurpose::kOpen : crypto::AeadPurpose::kSeal,
                                 info.salt_bytes + info.iv_bytes, info.icv_bytes));
  } else if (kind_ == CipherKind::kCbc || kind_ == CipherKind::kCtr) {
    VAM_TRY(cipher_, crypto::BlockCipher::Create(
                         info.cipher, key,
                         in_ ? crypto::CipherPurpose::kDecrypt : crypto::CipherPurpose::kEncrypt));
  } else if (kind_ == CipherKind::kGmac) {
    VAM_TRY(mac_, crypto::Mac::Create(crypto::MacAlgorithm::kAesGmac, key));
  }
  return Ok();
}

Status EspCipher::PrepareIntegrity(const SaSettings& sa, const SaKeys& keys) {
  if (sa.suite.integrity == Integrity::kNone) return Ok();
  VAM_TRY(mac_, crypto::Mac::Create(InfoOf(sa.suite.integrity).mac, keys.auth_key.bytes()));
  return Ok();
}

Status EspCipher::PrepareIvs(const SaSettings& sa, const SaKeys& keys) {
  if (kind_ != CipherKind::kCbc || in_) return Ok();
  const EncryptionInfo& info = InfoOf(sa.suite.encryption);
  VAM_TRY(const std::unique_ptr<crypto::Mac> derive,
          crypto::Mac::Create(crypto::MacAlgorithm::kHmacSha256,
                              keys.key_material.bytes().first(info.key_bytes)));
  std::array<uint8_t, 4> spi;
  StoreBe32(spi.data(), spi_.value);
  const std::array<Bytes, 2> parts = {
      Bytes(reinterpret_cast<const uint8_t*>(kIvLabel.data()), kIvLabel.size()), spi};
  std::array<uint8_t, kAesBlock> key;
  if (!derive->Compute({}, parts, key)) return Err(ErrorCode::kUnavailable, "IV key");
  auto made = crypto::BlockCipher::Create(crypto::CipherAlgorithm::kAesCbc, key,
                                          crypto::CipherPurpose::kEncrypt);
  OPENSSL_cleanse(key.data(), key.size());
  VAM_TRY(iv_cipher_, std::move(made));
  return Ok();
}

bool EspCipher::WriteIv(uint64_t sequence, MutableBytes iv) {
  if (iv.empty()) return true;
  if (kind_ != CipherKind::kCbc) {
    StoreBe64(iv.data(), sequence);
    return true;
  }
  std::array<uint8_t, kAesBlock> block{};
  StoreBe64(block.data(), sequence);
  constexpr std::array<uint8_t, kAesBlock> kZero{};
  if (!iv_cipher_->Run(kZero, block, block)) return false;
  std::copy_n(block.begin(), iv.size(), iv.begin());
  return true;
}

bool EspCipher::Encrypt(uint64_t sequence, MutableBytes esp, Bytes iv, MutableBytes text) {
  switch (kind_) {
    case CipherKind::kAead:
      return aead_->Seal(MakeNonce(iv).bytes(), MakeAad(spi_, sequence, esn_).bytes(), text, text,
                         esp.last(layout_.icv_bytes));
    case CipherKind::kCbc:
      return cipher_->Run(iv, text, text);
    case CipherKind::kCtr:
      return cipher_->Run(MakeNonce(iv).bytes(), text, text);
    default:
      return true;
  }
}

bool EspCipher::ComputeIcv(uint64_t sequence, Bytes esp, MutableBytes icv) {
  const Bytes covered = esp.first(esp.size() - layout_.icv_bytes);
  if (kind_ == CipherKind::kGmac) {
    // With ESN the whole number stands in the middle (RFC 4543, 3.3).
    const Bytes iv = covered.subspan(kEspHeaderBytes, layout_.iv_bytes);
    const EspAad aad = MakeAad(spi_, sequence, esn_);
    const std::array<Bytes, 2> parts = {aad.bytes(), covered.subspan(kEspHeaderBytes)};
    return mac_->Compute(MakeNonce(iv).bytes(), parts, icv);
  }
  // With ESN the upper half follows the packet without being sent (RFC 4303, 2.2.1).
  std::array<uint8_t, 4> high;
  StoreBe32(high.data(), static_cast<uint32_t>(sequence >> 32));
  const std::array<Bytes, 2> parts = {covered, esn_ ? Bytes(high) : Bytes()};
  return mac_->Compute({}, parts, icv);
}

bool EspCipher::Seal(uint64_t sequence, MutableBytes esp) {
  const MutableBytes iv = esp.subspan(kEspHeaderBytes, layout_.iv_bytes);
  const MutableBytes text =
      esp.subspan(kEspHeaderBytes + layout_.iv_bytes, esp.size() - layout_.fixed_bytes());
  if (WriteIv(sequence, iv) && Encrypt(sequence, esp, iv, text) &&
      (mac_ == nullptr || ComputeIcv(sequence, esp, esp.last(layout_.icv_bytes)))) {
    return true;
  }
  std::memset(text.data(), 0, text.size());
  return false;
}

bool EspCipher::Open(uint64_t sequence, Bytes esp, MutableBytes out) {
  const Bytes iv = esp.subspan(kEspHeaderBytes, layout_.iv_bytes);
  const Bytes text =
      esp.subspan(kEspHeaderBytes + layout_.iv_bytes, esp.size() - layout_.fixed_bytes());
  const Bytes icv = esp.last(layout_.icv_bytes);
  if (kind_ == CipherKind::kAead) {
    return aead_->Open(MakeNonce(iv).bytes(), MakeAad(spi_, sequence, esn_).bytes(), text, icv,
                       out);
  }
  if (mac_ != nullptr) {
    std::array<uint8_t, crypto::kMaxMacBytes> buffer;
    const MutableBytes expected = MutableBytes(buffer).first(icv.size());
    if (!ComputeIcv(sequence, esp, expected) || !ConstantTimeEqual(expected, icv)) {
      return false;
    }
  }
  switch (kind_) {
    case CipherKind::kCbc:
      return cipher_->Run(iv, text, out);
    case CipherKind::kCtr:
      return cipher_->Run(MakeNonce(iv).bytes(), text, out);
    default:
      if (out.data() != text.data()) std::memmove(out.data(), text.data(), text.size());
      return true;
  }
}

}  // namespace vam::ipsec
