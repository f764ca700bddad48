#include "sw/fwd/engine_path.h"

#include <fmt/core.h>
#include <rte_mbuf.h>

#include <algorithm>

#include "sw/fwd/engine_numbers.h"
#include "sw/fwd/outer_ends.h"
#include "sw/fwd/packet.h"
#include "sw/fwd/udp_encap.h"
#include "sw/ipsec/ip_packet.h"
#include "sw/net/ipv4.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

using State = offload::Broker::State;

// In front of SPI and sequence number.
constexpr size_t kAhSpiOffset = 4;
constexpr size_t kIpv4SourceAt = 12;
constexpr size_t kIpv6SourceAt = 8;
// What is not told of in one turn is told of with a later packet.
constexpr size_t kMaxMoved = 256;

ipsec::Op OpOf(const ipsec::SaSettings& sa) {
  const bool out = sa.direction == ipsec::Direction::kOut;
  if (sa.protocol == ipsec::Protocol::kIpComp)
    return out ? ipsec::Op::kIpCompOut : ipsec::Op::kIpCompIn;
  if (sa.protocol == ipsec::Protocol::kAh) return out ? ipsec::Op::kAhOut : ipsec::Op::kAhIn;
  return out ? ipsec::Op::kEspOut : ipsec::Op::kEspIn;
}

net::Ports UdpPorts(const ipsec::SaSettings& sa) { return {sa.udp_local, sa.udp_remote}; }

// Of an IP packet that an engine has accepted.
net::Address SourceOf(Bytes packet) {
  if (packet[0] >> 4 == 4) return net::Address::V4(LoadBe32(&packet[kIpv4SourceAt]));
  return *net::Address::FromBytes(packet.subspan(kIpv6SourceAt, 16));
}

// Whether the addresses of what comes out may be those that a NAT made: of the ends themselves.
bool ComesThroughNat(const Bundle& bundle) {
  return bundle.sas.back().settings.udp_remote != 0 &&
         bundle.sas.front().settings.mode == ipsec::Mode::kTransport;
}

// Whether the integrity check of an inbound packet that ended so had passed. (A destination that is
// too small is not among them: the card sees that before.)
bool PassedIntegrityCheck(Reason reason) {
  switch (reason) {
    case Reason::kOk:
    case Reason::kBadPadding:
    case Reason::kBadNextHeader:
    case Reason::kDummyPacket:
    case Reason::kInnerMalformed:
    case Reason::kSelectorMismatch:
    case Reason::kEcnDrop:
      return true;
    default:
      return false;
  }
}

}  // namespace

EnginePath::EnginePath(offload::Broker& broker, SaSets& sets, rte_mempool* pool, const Clock& clock)
    : broker_(broker), sets_(sets), pool_(pool), clock_(clock), flights_(kMaxFlights) {
  engines_[0].engine = broker.card();
  engines_[1].engine = &broker.software();
  for (EngineSide& side : engines_) side.batch.reserve(kMaxBatch);
  for (uint32_t i = 0; i < kMaxFlights; ++i) free_flights_.push_back(i);
}

EnginePath::~EnginePath() {
  for (Flight& flight : flights_) {
    rte_pktmbuf_free(flight.source);
    rte_pktmbuf_free(flight.result);
  }
  for (const Done& ended : early_ended_) rte_pktmbuf_free(ended.packet);
}

// The broker's answer is kept until it changes anything.
void EnginePath::Refresh(PathSa& sa) {
  if (sa.epoch == broker_.epoch()) return;
  sa.epoch = broker_.epoch();
  const offload::Broker::Placement* placed = broker_.Find(sa.settings.id);
  sa.state = placed == nullptr ? State::kRemoving : placed->state;
  sa.engine = placed == nullptr ? nullptr : placed->engine;
  sa.ref = placed == nullptr ? ipsec::SaRef::None() : placed->ref;
}

bool EnginePath::IsUp(PathSa& sa) {
  Refresh(sa);
  return sa.state == State::kUp && sa.engine->state() == ipsec::EngineState::kReady;
}

