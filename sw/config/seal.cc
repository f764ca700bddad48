#include "sw/config/seal.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "sw/base/check.h"
#include "sw/base/text.h"

namespace vam::config {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kOverhead = 1 + kSealSaltBytes + kNonceBytes + kTagBytes;
constexpr uint64_t kScryptN = 16384;
constexpr uint64_t kScryptR = 8;
constexpr uint64_t kScryptP = 1;
constexpr uint64_t kScryptMemory = 64 * 1024 * 1024;
// Salts from elsewhere that one sealer takes: pasted text must not cost hours.
constexpr size_t kMaxDerived = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// The parts of a sealed secret in memory.
struct Parts {
  Bytes head;  // the version: additional data
  SealSalt salt;
  Bytes nonce;
  Bytes text;
  Bytes tag;
};
Parts TakeApart(Bytes sealed) {
  Parts parts{sealed.first(1),
              {},
              sealed.subspan(1 + kSealSaltBytes, kNonceBytes),
              sealed.subspan(1 + kSealSaltBytes + kNonceBytes, sealed.size() - kOverhead),
              sealed.last(kTagBytes)};
  std::copy_n(sealed.begin() + 1, kSealSaltBytes, parts.salt.begin());
  return parts;
}

std::string ToBase64(Bytes in) {
  std::string text((in.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends it with a zero
  const int length = EVP_EncodeBlock(reinterpret_cast<uint8_t*>(text.data()), in.data(),
                                     static_cast<int>(in.size()));
  text.resize(static_cast<size_t>(length));
  return text;
}

// Empty for other than base64.
std::vector<uint8_t> FromBase64(std::string_view text) {
  if (!LooksSealed(text)) return {};
  std::vector<uint8_t> out(text.size() / 4 * 3);
  const int length = EVP_DecodeBlock(out.data(), reinterpret_cast<const uint8_t*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0) return {};
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  out.resize(static_cast<size_t>(length) - padding);
  return out;
}

bool OpenWith(const Secret<32>& key, const Parts& parts, MutableBytes out) {
  const Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  return context != nullptr &&
         EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.bytes().data(),
                            parts.nonce.data()) == 1 &&
         EVP_DecryptUpdate(context.get(), nullptr, &length, parts.head.data(), 1) == 1 &&
         EVP_DecryptUpdate(context.get(), out.data(), &length, parts.text.data(),
                           static_cast<int>(parts.text.size())) == 1 &&
         EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes,
                             const_cast<uint8_t*>(parts.tag.data())) == 1 &&
         EVP_DecryptFinal_ex(context.get(), nullptr, &length) == 1;
}

}  // namespace

bool LooksSealed(std::string_view text) {
  const size_t end = text.find_last_not_of('=');
  if (text.size() % 4 != 0 || end == std::string_view::npos || text.size() - end > 3) return false;
  if (text.size() / 4 * 3 <= kOverhead || text.size() / 4 * 3 > kOverhead + kLongestSealed + 2) {
    return false;
  }
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end) + 1, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  });
}

Status Sealer::Add(std::string_view passphrase, const SealSalt& salt) {
  VAM_TRY(Passphrase secret, Passphrase::From(BytesOf(passphrase)));
  ForgetForeign();
  passphrases_.push_back(std::move(secret));
  if (KeyOf(passphrases_.size() - 1, salt) == nullptr) {
    passphrases_.pop_back();
    return Err(ErrorCode::kUnavailable, "the key cannot be derived");
  }
  salt_ = salt;
  return Ok();
}

void Sealer::ForgetForeign() {
  std::erase_if(derived_, [&](const Derived& d) { return d.salt != salt_; });
}

void Sealer::ForgetOlder() {
  if (passphrases_.size() < 2) return;
  const size_t last = passphrases_.size() - 1;
  std::erase_if(derived_, [&](const Derived& d) { return d.passphrase != last; });
  for (Derived& derived : derived_) derived.passphrase = 0;
  passphrases_.erase(passphrases_.begin(), passphrases_.end() - 1);
}

void Sealer::Forget() {
  passphrases_.clear();
  derived_.clear();
}

const Secret<32>* Sealer::KeyOf(size_t passphrase, const SealSalt& salt) {
  for (const Derived& derived : derived_) {
    if (derived.passphrase == passphrase && derived.salt == salt) return &derived.key;
  }
  if (derived_.size() >= kMaxDerived) return nullptr;
  Derived derived{passphrase, salt, {}};
  const Bytes words = passphrases_[passphrase].bytes();
  const MutableBytes key = derived.key.Resize(32);
  if (EVP_PBE_scrypt(reinterpret_cast<const char*>(words.data()), words.size(), salt.data(),
                     salt.size(), kScryptN, kScryptR, kScryptP, kScryptMemory, key.data(),
                     key.size()) != 1) {
    return nullptr;
  }
  derived_.push_back(std::move(derived));
  return &derived_.back().key;
}

std::string Sealer::Seal(Bytes secret, Rng& rng) const {
  VAM_CHECK(ready() && secret.size() <= kLongestSealed);
  const auto key = std::find_if(derived_.begin(), derived_.end(), [&](const Derived& d) {
    return d.passphrase == passphrases_.size() - 1 && d.salt == salt_;
  });
  VAM_CHECK(key != derived_.end());
  std::vector<uint8_t> sealed(kOverhead + secret.size());
  sealed[0] = kVersion;
  std::copy(salt_.begin(), salt_.end(), sealed.begin() + 1);
  uint8_t* const nonce = sealed.data() + 1 + kSealSaltBytes;
  rng.Fill({nonce, kNonceBytes});
  uint8_t* const text = nonce + kNonceBytes;
  const Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  const bool sealed_well =
      context != nullptr &&
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key->key.bytes().data(),
                         nonce) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &length, sealed.data(), 1) == 1 &&
      EVP_EncryptUpdate(context.get(), text, &length, secret.data(),
                        static_cast<int>(secret.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), nullptr, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, text + secret.size()) ==
          1;
  VAM_CHECK(sealed_well);
  return ToBase64(sealed);
}

Result<Secret<kLongestSealed>> Sealer::Open(std::string_view text) {
  const std::vector<uint8_t> sealed = FromBase64(text);
  if (sealed.size() <= kOverhead || sealed[0] != kVersion) {
    return Err(ErrorCode::kMalformed, "not a sealed secret");
  }
  if (!ready()) return Err(ErrorCode::kUnavailable, "no config-key is set");
  const Parts parts = TakeApart(sealed);
  for (size_t i = passphrases_.size(); i-- > 0;) {
    const Secret<32>* key = KeyOf(i, parts.salt);
    if (key == nullptr) return Err(ErrorCode::kExhausted, "too many different salts");
    Secret<kLongestSealed> secret;
    if (OpenWith(*key, parts, secret.Resize(parts.text.size()))) return secret;
  }
  return Err(ErrorCode::kAuthFailed, "sealed under another config-key, or changed");
}

}  // namespace vam::config
