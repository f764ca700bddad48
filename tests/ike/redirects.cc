#include "tests/ike/redirects.h"

#include <utility>

namespace vam::ike::test::redirects {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

std::shared_ptr<Profile> ProfileFor(const Tunnel& tunnel, const std::vector<net::Address>& peers) {
  auto profile = ProfileOf(tunnel);
  std::vector<config::IkeIdentity> identities;
  KeyringPeer peer;
  peer.name = "all";
  const auto* key = reinterpret_cast<const uint8_t*>(tunnel.key.data());
  peer.local = std::move(*SharedKey::From(Bytes(key, tunnel.key.size())));
  peer.remote = std::move(*SharedKey::From(Bytes(key, tunnel.key.size())));
  for (const net::Address& address : peers) {
    identities.push_back({config::IkeIdKind::kAddress, net::Prefix::Host(address), ""});
    peer.addresses.push_back(net::Prefix::Host(address));
  }
  profile->match = IdentityList(identities);
  std::vector<KeyringPeer> list;
  list.push_back(std::move(peer));
  profile->keyring = std::make_shared<const Keyring>("K", std::move(list));
  return profile;
}

Policy::Parts Client(uint32_t most, const std::vector<net::Address>& peers) {
  Policy::Parts parts = PolicyWith(TunnelOfA(), ProfileFor(TunnelOfA(), peers));
  parts.settings.max_redirects = most;
  return parts;
}

Policy::Parts Gateways() { return GatewaysOf(TunnelOfB(), {kC, kD}); }

Policy::Parts GatewaysOf(const Tunnel& tunnel, const std::vector<net::Address>& others) {
  Policy::Parts parts = PolicyWith(tunnel, ProfileFor(tunnel, {tunnel.remote}));
  for (const net::Address& address : others) {
    auto child = std::make_shared<ChildConfig>(*parts.children.front());
    child->sequence = parts.children.back()->sequence + 10;
    child->local = address;
    parts.children.push_back(child);
  }
  return parts;
}

Seen Read(const Buffer& bytes) {
  Seen seen;
  seen.header = *ParseHeader(bytes);
  seen.chain = *ParseChain(seen.header.next_payload, Bytes(bytes).subspan(kHeaderBytes));
  seen.notifies = *ParseNotifies(seen.chain.payloads);
  return seen;
}

Buffer NonceOf(const Buffer& request) {
  const Seen seen = Read(request);
  const RawPayload* nonce = Find(seen.chain.payloads, PayloadType::kNonce);
  return {nonce->body.begin(), nonce->body.end()};
}

}  // namespace vam::ike::test::redirects
