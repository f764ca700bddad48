#include "sw/ike/v2/exchange/session_resume.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "sw/ike/v2/auth/signed_octets.h"
#include "sw/ike/v2/exchange/auth.h"
#include "sw/ike/v2/exchange/capabilities.h"
#include "sw/ike/v2/exchange/childless.h"
#include "sw/ike/v2/exchange/incoming.h"
#include "sw/ike/v2/exchange/nonce.h"
#include "sw/ike/v2/exchange/redirect.h"
#include "sw/ike/v2/exchange/redirect_gateway.h"
#include "sw/ike/v2/exchange/resumption.h"
#include "sw/ike/v2/exchange/sa_init.h"
#include "sw/ike/v2/policy/mark.h"
#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

// Sent so often at most: a peer that knows nothing of the exchange is called without it then.
constexpr unsigned kMostTries = 3;

Status DeriveFrom(const TicketState& from, IkeSa& sa) {
  sa.suite = from.suite;
  VAM_TRY(sa.keys, DeriveResumed(from.suite, from.sk_d.bytes(), ExchangedOf(sa)));
  return Ok();
}

}  // namespace

// ---- initiator

namespace {

class ResumeRequest final : public Request {
 public:
  ExchangeType type() const override { return ExchangeType::kIkeSessionResume; }
  bool Write(Core& core, IkeSa& sa, MessageBuilder& message) override;
  std::optional<RetryPolicy> retry(const IkeSa& /*sa*/) const override { return retry_; }
  void OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) override;

 private:
  void OnCookie(Core& core, IkeSa& sa, Bytes cookie);

  RetryPolicy retry_;
};

bool ResumeRequest::Write(Core& core, IkeSa& sa, MessageBuilder& message) {
  const Setup& setup = *sa.setup;
  retry_ = core.policy().settings().retry;
  retry_.tries = std::min(retry_.tries, kMostTries);
  if (!setup.cookie.empty()) AddNotify(message, NotifyType::kCookie, setup.cookie);
  message.Add(PayloadType::kNonce, setup.nonce_i);
  AddNotify(message, NotifyType::kTicketOpaque, setup.resuming->held->ticket);
  AddCapabilities(message, sa, core.policy().settings(), /*signatures=*/false);
  OfferRedirect(core, sa, message);
  return true;
}

void ResumeRequest::OnCookie(Core& core, IkeSa& sa, Bytes cookie) {
  const Result<Bytes> parsed = ParseCookie(cookie);
  if (!parsed) return core.End(sa, Cause::kMalformed);
  if (++sa.setup->restarts > kMostRestarts) return core.End(sa, Cause::kWrongCookie);
  sa.setup->cookie = Copy(*parsed);
  sa.requests = RequestWindow();
  core.Begin(sa, std::make_unique<ResumeRequest>());
}

void ResumeRequest::OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) {
  if (const auto* cookie = Find(answer.notifies, NotifyType::kCookie)) {
    return OnCookie(core, sa, cookie->data);
  }
  if (Find(answer.notifies, NotifyType::kTicketNack) != nullptr) {
    return core.End(sa, Cause::kTicketRefused);
  }
  if (FindRefusal(answer) != nullptr) return core.End(sa, Cause::kRefusedByPeer);
  if (TakeInitRedirect(core, sa, answer)) return;
  const auto nonce = ReadNonce(answer);
  if (!nonce || answer.header.responder_spi == 0) return core.End(sa, Cause::kMalformed);

  sa.peer_spi = answer.header.responder_spi;
  sa.setup->nonce_r = Copy(*nonce);
  sa.setup->init_response = Copy(answer.raw);
  if (!DeriveFrom(sa.setup->resuming->from(), sa)) return core.End(sa, Cause::kInternal);
  NoteCapabilities(sa, answer, core.policy().settings());
  sa.setup->peer_childless = Find(answer.notifies, NotifyType::kChildlessIkev2Supported) != nullptr;
  Float(sa);
  core.SetState(sa, IkeSa::State::kAuth);
  BeginAuth(core, sa);
}

// The same call without the ticket. Under another SPI: the responder may have an answer ready for
// this one, and a late one must not be taken for that of IKE_SA_INIT.
void CallWithout(Core& core, IkeSa& sa) {
  IkeSa& next = CreateAnew(core, sa, sa.ends.remote);
  next.redirected_from = sa.redirected_from;
  core.Begin(next, std::make_unique<SaInitRequest>());
  // IKE_AUTH, if it was next, comes again; what is to follow it comes along.
  std::erase_if(sa.waiting, [](const auto& request) {
    return request->type() != ExchangeType::kCreateChildSa;
  });
  TakeAlong(core, sa, next);
}

}  // namespace

