#include "sw/fwd/sa_manager.h"

#include <algorithm>
#include <optional>

#include "sw/base/log.h"

namespace vam::fwd {

namespace {

using offload::Broker;

// The outbound SA of `entry` when it may use [first, block.end), of which `block` is the last part:
// the engine stops it hard at the end and tells when half of the block is used.
ipsec::SaParams OutboundSa(const CompiledEntry& entry, uint64_t id, uint64_t first,
                           const NumberBlock& block) {
  ipsec::SaParams out = entry.outbound.Clone();
  out.id = id;
  out.initial_seq = first - 1;
  out.lifetimes.hard_packets = block.end - first;
  out.seq_watermark = block.end - (block.end - block.first) / 2;
  return out;
}

bool HasWindow(const CompiledEntry& entry) { return entry.inbound.replay_window != 0; }

bool SameParams(const ipsec::SaParams& a, const ipsec::SaParams& b) {
  return a.suite == b.suite && a.spi == b.spi && a.local == b.local && a.remote == b.remote &&
         a.protocol == b.protocol && a.mode == b.mode && a.key_material.Equals(b.key_material) &&
         a.auth_key.Equals(b.auth_key) && a.esn == b.esn && a.replay_window == b.replay_window &&
         a.df_mode == b.df_mode && a.selectors == b.selectors;
}

}  // namespace

bool SaManager::SameSas(const CompiledEntry& a, const CompiledEntry& b) {
  return a.problem == b.problem && SameParams(a.outbound, b.outbound) &&
         SameParams(a.inbound, b.inbound);
}

void SaManager::Apply(std::vector<CompiledEntry> entries) {
  changed_ = true;
  std::map<uint32_t, Pair> old = std::exchange(pairs_, {});
  for (CompiledEntry& entry : entries) {
    const uint32_t id = entry.id;
    const auto found = old.find(id);
    if (found != old.end() && SameSas(found->second.entry, entry)) {
      pairs_[id] = std::move(found->second);
      pairs_[id].entry = std::move(entry);
      AskAgain(id, pairs_[id]);
      old.erase(found);
    } else {
      pairs_[id].entry = std::move(entry);
    }
  }
  // Numbers in hand belong to the key of a pair that is gone; they are not passed on.
  for (auto& [id, pair] : old) Retire(id, pair);
}

void SaManager::AddBlock(uint32_t request, const NumberBlock& block) {
  if (request == 0) return;
  for (auto& [id, pair] : pairs_) {
    const bool inbound = pair.asked_inbound == request;
    if (!inbound && pair.asked_outbound != request) continue;
    changed_ = true;
    (inbound ? pair.asked_inbound : pair.asked_outbound) = 0;
    pair.problem = block.problem;
    if (block.problem.empty()) (inbound ? pair.fresh_inbound : pair.fresh_outbound) = block;
    return;
  }
}

void SaManager::Ask(uint32_t id, Pair& pair, bool inbound) {
  uint32_t& asked = inbound ? pair.asked_inbound : pair.asked_outbound;
  if (asked != 0) return;
  asked = next_request_++;
  if (next_request_ == 0) next_request_ = 1;
  const InboundNumbers* numbers = inbound ? path_.inbound_numbers(id) : nullptr;
  const uint64_t beyond = numbers == nullptr ? 0 : numbers->highest();
  wanted_.push_back({pair.entry.map, pair.entry.sequence, inbound, beyond, asked});
}

// The mgmt that was asked may be gone, and one that refused may be able to answer now.
void SaManager::AskAgain(uint32_t id, Pair& pair) {
  const bool refused = !pair.problem.empty();
  pair.problem.clear();
  for (const bool inbound : {false, true}) {
    uint32_t& asked = inbound ? pair.asked_inbound : pair.asked_outbound;
    if (asked == 0 && !(refused && (!inbound || HasWindow(pair.entry)))) continue;
    asked = 0;
    Ask(id, pair, inbound);
  }
}

void SaManager::Retire(uint32_t id, Pair& pair) {
  path_.Unbind(id);
  for (uint64_t* sa_id : {&pair.outbound_id, &pair.inbound_id}) {
    if (*sa_id == 0) continue;
    static_cast<void>(broker_.Remove(*sa_id));
    if (broker_.Find(*sa_id) != nullptr) leaving_.push_back(*sa_id);
    *sa_id = 0;
  }
  pair.spent = false;
}

void SaManager::Restart() {
  for (auto& [id, pair] : pairs_) {
    Retire(id, pair);
    pair.fresh_outbound.reset();
    pair.fresh_inbound.reset();
    pair.problem.clear();
  }
  changed_ = true;
}

void SaManager::Install(uint32_t id, Pair& pair) {
  const NumberBlock block = *std::exchange(pair.fresh_outbound, std::nullopt);
  ipsec::SaParams out = OutboundSa(pair.entry, next_sa_id_++, block.first, block);
  pair.outbound_first = block.first;
  pair.outbound_end = block.end;
  ipsec::SaParams in = pair.entry.inbound.Clone();
  in.id = next_sa_id_++;
  std::optional<InboundNumbers> numbers;
  if (const auto received = std::exchange(pair.fresh_inbound, std::nullopt)) {
    in.initial_seq = received->first - 1;
    numbers.emplace(in.replay_window, in.esn, received->first, received->end);
  }
  // Inbound first: the peer may send as soon as it likes, we only when both are asked for.
  for (const ipsec::SaParams* params : {&in, &out}) {
    const Status begun = broker_.Install(*params);
    if (!begun) Log(LogLevel::kError, "SA {}: {}", params->id, begun.error().text);
  }
  pair.outbound_id = out.id;
  pair.inbound_id = in.id;
  path_.Bind(id, out, in, std::move(numbers));
}

// More numbers for an SA that is up: its packet limit moves to the end of the new block.
void SaManager::ExtendOutbound(Pair& pair) {
  const NumberBlock& block = *pair.fresh_outbound;
  if (block.first != pair.outbound_end) return;  // not the continuation: kept for the next install
  const ipsec::SaParams out = OutboundSa(pair.entry, pair.outbound_id, pair.outbound_first, block);
  if (!broker_.Modify(out)) return;
  pair.outbound_end = block.end;
  pair.fresh_outbound.reset();
}

// Only the path knows the end of inbound numbers.
void SaManager::ExtendInbound(uint32_t id, Pair& pair) {
  const NumberBlock block = *std::exchange(pair.fresh_inbound, std::nullopt);
  InboundNumbers* numbers = path_.inbound_numbers(id);
  if (numbers != nullptr) numbers->Extend(block.first, block.end);
}

void SaManager::Step(uint32_t id, Pair& pair) {
  if (!pair.entry.problem.empty()) return;
  const bool wants_inbound = HasWindow(pair.entry);
  if (pair.outbound_id != 0) {
    const Broker::Placement* out = broker_.Find(pair.outbound_id);
    const Broker::Placement* in = broker_.Find(pair.inbound_id);
    const bool lost = (out != nullptr && out->lost) || (in != nullptr && in->lost);
    if (!lost && !pair.spent) {
      const bool up = out != nullptr && out->state == Broker::State::kUp;
      if (up && pair.fresh_outbound) ExtendOutbound(pair);
      if (pair.fresh_inbound) ExtendInbound(id, pair);
      return;
    }
    // Spent: an SA that stopped at the end of its numbers is not revived, another one goes on with
    // the next block. Lost: the card's counters are unknown, so only numbers that it was never
    // given may be used (law 6). A block in hand is one of those in both cases, and in both
    // directions: no packet was delivered beyond the end of the blocks before it.
    Retire(id, pair);
  }
  if (!pair.problem.empty()) return;
  if (!pair.fresh_outbound) Ask(id, pair, false);
  if (wants_inbound && !pair.fresh_inbound) Ask(id, pair, true);
  if (!pair.fresh_outbound || (wants_inbound && !pair.fresh_inbound)) return;
  // An inbound SPI is free again only when the old SA has left its engine.
  if (!leaving_.empty()) return;
  Install(id, pair);
}

void SaManager::OnEvent(const Broker::Event& event) {
  for (auto& [id, pair] : pairs_) {
    if (pair.outbound_id != event.sa_id) continue;
    if (event.type == ipsec::EventType::kSeqWatermark) {
      if (!pair.fresh_outbound) Ask(id, pair, false);
      return;
    }
    if (event.type == ipsec::EventType::kHardPackets) {
      Log(LogLevel::kWarning, "SA {}: its numbers are used up", event.sa_id);
      pair.spent = true;
      changed_ = true;
      return;
    }
  }
  Log(LogLevel::kWarning, "SA {}: event {} at {}", event.sa_id, static_cast<int>(event.type),
      event.value);
}

void SaManager::Poll() {
  for (const Broker::Event& event : broker_.TakeEvents()) OnEvent(event);
  for (const uint32_t id : path_.TakeShortOfNumbers()) {
    const auto found = pairs_.find(id);
    if (found != pairs_.end()) Ask(id, found->second, true);
  }
  if (!changed_ && broker_.epoch() == seen_epoch_) return;
  changed_ = false;
  seen_epoch_ = broker_.epoch();
  std::erase_if(leaving_, [this](uint64_t sa_id) { return broker_.Find(sa_id) == nullptr; });
  for (auto& [id, pair] : pairs_) Step(id, pair);
}

std::string SaManager::DownReason(const Pair& pair) const {
  if (!pair.entry.problem.empty()) return pair.entry.problem;
  if (pair.outbound_id == 0) {
    return pair.problem.empty() ? "Waiting for sequence numbers." : pair.problem;
  }
  for (const uint64_t sa_id : {pair.outbound_id, pair.inbound_id}) {
    const Broker::Placement* placed = broker_.Find(sa_id);
    if (placed == nullptr) return "The SA is gone.";
    if (placed->state == Broker::State::kDown) return placed->reason;
    if (placed->state != Broker::State::kUp) return "The engine is being asked.";
  }
  return "";
}

}  // namespace vam::fwd
