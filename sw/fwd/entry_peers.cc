#include "sw/fwd/entry_peers.h"

#include <fmt/core.h>

#include <algorithm>

namespace vam::fwd {

bool HasPeer(const CompiledEntry& entry, const net::Address& peer, const net::NameTable& names) {
  if (std::ranges::find(entry.peers, peer) != entry.peers.end()) return true;
  return std::ranges::any_of(entry.peer_names, [&](const std::string& name) {
    const auto addresses = names.AddressesOf(name);
    return std::ranges::find(addresses, peer) != addresses.end();
  });
}

net::Address FirstPeer(const CompiledEntry& entry, const net::NameTable& names) {
  if (!entry.peer.is_none()) return entry.peer;
  for (const std::string& name : entry.peer_names) {
    for (const net::Address& address : names.AddressesOf(name)) {
      if (address.is_v6() == entry.ipv6) return address;
    }
  }
  return {};
}

std::string WhyNoPeer(const CompiledEntry& entry, const net::NameTable& names) {
  if (entry.peer_names.empty() || !FirstPeer(entry, names).is_none()) return "";
  const std::string& name = entry.peer_names.front();
  const net::NameTable::Entry* const found = names.Find(name);
  if (found == nullptr) return fmt::format("The name of peer {} is being looked up.", name);
  if (!found->problem.empty()) {
    return fmt::format("Peer {} has no address: {}", name, found->problem);
  }
  return fmt::format("Peer {} has no {} address.", name, entry.ipv6 ? "IPv6" : "IPv4");
}

}  // namespace vam::fwd
