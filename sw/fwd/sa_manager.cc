#include "sw/fwd/sa_manager.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "sw/base/log.h"
#include "sw/fwd/engine_numbers.h"
#include "sw/net/ipv4.h"

namespace vam::fwd {

namespace {

using offload::Broker;

// Where a CBC SA without number blocks begins: below this number.
constexpr uint64_t kStartBound = uint64_t{1} << 31;

ipsec::CipherKind KindOf(const ipsec::SaParams& sa) {
  return ipsec::InfoOf(sa.suite.encryption).kind;
}

// Whether a number that comes again gives the key away (RFC 4106, 2; RFC 4543, 2).
bool NumberIsNonce(const ipsec::SaParams& sa) {
  const ipsec::CipherKind kind = KindOf(sa);
  return kind == ipsec::CipherKind::kCtr || kind == ipsec::CipherKind::kAead ||
         kind == ipsec::CipherKind::kGmac || ipsec::InfoOf(sa.suite.integrity).iv_bytes != 0;
}

bool InboundNeedsNumbers(const CompiledEntry& entry, uint32_t layer) {
  return entry.inbound[layer].replay_window != 0;
}

// A peer that has a window, as this end does, or that counts with us beyond 32 bits, takes no
// number again after a restart of ours.
bool OutboundNeedsNumbers(const CompiledEntry& entry, uint32_t layer) {
  const ipsec::SaParams& out = entry.outbound[layer];
  return NumberIsNonce(out) || out.esn || InboundNeedsNumbers(entry, layer);
}

// The outbound SA of `params` when it may use [first, block.end), of which `block` is the last
// part: the engine stops it hard at the end and tells when half of the block is used.
ipsec::SaParams WithNumbers(const ipsec::SaParams& params, uint64_t id, uint64_t first,
                            const NumberRange& block) {
  ipsec::SaParams out = params.Clone();
  out.id = id;
  out.initial_seq = first - 1;
  out.lifetimes.hard_packets = block.end - first;
  out.seq_watermark = block.end - (block.end - block.first) / 2;
  return out;
}

}  // namespace

void SaManager::Adopt(EntryPtr entry) {
  const uint32_t id = entry->id;
  sets_.SetRules(id, entry->rules);
  Pair& pair = pairs_[id];
  pair.layers.resize(entry->outbound.size());
  pair.entry = std::move(entry);
  OpenSet(id, pair);
  due_.insert(id);
}

void SaManager::OpenSet(uint32_t id, Pair& pair) {
  SaSetKey key;
  key.entry = id;
  const Result<uint32_t> set = sets_.Open(key);
  pair.set = set ? *set : kNoSet;
  pair.no_set = set ? "" : std::string("No SA set: ") + set.error().text + ".";
}

EntryPtr SaManager::Replace(EntryPtr entry) {
  Pair& pair = pairs_.at(entry->id);
  return std::exchange(pair.entry, std::move(entry));
}

// Numbers in hand belong to the key of a pair that is gone; they are not passed on.
EntryPtr SaManager::Drop(uint32_t id) {
  auto node = pairs_.extract(id);
  if (node.empty()) return nullptr;
  Pair& pair = node.mapped();
  Retire(pair);
  for (Layer& layer : pair.layers) {
    requests_.erase(layer.asked_outbound);
    requests_.erase(layer.asked_inbound);
  }
  if (pair.set != kNoSet) sets_.Close(pair.set);
  const EntryRules* rules = sets_.rules(id);
  if (rules != nullptr && rules->kind == EntryKind::kManual) sets_.ForgetRules(id);
  return std::move(pair.entry);
}

void SaManager::AddBlock(uint32_t request, const NumberBlock& block) {
  const auto node = requests_.extract(request);
  if (node.empty()) return;
  const Place place = node.mapped();
  Pair& pair = pairs_.at(place.entry);
  Layer& layer = pair.layers[place.layer];
  due_.insert(place.entry);
  (place.inbound ? layer.asked_inbound : layer.asked_outbound) = 0;
  pair.problem = block.problem;
  if (!block.problem.empty()) return;
  (place.inbound ? layer.fresh_inbound : layer.fresh_outbound) = {block.first, block.end};
}

InboundNumbers* SaManager::NumbersOf(const Pair& pair, uint32_t layer) {
  Bundle* bundle = sets_.Get(pair.inbound);
  return bundle == nullptr ? nullptr : bundle->sas[layer].numbers.get();
}

void SaManager::Ask(uint32_t id, Pair& pair, uint32_t layer, bool inbound) {
  Layer& asking = pair.layers[layer];
  uint32_t& asked = inbound ? asking.asked_inbound : asking.asked_outbound;
  if (asked != 0) return;
  asked = next_request_++;
  if (next_request_ == 0) next_request_ = 1;
  requests_[asked] = {id, layer, inbound};
  const InboundNumbers* numbers = inbound ? NumbersOf(pair, layer) : nullptr;
  const uint64_t beyond = numbers == nullptr ? 0 : numbers->highest();
  wanted_.push_back({pair.entry->map, pair.entry->sequence, inbound, beyond, asked,
                     pair.entry->outbound[layer].protocol});
}

std::vector<SaManager::Wanted> SaManager::TakeWanted(size_t most) {
  std::vector<Wanted> taken;
  for (; !wanted_.empty() && taken.size() < most; wanted_.pop_front()) {
    // Nobody waits for the answer to a question that was asked again, or whose pair has gone.
    if (requests_.contains(wanted_.front().request)) taken.push_back(std::move(wanted_.front()));
  }
  return taken;
}

std::optional<uint32_t> SaManager::AskAgain(uint32_t from, size_t most) {
  auto at = pairs_.lower_bound(from);
  for (; at != pairs_.end() && most > 0; ++at, --most) {
    if (AskAgain(at->first, at->second)) due_.insert(at->first);
  }
  if (at == pairs_.end()) return std::nullopt;
  return at->first;
}

// The mgmt that was asked may be gone, and one that refused may be able to answer now. True when
// the pair may move on.
bool SaManager::AskAgain(uint32_t id, Pair& pair) {
  const bool refused = !pair.problem.empty() || pair.set == kNoSet;
  if (pair.set == kNoSet) OpenSet(id, pair);
  bool asks = false;
  pair.problem.clear();
  for (uint32_t i = 0; i < pair.layers.size(); ++i) {
    for (const bool inbound : {false, true}) {
      Layer& layer = pair.layers[i];
      uint32_t& asked = inbound ? layer.asked_inbound : layer.asked_outbound;
      const bool needed =
          inbound ? InboundNeedsNumbers(*pair.entry, i) : OutboundNeedsNumbers(*pair.entry, i);
      if (asked == 0 && !(refused && needed)) continue;
      requests_.erase(asked);
      asked = 0;
      Ask(id, pair, i, inbound);
      asks = true;
    }
  }
  return asks || refused;
}

namespace {

// `sets`: its SA set's number is the flow's. What comes out of a crypto map's SAs stays in their
// VRF.
api::DebugContext ContextOf(const SaManager::Pair& pair, const SaSets& sets, const DebugLog& log) {
  const uint64_t flow = sets.Has(pair.set) ? sets.at(pair.set).id : 0;
  api::DebugContext context;
  if (!pair.entry->peer.is_none()) context.peer = net::ToString(pair.entry->peer);
  context.front_vrf = log.VrfName(pair.entry->inbound.back().vrf_tag);
  context.inside_vrf = context.front_vrf;
  // The outermost: what stands on the wire.
  context.spis = {pair.entry->inbound.back().spi.value, pair.entry->outbound.back().spi.value};
  context.connids = {ConnectionNumber(pair.layers.back().inbound_id),
                     ConnectionNumber(pair.layers.back().outbound_id)};
  context.flowids = {FlowNumber(flow, ipsec::Direction::kIn),
                     FlowNumber(flow, ipsec::Direction::kOut)};
  return context;
}

}  // namespace

// The form of the guides (ipsec-data-plane.md, OUT-09), one record for each SA of the direction.
void SaManager::SaySas(const char* action, const Pair& pair, bool inbound) const {
  if (debug_ == nullptr || !debug_->Wants(api::DEBUG_IPSEC)) return;
  for (size_t i = 0; i < pair.layers.size(); ++i) {
    const ipsec::SaParams& sa = (inbound ? pair.entry->inbound : pair.entry->outbound)[i];
    const Layer& layer = pair.layers[i];
    const uint64_t id = inbound ? layer.inbound_id : layer.outbound_id;
    if (id == 0) continue;
    debug_->Say(api::DEBUG_IPSEC, false, ContextOf(pair, sets_, *debug_),
                fmt::format("IPSEC({}): (sa) sa_dest= {}, sa_proto= {}, sa_spi= 0x{:X}({}), "
                            "sa_conn_id= {}",
                            action, net::ToString(inbound ? pair.entry->local : pair.entry->peer),
                            static_cast<int>(sa.protocol), sa.spi.value, sa.spi.value,
                            ConnectionNumber(id)));
  }
}

void SaManager::SayEngine(const Pair& pair, uint64_t sa_id, bool error, std::string text) const {
  if (debug_ == nullptr || !debug_->Wants(api::DEBUG_ENGINE)) return;
  debug_->Say(api::DEBUG_ENGINE, error, ContextOf(pair, sets_, *debug_),
              fmt::format("crypto engine: conn_id= {}: {}", ConnectionNumber(sa_id), text));
}

void SaManager::Retire(Pair& pair) {
  SaySas("delete_sa", pair, true);
  SaySas("delete_sa", pair, false);
  sets_.Remove(pair.outbound);
  sets_.Remove(pair.inbound);
  for (Layer& layer : pair.layers) {
    for (uint64_t* sa_id : {&layer.outbound_id, &layer.inbound_id}) {
      if (*sa_id == 0) continue;
      static_cast<void>(broker_.Remove(*sa_id));
      if (broker_.Find(*sa_id) != nullptr) leaving_.insert(*sa_id);
      sas_.erase(*sa_id);
      *sa_id = 0;
    }
  }
  pair.installed = false;
  pair.spent = false;
}

size_t SaManager::Restart(const std::function<bool(const Pair&)>& which) {
  size_t count = 0;
  for (auto& [id, pair] : pairs_) {
    if (!which(pair)) continue;
    ++count;
    Retire(pair);
    for (Layer& layer : pair.layers) {
      layer.fresh_outbound.reset();
      layer.fresh_inbound.reset();
    }
    pair.problem.clear();
    due_.insert(id);
  }
  return count;
}

void SaManager::Begin(const ipsec::SaParams& params, Place place) {
  sas_[params.id] = place;
  const Status begun = broker_.Install(params);
  if (!begun) Log(LogLevel::kError, "SA {}: {}", params.id, begun.error().text);
}

PathSa SaManager::InstallInbound(uint32_t id, Pair& pair, uint32_t index) {
  Layer& layer = pair.layers[index];
  ipsec::SaParams in = pair.entry->inbound[index].Clone();
  in.id = ids_.Next();
  layer.inbound_id = in.id;
  PathSa sa;
  if (const auto received = std::exchange(layer.fresh_inbound, std::nullopt)) {
    in.initial_seq = received->first - 1;
    sa.numbers =
        std::make_unique<InboundNumbers>(in.replay_window, in.esn, received->first, received->end);
  }
  sa.settings = in;
  Begin(in, {id, index, true});
  return sa;
}

PathSa SaManager::InstallOutbound(uint32_t id, Pair& pair, uint32_t index) {
  Layer& layer = pair.layers[index];
  const ipsec::SaParams& params = pair.entry->outbound[index];
  ipsec::SaParams out = params.Clone();
  out.id = ids_.Next();
  layer.outbound_id = out.id;
  if (const auto block = std::exchange(layer.fresh_outbound, std::nullopt)) {
    out = WithNumbers(params, out.id, block->first, *block);
    layer.outbound_first = block->first;
    layer.outbound_end = block->end;
  } else if (KindOf(out) == ipsec::CipherKind::kCbc) {
    // The IV follows from the number: one that was seen in an earlier life must not be foretold
    // (RFC 3602, 3).
    out.initial_seq = rng_.Below(kStartBound);
  }
  PathSa sa;
  sa.settings = out;
  Begin(out, {id, index, false});
  return sa;
}

void SaManager::Install(uint32_t id, Pair& pair) {
  std::vector<PathSa> outbound, inbound;
  // Inbound first: the peer may send as soon as it likes, we only when both are asked for.
  for (uint32_t i = 0; i < pair.layers.size(); ++i) inbound.push_back(InstallInbound(id, pair, i));
  for (uint32_t i = 0; i < pair.layers.size(); ++i)
    outbound.push_back(InstallOutbound(id, pair, i));
  pair.installed = true;
  const auto in = sets_.Add(pair.set, ipsec::Direction::kIn, std::move(inbound));
  const auto out = sets_.Add(pair.set, ipsec::Direction::kOut, std::move(outbound));
  if (in && out) {
    pair.inbound = *in;
    pair.outbound = *out;
    SaySas("create_sa", pair, true);
    SaySas("create_sa", pair, false);
    return;
  }
  // Only when a negotiated SA has the SPI, which random SPIs avoid: the pair waits for a clear.
  const Error& error = in ? out.error() : in.error();
  Retire(pair);
  pair.problem = std::string("The SAs were not set up: ") + error.text + ".";
}

// More numbers for an SA that is up: its packet limit moves to the end of the new block.
void SaManager::ExtendOutbound(const CompiledEntry& entry, Layer& layer, uint32_t index) {
  const NumberRange& block = *layer.fresh_outbound;
  if (block.first != layer.outbound_end) return;  // not the continuation: for the next install
  const ipsec::SaParams out =
      WithNumbers(entry.outbound[index], layer.outbound_id, layer.outbound_first, block);
  if (!broker_.Modify(out)) return;
  layer.outbound_end = block.end;
  layer.fresh_outbound.reset();
}

// Only the path knows the end of inbound numbers.
void SaManager::ExtendInbound(const Pair& pair, Layer& layer, uint32_t index) {
  const NumberRange block = *std::exchange(layer.fresh_inbound, std::nullopt);
  InboundNumbers* numbers = NumbersOf(pair, index);
  if (numbers != nullptr) numbers->Extend(block.first, block.end);
}

bool SaManager::Lost(const Pair& pair) const {
  for (const Layer& layer : pair.layers) {
    for (const uint64_t id : {layer.outbound_id, layer.inbound_id}) {
      const Broker::Placement* placed = broker_.Find(id);
      if (placed != nullptr && placed->lost) return true;
    }
  }
  return false;
}

bool SaManager::Up(uint64_t sa_id) const {
  const Broker::Placement* placed = broker_.Find(sa_id);
  return placed != nullptr && placed->state == Broker::State::kUp;
}

// Asks for what is missing.
bool SaManager::HasAllNumbers(uint32_t id, Pair& pair) {
  bool all = true;
  for (uint32_t i = 0; i < pair.layers.size(); ++i) {
    const Layer& layer = pair.layers[i];
    if (OutboundNeedsNumbers(*pair.entry, i) && !layer.fresh_outbound) {
      Ask(id, pair, i, false);
      all = false;
    }
    if (InboundNeedsNumbers(*pair.entry, i) && !layer.fresh_inbound) {
      Ask(id, pair, i, true);
      all = false;
    }
  }
  return all;
}

void SaManager::Step(uint32_t id, Pair& pair) {
  if (!pair.entry->problem.empty() || pair.set == kNoSet) return;
  if (pair.installed) {
    const bool lost = Lost(pair);
    if (!lost && !pair.spent) {
      for (uint32_t i = 0; i < pair.layers.size(); ++i) {
        Layer& layer = pair.layers[i];
        if (layer.fresh_outbound && Up(layer.outbound_id)) ExtendOutbound(*pair.entry, layer, i);
        if (layer.fresh_inbound) ExtendInbound(pair, layer, i);
      }
      return;
    }
    if (lost) {
      SayEngine(pair, pair.layers.back().outbound_id, true,
                "lost with its engine, set up again on another");
    }
    // Spent: an SA that stopped at the end of its numbers is not revived, another one goes on with
    // the next block. Lost: the card's counters are unknown, so only numbers that it was never
    // given may be used (law 6). A block in hand is one of those in both cases, and in both
    // directions: no packet was delivered beyond the end of the blocks before it.
    Retire(pair);
  }
  if (!pair.problem.empty()) return;
  if (!HasAllNumbers(id, pair)) return;
  // An inbound SPI is free again only when the old SA has left its engine.
  if (leaving_.empty()) {
    Install(id, pair);
  } else {
    blocked_.push_back(id);
  }
}

bool SaManager::OnEvent(const Broker::Event& event) {
  const auto found = sas_.find(event.sa_id);
  if (found == sas_.end()) return false;
  const Place place = found->second;
  Pair& pair = pairs_.at(place.entry);
  SayEngine(pair, event.sa_id, event.type == ipsec::EventType::kFault,
            fmt::format("event {} at {}", static_cast<int>(event.type), event.value));
  if (place.inbound) return true;
  switch (event.type) {
    case ipsec::EventType::kSeqWatermark:
      if (!pair.layers[place.layer].fresh_outbound) Ask(place.entry, pair, place.layer, false);
      return true;
    case ipsec::EventType::kHardPackets:
    case ipsec::EventType::kSeqOverflow:
      Log(LogLevel::kWarning, "SA {}: its numbers are used up", event.sa_id);
      pair.spent = true;
      due_.insert(place.entry);
      return true;
    default:
      Log(LogLevel::kWarning, "SA {}: event {} at {}", event.sa_id, static_cast<int>(event.type),
          event.value);
      return true;
  }
}

void SaManager::OnPlacement(uint64_t sa_id) {
  const auto found = sas_.find(sa_id);
  if (found != sas_.end()) due_.insert(found->second.entry);
  if (broker_.Find(sa_id) != nullptr || leaving_.erase(sa_id) == 0 || !leaving_.empty()) return;
  due_.insert(blocked_.begin(), blocked_.end());
  blocked_.clear();
}

bool SaManager::Poll() {
  for (const uint64_t sa_id : path_.TakeShortOfNumbers()) {
    const auto found = sas_.find(sa_id);
    if (found == sas_.end()) continue;
    const Place place = found->second;
    Ask(place.entry, pairs_.at(place.entry), place.layer, true);
  }
  // A pair that is stepped may be due again, for its next turn.
  if (stepping_.empty()) stepping_ = std::exchange(due_, {});
  for (size_t i = 0; i < kStepsPerTurn && !stepping_.empty(); ++i) {
    const uint32_t id = *stepping_.begin();
    stepping_.erase(stepping_.begin());
    const auto found = pairs_.find(id);
    if (found != pairs_.end()) Step(id, found->second);
  }
  return !stepping_.empty();
}

bool SaManager::UsesSpi(const net::Address& local, ipsec::Protocol protocol, uint32_t spi) const {
  return std::ranges::any_of(pairs_, [&](const auto& item) {
    return std::ranges::any_of(item.second.entry->inbound, [&](const ipsec::SaParams& sa) {
      return sa.spi.value == spi && sa.protocol == protocol && sa.local == local;
    });
  });
}

SaManager::Named SaManager::FindSa(uint64_t sa_id) const {
  const auto found = sas_.find(sa_id);
  if (found == sas_.end()) return {};
  const auto& [id, layer, inbound] = found->second;
  const auto pair = pairs_.find(id);
  if (pair == pairs_.end()) return {};
  const CompiledEntry& entry = *pair->second.entry;
  const auto& sas = inbound ? entry.inbound : entry.outbound;
  if (layer >= sas.size()) return {};
  return {&entry, &sas[layer]};
}

std::string SaManager::DownReason(const Pair& pair) const {
  if (!pair.entry->problem.empty()) return pair.entry->problem;
  if (!pair.no_set.empty()) return pair.no_set;
  if (!pair.installed) return pair.problem.empty() ? "Waiting for sequence numbers." : pair.problem;
  for (const Layer& layer : pair.layers) {
    for (const uint64_t sa_id : {layer.outbound_id, layer.inbound_id}) {
      const Broker::Placement* placed = broker_.Find(sa_id);
      if (placed == nullptr) return "The SA is gone.";
      if (placed->state == Broker::State::kDown) return std::string(placed->reason);
      if (placed->state != Broker::State::kUp) return "The engine is being asked.";
    }
  }
  return "";
}

}  // namespace vam::fwd
