#include "sw/crypto/block_cipher.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <utility>

namespace vam::crypto {
namespace {

constexpr size_t kDesKeyBytes = 8;
constexpr size_t kTripleDesKeyBytes = 24;

const EVP_CIPHER* CipherFor(CipherAlgorithm algorithm, size_t key_bytes) {
  const bool cbc = algorithm == CipherAlgorithm::kAesCbc;
  switch (algorithm) {
    case CipherAlgorithm::kAesCbc:
    case CipherAlgorithm::kAesCtr:
      if (key_bytes == 16) return cbc ? EVP_aes_128_cbc() : EVP_aes_128_ctr();
      if (key_bytes == 24) return cbc ? EVP_aes_192_cbc() : EVP_aes_192_ctr();
      if (key_bytes == 32) return cbc ? EVP_aes_256_cbc() : EVP_aes_256_ctr();
      return nullptr;
    case CipherAlgorithm::kDesCbc:
      return key_bytes == kDesKeyBytes ? EVP_des_ede3_cbc() : nullptr;
    case CipherAlgorithm::kTripleDesCbc:
      return key_bytes == kTripleDesKeyBytes ? EVP_des_ede3_cbc() : nullptr;
  }
  return nullptr;
}

}  // namespace

Result<BlockCipher> BlockCipher::Create(CipherAlgorithm algorithm, Bytes key,
                                        CipherPurpose purpose) {
  const EVP_CIPHER* cipher = CipherFor(algorithm, key.size());
  if (cipher == nullptr) return Err(ErrorCode::kInvalidArgument, "cipher key length");
  // Single DES is 3DES under one key three times (encrypt, decrypt, encrypt): it needs no provider
  // beyond the default one, and a confined role can load none.
  std::array<uint8_t, kTripleDesKeyBytes> thrice;
  if (algorithm == CipherAlgorithm::kDesCbc) {
    for (size_t i = 0; i < thrice.size(); ++i) thrice[i] = key[i % kDesKeyBytes];
    key = thrice;
  }
  CipherContext context(EVP_CIPHER_CTX_new());
  const int encrypt = purpose == CipherPurpose::kEncrypt ? 1 : 0;
  const bool made =
      context != nullptr &&
      EVP_CipherInit_ex(context.get(), cipher, nullptr, key.data(), nullptr, encrypt) == 1 &&
      EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1;
  OPENSSL_cleanse(thrice.data(), thrice.size());
  if (!made) return Err(ErrorCode::kUnavailable, "libcrypto does not offer this cipher");
  const auto block = static_cast<size_t>(EVP_CIPHER_CTX_get_iv_length(context.get()));
  return BlockCipher(std::move(context), block, algorithm != CipherAlgorithm::kAesCtr);
}

bool BlockCipher::Run(Bytes iv, Bytes in, MutableBytes out) {
  if (iv.size() != block_bytes_ || out.size() < in.size() ||
      (whole_blocks_ && in.size() % block_bytes_ != 0)) {
    return false;
  }
  return EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, iv.data(), -1) == 1 &&
         UpdateCipher(context_.get(), out.data(), in);
}

}  // namespace vam::crypto
