#include "sw/fwd/sa_manager.h"

#include <algorithm>

#include "sw/base/log.h"

namespace vam::fwd {

namespace {

using offload::Broker;

// More numbers are asked for when this part of a block is used.
constexpr uint64_t kWatermarkNumerator = 3, kWatermarkDenominator = 4;

uint64_t Watermark(uint64_t first, uint64_t end) {
  return first + (end - first) / kWatermarkDenominator * kWatermarkNumerator;
}

bool SameParams(const ipsec::SaParams& a, const ipsec::SaParams& b) {
  return a.suite == b.suite && a.spi == b.spi && a.local == b.local && a.remote == b.remote &&
         a.key_material.Equals(b.key_material) && a.esn == b.esn &&
         a.replay_window == b.replay_window && a.df_mode == b.df_mode && a.selectors == b.selectors;
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
      old.erase(found);
    } else {
      pairs_[id].entry = std::move(entry);
    }
  }
  // Numbers in hand belong to the key of a pair that is gone; they are not passed on.
  for (auto& [id, pair] : old) Retire(id, pair);
}

void SaManager::AddBlock(const NumberBlock& block) {
  for (auto& [id, pair] : pairs_) {
    if (pair.entry.map != block.map || pair.entry.sequence != block.sequence) continue;
    changed_ = true;
    (block.inbound ? pair.asked_inbound : pair.asked_outbound) = false;
    if (!block.problem.empty()) {
      pair.problem = block.problem;
      return;
    }
    pair.problem.clear();
    (block.inbound ? pair.fresh_inbound : pair.fresh_outbound) = block;
    return;
  }
}

void SaManager::Ask(Pair& pair, bool inbound) {
  bool& asked = inbound ? pair.asked_inbound : pair.asked_outbound;
  if (asked) return;
  asked = true;
  wanted_.push_back({pair.entry.map, pair.entry.sequence, inbound});
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
  }
  changed_ = true;
}

void SaManager::Install(uint32_t id, Pair& pair) {
  ipsec::SaParams out = pair.entry.outbound.Clone();
  ipsec::SaParams in = pair.entry.inbound.Clone();
  const NumberBlock block = *std::exchange(pair.fresh_outbound, std::nullopt);
  out.id = next_sa_id_++;
  out.initial_seq = block.first - 1;
  out.lifetimes.hard_packets = block.end - block.first;
  out.seq_watermark = Watermark(block.first, block.end);
  pair.outbound_first = block.first;
  pair.outbound_end = block.end;
  in.id = next_sa_id_++;
  if (pair.fresh_inbound)
    in.initial_seq = std::exchange(pair.fresh_inbound, std::nullopt)->first - 1;
  // Inbound first: the peer may send as soon as it likes, we only when both are asked for.
  for (const ipsec::SaParams* params : {&in, &out}) {
    const Status begun = broker_.Install(*params);
    if (!begun) Log(LogLevel::kError, "SA {}: {}", params->id, begun.error().text);
  }
  pair.outbound_id = out.id;
  pair.inbound_id = in.id;
  path_.Bind(id, out, in);
}

// More numbers for an SA that is up: its packet limit moves to the end of the new block.
void SaManager::Extend(Pair& pair) {
  const NumberBlock& block = *pair.fresh_outbound;
  if (block.first != pair.outbound_end) return;  // not the continuation: kept for the next install
  ipsec::SaParams out = pair.entry.outbound.Clone();
  out.id = pair.outbound_id;
  out.initial_seq = pair.outbound_first - 1;
  out.lifetimes.hard_packets = block.end - pair.outbound_first;
  out.seq_watermark = Watermark(block.first, block.end);
  if (!broker_.Modify(out)) return;
  pair.outbound_end = block.end;
  pair.fresh_outbound.reset();
}

void SaManager::Step(uint32_t id, Pair& pair) {
  if (!pair.entry.problem.empty() || !pair.problem.empty()) return;
  const bool wants_inbound = pair.entry.inbound.replay_window != 0;
  if (pair.outbound_id != 0) {
    const Broker::Placement* out = broker_.Find(pair.outbound_id);
    const Broker::Placement* in = broker_.Find(pair.inbound_id);
    const bool lost = (out != nullptr && out->lost) || (in != nullptr && in->lost);
    if (!lost && !pair.spent) {
      const bool up = out != nullptr && out->state == Broker::State::kUp;
      if (up && pair.fresh_outbound) Extend(pair);
      return;
    }
    // Spent: an SA that stopped at the end of its numbers is not revived, another one goes on with
    // the next block. Lost: the card's counters are unknown, so only numbers that it was never
    // given may be used (law 6). A block in hand is one of those in both cases; an inbound one is
    // asked for again, because packets were accepted since.
    Retire(id, pair);
    pair.fresh_inbound.reset();
  }
  if (!pair.fresh_outbound) Ask(pair, false);
  if (wants_inbound && !pair.fresh_inbound) Ask(pair, true);
  if (!pair.fresh_outbound || (wants_inbound && !pair.fresh_inbound)) return;
  // An inbound SPI is free again only when the old SA has left its engine.
  if (!leaving_.empty()) return;
  Install(id, pair);
}

void SaManager::OnEvent(const Broker::Event& event) {
  for (auto& [id, pair] : pairs_) {
    if (pair.outbound_id != event.sa_id) continue;
    if (event.type == ipsec::EventType::kSeqWatermark) {
      if (!pair.fresh_outbound) Ask(pair, false);
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
  if (!changed_ && broker_.epoch() == seen_epoch_) return;
  changed_ = false;
  seen_epoch_ = broker_.epoch();
  std::erase_if(leaving_, [this](uint64_t sa_id) { return broker_.Find(sa_id) == nullptr; });
  for (auto& [id, pair] : pairs_) Step(id, pair);
}

std::string SaManager::DownReason(const Pair& pair) const {
  if (!pair.entry.problem.empty()) return pair.entry.problem;
  if (!pair.problem.empty()) return pair.problem;
  if (pair.outbound_id == 0) return "Waiting for sequence numbers.";
  for (const uint64_t sa_id : {pair.outbound_id, pair.inbound_id}) {
    const Broker::Placement* placed = broker_.Find(sa_id);
    if (placed == nullptr) return "The SA is gone.";
    if (placed->state == Broker::State::kDown) return placed->reason;
    if (placed->state != Broker::State::kUp) return "The engine is being asked.";
  }
  return "";
}

}  // namespace vam::fwd
