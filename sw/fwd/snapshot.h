// What the forwarder works by: one immutable picture of the committed configuration, published by
// pointer.
#ifndef VAM_SW_FWD_SNAPSHOT_H_
#define VAM_SW_FWD_SNAPSHOT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sw/fwd/crypto_policy.h"
#include "sw/fwd/route_table.h"
#include "sw/net/address.h"
#include "sw/net/mac.h"

namespace vam::fwd {

struct InterfaceConfig {
  std::string name;
  uint32_t address = 0;  // IPv4, host order; 0: none
  uint8_t prefix_length = 0;
  uint16_t mtu = 1500;  // IP bytes
  bool shutdown = false;
  bool has_policy = false;  // a crypto map is bound
  CryptoPolicy policy;
};

struct Snapshot {
  uint64_t generation = 0;
  // Indexed as the forwarder's ports; an interface that the configuration does not name is shut
  // down.
  std::vector<InterfaceConfig> interfaces;
  RouteTable routes;
  std::vector<std::pair<uint32_t, net::MacAddress>> static_arp;

  bool IsLocal(uint32_t address) const {
    for (const InterfaceConfig& i : interfaces) {
      if (i.address == address && address != 0 && !i.shutdown) return true;
    }
    return false;
  }
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_SNAPSHOT_H_
