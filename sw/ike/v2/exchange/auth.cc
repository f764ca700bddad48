#include "sw/ike/v2/exchange/auth.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sw/ike/v2/auth/certificates.h"
#include "sw/ike/v2/exchange/certificate_fetch.h"
#include "sw/ike/v2/exchange/childless.h"
#include "sw/ike/v2/exchange/configuration.h"
#include "sw/ike/v2/exchange/create_child.h"
#include "sw/ike/v2/exchange/held_message.h"
#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/exchange/mobike.h"
#include "sw/ike/v2/exchange/own_proof.h"
#include "sw/ike/v2/exchange/peer_proof.h"
#include "sw/ike/v2/exchange/ppk.h"
#include "sw/ike/v2/exchange/reauth.h"
#include "sw/ike/v2/exchange/redirect.h"
#include "sw/ike/v2/exchange/redirect_gateway.h"
#include "sw/ike/v2/exchange/resumption.h"
#include "sw/ike/v2/exchange/session_resume.h"
#include "sw/ike/v2/sa/lifetime.h"
#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

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
  sa.keys.DropProofs();
  core.NotePeer(sa);
  core.peers().Worked(sa.home.remote);
  core.journal().IkeUp(sa);
}

// The other IKE SAs with this peer are of its life before (2.4). Not those that it is about to
// replace, and only of the very same identities.
void EndFormer(Core& core, const IkeSa& sa) {
  for (IkeSa* other : core.OfPeer(sa.peer_identity)) {
    if (other != &sa && other->local_identity == sa.local_identity) {
      // The peer's address may go to another end with it: nothing of the old one drains.
      core.End(*other, other->assigned.empty() ? Cause::kReplaced : Cause::kPeerLostSa);
    }
  }
}

}  // namespace

// ---- initiator

namespace {

// An answer that is being looked at, and what it answers.
struct AnswerInHand {
  AnswerInHand(const Incoming& answer, std::vector<Proposal> offered, uint32_t number,
               bool child_later)
      : held(answer), proposals(std::move(offered)), child(number), later(child_later) {}

  HeldMessage held;
  std::vector<Proposal> proposals;
  uint32_t child;
  bool later;
};

void TakeChild(Core& core, IkeSa& sa, const AnswerInHand& answer, const ChildNonces& nonces) {
  ChildSa* child = sa.FindChild(answer.child);
  if (child == nullptr) return;  // its SA set has gone meanwhile
  if (answer.later) return core.Begin(sa, MakeCreateChild(child->id));
  const Incoming& message = answer.held.message();
  if (const NotifyPayload* refusal = FindRefusal(message)) {
    const Cause cause = CauseOf(*refusal);
    const bool other_peers = core.names().PeersOf(*child->config).size() > 1;
    core.EndChild(sa, *child, cause);
    // One of several peers that agrees to nothing is left for the next one (ASA-29).
    if (!other_peers || !sa.children.empty()) return;
    core.peers().Failed(sa.ends.remote);
    return DeleteIke(core, sa, cause);
  }
  const Status read = ReadChildAnswer(message, answer.proposals, *child);
  if (!read) return DeleteChild(core, sa, *child, Cause::kMalformed);
  const Status installed = InstallAsProposer(core, sa, *child, nonces, {});
  if (!installed) DeleteChild(core, sa, *child, Cause::kInternal);
}

void OnProved(Core& core, IkeSa& sa, std::optional<Cause> failed, const AnswerInHand& answer) {
  if (sa.setup->resuming != nullptr) sa.setup->resuming->known = true;
  if (failed) {
    // The responder takes itself for authenticated: it is told (2.21.2).
    core.SetState(sa, IkeSa::State::kUp);
    return DeleteIke(core, sa, *failed);
  }
  if (TakeAuthRedirect(core, sa, answer.held.message())) return;
  SettleTicket(core, sa);
  const std::unique_ptr<Setup> setup = std::move(sa.setup);
  BringUp(core, sa);
  NoteWindow(core, sa, answer.held.message());
  NoteAuthLifetime(core, sa, answer.held.message());
  NoteTicket(core, sa, answer.held.message());
  NoteMobike(core, sa, answer.held.message());
  if (!ReadConfigurationReply(sa, answer.held.message())) {
    return DeleteIke(core, sa, Cause::kMalformed);
  }
  SendConfiguration(core, sa);
  TakeChild(core, sa, answer, {setup->nonce_i, setup->nonce_r});
}

}  // namespace

void BeginAuth(Core& core, IkeSa& sa) {
  const ProofDone go_on = [](Core& c, IkeSa& s, std::optional<Cause> failed) {
    if (failed) return c.End(s, *failed);
    c.Begin(s, std::make_unique<AuthRequest>());
  };
  if (sa.setup->resuming != nullptr) return go_on(core, sa, MakeResumedProof(sa));
  MakeProofWithPpk(core, sa, go_on);
}

