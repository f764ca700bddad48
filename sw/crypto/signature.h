// Signatures of IKE and PKI: keys, verifying, signing. Only signatures that libcrypto verifies by
// comparing what it encoded itself; nothing here parses padding.
#ifndef VAM_SW_CRYPTO_SIGNATURE_H_
#define VAM_SW_CRYPTO_SIGNATURE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"

struct evp_pkey_st;

namespace vam::crypto {

enum class KeyType : uint8_t { kRsa, kEcdsaP256, kEcdsaP384, kEcdsaP521, kEd25519, kEd448 };
enum class Hash : uint8_t { kIdentity, kSha1, kSha256, kSha384, kSha512 };

// How a digest is signed. kIdentity belongs to EdDSA, which hashes itself.
enum class SignatureKind : uint8_t {
  kRsaPkcs1,    // RFC 8017, 8.2
  kRsaPss,      // RFC 8017, 8.1, with the salt as long as the hash and MGF1 over the same hash
  kEcdsaDer,    // X.509 and RFC 7427: a SEQUENCE of two integers
  kEcdsaPlain,  // RFC 4754: r then s, each as long as the group's order
  kEdDsa,       // RFC 8032
};
struct SignatureScheme {
  SignatureKind kind = SignatureKind::kRsaPkcs1;
  Hash hash = Hash::kSha256;
  bool operator==(const SignatureScheme&) const = default;
};

// RSA below this many bits, or above the other, is refused before anything is computed with it.
inline constexpr unsigned kMinRsaBits = 2048;
inline constexpr unsigned kMaxRsaBits = 16'384;

class PublicKey {
 public:
  // DER SubjectPublicKeyInfo, nothing behind it. kMalformed; kUnsupported for other kinds, curves
  // and sizes.
  static Result<PublicKey> FromDer(Bytes spki);

  KeyType type() const { return type_; }
  // RSA: of the modulus; else of the curve.
  unsigned bits() const { return bits_; }
  Result<std::vector<uint8_t>> ToDer() const;

  // kAuthFailed unless `signature` is one of `message` by this key. kInvalidArgument when the
  // scheme does not belong to the kind of key.
  Status Verify(SignatureScheme scheme, Bytes message, Bytes signature) const;

 private:
  friend class PrivateKey;
  PublicKey(std::shared_ptr<evp_pkey_st> key, KeyType type, unsigned bits)
      : key_(std::move(key)), type_(type), bits_(bits) {}

  std::shared_ptr<evp_pkey_st> key_;
  KeyType type_;
  unsigned bits_;
};

// Lives in the signer role alone.
class PrivateKey {
 public:
  // PKCS#8 DER.
  static Result<PrivateKey> FromDer(Bytes pkcs8);
  // `rsa_bits` for RSA only.
  static Result<PrivateKey> Generate(KeyType type, unsigned rsa_bits = 0);

  KeyType type() const { return public_.type(); }
  const PublicKey& public_key() const { return public_; }
  // PKCS#8 DER. The caller wipes it.
  Result<std::vector<uint8_t>> ToDer() const;
  Result<std::vector<uint8_t>> Sign(SignatureScheme scheme, Bytes message) const;

 private:
  explicit PrivateKey(PublicKey key) : public_(std::move(key)) {}
  PublicKey public_;  // its EVP key holds both halves
};

}  // namespace vam::crypto

#endif  // VAM_SW_CRYPTO_SIGNATURE_H_
