#include "sw/ike/v2/exchange/sa_init.h"

#include <algorithm>

#include "sw/ike/v2/auth/certificates.h"
#include "sw/ike/v2/exchange/capabilities.h"
#include "sw/ike/v2/exchange/certificate_fetch.h"
#include "sw/ike/v2/exchange/child.h"
#include "sw/ike/v2/exchange/childless.h"
#include "sw/ike/v2/exchange/incoming.h"
#include "sw/ike/v2/exchange/intermediate.h"
#include "sw/ike/v2/exchange/nonce.h"
#include "sw/ike/v2/exchange/own_proof.h"
#include "sw/ike/v2/exchange/ppk.h"
#include "sw/ike/v2/exchange/redirect.h"
#include "sw/ike/v2/exchange/redirect_gateway.h"
#include "sw/ike/v2/exchange/rekey_ike.h"
#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

// Additional key exchanges are offered, or agreed on.
void SayIntermediate(bool additional, MessageBuilder& message) {
  if (additional) AddNotify(message, NotifyType::kIntermediateExchangeSupported);
}
bool SaysIntermediate(const Incoming& message) {
  return Find(message.notifies, NotifyType::kIntermediateExchangeSupported) != nullptr;
}

// Additional key exchanges need IKE_INTERMEDIATE (RFC 9370, 2.2.2).
bool MayDoRounds(const IkeSuite& suite, const Incoming& answer) {
  return suite.additional_groups.empty() || SaysIntermediate(answer);
}

}  // namespace

// ---- initiator

IkeSa& CreateAnew(Core& core, const IkeSa& sa, const net::Address& remote) {
  Ends ends;
  ends.local = sa.ends.local;
  ends.remote = remote;
  ends.front_vrf = sa.ends.front_vrf;
  ends.interface = sa.ends.interface;
  IkeSa& next = core.Create(ends, /*initiator=*/true);
  next.home = sa.home;
  next.redirects = sa.redirects;
  next.peer_name = sa.peer_name;
  core.SetProfile(next, sa.profile);
  return next;
}

void TakeAlong(Core& core, IkeSa& from, IkeSa& to) {
  MoveChildren(core, from, to);
  for (const auto& child : to.children) {
    if (child->state == ChildSa::State::kReserving) ReserveSpi(core, to, *child);
  }
}

bool SaInitRequest::Write(Core& core, IkeSa& sa, MessageBuilder& message) {
  const IkePolicy* policy = core.policy().FindIke(sa.ends.local, sa.ends.front_vrf);
  if (policy == nullptr || policy->offers.empty()) {
    core.End(sa, Cause::kNoConfiguration);
    return false;
  }
  if (sa.setup == nullptr) {
    sa.setup = std::make_unique<Setup>();
    sa.setup->nonce_i = MakeNonce(core.rng());
    sa.setup->offered = Propose(policy->offers, 0, 0);
  }
  Setup& setup = *sa.setup;
  if (!setup.exchange) {
    auto started = crypto::KeyExchange::Start(
        static_cast<crypto::Group>(policy->offers.front().groups.front()), core.rng());
    if (!started) {
      core.End(sa, Cause::kInternal);
      return false;
    }
    setup.exchange = std::move(*started);
  }
  if (!setup.cookie.empty()) AddNotify(message, NotifyType::kCookie, setup.cookie);
  AddSa(message, setup.offered);
  AddKe(message, static_cast<uint16_t>(setup.exchange->group()), setup.exchange->public_data());
  message.Add(PayloadType::kNonce, setup.nonce_i);
  AddCapabilities(message, sa, core.policy().settings(), sa.profile->UsesSignatures());
  OfferPpk(sa, message);
  SayIntermediate(OffersAdditional(setup.offered), message);
  OfferRedirect(core, sa, message);
  return true;
}

void SaInitRequest::Restart(Core& core, IkeSa& sa) {
  if (++sa.setup->restarts > kMostRestarts) return core.End(sa, Cause::kWrongGroup);
  sa.requests = RequestWindow();
  core.Begin(sa, std::make_unique<SaInitRequest>());
}

void SaInitRequest::OnCookie(Core& core, IkeSa& sa, Bytes cookie) {
  const Result<Bytes> parsed = ParseCookie(cookie);
  if (!parsed) return core.End(sa, Cause::kMalformed);
  sa.setup->cookie = Copy(*parsed);
  Restart(core, sa);
}

void SaInitRequest::OnOtherGroup(Core& core, IkeSa& sa, Bytes data) {
  const Result<uint16_t> group = ParseGroup(data);
  if (!group) return core.End(sa, Cause::kMalformed);
  // Only a group that we offered, and not the one that we tried: else anybody on the way could
  // choose for us, or go on for ever (2.7).
  if (!OffersGroup(sa.setup->offered, *group) ||
      static_cast<uint16_t>(sa.setup->exchange->group()) == *group) {
    return core.End(sa, Cause::kWrongGroup);
  }
  auto started = crypto::KeyExchange::Start(static_cast<crypto::Group>(*group), core.rng());
  if (!started) return core.End(sa, Cause::kInternal);
  sa.setup->exchange = std::move(*started);
  Restart(core, sa);
}

