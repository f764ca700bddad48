// X25519 and X448 (RFC 7748, RFC 8031).
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sw/crypto/key_pair.h"
#include "sw/crypto/openssl_pointers.h"

namespace vam::crypto {
namespace {

constexpr size_t kMaxBytes = 56;

const char* NameOf(Group group) { return group == Group::kX25519 ? "X25519" : "X448"; }

class MontgomeryPair final : public KeyPair {
 public:
  MontgomeryPair(Group group, Key key, std::vector<uint8_t> public_data)
      : KeyPair(std::move(public_data)), group_(group), key_(std::move(key)) {}

  // RFC 7748, 5 takes every string of the right length as a public value, also one of the twist and
  // one not reduced. RFC 8031, 5 and RFC 7748, 6 want a result of all zeros refused: so libcrypto
  // does, and a look at the result makes sure.
  Result<SharedSecret> Derive(Bytes peer) const override {
    const ErrorsCleared cleared;
    const Key peer_key(
        EVP_PKEY_new_raw_public_key_ex(nullptr, NameOf(group_), nullptr, peer.data(), peer.size()));
    const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
    if (peer_key == nullptr || context == nullptr || EVP_PKEY_derive_init(context.get()) != 1 ||
        EVP_PKEY_derive_set_peer_ex(context.get(), peer_key.get(), 0) != 1) {
      return KeyExchangeFailed();
    }
    SharedSecret shared;
    const MutableBytes out = shared.Resize(peer.size());
    size_t size = out.size();
    if (EVP_PKEY_derive(context.get(), out.data(), &size) != 1 || size != out.size()) {
      return NoPublicValue();
    }
    uint8_t any = 0;
    for (const uint8_t byte : out) any |= byte;
    if (any == 0) return NoPublicValue();
    return shared;
  }

 private:
  Group group_;
  Key key_;
};

}  // namespace

KeyPairResult MakeMontgomeryPair(Group group, Rng& rng) {
  const ErrorsCleared cleared;
  std::array<uint8_t, kMaxBytes> drawn;
  const MutableBytes used =
      MutableBytes(drawn).first(FindGroup(static_cast<uint16_t>(group))->initiator_bytes);
  rng.Fill(used);
  Key key(
      EVP_PKEY_new_raw_private_key_ex(nullptr, NameOf(group), nullptr, used.data(), used.size()));
  OPENSSL_cleanse(drawn.data(), drawn.size());
  std::vector<uint8_t> public_data(used.size());
  size_t size = public_data.size();
  if (key == nullptr || EVP_PKEY_get_raw_public_key(key.get(), public_data.data(), &size) != 1 ||
      size != public_data.size()) {
    return KeyExchangeFailed();
  }
  return std::unique_ptr<KeyPair>(
      new MontgomeryPair(group, std::move(key), std::move(public_data)));
}

}  // namespace vam::crypto
