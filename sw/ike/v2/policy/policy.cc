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

// A dynamic map is for whoever comes to where it is.
bool IsAt(const ChildConfig& child, const Ends& ends) {
  return child.local == ends.local && child.front_vrf == ends.front_vrf;
}

}  // namespace

std::vector<KeyHash> AuthoritiesOf(std::span<const std::shared_ptr<const Profile>> profiles,
                                   size_t most) {
  std::vector<KeyHash> out;
  for (const auto& profile : profiles) {
    for (const auto& trustpoint : profile->trustpoints) {
      for (const pki::Certificate& anchor : trustpoint->anchors) {
        if (out.size() == most) return out;
        if (std::ranges::find(out, anchor.key_hash()) == out.end()) {
          out.push_back(anchor.key_hash());
        }
      }
    }
  }
  return out;
}

Policy::Policy(Parts parts) : parts_(std::move(parts)) {
  for (uint32_t i = 0; i < parts_.profiles.size(); ++i) {
    const Profile& profile = *parts_.profiles[i];
    by_profile_.try_emplace(profile.name, i);
    for (const config::IkeIdentity& identity : profile.match.list()) identities_.Add(identity, i);
    if (profile.UsesSignatures()) by_signature_.push_back(parts_.profiles[i]);
    for (const AuthKind kind : profile.remote_auth) {
      if (std::ranges::find(remote_auth_, kind) == remote_auth_.end()) remote_auth_.push_back(kind);
    }
    takes_childless_ = takes_childless_ || profile.childless != config::IkeChildless::kNever;
    uses_ppks_ = uses_ppks_ || (profile.keyring != nullptr && profile.keyring->has_ppks());
    longest_ticket_s_ = std::max(longest_ticket_s_, profile.resumption_s);
    if (!profile.match_certificate.empty()) by_certificate_.push_back(parts_.profiles[i]);
  }
  authorities_ = AuthoritiesOf(by_signature_, kMostAuthorities);
  for (const auto& child : parts_.children) {
    by_name_.emplace(ChildKey(child->map, child->sequence, child->dynamic_sequence), child);
    if (child->peers.empty() && child->named.empty()) dynamic_.push_back(child);
    for (const NamedPeer& peer : child->named) {
      by_named_.emplace(std::pair(peer.name, child->profile->name), child);
    }
    for (const net::Address& peer : child->peers) {
      by_peer_.emplace(Meeting(peer, child->profile->name), child);
    }
    const bool recovers = parts_.settings.recover_spis && child->dynamic_sequence == 0 &&
                          !child->per_host && !child->lines.empty() && !child->offers.empty();
    if (!recovers) continue;
    for (const net::Address& peer : child->peers) by_address_.emplace(peer, child);
    for (const NamedPeer& peer : child->named) by_recovered_name_.emplace(peer.name, child);
  }
}

std::shared_ptr<const Profile> Policy::FindProfile(const pki::Certificate& certificate,
                                                   const net::Address& local,
                                                   uint16_t front_vrf) const {
  if (by_certificate_.empty()) return nullptr;
  const CertificateTexts texts(certificate);
  const auto found = std::ranges::find_if(by_certificate_, [&](const auto& profile) {
    return Allows(profile->match_local, local) && Allows(profile->match_front_vrf, front_vrf) &&
           profile->MatchesCertificate(texts);
  });
  return found == by_certificate_.end() ? nullptr : *found;
}

const IkePolicy* Policy::FindIke(const net::Address& local, uint16_t front_vrf) const {
  const auto found = std::ranges::find_if(parts_.ike, [&](const IkePolicy& policy) {
    return Allows(policy.match_local, local) && Allows(policy.match_front_vrf, front_vrf);
  });
  return found == parts_.ike.end() ? nullptr : &*found;
}

std::shared_ptr<const Profile> Policy::FindProfile(const Identity& shown, const net::Address& local,
                                                   uint16_t front_vrf) const {
  if (shown.empty()) return nullptr;
  for (const uint32_t i : identities_.Find(ToConfig(shown))) {
    const auto& profile = parts_.profiles[i];
    if (Allows(profile->match_local, local) && Allows(profile->match_front_vrf, front_vrf)) {
      return profile;
    }
  }
  return nullptr;
}

std::shared_ptr<const Profile> Policy::FindProfile(std::string_view name) const {
  const auto found = by_profile_.find(name);
  return found == by_profile_.end() ? nullptr : parts_.profiles[found->second];
}

std::shared_ptr<const Profile> Policy::FindAgain(std::string_view name, const Identity& shown,
                                                 const net::Address& local,
                                                 uint16_t front_vrf) const {
  const auto named = FindProfile(name);
  if (named == nullptr || !Allows(named->match_local, local) ||
      !Allows(named->match_front_vrf, front_vrf)) {
    return nullptr;
  }
  // One that a certificate map means has no identity of its own.
  const auto closest = FindProfile(shown, local, front_vrf);
  const bool by_map = closest == nullptr && !named->match_certificate.empty();
  return closest == named || by_map ? named : nullptr;
}

std::shared_ptr<const ChildConfig> Policy::FindChild(std::string_view map, uint32_t sequence,
                                                     uint32_t dynamic_sequence,
                                                     uint32_t interface) const {
  const auto [first, last] = by_name_.equal_range(ChildKey(map, sequence, dynamic_sequence));
  for (auto it = first; it != last; ++it) {
    if (it->second->shared || it->second->interface == interface) return it->second;
  }
  return nullptr;
}

std::shared_ptr<const ChildConfig> Policy::FindPeer(const Ends& ends,
                                                    std::span<const std::string> names) const {
  std::shared_ptr<const ChildConfig> first;
  const auto look = [&](const auto& range) {
    for (auto it = range.first; it != range.second; ++it) {
      const auto& child = it->second;
      if (!IsAt(*child, ends)) continue;
      if (first == nullptr ||
          std::tie(child->map, child->sequence) < std::tie(first->map, first->sequence)) {
        first = child;
      }
    }
  };
  look(by_address_.equal_range(ends.remote));
  for (const std::string& name : names) look(by_recovered_name_.equal_range(name));
  return first;
}

std::vector<std::shared_ptr<const ChildConfig>> Policy::ChildrenOf(
    const Profile& profile, const Ends& ends, std::span<const std::string> names) const {
  std::vector<std::shared_ptr<const ChildConfig>> out;
  // By name: an IKE SA keeps its profile, and outlives configurations.
  const auto [first, last] = by_peer_.equal_range(Meeting(ends.remote, profile.name));
  for (auto it = first; it != last; ++it) {
    if (IsAt(*it->second, ends)) out.push_back(it->second);
  }
  for (const std::string& name : names) {
    const auto [begin, end] = by_named_.equal_range({name, profile.name});
    for (auto it = begin; it != end; ++it) {
      const bool added = std::ranges::find(out, it->second) != out.end();
      if (!added && IsAt(*it->second, ends)) out.push_back(it->second);
    }
  }
  // A hash table has no order of its own: that of the maps decides.
  std::ranges::sort(out, {},
                    [](const auto& child) { return std::tie(child->map, child->sequence); });
  for (const auto& child : dynamic_) {
    if (child->profile->name == profile.name && IsAt(*child, ends)) out.push_back(child);
  }
  return out;
}

}  // namespace vam::ike::v2
