#include "sw/crypto/prf.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "sw/crypto/mac.h"
#include "sw/crypto/openssl_pointers.h"

namespace vam::crypto {
namespace {

constexpr size_t kAesKeyBytes = 16;
constexpr size_t kMaxOutputs = 255;  // prf+ counts them in one byte, from 1

struct Shape {
  MacAlgorithm mac;
  const char* hash;  // of HMAC; null for those over AES
  size_t block_bytes;
  size_t output_bytes;
};

constexpr std::array<Shape, 7> kShapes = {{
    {MacAlgorithm::kHmacMd5, "MD5", 64, 16},
    {MacAlgorithm::kHmacSha1, "SHA1", 64, 20},
    {MacAlgorithm::kHmacSha256, "SHA256", 64, 32},
    {MacAlgorithm::kHmacSha384, "SHA384", 128, 48},
    {MacAlgorithm::kHmacSha512, "SHA512", 128, 64},
    {MacAlgorithm::kAesXcbc, nullptr, kAesKeyBytes, 16},
    {MacAlgorithm::kAesCmac, nullptr, kAesKeyBytes, 16},
}};
static_assert(static_cast<size_t>(PrfAlgorithm::kAesCmac128) + 1 == kShapes.size());

const Shape& ShapeOf(PrfAlgorithm algorithm) { return kShapes[static_cast<size_t>(algorithm)]; }

// A key for a Mac, wiped in the end.
struct FittedKey {
  ~FittedKey() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
  std::array<uint8_t, kMaxPrfBytes> bytes{};
  size_t size = 0;
};

// RFC 2104, 2: a key longer than the block is hashed. One of no bytes is the same as one zero byte,
// because keys are padded with zeros.
Result<Bytes> FitHmac(const Shape& shape, Bytes key, FittedKey& fitted) {
  if (key.empty()) return Bytes(fitted.bytes).first(1);
  if (key.size() <= shape.block_bytes) return key;
  const ErrorsCleared cleared;
  if (EVP_Q_digest(nullptr, shape.hash, nullptr, key.data(), key.size(), fitted.bytes.data(),
                   &fitted.size) != 1) {
    return Err(ErrorCode::kUnavailable, "libcrypto does not offer this hash");
  }
  return Bytes(fitted.bytes).first(fitted.size);
}

// RFC 4434, 2: XCBC pads a short key with zeros. RFC 4615, 3: CMAC does not. Both shorten by
// themselves, under a key of zeros.
Result<Bytes> FitAes(const Shape& shape, Bytes key, FittedKey& fitted) {
  if (key.size() == kAesKeyBytes) return key;
  const MutableBytes out = MutableBytes(fitted.bytes).first(kAesKeyBytes);
  if (shape.mac == MacAlgorithm::kAesXcbc && key.size() < kAesKeyBytes) {
    std::copy(key.begin(), key.end(), out.begin());
    return Bytes(out);
  }
  constexpr std::array<uint8_t, kAesKeyBytes> kZeros{};
  VAM_TRY(const std::unique_ptr<Mac> mac, Mac::Create(shape.mac, kZeros));
  if (!mac->Compute({}, {&key, 1}, out)) {
    return Err(ErrorCode::kUnavailable, "libcrypto does not offer AES");
  }
  return Bytes(out);
}

}  // namespace

size_t PrfBytes(PrfAlgorithm algorithm) { return ShapeOf(algorithm).output_bytes; }

Prf::Prf(PrfAlgorithm algorithm, std::unique_ptr<Mac> mac)
    : algorithm_(algorithm), mac_(std::move(mac)) {}
Prf::Prf(Prf&&) noexcept = default;
Prf& Prf::operator=(Prf&&) noexcept = default;
Prf::~Prf() = default;

Result<Prf> Prf::Create(PrfAlgorithm algorithm, Bytes key) {
  const Shape& shape = ShapeOf(algorithm);
  FittedKey fitted;
  VAM_TRY(const Bytes fit,
          shape.hash != nullptr ? FitHmac(shape, key, fitted) : FitAes(shape, key, fitted));
  VAM_TRY(std::unique_ptr<Mac> mac, Mac::Create(shape.mac, fit));
  return Prf(algorithm, std::move(mac));
}

Status Prf::Compute(std::span<const Bytes> parts, MutableBytes out) {
  VAM_CHECK(out.size() == output_bytes());
  if (mac_->Compute({}, parts, out)) return Ok();
  OPENSSL_cleanse(out.data(), out.size());
  return Err(ErrorCode::kInternal, "libcrypto refused a pseudorandom function");
}

Status Prf::Expand(std::span<const Bytes> seed, MutableBytes out) {
  const size_t step = output_bytes();
  if (out.size() > kMaxOutputs * step) {
    return Err(ErrorCode::kInvalidArgument, "prf+ gives at most 255 outputs");
  }
  // The output before, the seed, the counter.
  uint8_t counter = 0;
  std::vector<Bytes> parts = {Bytes()};
  parts.insert(parts.end(), seed.begin(), seed.end());
  parts.emplace_back(&counter, 1);
  std::array<uint8_t, kMaxPrfBytes> block;
  Status status = Ok();
  for (size_t at = 0; at < out.size() && status; at += step) {
    ++counter;
    status = Compute(parts, MutableBytes(block).first(step));
    const size_t size = std::min(step, out.size() - at);
    std::memcpy(out.data() + at, block.data(), size);
    parts.front() = Bytes(out).subspan(at, size);
  }
  OPENSSL_cleanse(block.data(), block.size());
  if (!status && !out.empty()) OPENSSL_cleanse(out.data(), out.size());
  return status;
}

}  // namespace vam::crypto
