// What the crypto statements say, as plain data: transform sets, crypto maps, dynamic maps,
// profiles, manual keys, global settings. A part of config::Running (running.h).
#ifndef VAM_SW_CONFIG_RUNNING_CRYPTO_H_
#define VAM_SW_CONFIG_RUNNING_CRYPTO_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sw/base/secret.h"
#include "sw/config/named_list.h"
#include "sw/config/transforms.h"
#include "sw/net/address.h"

namespace vam::config {

// The don't-fragment bit of the outer header (DP-76).
enum class DfBit : uint8_t { kCopy, kSet, kClear };
// Where a packet that is too long is cut (DP-11..14).
enum class Fragmentation : uint8_t { kBefore, kAfter };

enum class IpsecMode : uint8_t { kTunnel, kTransport };
inline constexpr size_t kMaxTransforms = 4;
struct TransformSet {
  std::string name;
  std::vector<TransformUse> transforms;  // 1 to 4, one of a kind, as typed
  // kTransport: for traffic between the two peers themselves only (SY-17).
  IpsecMode mode = IpsecMode::kTunnel;

  // nullptr when the set has none of this kind.
  const TransformUse* Find(TransformKind kind) const;
  bool operator==(const TransformSet&) const = default;
};

// Shared, never changed: a copy of the model copies no key.
inline constexpr size_t kLongestKey = 64;  // HMAC-SHA-512
using Key = std::shared_ptr<const Secret<kLongestKey>>;
// nullptr is equal to nullptr only.
bool SameKey(const Key& a, const Key& b);

inline constexpr uint32_t kFirstSpi = 256;  // smaller ones are reserved (RFC 4303, 2.1)
// `set session-key {inbound | outbound} ah SPI KEY`.
struct AhKey {
  uint32_t spi = 0;
  Key key;
};
// `... esp SPI [cipher KEY] [authenticator KEY]`: at least one of them. A cipher key has its salt
// behind it where the algorithm takes one (RFC 4106, 8.1).
struct EspKey {
  uint32_t spi = 0;
  Key cipher;
  Key authenticator;
};
bool operator==(const AhKey& a, const AhKey& b);
bool operator==(const EspKey& a, const EspKey& b);
// The manual keys of one direction.
struct ManualKeys {
  std::optional<AhKey> ah;
  std::optional<EspKey> esp;
  bool empty() const { return !ah && !esp; }
  bool operator==(const ManualKeys&) const = default;
};

// When an SA is replaced; what is not set is inherited (entry: global; global: 4,608,000 kB, 3600
// s).
struct SaLifetime {
  std::optional<uint32_t> seconds;
  std::optional<uint32_t> kilobytes;
  bool kilobytes_disabled = false;  // no replacement by volume (SY-62); then `kilobytes` is not set
  bool operator==(const SaLifetime&) const = default;
};
inline constexpr uint32_t kDefaultLifetimeSeconds = 3600;
inline constexpr uint32_t kDefaultLifetimeKilobytes = 4'608'000;
inline constexpr uint16_t kDefaultReplayWindow = 64;  // packets (DP-02)

// `reverse-route`: routes to what the SAs reach.
struct ReverseRoute {
  bool is_static = false;  // from configuration on, without an SA
  std::optional<net::Address> remote_peer;
  bool gateway = false;  // a second route, to the remote peer
  uint8_t distance = 1;  // `set reverse-route distance`
  uint32_t tag = 0;
  bool operator==(const ReverseRoute&) const = default;
};

inline constexpr size_t kMaxTransformSetsPerEntry = 6;
// How SAs are made: what map entries, dynamic entries and profiles have in common.
struct SaPolicy {
  std::vector<std::string> transform_sets;  // best first, up to 6 (manual: 1); none: the defaults
  SaLifetime lifetime;
  std::optional<uint32_t> idle_seconds;
  bool idle_to_default_peer = false;      // when idle, back to the default peer (DP-89)
  std::optional<uint16_t> replay_window;  // 0: no check
  bool esn = false;                       // 64-bit sequence numbers
  std::optional<uint8_t> pfs_group;
  std::optional<DfBit> df_bit;
  bool per_host = false;  // an SA pair per pair of hosts (SY-60)
  std::string isakmp_profile;
  std::string ikev2_profile;
  std::optional<ReverseRoute> reverse_route;
  std::optional<uint32_t> policy_limit;  // `set security-policy limit`
  bool operator==(const SaPolicy&) const = default;
};

inline constexpr size_t kMaxPeers = 40;
inline constexpr size_t kMaxIkev2Peers = 10;  // of an entry with an IKEv2 profile (ASA-26)
struct Peer {
  net::Address address;  // none: `hostname` is to be resolved
  std::string hostname;  // empty: `address`
  bool dynamic = false;  // a host name is resolved each time it is used
  bool is_default = false;
  bool operator==(const Peer&) const = default;
};

enum class EntryKind : uint8_t {
  kManual,   // ipsec-manual
  kIsakmp,   // ipsec-isakmp
  kDynamic,  // ipsec-isakmp dynamic NAME: stands for the entries of a dynamic map
};
// An entry of a crypto map or of a dynamic map (kIsakmp there). Any part may be missing: the entry
// is then incomplete and its traffic dropped.
struct CryptoMapEntry : SaPolicy {
  uint32_t sequence = 0;
  EntryKind kind = EntryKind::kIsakmp;
  std::string dynamic_map;  // kDynamic
  bool discover = false;    // kDynamic: tunnel endpoint discovery
  std::string description;
  std::vector<Peer> peers;  // in the order of trial; manual: at most one, an address
  std::string acl;
  ManualKeys inbound;  // kManual
  ManualKeys outbound;

  // The address of the only peer of a manual entry; nullopt when there is none.
  std::optional<net::Address> PeerAddress() const;
  bool operator==(const CryptoMapEntry&) const = default;
};
struct CryptoMap {
  std::string name;
  bool ipv6 = false;                    // `crypto map ipv6 NAME`: addresses and list are IPv6
  std::string local_address_interface;  // `crypto map NAME local-address IF` (SY-96); empty: each
                                        // interface's own
  std::vector<CryptoMapEntry> entries;  // ascending sequence
  bool operator==(const CryptoMap&) const = default;
};
struct DynamicMap {
  std::string name;
  std::vector<CryptoMapEntry> entries;  // ascending sequence
  bool operator==(const DynamicMap&) const = default;
};
// `crypto ipsec profile NAME`, for tunnel interfaces.
struct IpsecProfile : SaPolicy {
  std::string name;
  std::string description;
  bool responder_only = false;
  bool operator==(const IpsecProfile&) const = default;
};

// `crypto ipsec ...` without a name, and what else holds for all SAs.
struct CryptoGlobals {
  bool legacy_algorithms = false;    // `crypto legacy-algorithms enable`
  bool manual_counter_mode = false;  // `crypto ipsec manual-counter-mode enable`
  bool default_transform_sets = true;
  bool log_sessions = false;  // `crypto logging session`
  SaLifetime lifetime;
  std::optional<uint32_t> idle_seconds;
  uint16_t replay_window = kDefaultReplayWindow;  // 0: no check (DP-04)
  DfBit df_bit = DfBit::kCopy;
  Fragmentation fragmentation = Fragmentation::kBefore;
  bool operator==(const CryptoGlobals&) const = default;
};

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_RUNNING_CRYPTO_H_
