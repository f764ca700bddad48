// What the configuration says about peers, in the shape the exchanges ask for it. Immutable: a new
// configuration is a new Policy; IKE SAs keep the profile that they began with.
#ifndef VAM_SW_IKE_V2_POLICY_PROFILE_H_
#define VAM_SW_IKE_V2_POLICY_PROFILE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sw/api/fast.h"
#include "sw/base/secret.h"
#include "sw/ike/identity.h"
#include "sw/ike/v2/keys/negotiation.h"
#include "sw/ike/v2/wire/payload_ts.h"
#include "sw/net/address.h"
#include "sw/net/prefix.h"

namespace vam::ike::v2 {

inline constexpr size_t kMaxSharedKeyBytes = 128;
using SharedKey = Secret<kMaxSharedKeyBytes>;

// One `peer` of a keyring.
struct KeyringPeer {
  std::string name;
  std::vector<net::Prefix> addresses;
  std::vector<Identity> identities;
  SharedKey local;   // proves who we are
  SharedKey remote;  // proves who the peer is
};

// Immutable. Looked up once for each set-up, so it may hold ten thousands of peers.
class Keyring {
 public:
  Keyring(std::string name, std::vector<KeyringPeer> peers);

  const std::string& name() const { return name_; }
  // The peer that `identity` or, failing that, `address` means: an equal identity, then the first
  // pattern, then the longest prefix. An empty identity: by address alone. Null: none.
  const KeyringPeer* Find(const Identity& identity, const net::Address& address) const;

 private:
  const KeyringPeer* FindByAddress(const net::Address& address) const;

  std::string name_;
  std::vector<KeyringPeer> peers_;
  std::map<Identity, size_t> by_identity_;             // in lower case; no patterns
  std::vector<std::pair<Identity, size_t>> patterns_;  // "*.example.com"
  std::map<uint8_t, std::map<net::Prefix, size_t>, std::greater<>> by_length_;
};

enum class AuthKind : uint8_t { kSharedKey, kRsa, kEcdsa, kEdDsa };

struct Dpd {
  uint32_t interval_s = 0;  // 0: none
  uint32_t retry_s = 2;
  bool on_demand = true;
};

// `crypto ikev2 profile`.
struct Profile {
  std::string name;
  // Which peers: any of the identities, and any of the addresses where there are some.
  std::vector<Identity> match_identities;
  std::vector<net::Prefix> match_addresses;
  bool match_any = false;
  std::vector<net::Address> match_local;    // empty: any address of ours
  std::optional<uint16_t> match_front_vrf;  // nothing: any

  Identity local_identity;  // empty: the address that the IKE SA has here
  AuthKind local_auth = AuthKind::kSharedKey;
  std::vector<AuthKind> remote_auth;  // what the peer may use
  std::shared_ptr<const Keyring> keyring;

  Dpd dpd;
  uint32_t lifetime_s = 86'400;
  uint32_t reauth_s = 0;          // RFC 4478: told to the peer; 0: never
  uint32_t nat_keepalive_s = 20;  // 0: none
  bool initial_contact = false;   // said even when IKE SAs with the peer are there
};

// What one permit line protects, as the peer's and our side of it: ends are ranges of one family.
struct ChildLine {
  TrafficSelector local;
  TrafficSelector remote;
};

// An entry of a crypto map that is negotiated.
struct ChildConfig {
  std::string map;
  uint32_t sequence = 0;
  uint32_t dynamic_sequence = 0;  // 0: no dynamic entry
  uint32_t interface = 0;         // that the map is on
  uint16_t front_vrf = 0;
  uint16_t inside_vrf = 0;
  net::Address local;               // of ours, that peers talk to
  std::vector<net::Address> peers;  // in their order; empty with a dynamic entry: any
  std::shared_ptr<const Profile> profile;
  std::vector<ChildOffer> offers;
  api::FastMode mode = api::FastMode::kTunnel;
  std::vector<ChildLine> lines;
  uint64_t lifetime_s = 3'600;
  uint64_t lifetime_bytes = 0;  // 0: none
  uint64_t idle_s = 0;
  uint32_t replay_window = 64;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_POLICY_PROFILE_H_
