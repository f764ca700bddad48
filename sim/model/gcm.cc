#include "sim/model/gcm.h"

#include <openssl/evp.h>

#include <memory>

#include "sw/base/check.h"

namespace vam::sim {
namespace {

constexpr size_t kTagBytes = 16;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const EVP_CIPHER* CipherOf(size_t key_bytes) {
  if (key_bytes == 16) return EVP_aes_128_gcm();
  if (key_bytes == 24) return EVP_aes_192_gcm();
  return EVP_aes_256_gcm();
}

Context Start(std::span<const uint8_t> key, std::span<const uint8_t> nonce,
              std::span<const uint8_t> aad, int encrypt) {
  Context ctx(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  VAM_CHECK(ctx != nullptr && nonce.size() == 12);
  VAM_CHECK(EVP_CipherInit_ex(ctx.get(), CipherOf(key.size()), nullptr, key.data(), nonce.data(),
                              encrypt) == 1);
  int size = 0;
  if (!aad.empty()) {
    VAM_CHECK(
        EVP_CipherUpdate(ctx.get(), nullptr, &size, aad.data(), static_cast<int>(aad.size())) == 1);
  }
  return ctx;
}

void Update(EVP_CIPHER_CTX* ctx, std::span<const uint8_t> in, uint8_t* out) {
  int size = 0;
  if (in.empty()) return;
  VAM_CHECK(EVP_CipherUpdate(ctx, out, &size, in.data(), static_cast<int>(in.size())) == 1);
}

}  // namespace

std::vector<uint8_t> GcmSeal(std::span<const uint8_t> key, std::span<const uint8_t> nonce,
                             std::span<const uint8_t> aad, std::span<const uint8_t> text) {
  const Context ctx = Start(key, nonce, aad, 1);
  std::vector<uint8_t> out(text.size() + kTagBytes);
  Update(ctx.get(), text, out.data());
  int size = 0;
  VAM_CHECK(EVP_CipherFinal_ex(ctx.get(), out.data() + text.size(), &size) == 1);
  VAM_CHECK(EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                                out.data() + text.size()) == 1);
  return out;
}

std::optional<std::vector<uint8_t>> GcmOpen(std::span<const uint8_t> key,
                                            std::span<const uint8_t> nonce,
                                            std::span<const uint8_t> aad,
                                            std::span<const uint8_t> text,
                                            std::span<const uint8_t> tag) {
  const Context ctx = Start(key, nonce, aad, 0);
  std::vector<uint8_t> out(text.size() + kTagBytes);
  Update(ctx.get(), text, out.data());
  std::vector<uint8_t> expected(tag.begin(), tag.end());
  VAM_CHECK(EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(expected.size()),
                                expected.data()) == 1);
  int size = 0;
  if (EVP_CipherFinal_ex(ctx.get(), out.data() + text.size(), &size) != 1) return std::nullopt;
  out.resize(text.size());
  return out;
}

}  // namespace vam::sim
