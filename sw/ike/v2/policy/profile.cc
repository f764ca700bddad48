#include "sw/ike/v2/policy/profile.h"

#include <algorithm>

#include "sw/net/name_table.h"

namespace vam::ike::v2 {

AuthKind AuthKindOf(crypto::KeyType key) {
  switch (key) {
    case crypto::KeyType::kRsa:
      return AuthKind::kRsa;
    case crypto::KeyType::kEd25519:
    case crypto::KeyType::kEd448:
      return AuthKind::kEdDsa;
    default:
      return AuthKind::kEcdsa;
  }
}

bool Profile::Takes(AuthKind kind) const {
  return std::ranges::find(remote_auth, kind) != remote_auth.end();
}

bool Profile::UsesSignatures() const {
  return local_auth != AuthKind::kSharedKey || std::ranges::any_of(remote_auth, [](AuthKind kind) {
           return kind != AuthKind::kSharedKey;
         });
}

bool Profile::MatchesCertificate(const CertificateTexts& certificate) const {
  return std::ranges::any_of(match_certificate,
                             [&certificate](const auto& map) { return map->Matches(certificate); });
}

Keyring::Keyring(std::string name, std::vector<KeyringPeer> peers)
    : name_(std::move(name)), peers_(std::move(peers)) {
  for (uint32_t i = 0; i < peers_.size(); ++i) {
    has_ppks_ = has_ppks_ || peers_[i].ppk != nullptr;
    if (!peers_[i].hostname.empty()) {
      hostnames_.try_emplace(net::FoldName(peers_[i].hostname), i);
    }
    for (const config::IkeIdentity& identity : peers_[i].identities) identities_.Add(identity, i);
    for (const net::Prefix& prefix : peers_[i].addresses) {
      addresses_.Add({config::IkeIdKind::kAddress, prefix, ""}, i);
    }
  }
}

const KeyringPeer* Keyring::ThatCalls(const Identity& shown, const net::Address& address) const {
  if (!shown.empty()) {
    const auto found = identities_.Find(ToConfig(shown));
    if (!found.empty()) return &peers_[found[0]];
  }
  return ToCall(address);
}

const KeyringPeer* Keyring::ToCall(const net::Address& address, std::string_view hostname) const {
  if (!hostname.empty()) {
    const auto named = hostnames_.find(net::FoldName(hostname));
    if (named != hostnames_.end()) return &peers_[named->second];
  }
  if (address.is_none()) return nullptr;
  const auto found = addresses_.Find({config::IkeIdKind::kAddress, net::Prefix::Host(address), ""});
  return found.empty() ? nullptr : &peers_[found[0]];
}

}  // namespace vam::ike::v2
