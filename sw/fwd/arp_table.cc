#include "sw/fwd/arp_table.h"

#include <algorithm>

#include "sw/fwd/packet.h"

namespace vam::fwd {

std::optional<net::MacAddress> ArpTable::Lookup(const Key& key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end() || !found->second.known) return std::nullopt;
  const Entry& entry = found->second;
  if (!entry.is_static && clock_.MonotonicNs() - entry.updated_ns > kLifetimeNs)
    return std::nullopt;
  return entry.mac;
}

std::vector<rte_mbuf*> ArpTable::AddStatic(const Key& key, const net::MacAddress& mac) {
  Entry& entry = entries_[key];
  entry.mac = mac;
  entry.known = true;
  entry.is_static = true;
  return std::exchange(entry.waiting, {});
}

void ArpTable::ClearStatic() {
  std::erase_if(entries_, [](const auto& item) { return item.second.is_static; });
}

void ArpTable::ClearLearnt(uint16_t interface) {
  std::erase_if(entries_, [interface](const auto& item) {
    const auto& [key, entry] = item;
    const bool here = interface == kNoInterface || key.interface == interface;
    return here && entry.known && !entry.is_static && entry.waiting.empty();
  });
}

std::vector<rte_mbuf*> ArpTable::Learn(const Key& key, const net::MacAddress& mac, bool solicited) {
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (!solicited || entries_.size() >= kMaxEntries) return {};
    found = entries_.emplace(key, Entry{}).first;
  }
  Entry& entry = found->second;
  if (entry.is_static) return {};
  entry.mac = mac;
  entry.known = true;
  entry.updated_ns = clock_.MonotonicNs();
  entry.tries = 0;
  return std::exchange(entry.waiting, {});
}

ArpTable::Queued ArpTable::Wait(const Key& key, rte_mbuf* packet) {
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (entries_.size() >= kMaxEntries) return Queued::kFull;
    found = entries_.emplace(key, Entry{}).first;
  }
  Entry& entry = found->second;
  if (entry.waiting.size() >= kMaxWaiting) return Queued::kFull;
  entry.waiting.push_back(packet);
  if (entry.waiting.size() > 1) return Queued::kWaiting;
  entry.known = false;
  entry.tries = 1;
  entry.retry_ns = clock_.MonotonicNs() + kRetryNs;
  return Queued::kWaitingAskNow;
}

ArpTable::Expired ArpTable::Tick() {
  Expired expired;
  const uint64_t now = clock_.MonotonicNs();
  for (auto it = entries_.begin(); it != entries_.end();) {
    Entry& entry = it->second;
    if (entry.waiting.empty() || now < entry.retry_ns) {
      ++it;
      continue;
    }
    if (entry.tries < kTries) {
      ++entry.tries;
      entry.retry_ns = now + kRetryNs;
      expired.ask_again.push_back(it->first);
      ++it;
      continue;
    }
    expired.given_up.insert(expired.given_up.end(), entry.waiting.begin(), entry.waiting.end());
    it = entries_.erase(it);
  }
  return expired;
}

uint64_t ArpTable::NextTickNs() const {
  uint64_t next = UINT64_MAX;
  for (const auto& [key, entry] : entries_) {
    if (!entry.waiting.empty()) next = std::min(next, entry.retry_ns);
  }
  return next;
}

std::vector<ArpTable::Listed> ArpTable::List() const {
  std::vector<Listed> all;
  for (const auto& [key, entry] : entries_) {
    if (!entry.known) continue;
    all.push_back({key, entry.mac, entry.is_static, clock_.MonotonicNs() - entry.updated_ns});
  }
  return all;
}

}  // namespace vam::fwd
