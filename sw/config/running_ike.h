// What the IKEv2 statements say, as plain data: proposals, policies, keyrings, profiles, global
// settings. A part of config::Running (running.h). What follows from it is in
// sw/config/effective_ike.h, who belongs to which profile and key in sw/config/ike_match.h.
#ifndef VAM_SW_CONFIG_RUNNING_IKE_H_
#define VAM_SW_CONFIG_RUNNING_IKE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sw/base/secret.h"
#include "sw/config/ike_algorithms.h"
#include "sw/config/named_list.h"
#include "sw/config/running_address.h"
#include "sw/config/seal.h"
#include "sw/net/address.h"
#include "sw/net/prefix.h"

namespace vam::config {

// The proposal and the policy of this name are there without being configured.
inline constexpr std::string_view kIkev2Default = "default";

// `none` in the list of an additional key exchange.
inline constexpr uint16_t kNoIkeGroup = 0;

// `crypto ikev2 proposal NAME`. Lists are in the order of preference (SY-29); any may be empty: the
// proposal is then incomplete and not used (SY-30), but that named "default" has its own values
// there (effective_ike.h).
struct Ikev2Proposal {
  std::string name;
  std::vector<IkeCipher> encryption;
  std::vector<IkeHash> integrity;
  std::vector<IkeHash> prf;  // empty: as the integrity
  std::vector<uint16_t> groups;
  // `additional-key-exchange` 1 to 7 (RFC 9370); kNoIkeGroup in a list: may be left out.
  std::array<std::vector<uint16_t>, 7> additional_groups;
  bool operator==(const Ikev2Proposal&) const = default;
};

// `match fvrf`: the VRF of the outer packets. "": the global table, "any": all.
inline constexpr std::string_view kAnyVrf = "any";

// `crypto ikev2 policy NAME`.
struct Ikev2Policy {
  std::string name;
  std::vector<std::string> proposals;  // in the order of preference
  // Not said: the global table; of the policy "default": any.
  std::optional<std::string> fvrf;
  std::vector<net::Address> local;  // one of them; none: any
  bool operator==(const Ikev2Policy&) const = default;
};

// Pre-shared key, shared and never changed: a copy of the model copies no key. nullptr: none.
using IkeKey = std::shared_ptr<const Secret<kLongestSealed>>;
bool SameIkeKey(const IkeKey& a, const IkeKey& b);

enum class IkeIdKind : uint8_t {
  kAny,      // `any`, only of what matches
  kAddress,  // `prefix`; a host where it is an identity and no range
  kFqdn,
  kFqdnDomain,  // every name under `text`
  kEmail,
  kEmailDomain,  // every mailbox of `text`
  kKeyId,
  kDn,  // that of the own certificate; only of the own identity
};
// An IKE identity, or a range of them that is matched.
struct IkeIdentity {
  IkeIdKind kind = IkeIdKind::kAny;
  net::Prefix prefix;  // kAddress
  std::string text;    // else; "" of kAny and kDn
  bool operator==(const IkeIdentity&) const = default;
};

// `ppk manual` (RFC 8784).
struct IkePpk {
  std::string id;  // PPK_ID of type PPK_ID_FIXED
  IkeKey key;
  bool required = false;  // no SA without it
};
bool operator==(const IkePpk& a, const IkePpk& b);

// `peer NAME` of a keyring.
struct Ikev2Peer {
  std::string name;
  std::string description;
  std::optional<net::Prefix> address;
  std::string hostname;
  std::optional<IkeIdentity> identity;
  IkeKey local_key;   // proves this system
  IkeKey remote_key;  // proves the peer
  std::optional<IkePpk> ppk;
};
bool operator==(const Ikev2Peer& a, const Ikev2Peer& b);
// `crypto ikev2 keyring NAME`.
struct Ikev2Keyring {
  std::string name;
  NamedList<Ikev2Peer> peers;
  bool operator==(const Ikev2Keyring&) const = default;
};

inline constexpr size_t kLongestPeerDescription = 80;  // MG-4

// `crypto isakmp peer`: what a peer is called, by its outer address or its name. For people alone
// (MG-5).
struct IsakmpPeer {
  std::string name;  // "address 10.2.2.9", "address ipv6 2001:DB8::/32 vrf red", "hostname gw"
  std::optional<net::Prefix> address;
  std::string hostname;  // empty: `address`
  std::string vrf;       // of the outer packets; empty: the global one
  std::string description;
  bool operator==(const IsakmpPeer&) const = default;
};

// Liveness checks (DP-42..58).
struct IkeDpd {
  uint16_t seconds = 0;   // 10-3600
  uint16_t retry = 0;     // 2-60
  bool periodic = false;  // false: only when there is something to send
  bool operator==(const IkeDpd&) const = default;
};

enum class IkeAuth : uint8_t { kPreShare, kRsaSig, kEcdsaSig, kEddsaSig };
// "pre-share", ...
std::string_view IkeAuthName(IkeAuth method);

// `match address local`: one of the two.
struct IkeLocalMatch {
  net::Address address;
  std::string interface;  // empty: `address`
  bool operator==(const IkeLocalMatch&) const = default;
};
// `pki trustpoint NAME [sign | verify]`.
struct IkeTrustpoint {
  std::string name;
  bool sign = true;
  bool verify = true;
  bool operator==(const IkeTrustpoint&) const = default;
};

// `childless` (RFC 6023): whether an IKE SA comes up without a child.
enum class IkeChildless : uint8_t {
  kAllow,   // where the peer begins so
  kPrefer,  // so too where this system begins and the peer can
  kForce,   // never otherwise
  kNever,
};
// "allow", ...
std::string_view IkeChildlessName(IkeChildless when);

// `aaa authorization group {psk | cert} list LIST POLICY`: of peers that prove themselves so.
struct IkeGroupAuthorization {
  std::string list;
  std::string policy;
  bool operator==(const IkeGroupAuthorization&) const = default;
};
// `config-exchange`: the configuration payload (RFC 7296, 3.15).
struct IkeConfigExchange {
  bool request = false;  // as initiator
  bool address = false;  // an address too
  bool accept = false;   // what a peer sets
  bool send = false;     // set the peer's
  bool operator==(const IkeConfigExchange&) const = default;
};

inline constexpr uint32_t kDefaultIkev2Lifetime = 86400;  // seconds
inline constexpr uint32_t kDefaultTicketLifetime = 3600;  // seconds

// `crypto ikev2 profile NAME`. Matches of one kind are alternatives; a peer must fit an identity or
// a certificate map, and the fvrf, and a local address.
struct Ikev2Profile {
  std::string name;
  std::string description;
  std::vector<IkeIdentity> remote;            // `match identity remote`
  std::vector<std::string> certificate_maps;  // `match certificate`
  std::string fvrf;                           // "": global, "any"
  std::vector<IkeLocalMatch> local;           // none: any address
  // Not said: the address that the SA ends at; with a signature the name of the certificate.
  std::optional<IkeIdentity> identity;
  std::optional<IkeAuth> local_auth;
  IkeKey local_key;                  // `authentication local pre-share key`
  std::vector<IkeAuth> remote_auth;  // any of them, as typed
  IkeKey remote_key;
  std::string keyring;
  std::vector<IkeTrustpoint> trustpoints;
  std::optional<IkeDpd> dpd;  // not said: the global one
  uint32_t lifetime = kDefaultIkev2Lifetime;
  std::optional<uint32_t> nat_keepalive;  // seconds; not said: the global one
  std::optional<uint32_t> reauth;         // seconds after which the peer must prove itself again
                                          // (RFC 4478)
  bool initial_contact_force = false;
  IkeChildless childless = IkeChildless::kAllow;
  // RFC 4555. Unchecked: packets follow a peer that moves before it has answered where it is.
  bool mobike = true;
  bool mobike_unchecked = false;
  std::optional<IkeGroupAuthorization> psk_authorization;
  std::optional<IkeGroupAuthorization> cert_authorization;
  IkeConfigExchange config_exchange;
  std::optional<uint32_t> resumption;  // seconds that a ticket is good (RFC 5723); nothing: none
  std::string ivrf;  // of the protected networks; "": that of the crypto map's interface
};
bool operator==(const Ikev2Profile& a, const Ikev2Profile& b);

// `crypto ikev2 fragmentation` (RFC 7383, ASA-77). On by default.
struct IkeFragmentation {
  bool on = true;
  std::optional<uint16_t> mtu;  // of the whole IP packet
  // Preferred is Cisco's own method, which is not built: the IETF's is used then as well.
  bool prefer_cisco = false;
  bool operator==(const IkeFragmentation&) const = default;
};

// `crypto ikev2 retransmit`: when a request without an answer is sent again, and when the IKE SA is
// given up. The first wait, then each `base_percent` of the one before, none longer than the limit.
struct IkeRetransmit {
  uint32_t timeout_ms = 1'000;      // 100-60000
  uint16_t base_percent = 180;      // 100-400
  uint8_t tries = 6;                // sent so often in all; 2-20
  std::optional<uint16_t> limit_s;  // 1-600
  bool operator==(const IkeRetransmit&) const = default;
};
// From the first message until it is given up; no more than just above the most that is allowed.
inline constexpr uint64_t kMostRetransmitMs = 3'600'000;
uint64_t RetransmitMs(const IkeRetransmit& retransmit);

inline constexpr uint8_t kDefaultIkev2Window = 5;       // requests under way
inline constexpr uint16_t kDefaultDiagnoseErrors = 50;  // exit paths that are kept

// Another gateway, of each IP version; none: callers of that version are served here.
struct IkeRedirectTargets {
  net::Address v4, v6;
  const net::Address& For(const net::Address& caller) const { return caller.is_v6() ? v6 : v4; }
  bool operator==(const IkeRedirectTargets&) const = default;
};

// `crypto ikev2 ...` without a name, and limits of all IKE.
struct IkeGlobals {
  bool default_proposal = true;  // `no crypto ikev2 proposal default`
  bool default_policy = true;    // `no crypto ikev2 policy default`
  std::optional<IkeDpd> dpd;
  // Half-open SAs from which on cookies are asked for. Not said: the ike role's own figure.
  std::optional<uint16_t> cookie_challenge;
  // Negotiations under way, begun by peers and by this system; SAs. Not said: the ike role's own.
  std::optional<uint32_t> incoming_negotiations;
  std::optional<uint32_t> outgoing_negotiations;
  std::optional<uint32_t> max_sa;
  // `crypto call admission limit ike`: of both versions together.
  std::optional<uint32_t> admission_sa;
  std::optional<uint32_t> admission_negotiations;
  std::optional<uint32_t> nat_keepalive;  // seconds; not said: none are sent
  uint8_t window = kDefaultIkev2Window;
  IkeRetransmit retransmit;
  IkeFragmentation fragmentation;
  bool http_url_cert = false;                         // certificates by hash and URL
  std::optional<uint16_t> certificate_cache;          // certificates; not said: none
  uint16_t diagnose_errors = kDefaultDiagnoseErrors;  // 0: none
  bool log = false;                                   // `crypto logging ikev2`
  // `crypto isakmp invalid-spi-recovery`: an IKE SA is begun to tell a peer of an SPI (DP-26).
  bool invalid_spi_recovery = false;
  bool notify_invalid_selectors = false;  // peers are told of what an SA is not for (ASA-24)
  // Redirects that are followed one after the other (RFC 5685); not said: none.
  std::optional<uint8_t> redirects;
  // Where callers are sent (RFC 5685): by the answer to IKE_SA_INIT, or to IKE_AUTH.
  IkeRedirectTargets redirect_init, redirect_auth;
  bool operator==(const IkeGlobals&) const = default;
};

struct Ike {
  IkeGlobals globals;
  NamedList<Ikev2Proposal> proposals;
  NamedList<Ikev2Policy> policies;
  NamedList<Ikev2Keyring> keyrings;
  NamedList<Ikev2Authorization> authorizations;
  NamedList<Ikev2Profile> profiles;
  NamedList<LocalPool> pools;
  NamedList<LocalPoolV6> ipv6_pools;
  NamedList<IsakmpPeer> peers;
  bool operator==(const Ike&) const = default;
};

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_RUNNING_IKE_H_
