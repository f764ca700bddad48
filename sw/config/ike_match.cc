#include "sw/config/ike_match.h"

#include <algorithm>

#include "sw/base/text.h"
#include "sw/config/effective_ike.h"

namespace vam::config {
namespace {

// A final dot says nothing.
std::string Name(std::string_view text) {
  if (text.size() > 1 && text.ends_with('.')) text.remove_suffix(1);
  return Lower(text);
}

std::string KeyOf(IkeIdKind kind, std::string_view name) {
  return std::string(1, static_cast<char>('0' + static_cast<int>(kind))) + std::string(name);
}
std::string KeyOf(const IkeIdentity& identity) {
  switch (identity.kind) {
    case IkeIdKind::kAddress:
      return KeyOf(identity.kind, net::ToString(identity.prefix));
    case IkeIdKind::kKeyId:
      return KeyOf(identity.kind, identity.text);
    default:
      return KeyOf(identity.kind, Name(identity.text));
  }
}

}  // namespace

void IdentityIndex::Add(const IkeIdentity& identity, uint32_t number) {
  if (identity.kind == IkeIdKind::kAddress) {
    auto& lengths = identity.prefix.base().is_v4() ? v4_lengths_ : v6_lengths_;
    lengths[identity.prefix.length()] = true;
  }
  at_[KeyOf(identity)].push_back(number);
}

void IdentityIndex::Append(const std::string& key, std::vector<uint32_t>& found) const {
  const auto at = at_.find(key);
  if (at != at_.end()) found.insert(found.end(), at->second.begin(), at->second.end());
}

std::vector<uint32_t> IdentityIndex::Find(const IkeIdentity& shown) const {
  std::vector<uint32_t> found;
  const bool email = shown.kind == IkeIdKind::kEmail;
  if (shown.kind == IkeIdKind::kAddress) {
    const net::Address& address = shown.prefix.base();
    const auto& lengths = address.is_v4() ? v4_lengths_ : v6_lengths_;
    for (int length = address.is_v4() ? 32 : 128; length >= 0; --length) {
      if (!lengths[static_cast<size_t>(length)]) continue;
      const auto range = *net::Prefix::Create(address, static_cast<uint8_t>(length));
      Append(KeyOf({IkeIdKind::kAddress, range, ""}), found);
    }
  } else {
    Append(KeyOf(shown), found);
  }
  if (email || shown.kind == IkeIdKind::kFqdn) {
    // Of a mailbox its domain, and what is above it; of a name what is above it.
    std::string name = Name(shown.text);
    const auto kind = email ? IkeIdKind::kEmailDomain : IkeIdKind::kFqdnDomain;
    size_t cut = email ? name.rfind('@') : name.find('.');
    while (cut != std::string::npos) {
      name.erase(0, cut + 1);
      Append(KeyOf(kind, name), found);
      cut = name.find('.');
    }
  }
  Append(KeyOf(IkeIdKind::kAny, ""), found);
  return found;
}

Ikev2Matcher::Ikev2Matcher(const Running& running) : running_(running) {
  const auto& profiles = running.ike.profiles;
  for (uint32_t i = 0; i < profiles.size(); ++i) {
    complete_.push_back(WhyIncomplete(running, profiles[i]).empty());
    for (const IkeIdentity& identity : profiles[i].remote) profiles_.Add(identity, i);
  }
  for (const Ikev2Keyring& keyring : running.ike.keyrings) {
    Ring& ring = rings_[keyring.name];
    ring.keyring = &keyring;
    for (uint32_t i = 0; i < keyring.peers.size(); ++i) {
      const Ikev2Peer& peer = keyring.peers[i];
      if (!peer.hostname.empty()) ring.hostnames.try_emplace(Name(peer.hostname), i);
      if (peer.identity) ring.identities.Add(*peer.identity, i);
      if (peer.address) ring.addresses.Add({IkeIdKind::kAddress, *peer.address, ""}, i);
    }
  }
}

bool Ikev2Matcher::IsHere(const Ikev2Profile& profile, std::string_view fvrf,
                          const net::Address& local) const {
  if (!VrfFits(profile.fvrf, fvrf)) return false;
  if (profile.local.empty()) return true;
  return std::ranges::any_of(profile.local, [&](const IkeLocalMatch& match) {
    if (match.interface.empty()) return match.address == local;
    // SY-47: only the primary address of an interface.
    const Interface* interface = running_.FindInterface(match.interface);
    return interface != nullptr && (interface->address == local || FirstIpv6(*interface) == local);
  });
}

const Ikev2Profile* Ikev2Matcher::ProfileOf(const IkeIdentity& shown, std::string_view fvrf,
                                            const net::Address& local) const {
  for (const uint32_t i : profiles_.Find(shown)) {
    const Ikev2Profile& profile = running_.ike.profiles[i];
    if (complete_[i] && IsHere(profile, fvrf, local)) return &profile;
  }
  return nullptr;
}
const Ikev2Profile* Ikev2Matcher::ProfileNamed(std::string_view name) const {
  const Ikev2Profile* profile = running_.ike.profiles.Find(name);
  if (profile == nullptr) return nullptr;
  const auto i = static_cast<size_t>(profile - &running_.ike.profiles[0]);
  return complete_[i] ? profile : nullptr;
}

const Ikev2Matcher::Ring* Ikev2Matcher::FindRing(std::string_view keyring) const {
  const auto at = rings_.find(std::string(keyring));
  return at == rings_.end() ? nullptr : &at->second;
}
const Ikev2Peer* Ikev2Matcher::ByAddress(const Ring& ring, const net::Address& address) {
  if (address.is_none()) return nullptr;
  const auto found = ring.addresses.Find({IkeIdKind::kAddress, net::Prefix::Host(address), ""});
  return found.empty() ? nullptr : &ring.keyring->peers[found[0]];
}

const Ikev2Peer* Ikev2Matcher::PeerToCall(std::string_view keyring, std::string_view hostname,
                                          const net::Address& address) const {
  const Ring* ring = FindRing(keyring);
  if (ring == nullptr) return nullptr;
  const auto named = ring->hostnames.find(Name(hostname));
  if (named != ring->hostnames.end()) return &ring->keyring->peers[named->second];
  return ByAddress(*ring, address);
}
const Ikev2Peer* Ikev2Matcher::PeerThatCalls(std::string_view keyring, const IkeIdentity& shown,
                                             const net::Address& address) const {
  const Ring* ring = FindRing(keyring);
  if (ring == nullptr) return nullptr;
  const auto found = ring->identities.Find(shown);
  if (!found.empty()) return &ring->keyring->peers[found[0]];
  return ByAddress(*ring, address);
}

}  // namespace vam::config
