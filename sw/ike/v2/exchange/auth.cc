#include "sw/ike/v2/exchange/auth.h"

#include <algorithm>
#include <optional>

#include "sw/ike/v2/auth/signed_octets.h"
#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/sa/lifetime.h"
#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

// What an ID payload's body holds from its type on (3.5).
std::vector<uint8_t> RestOfId(const Identity& identity) {
  constexpr size_t kFixed = 4;
  std::vector<uint8_t> out(kFixed + identity.data.size());
  out[0] = static_cast<uint8_t>(identity.type);
  std::ranges::copy(identity.data, out.begin() + kFixed);
  return out;
}

void AddIdentity(MessageBuilder& message, PayloadType payload, const Identity& identity) {
  AddId(message, payload, static_cast<IdType>(identity.type), identity.data);
}

Identity LocalIdentity(const IkeSa& sa) {
  const Identity& configured = sa.profile->local_identity;
  return configured.empty() ? Identity::Of(sa.ends.local) : configured;
}

// The octets that one side's AUTH payload covers.
Result<std::vector<uint8_t>> OctetsOf(const IkeSa& sa, bool of_initiator, Bytes rest_of_id) {
  const Setup& setup = *sa.setup;
  const AuthInput input = of_initiator
                              ? AuthInput{setup.init_request, setup.nonce_r, rest_of_id, {}}
                              : AuthInput{setup.init_response, setup.nonce_i, rest_of_id, {}};
  return SignedOctets(sa.suite.prf, of_initiator ? sa.keys.pi : sa.keys.pr, input);
}

const KeyringPeer* KeyringPeerOf(const IkeSa& sa) {
  const Keyring* keyring = sa.profile->keyring.get();
  if (keyring == nullptr) return nullptr;
  // What a peer shows that we have called does not change whom we meant.
  return sa.initiator ? keyring->ToCall(sa.ends.remote)
                      : keyring->ThatCalls(sa.peer_identity, sa.ends.remote);
}

// Null: there is none for the peer.
const SharedKey* LocalKeyOf(const IkeSa& sa) {
  if (!sa.profile->local_key.empty()) return &sa.profile->local_key;
  const KeyringPeer* peer = KeyringPeerOf(sa);
  return peer == nullptr || peer->local.empty() ? nullptr : &peer->local;
}
const SharedKey* RemoteKeyOf(const IkeSa& sa) {
  if (!sa.profile->remote_key.empty()) return &sa.profile->remote_key;
  const KeyringPeer* peer = KeyringPeerOf(sa);
  return peer == nullptr || peer->remote.empty() ? nullptr : &peer->remote;
}

// Our AUTH payload's data. kNotFound: there is no key for the peer.
Result<std::vector<uint8_t>> MakeAuth(const IkeSa& sa, Bytes rest_of_id) {
  const SharedKey* key = LocalKeyOf(sa);
  if (key == nullptr) return Err(ErrorCode::kNotFound, "no shared key for the peer");
  VAM_TRY(const std::vector<uint8_t> octets, OctetsOf(sa, sa.initiator, rest_of_id));
  return SharedKeyAuth(sa.suite.prf, key->bytes(), octets);
}

bool MayUse(const Profile& profile, AuthKind kind) {
  return std::ranges::find(profile.remote_auth, kind) != profile.remote_auth.end();
}

// Nothing: the peer is who it says. Its identity is in the IKE SA already.
std::optional<Cause> VerifyPeer(const IkeSa& sa, const AuthPayload& auth, Bytes rest_of_id) {
  if (auth.method != AuthMethod::kSharedKey || !MayUse(*sa.profile, AuthKind::kSharedKey)) {
    return Cause::kAuthFailed;
  }
  const SharedKey* key = RemoteKeyOf(sa);
  if (key == nullptr) return Cause::kNoSharedKey;
  const auto octets = OctetsOf(sa, !sa.initiator, rest_of_id);
  if (!octets) return Cause::kInternal;
  const auto expected = SharedKeyAuth(sa.suite.prf, key->bytes(), *octets);
  if (!expected) return Cause::kInternal;
  if (!ConstantTimeEqual(*expected, auth.data)) return Cause::kAuthFailed;
  return std::nullopt;
}

// Spans belong to the message.
struct PeerClaim {
  Identity identity;
  Bytes rest_of_id;
  AuthPayload auth;
};

