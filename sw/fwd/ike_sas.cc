#include "sw/fwd/ike_sas.h"

#include <algorithm>
#include <optional>

#include "sw/api/fast_address.h"
#include "sw/base/log.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

using api::EventKind;
using offload::Broker;

constexpr uint64_t kSoftBeforeNs = 30 * kNsPerSecond;
constexpr uint64_t kSoftBeforeBytes = 256 * 1024;
constexpr unsigned kSpiTries = 64;

// A value before `hard`; half of it when it is too small for that.
uint64_t Before(uint64_t hard, uint64_t margin) {
  return hard > 2 * margin ? hard - margin : hard / 2;
}

std::optional<EventKind> KindOf(ipsec::EventType type) {
  switch (type) {
    case ipsec::EventType::kSoftBytes:
      return EventKind::kSoftBytes;
    case ipsec::EventType::kSoftPackets:
      return EventKind::kSoftPackets;
    case ipsec::EventType::kHardBytes:
    case ipsec::EventType::kHardPackets:
      return EventKind::kHardExpired;
    case ipsec::EventType::kSeqWatermark:
      return EventKind::kSequenceNear;
    case ipsec::EventType::kSeqOverflow:
      return EventKind::kSequenceOverflow;
    case ipsec::EventType::kFault:
      return EventKind::kEngineFailed;
  }
  return std::nullopt;
}

uint64_t Sooner(uint64_t a, uint64_t b) {
  if (a == 0) return b;
  return b == 0 ? a : std::min(a, b);
}

}  // namespace

void SetRekeyPoint(IkeSaRequest& request) {
  ipsec::Lifetimes& lifetimes = request.params.lifetimes;
  if (request.soft_ns == 0 && request.hard_ns != 0) {
    request.soft_ns = Before(request.hard_ns, kSoftBeforeNs);
  }
  if (lifetimes.soft_bytes == 0 && lifetimes.hard_bytes != 0) {
    lifetimes.soft_bytes = Before(lifetimes.hard_bytes, kSoftBeforeBytes);
  }
}

IkeSas::SpiKey IkeSas::KeyOf(const ipsec::SaSettings& sa) {
  return {sa.local, sa.vrf_tag, static_cast<uint8_t>(sa.protocol), sa.spi.value};
}

const ipsec::SaSettings& IkeSas::SettingsOf(const Sa& sa) const {
  return sa.settings != nullptr ? *sa.settings : PathOf(sa).settings;
}

IkeSas::AssemblyKey IkeSas::AssemblyOf(const Sa& sa) const {
  const ipsec::SaSettings& settings = SettingsOf(sa);
  return {sa.policy, sa.ike_sa, static_cast<uint8_t>(settings.direction),
          sa.bundle_size == 1 ? settings.id : 0};
}

const CompiledEntry* IkeSas::entry(uint32_t id) const {
  if (ipsec::IsTemporary(id)) {
    const TemporaryEntries::Temporary* temporary = temporaries_.Get(id);
    return temporary == nullptr ? nullptr : &temporary->entry;
  }
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.get();
}

bool IkeSas::Negotiates(uint64_t policy) const {
  if (larval_of_.contains(policy)) return true;
  const auto assembly = assemblies_.lower_bound({policy, 0, 0, 0});
  return assembly != assemblies_.end() && std::get<0>(assembly->first) == policy;
}

void IkeSas::EndLarval(uint64_t policy) {
  --larval_;
  const auto of = larval_of_.find(policy);
  if (--of->second == 0) larval_of_.erase(of);
}

void IkeSas::CloseSet(uint32_t set, EventKind why) {
  const uint64_t policy = parts_.sets.at(set).id;
  std::vector<uint64_t> gone;
  for (auto at = by_policy_.lower_bound({policy, 0}); at != by_policy_.end(); ++at) {
    if (at->first != policy) break;
    gone.push_back(at->second);
  }
  for (const uint64_t id : gone) Remove(id, &why, 0);
  parts_.path.Release(policy);
  parts_.sets.Close(set);
}

