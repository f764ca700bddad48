// What an IPsec SA is, for every engine: parameters, handle, counters.
#ifndef VAM_SW_IPSEC_SA_H_
#define VAM_SW_IPSEC_SA_H_

#include <compare>
#include <cstddef>
#include <cstdint>

#include "sw/base/result.h"
#include "sw/base/secret.h"
#include "sw/ipsec/algorithms.h"
#include "sw/net/address.h"
#include "sw/net/prefix.h"

namespace vam::ipsec {

inline constexpr size_t kKeyMaterialBytes = 36;  // a 256-bit key and four bytes of salt
inline constexpr size_t kAuthKeyBytes = 64;      // HMAC-SHA-512
inline constexpr size_t kMaxSaltBytes = 4;
inline constexpr size_t kEspHeaderBytes = 8;      // SPI and sequence number
inline constexpr size_t kAhFixedBytes = 12;       // everything before the ICV (RFC 4302, 2)
inline constexpr size_t kEspTrailerBytes = 2;     // pad length and next header
inline constexpr size_t kIpCompHeaderBytes = 4;   // next header, flags, CPI (RFC 3173, 3.3)
inline constexpr uint32_t kMinReplayWindow = 64;  // packets
inline constexpr uint32_t kMaxReplayWindow = 1024;
inline constexpr uint32_t kFirstSpi = 256;  // smaller ones are reserved (RFC 4303, 2.1)
// CPIs that two peers agree on (RFC 3173, 3.3). Smaller ones name an algorithm, not an SA.
inline constexpr uint32_t kFirstCpi = 256;
inline constexpr uint32_t kLastCpi = 61439;

// An SPI as a number (host order). Of IPComp: the CPI.
struct Spi {
  uint32_t value = 0;
  auto operator<=>(const Spi&) const = default;
};

enum class Direction : uint8_t { kOut, kIn };
enum class Mode : uint8_t { kTunnel, kTransport };
// Numbers are those of the IP header.
enum class Protocol : uint8_t { kEsp = 50, kAh = 51, kIpComp = 108 };
// The DF bit of the outer header.
enum class DfMode : uint8_t { kCopy, kSet, kClear };

// An engine's name for an SA it holds: {generation[31:20], index[19:0]}, as in the card's map.
// A handle outlives its SA safely: the generation of the place has moved on.
struct SaRef {
  uint32_t value = 0xffffffff;

  static constexpr uint32_t kIndexBits = 20;
  static constexpr SaRef Make(uint32_t generation, uint32_t index) {
    return {(generation << kIndexBits) | index};
  }
  static constexpr SaRef None() { return {}; }
  constexpr uint32_t index() const { return value & ((1u << kIndexBits) - 1); }
  constexpr uint32_t generation() const { return value >> kIndexBits; }
  auto operator<=>(const SaRef&) const = default;
};

// 0 = no limit. Bytes are those the algorithm is applied to (RFC 4301, 4.4.2.1), in both
// directions: ESP: payload, padding, trailer; AH: the packet that carries it; IPComp: the payload
// that is not compressed.
struct Lifetimes {
  uint64_t soft_bytes = 0;
  uint64_t hard_bytes = 0;
  uint64_t soft_packets = 0;
  uint64_t hard_packets = 0;
  bool operator==(const Lifetimes&) const = default;
};

struct PortRange {
  uint16_t low = 0;
  uint16_t high = 0xffff;
  bool IsAny() const { return low == 0 && high == 0xffff; }
  bool Contains(uint16_t port) const { return low <= port && port <= high; }
  bool operator==(const PortRange&) const = default;
};

// What the SA may carry, seen from this gateway: traffic goes out from local to remote and comes in
// from remote to local. A prefix without family admits every address; protocol 0 every protocol. A
// port range other than "any" admits only packets that show their ports: no other protocols, no
// later fragments.
struct Selectors {
  net::Prefix local;
  net::Prefix remote;
  uint8_t protocol = 0;
  PortRange local_ports;
  PortRange remote_ports;
  bool HasPorts() const { return !local_ports.IsAny() || !remote_ports.IsAny(); }
  bool operator==(const Selectors&) const = default;
};

// What an SA is, without its keys: may be copied and kept. IPComp has neither keys nor sequence
// numbers: `esn`, window, `initial_seq` and `seq_watermark` stay 0.
struct SaSettings {
  uint64_t id = 0;  // never reused; quoted in events
  Direction direction = Direction::kOut;
  Protocol protocol = Protocol::kEsp;
  Mode mode = Mode::kTunnel;
  Suite suite;
  Spi spi;
  uint16_t vrf_tag = 0;    // front VRF: of the outer packet
  net::Address local;      // our tunnel end: outer source going out, outer destination coming in
  net::Address remote;     // the peer's end; coming in it is not compared (RFC 4301, 4.1)
  uint16_t udp_local = 0;  // NAT-T ports; 0 = plain ESP
  uint16_t udp_remote = 0;
  bool esn = false;            // 64-bit sequence numbers (RFC 4303, 2.2.1)
  uint32_t replay_window = 0;  // inbound: 0 = no check, or 64 to 1024 packets
  // Outbound: the first packet gets this number + 1. Inbound: every number up to this one counts as
  // received.
  uint64_t initial_seq = 0;
  uint64_t seq_watermark = 0;  // outbound: an event when this number is reached; 0 = none
  Lifetimes lifetimes;
  DfMode df_mode = DfMode::kCopy;
  bool dscp_fixed = false;  // false: the DSCP is copied from the inner packet
  uint8_t dscp = 0;         // 0 to 63, when fixed
  uint8_t ttl = 64;         // of the outer header
  Selectors selectors;      // inbound: checked after decapsulation
};

// The keys of an SA; wiped when they end.
struct SaKeys {
  Secret<kKeyMaterialBytes> key_material;  // of the encryption: key, then salt
  Secret<kAuthKeyBytes> auth_key;          // of the integrity: key, then salt