Result<PeerClaim> ReadClaim(const Incoming& message, PayloadType id_type) {
  VAM_TRY(const Bytes id_body, Only(message.payloads, id_type));
  VAM_TRY(const Bytes auth_body, Only(message.payloads, PayloadType::kAuth));
  VAM_TRY(const IdPayload id, ParseId(id_body));
  PeerClaim claim;
  VAM_TRY(claim.identity, Identity::FromWire(static_cast<uint8_t>(id.type), id.data));
  claim.rest_of_id = id.rest_of_id;
  VAM_TRY(claim.auth, ParseAuth(auth_body));
  return claim;
}

// How many requests we take at once (2.3).
void AddWindow(const Core& core, MessageBuilder& message) {
  const uint32_t window = core.policy().settings().window;
  if (window > 1) AddNotifyNumber(message, NotifyType::kSetWindowSize, window);
}

// What the peer takes at once, never more than we care to have under way.
void NoteWindow(const Core& core, IkeSa& sa, const Incoming& message) {
  const NotifyPayload* notify = Find(message.notifies, NotifyType::kSetWindowSize);
  if (notify == nullptr) return;
  const auto size = ParseWindowSize(notify->data);
  if (size) sa.requests.Widen(std::min(*size, core.policy().settings().window));
}

// The IKE SA is authenticated both ways.
void BringUp(Core& core, IkeSa& sa) {
  sa.responses.Widen(core.policy().settings().window);
  StartLife(sa, core.now_ns(), core.rng());
  core.SetState(sa, IkeSa::State::kUp);
  core.NotePeer(sa);
  core.peers().Worked(sa.ends.remote);
  core.journal().IkeUp(sa);
}

// The other IKE SAs with this peer are of its life before (2.4). Not those that it is about to
// replace, and only of the very same identities.
void EndFormer(Core& core, const IkeSa& sa) {
  for (IkeSa* other : core.OfPeer(sa.peer_identity)) {
    if (other != &sa && other->local_identity == sa.local_identity) {
      core.End(*other, Cause::kReplaced);
    }
  }
}

}  // namespace

// ---- initiator

bool AuthRequest::Ready(const IkeSa& sa) const {
  return std::ranges::none_of(
      sa.children, [](const auto& child) { return child->state == ChildSa::State::kReserving; });
}

bool AuthRequest::Write(Core& core, IkeSa& sa, MessageBuilder& message) {
  sa.local_identity = LocalIdentity(sa);
  rest_of_id_ = RestOfId(sa.local_identity);
  const auto auth = MakeAuth(sa, rest_of_id_);
  if (!auth || sa.children.empty()) {
    core.End(sa, sa.children.empty()                         ? Cause::kNoEngine
                 : auth.error().code == ErrorCode::kNotFound ? Cause::kNoSharedKey
                                                             : Cause::kInternal);
    return false;
  }
  const ChildSa& child = *sa.children.front();
  child_ = child.id;
  proposals_ = ProposalsOf(child, /*with_group=*/false);
  AddIdentity(message, PayloadType::kIdInitiator, sa.local_identity);
  AddAuth(message, AuthMethod::kSharedKey, *auth);
  if (sa.profile->initial_contact || core.CountWith(sa.ends.remote) == 1) {
    AddNotify(message, NotifyType::kInitialContact);
  }
  AddWindow(core, message);
  WriteChild(child, proposals_, message);
  return true;
}

void AuthRequest::OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) {
  if (Find(answer.payloads, PayloadType::kAuth) == nullptr) {
    return core.End(sa, FindRefusal(answer) != nullptr ? Cause::kRefusedByPeer : Cause::kMalformed);
  }
  const auto claim = ReadClaim(answer, PayloadType::kIdResponder);
  if (!claim) return core.End(sa, Cause::kMalformed);
  sa.peer_identity = claim->identity;
  // Before anything else of the answer is looked at: is this the peer that was meant?
  if (!sa.profile->match.Has(sa.peer_identity)) {
    return core.End(sa, Cause::kNoProfile);
  }
  if (const auto failed = VerifyPeer(sa, claim->auth, claim->rest_of_id)) {
    // The responder takes itself for authenticated: it is told (2.21.2).
    core.SetState(sa, IkeSa::State::kUp);
    return DeleteIke(core, sa, *failed);
  }
  const std::unique_ptr<Setup> setup = std::move(sa.setup);
  BringUp(core, sa);
  NoteWindow(core, sa, answer);
  TakeChild(core, sa, answer, setup->nonce_i, setup->nonce_r);
}

