#include "sw/ike/v2/policy/policy.h"

#include <algorithm>

namespace vam::ike::v2 {

namespace {

bool Allows(const std::vector<net::Address>& locals, const net::Address& local) {
  return locals.empty() || std::ranges::find(locals, local) != locals.end();
}

bool Allows(const std::optional<uint16_t>& wanted, uint16_t front_vrf) {
  return !wanted || *wanted == front_vrf;
}

bool Contains(const std::vector<net::Prefix>& prefixes, const net::Address& address) {
  return std::ranges::any_of(prefixes,
                             [&](const net::Prefix& prefix) { return prefix.Contains(address); });
}

}  // namespace

bool Means(const Profile& profile, const Identity& identity, const net::Address& remote) {
  if (profile.match_any) return true;
  const bool named = std::ranges::any_of(profile.match_identities, [&](const Identity& pattern) {
    return Matches(pattern, identity);
  });
  // `match identity remote address` is about the identity; the prefix is that of an address ID.
  if (named) return true;
  if (identity.type == IdentityType::kIpv4 || identity.type == IdentityType::kIpv6) {
    const auto address = net::Address::FromBytes(identity.data);
    return address && Contains(profile.match_addresses, *address);
  }
  return identity.empty() && Contains(profile.match_addresses, remote);
}

Policy::Policy(Parts parts) : parts_(std::move(parts)) {
  for (const auto& child : parts_.children) {
    by_name_.emplace(ChildKey(child->map, child->sequence, child->dynamic_sequence), child);
    if (child->peers.empty()) dynamic_.push_back(child);
    for (const net::Address& peer : child->peers) by_peer_.emplace(peer, child);
  }
}

const IkePolicy* Policy::FindIke(const net::Address& local, uint16_t front_vrf) const {
  const auto found = std::ranges::find_if(parts_.ike, [&](const IkePolicy& policy) {
    return Allows(policy.match_local, local) && Allows(policy.match_front_vrf, front_vrf);
  });
  return found == parts_.ike.end() ? nullptr : &*found;
}

std::shared_ptr<const Profile> Policy::FindProfile(const Identity& identity,
                                                   const net::Address& local,
                                                   const net::Address& remote,
                                                   uint16_t front_vrf) const {
  for (const auto& profile : parts_.profiles) {
    if (Allows(profile->match_local, local) && Allows(profile->match_front_vrf, front_vrf) &&
        Means(*profile, identity, remote)) {
      return profile;
    }
  }
  return nullptr;
}

std::shared_ptr<const ChildConfig> Policy::FindChild(std::string_view map, uint32_t sequence,
                                                     uint32_t dynamic_sequence) const {
  const auto found = by_name_.find(ChildKey(map, sequence, dynamic_sequence));
  return found == by_name_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const ChildConfig>> Policy::ChildrenOf(
    const Profile& profile, const net::Address& remote) const {
  std::vector<std::shared_ptr<const ChildConfig>> out;
  const auto [first, last] = by_peer_.equal_range(remote);
  for (auto it = first; it != last; ++it) {
    if (it->second->profile.get() == &profile) out.push_back(it->second);
  }
  // A hash table has no order of its own: that of the maps decides.
  std::ranges::sort(out, {},
                    [](const auto& child) { return std::tie(child->map, child->sequence); });
  for (const auto& child : dynamic_) {
    if (child->profile.get() == &profile) out.push_back(child);
  }
  return out;
}

}  // namespace vam::ike::v2