const Bundle* EnginePath::Newest(uint32_t set) const {
  if (!sets_.Has(set) || sets_.at(set).outbound.empty()) return nullptr;
  return &sets_.bundle(sets_.at(set).outbound.back());
}

// The newest outbound bundle whose SAs are all up; else the newest, which then says why not.
Bundle* EnginePath::Usable(SaSet& set) {
  for (size_t i = set.outbound.size(); i > 0; --i) {
    Bundle& bundle = sets_.bundle(set.outbound[i - 1]);
    bool up = true;
    for (PathSa& sa : bundle.sas) up = up && IsUp(sa);
    if (up) return &bundle;
  }
  return set.outbound.empty() ? nullptr : &sets_.bundle(set.outbound.back());
}

size_t EnginePath::EncapsulatedBytes(uint32_t set, size_t inner_bytes, size_t header_bytes) const {
  const Bundle* bundle = Newest(set);
  if (bundle == nullptr) return 0;
  size_t bytes = inner_bytes;
  for (const PathSa& sa : bundle->sas) {
    bytes = ipsec::EncapsulatedBytes(sa.settings, bytes, header_bytes);
    // What tunnel mode puts in front is a header without options.
    if (sa.settings.mode == ipsec::Mode::kTunnel) header_bytes = 0;
  }
  return bytes;
}

size_t EnginePath::PlaintextMtu(uint32_t set, size_t path_mtu, size_t header_bytes) const {
  const Bundle* bundle = Newest(set);
  if (bundle == nullptr) return 0;
  const std::vector<PathSa>& sas = bundle->sas;
  // The packet's own header is on top as long as no tunnel hides it.
  size_t tunnels = 0;
  for (const PathSa& sa : sas) tunnels += sa.settings.mode == ipsec::Mode::kTunnel ? 1 : 0;
  size_t mtu = path_mtu;
  for (auto sa = sas.rbegin(); sa != sas.rend() && mtu != 0; ++sa) {
    if (sa->settings.mode == ipsec::Mode::kTunnel) --tunnels;
    mtu = ipsec::PlaintextMtu(sa->settings, mtu, tunnels == 0 ? header_bytes : 0);
  }
  return mtu;
}

bool EnginePath::LooksAtPorts(uint32_t set) const {
  const Bundle* bundle = Newest(set);
  if (bundle == nullptr) return false;
  return std::ranges::any_of(bundle->sas,
                             [](const PathSa& sa) { return sa.settings.selectors.HasPorts(); });
}

uint32_t EnginePath::Select(rte_mbuf* packet, const ipsec::PolicyMatch& match,
                            const ipsec::Flow& flow) {
  PacketMeta& meta = Meta(packet);
  meta.policy_entry = match.entry;
  meta.policy_line = match.line;
  meta.sa_set = sets_.Find(match, meta.out_interface, flow);
  if (meta.sa_set != kNoSet && sets_.at(meta.sa_set).orphaned) [[unlikely]] {
    AskAnew(packet, match, flow);
  }
  return meta.sa_set;
}

// Transport mode is for packets between the SA's own ends; any other would arrive with addresses
// that its selectors refuse (SY-17).
Reason EnginePath::CheckMode(rte_mbuf* packet, const Bundle& bundle) {
  const ipsec::SaSettings& inner = bundle.sas[0].settings;
  if (inner.mode == ipsec::Mode::kTunnel) return Reason::kOk;
  const auto ip = ipsec::ParseIp(Data(packet));
  if (!ip) return Reason::kInnerMalformed;
  const bool between = ip->source() == inner.local && ip->destination() == inner.remote;
  return between ? Reason::kOk : Reason::kSelectorMismatch;
}

Reason EnginePath::Encapsulate(rte_mbuf* packet) {
  const uint32_t number = Meta(packet).sa_set;
  if (!sets_.Has(number)) return Reason::kPolicyNoSa;
  SaSet& set = sets_.at(number);
  Bundle* bundle = Usable(set);
  if (bundle == nullptr) return Reason::kPolicyNoSa;
  set.counters.encaps.Add(1);
  Reason reason = CheckMode(packet, *bundle);
  if (reason == Reason::kOk) reason = Start(packet, *bundle, 0, 0);
  if (reason != Reason::kOk) CountEnd(&set, true, reason);
  return reason;
}

