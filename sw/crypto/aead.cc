#include "sw/crypto/aead.h"

#include <climits>
#include <cstring>
#include <utility>

namespace vam::crypto {
namespace {

const EVP_CIPHER* AesGcmFor(size_t key_bytes) {
  switch (key_bytes) {
    case 16:
      return EVP_aes_128_gcm();
    case 24:
      return EVP_aes_192_gcm();
    case 32:
      return EVP_aes_256_gcm();
    default:
      return nullptr;
  }
}

const EVP_CIPHER* AesCcmFor(size_t key_bytes) {
  switch (key_bytes) {
    case 16:
      return EVP_aes_128_ccm();
    case 24:
      return EVP_aes_192_ccm();
    case 32:
      return EVP_aes_256_ccm();
    default:
      return nullptr;
  }
}

const EVP_CIPHER* CipherFor(AeadAlgorithm algorithm, size_t key_bytes) {
  switch (algorithm) {
    case AeadAlgorithm::kAesGcm:
      return AesGcmFor(key_bytes);
    case AeadAlgorithm::kAesCcm:
      return AesCcmFor(key_bytes);
    case AeadAlgorithm::kChaCha20Poly1305:
      return key_bytes == 32 ? EVP_chacha20_poly1305() : nullptr;
  }
  return nullptr;
}

bool NonceFits(AeadAlgorithm algorithm, size_t bytes) {
  switch (algorithm) {
    case AeadAlgorithm::kAesGcm:
      return bytes >= 1 && bytes <= 128;  // libcrypto's limit
    case AeadAlgorithm::kAesCcm:
      return bytes >= 7 && bytes <= 13;
    case AeadAlgorithm::kChaCha20Poly1305:
      return bytes == 12;
  }
  return false;
}

bool TagFits(AeadAlgorithm algorithm, size_t bytes) {
  if (algorithm == AeadAlgorithm::kAesCcm) return bytes >= 4 && bytes <= 16 && bytes % 2 == 0;
  return bytes >= 1 && bytes <= 16;
}

bool Set(EVP_CIPHER_CTX* context, int what, size_t bytes, uint8_t* data = nullptr) {
  return EVP_CIPHER_CTX_ctrl(context, what, static_cast<int>(bytes), data) == 1;
}

}  // namespace

Result<Aead> Aead::Create(AeadAlgorithm algorithm, Bytes key, AeadPurpose purpose,
                          size_t nonce_bytes, size_t tag_bytes) {
  const EVP_CIPHER* cipher = CipherFor(algorithm, key.size());
  if (cipher == nullptr) return Err(ErrorCode::kInvalidArgument, "AEAD key length");
  if (!NonceFits(algorithm, nonce_bytes)) {
    return Err(ErrorCode::kInvalidArgument, "AEAD nonce length");
  }
  if (!TagFits(algorithm, tag_bytes)) return Err(ErrorCode::kInvalidArgument, "AEAD tag length");
  CipherContext context(EVP_CIPHER_CTX_new());
  const int encrypt = purpose == AeadPurpose::kSeal ? 1 : 0;
  // CCM's first block holds both lengths: they are set before the key.
  const bool tag_first = algorithm == AeadAlgorithm::kAesCcm;
  if (context == nullptr ||
      EVP_CipherInit_ex(context.get(), cipher, nullptr, nullptr, nullptr, encrypt) != 1 ||
      !Set(context.get(), EVP_CTRL_AEAD_SET_IVLEN, nonce_bytes) ||
      (tag_first && !Set(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes)) ||
      EVP_CipherInit_ex(context.get(), nullptr, nullptr, key.data(), nullptr, encrypt) != 1) {
    return Err(ErrorCode::kUnavailable, "libcrypto does not offer this AEAD");
  }
  return Aead(std::move(context), algorithm, purpose, nonce_bytes, tag_bytes);
}

bool Aead::LengthsFit(Bytes nonce, Bytes aad, Bytes in, MutableBytes out, size_t tag_bytes) const {
  const bool tag_fits = algorithm_ == AeadAlgorithm::kAesCcm
                            ? tag_bytes == tag_bytes_
                            : tag_bytes >= 1 && tag_bytes <= tag_bytes_;
  return nonce.size() == nonce_bytes_ && tag_fits && out.size() >= in.size() &&
         aad.size() <= INT_MAX && in.size() <= INT_MAX;
}

bool Aead::Process(Bytes nonce, Bytes aad, Bytes in, uint8_t* out) {
  EVP_CIPHER_CTX* context = context_.get();
  const bool ccm = algorithm_ == AeadAlgorithm::kAesCcm;
  int size = 0;
  if (ccm) {
    // CCM takes the nonce, the text's length, the associated data and the whole text in one call.
    // A text without bytes is passed too: CCM computes its tag there.
    uint8_t none[16];
    return EVP_CipherUpdate(context, nullptr, &size, nullptr, static_cast<int>(in.size())) == 1 &&
           UpdateCipher(context, nullptr, aad) &&
           EVP_CipherUpdate(context, in.empty() ? none : out, &size,
                            in.empty() ? nonce.data() : in.data(),
                            static_cast<int>(in.size())) == 1;
  }
  uint8_t none[16];
  return UpdateCipher(context, nullptr, aad) && UpdateCipher(context, out, in) &&
         EVP_CipherFinal_ex(context, none, &size) == 1;
}

bool Aead::Seal(Bytes nonce, Bytes aad, Bytes in, MutableBytes out, MutableBytes tag) {
  if (purpose_ != AeadPurpose::kSeal || !LengthsFit(nonce, aad, in, out, tag.size())) return false;
  EVP_CIPHER_CTX* context = context_.get();
  return EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1 &&
         Process(nonce, aad, in, out.data()) &&
         Set(context, EVP_CTRL_AEAD_GET_TAG, tag.size(), tag.data());
}

bool Aead::Open(Bytes nonce, Bytes aad, Bytes in, Bytes tag, MutableBytes out) {
  if (purpose_ != AeadPurpose::kOpen || !LengthsFit(nonce, aad, in, out, tag.size())) return false;
  EVP_CIPHER_CTX* context = context_.get();
  // The control takes a non-const pointer but only reads the tag.
  uint8_t expected[16];
  std::memcpy(expected, tag.data(), tag.size());
  const bool good = EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1 &&
                    Set(context, EVP_CTRL_AEAD_SET_TAG, tag.size(), expected) &&
                    Process(nonce, aad, in, out.data());
  if (!good && !in.empty()) std::memset(out.data(), 0, in.size());
  return good;
}

}  // namespace vam::crypto