bool AuthRequest::Ready(const IkeSa& sa) const {
  return std::ranges::none_of(
      sa.children, [](const auto& child) { return child->state == ChildSa::State::kReserving; });
}

namespace {

// Those of the peer, and how it may sign with them.
void AskForCertificates(const Core& core, const std::shared_ptr<const Profile>& profile,
                        MessageBuilder& message) {
  AddCertRequest(message, AuthoritiesOf({&profile, 1}, kMaxAuthorities));
  AddCertificateLookup(core, profile->UsesSignatures(), message);
  if (profile->UsesSignatures()) AnnounceMethods(core, profile->remote_auth, message);
}

}  // namespace

bool AuthRequest::Write(Core& core, IkeSa& sa, MessageBuilder& message) {
  const FirstChild when = WhenFirstChild(sa);
  if (sa.children.empty() || when == FirstChild::kImpossible) {
    core.End(sa, sa.children.empty() ? Cause::kNoEngine : Cause::kChildless);
    return false;
  }
  const ChildSa& child = *sa.children.front();
  child_ = child.id;
  later_ = when == FirstChild::kLater;
  WriteOwnProof(sa, message);
  WritePpk(sa, message);
  if (sa.setup->resuming == nullptr) AskForCertificates(core, sa.profile, message);
  // One that sent us on may be the same peer under another address: its IKE SA is left in good
  // order.
  const bool alone = core.CountWith(sa.ends.remote) == 1 && sa.redirects == 0;
  const bool first = sa.profile->initial_contact || alone;
  if (first && !sa.reauth.of_another) {
    AddNotify(message, NotifyType::kInitialContact);
  }
  AddWindow(core, message);
  OfferMobike(core, sa, message);
  WriteConfigurationRequest(sa, message);
  AskForTicket(core, sa, message);
  if (later_) return true;
  proposals_ = ProposalsOf(sa, child, /*with_group=*/false);
  WriteChild(child, proposals_, message);
  return true;
}

void AuthRequest::OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) {
  if (Find(answer.payloads, PayloadType::kAuth) == nullptr) {
    if (sa.setup->resuming != nullptr) sa.setup->resuming->known = true;
    return core.End(sa, FindRefusal(answer) != nullptr ? Cause::kRefusedByPeer : Cause::kMalformed);
  }
  const auto in_hand =
      std::make_shared<const AnswerInHand>(answer, std::move(proposals_), child_, later_);
  const auto claim = ReadPeerClaim(core, in_hand->held.message(), PayloadType::kIdResponder);
  if (!claim) return core.End(sa, Cause::kMalformed);
  sa.peer_identity = claim->identity;
  if (sa.setup->resuming != nullptr) {
    return OnProved(core, sa, VerifyResumed(sa, *claim), *in_hand);
  }
  // Before anything else of the answer is looked at: is this the peer that was meant?
  if (!Means(*sa.profile, *claim)) return core.End(sa, Cause::kNoProfile);
  if (const auto failed = TakePpkAnswer(sa, answer)) return OnProved(core, sa, failed, *in_hand);
  WithCertificates(core, sa, {in_hand->held.message(), PayloadType::kIdResponder}, *claim,
                   [in_hand](Core& c, IkeSa& s, const PeerClaim& whole) {
                     VerifyPeer(c, s, whole,
                                [in_hand](Core& c2, IkeSa& s2, std::optional<Cause> failed) {
                                  OnProved(c2, s2, failed, *in_hand);
                                });
                   });
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
  // The peer may ask again, for it alone.
  if (sa.profile->childless == config::IkeChildless::kForce) {
    out.refusal = NotifyType::kNoAdditionalSas;
    return out;
  }
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
  auto keys = DeriveChild(choice->choice.suite, sa.suite.prf, sa.keys.d(), sa.setup->nonce_i,
                          sa.setup->nonce_r, {});
  if (!keys) {
    out.refusal = NotifyType::kTemporaryFailure;
    return out;
  }
  out.choice = std::make_shared<ChildChoice>(std::move(*choice));
  out.keys = std::make_shared<ChildKeys>(std::move(*keys));
  return out;
}

// The caller has proved who it is, and hears where to go: no child, address or ticket.
void AcceptAndRedirect(Core& core, IkeSa& sa, const Incoming& request,
                       const net::Address& gateway) {
  MessageBuilder message;
  WriteOwnProof(sa, message);
  ConfirmPpk(sa, message);
  AddRedirectTo(message, NotifyType::kRedirect, gateway);
  SettleTicket(core, sa);
  sa.setup.reset();
  BringUp(core, sa);
  core.Answer(sa, ExchangeType::kIkeAuth, request.header.message_id, message);
  AwaitLeaving(core, sa, gateway);
}

