// The routes of one VRF, IPv4 and IPv6: longest prefix first.
#ifndef VAM_SW_FWD_ROUTE_TABLE_H_
#define VAM_SW_FWD_ROUTE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "sw/net/address.h"
#include "sw/net/prefix.h"

namespace vam::fwd {

struct Route {
  net::Prefix prefix;
  uint16_t interface = 0;
  net::Address next_hop;   // none: the destination itself is on the link
  bool connected = false;  // made by an interface address
  uint8_t distance = 1;    // of a static route
};

// Built once, then read by any thread. A table per prefix length in use, from long to short: a
// gateway has few lengths, and DPDK's tries would spend 64 MB on a handful of routes.
class RouteTable {
 public:
  // A later route for the same prefix replaces an earlier one. Requires: a prefix with a family.
  void Add(const Route& route);
  // nullptr: no route. The result lives as long as the table.
  const Route* Lookup(const net::Address& destination) const { return Find<false>(destination); }
  // The same among connected networks alone.
  const Route* LookupConnected(const net::Address& destination) const {
    return Find<true>(destination);
  }
  // The route of this very prefix.
  const Route* Find(const net::Prefix& prefix) const;
  // After the last Add: makes the order that Behind reads.
  void Seal();
  // Up to `most` routes of the family in order of prefix, from the one behind `after` (none: from
  // the first). Requires: sealed.
  std::vector<Route> Behind(net::Family family, const std::optional<net::Prefix>& after,
                            size_t most) const;
  size_t size(net::Family family) const;

 private:
  template <bool kConnectedOnly>
  const Route* Find(const net::Address& destination) const;

  struct LevelV4 {
    uint32_t mask;
    std::unordered_map<uint32_t, Route> routes;
  };
  struct LevelV6 {
    uint8_t length;
    std::unordered_map<net::Address, Route, net::AddressHash> routes;
  };
  std::vector<LevelV4> v4_;  // longest first
  std::vector<LevelV6> v6_;
  std::vector<net::Prefix> order_;  // IPv4 first
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_ROUTE_TABLE_H_