Result<IkeSas::Opened> IkeSas::Open(const Proposal& proposal) {
  const auto found = by_name_.find({proposal.map, proposal.sequence});
  if (found == by_name_.end()) return Err(ErrorCode::kNotFound, "no such crypto map entry");
  const CompiledEntry& entry = *entries_.at(found->second.front());
  if (entry.rules.kind == EntryKind::kDynamic) return OpenTemporary(proposal, found->second);
  if (proposal.dynamic_sequence != 0 || !proposal.peer.is_none()) {
    return Err(ErrorCode::kInvalidArgument, "peers of dynamic maps only are named");
  }
  if (proposal.line >= entry.lines.size() || !entry.lines[proposal.line].permit) {
    return Err(ErrorCode::kNotFound, "no such permit line");
  }
  SaSetKey key;
  key.entry = entry.id;
  key.line = proposal.line;
  if (entry.rules.per_interface) key.interface = proposal.interface;
  if (entry.rules.per_host) {
    if (proposal.source.is_none() || proposal.destination.is_none()) {
      return Err(ErrorCode::kInvalidArgument, "the entry has SAs per pair of hosts");
    }
    key.source = proposal.source;
    key.destination = proposal.destination;
  }
  VAM_TRY(const uint32_t set, parts_.sets.Open(key));
  parts_.sets.at(set).touched_ns = parts_.clock.MonotonicNs();
  return Opened{parts_.sets.at(set).id, 0};
}

Result<uint32_t> IkeSas::FreeSpi(const ipsec::SaSettings& sa) {
  ipsec::SaSettings tried = sa;
  for (unsigned i = 0; i < kSpiTries; ++i) {
    tried.spi.value = parts_.rng.U32();
    if (tried.spi.value < ipsec::kFirstSpi || spis_.contains(KeyOf(tried))) continue;
    if (parts_.manual.UsesSpi(sa.local, sa.protocol, tried.spi.value)) continue;
    // A manual SA that was changed may still be on its way out.
    if (parts_.sets.FindInbound(SaSets::KeyOf(tried)) != nullptr) continue;
    return tried.spi.value;
  }
  return Err(ErrorCode::kExhausted, "no free SPI was found");
}

Result<std::vector<IkeSas::Reservation>> IkeSas::Reserve(uint64_t policy, const net::Address& local,
                                                         uint16_t vrf_tag, ipsec::Protocol protocol,
                                                         size_t count, uint64_t lifetime_ns) {
  if (parts_.sets.FindId(policy) == kNoSet) return Err(ErrorCode::kNotFound, "no such SA set");
  if (count == 0 || count > kMaxBundle) {
    return Err(ErrorCode::kInvalidArgument, "1 to 4 SPIs at a time");
  }
  if (lifetime_ns == 0 || lifetime_ns > kMaxLarvalNs) {
    return Err(ErrorCode::kInvalidArgument, "an SPI is reserved for up to 120 s");
  }
  if (local.is_none()) return Err(ErrorCode::kInvalidArgument, "no local address");
  if (larval_ + count > kMaxLarval) return Err(ErrorCode::kExhausted, "too many larval SAs");
  std::vector<Reservation> reserved;
  for (size_t i = 0; i < count; ++i) {
    ipsec::SaSettings settings;
    settings.direction = ipsec::Direction::kIn;
    settings.local = local;
    settings.vrf_tag = vrf_tag;
    settings.protocol = protocol;
    VAM_TRY(settings.spi.value, FreeSpi(settings));
    settings.id = parts_.ids.Next();
    Sa& sa = sas_[settings.id];
    sa.policy = policy;
    sa.since_ns = parts_.clock.MonotonicNs();
    sa.ends_ns = sa.since_ns + lifetime_ns;
    spis_.insert(KeyOf(settings));
    ++larval_;
    ++larval_of_[policy];
    reserved.push_back({settings.id, settings.spi.value});
    parts_.path.Expect(SaSets::KeyOf(settings), settings.id);
    Watch(settings.id, sa);
    by_policy_.emplace(policy, settings.id);
    sa.settings = std::make_unique<const ipsec::SaSettings>(settings);
  }
  return reserved;
}

Status IkeSas::CheckInbound(const IkeSaRequest& request) const {
  const ipsec::SaParams& params = request.params;
  const auto found = sas_.find(params.id);
  if (found == sas_.end() || found->second.state != State::kLarval) {
    return Err(ErrorCode::kNotFound, "no SPI is reserved under this id");
  }
  if (found->second.policy != request.policy || KeyOf(SettingsOf(found->second)) != KeyOf(params)) {
    return Err(ErrorCode::kInvalidArgument, "not what the SPI was reserved for");
  }
  return Ok();
}