EnginePath::Arrival EnginePath::Find(const rte_mbuf* packet) const {
  Arrival arrival;
  const auto fail = [&arrival](Reason reason) {
    arrival.reason = reason;
    return arrival;
  };
  const auto ip = ipsec::ParseIp(Data(packet));
  if (!ip || !ip->chain_ok) return fail(Reason::kIpMalformed);
  if (ip->fragment) return fail(Reason::kOuterFragment);
  if (!net::IsIpsec(ip->upper.protocol)) return fail(Reason::kNotEsp);
  const auto protocol = static_cast<ipsec::Protocol>(ip->upper.protocol);
  const size_t spi_at = protocol == ipsec::Protocol::kAh ? kAhSpiOffset : 0;
  const Bytes payload = ip->payload();
  if (payload.size() < spi_at + ipsec::kEspHeaderBytes) return fail(Reason::kEspShort);
  SaSets::InboundKey& key = arrival.key;
  key.local = ip->destination();
  key.spi = LoadBe32(&payload[spi_at]);
  key.vrf_tag = Meta(packet).vrf;
  key.protocol = protocol;
  arrival.place = sets_.FindInbound(key);
  arrival.number = LoadBe32(&payload[spi_at + 4]);
  return arrival.place == nullptr ? arrival : fail(Reason::kOk);
}

uint32_t EnginePath::ArrivalEntry(const rte_mbuf* packet) const {
  const Arrival arrival = Find(packet);
  if (arrival.reason != Reason::kOk) return kNoEntry;
  return sets_.at(sets_.bundle(arrival.place->bundle).set).key.entry;
}

Reason EnginePath::Decapsulate(rte_mbuf* packet) {
  const Arrival arrival = Find(packet);
  if (arrival.reason != Reason::kOk) {
    if (arrival.reason == Reason::kNoSa && HoldEarly(packet, arrival.key)) return Reason::kOk;
    if (events_ != nullptr) events_->SayInbound(arrival.reason, nullptr, Data(packet));
    if (arrival.reason == Reason::kNoSa && faults_ != nullptr && ike_present_) {
      faults_->UnknownSpi(Data(packet), Meta(packet));
    }
    return arrival.reason;
  }
  Bundle& bundle = sets_.bundle(arrival.place->bundle);
  SaSet& set = sets_.at(bundle.set);
  set.counters.decaps.Add(1);
  const bool outermost = arrival.place->position + 1 == bundle.sas.size();
  const Reason reason = outermost ? Start(packet, bundle, arrival.place->position, arrival.number)
                                  : Reason::kBundleMismatch;
  if (reason != Reason::kOk) CountEnd(&set, false, reason);
  return reason;
}

Reason EnginePath::Start(rte_mbuf* packet, Bundle& bundle, size_t position, uint32_t number) {
  PathSa& sa = bundle.sas[position];
  const bool encapsulate = bundle.direction == ipsec::Direction::kOut;
  Refresh(sa);
  if (sa.state == State::kRemoving || sa.state == State::kInstalling) {
    return encapsulate ? Reason::kPolicyNoSa : Reason::kNoSa;
  }
  if (sa.state == State::kDown || sa.engine->state() != ipsec::EngineState::kReady) {
    return Reason::kEngineFailed;
  }
  const uint8_t index = sa.engine == engines_[0].engine ? 0 : 1;
  EngineSide& side = engines_[index];
  if (side.batch.size() == kMaxBatch) Flush();
  if (free_flights_.empty() || side.batch.size() == kMaxBatch) return Reason::kEngineFull;
  rte_mbuf* result = rte_pktmbuf_alloc(pool_);
  if (result == nullptr) return Reason::kNoBuffer;
  // The engine finds it by the address that the SA was installed with.
  if (!encapsulate && sa.has_moved()) SetDestination(Data(packet), sa.installed_local);
  const uint32_t slot = free_flights_.back();
  free_flights_.pop_back();
  const bool outermost = position + 1 == bundle.sas.size();
  flights_[slot] = {packet,
                    result,
                    bundle.ref,
                    number,
                    static_cast<uint8_t>(position),
                    outermost,
                    encapsulate,
                    index,
                    outermost && encapsulate ? UdpPorts(sa.settings) : net::Ports{}};
  ipsec::Job job;
  job.op = OpOf(sa.settings);
  job.sa = sa.ref;
  job.vrf_tag = sa.settings.vrf_tag;
  job.src = Data(packet);
  job.dst = {rte_pktmbuf_mtod(result, uint8_t*), rte_pktmbuf_tailroom(result)};
  job.cookie = slot;
  side.batch.push_back(job);
  ++in_flight_;
  return Reason::kOk;
}

