// Key material: fixed capacity, wiped when it ends, moved but never copied by accident, not
// printable.
#ifndef VAM_SW_BASE_SECRET_H_
#define VAM_SW_BASE_SECRET_H_

#include <openssl/crypto.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "sw/base/result.h"

namespace vam {

// Compares without branching on the bytes; the lengths are public.
inline bool ConstantTimeEqual(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Of what is a secret for a while and kept in a string, as messages of protobuf have it.
inline void Wipe(std::string& text) { OPENSSL_cleanse(text.data(), text.size()); }

template <size_t N>
class Secret {
 public:
  Secret() = default;
  ~Secret() { Wipe(); }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept { *this = std::move(other); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      size_ = other.size_;
      other.Wipe();
    }
    return *this;
  }

  // Copies `bytes`; kExhausted when they are more than N.
  static Result<Secret> From(std::span<const uint8_t> bytes) {
    if (bytes.size() > N) return Err(ErrorCode::kExhausted, "secret longer than its capacity");
    Secret secret;
    secret.size_ = bytes.size();
    if (!bytes.empty()) std::memcpy(secret.bytes_.data(), bytes.data(), bytes.size());
    return secret;
  }

  Secret Clone() const {
    Secret copy;
    copy.bytes_ = bytes_;
    copy.size_ = size_;
    return copy;
  }

  // Gives the secret `size` bytes to be filled in place. Requires: size <= N.
  std::span<uint8_t> Resize(size_t size) {
    VAM_CHECK(size <= N);
    Wipe();
    size_ = size;
    return {bytes_.data(), size_};
  }

  void Wipe() {
    OPENSSL_cleanse(bytes_.data(), N);
    size_ = 0;
  }

  std::span<const uint8_t> bytes() const { return {bytes_.data(), size_}; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  bool Equals(const Secret& other) const { return ConstantTimeEqual(bytes(), other.bytes()); }

 private:
  std::array<uint8_t, N> bytes_{};
  size_t size_ = 0;
};

}  // namespace vam

#endif  // VAM_SW_BASE_SECRET_H_