// The outermost SA of a bundle is what UDP carries: ESP, for a NAT changes what AH protects.
Status IkeSas::CheckUdp(const IkeSaRequest& request) {
  if (request.udp_local == 0 && request.udp_remote == 0) return Ok();
  if (request.params.protocol != ipsec::Protocol::kEsp) {
    return Err(ErrorCode::kUnsupported, "AH in UDP (RFC 3948 is for ESP)");
  }
  if (request.udp_local != net::kNattPort || request.udp_remote == 0) {
    return Err(ErrorCode::kInvalidArgument, "ESP in UDP goes from port 4500 to a port above 0");
  }
  return Ok();
}

// The place in its bundle, and what it replaces.
Status IkeSas::CheckPlace(const IkeSaRequest& request) const {
  if (request.bundle_size == 0 || request.bundle_size > kMaxBundle ||
      request.bundle_index >= request.bundle_size) {
    return Err(ErrorCode::kInvalidArgument, "a bundle has 1 to 4 SAs");
  }
  const AssemblyKey key{request.policy, request.ike_sa,
                        static_cast<uint8_t>(request.params.direction), 0};
  const auto found = assemblies_.find(key);
  if (request.bundle_size != 1 && found != assemblies_.end()) {
    for (size_t i = 0; i < kMaxBundle; ++i) {
      if (found->second[i] == 0) continue;
      if (i == request.bundle_index) return Err(ErrorCode::kExists, "the bundle has this SA");
      const Sa& other = sas_.at(found->second[i]);
      if (other.bundle_size != request.bundle_size) {
        return Err(ErrorCode::kInvalidArgument, "the bundle has another size");
      }
      if (other.in_udp != (request.udp_local != 0)) {
        return Err(ErrorCode::kInvalidArgument, "a bundle is in UDP as a whole, and without AH");
      }
    }
  }
  if (request.replaces == 0) return Ok();
  const auto old = sas_.find(request.replaces);
  if (old == sas_.end() || old->second.policy != request.policy ||
      SettingsOf(old->second).direction != request.params.direction) {
    return Err(ErrorCode::kNotFound, "the SA that it replaces is not of this set");
  }
  return Ok();
}

Status IkeSas::Check(const IkeSaRequest& request) const {
  const uint32_t set = parts_.sets.FindId(request.policy);
  if (set == kNoSet) return Err(ErrorCode::kNotFound, "no such SA set");
  const bool inbound = request.params.direction == ipsec::Direction::kIn;
  if (!inbound && request.params.id != 0) {
    return Err(ErrorCode::kInvalidArgument, "an outbound SA gets its id here");
  }
  if (inbound) VAM_TRY_STATUS(CheckInbound(request));
  VAM_TRY_STATUS(CheckUdp(request));
  VAM_TRY_STATUS(CheckPlace(request));
  if (request.hard_ns != 0 && request.soft_ns > request.hard_ns) {
    return Err(ErrorCode::kInvalidArgument, "soft lifetime above the hard one");
  }
  const ipsec::Lifetimes& lifetimes = request.params.lifetimes;
  if ((lifetimes.hard_bytes != 0 && lifetimes.soft_bytes > lifetimes.hard_bytes) ||
      (lifetimes.hard_packets != 0 && lifetimes.soft_packets > lifetimes.hard_packets)) {
    return Err(ErrorCode::kInvalidArgument, "soft lifetime above the hard one");
  }
  return ipsec::Validate(request.params);
}

