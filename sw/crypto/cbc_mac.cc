// AES-XCBC-MAC (RFC 3566) and CMAC (NIST SP 800-38B): CBC whose last block is mixed with one of two
// values made from the key, one for a whole block, one for a padded block.
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "sw/crypto/block_cipher.h"
#include "sw/crypto/mac_makers.h"

namespace vam::crypto {
namespace {

constexpr size_t kBlock = 16;
constexpr size_t kChunk = 512;
using Block = std::array<uint8_t, kBlock>;
constexpr Block kZero{};

struct Mixes {
  ~Mixes() {
    OPENSSL_cleanse(whole.data(), kBlock);
    OPENSSL_cleanse(padded.data(), kBlock);
  }
  Block whole;
  Block padded;
};

class CbcMac final : public Mac {
 public:
  CbcMac(BlockCipher cipher, const Mixes& mixes) : cipher_(std::move(cipher)), mixes_(mixes) {}

  bool Compute(Bytes nonce, std::span<const Bytes> parts, MutableBytes out) override {
    if (!nonce.empty() || out.empty() || out.size() > kBlock) return false;
    chain_ = kZero;
    fill_ = 0;
    good_ = true;
    for (const Bytes part : parts) Add(part);
    const Block& mix = fill_ == kBlock ? mixes_.whole : mixes_.padded;
    if (fill_ < kBlock) {
      held_[fill_] = 0x80;
      std::fill(held_.begin() + static_cast<std::ptrdiff_t>(fill_) + 1, held_.end(), uint8_t{0});
    }
    for (size_t i = 0; i < kBlock; ++i) held_[i] ^= mix[i];
    Encrypt(held_);
    std::memcpy(out.data(), chain_.data(), out.size());
    return good_;
  }

 private:
  // The last block is different, so the latest one is held back until more bytes come.
  void Add(Bytes bytes) {
    while (!bytes.empty()) {
      if (fill_ == kBlock) {
        Encrypt(held_);
        fill_ = 0;
      }
      if (fill_ == 0 && bytes.size() > kBlock) {
        const size_t size = std::min((bytes.size() - 1) / kBlock * kBlock, kChunk);
        Encrypt(bytes.first(size));
        bytes = bytes.subspan(size);
        continue;
      }
      const size_t size = std::min(kBlock - fill_, bytes.size());
      std::memcpy(held_.data() + fill_, bytes.data(), size);
      fill_ += size;
      bytes = bytes.subspan(size);
    }
  }

  // At most kChunk bytes, whole blocks.
  void Encrypt(Bytes blocks) {
    std::array<uint8_t, kChunk> out;
    good_ = good_ && cipher_.Run(chain_, blocks, out);
    std::copy_n(out.begin() + static_cast<std::ptrdiff_t>(blocks.size() - kBlock), kBlock,
                chain_.begin());
  }

  BlockCipher cipher_;
  Mixes mixes_;
  Block chain_{};
  Block held_{};
  size_t fill_ = 0;
  bool good_ = true;
};

Result<BlockCipher> Encryptor(Bytes key) {
  return BlockCipher::Create(CipherAlgorithm::kAesCbc, key, CipherPurpose::kEncrypt);
}

Block Repeat(uint8_t value) {
  Block block;
  block.fill(value);
  return block;
}

// Doubling in GF(2^128), SP 800-38B, 6.1.
Block Double(const Block& in) {
  Block out;
  for (size_t i = 0; i < kBlock; ++i) {
    const uint8_t carry = i + 1 < kBlock ? static_cast<uint8_t>(in[i + 1] >> 7) : uint8_t{0};
    out[i] = static_cast<uint8_t>(in[i] << 1 | carry);
  }
  out[kBlock - 1] ^= static_cast<uint8_t>(0x87 & -(in[0] >> 7));
  return out;
}

Error Failed() { return Err(ErrorCode::kUnavailable, "libcrypto does not offer AES"); }

MacResult MakeCmac(Bytes key) {
  VAM_TRY(BlockCipher cipher, Encryptor(key));
  Block zero{};
  if (!cipher.Run(kZero, zero, zero)) return Failed();
  Mixes mixes;
  mixes.whole = Double(zero);
  mixes.padded = Double(mixes.whole);
  OPENSSL_cleanse(zero.data(), kBlock);
  return std::unique_ptr<Mac>(new CbcMac(std::move(cipher), mixes));
}

MacResult MakeXcbc(Bytes key) {
  if (key.size() != kBlock) return Err(ErrorCode::kInvalidArgument, "XCBC key of 16 bytes");
  VAM_TRY(BlockCipher under_key, Encryptor(key));
  Block first;
  Mixes mixes;
  if (!under_key.Run(kZero, Repeat(1), first) || !under_key.Run(kZero, Repeat(2), mixes.whole) ||
      !under_key.Run(kZero, Repeat(3), mixes.padded)) {
    return Failed();
  }
  Result<BlockCipher> cipher = Encryptor(first);
  OPENSSL_cleanse(first.data(), kBlock);
  if (!cipher) return cipher.error();
  return std::unique_ptr<Mac>(new CbcMac(std::move(*cipher), mixes));
}

}  // namespace

MacResult MakeCbcMac(MacAlgorithm algorithm, Bytes key) {
  return algorithm == MacAlgorithm::kAesXcbc ? MakeXcbc(key) : MakeCmac(key);
}

}  // namespace vam::crypto
