#include "sw/ike/v2/policy/profile.h"

#include <algorithm>

namespace vam::ike::v2 {

namespace {

constexpr uint8_t kHostV4 = 32;

}  // namespace

Keyring::Keyring(std::string name, std::vector<KeyringPeer> peers)
    : name_(std::move(name)), peers_(std::move(peers)) {
  for (size_t i = 0; i < peers_.size(); ++i) {
    for (const Identity& identity : peers_[i].identities) {
      if (IsPattern(identity)) {
        patterns_.emplace_back(identity, i);
      } else {
        by_identity_.emplace(Folded(identity), i);
      }
    }
    for (const net::Prefix& prefix : peers_[i].addresses) {
      by_length_[prefix.length()].emplace(prefix, i);
    }
  }
}

const KeyringPeer* Keyring::Find(const Identity& identity, const net::Address& address) const {
  if (const auto found = by_identity_.find(Folded(identity)); found != by_identity_.end()) {
    return &peers_[found->second];
  }
  for (const auto& [pattern, index] : patterns_) {
    if (Matches(pattern, identity)) return &peers_[index];
  }
  return FindByAddress(address);
}

const KeyringPeer* Keyring::FindByAddress(const net::Address& address) const {
  if (address.is_none()) return nullptr;
  for (const auto& [length, prefixes] : by_length_) {
    if (address.is_v4() && length > kHostV4) continue;
    const auto key = net::Prefix::Create(address, length);
    if (!key) continue;
    if (const auto found = prefixes.find(*key); found != prefixes.end()) {
      return &peers_[found->second];
    }
  }
  return nullptr;
}

}  // namespace vam::ike::v2
