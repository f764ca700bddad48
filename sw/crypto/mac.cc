#include "sw/crypto/mac.h"

#include <array>

#include "sw/crypto/evp_context.h"
#include "sw/crypto/mac_makers.h"

namespace vam::crypto {
namespace {

constexpr size_t kGmacNonceBytes = 12;
constexpr size_t kGmacBytes = 16;

// AES-GCM that encrypts nothing.
class Gmac final : public Mac {
 public:
  explicit Gmac(CipherContext context) : context_(std::move(context)) {}

  bool Compute(Bytes nonce, std::span<const Bytes> parts, MutableBytes out) override {
    if (nonce.size() != kGmacNonceBytes || out.empty() || out.size() > kGmacBytes) return false;
    EVP_CIPHER_CTX* context = context_.get();
    if (EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) != 1) return false;
    for (const Bytes part : parts) {
      if (!UpdateCipher(context, nullptr, part)) return false;
    }
    int size = 0;
    std::array<uint8_t, kGmacBytes> none;
    return EVP_EncryptFinal_ex(context, none.data(), &size) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(out.size()),
                               out.data()) == 1;
  }

 private:
  CipherContext context_;
};

const EVP_CIPHER* GcmFor(size_t key_bytes) {
  if (key_bytes == 16) return EVP_aes_128_gcm();
  if (key_bytes == 24) return EVP_aes_192_gcm();
  return key_bytes == 32 ? EVP_aes_256_gcm() : nullptr;
}

}  // namespace

MacResult MakeGmac(Bytes key) {
  const EVP_CIPHER* cipher = GcmFor(key.size());
  if (cipher == nullptr) return Err(ErrorCode::kInvalidArgument, "AES key length");
  CipherContext context(EVP_CIPHER_CTX_new());
  if (context == nullptr ||
      EVP_EncryptInit_ex(context.get(), cipher, nullptr, key.data(), nullptr) != 1) {
    return Err(ErrorCode::kUnavailable, "libcrypto offers no AES-GCM");
  }
  return std::unique_ptr<Mac>(new Gmac(std::move(context)));
}

MacResult Mac::Create(MacAlgorithm algorithm, Bytes key) {
  switch (algorithm) {
    case MacAlgorithm::kAesXcbc:
    case MacAlgorithm::kAesCmac:
      return MakeCbcMac(algorithm, key);
    case MacAlgorithm::kAesGmac:
      return MakeGmac(key);
    default:
      return MakeHmac(algorithm, key);
  }
}

}  // namespace vam::crypto
