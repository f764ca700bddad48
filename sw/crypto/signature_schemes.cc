#include "sw/crypto/signature_schemes.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <array>
#include <string_view>

namespace vam::crypto {
namespace {

// Exponents of more bits make verifying slow and have no use (NIST SP 800-56B, 6.2 ends at 256
// bits, libcrypto at 64 for large keys).
constexpr int kMaxExponentBits = 64;

struct Curve {
  std::string_view name;  // libcrypto's
  KeyType type;
  unsigned bits;
};
constexpr std::array<Curve, 3> kCurves = {{{"prime256v1", KeyType::kEcdsaP256, 256},
                                           {"secp384r1", KeyType::kEcdsaP384, 384},
                                           {"secp521r1", KeyType::kEcdsaP521, 521}}};

BigNumber NumberOf(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1) return nullptr;
  return BigNumber(number);
}

// CVE-2018-17540: a tiny or even modulus goes no further.
Result<KeyKind> KindOfRsa(const EVP_PKEY* key) {
  const BigNumber modulus = NumberOf(key, OSSL_PKEY_PARAM_RSA_N);
  const BigNumber exponent = NumberOf(key, OSSL_PKEY_PARAM_RSA_E);
  if (modulus == nullptr || exponent == nullptr) {
    return Err(ErrorCode::kMalformed, "RSA key without its numbers");
  }
  const auto bits = static_cast<unsigned>(BN_num_bits(modulus.get()));
  if (bits < kMinRsaBits) return Err(ErrorCode::kUnsupported, "RSA modulus below 2048 bits");
  if (bits > kMaxRsaBits) return Err(ErrorCode::kUnsupported, "RSA modulus above 16384 bits");
  if (BN_is_negative(modulus.get()) || !BN_is_odd(modulus.get()) ||
      BN_is_negative(exponent.get()) || !BN_is_odd(exponent.get()) || BN_is_one(exponent.get())) {
    return Err(ErrorCode::kMalformed, "RSA modulus and exponent are odd, and more than 1");
  }
  if (BN_num_bits(exponent.get()) > kMaxExponentBits) {
    return Err(ErrorCode::kUnsupported, "RSA exponent above 64 bits");
  }
  return KeyKind{KeyType::kRsa, bits};
}

// RFC 5480, 2.1.1: curves by name, not by parameters.
Result<KeyKind> KindOfEc(const EVP_PKEY* key) {
  int explicit_parameters = 0;
  if (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                             &explicit_parameters) == 1 &&
      explicit_parameters != 0) {
    return Err(ErrorCode::kUnsupported, "elliptic curve given by its parameters");
  }
  std::array<char, 64> name{};
  size_t size = 0;
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1) {
    for (const Curve& curve : kCurves) {
      if (curve.name == std::string_view(name.data(), size)) return KeyKind{curve.type, curve.bits};
    }
  }
  return Err(ErrorCode::kUnsupported, "elliptic curve other than P-256, P-384 and P-521");
}

Hash HashOf(KeyType type) {
  switch (type) {
    case KeyType::kEcdsaP256:
      return Hash::kSha256;
    case KeyType::kEcdsaP384:
      return Hash::kSha384;
    case KeyType::kEcdsaP521:
      return Hash::kSha512;
    default:
      return Hash::kIdentity;
  }
}

bool IsEdDsa(KeyType type) { return type == KeyType::kEd25519 || type == KeyType::kEd448; }

}  // namespace

Result<KeyKind> KindOf(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) return KindOfRsa(key);
  if (EVP_PKEY_is_a(key, "EC") == 1) return KindOfEc(key);
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeyKind{KeyType::kEd25519, 255};
  if (EVP_PKEY_is_a(key, "ED448") == 1) return KeyKind{KeyType::kEd448, 448};
  return Err(ErrorCode::kUnsupported, "key other than RSA, ECDSA, Ed25519 and Ed448");
}

size_t OrderBytes(KeyType type) {
  for (const Curve& curve : kCurves) {
    if (curve.type == type) return (curve.bits + 7) / 8;
  }
  return 0;
}

const char* HashName(Hash hash) {
  constexpr std::array<const char*, 5> kNames = {nullptr, "SHA1", "SHA256", "SHA384", "SHA512"};
  return kNames[static_cast<size_t>(hash)];
}

bool SetPadding(EVP_PKEY_CTX* parameters, SignatureKind kind) {
  if (kind == SignatureKind::kRsaPkcs1) {
    return EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PADDING) == 1;
  }
  if (kind != SignatureKind::kRsaPss) return true;
  // The mask's hash is the message's unless it is set.
  return EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1;
}

bool SchemeFits(SignatureScheme scheme, KeyType type) {
  switch (scheme.kind) {
    case SignatureKind::kRsaPkcs1:
    case SignatureKind::kRsaPss:
      return type == KeyType::kRsa && scheme.hash != Hash::kIdentity;
    case SignatureKind::kEcdsaDer:
      return OrderBytes(type) != 0 && scheme.hash != Hash::kIdentity;
    case SignatureKind::kEcdsaPlain:
      return OrderBytes(type) != 0 && scheme.hash == HashOf(type);
    case SignatureKind::kEdDsa:
      return IsEdDsa(type) && scheme.hash == Hash::kIdentity;
  }
  return false;
}

}  // namespace vam::crypto
