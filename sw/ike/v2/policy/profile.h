// What the configuration says about peers, in the shape the exchanges ask for it. Immutable: a new
// configuration is a new Policy; IKE SAs keep the profile that they began with.
#ifndef VAM_SW_IKE_V2_POLICY_PROFILE_H_
#define VAM_SW_IKE_V2_POLICY_PROFILE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sw/api/fast.h"
#include "sw/base/secret.h"
#include "sw/ike/identity.h"
#include "sw/ike/v2/keys/negotiation.h"
#include "sw/ike/v2/policy/address_pool.h"
#include "sw/ike/v2/policy/certificate_map.h"
#include "sw/ike/v2/policy/credential.h"
#include "sw/ike/v2/policy/identities.h"
#include "sw/ike/v2/wire/payload_ts.h"
#include "sw/net/address.h"
#include "sw/net/prefix.h"
#include "sw/pki/verify.h"

namespace vam::ike::v2 {

inline constexpr size_t kMaxSharedKeyBytes = config::kLongestSealed;
using SharedKey = Secret<kMaxSharedKeyBytes>;

// Of what the configuration says of a peer: another one, another mark. It is compared, and never
// leaves the role but sealed.
using PolicyMark = std::array<uint8_t, 32>;

// `ppk manual` of a peer (RFC 8784).
struct Ppk {
  std::string id;  // of type PPK_ID_FIXED
  SharedKey key;
  bool required = false;  // no IKE SA without it
};

// One `peer` of a keyring.
struct KeyringPeer {
  std::string name;
  std::string description;  // for people; may be empty
  std::vector<net::Prefix> addresses;
  std::vector<config::IkeIdentity> identities;
  std::string hostname;            // as `set peer` has it; empty: none
  SharedKey local;                 // proves who we are
  SharedKey remote;                // proves who the peer is
  std::unique_ptr<const Ppk> ppk;  // null: none
  PolicyMark mark{};               // of all of it; only where some profile gives tickets
};

// Immutable. Looked up a few times in each set-up, so it may hold ten thousands of peers. The
// closest peer counts, and of equals the first (sw/config/ike_match.h).
class Keyring {
 public:
  Keyring(std::string name, std::vector<KeyringPeer> peers);

  const std::string& name() const { return name_; }
  // A peer that calls: by what it shows, failing that by its address. Null: none.
  const KeyringPeer* ThatCalls(const Identity& shown, const net::Address& address) const;
  // A peer that this system calls on: by the name that the entry has for it (empty: none), failing
  // that by its address, for it has shown nothing yet.
  const KeyringPeer* ToCall(const net::Address& address, std::string_view hostname = {}) const;
  // Some peer has a post-quantum preshared key.
  bool has_ppks() const { return has_ppks_; }

 private:
  std::string name_;
  std::vector<KeyringPeer> peers_;
  bool has_ppks_ = false;
  config::IdentityIndex identities_;
  config::IdentityIndex addresses_;
  std::unordered_map<std::string, size_t> hostnames_;  // folded
};

enum class AuthKind : uint8_t { kSharedKey, kRsa, kEcdsa, kEdDsa };
AuthKind AuthKindOf(crypto::KeyType key);

struct Dpd {
  uint32_t interval_s = 0;  // 0: none
  uint32_t retry_s = 2;
  bool on_demand = true;
};

// `crypto ikev2 profile`.
struct Profile {
  std::string name;
  IdentityList match;  // `match identity remote`: any of them
  std::vector<std::shared_ptr<const CertificateMap>> match_certificate;  // or any of these
  std::vector<net::Address> match_local;    // empty: any address of ours
  std::optional<uint16_t> match_front_vrf;  // nothing: any

  // Empty: the name of the certificate that we prove ourselves with, or else the address that the
  // IKE SA has here.
  Identity local_identity;
  AuthKind local_auth = AuthKind::kSharedKey;
  std::vector<AuthKind> remote_auth;  // what the peer may use
  std::shared_ptr<const Keyring> keyring;
  SharedKey local_key;  // the profile's own; empty: that of the keyring's peer
  SharedKey remote_key;
  // `pki trustpoint ... sign`, with keys of `local_auth`, in their order.
  std::vector<std::shared_ptr<const Credential>> credentials;
  // `pki trustpoint ... verify`: whom peers' certificates must come from.
  std::vector<std::shared_ptr<const pki::Trustpoint>> trustpoints;

  Dpd dpd;
  uint32_t lifetime_s = 86'400;
  uint32_t reauth_s = 0;          // RFC 4478: told to the peer; 0: never
  uint32_t nat_keepalive_s = 20;  // 0: none
  bool initial_contact = false;   // said even when IKE SAs with the peer are there
  config::IkeChildless childless = config::IkeChildless::kAllow;
  bool mobike = false;  // RFC 4555
  // Of peers that prove themselves by a shared key, and by a signature; null: they get nothing.
  std::shared_ptr<const Authorization> psk_authorization, cert_authorization;
  config::IkeConfigExchange config_exchange;
  bool mobike_unchecked = false;  // packets follow a peer that moves before it has answered there
  uint32_t resumption_s = 0;      // RFC 5723: how long a ticket is good at most; 0: there are none
  PolicyMark mark{};              // of all of it but the keyring; only with tickets

  bool Takes(AuthKind kind) const;  // of the peer
  // Either side proves itself by a signature.
  bool UsesSignatures() const;
  // Whether any certificate map fits.
  bool MatchesCertificate(const CertificateTexts& certificate) const;
};

// What one permit line protects, as the peer's and our side of it: ends are ranges of one family.
struct ChildLine {
  TrafficSelector local;
  TrafficSelector remote;
  uint32_t index = 0;  // in the entry's access list, deny lines counted; 0 of what was agreed
};

// A peer that an entry has by name (PeerNames).
struct NamedPeer {
  std::string name;   // folded
  size_t behind = 0;  // how many of ChildConfig::peers are tried before it
  bool operator==(const NamedPeer&) const = default;
};

// An entry of a crypto map that is negotiated, as it acts on one interface; on all that carry the
// map where they share its SAs.
struct ChildConfig {
  std::string map;
  uint32_t sequence = 0;
  uint32_t dynamic_sequence = 0;  // 0: no dynamic entry
  uint32_t interface = 0;         // that the map is on (sw/config/numbering.h)
  bool shared = false;            // `local-address`: for whatever interface
  uint16_t front_vrf = 0;
  uint16_t inside_vrf = 0;
  net::Address local;               // of ours, that peers talk to
  std::vector<net::Address> also;   // others of the interface, that they may move to (RFC 4555)
  std::vector<net::Address> peers;  // in their order; with `named` empty, of a dynamic entry: any
  std::vector<NamedPeer> named;     // in their order
  std::shared_ptr<const Profile> profile;
  std::vector<ChildOffer> offers;
  api::FastMode mode = api::FastMode::kTunnel;
  bool per_host = false;         // `level per-host`: an SA pair for each pair of hosts
  std::vector<ChildLine> lines;  // that permit, in their order
  uint64_t lifetime_s = 3'600;
  uint64_t lifetime_bytes = 0;  // 0: none
  uint64_t idle_s = 0;
  bool idle_to_default = false;  // then back to the default peer, the first of `peers` (DP-89)
  uint32_t replay_window = 64;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_POLICY_PROFILE_H_