uint64_t IkeSas::Register(IkeSaRequest& request, uint32_t token) {
  const uint64_t id = request.params.id;
  const bool was_larval = sas_.contains(id);
  by_policy_.emplace(request.policy, id);
  if (was_larval) EndLarval(request.policy);
  Sa& sa = sas_[id];
  sa.state = State::kInstalling;
  ipsec::SaSettings settings = request.params;
  if (request.bundle_index + 1 == request.bundle_size) {
    settings.udp_local = request.udp_local;
    settings.udp_remote = request.udp_remote;
  }
  sa.settings = std::make_unique<const ipsec::SaSettings>(settings);
  sa.in_udp = request.udp_local != 0;
  sa.policy = request.policy;
  sa.ike_sa = request.ike_sa;
  sa.replaces = request.replaces;
  sa.token = token;
  sa.bundle_index = request.bundle_index;
  sa.bundle_size = request.bundle_size;
  sa.since_ns = parts_.clock.MonotonicNs();
  sa.ends_ns = sa.since_ns + kAssemblyNs;
  if (request.soft_ns != 0) sa.soft_at_ns = sa.since_ns + request.soft_ns;
  if (request.hard_ns != 0) sa.hard_at_ns = sa.since_ns + request.hard_ns;
  sa.idle_ns = request.idle_ns;
  sa.silence_ns = request.silence_ns;
  sa.peer = std::move(request.peer);
  Watch(id, sa);
  assemblies_[AssemblyOf(sa)][sa.bundle_index] = id;
  installing_.push_back(id);
  return id;
}

Result<uint64_t> IkeSas::Install(IkeSaRequest request, uint32_t token) {
  SetRekeyPoint(request);
  const Status checked = Check(request);
  if (!checked) {
    ++totals_.refused;
    return checked.error();
  }
  ipsec::SaParams& params = request.params;
  const bool outbound = params.direction == ipsec::Direction::kOut;
  if (outbound) params.id = parts_.ids.Next();
  if (outbound && !params.esn) params.seq_watermark = 0xffffffff - kNumbersLeft;
  const SaSetKey& key = parts_.sets.at(parts_.sets.FindId(request.policy)).key;
  if (const CompiledEntry* of = entry(key.entry)) params.df_mode = of->DfOn(key.interface);
  VAM_TRY_STATUS(parts_.broker.Install(params, RateOf(request.replaces)));
  return Register(request, token);
}

// An engine has answered for an SA.
void IkeSas::OnEngine(uint64_t sa_id) {
  Sa& sa = sas_.at(sa_id);
  const Broker::Placement* placed = parts_.broker.Find(sa_id);
  if (placed != nullptr && placed->state == Broker::State::kUp) {
    sa.state = State::kWaiting;
    ++totals_.installed;
    installed_.push_back({sa.token, sa_id, Ok()});
    return Assemble(AssemblyOf(sa));
  }
  Log(LogLevel::kError, "SA {}: {}", sa_id, placed == nullptr ? "gone" : placed->reason);
  ++totals_.refused;
  installed_.push_back({sa.token, sa_id, Err(ErrorCode::kUnavailable, "no engine takes the SA")});
  sa.state = State::kWaiting;  // it has its answer
  Remove(sa_id, nullptr, 0);
}

// All SAs of a bundle are up: packets may use it.
void IkeSas::Assemble(const AssemblyKey& key) {
  const auto found = assemblies_.find(key);
  if (found == assemblies_.end()) return;
  std::vector<PathSa> sas;
  for (const uint64_t id : found->second) {
    if (id == 0) break;
    const Sa& sa = sas_.at(id);
    if (sa.state != State::kWaiting) return;
    sas.emplace_back().settings = SettingsOf(sa);
  }
  const Assembly ids = found->second;
  const uint64_t first = ids[0] != 0 ? ids[0] : *std::ranges::max_element(ids);
  if (sas.size() != sas_.at(first).bundle_size) return;
  assemblies_.erase(found);
  const uint64_t policy = sas_.at(first).policy;
  const uint32_t set = parts_.sets.FindId(policy);
  VAM_CHECK(set != kNoSet);  // its SAs go with it
  const ipsec::Direction direction = SettingsOf(sas_.at(first)).direction;
  const auto added = parts_.sets.Add(set, direction, std::move(sas));
  if (!added) {
    // A manual SA was configured with this SPI meanwhile.
    Log(LogLevel::kError, "SA {}: {}", first, added.error().text);
    const EventKind why = EventKind::kEngineFailed;
    for (const uint64_t id : ids) {
      if (id != 0) Remove(id, &why, 0);
    }
    return;
  }
  const uint64_t now_ns = parts_.clock.MonotonicNs();
  for (const uint64_t id : ids) {
    if (id == 0) continue;
    Sa& sa = sas_.at(id);
    sa.state = State::kLive;
    sa.bundle = *added;
    sa.settings.reset();
    sa.ends_ns = 0;
    if (sa.idle_ns != 0) sa.idle_at_ns = now_ns + sa.idle_ns;
    sa.idle_packets = PacketsOf(sa);
    if (sa.silence_ns != 0) CheckSilence(id, sa, now_ns);
    if (sa.peer != nullptr) parts_.sets.at(set).peer = std::move(sa.peer);
    Watch(id, sa);
  }
  if (auto* temporary = temporaries_.Get(parts_.sets.at(set).key.entry)) temporary->had_sas = true;
  if (direction != ipsec::Direction::kOut) {
    for (const uint64_t id : ids) {
      if (id != 0) parts_.path.Settle(SaSets::KeyOf(SettingsOf(sas_.at(id))));
    }
    return;
  }
  if (parts_.sets.at(set).orphaned) EndOrphans(policy);
  parts_.path.Release(policy);
}