void SaInitRequest::OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) {
  if (const auto* cookie = Find(answer.notifies, NotifyType::kCookie)) {
    return OnCookie(core, sa, cookie->data);
  }
  if (const auto* other = Find(answer.notifies, NotifyType::kInvalidKePayload)) {
    return OnOtherGroup(core, sa, other->data);
  }
  if (FindRefusal(answer) != nullptr) return core.End(sa, Cause::kRefusedByPeer);
  if (TakeInitRedirect(core, sa, answer)) return;

  const auto sa_body = Only(answer.payloads, PayloadType::kSa);
  const auto ke_body = Only(answer.payloads, PayloadType::kKe);
  const auto nonce_body = Only(answer.payloads, PayloadType::kNonce);
  if (!sa_body || !ke_body || !nonce_body || answer.header.responder_spi == 0) {
    return core.End(sa, Cause::kMalformed);
  }
  const auto chosen = ParseChosenSa(*sa_body);
  const auto ke = ParseKe(*ke_body);
  const auto nonce = ParseNonce(*nonce_body);
  if (!chosen || !ke || !nonce) return core.End(sa, Cause::kMalformed);
  const auto suite = CheckAnswer(sa.setup->offered, *chosen);
  if (!suite || !MayDoRounds(*suite, answer)) return core.End(sa, Cause::kNoProposal);
  if (suite->group != ke->group ||
      ke->group != static_cast<uint16_t>(sa.setup->exchange->group())) {
    return core.End(sa, Cause::kWrongGroup);
  }
  const auto shared = sa.setup->exchange->Finish(ke->data);
  if (!shared) return core.End(sa, Cause::kBadKeyExchange);

  sa.peer_spi = answer.header.responder_spi;
  sa.suite = *suite;
  sa.setup->nonce_r = Copy(*nonce);
  sa.setup->init_response = Copy(answer.raw);
  sa.setup->exchange.reset();
  auto keys = DeriveKeys(sa.suite, ExchangedOf(sa), shared->bytes());
  if (!keys) return core.End(sa, Cause::kInternal);
  sa.keys = std::move(*keys);
  NoteCapabilities(sa, answer, core.policy().settings());
  sa.setup->peer_childless = Find(answer.notifies, NotifyType::kChildlessIkev2Supported) != nullptr;
  if (!NotePpkAnswer(sa, answer)) return core.End(sa, Cause::kNoPpk);
  NoteCertificateRequest(sa, answer);
  NoteMethods(sa, answer);
  Float(sa);
  core.SetState(sa, IkeSa::State::kAuth);
  BeginIntermediate(core, sa);
}

// ---- responder

void SaInitResponder::Refuse(const Ends& ends, const Incoming& request, MessageBuilder& message) {
  Header header;
  header.initiator_spi = request.header.initiator_spi;
  header.exchange = request.header.exchange;
  header.response = true;
  const auto bytes = message.Finish(header);
  if (bytes) core_.SendClear(ends, *bytes);
}

void SaInitResponder::Refuse(const Ends& ends, const Incoming& request, NotifyType type) {
  MessageBuilder message;
  AddNotify(message, type);
  Refuse(ends, request, message);
}

void SaInitResponder::AskForCookie(const Ends& ends, const Incoming& request, Bytes nonce) {
  const auto cookie =
      cookies_.Make({nonce, ends.remote, ends.remote_port, request.header.initiator_spi});
  if (!cookie) return core_.Drop(ends, Cause::kInternal);
  MessageBuilder message;
  AddNotify(message, NotifyType::kCookie, *cookie);
  Refuse(ends, request, message);
}

bool SaInitResponder::Admit(const Ends& ends, const Incoming& request, Bytes nonce) {
  const Settings& settings = core_.policy().settings();
  const bool pressed = settings.cookie_above != 0 && core_.half_open() >= settings.cookie_above;
  if (pressed) {
    const auto* cookie = Find(request.notifies, NotifyType::kCookie);
    const bool good = cookie != nullptr && cookies_.Verify({nonce, ends.remote, ends.remote_port,
                                                            request.header.initiator_spi},
                                                           cookie->data);
    if (!good) {
      core_.Drop(ends, cookie == nullptr ? Cause::kCookieWanted : Cause::kWrongCookie);
      AskForCookie(ends, request, nonce);
      return false;
    }
  }
  // Before the limits: there is always room for who goes on to another gateway.
  if (auto elsewhere = RedirectInit(core_, ends, request, nonce)) {
    Refuse(ends, request, *elsewhere);
    return false;
  }
  const HalfOpenTable& table = core_.half_open_table();
  if ((settings.max_half_open != 0 && core_.half_open() >= settings.max_half_open) ||
      (settings.max_half_open_of_one != 0 &&
       table.of(ends.remote) >= settings.max_half_open_of_one) ||
      (settings.max_half_open_around != 0 &&
       table.around(ends.remote) >= settings.max_half_open_around)) {
    core_.Drop(ends, Cause::kTooManyHalfOpen);
    return false;
  }
  if (settings.max_ike_sas != 0 && core_.sas().size() >= settings.max_ike_sas) {
    core_.Drop(ends, Cause::kTooManyIkeSas);
    return false;
  }
  return true;
}