void BeginCall(Core& core, IkeSa& sa) {
  std::unique_ptr<HeldTicket> held = TakeTicket(core, sa);
  if (held == nullptr) return core.Begin(sa, std::make_unique<SaInitRequest>());
  sa.setup = std::make_unique<Setup>();
  sa.setup->nonce_i = MakeNonce(core.rng());
  sa.setup->resuming = std::make_unique<Resuming>();
  sa.setup->resuming->held = std::move(held);
  ++core.tickets().counts.started;
  core.Begin(sa, std::make_unique<ResumeRequest>());
}

void LeaveTicket(Core& core, IkeSa& sa, bool fails) {
  const std::unique_ptr<Resuming> resuming = std::move(sa.setup->resuming);
  if (!fails) return;
  if (!resuming->known) PutBack(core, sa, std::move(resuming->held));
  if (sa.children.empty()) return;
  ++core.tickets().counts.fell_back;
  CallWithout(core, sa);
}

// ---- IKE_AUTH, both sides

std::optional<Cause> MakeResumedProof(IkeSa& sa) {
  const TicketState& from = sa.setup->resuming->from();
  OwnProof& own = sa.setup->own;
  sa.local_identity = from.local_identity;
  own.rest_of_id = RestOfId(sa.local_identity);
  const auto octets = OctetsOf(sa, sa.initiator, own.rest_of_id);
  if (!octets) return Cause::kInternal;
  auto auth = ResumedAuth(sa.suite.prf, sa.initiator ? sa.keys.pi() : sa.keys.pr(), *octets);
  if (!auth) return Cause::kInternal;
  own.method = AuthMethod::kSharedKey;
  own.data = std::move(*auth);
  return std::nullopt;
}

std::optional<Cause> VerifyResumed(const IkeSa& sa, const PeerClaim& claim) {
  if (claim.identity != sa.setup->resuming->from().peer_identity) return Cause::kTicketIdentity;
  if (claim.auth.method != AuthMethod::kSharedKey) return Cause::kAuthMethod;
  const auto octets = OctetsOf(sa, !sa.initiator, claim.rest_of_id);
  if (!octets) return Cause::kInternal;
  const auto expected =
      ResumedAuth(sa.suite.prf, sa.initiator ? sa.keys.pr() : sa.keys.pi(), *octets);
  if (!expected) return Cause::kInternal;
  if (!ConstantTimeEqual(*expected, claim.auth.data)) return Cause::kAuthFailed;
  return std::nullopt;
}

void SettleTicket(Core& core, IkeSa& sa) {
  if (sa.initiator) static_cast<void>(TakeTicket(core, sa));
  const Resuming* const resuming = sa.setup->resuming.get();
  if (resuming == nullptr) return;
  const TicketState& from = resuming->from();
  TicketCounts& counts = core.tickets().counts;
  ++(sa.initiator ? counts.succeeded : counts.accepted);
  sa.local_auth = from.local_auth;
  sa.peer_auth = from.peer_auth;
  sa.peer_subject = from.peer_subject;
  sa.ppk = from.ppk;
  sa.resumption.resumed = true;
  sa.resumption.reauth_by_ns = from.reauth_by_ns;
  if (sa.initiator) return;
  for (IkeSa* other : core.OfPeer(sa.peer_identity)) {
    if (other != &sa && other->session == from.session) core.End(*other, Cause::kReplaced);
  }
}

// ---- responder

