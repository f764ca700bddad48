#include "sw/ike/v2/exchange/child.h"

#include <algorithm>
#include <cstring>

#include "sw/base/text.h"
#include "sw/ike/v2/exchange/configuration.h"
#include "sw/ike/v2/exchange/followup_ke.h"
#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/exchange/mobike.h"
#include "sw/ike/v2/policy/selectors.h"
#include "sw/ike/v2/sa/description.h"

namespace vam::ike::v2 {

namespace {

constexpr uint32_t kLarvalMs = 60'000;
// Time and volume before the end at which a new SA is made: at least IOS's 30 s and 256 KB
// (IOS-55), and up to a twentieth of the life more, so that neither two ends nor a thousand tunnels
// begin at one moment.
constexpr uint64_t kMarginMs = 30'000;
constexpr uint64_t kMarginBytes = 256 * 1024;
constexpr uint64_t kJitterPart = 20;

uint64_t SoftOf(uint64_t hard, uint64_t margin, Rng& rng) {
  if (hard == 0) return 0;
  const uint64_t jitter = rng.Below(hard / kJitterPart + 1);
  return hard - std::min(hard / 2, margin + jitter);
}

uint8_t ProtocolNumber(Protocol protocol) { return protocol == Protocol::kAh ? 51 : 50; }

enum class Side : uint8_t { kInitiator, kResponder };  // of the exchange that made the child

struct Direction {
  api::FastDirection fast;
  const Key& encryption;
  const Key& integrity;
};

Direction DirectionOf(api::FastDirection fast, const ChildKeys& keys, Side we_are) {
  const bool of_initiator = (fast == api::FastDirection::kOut) == (we_are == Side::kInitiator);
  return of_initiator ? Direction{fast, keys.encryption_i, keys.integrity_i}
                      : Direction{fast, keys.encryption_r, keys.integrity_r};
}

void SetLifetimes(api::SaInstall& install, const ChildConfig& config, Rng& rng) {
  install.hard_ms = config.lifetime_s * 1000;
  install.soft_ms = SoftOf(install.hard_ms, kMarginMs, rng);
  install.hard_bytes = config.lifetime_bytes;
  install.soft_bytes = SoftOf(install.hard_bytes, kMarginBytes, rng);
  install.idle_ms = config.idle_s * 1000;
}

api::SaInstall InstallOf(const IkeSa& sa, const ChildSa& child, const Direction& direction,
                         uint64_t replaces, Rng& rng) {
  const ChildConfig& config = *child.config;
  const bool in = direction.fast == api::FastDirection::kIn;
  api::SaInstall install{};
  install.sa_id = in ? child.sa_in : 0;
  install.spi = in ? child.spi_in : child.spi_out;
  install.policy = child.policy;
  install.replaces = replaces;
  install.ike_sa = sa.spi;
  install.endpoints = ToFast(sa.ends);
  install.selector = ToFast(child.selectors);
  SetLifetimes(install, config, rng);
  const Dpd& dpd = sa.profile->dpd;
  if (!in && dpd.on_demand) install.silence_ms = uint64_t{dpd.interval_s} * 1000;
  install.replay_window = in ? config.replay_window : 0;
  install.flags = (child.suite.esn ? api::kSaEsn : 0) |
                  (sa.esp_in_udp() ? api::kSaUdpEncapsulated : 0) |
                  (replaces != 0 ? api::kSaReplaces : 0);
  install.encryption = child.suite.protocol == Protocol::kAh ? api::FastEncryption::kNone
                                                             : InfoOf(child.suite.cipher).fast;
  install.integrity = child.suite.integrity == IntegrityId::kNone
                          ? api::FastIntegrity::kNone
                          : InfoOf(child.suite.integrity).fast;
  install.inside_vrf = config.inside_vrf;
  install.direction = direction.fast;
  install.mode = child.transport ? api::FastMode::kTransport : api::FastMode::kTunnel;
  install.protocol = ProtocolNumber(child.suite.protocol);
  install.bundle_size = 1;
  install.key_length = static_cast<uint8_t>(direction.encryption.size());
  install.auth_length = static_cast<uint8_t>(direction.integrity.size());
  std::ranges::copy(direction.encryption.bytes(), install.key.begin());
  std::ranges::copy(direction.integrity.bytes(), install.auth.begin());
  return install;
}

// fwd's SA that the new one takes the place of.
uint64_t ReplacedBy(const IkeSa& sa, const ChildSa& child, bool in) {
  for (const auto& other : sa.children) {
    if (child.replaces != 0 && other->id == child.replaces) {
      return in ? other->sa_in : other->sa_out;
    }
  }
  return 0;
}

// Where a callback finds its child again, if it is still there.
struct Place {
  Core* core;
  uint64_t spi;
  uint32_t child;

