#include "sw/ike/v2/machine.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "sw/base/text.h"
#include "sw/ike/v2/exchange/auth.h"
#include "sw/ike/v2/exchange/child.h"
#include "sw/ike/v2/exchange/configuration.h"
#include "sw/ike/v2/exchange/create_child.h"
#include "sw/ike/v2/exchange/followup_ke.h"
#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/exchange/intermediate.h"
#include "sw/ike/v2/exchange/mobike.h"
#include "sw/ike/v2/exchange/reauth.h"
#include "sw/ike/v2/exchange/redirect.h"
#include "sw/ike/v2/exchange/redirect_gateway.h"
#include "sw/ike/v2/exchange/rekey_ike.h"
#include "sw/ike/v2/exchange/resumption.h"
#include "sw/ike/v2/exchange/session_resume.h"
#include "sw/ike/v2/keys/int_auth.h"
#include "sw/ike/v2/policy/selectors.h"
#include "sw/ike/v2/sa/lifetime.h"

namespace vam::ike::v2 {

namespace {

// IKE SAs whose time has come, of one turn: each may cost a key exchange.
constexpr size_t kDuePerTurn = 64;

// Whether the packet that asks for an SA has one, or will have it soon: fwd asks again while it
// takes long, and may have asked just before it was there.
bool Answers(const ChildSa& child, const ChildLine& packet) {
  if (child.state == ChildSa::State::kDeleting) return false;
  const bool is_made = !child.carries() || child.outbound_later != nullptr;
  return is_made || (child.sa_out != 0 && Contains(child.selectors.local, packet.local) &&
                     Contains(child.selectors.remote, packet.remote));
}

bool IsFirst(ExchangeType type) {
  return type == ExchangeType::kIkeSaInit || type == ExchangeType::kIkeSessionResume;
}

// RequestLimits::costly.
bool IsCostly(const Incoming& request) {
  const ExchangeType type = request.header.exchange;
  if (type == ExchangeType::kInformational) {
    return Find(request.notifies, NotifyType::kUpdateSaAddresses) != nullptr;
  }
  return type == ExchangeType::kCreateChildSa || type == ExchangeType::kIkeFollowupKe;
}

// A whole verified message.
Result<Incoming> TakeApart(const Header& header, PayloadType first, Bytes text) {
  Incoming out;
  out.header = header;
  VAM_TRY(out.payloads, ParseInner(first, text));
  VAM_TRY(out.notifies, ParseNotifies(out.payloads));
  return out;
}

}  // namespace

Machine::Machine(const Core::Parts& parts, std::shared_ptr<const Policy> policy)
    : core_(parts, std::move(policy)),
      cookies_(parts.clock, parts.rng),
      init_(core_, cookies_),
      faults_(core_,
              [this](const ChildConfig& config, const net::Address& peer,
                     uint32_t interface) -> IkeSa* {
                return TooManyCalls() ? nullptr
                                      : &CallOn(config, core_.names().At(config, peer), interface);
              }) {
  FollowTickets(core_);
}

void Machine::EndTurn() {
  if (told_turns_ != cookies_.turns()) {
    told_turns_ = cookies_.turns();
    core_.fwd().TellCookieKeys(cookies_.sort_keys());
  }
  core_.signer().Poll();
  core_.revocation().Poll();
  core_.fwd().DeliverRefused();
  core_.EndTurn();
}

bool Machine::Receive(api::MessageType type, uint32_t request, Bytes payload) {
  bool taken = true;
  if (type == api::MessageType::kIkePacket) {
    const auto packet = api::DecodeFast<api::IkePacket>(payload);
    const auto ends = packet ? FromFast(*packet) : Result<Ends>(packet.error());
    taken = ends.has_value();
    if (taken) OnPacket(*ends, payload.subspan(sizeof(api::IkePacket)));
  } else if (type == api::MessageType::kAcquire) {
    const auto acquire = api::DecodeFast<api::Acquire>(payload);
    taken = acquire.has_value();
    if (taken) OnAcquire(*acquire);
  } else if (type == api::MessageType::kEvent) {
    const auto event = api::DecodeFast<api::Event>(payload);
    taken = event.has_value();
    if (taken) OnEvent(*event);
  } else if (type == api::MessageType::kPacketFault) {
    const auto fault = api::DecodeFast<api::PacketFault>(payload);
    taken = fault.has_value();
    if (taken) faults_.OnFault(*fault);
  } else {
    taken = core_.fwd().Receive(type, request, payload);
  }
  EndTurn();
  return taken;
}

void Machine::Poll() {
  core_.OnTime(kDuePerTurn, [this](IkeSa& sa) { OnDue(sa); });
  EndTurn();
}

void Machine::LoseFwd() {
  core_.ForgetFwdSas();
  core_.fwd().Lose();
  for (const auto& [spi, sa] : core_.sas()) {
    // Its children are gone without a word to the peer: the IKE SA says it.
    DeleteIke(core_, *sa, Cause::kFwdGone);
  }
  EndTurn();
}

void Machine::SetPolicy(std::shared_ptr<const Policy> policy) {
  core_.SetPolicy(std::move(policy));
  core_.peers().Forget();
  FollowTickets(core_);
  for (const auto& [spi, sa] : core_.sas()) {
    if (sa->state == IkeSa::State::kGone) continue;
    if (sa->profile != nullptr && core_.policy().FindProfile(sa->profile->name) == nullptr) {
      DeleteIke(core_, *sa, Cause::kDeletedByUs);
      continue;
    }
    if (!KeepsAddresses(core_, *sa)) {
      DeleteIke(core_, *sa, Cause::kDeletedByUs);
      continue;
    }
    for (size_t i = sa->children.size(); i-- > 0;) {
      ChildSa& child = *sa->children[i];
      const ChildConfig& was = *child.config;
      const auto now =
          core_.policy().FindChild(was.map, was.sequence, was.dynamic_sequence, was.interface);
      if (now == nullptr || now->profile->name != was.profile->name) {
        DeleteChild(core_, *sa, child, Cause::kDeletedByUs);
      } else {
        child.config = now;
      }
    }
    FollowPolicy(core_, *sa);
  }
  EndTurn();
}

// ---- packets

IkeSa* Machine::FindFor(const Header& header) {
  // The I flag says whose SPI is whose: the sender's own comes first if it was the initiator.
  const uint64_t ours = header.from_initiator ? header.responder_spi : header.initiator_spi;
  const uint64_t theirs = header.from_initiator ? header.initiator_spi : header.responder_spi;
  IkeSa* sa = core_.Find(ours);
  if (sa == nullptr || sa->initiator == header.from_initiator) return nullptr;
  // Until IKE_SA_INIT is answered we do not know the peer's.
  const bool known = sa->peer_spi == theirs || sa->state == IkeSa::State::kInit;
  return known ? sa : nullptr;
}

void Machine::OnPacket(const Ends& ends, Bytes message) {
  core_.journal().Packet(ends, false, message);
  const auto header = ParseHeader(message);
  if (!header) return core_.Drop(ends, Cause::kMalformed);
  if (header->major_version != kMajorVersion) {
    const bool higher = header->major_version > kMajorVersion;  // 2.5
    if (higher) faults_.AnswerUnknown(ends, *header, NotifyType::kInvalidMajorVersion);
    return core_.Drop(ends, Cause::kWrongVersion);
  }
  const auto chain = ParseChain(header->next_payload, message.subspan(kHeaderBytes));
  if (!chain) return core_.Drop(ends, Cause::kMalformed);
  if (!chain->encrypted) return OnClear(ends, *header, message, *chain);
  // The first messages are never encrypted, and would be answered in clear.
  if (IsFirst(header->exchange)) return core_.Drop(ends, Cause::kUnexpected);
  IkeSa* sa = FindFor(*header);
  if (sa == nullptr) {
    faults_.AnswerUnknown(ends, *header, NotifyType::kInvalidIkeSpi);
    return core_.Drop(ends, Cause::kUnknownSpi);
  }
  // No key is there before IKE_SA_INIT is answered.
  if (sa->state == IkeSa::State::kInit) return core_.Drop(ends, Cause::kUnexpected);
  // What IntAuth covers of such a message is the encrypted payload alone (RFC 9242, 3.3.2).
  if (header->exchange == ExchangeType::kIkeIntermediate && !chain->payloads.empty()) {
    return core_.Drop(ends, Cause::kMalformed);
  }
  OnProtected(ends, *sa, *header, message, *chain->encrypted);
}

// The first messages alone come in clear.
void Machine::OnClear(const Ends& ends, const Header& header, Bytes message, const Chain& chain) {
  if (!IsFirst(header.exchange) || header.message_id != 0) {
    if (const auto said = ParseNotifies(chain.payloads)) faults_.OnHint(ends, header, *said);
    return core_.Drop(ends, Cause::kNotEncrypted);
  }
  Incoming incoming;
  incoming.header = header;
  incoming.raw = message;
  incoming.payloads = chain.payloads;
  auto notifies = ParseNotifies(incoming.payloads);
  if (!notifies) return core_.Drop(ends, Cause::kMalformed);
  incoming.notifies = std::move(*notifies);
  if (FindUnknownCritical(incoming.payloads) != nullptr) {
    return core_.Drop(ends, Cause::kUnknownCritical);
  }
  if (!header.response) {
    if (!header.from_initiator || header.initiator_spi == 0 || header.responder_spi != 0) {
      return core_.Drop(ends, Cause::kMalformed);
    }
    return init_.OnRequest(ends, incoming);
  }
  IkeSa* sa = FindFor(header);
  if (sa == nullptr) return core_.Drop(ends, Cause::kUnknownSpi);
  // Not protected by anything but our SPI: it must come from where the request went.
  if (sa->state != IkeSa::State::kInit || ends.remote != sa->ends.remote) {
    return core_.Drop(ends, Cause::kUnexpected);
  }
  // Of the exchange that is out: a late answer to another one ends nothing.
  const bool awaited = !sa->sent.empty() && sa->sent.front().second->type() == header.exchange;
  if (!awaited || !MayBeRedirected(*sa, incoming)) return core_.Drop(ends, Cause::kUnexpected);
  OnAnswer(*sa, incoming);
}

void Machine::OnProtected(const Ends& ends, IkeSa& sa, const Header& header, Bytes message,
                          const EncryptedPart& part) {
  using Verdict = ResponseWindow::Verdict;
  const Verdict verdict =
      header.response ? (sa.requests.Waits(header.message_id) ? Verdict::kNew : Verdict::kOutside)
                      : sa.responses.Look(header.message_id);
  if (verdict == Verdict::kOutside) return core_.Drop(ends, Cause::kOutsideWindow);
  const bool fragment = part.payload.type == PayloadType::kEncryptedFragment;
  FragmentHeader number;
  if (fragment) {
    const auto parsed = ParseFragmentHeader(part.payload.body);
    if (!parsed) return core_.Drop(ends, Cause::kMalformed);
    number = *parsed;
    const bool wanted = sa.fragments.Wants(header.message_id, header.response, number);
    if (verdict == Verdict::kNew && !wanted) return;  // sent again
  }
  const bool again = verdict == Verdict::kRepeated;
  auto text = Open(again ? InboundKeysOf(sa, header.message_id) : sa.inbound(), message, part);
  if (!text) {
    return core_.Drop(
        ends, text.error().code == ErrorCode::kInternal ? Cause::kInternal : Cause::kWrongIcv);
  }
  if (verdict == Verdict::kNew) sa.heard_ns = core_.now_ns();
  if (verdict == Verdict::kBusy) return;
  if (verdict == Verdict::kRepeated) {
    // One answer for all fragments of the request (RFC 7383, 2.6.1).
    const Packets* packets = sa.responses.AnswerOf(header.message_id);
    if (packets == nullptr || (fragment && number.number != 1)) return;
    for (const auto& packet : *packets) core_.SendClear(ends, packet);
    return;
  }
  PayloadType first = part.first_inner;
  if (fragment) {
    // No sender has more: a whole message would not fit in a datagram.
    const size_t most = sa.setup != nullptr ? kMaxUnprovenBytes : kMaxMessageBytes;
    auto added = sa.fragments.Add(header.message_id, header.response, number, first, *text, most);
    if (!added) return core_.Drop(ends, Cause::kMessageTooLong);
    if (!*added) return;
    first = (*added)->first;
    *text = std::move((*added)->text);
  }
  if (!header.response) {
    // A responder takes itself for authenticated as soon as it has answered. It asks again.
    if (sa.setup != nullptr && sa.setup->held) return core_.Drop(ends, Cause::kUnexpected);
    // It is sent again, and taken when there is time.
    if (sa.up() && !sa.asked.all.Take(core_.now_ns())) {
      return core_.Drop(ends, Cause::kTooManyRequests);
    }
    sa.responses.Begin(header.message_id);
  }
  auto incoming = TakeApart(header, first, *text);
  if (!incoming) {
    core_.Drop(ends, Cause::kMalformed);
    // The peer is who it is and speaks nonsense: one of us is broken (2.21.3).
    if (!header.response) core_.AnswerWith(sa, header, NotifyType::kInvalidSyntax);
    return core_.End(sa, Cause::kMalformed);
  }
  if (const RawPayload* unknown = FindUnknownCritical(incoming->payloads)) {
    core_.Drop(ends, Cause::kUnknownCritical);
    if (header.response) return core_.End(sa, Cause::kUnknownCritical);
    const std::array<uint8_t, 1> data = {static_cast<uint8_t>(unknown->type)};
    return core_.AnswerWith(sa, header, NotifyType::kUnsupportedCriticalPayload, data);
  }
  std::vector<uint8_t> covered;
  if (header.exchange == ExchangeType::kIkeIntermediate) {
    incoming->raw = covered = CoveredByIntAuth(message, part, first, *text);
  }
  if (header.response) return OnAnswer(sa, *incoming);
  OnRequest(ends, sa, *incoming);
}

void Machine::OnAnswer(IkeSa& sa, const Incoming& answer) {
  const auto request = core_.TakeSent(sa, answer.header.message_id);
  if (request == nullptr) return core_.Drop(sa.ends, Cause::kOutsideWindow);
  if (request->type() != answer.header.exchange) {
    request->OnLost(core_, sa);
    return core_.End(sa, Cause::kUnexpected);
  }
  request->OnAnswer(core_, sa, answer);
}

void Machine::OnRequest(const Ends& ends, IkeSa& sa, const Incoming& request) {
  const ExchangeType type = request.header.exchange;
  if (sa.state == IkeSa::State::kHalfOpen) {
    const bool rounds = AwaitsIntermediate(sa);
    if (rounds && type == ExchangeType::kIkeIntermediate) {
      core_.Move(sa, ends);
      return OnIntermediate(core_, sa, request);
    }
    // Nothing but IKE_AUTH before the peer has proved who it is, and not before all the rounds.
    if (type != ExchangeType::kIkeAuth || rounds) {
      core_.Drop(ends, Cause::kUnexpected);
      return core_.End(sa, Cause::kUnexpected);
    }
    core_.Move(sa, ends);  // from here on port 4500, where a NAT is
    core_.SetState(sa, IkeSa::State::kAuth);
    return OnAuth(core_, sa, request);
  }
  if (!sa.up() && sa.state != IkeSa::State::kDeleting) {
    core_.Drop(ends, Cause::kUnexpected);
    return core_.End(sa, Cause::kUnexpected);
  }
  // A NAT gave the peer another address; one that we are not behind ourselves (2.23). With MOBIKE
  // the peer says itself where it is (RFC 4555, 3.8).
  if (sa.mobike != nullptr) {
    sa.mobike->asked_from = ends;
  } else if (sa.nat_there && !sa.nat_here) {
    core_.Move(sa, ends);
  }
  if (IsCostly(request) && !sa.asked.costly.Take(core_.now_ns())) {
    core_.Drop(ends, Cause::kTooManyRequests);
    return core_.AnswerWith(sa, request.header,
                            type == ExchangeType::kInformational
                                ? NotifyType::kUnacceptableAddresses  // RFC 4555, 3.5
                                : NotifyType::kTemporaryFailure);
  }
  if (type == ExchangeType::kInformational) return OnInformational(core_, sa, request);
  if (type == ExchangeType::kCreateChildSa) {
    return IsIkeRekey(request) ? OnRekeyIke(core_, sa, request) : OnCreateChild(core_, sa, request);
  }
  if (type == ExchangeType::kIkeFollowupKe) return OnFollowupKe(core_, sa, request);
  core_.Drop(ends, Cause::kUnexpected);
  core_.AnswerWith(sa, request.header, NotifyType::kInvalidSyntax);
}

// ---- what fwd asks for

IkeSa* Machine::FindIkeSa(const ChildConfig& config, const net::Address& peer) {
  IkeSa* found = nullptr;
  for (IkeSa* sa : core_.With(peer, config.profile->name)) {
    if (sa->home.local == config.local && sa->home.front_vrf == config.front_vrf &&
        (sa->state == IkeSa::State::kInit || sa->state == IkeSa::State::kAuth ||
         sa->state == IkeSa::State::kUp)) {
      found = sa;
    }
  }
  return found;
}

IkeSa& Machine::CallOn(const ChildConfig& config, const PeerNames::Peer& peer, uint32_t interface) {
  Ends ends;
  ends.local = config.local;
  ends.remote = peer.address;
  ends.front_vrf = config.front_vrf;
  ends.interface = interface;
  IkeSa& sa = core_.Create(ends, /*initiator=*/true);
  sa.peer_name = peer.name;
  core_.SetProfile(sa, config.profile);
  BeginCall(core_, sa);
  return sa;
}

bool Machine::TooManyCalls() const {
  const uint32_t most = core_.policy().settings().max_calls;
  return most != 0 && core_.calls() >= most;
}

// `named`: by fwd, of the entry that asks; one that is not in the list belongs to a temporary
// entry.
PeerNames::Peer Machine::PeerFor(const ChildConfig& config, const net::Address& named) {
  const std::vector<PeerNames::Peer> peers = core_.names().PeersOf(config);
  if (std::ranges::find(peers, named, &PeerNames::Peer::address) == peers.end() &&
      !named.is_none()) {
    return {named, ""};
  }
  if (peers.size() < 2) return peers.empty() ? PeerNames::Peer{named, ""} : peers.front();
  // The one that was heard last (SY-40).
  const IkeSa* last = nullptr;
  for (const PeerNames::Peer& peer : peers) {
    const IkeSa* const sa = FindIkeSa(config, peer.address);
    if (sa != nullptr && sa->up() && (last == nullptr || sa->heard_ns > last->heard_ns)) last = sa;
  }
  const net::Address best =
      last != nullptr ? last->home.remote : core_.peers().Best(AddressesOf(peers));
  return *std::ranges::find(peers, best, &PeerNames::Peer::address);
}

void Machine::OnAcquire(const api::Acquire& acquire) {
  const auto config =
      core_.policy().FindChild(TextOf(acquire.map), acquire.sequence, 0, acquire.interface);
  auto line = FromFast(acquire.line);
  const auto packet = FromFast(acquire.packet);
  const auto named = FromFast(acquire.peer);
  // Of a configuration that has gone, or of an entry that is not for this version of IKE.
  const bool known = config != nullptr && line && packet && named && !config->offers.empty();
  const PeerNames::Peer peer = known ? PeerFor(*config, *named) : PeerNames::Peer();
  if (peer.address.is_none()) {
    if (!known || config->named.empty()) return core_.causes().Count(Cause::kNoConfiguration);
    for (const NamedPeer& wanted : config->named) core_.names().Want(wanted.name);
    return core_.causes().Count(Cause::kPeerNotResolved);
  }
  IkeSa* found = FindIkeSa(*config, peer.address);
  if (found == nullptr && TooManyCalls()) {
    // The next packet asks again.
    return core_.causes().Count(Cause::kTooManyHalfOpen);
  }
  IkeSa& sa = found != nullptr ? *found : CallOn(*config, peer, acquire.interface);
  if (config->per_host) *line = OfHosts(*line, packet->local, packet->remote);
  const bool answered = std::ranges::any_of(sa.children, [&](const auto& child) {
    return child->policy == acquire.policy && Answers(*child, *packet);
  });
  if (answered) return;
  ChildSa& child = sa.AddChild(config);
  child.policy = acquire.policy;
  child.selectors = *line;
  child.transport = MayBeTransport(*config, child.selectors, sa.ends);
  ReserveSpi(core_, sa, child);
  // The first one goes with IKE_AUTH.
  const bool first = !sa.up() && sa.children.size() == 1;
  if (!first) core_.Begin(sa, MakeCreateChild(child.id));
}

// A NAT gave the peer another address or port (RFC 7296, 2.23): a packet that was verified came
// from there. An SA keeps its ends, so a new one is made.
void Machine::OnMoved(IkeSa& sa, ChildSa& child, const api::FastEndpoints& to) {
  const auto remote = FromFast(to.remote);
  const bool follows = sa.up() && sa.nat_there && !sa.nat_here && sa.mobike == nullptr;
  if (!follows || !remote || remote->family() != sa.ends.local.family()) return;
  Ends ends = sa.ends;
  ends.remote = *remote;
  ends.remote_port = to.remote_port;
  if (ends != sa.ends) core_.Move(sa, ends);
  RekeyChild(core_, sa, child);
}

void Machine::OnEvent(const api::Event& event) {
  const Core::ChildRef found = core_.FindChild(event.sa_id);
  if (found.child == nullptr) return;
  switch (event.kind) {
    case api::EventKind::kSoftBytes:
    case api::EventKind::kSoftPackets:
    case api::EventKind::kSoftTime:
    case api::EventKind::kSequenceNear:
    case api::EventKind::kEngineFailed:
      return RekeyChild(core_, *found.sa, *found.child);
    case api::EventKind::kHardExpired:
    case api::EventKind::kSequenceOverflow:
      return DeleteChild(core_, *found.sa, *found.child, Cause::kExpired);
    case api::EventKind::kIdle:
      return DeleteIdle(core_, *found.sa, *found.child);
    case api::EventKind::kPolicyGone:
      return DeleteChild(core_, *found.sa, *found.child, Cause::kDeletedByUs);
    case api::EventKind::kCleared:
      return DeleteChild(core_, *found.sa, *found.child, Cause::kClearedByOperator);
    case api::EventKind::kFirstInbound:
      return InstallLater(core_, *found.sa, *found.child);
    case api::EventKind::kSilence:
      return AskWhetherAlive(core_, *found.sa);
    case api::EventKind::kEndpointChanged:
      return OnMoved(*found.sa, *found.child, event.endpoints);
  }
}

// ---- time

void Machine::OnDue(IkeSa& sa) {
  const uint64_t now_ns = core_.now_ns();
  if (sa.expires_ns != 0 && sa.expires_ns <= now_ns) {
    if (!sa.up()) return core_.End(sa, Cause::kHalfOpenTooLong);
    sa.expires_ns = 0;
    // Who was sent on with IKE_AUTH has not gone.
    const bool sent_on = sa.state == IkeSa::State::kReplaced && WasSentOn(sa);
    return DeleteIke(core_, sa, sent_on ? Cause::kRedirected : Cause::kExpired);
  }
  if (OnReauthDue(core_, sa)) return;
  if (sa.keepalive_at_ns != 0 && sa.keepalive_at_ns <= now_ns) {
    // No bytes of IKE: fwd makes the one byte of it (sw/api/fast.h).
    core_.SendClear(sa.ends, {});
    SetKeepalive(sa, now_ns);
  }
  ExpireFollowups(core_, sa);
  if (sa.resumption.ask_at_ns != 0 && sa.resumption.ask_at_ns <= now_ns) OnTicketDue(core_, sa);
  if (sa.liveness_at_ns != 0 && sa.liveness_at_ns <= now_ns) AskWhetherAlive(core_, sa);
  if (sa.rekey_at_ns != 0 && sa.rekey_at_ns <= now_ns) {
    sa.rekey_at_ns = 0;
    RekeyIke(core_, sa);
  }
  for (const auto& child : sa.children) {
    if (child->rekey_at_ns == 0 || child->rekey_at_ns > now_ns) continue;
    child->rekey_at_ns = 0;
    if (child->outbound_later != nullptr) return InstallLater(core_, sa, *child);
    // Adds to the list that is walked here: once is enough, the next turn finds the others.
    return RekeyChild(core_, sa, *child);
  }
}

}  // namespace vam::ike::v2