std::vector<uint64_t> IkeSas::BundleOf(uint64_t sa_id) const {
  const Sa& sa = sas_.at(sa_id);
  std::vector<uint64_t> ids;
  if (const Bundle* bundle = parts_.sets.Get(sa.bundle)) {
    for (const PathSa& one : bundle->sas) ids.push_back(one.settings.id);
    return ids;
  }
  const auto found = assemblies_.find(AssemblyOf(sa));
  const bool in_parts = sa.state == State::kInstalling || sa.state == State::kWaiting;
  if (!in_parts || found == assemblies_.end()) return {sa_id};
  for (const uint64_t id : found->second) {
    if (id != 0) ids.push_back(id);
  }
  return ids;
}

void IkeSas::Remove(uint64_t sa_id, const EventKind* why, uint64_t value) {
  if (!sas_.contains(sa_id)) return;
  std::vector<Leaving> bundle;
  for (const uint64_t id : BundleOf(sa_id)) {
    bundle.push_back({id, SettingsOf(sas_.at(id)), InstalledKeyOf(sas_.at(id))});
  }
  const Sa& sa = sas_.at(sa_id);
  if (sa.state == State::kInstalling || sa.state == State::kWaiting) {
    assemblies_.erase(AssemblyOf(sa));
  }
  parts_.sets.Remove(sa.bundle);
  for (const Leaving& leaving : bundle) {
    if (why != nullptr) notices_.push_back({leaving.sa_id, *why, value});
    Erase(leaving);
  }
}

void IkeSas::Erase(const Leaving& leaving) {
  const uint64_t sa_id = leaving.sa_id;
  const auto node = sas_.extract(sa_id);
  const Sa& sa = node.mapped();
  by_policy_.erase({sa.policy, sa_id});
  if (!HasSas(sa.policy)) emptied_.push_back(sa.policy);
  const bool inbound = leaving.settings.direction == ipsec::Direction::kIn;
  if (inbound) parts_.path.Settle(SaSets::KeyOf(leaving.settings));
  const SpiKey key = KeyOf(leaving.settings);
  if (sa.state == State::kLarval) {
    EndLarval(sa.policy);
    spis_.erase(key);
    return;
  }
  if (sa.state == State::kInstalling) {
    std::erase(installing_, sa_id);
    installed_.push_back({sa.token, sa_id, Err(ErrorCode::kUnavailable, "its bundle was removed")});
  }
  static_cast<void>(parts_.broker.Remove(sa_id));
  if (!inbound) return;
  if (key != leaving.installed) spis_.erase(key);
  if (parts_.broker.Find(sa_id) == nullptr) {
    spis_.erase(leaving.installed);
  } else {
    leaving_.emplace(sa_id, leaving.installed);
  }
}

Status IkeSas::Delete(uint64_t sa_id, bool drain) {
  const auto found = sas_.find(sa_id);
  if (found == sas_.end()) return Err(ErrorCode::kNotFound, "no SA has this id");
  const bool inbound = SettingsOf(found->second).direction == ipsec::Direction::kIn;
  if (drain && !inbound) return Err(ErrorCode::kInvalidArgument, "an outbound SA does not drain");
  ++totals_.deleted;
  if (!drain || found->second.state != State::kLive) {
    Remove(sa_id, nullptr, 0);
    return Ok();
  }
  const uint64_t now_ns = parts_.clock.MonotonicNs();
  for (const uint64_t id : BundleOf(sa_id)) {
    Sa& sa = sas_.at(id);
    sa.state = State::kDraining;
    sa.since_ns = now_ns;
    sa.ends_ns = now_ns + kDrainNs;
    sa.soft_at_ns = sa.idle_at_ns = sa.silence_at_ns = 0;
    Watch(id, sa);
  }
  return Ok();
}

