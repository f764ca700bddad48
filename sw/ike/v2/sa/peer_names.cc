#include "sw/ike/v2/sa/peer_names.h"

#include <algorithm>

namespace vam::ike::v2 {

std::vector<PeerNames::Peer> PeerNames::PeersOf(const ChildConfig& config) const {
  std::vector<Peer> peers;
  const auto add = [&](const net::Address& address, const std::string& name) {
    const bool fits = config.local.is_none() || address.family() == config.local.family();
    const bool known = std::ranges::find(peers, address, &Peer::address) != peers.end();
    if (fits && !known) peers.push_back({address, name});
  };
  size_t done = 0;
  for (const NamedPeer& named : config.named) {
    for (; done < named.behind && done < config.peers.size(); ++done) add(config.peers[done], "");
    for (const net::Address& address : table_.AddressesOf(named.name)) add(address, named.name);
  }
  for (; done < config.peers.size(); ++done) add(config.peers[done], "");
  return peers;
}

PeerNames::Peer PeerNames::At(const ChildConfig& config, const net::Address& address) const {
  const std::vector<Peer> peers = PeersOf(config);
  const auto found = std::ranges::find(peers, address, &Peer::address);
  return found == peers.end() ? Peer{address, ""} : *found;
}

std::vector<net::Address> PeerNames::AddressesOf(const ChildConfig& config) const {
  return v2::AddressesOf(PeersOf(config));
}

void PeerNames::Want(std::string_view name) {
  if (wanted_.size() < kMostWanted) wanted_.emplace(name);
}

std::vector<std::string> PeerNames::TakeWanted() {
  std::vector<std::string> names(wanted_.begin(), wanted_.end());
  wanted_.clear();
  return names;
}

std::vector<net::Address> AddressesOf(std::span<const PeerNames::Peer> peers) {
  std::vector<net::Address> out;
  out.reserve(peers.size());
  for (const PeerNames::Peer& peer : peers) out.push_back(peer.address);
  return out;
}

}  // namespace vam::ike::v2