namespace {

// Why a ticket that we have given is for nothing. Nothing: it is good.
std::optional<Cause> WhyNot(Core& core, const Ends& ends, const TicketKeys::Opened& shown) {
  const TicketState& from = shown.state;
  if (from.expires_ns <= core.now_ns()) return Cause::kTicketExpired;
  if (core.tickets().used.Has(shown.id)) return Cause::kTicketUsed;
  const auto profile =
      core.policy().FindAgain(from.profile, from.peer_identity, ends.local, ends.front_vrf);
  if (profile == nullptr || profile->resumption_s == 0) return Cause::kTicketPolicy;
  const KeyringPeer* const peer =
      profile->keyring == nullptr ? nullptr
                                  : profile->keyring->ThatCalls(from.peer_identity, ends.remote);
  if (from.policy != MarkOf(*profile, peer)) return Cause::kTicketPolicy;
  if (!StillOffered(core.policy(), ends, from.suite)) return Cause::kTicketPolicy;
  if (!core.tickets().used.HasRoom(core.now_ns())) return Cause::kTicketTableFull;
  return std::nullopt;
}

// Who we are for the peer is what the ticket says; it may say whom it means.
bool MeansUs(const Incoming& request, const TicketState& from) {
  const RawPayload* const body = Find(request.payloads, PayloadType::kIdResponder);
  if (body == nullptr) return true;
  const auto id = ParseId(body->body);
  if (!id) return false;
  const auto identity = Identity::FromWire(static_cast<uint8_t>(id->type), id->data);
  return identity && *identity == from.local_identity;
}

}  // namespace

void SaInitResponder::OnResume(const Ends& ends, const Incoming& request) {
  ++core_.tickets().counts.presented;
  const auto nonce = ReadNonce(request);
  const NotifyPayload* const notify = Find(request.notifies, NotifyType::kTicketOpaque);
  if (!nonce || notify == nullptr || notify->data.empty()) {
    core_.Drop(ends, Cause::kMalformed);
    return Refuse(ends, request, NotifyType::kInvalidSyntax);
  }
  if (core_.policy().FindIke(ends.local, ends.front_vrf) == nullptr) {
    return core_.Drop(ends, Cause::kNoConfiguration);
  }
  if (!Admit(ends, request, *nonce)) return;
  auto shown = core_.tickets().keys.Open(notify->data);
  std::optional<Cause> cause;
  if (!shown) {
    cause = shown.error().code == ErrorCode::kNotFound ? Cause::kTicketUnknownKey
                                                       : Cause::kTicketForged;
  } else {
    cause = WhyNot(core_, ends, *shown);
  }
  if (cause) {
    core_.Drop(ends, *cause);
    return Refuse(ends, request, NotifyType::kTicketNack);
  }
  AcceptTicket(ends, request, *nonce, std::move(*shown));
}

void SaInitResponder::AcceptTicket(const Ends& ends, const Incoming& request, Bytes nonce,
                                   TicketKeys::Opened ticket) {
  IkeSa& sa = core_.Create(ends, /*initiator=*/false);
  sa.peer_spi = request.header.initiator_spi;
  sa.setup = std::make_unique<Setup>();
  sa.setup->init_request = Copy(request.raw);
  sa.setup->nonce_i = Copy(nonce);
  sa.setup->nonce_r = MakeNonce(core_.rng());
  sa.setup->resuming = std::make_unique<Resuming>();
  sa.setup->resuming->shown = std::move(ticket);
  if (!DeriveFrom(sa.setup->resuming->from(), sa)) return core_.End(sa, Cause::kInternal);
  sa.expires_ns = core_.now_ns() + kHalfOpenNs;
  core_.SetState(sa, IkeSa::State::kHalfOpen);

  const Settings& settings = core_.policy().settings();
  MessageBuilder message;
  message.Add(PayloadType::kNonce, sa.setup->nonce_r);
  NoteCapabilities(sa, request, settings);
  NoteRedirectSupport(sa, request);
  AddCapabilities(message, sa, settings, /*signatures=*/false);
  OfferChildless(core_, message);
  sa.responses.Begin(0);
  core_.Answer(sa, ExchangeType::kIkeSessionResume, 0, message);
}

std::optional<Cause> TakeResumed(Core& core, IkeSa& sa, const Incoming& request) {
  const TicketKeys::Opened& shown = sa.setup->resuming->shown;
  const auto claim = ReadClaim(request, PayloadType::kIdInitiator);
  if (!claim) return Cause::kMalformed;
  sa.peer_identity = claim->identity;
  if (!MeansUs(request, shown.state)) return Cause::kTicketIdentity;
  if (const auto failed = VerifyResumed(sa, *claim)) return failed;
  // Others may have come by the same ticket, and the configuration may be another one by now.
  if (const auto failed = WhyNot(core, sa.ends, shown)) return failed;
  core.SetProfile(sa, core.policy().FindProfile(shown.state.profile));
  if (!core.tickets().used.Add(shown.id, shown.state.expires_ns, core.now_ns())) {
    return Cause::kTicketTableFull;
  }
  return MakeResumedProof(sa);
}

}  // namespace vam::ike::v2
