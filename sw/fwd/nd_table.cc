#include "sw/fwd/nd_table.h"

#include <algorithm>

#include "sw/fwd/packet.h"

namespace vam::fwd {

void NdTable::SetTimer(Entry& entry, uint64_t at_ns) {
  entry.timer_ns = at_ns;
  next_ns_ = std::min(next_ns_, at_ns);
}

std::optional<net::MacAddress> NdTable::Use(const Key& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.state == State::kIncomplete) return std::nullopt;
  Entry& entry = found->second;
  const uint64_t now = clock_.MonotonicNs();
  if (entry.state == State::kReachable && now - entry.updated_ns > kReachableNs) {
    entry.state = State::kStale;
  }
  if (entry.state == State::kStale) {
    entry.state = State::kDelay;
    SetTimer(entry, now + kDelayNs);
  }
  return entry.mac;
}

NdTable::Learnt NdTable::AddStatic(const Key& key, const net::MacAddress& mac) {
  const auto [found, is_new] = entries_.try_emplace(key);
  if (is_new) ++unresolved_;  // Confirm takes it off again
  return Confirm(found->second, mac, State::kStatic);
}

void NdTable::ClearStatic() {
  std::erase_if(entries_, [](const auto& item) { return item.second.state == State::kStatic; });
}

void NdTable::ClearLearnt(uint16_t interface) {
  std::erase_if(entries_, [interface](const auto& item) {
    const auto& [key, entry] = item;
    const bool here = interface == kNoInterface || key.interface == interface;
    return here && entry.state != State::kIncomplete && entry.state != State::kStatic;
  });
}

NdTable::Learnt NdTable::Confirm(Entry& entry, const net::MacAddress& mac, State state) {
  if (entry.state == State::kIncomplete) --unresolved_;
  entry.mac = mac;
  entry.state = state;
  entry.updated_ns = clock_.MonotonicNs();
  entry.timer_ns = UINT64_MAX;
  entry.tries = 0;
  return {std::exchange(entry.waiting, {}), mac};
}

// Frees a place that costs nobody a conversation: a stale one that nothing used for longest.
bool NdTable::Evict() {
  auto oldest = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    const Entry& entry = it->second;
    if (entry.state != State::kStale && entry.state != State::kReachable) continue;
    if (oldest == entries_.end() || entry.updated_ns < oldest->second.updated_ns) oldest = it;
  }
  if (oldest == entries_.end()) return false;
  entries_.erase(oldest);
  return true;
}

NdTable::Entry* NdTable::Add(const Key& key) {
  if (entries_.size() >= kMaxEntries && !Evict()) return nullptr;
  return &entries_.emplace(key, Entry{}).first->second;
}

NdTable::Learnt NdTable::LearnFromSolicitation(const Key& key, const net::MacAddress& mac) {
  const auto found = entries_.find(key);
  Entry* entry = found == entries_.end() ? Add(key) : &found->second;
  if (entry == nullptr || entry->state == State::kStatic) return {};
  if (found == entries_.end()) ++unresolved_;  // Confirm takes it off again
  if (entry->state != State::kIncomplete && entry->mac == mac) return {};
  return Confirm(*entry, mac, State::kStale);
}

NdTable::Learnt NdTable::LearnFromAdvertisement(const Key& key, const net::NdMessage& message) {
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.state == State::kStatic) return {};
  Entry& entry = found->second;
  const State state = message.solicited ? State::kReachable : State::kStale;
  if (entry.state == State::kIncomplete) {
    if (!message.link) return {};
    return Confirm(entry, *message.link, state);
  }
  const bool other = message.link && *message.link != entry.mac;
  if (other && !message.override_known) {
    // It does not replace what is known, but casts doubt on it.
    if (entry.state == State::kReachable) entry.state = State::kStale;
    return {};
  }
  if (!message.solicited && !other) return {};
  return Confirm(entry, other ? *message.link : entry.mac, state);
}

NdTable::Queued NdTable::Wait(const Key& key, rte_mbuf* packet) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    Entry& entry = found->second;
    if (entry.waiting.size() >= kMaxWaiting) return Queued::kFull;
    entry.waiting.push_back(packet);
    return Queued::kWaiting;
  }
  if (unresolved_ >= kMaxUnresolved) return Queued::kFull;
  Entry* entry = Add(key);
  if (entry == nullptr) return Queued::kFull;
  ++unresolved_;
  entry->waiting.push_back(packet);
  entry->tries = 1;
  SetTimer(*entry, clock_.MonotonicNs() + kRetryNs);
  return Queued::kWaitingAskNow;
}

NdTable::Expired NdTable::Tick() {
  Expired expired;
  const uint64_t now = clock_.MonotonicNs();
  if (now < next_ns_) return expired;
  next_ns_ = UINT64_MAX;
  for (auto it = entries_.begin(); it != entries_.end();) {
    Entry& entry = it->second;
    if (now < entry.timer_ns) {
      next_ns_ = std::min(next_ns_, entry.timer_ns);
      ++it;
      continue;
    }
    if (entry.state == State::kDelay) {
      entry.state = State::kProbe;
      entry.tries = 0;
    }
    if (entry.tries < kTries) {
      ++entry.tries;
      SetTimer(entry, now + kRetryNs);
      expired.ask.push_back({it->first, std::nullopt});
      if (entry.state == State::kProbe) expired.ask.back().to = entry.mac;
      ++it;
      continue;
    }
    expired.given_up.insert(expired.given_up.end(), entry.waiting.begin(), entry.waiting.end());
    if (entry.state == State::kIncomplete) --unresolved_;
    it = entries_.erase(it);
  }
  return expired;
}

std::vector<NdTable::Listed> NdTable::List() const {
  std::vector<Listed> all;
  const uint64_t now = clock_.MonotonicNs();
  for (const auto& [key, entry] : entries_) {
    if (entry.state == State::kIncomplete) continue;
    const bool stale = entry.state == State::kReachable && now - entry.updated_ns > kReachableNs;
    all.push_back({key, entry.mac, stale ? State::kStale : entry.state, now - entry.updated_ns});
  }
  return all;
}

}  // namespace vam::fwd
