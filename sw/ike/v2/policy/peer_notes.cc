#include "sw/ike/v2/policy/peer_notes.h"

#include "sw/net/name_table.h"

namespace vam::ike::v2 {

PeerNotes::PeerNotes(const config::NamedList<config::IsakmpPeer>& said,
                     const config::VrfNumbers& vrfs) {
  for (const config::IsakmpPeer& peer : said) {
    const auto vrf = vrfs.Find(peer.vrf);
    if (!vrf) continue;
    const auto number = static_cast<uint32_t>(notes_.size());
    notes_.push_back({*vrf, peer.description});
    if (peer.address) {
      addresses_.Add({config::IkeIdKind::kAddress, *peer.address, ""}, number);
    } else {
      names_.try_emplace({*vrf, net::FoldName(peer.hostname)}, number);
    }
  }
}

const PeerNote* PeerNotes::Find(const net::Address& address, uint16_t front_vrf,
                                std::span<const std::string_view> names) const {
  if (notes_.empty() || address.is_none()) return nullptr;
  const config::IkeIdentity shown{config::IkeIdKind::kAddress, net::Prefix::Host(address), ""};
  for (const uint32_t i : addresses_.Find(shown)) {
    if (notes_[i].front_vrf == front_vrf) return &notes_[i];
  }
  for (const std::string_view name : names) {
    const auto found = names_.find({front_vrf, net::FoldName(name)});
    if (!name.empty() && found != names_.end()) return &notes_[found->second];
  }
  return nullptr;
}

}  // namespace vam::ike::v2