void AuthRequest::TakeChild(Core& core, IkeSa& sa, const Incoming& answer, Bytes nonce_i,
                            Bytes nonce_r) {
  ChildSa* child = sa.FindChild(child_);
  if (child == nullptr) return;  // its SA set has gone meanwhile
  if (const NotifyPayload* refusal = FindRefusal(answer)) {
    return core.EndChild(sa, *child, CauseOf(*refusal));
  }
  const Status read = ReadChildAnswer(answer, proposals_, *child);
  if (!read) return DeleteChild(core, sa, *child, Cause::kMalformed);
  const Status installed = InstallAsProposer(core, sa, *child, {nonce_i, nonce_r}, {});
  if (!installed) DeleteChild(core, sa, *child, Cause::kInternal);
}

// ---- responder

namespace {

// Tells why, encrypted, and ends. The answer is not sent again: the initiator asks anew.
void Fail(Core& core, IkeSa& sa, const Header& request, NotifyType notify, Cause cause) {
  core.AnswerWith(sa, request, notify);
  core.End(sa, cause);
}

struct Prepared {
  std::shared_ptr<const ChildChoice> choice;  // null: refused
  std::shared_ptr<const ChildKeys> keys;
  NotifyType refusal = NotifyType::kNoProposalChosen;
};

// The child that the request asks for, if it can be; nothing of it is begun.
Prepared PrepareChild(Core& core, const IkeSa& sa, const Incoming& request) {
  Prepared out;
  const auto offered = ReadChildOffer(request, /*with_group=*/false);
  if (!offered) {
    out.refusal = NotifyType::kInvalidSyntax;
    return out;
  }
  auto choice = ChooseChild(core, sa, *offered, nullptr);
  if (!choice) {
    if (choice.error().code == ErrorCode::kNoPolicy) out.refusal = NotifyType::kTsUnacceptable;
    return out;
  }
  auto keys = DeriveChild(choice->choice.suite, sa.suite.prf, sa.keys.d, sa.setup->nonce_i,
                          sa.setup->nonce_r, {});
  if (!keys) {
    out.refusal = NotifyType::kTemporaryFailure;
    return out;
  }
  out.choice = std::make_shared<ChildChoice>(std::move(*choice));
  out.keys = std::make_shared<ChildKeys>(std::move(*keys));
  return out;
}

}  // namespace

void OnAuth(Core& core, IkeSa& sa, const Incoming& request) {
  const uint32_t id = request.header.message_id;
  const auto claim = ReadClaim(request, PayloadType::kIdInitiator);
  if (!claim) return Fail(core, sa, request.header, NotifyType::kInvalidSyntax, Cause::kMalformed);
  sa.peer_identity = claim->identity;
  core.SetProfile(sa,
                  core.policy().FindProfile(sa.peer_identity, sa.ends.local, sa.ends.front_vrf));
  // One notify for all of these: who may not know need not learn which (2.21.2).
  const auto refuse = [&](Cause cause) {
    Fail(core, sa, request.header, NotifyType::kAuthenticationFailed, cause);
  };
  if (sa.profile == nullptr) return refuse(Cause::kNoProfile);
  if (const auto failed = VerifyPeer(sa, claim->auth, claim->rest_of_id)) return refuse(*failed);
  sa.local_identity = LocalIdentity(sa);
  const std::vector<uint8_t> rest_of_id = RestOfId(sa.local_identity);
  const auto auth = MakeAuth(sa, rest_of_id);
  if (!auth) return refuse(Cause::kNoSharedKey);

  const Prepared prepared = PrepareChild(core, sa, request);
  const bool initial = Find(request.notifies, NotifyType::kInitialContact) != nullptr;
  sa.setup.reset();
  BringUp(core, sa);
  NoteWindow(core, sa, request);
  if (initial) EndFormer(core, sa);

  const auto message = std::make_shared<MessageBuilder>();
  AddIdentity(*message, PayloadType::kIdResponder, sa.local_identity);
  AddAuth(*message, AuthMethod::kSharedKey, *auth);
  AddWindow(core, *message);
  if (prepared.choice == nullptr) {
    AddNotify(*message, prepared.refusal);
    return core.Answer(sa, ExchangeType::kIkeAuth, id, *message);
  }
  AcceptChild(core, sa, prepared.choice, 0, prepared.keys,
              [message, id, prepared](Core& c, IkeSa& s, ChildSa* child) {
                if (child == nullptr) {
                  AddNotify(*message, NotifyType::kNoAdditionalSas);
                  return c.Answer(s, ExchangeType::kIkeAuth, id, *message);
                }
                WriteAccepted(*child, *prepared.choice, *message);
                c.Answer(s, ExchangeType::kIkeAuth, id, *message);
                InstallOutbound(c, s, *child, *prepared.keys);
              });
}

}  // namespace vam::ike::v2
