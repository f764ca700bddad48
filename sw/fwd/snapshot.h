// What the forwarder works by: one immutable picture of the committed configuration, published by
// pointer.
#ifndef VAM_SW_FWD_SNAPSHOT_H_
#define VAM_SW_FWD_SNAPSHOT_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sw/fwd/acl_list.h"
#include "sw/fwd/route_table.h"
#include "sw/ipsec/policy.h"
#include "sw/ipsec/sa.h"
#include "sw/net/address.h"
#include "sw/net/mac.h"

namespace vam::fwd {

inline constexpr uint16_t kGlobalVrf = 0;
inline constexpr uint16_t kNullInterface = 0xfffe;  // of a route: drops what it gets

// `ipv6 address ...`.
struct Ipv6Address {
  net::Address address;
  uint8_t prefix_length = 64;
  bool eui64 = false;  // the last 64 bits come from the MAC address of the port
};

struct InterfaceConfig {
  std::string name;
  uint16_t vrf = kGlobalVrf;
  uint32_t address = 0;  // IPv4, host order; 0: none
  uint8_t prefix_length = 0;
  struct Secondary {
    uint32_t address;
    uint8_t prefix_length;
  };
  std::vector<Secondary> secondary;
  bool borrowed = false;  // `ip unnumbered`: the address is another's, without a network here
  bool ipv6 = false;      // takes IPv6 packets; without a link-local address among `addresses6` it
                          // makes one from its MAC address
  std::vector<Ipv6Address> addresses6;
  uint8_t dad_probes = 1;  // `ipv6 nd dad attempts`; 0: addresses are used at once
  uint16_t mtu = 1500;     // IPv4 bytes
  uint16_t mtu6 = 1500;
  uint16_t tcp_mss = 0;  // `ip tcp adjust-mss`; 0: left alone
  uint16_t tcp_mss6 = 0;
  bool shutdown = false;
  // false: no ICMP unreachable but "fragmentation needed", without which hosts would lose packets
  // for ever (RFC 1812, 4.3.3.1).
  bool unreachables = true;
  bool unreachables6 = true;
  // DF of outer packets that leave here, as table 2-A of DP-15 needs it.
  ipsec::DfMode df_mode = ipsec::DfMode::kCopy;
  bool fragment_after_encryption = false;  // `crypto ipsec fragmentation after-encryption`
  // Of the crypto maps that are bound; null: none. Interfaces with the same map share it.
  std::shared_ptr<const ipsec::Policy> policy;
  std::shared_ptr<const ipsec::Policy> policy6;
  // Interface access lists; null: none, everything passes.
  std::shared_ptr<const AccessList> acl_in, acl_out, acl6_in, acl6_out;

  uint16_t Mtu(bool v6) const { return v6 ? mtu6 : mtu; }
  bool HasAddress(uint32_t a) const {
    return a != 0 && (a == address || std::any_of(secondary.begin(), secondary.end(),
                                                  [&](const auto& s) { return s.address == a; }));
  }
  const ipsec::Policy* PolicyFor(bool v6) const { return v6 ? policy6.get() : policy.get(); }
};

// An address that no port has: of a loopback interface.
struct LoopbackAddress {
  uint16_t vrf = kGlobalVrf;
  net::Address address;
};

struct Vrf {
  std::string name;  // empty: the global one
  RouteTable routes;
};

// `arp A M arpa`, `ipv6 neighbor A IF M`.
struct StaticNeighbor {
  uint16_t vrf = kGlobalVrf;
  net::Address address;
  net::MacAddress mac;
  uint16_t interface = 0xffff;  // 0xffff: that of the connected network
};

struct Snapshot {
  uint64_t generation = 0;
  // Indexed as the forwarder's ports; an interface that the configuration does not name is shut
  // down.
  std::vector<InterfaceConfig> interfaces;
  // Where a crypto map entry stands. No policy: no interface carries its map.
  struct EntryPlace {
    std::shared_ptr<const ipsec::Policy> policy;
    std::shared_ptr<const ipsec::Policy> policy6;  // of an IPv6 map; an entry is in one of the two
    uint32_t position = 0;
    uint16_t front_vrf = kGlobalVrf;       // of outer packets
    uint16_t inside_vrf = kGlobalVrf;      // of what comes out of its SAs
    bool transport = false;                // its packets are never cut before encryption (DP-16)
    std::shared_ptr<AclCounters> matches;  // of its access list, by line; null: it names none
    // `set df-bit`; none: what the interface says by which its packets leave.
    std::optional<ipsec::DfMode> df_mode;

