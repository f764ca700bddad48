#include "sw/ike/v2/sa/peer_choice.h"

#include <algorithm>

namespace vam::ike::v2 {

uint64_t PeerChoice::OrderOf(const net::Address& peer) const {
  const auto found = failed_.find(peer);
  return found == failed_.end() ? 0 : found->second;
}

net::Address PeerChoice::Best(std::span<const net::Address> peers) const {
  return *std::ranges::min_element(peers, {},
                                   [this](const net::Address& peer) { return OrderOf(peer); });
}

void PeerChoice::Failed(const net::Address& peer) {
  if (failed_.size() >= kMost) failed_.clear();
  failed_[peer] = ++last_;
}

}  // namespace vam::ike::v2
