// Signatures of IKE and PKI: keys, verifying, signing. RSA's PKCS#1 is verified by comparing with
// what libcrypto encoded itself, and ECDSA's integers are DER: nothing here parses padding.
#ifndef VAM_SW_CRYPTO_SIGNATURE_H_
#define VAM_SW_CRYPTO_SIGNATURE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"

struct evp_pkey_st;

namespace vam::crypto {

enum class KeyType : uint8_t { kRsa, kEcdsaP256, kEcdsaP384, kEcdsaP521, kEd25519, kEd448 };
// kSha1 is legacy.
enum class Hash : uint8_t { kIdentity, kSha1, kSha256, kSha384, kSha512 };

// How a digest is signed. kIdentity belongs to EdDSA, which hashes itself.
enum class SignatureKind : uint8_t {
  kRsaPkcs1,    // RFC 8017, 8.2
  kRsaPss,      // RFC 8017, 8.1, with the salt as long as the hash and MGF1 over the same hash
  kEcdsaDer,    // X.509 and RFC 7427: a SEQUENCE of two integers
  kEcdsaPlain,  // RFC 4754: r then s, each as long as the group's order; each curve has its hash
  kEdDsa,       // RFC 8032
};
struct SignatureScheme {
  SignatureKind kind = SignatureKind::kRsaPkcs1;
  Hash hash = Hash::kSha256;
  bool operator==(const SignatureScheme&) const = default;
};

// Whether a key of this type signs so. Both ends of a choice: the peer's hashes, our key.
bool SchemeFits(SignatureScheme scheme, KeyType type);

// RSA below this many bits, or above the other, is refused before anything is computed with it.
inline constexpr unsigned kMinRsaBits = 2048;
inline constexpr unsigned kMaxRsaBits = 16'384;

class PublicKey {
 public:
  // DER SubjectPublicKeyInfo (RFC 5280, 4.1), nothing behind it. kMalformed; kUnsupported for other
  // kinds, curves and sizes.
  static Result<PublicKey> FromDer(Bytes spki);

  KeyType type() const { return type_; }
  // RSA: of the modulus; else of the curve's field: 256, 384, 521, 255, 448.
  unsigned bits() const { return bits_; }
  Result<std::vector<uint8_t>> ToDer() const;

  // kAuthFailed unless `signature` is one of `message` by this key. kInvalidArgument when the
  // scheme does not fit the key. Any thread: a key does not change.
  Status Verify(SignatureScheme scheme, Bytes message, Bytes signature) const;

 private:
  friend class PrivateKey;
  PublicKey(std::shared_ptr<evp_pkey_st> key, KeyType type, unsigned bits)
      : key_(std::move(key)), type_(type), bits_(bits) {}

  std::shared_ptr<evp_pkey_st> key_;
  KeyType type_;
  unsigned bits_;
};

// Lives in the signer role alone. Chance, for keys and for what signing needs, is libcrypto's own
// generator, not an Rng: signatures of ECDSA and PSS differ from run to run.
class PrivateKey {
 public:
  // PKCS#8 DER (RFC 5958), not encrypted, nothing behind it. kMalformed, also when its halves do
  // not belong together; kUnsupported as above.
  static Result<PrivateKey> FromDer(Bytes pkcs8);
  // `rsa_bits` for RSA only, from kMinRsaBits to kMaxRsaBits. Takes seconds for long RSA keys.
  static Result<PrivateKey> Generate(KeyType type, unsigned rsa_bits = 0);

  KeyType type() const { return public_.type(); }
  const PublicKey& public_key() const { return public_; }
  // PKCS#8 DER. The caller wipes it.
  Result<std::vector<uint8_t>> ToDer() const;
  // kInvalidArgument when the scheme does not fit the key.
  Result<std::vector<uint8_t>> Sign(SignatureScheme scheme, Bytes message) const;

 private:
  explicit PrivateKey(PublicKey key) : public_(std::move(key)) {}
  PublicKey public_;  // its EVP key holds both halves
};

}  // namespace vam::crypto

#endif  // VAM_SW_CRYPTO_SIGNATURE_H_
