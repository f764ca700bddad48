// Secrets as text that may be shown and stored: AES-256-GCM under a key that is derived from the
// operator's `key config-key password-encrypt` passphrase (docs/adr/0006).
//
// A sealed secret is base64 (RFC 4648) of
//   version 1 (1 byte), salt (16), nonce (12), ciphertext (as long as the secret), tag (16);
// the AES key is scrypt(passphrase, salt, N = 16384, r = 8, p = 1), 32 bytes (RFC 7914); the first
// byte is the additional data. Example: the 20-byte key of esp-gcm 128 gives 65 bytes, 88
// characters. The salt is one per passphrase and stands in each text, so that a text can be opened
// wherever the passphrase is known. Nonces are random: 2^32 of them per salt are safe (SP
// 800-38D, 8.3).
#ifndef VAM_SW_CONFIG_SEAL_H_
#define VAM_SW_CONFIG_SEAL_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/base/rng.h"
#include "sw/base/secret.h"

namespace vam::config {

inline constexpr size_t kLongestSealed = 256;  // bytes of a secret
inline constexpr size_t kShortestPassphrase = 8;
inline constexpr size_t kLongestPassphrase = 127;
inline constexpr size_t kSealSaltBytes = 16;
using Passphrase = Secret<kLongestPassphrase>;
using SealSalt = std::array<uint8_t, kSealSaltBytes>;

// Single-threaded. Holds passphrases and keys; copies are not possible.
class Sealer {
 public:
  Sealer() = default;  // without a passphrase: seals and opens nothing
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;
  Sealer(Sealer&&) = default;
  Sealer& operator=(Sealer&&) = default;

  // Seals under `passphrase` and `salt` from now on, and opens what the passphrases given before
  // have sealed as well. Derives the key: some 50 ms. kUnavailable: libcrypto does not.
  Status Add(std::string_view passphrase, const SealSalt& salt);
  // Before a text is read: keys for salts of other texts are dropped, so that each reading may
  // derive its few.
  void ForgetForeign();
  // The last passphrase alone stays; none at all.
  void ForgetOlder();
  void Forget();
  bool ready() const { return !passphrases_.empty(); }

  // Base64 text. Requires: ready(), at most kLongestSealed bytes.
  std::string Seal(Bytes secret, Rng& rng) const;
  // kMalformed: no sealed secret. kUnavailable: no config-key. kAuthFailed: sealed under another
  // one, or changed. kExhausted: too many salts (each costs a derivation).
  Result<Secret<kLongestSealed>> Open(std::string_view text);

 private:
  struct Derived {
    size_t passphrase;  // index
    SealSalt salt;
    Secret<32> key;
  };
  const Secret<32>* KeyOf(size_t passphrase, const SealSalt& salt);

  std::vector<Passphrase> passphrases_;  // the last one seals
  SealSalt salt_{};
  std::vector<Derived> derived_;
};

// True for text in the alphabet and length of a sealed secret.
bool LooksSealed(std::string_view text);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_SEAL_H_
