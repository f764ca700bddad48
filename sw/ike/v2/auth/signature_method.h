// Which signature proves what (RFC 7296, 2.15 and 3.8; RFC 4754; RFC 7427; RFC 8420): the methods
// of the AUTH payload, their algorithms, and the choice between them.
#ifndef VAM_SW_IKE_V2_AUTH_SIGNATURE_METHOD_H_
#define VAM_SW_IKE_V2_AUTH_SIGNATURE_METHOD_H_

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/crypto/signature.h"
#include "sw/ike/v2/wire/payloads.h"

namespace vam::ike::v2 {

// ---- SIGNATURE_HASH_ALGORITHMS (RFC 7427, 4; identity: RFC 8420, 2)

// What the other side takes. Nothing: it sent no notify, and knows nothing of RFC 7427.
using PeerHashes = std::optional<std::vector<crypto::Hash>>;

// What we take: SHA-256, SHA-384, SHA-512, identity. Never SHA-1 (RFC 8247, 3.2.1).
inline constexpr std::array kOwnHashes{crypto::Hash::kSha256, crypto::Hash::kSha384,
                                       crypto::Hash::kSha512, crypto::Hash::kIdentity};
void AddOwnHashes(MessageBuilder& message);
// Of the notify's data; numbers that nobody knows are left out. kMalformed for another form.
Result<std::vector<crypto::Hash>> ReadHashes(Bytes data);

// ---- what we sign

struct SignatureMethod {
  AuthMethod method = AuthMethod::kDigitalSignature;
  crypto::SignatureScheme scheme;
  bool operator==(const SignatureMethod&) const = default;
};
// How a key of ours signs for this peer. RFC 7427 where the peer knows it: PSS with RSA, and with
// curves the hash of their strength before others. Else the methods of RFC 4754, and RSA with SHA-1
// where `legacy` is. Nothing: none that both take.
std::optional<SignatureMethod> ChooseMethod(crypto::KeyType own, const PeerHashes& peer,
                                            bool legacy);
// What it is made of: the hashes that such a key tries, in their order, and how it signs with one.
std::vector<crypto::Hash> PreferredHashes(crypto::KeyType own);
crypto::SignatureScheme SchemeOf(crypto::KeyType own, crypto::Hash hash);
// Every scheme of RFC 7427 that a key of this type may be used with, SHA-1 apart.
std::vector<crypto::SignatureScheme> SchemesOf(crypto::KeyType key);
// Whether these bytes are the scheme's AlgorithmIdentifier, in one of the forms that it has.
bool IsAlgorithm(Bytes der, crypto::SignatureScheme scheme, crypto::KeyType key);
// AlgorithmIdentifier in DER. Requires: SchemeFits(scheme, key), and no SHA-1.
std::vector<uint8_t> AlgorithmOf(crypto::SignatureScheme scheme, crypto::KeyType key);
// The data of the AUTH payload.
std::vector<uint8_t> AuthDataOf(const SignatureMethod& method, crypto::KeyType key,
                                Bytes signature);

// ---- what the peer signs

bool IsSignature(AuthMethod method);
struct ReceivedSignature {
  crypto::SignatureScheme scheme;
  Bytes signature;  // belongs to the message
};
// For a key of that type. An AlgorithmIdentifier is not parsed: it is one of those that we would
// write, byte for byte. kUnsupported for others, for methods that do not fit the key, and for SHA-1
// without `legacy`; kMalformed for another form.
Result<ReceivedSignature> ReadSignature(const AuthPayload& auth, crypto::KeyType peer, bool legacy);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_AUTH_SIGNATURE_METHOD_H_
