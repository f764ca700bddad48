// HMAC (RFC 2104) from two prepared hash states. EVP cannot copy a state without allocating, so
// this uses libcrypto's plain hash structs, which are copied as values.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <array>
#include <cstring>

#include "sw/crypto/mac_makers.h"

namespace vam::crypto {
namespace {

template <typename Context, int (*kInit)(Context*), int (*kUpdate)(Context*, const void*, size_t),
          int (*kFinal)(unsigned char*, Context*), size_t kBlock, size_t kDigest>
struct Hash {
  using State = Context;
  static constexpr size_t kBlockBytes = kBlock;
  static constexpr size_t kDigestBytes = kDigest;
  static bool Init(State& state) { return kInit(&state) == 1; }
  static bool Update(State& state, Bytes bytes) {
    return bytes.empty() || kUpdate(&state, bytes.data(), bytes.size()) == 1;
  }
  static bool Final(uint8_t* out, State& state) { return kFinal(out, &state) == 1; }
};

using Md5 = Hash<MD5_CTX, MD5_Init, MD5_Update, MD5_Final, MD5_CBLOCK, MD5_DIGEST_LENGTH>;
using Sha1 = Hash<SHA_CTX, SHA1_Init, SHA1_Update, SHA1_Final, SHA_CBLOCK, SHA_DIGEST_LENGTH>;
using Sha256 =
    Hash<SHA256_CTX, SHA256_Init, SHA256_Update, SHA256_Final, SHA256_CBLOCK, SHA256_DIGEST_LENGTH>;
using Sha384 =
    Hash<SHA512_CTX, SHA384_Init, SHA384_Update, SHA384_Final, SHA512_CBLOCK, SHA384_DIGEST_LENGTH>;
using Sha512 =
    Hash<SHA512_CTX, SHA512_Init, SHA512_Update, SHA512_Final, SHA512_CBLOCK, SHA512_DIGEST_LENGTH>;

template <typename H>
class Hmac final : public Mac {
 public:
  static MacResult Create(Bytes key) {
    if (key.empty() || key.size() > H::kBlockBytes) {
      return Err(ErrorCode::kInvalidArgument, "HMAC key of 1 byte to one block");
    }
    std::unique_ptr<Hmac> mac(new Hmac);
    if (!mac->Prepare(key, 0x36, mac->inner_) || !mac->Prepare(key, 0x5c, mac->outer_)) {
      return Err(ErrorCode::kUnavailable, "libcrypto does not offer this hash");
    }
    return std::unique_ptr<Mac>(std::move(mac));
  }
  ~Hmac() override {
    OPENSSL_cleanse(&inner_, sizeof inner_);
    OPENSSL_cleanse(&outer_, sizeof outer_);
  }

  bool Compute(Bytes nonce, std::span<const Bytes> parts, MutableBytes out) override {
    if (!nonce.empty() || out.empty() || out.size() > H::kDigestBytes) return false;
    std::array<uint8_t, H::kDigestBytes> digest{};
    typename H::State state = inner_;
    bool good = true;
    for (const Bytes part : parts) good = good && H::Update(state, part);
    good = good && H::Final(digest.data(), state);
    state = outer_;
    good = good && H::Update(state, digest) && H::Final(digest.data(), state);
    // A state holds what the key was turned into.
    OPENSSL_cleanse(&state, sizeof state);
    std::memcpy(out.data(), digest.data(), out.size());
    return good;
  }

 private:
  Hmac() = default;

  static bool Prepare(Bytes key, uint8_t pad, typename H::State& state) {
    std::array<uint8_t, H::kBlockBytes> block;
    block.fill(pad);
    for (size_t i = 0; i < key.size(); ++i) block[i] ^= key[i];
    const bool good = H::Init(state) && H::Update(state, block);
    OPENSSL_cleanse(block.data(), block.size());
    return good;
  }

  typename H::State inner_;
  typename H::State outer_;
};

}  // namespace

MacResult MakeHmac(MacAlgorithm algorithm, Bytes key) {
  switch (algorithm) {
    case MacAlgorithm::kHmacMd5:
      return Hmac<Md5>::Create(key);
    case MacAlgorithm::kHmacSha1:
      return Hmac<Sha1>::Create(key);
    case MacAlgorithm::kHmacSha256:
      return Hmac<Sha256>::Create(key);
    case MacAlgorithm::kHmacSha384:
      return Hmac<Sha384>::Create(key);
    case MacAlgorithm::kHmacSha512:
      return Hmac<Sha512>::Create(key);
    default:
      return Err(ErrorCode::kInternal, "not an HMAC");
  }
}

}  // namespace vam::crypto
