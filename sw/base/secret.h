// Key material: fixed capacity, wiped when it ends, moved but never copied by accident, not
// printable.
#ifndef VAM_SW_BASE_SECRET_H_
#define VAM_SW_BASE_SECRET_H_

#include <openssl/crypto.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
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

// The same of a length that is known when it is made: for what is kept long and by thousands. Owns
// a block of exactly that.
class SecretBlock {
 public:
  SecretBlock() = default;
  // Zeros, to be filled in place.
  explicit SecretBlock(size_t size) : bytes_(std::make_unique<uint8_t[]>(size)), size_(size) {}
  ~SecretBlock() { Wipe(); }
  SecretBlock(const SecretBlock&) = delete;
  SecretBlock& operator=(const SecretBlock&) = delete;
  SecretBlock(SecretBlock&& other) noexcept { *this = std::move(other); }
  SecretBlock& operator=(SecretBlock&& other) noexcept {
    if (this != &other) {
      Wipe();
      bytes_ = std::move(other.bytes_);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }

  // Its first bytes. Requires: size <= size().
  SecretBlock CloneFirst(size_t size) const {
    VAM_CHECK(size <= size_);
    SecretBlock copy(size);
    if (size != 0) std::memcpy(copy.bytes_.get(), bytes_.get(), size);
    return copy;
  }
  SecretBlock Clone() const { return CloneFirst(size_); }

  std::span<const uint8_t> bytes() const { return {bytes_.get(), size_}; }
  std::span<uint8_t> writable() { return {bytes_.get(), size_}; }
  size_t size() const { return size_; }

 private:
  void Wipe() {
    if (bytes_ != nullptr) OPENSSL_cleanse(bytes_.get(), size_);
  }

  std::unique_ptr<uint8_t[]> bytes_;
  size_t size_ = 0;
};

}  // namespace vam

#endif  // VAM_SW_BASE_SECRET_H_
