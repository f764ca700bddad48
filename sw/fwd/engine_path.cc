#include "sw/fwd/engine_path.h"

#include <rte_mbuf.h>

#include <algorithm>

#include "sw/fwd/packet.h"
#include "sw/net/ipv4.h"

namespace vam::fwd {

namespace {

constexpr size_t kMaxFlights = 1024;
constexpr size_t kMaxBatch = 64;

uint64_t InboundKey(uint32_t address, uint32_t spi) {
  return static_cast<uint64_t>(address) << 32 | spi;
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

EnginePath::EnginePath(offload::Broker& broker, rte_mempool* pool)
    : broker_(broker), pool_(pool), flights_(kMaxFlights) {
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
}

void EnginePath::Bind(uint32_t policy_entry, const ipsec::SaSettings& outbound,
                      const ipsec::SaSettings& inbound, std::optional<InboundNumbers> numbers) {
  Unbind(policy_entry);
  Pair& pair = pairs_[policy_entry];
  pair.outbound = outbound;
  pair.inbound_id = inbound.id;
  pair.inbound_key = InboundKey(inbound.local.v4(), inbound.spi.value);
  pair.numbers = numbers;
  inbound_[pair.inbound_key] = policy_entry;
}

void EnginePath::Unbind(uint32_t policy_entry) {
  const auto found = pairs_.find(policy_entry);
  if (found == pairs_.end()) return;
  inbound_.erase(found->second.inbound_key);
  pairs_.erase(found);
}

InboundNumbers* EnginePath::inbound_numbers(uint32_t policy_entry) {
  Pair* pair = FindPair(policy_entry);
  return pair == nullptr || !pair->numbers ? nullptr : &*pair->numbers;
}

EnginePath::Pair* EnginePath::FindPair(uint32_t entry) {
  const auto found = pairs_.find(entry);
  return found == pairs_.end() ? nullptr : &found->second;
}

size_t EnginePath::EncapsulatedBytes(uint32_t policy_entry, size_t inner_bytes) const {
  const auto found = pairs_.find(policy_entry);
  if (found == pairs_.end()) return 0;
  return ipsec::EncapsulatedBytes(found->second.outbound, inner_bytes);
}

size_t EnginePath::PlaintextMtu(uint32_t policy_entry, size_t path_mtu) const {
  const auto found = pairs_.find(policy_entry);
  if (found == pairs_.end()) return 0;
  return ipsec::PlaintextMtu(found->second.outbound, path_mtu);
}

Reason EnginePath::Encapsulate(rte_mbuf* packet) {
  const uint32_t entry = Meta(packet).policy_entry;
  Pair* pair = FindPair(entry);
  if (pair == nullptr) return Reason::kPolicyNoSa;
  pair->counters.encaps.Add(1);
  const Reason reason = Start(packet, ipsec::Op::kEspOut, entry, pair->outbound.id, 0);
  if (reason != Reason::kOk) {
    pair->counters.send_errors.Add(1);
    pair->counters.drops[static_cast<size_t>(reason)].Add(1);
  }
  return reason;
}

Reason EnginePath::Decapsulate(rte_mbuf* packet) {
  const Bytes data = Data(packet);
  const auto header = net::ParseIpv4(data);
  if (!header) return Reason::kIpMalformed;
  if (header->IsFragment()) return Reason::kOuterFragment;
  if (header->payload_bytes() < ipsec::kEspHeaderBytes) return Reason::kEspShort;
  const uint32_t spi = LoadBe32(&data[header->header_bytes]);
  const uint32_t number = LoadBe32(&data[header->header_bytes + 4]);
  const auto found = inbound_.find(InboundKey(header->destination.v4(), spi));
  if (found == inbound_.end()) return Reason::kNoSa;
  Pair& pair = pairs_.at(found->second);
  pair.counters.decaps.Add(1);
  const Reason reason = Start(packet, ipsec::Op::kEspIn, found->second, pair.inbound_id, number);
  if (reason != Reason::kOk) {
    pair.counters.recv_errors.Add(1);
    pair.counters.drops[static_cast<size_t>(reason)].Add(1);
  }
  return reason;
}

Reason EnginePath::Start(rte_mbuf* packet, ipsec::Op op, uint32_t entry, uint64_t sa_id,
                         uint32_t number) {
  const offload::Broker::Placement* placed = broker_.Find(sa_id);
  if (placed == nullptr || placed->state == offload::Broker::State::kRemoving ||
      placed->state == offload::Broker::State::kInstalling) {
    return op == ipsec::Op::kEspOut ? Reason::kPolicyNoSa : Reason::kNoSa;
  }
  if (placed->state == offload::Broker::State::kDown) return Reason::kEngineFailed;
  if (placed->engine->state() != ipsec::EngineState::kReady) return Reason::kEngineFailed;
  const uint8_t index = placed->engine == engines_[0].engine ? 0 : 1;
  EngineSide& side = engines_[index];
  if (side.batch.size() == kMaxBatch) Flush();
  if (free_flights_.empty() || side.batch.size() == kMaxBatch) return Reason::kEngineFull;
  rte_mbuf* result = rte_pktmbuf_alloc(pool_);
  if (result == nullptr) return Reason::kNoBuffer;
  const uint32_t slot = free_flights_.back();
  free_flights_.pop_back();
  flights_[slot] = {packet, result, sa_id, entry, number, op == ipsec::Op::kEspOut, index};
  ipsec::Job job;
  job.op = op;
  job.sa = placed->ref;
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
  size_t count = broker_.card_failed() ? AbandonFailed(done) : 0;
  std::array<ipsec::Done, kMaxBatch> finished;
  for (EngineSide& side : engines_) {
    if (side.engine == nullptr || side.outstanding == 0) continue;
    const size_t room = std::min(done.size() - count, finished.size());
    const size_t n = side.engine->Poll(std::span(finished).first(room));
    for (size_t i = 0; i < n; ++i) count += Finish(side, finished[i], done[count]) ? 1 : 0;
    side.outstanding -= n;
  }
  return count;
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

void EnginePath::CountDrop(EngineSide& side, Pair* pair, bool encapsulate, Reason reason) {
  side.counters.drops[static_cast<size_t>(reason)].Add(1);
  if (pair == nullptr) return;
  pair->counters.drops[static_cast<size_t>(reason)].Add(1);
  (encapsulate ? pair->counters.send_errors : pair->counters.recv_errors).Add(1);
}

// Law 6 for inbound packets: what an engine accepted is delivered only under a number that is
// durable, or it could be accepted again after a restart. Such a packet is dropped, not held: it
// comes once per restart of the peer or in the first milliseconds of a burst, and one number block
// of the right size follows it.
Reason EnginePath::JudgeInbound(const Flight& flight, Pair* pair, Reason verdict) {
  if (!PassedIntegrityCheck(verdict)) return verdict;
  // Its SA went while an engine had it; the numbers of the next one are not its own.
  if (pair == nullptr || pair->inbound_id != flight.sa_id) {
    return verdict == Reason::kOk ? Reason::kSaStale : verdict;
  }
  if (!pair->numbers) return verdict;
  const InboundNumbers::Verdict number = pair->numbers->Admit(flight.number);
  if (number.ask) short_of_numbers_.push_back(flight.entry);
  return verdict == Reason::kOk && !number.durable ? Reason::kReplayUnreserved : verdict;
}

bool EnginePath::Finish(EngineSide& side, const ipsec::Done& finished, Done& out) {
  // Distrust: a cookie that is not in flight gives nothing back.
  if (finished.cookie >= flights_.size()) return false;
  Flight& flight = flights_[finished.cookie];
  if (flight.source == nullptr) return false;
  Pair* pair = FindPair(flight.entry);
  const Reason reason =
      flight.encapsulate ? finished.reason : JudgeInbound(flight, pair, finished.reason);
  rte_mbuf* keep = flight.source;
  if (reason == Reason::kOk) {
    keep = flight.result;
    Meta(keep) = Meta(flight.source);
    Meta(keep).policy_entry = flight.entry;
    rte_pktmbuf_append(keep, static_cast<uint16_t>(finished.out_bytes));
    const size_t inner =
        flight.encapsulate ? rte_pktmbuf_data_len(flight.source) : finished.out_bytes;
    (flight.encapsulate ? side.counters.packets_out : side.counters.packets_in).Add(1);
    (flight.encapsulate ? side.counters.bytes_out : side.counters.bytes_in).Add(inner);
    if (pair != nullptr) {
      (flight.encapsulate ? pair->counters.encrypted : pair->counters.decrypted).Add(1);
    }
    rte_pktmbuf_free(flight.source);
  } else {
    CountDrop(side, pair, flight.encapsulate, reason);
    rte_pktmbuf_free(flight.result);
  }
  out = {keep, reason, flight.encapsulate};
  flight = {};
  free_flights_.push_back(static_cast<uint32_t>(finished.cookie));
  --in_flight_;
  return true;
}

const FlowCounters* EnginePath::flow_counters(uint32_t policy_entry) const {
  const auto found = pairs_.find(policy_entry);
  return found == pairs_.end() ? nullptr : &found->second.counters;
}

void EnginePath::ClearFlowCounters() {
  for (auto& [entry, pair] : pairs_) {
    FlowCounters& c = pair.counters;
    for (Counter* counter :
         {&c.encaps, &c.encrypted, &c.decaps, &c.decrypted, &c.send_errors, &c.recv_errors}) {
      counter->Clear();
    }
    for (Counter& counter : c.drops) counter.Clear();
  }
}

}  // namespace vam::fwd
