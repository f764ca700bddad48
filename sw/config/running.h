// The configuration as plain data: what the statements say, with no text left and nothing derived.
// Parsed by sw/config/parser.h, written by sw/config/render.h; what follows from it is in
// sw/config/effective.h.
#ifndef VAM_SW_CONFIG_RUNNING_H_
#define VAM_SW_CONFIG_RUNNING_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/secret.h"
#include "sw/config/named_list.h"
#include "sw/net/address.h"
#include "sw/net/mac.h"
#include "sw/net/prefix.h"

namespace vam::config {

// Which card `engine card` asks for. kNone: every SA runs in software, by configuration.
enum class CardKind : uint8_t { kNone, kRtl, kModel };

enum class DfBit : uint8_t { kCopy, kSet, kClear };

// What stands behind an interface: `device KIND ARGUMENT...`.
enum class DeviceKind : uint8_t { kAfPacket, kTap, kPcap, kEthdev };
struct Device {
  DeviceKind kind = DeviceKind::kAfPacket;
  std::string name;    // af-packet: Linux interface; tap: its name; ethdev: DPDK device arguments;
                       // pcap: file read from
  std::string output;  // pcap: file written to
  bool operator==(const Device&) const = default;
};

inline constexpr size_t kMaxInterfaces = 4096;  // numbered in 16 bits by fwd
struct Interface {
  std::string name;
  std::string description;
  std::optional<Device> device;
  std::optional<net::MacAddress> mac;  // none: the device's own
  std::optional<net::Address> address;
  uint8_t prefix_length = 0;  // of `address`
  uint16_t mtu = 1500;        // IP bytes
  bool shutdown = false;
  std::string crypto_map;  // empty: none
  bool operator==(const Interface&) const = default;
};

// `ip route P M {NH | IF [NH]}`.
struct Route {
  net::Prefix destination;
  std::optional<net::Address> next_hop;
  std::string interface;  // empty: found through next_hop
  uint8_t distance = 1;
  bool operator==(const Route&) const = default;
};

struct ArpEntry {
  net::Address address;
  net::MacAddress mac;
  bool operator==(const ArpEntry&) const = default;
};

// An address matches when it equals `address` in every bit that is 0 in `wildcard` (host order).
struct AddressMatch {
  uint32_t address = 0;
  uint32_t wildcard = 0xFFFFFFFF;
  bool operator==(const AddressMatch&) const = default;
};
struct PortRange {
  uint16_t first = 0;
  uint16_t last = 65535;
  bool any() const { return first == 0 && last == 65535; }
  bool operator==(const PortRange&) const = default;
};

struct AclEntry {
  uint32_t sequence = 0;  // 10, 20, ... unless given
  bool permit = false;
  uint8_t protocol = 0;  // 0: ip, any
  AddressMatch source;
  AddressMatch destination;
  PortRange source_port;  // tcp and udp only
  PortRange destination_port;
  std::optional<uint8_t> icmp_type;  // icmp only
  std::optional<uint8_t> icmp_code;
  bool log = false;
  bool operator==(const AclEntry&) const = default;
};
// Ordered by sequence; first match decides; no match: deny.
struct Acl {
  std::string name;  // "101" for a numbered one
  std::vector<AclEntry> entries;
  bool operator==(const Acl&) const = default;
};

enum class Transform : uint8_t { kEspGcm };
enum class IpsecMode : uint8_t { kTunnel };
struct TransformSet {
  std::string name;
  Transform transform = Transform::kEspGcm;
  uint16_t key_bits = 128;  // 128, 192, 256; without the 32-bit salt
  IpsecMode mode = IpsecMode::kTunnel;
  bool operator==(const TransformSet&) const = default;
};

// Shared, never changed: a copy of the model copies no key. Key, then the 4-byte salt (RFC
// 4106, 8.1): 20, 28 or 36 bytes.
using Key = std::shared_ptr<const Secret<36>>;
struct SessionKey {
  uint32_t spi = 0;  // 256 and above
  Key key;
};
bool operator==(const SessionKey& a, const SessionKey& b);

// `crypto map NAME SEQ ipsec-manual`. Any part may be missing: the entry is then incomplete and its
// traffic dropped.
struct CryptoMapEntry {
  uint32_t sequence = 0;
  std::string description;
  std::optional<net::Address> peer;
  std::string transform_set;
  std::string acl;
  std::optional<SessionKey> inbound;
  std::optional<SessionKey> outbound;
  bool esn = false;
  uint16_t replay_window = 0;  // 0: off, the default of manual SAs (SY-105)
  bool operator==(const CryptoMapEntry&) const = default;
};
struct CryptoMap {
  std::string name;
  std::string local_address_interface;  // `crypto map NAME local-address IF` (SY-96); empty: each
                                        // interface's own
  std::vector<CryptoMapEntry> entries;  // ascending sequence
  bool operator==(const CryptoMap&) const = default;
};

struct Running {
  std::string hostname = "Router";
  CardKind card = CardKind::kNone;
  bool manual_counter_mode = false;  // `crypto ipsec manual-counter-mode enable`
  uint16_t replay_window = 64;       // global default of negotiated SAs
  DfBit df_bit = DfBit::kCopy;       // global
  NamedList<Interface> interfaces;   // in the order of first mention
  std::vector<Route> routes;
  std::vector<ArpEntry> arps;
  NamedList<Acl> acls;
  NamedList<TransformSet> transform_sets;
  NamedList<CryptoMap> crypto_maps;
  bool operator==(const Running&) const = default;

  // nullptr when there is none of that name.
  const Interface* FindInterface(std::string_view name) const;
  const Acl* FindAcl(std::string_view name) const;
  const TransformSet* FindTransformSet(std::string_view name) const;
  const CryptoMap* FindCryptoMap(std::string_view name) const;
};

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_RUNNING_H_