size_t IkeSas::Clear(const std::function<bool(const Sa&)>& which) {
  std::vector<uint64_t> ids;
  for (const auto& [id, sa] : sas_) {
    if (sa.state != State::kLarval && which(sa)) ids.push_back(id);
  }
  size_t count = 0;
  const EventKind why = EventKind::kCleared;
  for (const uint64_t id : ids) {
    if (!sas_.contains(id)) continue;  // it went with its bundle
    count += BundleOf(id).size();
    Remove(id, &why, 0);
  }
  totals_.cleared += count;
  return count;
}

bool IkeSas::OnEvent(const Broker::Event& event) {
  const auto found = sas_.find(event.sa_id);
  const std::optional<EventKind> kind = KindOf(event.type);
  if (found == sas_.end() || !kind) return false;
  if (*kind == EventKind::kHardExpired) {
    ++totals_.expired_volume;
    Remove(event.sa_id, &*kind, event.value);
    return true;
  }
  notices_.push_back({event.sa_id, *kind, event.value});
  return true;
}

void IkeSas::Watch(uint64_t sa_id, Sa& sa) {
  const uint64_t due =
      Sooner(Sooner(Sooner(sa.soft_at_ns, sa.hard_at_ns), Sooner(sa.ends_ns, sa.idle_at_ns)),
             sa.silence_at_ns);
  if (due == 0 || (sa.watched_ns != 0 && sa.watched_ns <= due)) return;
  timers_.push({due, sa_id});
  sa.watched_ns = due;
}

void IkeSas::OnTimer(const Timer& timer) {
  const uint64_t sa_id = timer.sa_id;
  const auto found = sas_.find(sa_id);
  // An earlier time was set since.
  if (found == sas_.end() || found->second.watched_ns != timer.due_ns) return;
  Sa& sa = found->second;
  sa.watched_ns = 0;
  const uint64_t now_ns = parts_.clock.MonotonicNs();
  const auto due = [now_ns](uint64_t at_ns) { return at_ns != 0 && at_ns <= now_ns; };
  const EventKind expired = EventKind::kHardExpired;
  if (due(sa.hard_at_ns)) {
    ++totals_.expired_time;
    return Remove(sa_id, &expired, PacketsOf(sa));
  }
  if (due(sa.ends_ns)) {
    const bool drained = sa.state == State::kDraining;
    if (!drained) ++totals_.never_used;
    return Remove(sa_id, drained ? nullptr : &expired, 0);
  }
  if (due(sa.soft_at_ns)) {
    sa.soft_at_ns = 0;
    // Nothing in all its life: no rekey, the next packet asks for a new one (IOS-56).
    const uint64_t packets = PacketsOf(sa);
    if (packets != 0) notices_.push_back({sa_id, EventKind::kSoftTime, packets});
  }
  if (due(sa.idle_at_ns)) CheckIdle(sa_id, sa, now_ns);
  if (due(sa.silence_at_ns)) CheckSilence(sa_id, sa, now_ns);
  Watch(sa_id, sa);
}

// What is not live yet ends by itself: nobody installs the rest of it.
void IkeSas::Orphan() {
  for (auto& [id, sa] : sas_) {
    const uint32_t set = sa.state == State::kLive ? parts_.sets.FindId(sa.policy) : kNoSet;
    if (set == kNoSet || sa.orphan) continue;
    sa.orphan = true;
    parts_.sets.at(set).orphaned = true;
    ++totals_.orphaned;
  }
}

// The new role has an SA that goes out: packets take it from now on, and what is on its way comes
// in by the old ones for a while.
void IkeSas::EndOrphans(uint64_t policy) {
  parts_.sets.at(parts_.sets.FindId(policy)).orphaned = false;
  std::vector<uint64_t> ids;
  for (auto at = by_policy_.lower_bound({policy, 0}); at != by_policy_.end() && at->first == policy;
       ++at) {
    if (sas_.at(at->second).orphan) ids.push_back(at->second);
  }
  for (const uint64_t id : ids) {
    const auto found = sas_.find(id);
    if (found == sas_.end()) continue;  // it went with its bundle
    static_cast<void>(Delete(id, SettingsOf(found->second).direction == ipsec::Direction::kIn));
  }
}

