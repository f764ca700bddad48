// The configuration of what carries and filters packets, as plain data: interfaces, addresses,
// routes, neighbours, VRFs, access lists. Part of sw/config/running.h.
#ifndef VAM_SW_CONFIG_RUNNING_NET_H_
#define VAM_SW_CONFIG_RUNNING_NET_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sw/config/running_crypto.h"
#include "sw/net/address.h"
#include "sw/net/mac.h"
#include "sw/net/prefix.h"

namespace vam::config {

// What stands behind an interface: `device KIND ARGUMENT...`.
enum class DeviceKind : uint8_t { kAfPacket, kTap, kPcap, kEthdev };
struct Device {
  DeviceKind kind = DeviceKind::kAfPacket;
  std::string name;    // af-packet: Linux interface; tap: its name; ethdev: DPDK device arguments;
                       // pcap: file read from
  std::string output;  // pcap: file written to
  bool operator==(const Device&) const = default;
};

// `ip address A M [secondary]`.
struct InterfaceAddress {
  net::Address address;
  uint8_t prefix_length = 0;
  bool operator==(const InterfaceAddress&) const = default;
};

// `ipv6 address`: kEui64: `address` is the prefix (host bits zero), the host part is made of the
// interface's Ethernet address (RFC 4291, appendix A). kLinkLocal: replaces the one that is made so
// by default; its length is 128 and not looked at.
enum class Ipv6AddressKind : uint8_t { kGiven, kEui64, kLinkLocal };
struct Ipv6Address {
  net::Address address;
  uint8_t prefix_length = 0;
  Ipv6AddressKind kind = Ipv6AddressKind::kGiven;
  bool operator==(const Ipv6Address&) const = default;
};
struct InterfaceIpv6 {
  bool enable = false;                 // `ipv6 enable`: a link-local address and no other
  std::vector<Ipv6Address> addresses;  // in the order of configuration; at most one kLinkLocal
  uint16_t mtu = 0;                    // IPv6 bytes, 1280 and above; 0: the interface's
  uint16_t tcp_mss = 0;                // `ipv6 tcp adjust-mss N`; 0: left alone
  bool unreachables = true;
  std::string filter_in;  // `ipv6 traffic-filter NAME in`; empty: none
  std::string filter_out;
  std::string crypto_map;  // `ipv6 crypto map NAME`; empty: none

  // The interface speaks IPv6 (when `ipv6 unicast-routing` lets it forward or not).
  bool on() const { return enable || !addresses.empty(); }
  bool operator==(const InterfaceIpv6&) const = default;
};

inline constexpr size_t kMaxInterfaces = 4096;               // numbered in 16 bits by fwd
inline constexpr std::string_view kNullInterface = "Null0";  // always there, drops what it gets
struct Interface {
  std::string name;
  std::string description;
  std::optional<Device> device;
  std::optional<net::MacAddress> mac;  // none: the device's own
  std::string vrf;                     // empty: the global table
  std::optional<net::Address> address;
  uint8_t prefix_length = 0;                // of `address`
  std::vector<InterfaceAddress> secondary;  // only beside `address`
  std::string unnumbered;                   // `ip unnumbered IF`, never beside `address`
  uint16_t mtu = 1500;                      // longest packet: bytes above the Ethernet header
  uint16_t ip_mtu = 0;                      // longest IPv4 packet, never above `mtu`; 0: `mtu`
  uint16_t tcp_mss = 0;                     // `ip tcp adjust-mss N`; 0: left alone
  bool ip_unreachables = true;              // ICMP unreachable messages are sent
  bool shutdown = false;
  std::string access_in;  // `ip access-group NAME in`; empty: none
  std::string access_out;
  std::string crypto_map;                      // empty: none
  std::optional<DfBit> df_bit;                 // none: the global one (DP-77)
  std::optional<Fragmentation> fragmentation;  // none: the global one
  InterfaceIpv6 ipv6;