void SaInitResponder::OnRequest(const Ends& ends, const Incoming& request) {
  const uint64_t known = core_.half_open_table().Find(ends, request.header.initiator_spi);
  if (IkeSa* sa = known == 0 ? nullptr : core_.Find(known)) {
    // The same again gets the same answer; another message under this SPI gets none (2.1).
    if (!std::ranges::equal(sa->setup->init_request, request.raw)) {
      return core_.Drop(ends, Cause::kUnexpected);
    }
    return core_.SendClear(ends, sa->setup->init_response);
  }
  if (request.raw.size() > kMaxFirstBytes) return core_.Drop(ends, Cause::kMessageTooLong);
  if (request.header.exchange == ExchangeType::kIkeSessionResume) return OnResume(ends, request);
  const Result<KeyOffer> offer = ReadKeyOffer(request);
  if (!offer) {
    core_.Drop(ends, Cause::kMalformed);
    return Refuse(ends, request, NotifyType::kInvalidSyntax);
  }
  const IkePolicy* policy = core_.policy().FindIke(ends.local, ends.front_vrf);
  if (policy == nullptr) return core_.Drop(ends, Cause::kNoConfiguration);
  if (!Admit(ends, request, offer->nonce)) return;
  const bool rounds = SaysIntermediate(request);
  const auto choice = Choose(offer->proposals, policy->offers, offer->ke.group, rounds);
  if (!choice) {
    core_.Drop(ends, Cause::kNoProposal);
    return Refuse(ends, request, NotifyType::kNoProposalChosen);
  }
  if (choice->suite.group != offer->ke.group) {
    core_.Drop(ends, Cause::kWrongGroup);
    MessageBuilder message;
    AddInvalidKe(message, choice->suite.group);
    return Refuse(ends, request, message);
  }
  Accept(ends, request, *offer, *choice);
}

void SaInitResponder::Accept(const Ends& ends, const Incoming& request, const KeyOffer& offer,
                             const Choice<IkeSuite>& choice) {
  auto answer = crypto::KeyExchange::Respond(static_cast<crypto::Group>(offer.ke.group),
                                             offer.ke.data, core_.rng());
  if (!answer) {
    core_.Drop(ends, Cause::kBadKeyExchange);
    return Refuse(ends, request, NotifyType::kInvalidSyntax);
  }
  IkeSa& sa = core_.Create(ends, /*initiator=*/false);
  sa.peer_spi = request.header.initiator_spi;
  sa.suite = choice.suite;
  sa.setup = std::make_unique<Setup>();
  sa.setup->init_request = Copy(request.raw);
  sa.setup->nonce_i = Copy(offer.nonce);
  sa.setup->nonce_r = MakeNonce(core_.rng());
  auto keys = DeriveKeys(sa.suite, ExchangedOf(sa), answer->shared.bytes());
  if (!keys) return core_.End(sa, Cause::kInternal);
  sa.keys = std::move(*keys);
  sa.expires_ns = core_.now_ns() + kHalfOpenNs;
  core_.SetState(sa, IkeSa::State::kHalfOpen);

  MessageBuilder message;
  AddSa(message, {&choice.proposal, 1});
  AddKe(message, offer.ke.group, answer->own.public_data());
  message.Add(PayloadType::kNonce, sa.setup->nonce_r);
  const Settings& settings = core_.policy().settings();
  NoteCapabilities(sa, request, settings);
  NoteRedirectSupport(sa, request);
  // Who calls is not known yet: what any profile needs is said to those who understand it.
  const bool signatures = core_.policy().uses_signatures();
  AddCapabilities(message, sa, settings, signatures && sa.setup->peer_hashes.has_value());
  if (signatures) AddCertRequest(message, core_.policy().authorities());
  if (signatures && sa.setup->peer_hashes) {
    AnnounceMethods(core_, core_.policy().remote_auth(), message);
  }
  OfferChildless(core_, message);
  AnswerPpk(core_, sa, request, message);
  SayIntermediate(!sa.suite.additional_groups.empty(), message);
  AddCertificateLookup(core_, signatures, message);
  sa.responses.Begin(0);
  core_.Answer(sa, ExchangeType::kIkeSaInit, 0, message);
}

}  // namespace vam::ike::v2
