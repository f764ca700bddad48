// IPv4 routes of one VRF: longest prefix first.
#ifndef VAM_SW_FWD_ROUTE_TABLE_H_
#define VAM_SW_FWD_ROUTE_TABLE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "sw/net/prefix.h"

namespace vam::fwd {

struct Route {
  net::Prefix prefix;
  uint16_t interface = 0;
  uint32_t next_hop = 0;   // host order; 0: the destination itself is on the link
  bool connected = false;  // made by an interface address
};

// Built once, then read by any thread. A table per prefix length in use, from long to short: a
// gateway has few lengths, and DPDK's tries would spend 64 MB on a handful of routes.
class RouteTable {
 public:
  // A later route for the same prefix replaces an earlier one. Requires: an IPv4 prefix.
  void Add(const Route& route);
  // Requires: the address in host order. The result lives as long as the table.
  const Route* Lookup(uint32_t destination) const;
  // All, in order of prefix.
  std::vector<Route> All() const;

 private:
  std::map<uint8_t, std::unordered_map<uint32_t, Route>, std::greater<>> by_length_;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_ROUTE_TABLE_H_
