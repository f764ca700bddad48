#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "sw/crypto/openssl_pointers.h"
#include "sw/crypto/signature.h"
#include "sw/crypto/signature_schemes.h"

namespace vam::crypto {
namespace {

Error Refused() { return Err(ErrorCode::kAuthFailed, "the signature is not one of this message"); }

// RFC 4754, 7 into the SEQUENCE that libcrypto takes. Whether both are in [1, n - 1] is looked at
// in verifying.
Result<std::vector<uint8_t>> DerOf(KeyType type, Bytes plain) {
  const size_t half = OrderBytes(type);
  if (plain.size() != 2 * half) return Refused();
  const EcdsaSignature pair(ECDSA_SIG_new());
  BigNumber r(BN_bin2bn(plain.data(), static_cast<int>(half), nullptr));
  BigNumber s(BN_bin2bn(plain.data() + half, static_cast<int>(half), nullptr));
  if (pair == nullptr || r == nullptr || s == nullptr ||
      ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) {
    return Err(ErrorCode::kInternal, "libcrypto refused a signature's numbers");
  }
  // They belong to the pair now.
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  std::vector<uint8_t> der = EncodeDer(pair.get(), i2d_ECDSA_SIG);
  if (der.empty()) return Err(ErrorCode::kInternal, "libcrypto encoded no signature");
  return der;
}

}  // namespace

Result<PublicKey> PublicKey::FromDer(Bytes spki) {
  const ErrorsCleared cleared;
  if (spki.size() > LONG_MAX) return Err(ErrorCode::kMalformed, "public key too long");
  const uint8_t* end = spki.data();
  Key key(d2i_PUBKEY(nullptr, &end, static_cast<long>(spki.size())));
  if (key == nullptr) return Err(ErrorCode::kMalformed, "no SubjectPublicKeyInfo known here");
  VAM_TRY(const KeyKind kind, KindOf(key.get()));
  PublicKey made(std::shared_ptr<EVP_PKEY>(std::move(key)), kind.type, kind.bits);
  // libcrypto reads negative numbers as positive ones, and BER: one key has one encoding here.
  VAM_TRY(const std::vector<uint8_t> again, made.ToDer());
  if (!std::equal(spki.begin(), spki.end(), again.begin(), again.end())) {
    return Err(ErrorCode::kMalformed, "a SubjectPublicKeyInfo that is not DER, or bytes behind it");
  }
  return made;
}

Result<std::vector<uint8_t>> PublicKey::ToDer() const {
  const ErrorsCleared cleared;
  std::vector<uint8_t> der = EncodeDer(key_.get(), i2d_PUBKEY);
  if (der.empty()) return Err(ErrorCode::kInternal, "libcrypto encoded no public key");
  return der;
}

Status PublicKey::Verify(SignatureScheme scheme, Bytes message, Bytes signature) const {
  if (!SchemeFits(scheme, type_)) {
    return Err(ErrorCode::kInvalidArgument, "signature scheme of another kind of key");
  }
  const ErrorsCleared cleared;
  std::vector<uint8_t> der;
  if (scheme.kind == SignatureKind::kEcdsaPlain) {
    VAM_TRY(der, DerOf(type_, signature));
    signature = der;
  }
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;  // belongs to the context
  if (context == nullptr ||
      EVP_DigestVerifyInit_ex(context.get(), &parameters, HashName(scheme.hash), nullptr, nullptr,
                              key_.get(), nullptr) != 1 ||
      !SetPadding(parameters, scheme.kind)) {
    return Err(ErrorCode::kUnavailable, "libcrypto does not offer this signature scheme");
  }
  // CVE-2013-2944: 1 is good; 0 is bad, and so is everything below.
  if (EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                       message.size()) != 1) {
    return Refused();
  }
  return Ok();
}

}  // namespace vam::crypto
