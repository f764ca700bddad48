#include "sw/crypto/ike_warm_up.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <vector>

#include "sw/base/rng.h"
#include "sw/crypto/key_exchange.h"
#include "sw/crypto/prf.h"
#include "sw/crypto/signature.h"

namespace vam::crypto {
namespace {

constexpr std::array<uint8_t, 3> kText = {'a', 'b', 'c'};

Status Failed(const char* name) { return Err(ErrorCode::kUnavailable, name); }

Status UsePrf(PrfAlgorithm algorithm) {
  // A key longer than every block takes the way of long keys, too.
  const std::array<uint8_t, 200> key{};
  std::array<uint8_t, 2 * kMaxPrfBytes> out;
  const Bytes text(kText);
  auto prf = Prf::Create(algorithm, key);
  if (!prf || !prf->Expand({&text, 1}, out)) return Failed("a pseudorandom function");
  return Ok();
}

Status UseGroup(const GroupInfo& info, Rng& rng) {
  const auto initiator = KeyExchange::Start(info.group, rng);
  if (!initiator) return Failed(info.name.data());  // a literal of the table
  const auto answer = KeyExchange::Respond(info.group, initiator->public_data(), rng);
  if (!answer) return Failed(info.name.data());
  const auto shared = initiator->Finish(answer->own.public_data());
  if (!shared || !shared->Equals(answer->shared)) return Failed(info.name.data());
  return Ok();
}

constexpr std::array kKinds = {SignatureKind::kRsaPkcs1, SignatureKind::kRsaPss,
                               SignatureKind::kEcdsaDer, SignatureKind::kEcdsaPlain,
                               SignatureKind::kEdDsa};
constexpr std::array kHashes = {Hash::kIdentity, Hash::kSha1, Hash::kSha256, Hash::kSha384,
                                Hash::kSha512};

Status UseSchemes(const PublicKey& key, const PrivateKey* secret) {
  for (const SignatureKind kind : kKinds) {
    for (const Hash hash : kHashes) {
      const SignatureScheme scheme = {kind, hash};
      if (!SchemeFits(scheme, key.type())) continue;
      if (secret == nullptr) {
        const std::vector<uint8_t> none((key.bits() + 7) / 8);
        const Status status = key.Verify(scheme, kText, none);
        if (status || status.error().code != ErrorCode::kAuthFailed) return Failed("RSA");
        continue;
      }
      const auto signature = secret->Sign(scheme, kText);
      if (!signature || !key.Verify(scheme, kText, *signature)) {
        return Failed("a signature scheme of elliptic curves");
      }
    }
  }
  return Ok();
}

// There and back, so that decoders and encoders are used.
Status UseKey(KeyType type) {
  const auto made = PrivateKey::Generate(type);
  if (!made) return Failed("keys of elliptic curves");
  auto der = made->ToDer();
  if (!der) return Failed("keys of elliptic curves");
  const auto secret = PrivateKey::FromDer(*der);
  OPENSSL_cleanse(der->data(), der->size());
  const auto spki = made->public_key().ToDer();
  if (!secret || !spki) return Failed("keys of elliptic curves");
  const auto key = PublicKey::FromDer(*spki);
  if (!key) return Failed("keys of elliptic curves");
  return UseSchemes(*key, &*secret);
}

// To make an RSA key takes too long for every start: any odd modulus of 2048 bits does, under which
// nothing is a signature. What signing adds to this is the generator of the curves' signatures.
Status UseRsa() {
  constexpr std::array<uint8_t, 33> kHead = {0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a,
                                             0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05,
                                             0x00, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01,
                                             0x0a, 0x02, 0x82, 0x01, 0x01, 0x00};
  constexpr std::array<uint8_t, 5> kExponent = {0x02, 0x03, 0x01, 0x00, 0x01};
  std::vector<uint8_t> spki(kHead.begin(), kHead.end());
  spki.insert(spki.end(), kMinRsaBits / 8, 0xc5);
  spki.insert(spki.end(), kExponent.begin(), kExponent.end());
  const auto key = PublicKey::FromDer(spki);
  if (!key) return Failed("RSA");
  return UseSchemes(*key, nullptr);
}

}  // namespace

Status UseEveryIkeAlgorithm() {
  for (const PrfAlgorithm algorithm :
       {PrfAlgorithm::kHmacMd5, PrfAlgorithm::kHmacSha1, PrfAlgorithm::kHmacSha256,
        PrfAlgorithm::kHmacSha384, PrfAlgorithm::kHmacSha512, PrfAlgorithm::kAesXcbc128,
        PrfAlgorithm::kAesCmac128}) {
    VAM_TRY_STATUS(UsePrf(algorithm));
  }
  SystemRng rng;
  for (const GroupInfo& info : Groups()) VAM_TRY_STATUS(UseGroup(info, rng));
  for (const KeyType type : {KeyType::kEcdsaP256, KeyType::kEcdsaP384, KeyType::kEcdsaP521,
                             KeyType::kEd25519, KeyType::kEd448}) {
    VAM_TRY_STATUS(UseKey(type));
  }
  return UseRsa();
}

}  // namespace vam::crypto
