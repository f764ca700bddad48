// AES and AES-GCM by OpenSSL: the other opinion in the tests of rtl/crypto.
#ifndef VAM_TESTS_RTL_CRYPTO_OPENSSL_ORACLE_H_
#define VAM_TESTS_RTL_CRYPTO_OPENSSL_ORACLE_H_

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "tests/rtl/bench.h"

namespace vam::test {

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

inline CipherContext NewCipherContext() { return {EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free}; }

// One block; the key has 16, 24 or 32 bytes.
inline Block OpensslAes(std::span<const uint8_t> key, const Block& in) {
  const EVP_CIPHER* cipher = key.size() == 16   ? EVP_aes_128_ecb()
                             : key.size() == 24 ? EVP_aes_192_ecb()
                                                : EVP_aes_256_ecb();
  const CipherContext context = NewCipherContext();
  Block out{};
  int size = 0;
  EXPECT_EQ(EVP_EncryptInit_ex(context.get(), cipher, nullptr, key.data(), nullptr), 1);
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  EXPECT_EQ(EVP_EncryptUpdate(context.get(), out.data(), &size, in.data(), 16), 1);
  EXPECT_EQ(size, 16);
  return out;
}

struct Sealed {
  std::vector<uint8_t> text;
  Block tag{};
};

// AES-GCM encryption with a 12-byte nonce and a full tag.
inline Sealed OpensslSeal(std::span<const uint8_t> key, std::span<const uint8_t> nonce,
                          std::span<const uint8_t> aad, std::span<const uint8_t> plain) {
  const EVP_CIPHER* cipher = key.size() == 16   ? EVP_aes_128_gcm()
                             : key.size() == 24 ? EVP_aes_192_gcm()
                                                : EVP_aes_256_gcm();
  const CipherContext context = NewCipherContext();
  Sealed sealed;
  sealed.text.resize(plain.size());
  int size = 0;
  EXPECT_EQ(EVP_EncryptInit_ex(context.get(), cipher, nullptr, key.data(), nonce.data()), 1);
  if (!aad.empty()) {
    EXPECT_EQ(
        EVP_EncryptUpdate(context.get(), nullptr, &size, aad.data(), static_cast<int>(aad.size())),
        1);
  }
  if (!plain.empty()) {
    EXPECT_EQ(EVP_EncryptUpdate(context.get(), sealed.text.data(), &size, plain.data(),
                                static_cast<int>(plain.size())),
              1);
  }
  std::array<uint8_t, 16> rest{};
  EXPECT_EQ(EVP_EncryptFinal_ex(context.get(), rest.data(), &size), 1);
  EXPECT_EQ(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, sealed.tag.data()), 1);
  return sealed;
}

template <typename Rng>
std::vector<uint8_t> RandomBytes(Rng& rng, size_t count) {
  std::vector<uint8_t> bytes(count);
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(rng());
  return bytes;
}

template <typename Rng>
Block RandomBlock(Rng& rng) {
  Block block;
  for (uint8_t& b : block) b = static_cast<uint8_t>(rng());
  return block;
}

}  // namespace vam::test

#endif  // VAM_TESTS_RTL_CRYPTO_OPENSSL_ORACLE_H_
