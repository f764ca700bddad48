#include "sw/crypto/aes_gcm.h"

#include <climits>
#include <cstring>

namespace vam::crypto {
namespace {

const EVP_CIPHER* CipherFor(size_t key_bytes) {
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

// EVP counts in int.
bool LengthsFit(Bytes aad, Bytes in, MutableBytes out, size_t tag_bytes) {
  return aad.size() <= INT_MAX && in.size() <= INT_MAX && out.size() >= in.size() &&
         tag_bytes >= 1 && tag_bytes <= 16;
}

// EVP takes a null output for AAD only, so an empty text must be skipped, not passed.
bool Update(EVP_CIPHER_CTX* context, uint8_t* out, Bytes in) {
  if (in.empty()) return true;
  int size = 0;
  return EVP_CipherUpdate(context, out, &size, in.data(), static_cast<int>(in.size())) == 1;
}

}  // namespace

Result<AesGcm> AesGcm::Create(Bytes key, AeadPurpose purpose, size_t nonce_bytes) {
  const EVP_CIPHER* cipher = CipherFor(key.size());
  if (cipher == nullptr) return Err(ErrorCode::kInvalidArgument, "AES key of 16, 24 or 32 bytes");
  if (nonce_bytes == 0 || nonce_bytes > 128) {
    return Err(ErrorCode::kInvalidArgument, "GCM nonce of 1 to 128 bytes");
  }
  Context context(EVP_CIPHER_CTX_new());
  const int encrypt = purpose == AeadPurpose::kSeal ? 1 : 0;
  if (context == nullptr ||
      EVP_CipherInit_ex(context.get(), cipher, nullptr, nullptr, nullptr, encrypt) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(nonce_bytes),
                          nullptr) != 1 ||
      EVP_CipherInit_ex(context.get(), nullptr, nullptr, key.data(), nullptr, encrypt) != 1) {
    return Err(ErrorCode::kUnavailable, "libcrypto offers no AES-GCM");
  }
  return AesGcm(std::move(context), purpose, nonce_bytes);
}

bool AesGcm::Seal(Bytes nonce, Bytes aad, Bytes in, MutableBytes out, MutableBytes tag) {
  if (purpose_ != AeadPurpose::kSeal || nonce.size() != nonce_bytes_ ||
      !LengthsFit(aad, in, out, tag.size())) {
    return false;
  }
  EVP_CIPHER_CTX* context = context_.get();
  int size = 0;
  uint8_t none[16];
  return EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1 &&
         Update(context, nullptr, aad) && Update(context, out.data(), in) &&
         EVP_EncryptFinal_ex(context, none, &size) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag.size()),
                             tag.data()) == 1;
}

bool AesGcm::Open(Bytes nonce, Bytes aad, Bytes in, Bytes tag, MutableBytes out) {
  if (purpose_ != AeadPurpose::kOpen || nonce.size() != nonce_bytes_ ||
      !LengthsFit(aad, in, out, tag.size())) {
    return false;
  }
  EVP_CIPHER_CTX* context = context_.get();
  int size = 0;
  uint8_t none[16];
  // The control takes a non-const pointer but only reads the tag.
  uint8_t expected[16];
  std::memcpy(expected, tag.data(), tag.size());
  const bool good = EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1 &&
                    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG,
                                        static_cast<int>(tag.size()), expected) == 1 &&
                    Update(context, nullptr, aad) && Update(context, out.data(), in) &&
                    EVP_DecryptFinal_ex(context, none, &size) == 1;
  if (!good && !in.empty()) std::memset(out.data(), 0, in.size());
  return good;
}

}  // namespace vam::crypto