  Core::ChildRef Find() const {
    IkeSa* sa = core->Find(spi);
    return sa == nullptr ? Core::ChildRef{} : Core::ChildRef{sa, sa->FindChild(child)};
  }
};

Place PlaceOf(Core& core, const IkeSa& sa, const ChildSa& child) {
  return {&core, sa.spi, child.id};
}

// An SA that came up for a child that has gone meanwhile.
void DeleteStray(Core& core, const Result<uint64_t>& installed) {
  if (!installed) return;
  core.fwd().Delete({.sa_id = *installed, .flags = 0, .reserved = 0},
                    [](const Result<uint64_t>&) {});
}

// fwd refuses other than plain text, and no tunnel should fail for what people read.
template <size_t N>
void SetShown(std::array<char, N>& field, std::string_view text) {
  SetText(field, text.size() <= N && IsPlainText(text) ? text : std::string_view());
}

// Installs one direction. `done` is called while the child is there: false when no engine took it.
using Installed = std::function<void(IkeSa& sa, ChildSa& child, bool up)>;
void Install(Core& core, IkeSa& sa, ChildSa& child, const Direction& direction, Installed done) {
  const bool in = direction.fast == api::FastDirection::kIn;
  api::SaInstall message = InstallOf(sa, child, direction, ReplacedBy(sa, child, in), core.rng());
  if (!in) {
    SetShown(message.peer_identity, ToString(sa.peer_identity));
    SetShown(message.peer_description, DescriptionOf(core.policy(), sa));
  }
  core.journal().Installing(message);
  const Place place = PlaceOf(core, sa, child);
  const Ends at = sa.ends;
  const bool in_udp = sa.esp_in_udp();
  core.fwd().Install(message, [=, done = std::move(done)](const Result<uint64_t>& id) {
    const Core::ChildRef found = place.Find();
    if (found.child == nullptr) return DeleteStray(*place.core, id);
    if (id) {
      (in ? found.child->sa_in : found.child->sa_out) = *id;
      if (in) found.child->in_installed = true;
      place.core->NoteSas(*found.sa, *found.child);
      MoveInstalled(*place.core, *found.sa, *id, at, in_udp);
    }
    done(*found.sa, *found.child, id.has_value());
  });
  OPENSSL_cleanse(&message, sizeof message);
}

// Its last SA was asked for. The peer has the child already: without it here, it is told.
void SetUp(Core& core, IkeSa& sa, ChildSa& child, bool up) {
  if (!up) return DeleteChild(core, sa, child, Cause::kNoEngine);
  child.state = ChildSa::State::kUp;
  child.was_up = true;
  core.journal().ChildUp(sa, child);
  // Now the new one carries what goes out: who made it deletes the old one.
  ChildSa* old = child.replaces == 0 ? nullptr : sa.FindChild(child.replaces);
  if (old != nullptr && old->deleted_by_peer) {
    core.EndChild(sa, *old, Cause::kReplaced);
  } else if (old != nullptr && child.ours) {
    DeleteChild(core, sa, *old, Cause::kReplaced);
  }
  core.Touch(sa);
}

void AddTransport(const ChildSa& child, MessageBuilder& message) {
  if (child.transport) AddNotify(message, NotifyType::kUseTransportMode);
}

api::SpiReserve ReserveOf(const IkeSa& sa, const ChildSa& child) {
  api::SpiReserve reserve{};
  reserve.policy = child.policy;
  reserve.local = ToFast(sa.ends.local);
  reserve.front_vrf = sa.ends.front_vrf;
  reserve.protocol = ProtocolNumber(child.suite.protocol);
  reserve.count = 1;
  reserve.lifetime_ms = kLarvalMs;
  return reserve;
}

void TakeReserved(ChildSa& child, const api::SpiReserved& reserved) {
  child.spi_in = reserved.spi[0];
  child.sa_in = reserved.sa_id[0];
  child.state = ChildSa::State::kNegotiating;
}

}  // namespace

// ---- as the one who proposes

void ReserveSpi(Core& core, IkeSa& sa, ChildSa& child) {
  child.ours = true;
  child.begun_ns = core.now_ns();
  child.suite.protocol = child.config->offers.front().protocol;
  const Place place = PlaceOf(core, sa, child);
  core.fwd().Reserve(ReserveOf(sa, child), [place](const Result<api::SpiReserved>& reserved) {
    const Core::ChildRef found = place.Find();
    if (found.child == nullptr) return;  // the SPI is given back by itself
    if (!reserved) {
      place.core->EndChild(*found.sa, *found.child, Cause::kNoEngine);
    } else {
      TakeReserved(*found.child, *reserved);
    }
    place.core->Touch(*found.sa);
  });
}

std::vector<Proposal> ProposalsOf(const IkeSa& sa, const ChildSa& child, bool with_group) {
  if (!with_group) return Propose(child.config->offers, child.spi_in, false);
  return Propose(OffersUnder(sa, child.config->offers), child.spi_in, true);
}

void WriteChild(const ChildSa& child, std::span<const Proposal> proposals,
                MessageBuilder& message) {
  AddTransport(child, message);
  AddSa(message, proposals);
  AddTs(message, PayloadType::kTsInitiator, {&child.selectors.local, 1});
  AddTs(message, PayloadType::kTsResponder, {&child.selectors.remote, 1});
}

Status ReadChildAnswer(const Incoming& answer, std::span<const Proposal> proposals,
                       ChildSa& child) {
  VAM_TRY(const Bytes sa_body, Only(answer.payloads, PayloadType::kSa));
  VAM_TRY(const Bytes tsi_body, Only(answer.payloads, PayloadType::kTsInitiator));
  VAM_TRY(const Bytes tsr_body, Only(answer.payloads, PayloadType::kTsResponder));
  VAM_TRY(const Proposal chosen, ParseChosenSa(sa_body));
  VAM_TRY(const std::vector<TrafficSelector> local, ParseTs(tsi_body));
  VAM_TRY(const std::vector<TrafficSelector> remote, ParseTs(tsr_body));
  VAM_TRY(const ChildSuite suite, CheckChildAnswer(proposals, chosen));
  if (!IsNarrowing({&child.selectors.local, 1}, local) ||
      !IsNarrowing({&child.selectors.remote, 1}, remote)) {
    return Err(ErrorCode::kMalformed, "the peer's selectors are not within ours");
  }
  const bool transport = Find(answer.notifies, NotifyType::kUseTransportMode) != nullptr;
  if (transport && !child.transport) {
    return Err(ErrorCode::kMalformed, "the peer wants transport mode unasked");
  }
  child.suite = suite;
  child.spi_out = static_cast<uint32_t>(chosen.spi);
  child.selectors = {local.front(), remote.front()};
  child.transport = transport;
  return Ok();
}

Status InstallAsProposer(Core& core, IkeSa& sa, ChildSa& child, const ChildNonces& nonces,
                         Bytes shared, Bytes additional) {
  VAM_TRY(ChildKeys derived, DeriveChild(child.suite, sa.suite.prf, sa.keys.d(), nonces.i, nonces.r,
                                         shared, additional));
  child.state = ChildSa::State::kInstalling;
  // Inbound first: what the peer sends from now on must find its SA.
  const auto keys = std::make_shared<ChildKeys>(std::move(derived));
  Core* const shared_core = &core;
  Install(core, sa, child, DirectionOf(api::FastDirection::kIn, *keys, Side::kInitiator),
          [shared_core, keys](IkeSa& owner, ChildSa& in, bool up) {
            if (!up) return DeleteChild(*shared_core, owner, in, Cause::kNoEngine);
            Install(*shared_core, owner, in,
                    DirectionOf(api::FastDirection::kOut, *keys, Side::kInitiator),
                    [shared_core](IkeSa& same, ChildSa& out, bool both) {
                      SetUp(*shared_core, same, out, both);
                    });
          });
  return Ok();
}

// ---- as the one who answers

Result<ChildOffered> ReadChildOffer(const Incoming& request, bool with_group) {
  ChildOffered offered;
  VAM_TRY(const Bytes sa_body, Only(request.payloads, PayloadType::kSa));
  VAM_TRY(const Bytes tsi_body, Only(request.payloads, PayloadType::kTsInitiator));
  VAM_TRY(const Bytes tsr_body, Only(request.payloads, PayloadType::kTsResponder));
  VAM_TRY(offered.proposals, ParseSa(sa_body));
  VAM_TRY(offered.remote, ParseTs(tsi_body));
  VAM_TRY(offered.local, ParseTs(tsr_body));
  offered.transport = Find(request.notifies, NotifyType::kUseTransportMode) != nullptr;
  offered.with_group = with_group;
  if (const RawPayload* ke = Find(request.payloads, PayloadType::kKe);
      ke != nullptr && with_group) {
    VAM_TRY(const KeyExchangePayload payload, ParseKe(ke->body));
    offered.group = payload.group;
  }
  return offered;
}

std::vector<std::shared_ptr<const ChildConfig>> ConfiguredFor(const Core& core, const IkeSa& sa) {
  return core.policy().ChildrenOf(*sa.profile, sa.home,
                                  core.names().table().NamesOf(sa.home.remote));
}

Result<ChildChoice> ChooseChild(const Core& core, const IkeSa& sa, const ChildOffered& offered,
                                const ChildSa* only) {
  std::vector<std::shared_ptr<const ChildConfig>> candidates;
  if (only != nullptr) {
    candidates.push_back(only->config);
  } else {
    candidates = ConfiguredFor(core, sa);
  }
  bool some_line = false;
  const std::vector<TrafficSelector> remote = WithinAssigned(sa, offered.remote);
  for (const auto& config : candidates) {
    for (const ChildLine& line : config->lines) {
      auto narrowed = Narrow(line, offered.local, remote);
      if (!narrowed) continue;
      if (config->per_host) narrowed = OfHosts(*narrowed, offered.local[0], remote[0]);
      some_line = true;
      auto suite =
          offered.with_group
              ? Choose(offered.proposals, OffersUnder(sa, config->offers), true, offered.group)
              : Choose(offered.proposals, config->offers, false, offered.group);
      if (!suite) break;  // of the entry; another one may do
      ChildChoice choice;
      choice.config = config;
      choice.line = line.index;
      choice.selectors = *narrowed;
      choice.choice = std::move(*suite);
      choice.transport = offered.transport && MayBeTransport(*config, *narrowed, sa.ends);
      return choice;
    }
  }
  if (some_line) return Err(ErrorCode::kNotFound, "no common proposal for the child");
  return Err(ErrorCode::kNoPolicy, "no policy line has what the peer proposes");
}

namespace {

// The steps of a child that a peer proposed.
struct Accepting {
  std::shared_ptr<const ChildChoice> choice;
  std::shared_ptr<const ChildKeys> keys;  // null: they come later
  ChildDone done;
};

// The child goes; the IKE SA answers without it.
void Fail(const Place& place, const std::shared_ptr<Accepting>& accepting) {
  const Core::ChildRef found = place.Find();
  if (found.sa == nullptr) return;
  if (found.child != nullptr) place.core->EndChild(*found.sa, *found.child, Cause::kNoEngine);
  accepting->done(*place.core, *found.sa, nullptr);
}

void InstallInbound(const Place& place, const std::shared_ptr<Accepting>& accepting) {
  const Core::ChildRef found = place.Find();
  found.child->state = ChildSa::State::kInstalling;
  Install(*place.core, *found.sa, *found.child,
          DirectionOf(api::FastDirection::kIn, *accepting->keys, Side::kResponder),
          [place, accepting](IkeSa& sa, ChildSa& child, bool up) {
            if (!up) return Fail(place, accepting);
            accepting->done(*place.core, sa, &child);
          });
}

void ReserveAccepted(const Place& place, const std::shared_ptr<Accepting>& accepting) {
  const Core::ChildRef found = place.Find();
  place.core->fwd().Reserve(ReserveOf(*found.sa, *found.child),
                            [place, accepting](const Result<api::SpiReserved>& reserved) {
                              const Core::ChildRef again = place.Find();
                              if (again.child == nullptr) return;
                              if (!reserved) return Fail(place, accepting);
                              TakeReserved(*again.child, *reserved);
                              if (accepting->keys != nullptr) {
                                return InstallInbound(place, accepting);
                              }
                              accepting->done(*place.core, *again.sa, again.child);
                            });
}

api::PolicyOpen OpenOf(const IkeSa& sa, const ChildChoice& choice) {
  const ChildConfig& config = *choice.config;
  api::PolicyOpen open{};
  std::memcpy(open.map.data(), config.map.data(), std::min(config.map.size(), open.map.size()));
  open.sequence = config.sequence;
  open.line = config.dynamic_sequence != 0 ? 0 : choice.line;
  open.interface = config.shared ? sa.home.interface : config.interface;
  open.dynamic_sequence = config.dynamic_sequence;
  open.selector = ToFast(choice.selectors);
  if (config.dynamic_sequence != 0) open.peer = ToFast(sa.home.remote);
  return open;
}

}  // namespace

void AcceptChild(Core& core, IkeSa& sa, std::shared_ptr<const ChildChoice> choice,
                 uint32_t replaces, std::shared_ptr<const ChildKeys> keys, ChildDone done) {
  ChildSa& child = sa.AddChild(choice->config);
  child.selectors = choice->selectors;
  child.suite = choice->choice.suite;
  child.spi_out = static_cast<uint32_t>(choice->choice.proposal.spi);
  child.transport = choice->transport;
  child.replaces = replaces;
  const Place place = PlaceOf(core, sa, child);
  const auto accepting =
      std::make_shared<Accepting>(Accepting{std::move(choice), std::move(keys), std::move(done)});
  child.peers = true;
  if (const ChildSa* old = replaces == 0 ? nullptr : sa.FindChild(replaces)) {
    child.peers = old->peers;
    child.policy = old->policy;
    return ReserveAccepted(place, accepting);
  }
  core.fwd().Open(OpenOf(sa, *accepting->choice),
                  [place, accepting](const Result<api::PolicyOpened>& opened) {
                    const Core::ChildRef found = place.Find();
                    if (found.child == nullptr) return;
                    if (!opened) return Fail(place, accepting);
                    found.child->policy = opened->policy;
                    ReserveAccepted(place, accepting);
                  });
}

void GoOnAccepted(Core& core, const IkeSa& sa, const ChildSa& child,
                  std::shared_ptr<const ChildKeys> keys, ChildDone done) {
  const Place place = PlaceOf(core, sa, child);
  InstallInbound(place,
                 std::make_shared<Accepting>(Accepting{nullptr, std::move(keys), std::move(done)}));
}

void WriteAccepted(const ChildSa& child, const ChildChoice& choice, MessageBuilder& message) {
  Proposal proposal = choice.choice.proposal;
  proposal.spi = child.spi_in;
  AddTransport(child, message);
  AddSa(message, {&proposal, 1});
  AddTs(message, PayloadType::kTsInitiator, {&child.selectors.remote, 1});
  AddTs(message, PayloadType::kTsResponder, {&child.selectors.local, 1});
}

void InstallOutbound(Core& core, IkeSa& sa, ChildSa& child, const ChildKeys& keys) {
  Core* const shared_core = &core;
  Install(
      core, sa, child, DirectionOf(api::FastDirection::kOut, keys, Side::kResponder),
      [shared_core](IkeSa& owner, ChildSa& out, bool up) { SetUp(*shared_core, owner, out, up); });
}

void InstallLater(Core& core, IkeSa& sa, ChildSa& child) {
  const auto keys = std::exchange(child.outbound_later, nullptr);
  if (keys == nullptr) return;
  child.rekey_at_ns = 0;
  InstallOutbound(core, sa, child, *keys);
}

bool InstallSuccessor(Core& core, IkeSa& sa, const ChildSa& child) {
  bool on_its_way = false;
  for (const auto& other : sa.children) {
    if (other->replaces != child.id || other->state == ChildSa::State::kDeleting) continue;
    InstallLater(core, sa, *other);
    // One whose key exchanges go on may never come.
    const bool agreed =
        other->state == ChildSa::State::kUp || other->state == ChildSa::State::kInstalling;
    on_its_way = on_its_way || (agreed && other->sa_out == 0);
  }
  return on_its_way;
}

}  // namespace vam::ike::v2
