// What follows from a configuration: the entries of the crypto maps that act, with the SAs that
// they ask for, and what is wrong between statements.
#ifndef VAM_SW_CONFIG_EFFECTIVE_H_
#define VAM_SW_CONFIG_EFFECTIVE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/config/running.h"

namespace vam::config {

enum class SaProtocol : uint8_t { kCompression, kEsp, kAh };

// CPIs that need no negotiation (RFC 2394, RFC 2395).
inline constexpr uint32_t kDeflateCpi = 2;
inline constexpr uint32_t kLzsCpi = 3;

// One SA of a bundle in one direction.
struct SaSpec {
  SaProtocol protocol = SaProtocol::kEsp;
  TransformUse first;  // AH, compression: the transform; ESP: the encryption, esp-null
                       // when the set has none
  std::optional<TransformUse> second;  // ESP: the authentication beside it
  uint32_t spi = 0;                    // compression: the CPI
  Key cipher_key;                      // of the ESP encryption, with its salt; none: it has no key
  Key auth_key;                        // of AH or the ESP authentication
};

// An entry of a crypto map as it acts: its SAs, or the reason why its traffic is dropped.
// By default each interface that carries the map has its own part of the SAD (SY-95), but a manual
// key belongs to one SA only: a map with manual entries on several interfaces needs
// `local-address`, and its SAs are then shared by them (SY-97).
struct EffectiveEntry {
  EntryKind kind = EntryKind::kManual;
  std::string map;
  uint32_t sequence = 0;
  // kDynamic: the entry of the dynamic map that stands here. It answers, and never asks (SY-107).
  std::string dynamic_map;
  uint32_t dynamic_sequence = 0;
  bool ipv6 = false;
  std::vector<std::string> interfaces;  // all that carry the map, in the order of the configuration
  // Outer source of outbound, outer destination of inbound packets. None: each interface's own.
  std::optional<net::Address> local;
  const CryptoMapEntry* entry = nullptr;  // kDynamic: of the dynamic map
  // Best first. Of a manual entry the only one; the defaults where none is configured.
  std::vector<const TransformSet*> transform_sets;
  const Acl* acl = nullptr;
  // Manual: the first permit line, the only one that counts (SY-104). Lines above it, all deny,
  // still exempt their traffic.
  const AclEntry* permit = nullptr;
  // Manual: the SAs of each direction, innermost first: compression, ESP, AH. Empty when
  // incomplete.
  std::vector<SaSpec> outbound, inbound;
  // Empty: SAs can be set up. Else a sentence; the entry's traffic is dropped with policy_discard.
  std::string incomplete;

  // Of the best transform set; transport is for traffic between the peers only (SY-17).
  IpsecMode mode() const {
    return transform_sets.empty() ? IpsecMode::kTunnel : transform_sets[0]->mode;
  }
};

// The entries of all maps that some interface carries, by map (in the order of the interfaces) and
// sequence; a dynamic map's entries stand in the place of the reference to it. Pointers lead into
// `running`, which must outlive the result, or to constants.
std::vector<EffectiveEntry> EffectiveEntries(const Running& running);
// A manual or negotiated entry alone; nullopt when there is none of this name and number, or no
// interface carries it.
std::optional<EffectiveEntry> FindEffectiveEntry(const Running& running, std::string_view map,
                                                 uint32_t sequence);

// The defined sets of an entry or profile in its order; where it names none, and it is not manual,
// the default sets (MG-96..103). Sets that are named but not defined are left out.
std::vector<const TransformSet*> EffectiveTransformSets(const Running& running,
                                                        const SaPolicy& policy,
                                                        bool manual = false);
// What stands in for missing sets, best first; none when they are switched off. The guides' two,
// AES before 3DES, rest on SHA-1 and need `crypto legacy-algorithms enable`; without it there is
// one of our own.
std::vector<const TransformSet*> DefaultTransformSets(const CryptoGlobals& crypto);

// The entry's own value, or the global one.
struct EffectiveLifetime {
  uint32_t seconds = kDefaultLifetimeSeconds;
  std::optional<uint32_t> kilobytes = kDefaultLifetimeKilobytes;  // none: not by volume
  std::optional<uint32_t> idle_seconds;
};
EffectiveLifetime LifetimeOf(const CryptoGlobals& crypto, const SaPolicy& policy);
// Packets; 0: no check. Of manual entries only what they say themselves (SY-105).
uint16_t ReplayWindowOf(const CryptoGlobals& crypto, const SaPolicy& policy, bool manual);
// The first IPv6 address that is written out whole: what SAs and the gateway's own datagrams use.
// Those made from the MAC address of a port, and link-local ones, are not known here.
std::optional<net::Address> FirstIpv6(const Interface& interface);
// Entry before interface before global (DP-77).
DfBit DfBitOf(const CryptoGlobals& crypto, const Interface& interface, const SaPolicy& policy);
Fragmentation FragmentationOf(const CryptoGlobals& crypto, const Interface& interface);

// The key whose numbers must not come twice in one SA of a manual entry, without its salt: the
// cipher's of ESP, else that of its integrity. With AH in the bundle each has its own. Empty when
// there is no such SA or no key.
Bytes NumberedKey(const EffectiveEntry& entry, bool inbound, SaProtocol protocol);

// A sentence about one thing of the configuration ("crypto map m 10", "interface g0").
struct Finding {
  std::string subject;
  std::string message;
};

// Faults between statements for which a configuration is refused as a whole; empty: none.
std::vector<Finding> CrossCheck(const Running& running);
// Things the operator should know, one sentence each; the configuration works. At most 100, then
// one that says how many there are more.
std::vector<std::string> Warnings(const Running& running);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_EFFECTIVE_H_