void EnginePath::Flush() {
  for (EngineSide& side : engines_) {
    if (side.batch.empty()) continue;
    const size_t taken = side.engine->Submit(side.batch);
    side.outstanding += taken;
    // The rest is offered again with the next flush: ring full is back-pressure, bounded by the
    // flights.
    side.batch.erase(side.batch.begin(), side.batch.begin() + static_cast<ptrdiff_t>(taken));
  }
}

size_t EnginePath::Poll(std::span<Done> done) {
  broker_.Poll();
  TendEngines();
  size_t count = broker_.card_failed() ? AbandonFailed(done) : 0;
  std::array<ipsec::Done, kMaxBatch> finished;
  for (EngineSide& side : engines_) {
    if (side.engine == nullptr || side.outstanding == 0) continue;
    const size_t room = std::min(done.size() - count, finished.size());
    const size_t n = side.engine->Poll(std::span(finished).first(room));
    side.outstanding -= n;
    for (size_t i = 0; i < n; ++i) count += Finish(side, finished[i], done[count]) ? 1 : 0;
  }
  if (InFlight() != in_flight_) count += PollPending(done.subspan(count));
  return count;
}

void EnginePath::TendEngines() {
  const uint64_t now_ns = clock_.MonotonicNs();
  for (EngineSide& side : engines_) {
    // What is left comes next turn.
    if (side.engine != nullptr) static_cast<void>(side.engine->Tend(now_ns));
  }
}

// Packets that a failed card will never give back end here, so that none vanishes. Its memory
// accesses have stopped: the engine resets the card before it reports failure.
size_t EnginePath::AbandonFailed(std::span<Done> done) {
  EngineSide& side = engines_[0];
  side.batch.clear();
  side.outstanding = 0;
  size_t count = 0;
  for (uint32_t slot = 0; slot < flights_.size() && count < done.size(); ++slot) {
    if (flights_[slot].source == nullptr || flights_[slot].side != 0) continue;
    ipsec::Done lost;
    lost.cookie = slot;
    lost.reason = Reason::kEngineFailed;
    count += Finish(side, lost, done[count]) ? 1 : 0;
  }
  return count;
}

void EnginePath::CountEnd(SaSet* set, bool encapsulate, Reason reason) {
  if (set == nullptr) return;
  set->counters.drops.Count(reason);
  (encapsulate ? set->counters.send_errors : set->counters.recv_errors).Add(1);
}

void EnginePath::CountDrop(EngineSide& side, SaSet* set, bool encapsulate, Reason reason) {
  side.counters.drops[static_cast<size_t>(reason)].Add(1);
  CountEnd(set, encapsulate, reason);
  const bool said = set != nullptr && debug_ != nullptr && debug_->Wants(api::DEBUG_IPSEC);
  if (said) SayDrop(*set, encapsulate, reason);
}

