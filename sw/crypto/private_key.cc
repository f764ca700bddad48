#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <climits>
#include <utility>

#include "sw/crypto/openssl_pointers.h"
#include "sw/crypto/signature.h"
#include "sw/crypto/signature_schemes.h"

namespace vam::crypto {
namespace {

Error Failed() { return Err(ErrorCode::kInternal, "libcrypto refused to sign"); }

// RFC 4754, 7: r and s, each as long as the order.
Result<std::vector<uint8_t>> PlainOf(KeyType type, Bytes der) {
  const uint8_t* end = der.data();
  const EcdsaSignature pair(d2i_ECDSA_SIG(nullptr, &end, static_cast<long>(der.size())));
  if (pair == nullptr) return Failed();
  const size_t half = OrderBytes(type);
  const auto bytes = static_cast<int>(half);
  std::vector<uint8_t> plain(2 * half);
  if (BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), plain.data(), bytes) != bytes ||
      BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), plain.data() + half, bytes) != bytes) {
    return Failed();
  }
  return plain;
}

SignatureScheme AnyScheme(KeyType type) {
  switch (type) {
    case KeyType::kRsa:
      return {SignatureKind::kRsaPkcs1, Hash::kSha256};
    case KeyType::kEd25519:
    case KeyType::kEd448:
      return {SignatureKind::kEdDsa, Hash::kIdentity};
    default:
      return {SignatureKind::kEcdsaDer, Hash::kSha256};
  }
}

Key NewKey(KeyType type, unsigned rsa_bits) {
  switch (type) {
    case KeyType::kRsa:
      return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<size_t>(rsa_bits)));
    case KeyType::kEcdsaP256:
      return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    case KeyType::kEcdsaP384:
      return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"));
    case KeyType::kEcdsaP521:
      return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-521"));
    case KeyType::kEd25519:
      return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    case KeyType::kEd448:
      return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"));
  }
  return nullptr;
}

}  // namespace

Result<PrivateKey> PrivateKey::FromDer(Bytes pkcs8) {
  const ErrorsCleared cleared;
  if (pkcs8.size() > LONG_MAX) return Err(ErrorCode::kMalformed, "private key too long");
  const uint8_t* end = pkcs8.data();
  const Pkcs8Pointer info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &end, static_cast<long>(pkcs8.size())));
  if (info == nullptr) return Err(ErrorCode::kMalformed, "no PKCS#8 private key in the clear");
  if (end != pkcs8.data() + pkcs8.size()) {
    return Err(ErrorCode::kMalformed, "bytes behind a PKCS#8 private key");
  }
  Key key(EVP_PKCS82PKEY(info.get()));
  if (key == nullptr) return Err(ErrorCode::kMalformed, "no private key known here");
  VAM_TRY(const KeyKind kind, KindOf(key.get()));
  PrivateKey made(PublicKey(std::shared_ptr<EVP_PKEY>(std::move(key)), kind.type, kind.bits));
  // The encoding has both halves, or RSA's numbers twice over: what does not belong together could
  // give signatures that betray the key.
  constexpr std::array<uint8_t, 4> kProbe = {'t', 'e', 's', 't'};
  const SignatureScheme scheme = AnyScheme(kind.type);
  const auto signature = made.Sign(scheme, kProbe);
  if (!signature || !made.public_key().Verify(scheme, kProbe, *signature)) {
    return Err(ErrorCode::kMalformed, "the halves of a private key do not belong together");
  }
  return made;
}

Result<PrivateKey> PrivateKey::Generate(KeyType type, unsigned rsa_bits) {
  if (type == KeyType::kRsa && (rsa_bits < kMinRsaBits || rsa_bits > kMaxRsaBits)) {
    return Err(ErrorCode::kInvalidArgument, "RSA keys have 2048 to 16384 bits");
  }
  const ErrorsCleared cleared;
  Key key = NewKey(type, rsa_bits);
  if (key == nullptr) return Err(ErrorCode::kUnavailable, "libcrypto made no key");
  VAM_TRY(const KeyKind kind, KindOf(key.get()));
  return PrivateKey(PublicKey(std::shared_ptr<EVP_PKEY>(std::move(key)), kind.type, kind.bits));
}

Result<std::vector<uint8_t>> PrivateKey::ToDer() const {
  const ErrorsCleared cleared;
  const Pkcs8Pointer info(EVP_PKEY2PKCS8(public_.key_.get()));
  std::vector<uint8_t> der = EncodeDer(info.get(), i2d_PKCS8_PRIV_KEY_INFO);
  if (der.empty()) return Err(ErrorCode::kInternal, "libcrypto encoded no private key");
  return der;
}

Result<std::vector<uint8_t>> PrivateKey::Sign(SignatureScheme scheme, Bytes message) const {
  if (!SchemeFits(scheme, type())) {
    return Err(ErrorCode::kInvalidArgument, "signature scheme of another kind of key");
  }
  const ErrorsCleared cleared;
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;  // belongs to the context
  if (context == nullptr ||
      EVP_DigestSignInit_ex(context.get(), &parameters, HashName(scheme.hash), nullptr, nullptr,
                            public_.key_.get(), nullptr) != 1 ||
      !SetPadding(parameters, scheme.kind)) {
    return Err(ErrorCode::kUnavailable, "libcrypto does not offer this signature scheme");
  }
  size_t size = 0;
  if (EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) != 1) {
    return Failed();
  }
  std::vector<uint8_t> signature(size);
  if (EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    return Failed();
  }
  signature.resize(size);
  if (scheme.kind == SignatureKind::kEcdsaPlain) return PlainOf(type(), signature);
  return signature;
}

}  // namespace vam::crypto
