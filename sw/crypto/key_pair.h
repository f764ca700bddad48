// Inside sw/crypto only: one side of a key exchange, by family.
#ifndef VAM_SW_CRYPTO_KEY_PAIR_H_
#define VAM_SW_CRYPTO_KEY_PAIR_H_

#include <memory>
#include <utility>
#include <vector>

#include "sw/crypto/key_exchange.h"

namespace vam::crypto {

class KeyPair {
 public:
  virtual ~KeyPair() = default;

  Bytes public_data() const { return public_data_; }

  // Requires: `peer` has the group's length. kMalformed when it is no public value, or makes no
  // secret.
  virtual Result<SharedSecret> Derive(Bytes peer) const = 0;

 protected:
  explicit KeyPair(std::vector<uint8_t> public_data) : public_data_(std::move(public_data)) {}

 private:
  std::vector<uint8_t> public_data_;
};

using KeyPairResult = Result<std::unique_ptr<KeyPair>>;

// Each requires a group of its family.
KeyPairResult MakeModpPair(Group group, Rng& rng);
KeyPairResult MakeEcpPair(Group group, Rng& rng);
KeyPairResult MakeMontgomeryPair(Group group, Rng& rng);
// The initiator's side; Derive takes the responder's ciphertext.
KeyPairResult MakeMlKemPair(Group group, Rng& rng);

// The responder's side of ML-KEM, whose secret comes with its data. Requires: `key` has the group's
// length. kMalformed when a number in it is not below q (FIPS 203, 7.2).
struct Encapsulated {
  std::unique_ptr<KeyPair> own;  // public_data() is the ciphertext
  SharedSecret shared;
};
Result<Encapsulated> Encapsulate(Group group, Bytes key, Rng& rng);

// So many rejected numbers in a row mean that the source of chance repeats itself: the groups take
// at least one in two.
inline constexpr int kMaxDraws = 128;

// What the families say alike.
inline Error NoPublicValue() {
  return Err(ErrorCode::kMalformed, "the peer's value is no public value of the group");
}
inline Error KeyExchangeFailed() {
  return Err(ErrorCode::kUnavailable, "libcrypto refused a key exchange");
}
inline Error NoChance() { return Err(ErrorCode::kInternal, "the source of chance repeats itself"); }

}  // namespace vam::crypto

#endif  // VAM_SW_CRYPTO_KEY_PAIR_H_
