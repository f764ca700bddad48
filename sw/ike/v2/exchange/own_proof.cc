#include "sw/ike/v2/exchange/own_proof.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "sw/ike/v2/auth/certificates.h"
#include "sw/ike/v2/auth/signed_octets.h"
#include "sw/ike/v2/exchange/intermediate.h"

namespace vam::ike::v2 {

namespace {

// Two rounds of fetching and the signer, from the moment when the first of them is asked.
constexpr uint64_t kOthersNs =
    2 * RevocationClient::kLimits.patience_ns + kSignerLimits.patience_ns + 5 * kNsPerSecond;

Identity LocalIdentity(const IkeSa& sa) {
  const Identity& configured = sa.profile->local_identity;
  if (!configured.empty()) return configured;
  const Credential* credential = sa.setup->own.credential.get();
  if (credential == nullptr) return Identity::Of(sa.ends.local);
  const Bytes subject = credential->leaf.subject_der();
  return {IdentityType::kDn, {subject.begin(), subject.end()}};
}

// Null: there is none for the peer.
const SharedKey* LocalKeyOf(const IkeSa& sa) {
  if (!sa.profile->local_key.empty()) return &sa.profile->local_key;
  const KeyringPeer* peer = KeyringPeerOf(sa);
  return peer == nullptr || peer->local.empty() ? nullptr : &peer->local;
}

std::optional<Cause> ProveByKey(IkeSa& sa) {
  OwnProof& own = sa.setup->own;
  if (!TakesSharedKey(sa.setup->peer_methods)) {
    sa.setup->why = "the peer announces that it takes no shared key";
    return Cause::kNoCommonSignature;
  }
  const SharedKey* key = LocalKeyOf(sa);
  if (key == nullptr) return Cause::kNoSharedKey;
  const auto octets = OctetsOf(sa, sa.initiator, own.rest_of_id);
  if (!octets) return Cause::kInternal;
  auto auth = SharedKeyAuth(sa.suite.prf, key->bytes(), *octets);
  if (!auth) return Cause::kInternal;
  own.method = AuthMethod::kSharedKey;
  own.data = std::move(*auth);
  return std::nullopt;
}

// The signer's answer. A key that is not that of the certificate, or an error of the signer, must
// not go out: the peer could not tell what is wrong.
std::optional<Cause> TakeSignature(IkeSa& sa, const SignatureMethod& method,
                                   const Result<SignAnswer>& answer) {
  Setup& setup = *sa.setup;
  const Credential& credential = *setup.own.credential;
  if (!answer) {
    setup.why = answer.error().text;
    return Cause::kSignerAway;
  }
  if (!answer->error.empty()) {
    setup.why = answer->error;
    return Cause::kSignRefused;
  }
  const auto octets = OctetsOf(sa, sa.initiator, setup.own.rest_of_id);
  if (!octets) return Cause::kInternal;
  const crypto::PublicKey& key = credential.leaf.key();
  if (!key.Verify(method.scheme, *octets, answer->signature)) {
    setup.why = fmt::format("key {} is not that of the certificate of trustpoint {}",
                            credential.key, credential.trustpoint);
    return Cause::kSignRefused;
  }
  setup.own.method = method.method;
  setup.own.data = AuthDataOf(method, key.type(), answer->signature);
  return std::nullopt;
}

// The keys whose type makes a proof of this kind.
std::vector<crypto::KeyType> KeysOf(AuthKind kind) {
  using crypto::KeyType;
  switch (kind) {
    case AuthKind::kRsa:
      return {KeyType::kRsa};
    case AuthKind::kEcdsa:
      return {KeyType::kEcdsaP256, KeyType::kEcdsaP384, KeyType::kEcdsaP521};
    case AuthKind::kEdDsa:
      return {KeyType::kEd25519, KeyType::kEd448};
    case AuthKind::kSharedKey:
      break;
  }
  return {};
}

}  // namespace

std::vector<uint8_t> RestOfId(const Identity& identity) {
  constexpr size_t kFixed = 4;
  std::vector<uint8_t> out(kFixed + identity.data.size());
  out[0] = static_cast<uint8_t>(identity.type);
  std::ranges::copy(identity.data, out.begin() + kFixed);
  return out;
}

void AnnounceMethods(const Core& core, std::span<const AuthKind> kinds, MessageBuilder& message) {
  OwnMethods own;
  own.legacy = core.policy().settings().legacy;
  for (const AuthKind kind : kinds) {
    own.shared_key = own.shared_key || kind == AuthKind::kSharedKey;
    for (const crypto::KeyType key : KeysOf(kind)) own.signatures.push_back(key);
  }
  AddOwnMethods(message, own);
}

void NoteMethods(IkeSa& sa, const Incoming& message) {
  const NotifyPayload* notify = Find(message.notifies, NotifyType::kSupportedAuthMethods);
  if (notify != nullptr) sa.setup->peer_methods = ReadMethods(notify->data);
}

void Hold(Core& core, IkeSa& sa) {
  sa.setup->held = true;
  if (sa.expires_ns != 0) sa.expires_ns = std::max(sa.expires_ns, core.now_ns() + kOthersNs);
  core.Touch(sa);
}

IkeSa* Resume(Core& core, uint64_t spi) {
  IkeSa* const sa = core.Find(spi);
  if (sa == nullptr || sa->setup == nullptr) return nullptr;
  sa->setup->held = false;
  return sa;
}

Result<std::vector<uint8_t>> OctetsOf(const IkeSa& sa, bool of_initiator, Bytes rest_of_id) {
  const Setup& setup = *sa.setup;
  const std::vector<uint8_t> intermediate = IntAuthOf(sa);
  const AuthInput input =
      of_initiator ? AuthInput{setup.init_request, setup.nonce_r, rest_of_id, intermediate}
                   : AuthInput{setup.init_response, setup.nonce_i, rest_of_id, intermediate};
  return SignedOctets(sa.suite.prf, of_initiator ? sa.keys.pi() : sa.keys.pr(), input);
}

const KeyringPeer* KeyringPeerOf(const IkeSa& sa) {
  const Keyring* keyring = sa.profile->keyring.get();
  if (keyring == nullptr) return nullptr;
  // What a peer shows that we have called does not change whom we meant.
  return sa.initiator ? keyring->ToCall(sa.ends.remote, sa.peer_name)
                      : keyring->ThatCalls(sa.peer_identity, sa.ends.remote);
}

void MakeOwnProof(Core& core, IkeSa& sa, ProofDone done) {
  Setup& setup = *sa.setup;
  const Profile& profile = *sa.profile;
  sa.local_auth = profile.local_auth;
  const bool signs = sa.local_auth != AuthKind::kSharedKey;
  if (signs && profile.credentials.empty()) return done(core, sa, Cause::kNoOwnCertificate);
  const bool legacy = core.policy().settings().legacy;
  const auto usable =
      UsableCredentials(profile.credentials, setup.peer_hashes, legacy, setup.peer_methods);
  if (signs && usable.empty()) return done(core, sa, Cause::kNoCommonSignature);
  setup.own.credential = signs ? ChooseCredential(usable, setup.peer_authorities) : nullptr;
  sa.local_identity = LocalIdentity(sa);
  setup.own.rest_of_id = RestOfId(sa.local_identity);
  if (!signs) return done(core, sa, ProveByKey(sa));

  const Credential& credential = *setup.own.credential;
  const auto method =
      ChooseMethod(credential.leaf.key().type(), setup.peer_hashes, legacy, setup.peer_methods);
  if (!method) return done(core, sa, Cause::kNoCommonSignature);
  auto octets = OctetsOf(sa, sa.initiator, setup.own.rest_of_id);
  if (!octets) return done(core, sa, Cause::kInternal);
  Hold(core, sa);
  core.signer().Ask(
      {credential.key, method->scheme, std::move(*octets)},
      [&core, spi = sa.spi, method = *method, done = std::move(done)](const auto& answer) {
        IkeSa* const found = Resume(core, spi);
        if (found != nullptr) done(core, *found, TakeSignature(*found, method, answer));
      });
}

void WriteOwnProof(const IkeSa& sa, MessageBuilder& message) {
  const OwnProof& own = sa.setup->own;
  AddId(message, sa.initiator ? PayloadType::kIdInitiator : PayloadType::kIdResponder,
        static_cast<IdType>(sa.local_identity.type), sa.local_identity.data);
  if (own.credential != nullptr) AddCertificates(message, *own.credential, sa.setup->peer_looks_up);
  AddAuth(message, own.method, own.data);
}

}  // namespace vam::ike::v2
