#include "sw/ike/v2/sa/held_tickets.h"

namespace vam::ike::v2 {

void HeldTickets::Put(const HeldKey& key, std::unique_ptr<HeldTicket> ticket) {
  static_cast<void>(Take(key));
  if (by_key_.size() >= kMost) {
    const HeldKey first = by_end_.begin()->second;
    static_cast<void>(Take(first));
  }
  by_end_.emplace(ticket->state.expires_ns, key);
  by_key_.emplace(key, std::move(ticket));
}

const HeldTicket* HeldTickets::Find(const HeldKey& key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : found->second.get();
}

std::unique_ptr<HeldTicket> HeldTickets::Take(const HeldKey& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  std::unique_ptr<HeldTicket> out = std::move(found->second);
  by_end_.erase({out->state.expires_ns, key});
  by_key_.erase(found);
  return out;
}

void HeldTickets::ForgetIf(const std::function<bool(const HeldKey&, const HeldTicket&)>& is_meant) {
  for (auto it = by_key_.begin(); it != by_key_.end();) {
    const auto next = std::next(it);
    if (is_meant(it->first, *it->second)) {
      by_end_.erase({it->second->state.expires_ns, it->first});
      by_key_.erase(it);
    }
    it = next;
  }
}

void HeldTickets::Expire(uint64_t now_ns) {
  while (!by_end_.empty() && by_end_.begin()->first <= now_ns) {
    const HeldKey key = by_end_.begin()->second;
    static_cast<void>(Take(key));
  }
}

}  // namespace vam::ike::v2
