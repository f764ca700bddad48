// ML-KEM (FIPS 203) in the shape of IKE: the initiator sends an encapsulation key, the responder a
// ciphertext (draft-ietf-ipsecme-ikev2-mlkem, 2).
#include <openssl/crypto.h>

#include <array>
#include <utility>

#include "sw/crypto/key_pair.h"
#include "sw/crypto/mlkem/mlkem.h"

namespace vam::crypto {
namespace {

const vam_mlkem& SetOf(Group group) {
  if (group == Group::kMlKem512) return vam_mlkem512;
  return group == Group::kMlKem768 ? vam_mlkem768 : vam_mlkem1024;
}

class DecapsulationPair final : public KeyPair {
 public:
  using Key = Secret<VAM_MLKEM_MAX_DK_BYTES>;
  DecapsulationPair(const vam_mlkem& set, Key key, std::vector<uint8_t> public_data)
      : KeyPair(std::move(public_data)), set_(set), key_(std::move(key)) {}

  // A ciphertext that was spoiled makes a secret that nobody else has (FIPS 203, 7.3): AUTH fails.
  Result<SharedSecret> Derive(Bytes peer) const override {
    SharedSecret shared;
    const MutableBytes out = shared.Resize(VAM_MLKEM_SHARED_BYTES);
    if (set_.decapsulate(out.data(), peer.data(), key_.bytes().data()) != 0) {
      return Err(ErrorCode::kInternal, "mlkem-native refused a key of its own");
    }
    return shared;
  }

 private:
  const vam_mlkem& set_;
  Key key_;
};

// The responder's: it keeps nothing.
class Ciphertext final : public KeyPair {
 public:
  explicit Ciphertext(std::vector<uint8_t> data) : KeyPair(std::move(data)) {}
  Result<SharedSecret> Derive(Bytes /*peer*/) const override {
    return Err(ErrorCode::kInvalidArgument, "a ciphertext agrees on nothing more");
  }
};

}  // namespace

KeyPairResult MakeMlKemPair(Group group, Rng& rng) {
  const vam_mlkem& set = SetOf(group);
  std::array<uint8_t, VAM_MLKEM_SEED_BYTES> seed;
  rng.Fill(seed);
  std::vector<uint8_t> public_data(set.ek_bytes);
  DecapsulationPair::Key key;
  const int failed = set.keypair(public_data.data(), key.Resize(set.dk_bytes).data(), seed.data());
  OPENSSL_cleanse(seed.data(), seed.size());
  if (failed != 0) return Err(ErrorCode::kInternal, "mlkem-native made no key");
  return std::unique_ptr<KeyPair>(
      new DecapsulationPair(set, std::move(key), std::move(public_data)));
}

Result<Encapsulated> Encapsulate(Group group, Bytes key, Rng& rng) {
  const vam_mlkem& set = SetOf(group);
  std::array<uint8_t, VAM_MLKEM_COINS_BYTES> coins;
  rng.Fill(coins);
  std::vector<uint8_t> data(set.c_bytes);
  SharedSecret shared;
  const int failed = set.encapsulate(data.data(), shared.Resize(VAM_MLKEM_SHARED_BYTES).data(),
                                     key.data(), coins.data());
  OPENSSL_cleanse(coins.data(), coins.size());
  if (failed != 0) return NoPublicValue();
  return Encapsulated{std::unique_ptr<KeyPair>(new Ciphertext(std::move(data))), std::move(shared)};
}

}  // namespace vam::crypto