void EnginePath::SayDrop(const SaSet& set, bool encapsulate, Reason reason) const {
  api::DebugContext context;
  context.flowids = {FlowNumber(set.id, ipsec::Direction::kIn),
                     FlowNumber(set.id, ipsec::Direction::kOut)};
  size_t direction = 0;
  for (const auto* bundles : {&set.inbound, &set.outbound}) {
    if (!bundles->empty()) {
      const ipsec::SaSettings& sa = sets_.bundle(bundles->back()).sas.back().settings;
      context.peer = net::ToString(sa.remote);
      context.front_vrf = context.inside_vrf = debug_->VrfName(sa.vrf_tag);
      context.spis[direction] = sa.spi.value;
      context.connids[direction] = ConnectionNumber(sa.id);
    }
    ++direction;
  }
  debug_->Say(api::DEBUG_IPSEC, true, context,
              fmt::format("IPSEC({}): packet of peer {} dropped: {}",
                          encapsulate ? "encaps" : "decaps", context.peer, ReasonName(reason)));
}

// Law 6 for inbound packets: what an engine accepted is delivered only under a number that is
// durable, or it could be accepted again after a restart. Such a packet is dropped, not held: it
// comes once per restart of the peer or in the first milliseconds of a burst, and one number block
// of the right size follows it.
Reason EnginePath::JudgeInbound(const Flight& flight, Bundle* bundle, Reason verdict) {
  if (!PassedIntegrityCheck(verdict)) return verdict;
  // Its SA went while an engine had it; the numbers of the next one are not its own.
  if (bundle == nullptr) return verdict == Reason::kOk ? Reason::kSaStale : verdict;
  PathSa& sa = bundle->sas[flight.position];
  if (sa.numbers == nullptr) return verdict;
  const InboundNumbers::Verdict number = sa.numbers->Admit(flight.number);
  if (number.ask) short_of_numbers_.push_back(sa.settings.id);
  return verdict == Reason::kOk && !number.durable ? Reason::kReplayUnreserved : verdict;
}

// RFC 4301, 5.2: a packet must come through all SAs of the bundle, in their order, and going out it
// takes the same way.
EnginePath::Step EnginePath::Continue(rte_mbuf* packet, const Flight& flight, Bundle* bundle) {
  if (flight.encapsulate) {
    if (flight.last && bundle != nullptr && bundle->sas.back().has_moved()) {
      const ipsec::SaSettings& sa = bundle->sas.back().settings;
      SetEnds(Data(packet), sa.local, sa.remote);
    }
    if (flight.last && flight.udp.source != 0) {
      const Reason reason = AddUdp(packet, flight.udp);
      return {reason == Reason::kOk ? Next::kDone : Next::kEnded, reason};
    }
    if (flight.last) return {};
    if (bundle == nullptr) return {Next::kEnded, Reason::kSaStale};
    const Reason reason = Start(packet, *bundle, flight.position + 1U, 0);
    return {reason == Reason::kOk ? Next::kGoesOn : Next::kEnded, reason};
  }
  if (flight.position == 0) {
    if (bundle != nullptr && ComesThroughNat(*bundle)) RepairUpperChecksum(Data(packet));
    return {};
  }
  // Alone IPComp is not looked for: a packet that was not compressed has no header of it.
  if (bundle->sas[flight.position - 1U].settings.protocol == ipsec::Protocol::kIpComp) {
    const Reason reason = Start(packet, *bundle, flight.position - 1U, 0);
    return {reason == Reason::kOk ? Next::kGoesOn : Next::kEnded, reason};
  }
  const Arrival arrival = Find(packet);
  const bool in_order = arrival.reason == Reason::kOk &&
                        arrival.place->bundle == flight.bundle.index &&
                        arrival.place->position + 1 == flight.position;
  if (!in_order) return {Next::kEnded, Reason::kBundleMismatch};
  const Reason reason = Start(packet, *bundle, arrival.place->position, arrival.number);
  return {reason == Reason::kOk ? Next::kGoesOn : Next::kEnded, reason};
}