  // Has no wire: made by its name alone.
  bool loopback() const { return name.starts_with("Loopback"); }
  uint16_t LongestIpv4() const { return ip_mtu != 0 ? ip_mtu : mtu; }
  uint16_t LongestIpv6() const { return ipv6.mtu != 0 ? ipv6.mtu : mtu; }
  bool operator==(const Interface&) const = default;
};

// `ip route [vrf V] P M {NH | IF [NH]} ...` and `ipv6 route [vrf V] P/LEN {NH | IF [NH]} ...`: the
// family is that of `destination`. Null0 as interface: what goes there is dropped.
struct Route {
  net::Prefix destination;
  std::optional<net::Address> next_hop;
  std::string interface;  // empty: found through next_hop
  uint8_t distance = 1;
  std::string vrf = {};    // empty: the global table
  bool permanent = false;  // stays when its interface goes down
  uint32_t tag = 0;        // kept and shown; 0: none
  std::string name = {};   // for people
  bool operator==(const Route&) const = default;
};

// `arp [vrf V] A MAC arpa`.
struct ArpEntry {
  net::Address address;
  net::MacAddress mac;
  std::string vrf = {};  // empty: the global table
  bool operator==(const ArpEntry&) const = default;
};
// `ipv6 neighbor A IF MAC`. The same address may stand on several interfaces (link-local).
struct Neighbor {
  net::Address address;
  std::string interface;
  net::MacAddress mac;
  bool operator==(const Neighbor&) const = default;
};

// `route-target {import | export | both} V`: kept and shown; OpenVAM speaks no BGP.
struct RouteTarget {
  bool import = false;  // else export
  std::string value;    // "1:1"
  bool operator==(const RouteTarget&) const = default;
};
struct VrfFamily {
  bool on = false;  // `address-family` was entered
  std::vector<RouteTarget> targets;
  bool operator==(const VrfFamily&) const = default;
};
// `vrf definition NAME`, or the older `ip vrf NAME`, which has IPv4 only.
struct Vrf {
  std::string name;
  std::string description;
  bool ip_vrf = false;
  std::string rd;                    // "1:1"; empty: none
  std::vector<RouteTarget> targets;  // above the families
  VrfFamily ipv4;                    // on in an `ip vrf`
  VrfFamily ipv6;
  bool operator==(const Vrf&) const = default;
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
  bool except = false;  // `neq N`: every port but first (= last)
  bool any() const { return first == 0 && last == 65535; }
  bool operator==(const PortRange&) const = default;
};

// TCP flags as they stand in the header (RFC 9293, 3.1).
inline constexpr uint8_t kTcpFin = 0x01;
inline constexpr uint8_t kTcpSyn = 0x02;
inline constexpr uint8_t kTcpRst = 0x04;
inline constexpr uint8_t kTcpPsh = 0x08;
inline constexpr uint8_t kTcpAck = 0x10;
inline constexpr uint8_t kTcpUrg = 0x20;
// `match-any +syn -ack`: SYN is set or ACK is not; `match-all`: both. Neither: not looked at.
struct TcpFlags {
  uint8_t set = 0;
  uint8_t clear = 0;
  bool all = false;
  bool any() const { return set == 0 && clear == 0; }
  bool Matches(uint8_t flags) const {
    const auto met = static_cast<uint8_t>((flags & set) | (~flags & clear));
    return any() || (all ? met == (set | clear) : met != 0);
  }
  bool operator==(const TcpFlags&) const = default;
};
// `ttl eq|neq|lt|gt|range`: first <= TTL <= last, or not so.
struct TtlRange {
  uint8_t first = 0;
  uint8_t last = 255;
  bool except = false;
  bool operator==(const TtlRange&) const = default;
};

// One line. All that is given must hold.
struct AclEntry {
  uint32_t sequence = 0;  // 10, 20, ... unless given
  bool permit = false;
  uint8_t protocol = 0;        // 0: ip or ipv6, any
  AddressMatch source;         // of IPv4 lists
  AddressMatch destination;    // of IPv4 lists; any in standard ones
  net::Prefix source_v6;       // of IPv6 lists; family kNone: any
  net::Prefix destination_v6;  // of IPv6 lists
  PortRange source_port;       // tcp and udp only
  PortRange destination_port;
  std::optional<uint8_t> icmp_type;  // icmp only
  std::optional<uint8_t> icmp_code;
  bool established = false;  // tcp: ACK or RST is set
  TcpFlags tcp_flags;
  std::optional<uint8_t> dscp;         // upper six bits of TOS or traffic class
  std::optional<uint8_t> precedence;   // upper three bits of TOS; IPv4 only
  std::optional<uint8_t> tos;          // bits 1 to 4 of TOS, 0-15 (RFC 1349); IPv4 only
  std::optional<TtlRange> ttl;         // IPv4 only
  std::optional<uint32_t> flow_label;  // IPv6 only
  bool routing = false;                // IPv6: there is a routing header
  bool undetermined = false;           // IPv6: the upper-layer protocol cannot be found
  bool fragments = false;              // later fragments only
  bool log = false;
  bool log_input = false;  // log with interface and source MAC
  bool operator==(const AclEntry&) const = default;

  // What crypto maps cannot select traffic by, as typed ("established"); empty: nothing. A list
  // with such a line may filter an interface.
  std::string_view BeyondSelectors() const;
};
// `remark TEXT`, behind the line with the sequence number `after`; 0: before the first.
struct AclRemark {
  uint32_t after = 0;
  std::string text;
  bool operator==(const AclRemark&) const = default;
};
enum class AclKind : uint8_t { kExtended, kStandard, kIpv6 };
// Ordered by sequence; first match decides; no match: deny. An interface whose list is missing or
// has no lines filters nothing, as in IOS. IPv6 lists permit neighbour solicitations and
// advertisements before the final deny.
struct Acl {
  std::string name;  // "101" for a numbered one
  AclKind kind = AclKind::kExtended;
  std::vector<AclEntry> entries;
  std::vector<AclRemark> remarks;  // by `after`, then as typed
  bool operator==(const Acl&) const = default;

  bool numbered() const { return name[0] >= '0' && name[0] <= '9'; }
};

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_RUNNING_NET_H_