// Both have proved who they are.
void Accept(Core& core, IkeSa& sa, const Incoming& request) {
  const uint32_t id = request.header.message_id;
  const bool childless = IsChildless(request);
  // Its former address is free then.
  if (Find(request.notifies, NotifyType::kInitialContact) != nullptr) EndFormer(core, sa);
  if (const auto gateway = RedirectAfterAuth(core, sa)) {
    return AcceptAndRedirect(core, sa, request, *gateway);
  }
  const ConfigurationAnswer configuration = AnswerConfiguration(core, sa, request);
  Prepared prepared;
  if (configuration.refusal) {
    prepared.refusal = *configuration.refusal;
  } else if (!childless) {
    prepared = PrepareChild(core, sa, request);
  }
  const auto message = std::make_shared<MessageBuilder>();
  WriteOwnProof(sa, *message);
  ConfirmPpk(sa, *message);
  SettleTicket(core, sa);
  sa.setup.reset();
  BringUp(core, sa);
  NoteWindow(core, sa, request);

  if (configuration.reply) configuration.reply->Write(*message);
  AddWindow(core, *message);
  AddAuthLifetime(core, sa, *message);
  AgreeOnMobike(core, sa, request, *message);
  AnswerTicketRequest(core, sa, request, *message);
  if (prepared.choice == nullptr) {
    if (!childless || configuration.refusal) AddNotify(*message, prepared.refusal);
    core.Answer(sa, ExchangeType::kIkeAuth, id, *message);
    return SendConfiguration(core, sa);
  }
  AcceptChild(core, sa, prepared.choice, 0, prepared.keys,
              [message, id, prepared](Core& c, IkeSa& s, ChildSa* child) {
                if (child == nullptr) {
                  AddNotify(*message, NotifyType::kNoAdditionalSas);
                  return c.Answer(s, ExchangeType::kIkeAuth, id, *message);
                }
                WriteAccepted(*child, *prepared.choice, *message);
                c.Answer(s, ExchangeType::kIkeAuth, id, *message);
                SendConfiguration(c, s);
                if (WaitsForOld(c, s, *child, prepared.keys)) return c.Touch(s);
                InstallOutbound(c, s, *child, *prepared.keys);
              });
}

// Whoever has been verified: the profile may insist on a child.
void AcceptOrFail(Core& core, IkeSa& sa, const Incoming& request) {
  const bool never = sa.profile->childless == config::IkeChildless::kNever;
  if (never && IsChildless(request)) {
    return Fail(core, sa, request.header, NotifyType::kInvalidSyntax, Cause::kChildless);
  }
  Accept(core, sa, request);
}

void OnResumedAuth(Core& core, IkeSa& sa, const Incoming& request) {
  if (const auto failed = TakeResumed(core, sa, request)) {
    return Fail(core, sa, request.header, NotifyType::kAuthenticationFailed, *failed);
  }
  AcceptOrFail(core, sa, request);
}

}  // namespace

void OnAuth(Core& core, IkeSa& sa, const Incoming& request) {
  if (sa.setup->resuming != nullptr) return OnResumedAuth(core, sa, request);
  const auto held = std::make_shared<const HeldMessage>(request);
  const auto claim = ReadPeerClaim(core, held->message(), PayloadType::kIdInitiator);
  if (!claim) return Fail(core, sa, request.header, NotifyType::kInvalidSyntax, Cause::kMalformed);
  sa.peer_identity = claim->identity;
  core.SetProfile(sa, ProfileFor(core, sa, *claim));
  // One notify for all of these: who may not know need not learn which (2.21.2).
  const auto refuse = [held](Core& c, IkeSa& s, Cause cause) {
    Fail(c, s, held->message().header, NotifyType::kAuthenticationFailed, cause);
  };
  if (sa.profile == nullptr) return refuse(core, sa, Cause::kNoProfile);
  NoteCertificateRequest(sa, request);
  NoteMethods(sa, request);
  // We prove nothing to anybody who has not proved who it is.
  const ProofDone verified = [held, refuse](Core& c, IkeSa& s, std::optional<Cause> failed) {
    if (failed) return refuse(c, s, *failed);
    MakeOwnProof(c, s, [held, refuse](Core& c2, IkeSa& s2, std::optional<Cause> not_made) {
      if (not_made) return refuse(c2, s2, *not_made);
      AcceptOrFail(c2, s2, held->message());
    });
  };
  WithCertificates(core, sa, {held->message(), PayloadType::kIdInitiator}, *claim,
                   [held, refuse, verified](Core& c, IkeSa& s, PeerClaim whole) {
                     if (const auto failed = TakePpkRequest(s, held->message(), whole)) {
                       return refuse(c, s, *failed);
                     }
                     VerifyPeer(c, s, whole, verified);
                   });
}

}  // namespace vam::ike::v2