// Requires: an engine accepted the inbound packet. What is older than the packet that showed the
// last change was under way when it came about.
void EnginePath::NoteEndpoint(const Flight& flight, Bundle& bundle) {
  const PacketMeta& meta = Meta(flight.source);
  if (!flight.last || meta.udp_port == 0) return;
  PathSa& sa = bundle.sas[flight.position];
  if (sa.settings.udp_remote == 0) return;
  const PathSa::Seen* const before = sa.seen.get();
  const net::Address from = SourceOf(Data(flight.source));
  const net::Address& known = before != nullptr ? before->address : sa.settings.remote;
  const uint16_t known_port = before != nullptr ? before->port : sa.settings.udp_remote;
  if (from == known && meta.udp_port == known_port) return;
  const uint64_t now_ns = clock_.MonotonicNs();
  if (before != nullptr && (static_cast<int32_t>(flight.number - before->number) <= 0 ||
                            now_ns - before->told_ns < kMovedIntervalNs)) {
    return;
  }
  if (moved_.size() == kMaxMoved) return;
  sa.seen =
      std::make_unique<PathSa::Seen>(PathSa::Seen{from, meta.udp_port, flight.number, now_ns});
  moved_.push_back({sa.settings.id, from, meta.udp_port, meta.in_interface});
}

rte_mbuf* EnginePath::TakeResult(const Flight& flight, EngineSide& side, uint32_t out_bytes) {
  Meta(flight.result) = Meta(flight.source);
  rte_pktmbuf_append(flight.result, static_cast<uint16_t>(out_bytes));
  const size_t inner = flight.encapsulate ? rte_pktmbuf_data_len(flight.source) : out_bytes;
  (flight.encapsulate ? side.counters.packets_out : side.counters.packets_in).Add(1);
  (flight.encapsulate ? side.counters.bytes_out : side.counters.bytes_in).Add(inner);
  rte_pktmbuf_free(flight.source);
  return flight.result;
}

void EnginePath::SayInbound(const Flight& flight, const Bundle& bundle, Reason reason) {
  const ipsec::SaSettings& sa = bundle.sas[flight.position].settings;
  if (events_ != nullptr) events_->SayInbound(reason, &sa, Data(flight.source));
  if (reason == Reason::kSelectorMismatch && faults_ != nullptr && ike_present_) {
    faults_->WrongSelectors(sa, Data(flight.source), Meta(flight.source));
  }
}

bool EnginePath::Finish(EngineSide& side, const ipsec::Done& finished, Done& out) {
  // Distrust: a cookie that is not in flight gives nothing back.
  if (finished.cookie >= flights_.size()) return false;
  if (flights_[finished.cookie].source == nullptr) return false;
  const Flight flight = std::exchange(flights_[finished.cookie], {});
  free_flights_.push_back(static_cast<uint32_t>(finished.cookie));
  --in_flight_;
  Bundle* bundle = sets_.Get(flight.bundle);
  SaSet* set = bundle == nullptr ? nullptr : &sets_.at(bundle->set);
  Reason reason =
      flight.encapsulate ? finished.reason : JudgeInbound(flight, bundle, finished.reason);
  if (reason != Reason::kOk) {
    CountDrop(side, set, flight.encapsulate, reason);
    if (bundle != nullptr && !flight.encapsulate) SayInbound(flight, *bundle, reason);
    rte_pktmbuf_free(flight.result);
    out = {flight.source, reason, flight.encapsulate};
    return true;
  }
  if (bundle != nullptr && !flight.encapsulate) NoteEndpoint(flight, *bundle);
  rte_mbuf* packet = TakeResult(flight, side, finished.out_bytes);
  const Step step = Continue(packet, flight, bundle);
  if (step.next == Next::kGoesOn) return false;
  out = {packet, step.reason, flight.encapsulate};
  if (step.next == Next::kEnded) {
    CountEnd(set, flight.encapsulate, step.reason);
    return true;
  }
  if (bundle == nullptr) return true;  // sent by an SA that has gone since
  (flight.encapsulate ? set->counters.encrypted : set->counters.decrypted).Add(1);
  if (bundle->packets++ == 0 && !flight.encapsulate) first_inbound_.push_back(bundle->ref);
  if (flight.encapsulate) return true;
  Meta(packet).policy_entry = set->key.entry;
  Meta(packet).policy_line = set->key.line;
  return true;
}

}  // namespace vam::fwd
