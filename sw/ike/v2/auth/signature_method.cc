#include "sw/ike/v2/auth/signature_method.h"

#include <algorithm>
#include <initializer_list>

#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

using crypto::Hash;
using crypto::KeyType;
using crypto::SignatureKind;
using crypto::SignatureScheme;
using Der = std::vector<uint8_t>;

// ---- hashes

// IANA "IKEv2 Hash Algorithms".
constexpr uint16_t NumberOf(Hash hash) {
  switch (hash) {
    case Hash::kSha1:
      return 1;
    case Hash::kSha256:
      return 2;
    case Hash::kSha384:
      return 3;
    case Hash::kSha512:
      return 4;
    case Hash::kIdentity:
      return 5;
  }
  return 0;
}

bool Has(const std::vector<Hash>& hashes, Hash hash) {
  return std::ranges::find(hashes, hash) != hashes.end();
}

// ---- DER: every length here is below 128

constexpr uint8_t kInteger = 0x02;
constexpr uint8_t kObject = 0x06;
constexpr uint8_t kSequence = 0x30;
constexpr uint8_t kContext0 = 0xa0;

Der Tagged(uint8_t tag, std::initializer_list<Der> parts) {
  Der out{tag, 0};
  for (const Der& part : parts) out.insert(out.end(), part.begin(), part.end());
  out[1] = static_cast<uint8_t>(out.size() - 2);
  return out;
}
Der Object(Der arcs) { return Tagged(kObject, {std::move(arcs)}); }
Der Null() { return {0x05, 0x00}; }

// 1.2.840.113549.1.1.`last`.
Der Pkcs1(uint8_t last) { return Object({0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last}); }
constexpr uint8_t kMgf1 = 8;
constexpr uint8_t kPss = 10;

// The last arc of a hash's own number, of sha...WithRSAEncryption, and of ecdsa-with-SHA....
struct HashArcs {
  Hash hash;
  uint8_t own, rsa, ecdsa;
  uint8_t bytes;
};
constexpr std::array<HashArcs, 3> kArcs{
    {{Hash::kSha256, 1, 11, 2, 32}, {Hash::kSha384, 2, 12, 3, 48}, {Hash::kSha512, 3, 13, 4, 64}}};
const HashArcs* ArcsOf(Hash hash) {
  const auto found = std::ranges::find(kArcs, hash, &HashArcs::hash);
  return found == kArcs.end() ? nullptr : &*found;
}

// RSASSA-PSS-params say each thing in two ways: hashes with NULL or without parameters (RFC 4055,
// 2.1), and a trailer that is the default, and yet stands in RFC 7427's own example (A.4.3).
struct PssForm {
  bool null = true;
  bool trailer = false;
};
constexpr std::array<PssForm, 4> kPssForms{{{}, {true, true}, {false, false}, {false, true}}};

Der PssAlgorithm(const HashArcs& arcs, PssForm form) {
  const Der number = Object({0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, arcs.own});
  const Der hash = Tagged(kSequence, {number, form.null ? Null() : Der{}});
  const Der mask = Tagged(kSequence, {Pkcs1(kMgf1), hash});
  const Der salt = Tagged(kInteger, {Der{arcs.bytes}});
  const Der trailer = Tagged(kContext0 + 3, {Tagged(kInteger, {Der{1}})});
  const Der parameters =
      Tagged(kSequence, {Tagged(kContext0, {hash}), Tagged(kContext0 + 1, {mask}),
                         Tagged(kContext0 + 2, {salt}), form.trailer ? trailer : Der{}});
  return Tagged(kSequence, {Pkcs1(kPss), parameters});
}

// ---- choice

SignatureKind KindOf(KeyType own) {
  switch (own) {
    case KeyType::kRsa:
      return SignatureKind::kRsaPss;
    case KeyType::kEd25519:
    case KeyType::kEd448:
      return SignatureKind::kEdDsa;
    default:
      return SignatureKind::kEcdsaDer;
  }
}

struct CurveMethod {
  AuthMethod method;
  KeyType key;
  Hash hash;
};
constexpr std::array<CurveMethod, 3> kCurveMethods{
    {{AuthMethod::kEcdsaSha256P256, KeyType::kEcdsaP256, Hash::kSha256},
     {AuthMethod::kEcdsaSha384P384, KeyType::kEcdsaP384, Hash::kSha384},
     {AuthMethod::kEcdsaSha512P521, KeyType::kEcdsaP521, Hash::kSha512}}};

constexpr SignatureScheme kRsaSha1{SignatureKind::kRsaPkcs1, Hash::kSha1};

// All ways to write it.
std::vector<Der> FormsOf(SignatureScheme scheme, KeyType key) {
  if (scheme.kind != SignatureKind::kRsaPss) return {AlgorithmOf(scheme, key)};
  std::vector<Der> out;
  for (const PssForm form : kPssForms) out.push_back(PssAlgorithm(*ArcsOf(scheme.hash), form));
  return out;
}

}  // namespace

void AddOwnHashes(MessageBuilder& message) {
  std::array<uint16_t, kOwnHashes.size()> numbers{};
  std::ranges::transform(kOwnHashes, numbers.begin(), NumberOf);
  AddSignatureHashes(message, numbers);
}