    // Requires: one of the two.
    const ipsec::Policy& of() const { return policy != nullptr ? *policy : *policy6; }
  };
  std::vector<EntryPlace> entry_places;  // by entry id
  std::vector<Vrf> vrfs{1};              // at least the global one
  std::vector<StaticNeighbor> static_neighbors;
  std::vector<LoopbackAddress> loopbacks;
  bool ipv6_routing = true;  // false: IPv6 packets for others are not forwarded
  // Of every list that packets are looked up in, by name.
  struct CountedList {
    std::string name;
    std::shared_ptr<AclCounters> counters;
  };
  std::vector<CountedList> counted;

  // By its name, empty: the global one; nothing when the configuration has none of this name.
  std::optional<uint16_t> FindVrf(std::string_view name) const {
    const auto found = std::ranges::find(vrfs, name, &Vrf::name);
    if (found == vrfs.end()) return std::nullopt;
    return static_cast<uint16_t>(found - vrfs.begin());
  }
  // A VRF that is gone has no routes: packets under way may still name it.
  const RouteTable& routes(uint16_t vrf) const {
    if (vrf < vrfs.size()) return vrfs[vrf].routes;
    static const RouteTable kNone;
    return kNone;
  }

  // Whether an interface of the VRF that is up has this IPv4 address (host order). IPv6: the
  // forwarder's own table, for addresses may still be tentative.
  bool IsLocal(uint16_t vrf, uint32_t address) const {
    return std::binary_search(local_.begin(), local_.end(), LocalKey(vrf, address));
  }
  // After the last change, before it is published.
  void Seal() {
    for (Vrf& vrf : vrfs) vrf.routes.Seal();
    IndexLocal();
  }

  // nullptr: unknown.
  const EntryPlace* Place(uint32_t entry) const {
    if (entry >= entry_places.size()) return nullptr;
    const EntryPlace& place = entry_places[entry];
    return place.policy == nullptr && place.policy6 == nullptr ? nullptr : &place;
  }
  // Whether the SA set of {entry, line} is for an inner packet (RFC 4301, 5.2 step 4); `reversed`
  // is the packet's flow as it would go out. Of the configuration's entries only.
  bool Admits(uint32_t entry, uint32_t line, const ipsec::Flow& reversed) const {
    const EntryPlace* place = Place(entry);
    return place != nullptr && place->of().Admits(place->position, line, reversed);
  }

 private:
  void IndexLocal() {
    local_.clear();
    for (const InterfaceConfig& i : interfaces) {
      if (i.shutdown) continue;
      if (i.address != 0) local_.push_back(LocalKey(i.vrf, i.address));
      for (const auto& s : i.secondary) local_.push_back(LocalKey(i.vrf, s.address));
    }
    for (const LoopbackAddress& l : loopbacks) {
      if (l.address.is_v4()) local_.push_back(LocalKey(l.vrf, l.address.v4()));
    }
    std::sort(local_.begin(), local_.end());
  }
  static uint64_t LocalKey(uint16_t vrf, uint32_t address) {
    return static_cast<uint64_t>(vrf) << 32 | address;
  }
  std::vector<uint64_t> local_;  // sorted
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_SNAPSHOT_H_