// A failed card has taken its SAs along; their numbers are unknown (law 6).
void IkeSas::DropLost() {
  if (card_failed_ || !parts_.broker.card_failed()) return;
  card_failed_ = true;
  std::vector<uint64_t> lost;
  for (const auto& [id, sa] : sas_) {
    const Broker::Placement* placed = parts_.broker.Find(id);
    if (placed != nullptr && placed->lost) lost.push_back(id);
  }
  const EventKind why = EventKind::kEngineFailed;
  for (const uint64_t id : lost) {
    if (!sas_.contains(id)) continue;
    ++totals_.lost;
    Remove(id, &why, 0);
  }
}

// Sets of a pair of hosts that have had no SA and asked for none for a while give their places
// back.
void IkeSas::SweepHostSets() {
  if (parts_.sets.host_sets() == 0) return;
  const uint64_t now_ns = parts_.clock.MonotonicNs();
  if (now_ns < next_sweep_ns_) return;
  next_sweep_ns_ = now_ns + kHostSetIdleNs / 4;
  std::set<uint64_t> used;
  for (const auto& [id, sa] : sas_) used.insert(sa.policy);
  for (const uint32_t number : parts_.sets.All()) {
    const SaSet& set = parts_.sets.at(number);
    if (!set.key.per_host() || used.contains(set.id) || parts_.path.Waits(set.id)) continue;
    if (now_ns - set.touched_ns < kHostSetIdleNs) continue;
    parts_.sets.Close(number);
  }
}

void IkeSas::OnPlacement(uint64_t sa_id) {
  const auto found = leaving_.find(sa_id);
  if (found == leaving_.end() || parts_.broker.Find(sa_id) != nullptr) return;
  spis_.erase(found->second);
  leaving_.erase(found);
}

void IkeSas::TellMoved() {
  for (const EnginePath::EndpointMoved& moved : parts_.path.TakeMoved()) {
    const auto found = sas_.find(moved.sa_id);
    if (found == sas_.end()) continue;
    const ipsec::SaSettings& sa = SettingsOf(found->second);
    Notice notice{moved.sa_id, EventKind::kEndpointChanged};
    notice.endpoints.local = api::ToFast(sa.local);
    notice.endpoints.remote = api::ToFast(moved.remote);
    notice.endpoints.local_port = sa.udp_local;
    notice.endpoints.remote_port = moved.remote_port;
    notice.endpoints.front_vrf = sa.vrf_tag;
    notice.endpoints.interface = moved.interface;
    notices_.push_back(notice);
  }
}

void IkeSas::Poll() {
  TellMoved();
  for (const BundleRef& ref : parts_.path.TakeFirstInbound()) {
    const Bundle* bundle = parts_.sets.Get(ref);
    if (bundle == nullptr) continue;
    for (const PathSa& sa : bundle->sas) {
      if (!sas_.contains(sa.settings.id)) continue;  // a manual one
      notices_.push_back({sa.settings.id, EventKind::kFirstInbound, 1});
    }
  }
  if (parts_.broker.epoch() != seen_epoch_) {
    seen_epoch_ = parts_.broker.epoch();
    DropLost();
    std::vector<uint64_t> answered;
    std::erase_if(installing_, [&](uint64_t id) {
      const Broker::Placement* placed = parts_.broker.Find(id);
      const bool asked = placed != nullptr && placed->state == Broker::State::kInstalling;
      if (!asked) answered.push_back(id);
      return !asked;
    });
    for (const uint64_t id : answered) {
      if (sas_.contains(id)) OnEngine(id);
    }
  }
  SweepHostSets();
  const uint64_t now_ns = timers_.empty() ? 0 : parts_.clock.MonotonicNs();
  while (!timers_.empty() && timers_.top().due_ns <= now_ns) {
    const Timer timer = timers_.top();
    timers_.pop();
    OnTimer(timer);
  }
  EndTemporaries();
}

}  // namespace vam::fwd
