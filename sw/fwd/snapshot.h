// What the forwarder works by: one immutable picture of the committed configuration, published by
// pointer.
#ifndef VAM_SW_FWD_SNAPSHOT_H_
#define VAM_SW_FWD_SNAPSHOT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sw/fwd/route_table.h"
#include "sw/ipsec/policy.h"
#include "sw/net/address.h"
#include "sw/net/mac.h"

namespace vam::fwd {

struct InterfaceConfig {
  std::string name;
  uint32_t address = 0;  // IPv4, host order; 0: none
  uint8_t prefix_length = 0;
  uint16_t mtu = 1500;  // IP bytes
  bool shutdown = false;
  // Of the crypto map that is bound; null: none. Interfaces with the same map share it.
  std::shared_ptr<const ipsec::Policy> policy;
};

struct Snapshot {
  uint64_t generation = 0;
  // Indexed as the forwarder's ports; an interface that the configuration does not name is shut
  // down.
  std::vector<InterfaceConfig> interfaces;
  // Where a crypto map entry stands. No policy: no interface carries its map.
  struct EntryPlace {
    std::shared_ptr<const ipsec::Policy> policy;
    uint32_t position = 0;
  };
  std::vector<EntryPlace> entry_places;  // by entry id
  RouteTable routes;
  std::vector<std::pair<uint32_t, net::MacAddress>> static_arp;

  bool IsLocal(uint32_t address) const {
    for (const InterfaceConfig& i : interfaces) {
      if (i.address == address && address != 0 && !i.shutdown) return true;
    }
    return false;
  }
  // Whether the SA set of {entry, line} is for an inner packet (RFC 4301, 5.2 step 4); `reversed`
  // is the packet's flow as it would go out.
  bool Admits(uint32_t entry, uint32_t line, const ipsec::Flow& reversed) const {
    if (entry >= entry_places.size() || entry_places[entry].policy == nullptr) return false;
    const EntryPlace& place = entry_places[entry];
    return place.policy->Admits(place.position, line, reversed);
  }
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_SNAPSHOT_H_
