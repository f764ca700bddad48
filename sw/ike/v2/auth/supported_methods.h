// SUPPORTED_AUTH_METHODS (RFC 9593): by which methods each side takes proofs, and the choice of
// ours among what the peer takes.
#ifndef VAM_SW_IKE_V2_AUTH_SUPPORTED_METHODS_H_
#define VAM_SW_IKE_V2_AUTH_SUPPORTED_METHODS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sw/ike/v2/auth/signature_method.h"
#include "sw/ike/v2/policy/credential.h"
#include "sw/ike/v2/wire/message.h"

namespace vam::ike::v2 {

struct PeerMethod {
  AuthMethod method = AuthMethod::kSharedKey;
  std::vector<uint8_t> algorithm;  // AlgorithmIdentifier in DER, of kDigitalSignature
};
// Nothing: the peer does not say.
using PeerMethods = std::optional<std::vector<PeerMethod>>;

// Of the notify's data. Nothing too for another form and for an empty list (which would follow in
// IKE_INTERMEDIATE): a proof decides, this is a hint. What an announcement is linked to is not
// looked at.
PeerMethods ReadMethods(Bytes data);

// What is announced: how the peer may prove itself.
struct OwnMethods {
  bool shared_key = false;
  std::vector<crypto::KeyType> signatures = {};
  bool legacy = false;  // RSA with SHA-1 too
};
void AddOwnMethods(MessageBuilder& message, const OwnMethods& own);

bool TakesSharedKey(const PeerMethods& peer);
// ChooseMethod of signature_method.h, within what the peer announced: PKCS#1 too, where RSA's PSS
// is not among it.
std::optional<SignatureMethod> ChooseMethod(crypto::KeyType own, const PeerHashes& hashes,
                                            bool legacy, const PeerMethods& peer);

// Those by which the peer takes a proof, in their order.
std::vector<std::shared_ptr<const Credential>> UsableCredentials(
    std::span<const std::shared_ptr<const Credential>> own, const PeerHashes& hashes, bool legacy,
    const PeerMethods& peer);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_AUTH_SUPPORTED_METHODS_H_