Result<std::vector<Hash>> ReadHashes(Bytes data) {
  VAM_TRY(const std::vector<uint16_t> numbers, ParseSignatureHashes(data));
  std::vector<Hash> out;
  for (const Hash hash :
       {Hash::kSha1, Hash::kSha256, Hash::kSha384, Hash::kSha512, Hash::kIdentity}) {
    if (std::ranges::find(numbers, NumberOf(hash)) != numbers.end()) out.push_back(hash);
  }
  return out;
}

std::vector<Hash> PreferredHashes(KeyType own) {
  switch (own) {
    case KeyType::kEcdsaP384:
      return {Hash::kSha384, Hash::kSha512, Hash::kSha256};
    case KeyType::kEcdsaP521:
      return {Hash::kSha512, Hash::kSha384, Hash::kSha256};
    case KeyType::kEd25519:
    case KeyType::kEd448:
      return {Hash::kIdentity};
    case KeyType::kRsa:
    case KeyType::kEcdsaP256:
      break;
  }
  return {Hash::kSha256, Hash::kSha384, Hash::kSha512};
}

SignatureScheme SchemeOf(KeyType own, Hash hash) { return {KindOf(own), hash}; }

std::vector<SignatureScheme> SchemesOf(KeyType key) {
  std::vector<SignatureScheme> out;
  for (const Hash hash : kOwnHashes) {
    for (const SignatureKind kind : {SignatureKind::kRsaPss, SignatureKind::kRsaPkcs1,
                                     SignatureKind::kEcdsaDer, SignatureKind::kEdDsa}) {
      if (crypto::SchemeFits({kind, hash}, key)) out.push_back({kind, hash});
    }
  }
  return out;
}

bool IsAlgorithm(Bytes der, SignatureScheme scheme, KeyType key) {
  return std::ranges::any_of(FormsOf(scheme, key),
                             [der](const Der& form) { return std::ranges::equal(form, der); });
}

std::optional<SignatureMethod> ChooseMethod(KeyType own, const PeerHashes& peer, bool legacy) {
  if (peer) {
    for (const Hash hash : PreferredHashes(own)) {
      if (Has(*peer, hash)) {
        return SignatureMethod{AuthMethod::kDigitalSignature, SchemeOf(own, hash)};
      }
    }
    return std::nullopt;
  }
  if (own == KeyType::kRsa && legacy) return SignatureMethod{AuthMethod::kRsaSignature, kRsaSha1};
  const auto curve = std::ranges::find(kCurveMethods, own, &CurveMethod::key);
  if (curve == kCurveMethods.end()) return std::nullopt;
  return SignatureMethod{curve->method, {SignatureKind::kEcdsaPlain, curve->hash}};
}

Der AlgorithmOf(SignatureScheme scheme, KeyType key) {
  if (scheme.kind == SignatureKind::kEdDsa) {
    const uint8_t last = key == KeyType::kEd25519 ? 112 : 113;
    return Tagged(kSequence, {Object({0x2b, 0x65, last})});
  }
  const HashArcs& arcs = *ArcsOf(scheme.hash);
  switch (scheme.kind) {
    case SignatureKind::kRsaPkcs1:
      return Tagged(kSequence, {Pkcs1(arcs.rsa), Null()});
    case SignatureKind::kRsaPss:
      return PssAlgorithm(arcs, PssForm{});
    default:
      return Tagged(kSequence, {Object({0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, arcs.ecdsa})});
  }
}

Der AuthDataOf(const SignatureMethod& method, KeyType key, Bytes signature) {
  Der out;
  if (method.method == AuthMethod::kDigitalSignature) {
    out = AlgorithmOf(method.scheme, key);
    out.insert(out.begin(), static_cast<uint8_t>(out.size()));
  }
  out.insert(out.end(), signature.begin(), signature.end());
  return out;
}

bool IsSignature(AuthMethod method) {
  switch (method) {
    case AuthMethod::kRsaSignature:
    case AuthMethod::kEcdsaSha256P256:
    case AuthMethod::kEcdsaSha384P384:
    case AuthMethod::kEcdsaSha512P521:
    case AuthMethod::kDigitalSignature:
      return true;
    default:
      return false;
  }
}

Result<ReceivedSignature> ReadSignature(const AuthPayload& auth, KeyType peer, bool legacy) {
  if (auth.method == AuthMethod::kDigitalSignature) {
    VAM_TRY(const DigitalSignature signature, ParseDigitalSignature(auth.data));
    for (const SignatureScheme scheme : SchemesOf(peer)) {
      if (IsAlgorithm(signature.algorithm, scheme, peer)) {
        return ReceivedSignature{scheme, signature.signature};
      }
    }
    return Err(ErrorCode::kUnsupported, "a signature algorithm that is not taken from such a key");
  }
  if (auth.method == AuthMethod::kRsaSignature && peer == KeyType::kRsa && legacy) {
    return ReceivedSignature{kRsaSha1, auth.data};
  }
  const auto curve = std::ranges::find(kCurveMethods, auth.method, &CurveMethod::method);
  if (curve == kCurveMethods.end() || curve->key != peer) {
    return Err(ErrorCode::kUnsupported, "a signature method that is not taken from such a key");
  }
  return ReceivedSignature{{SignatureKind::kEcdsaPlain, curve->hash}, auth.data};
}

}  // namespace vam::ike::v2