  SaKeys CloneKeys() const;
};

// What an engine needs to set the SA up.
struct SaParams : SaSettings, SaKeys {
  // A copy, with copies of the keys.
  SaParams Clone() const;
};

// Packets of an IPComp SA, by the words of "show crypto ipsec sa".
struct IpCompStats {
  uint64_t compressed = 0;
  uint64_t not_compressed = 0;  // not tried: too short, a fragment, or others before did not shrink
  uint64_t compress_failed = 0;  // tried, and did not become smaller: sent as they were
  uint64_t decompressed = 0;
  uint64_t not_decompressed = 0;  // came without an IPComp header
  uint64_t decompress_failed = 0;
  bool operator==(const IpCompStats&) const = default;
};

// One coherent snapshot.
struct SaStats {
  uint64_t sa_id = 0;
  // Outbound: last number used; inbound: right edge of the window. IPComp: 0.
  uint64_t sequence = 0;
  uint64_t packets = 0;         // that passed the integrity check, or were sent
  uint64_t bytes = 0;           // as in Lifetimes
  uint16_t pending_events = 0;  // bit = EventType
  uint64_t errors = 0;          // packets of this SA that were dropped, whatever the reason
  IpCompStats ipcomp;
};

// Everything that no engine accepts is kInvalidArgument, what none here has built is kUnsupported;
// the text says which field.
Status Validate(const SaParams& params);

// What stands before and behind the text of an ESP packet.
struct EspLayout {
  size_t iv_bytes = 8;
  size_t icv_bytes = 16;
  size_t block_bytes = 4;  // of the text: a power of two, at least 4

  size_t fixed_bytes() const { return kEspHeaderBytes + iv_bytes + icv_bytes; }
  // Payload, padding, pad length and next header.
  size_t TextBytes(size_t payload_bytes) const {
    return (payload_bytes + kEspTrailerBytes + block_bytes - 1) & ~(block_bytes - 1);
  }
};
EspLayout LayoutOf(const Suite& suite);

// Bytes of an AH with this ICV: a multiple of 4, in IPv6 of 8 (RFC 4302, 2.6).
size_t AhBytes(Integrity integrity, bool v6);

// Length of the packet that leaves for an inner packet of `inner_bytes`. `header_bytes` is what
// stays before the payload in transport mode; 0: an IP header without options. IPComp: of a packet
// that is not compressed, the longest one.
size_t EncapsulatedBytes(const SaSettings& sa, size_t inner_bytes, size_t header_bytes = 0);
// The largest inner packet whose outer packet fits `path_mtu_bytes`; 0 when none does.
size_t PlaintextMtu(const SaSettings& sa, size_t path_mtu_bytes, size_t header_bytes = 0);

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_SA_H_
