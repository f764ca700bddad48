// What peers are assigned and told (RFC 7296, 2.19), as the exchanges ask for it.
#ifndef VAM_SW_IKE_V2_POLICY_ADDRESS_POOL_H_
#define VAM_SW_IKE_V2_POLICY_ADDRESS_POOL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sw/net/address.h"
#include "sw/net/prefix.h"

namespace vam::ike::v2 {

// So many addresses from the first one on. All are of one family and, of IPv6, of one /64.
struct AddressRange {
  net::Address first;
  uint32_t count = 0;

  net::Address At(uint32_t place) const;
  std::optional<uint32_t> PlaceOf(const net::Address& address) const;
  bool operator==(const AddressRange&) const = default;
};

// `ip local pool`, `ipv6 local pool`: each family has names of its own. No two pools overlap.
struct AddressPool {
  std::string name;
  bool ipv6 = false;
  std::vector<AddressRange> ranges;
  net::Prefix prefix;  // as configured; of IPv6 alone

  uint32_t size() const;
  net::Address At(uint32_t place) const;  // Requires: place < size()
  bool Has(const net::Address& address) const;
  bool operator==(const AddressPool&) const = default;
};

// `crypto ikev2 authorization policy`.
struct Authorization {
  std::string name;
  std::string pool;  // empty: no address of this family
  std::string ipv6_pool;
  std::vector<net::Address> dns;  // of both families
  std::vector<net::Address> wins;
  net::Address netmask;  // none: not told
  std::string domain;
  std::vector<std::string> split_dns;
  std::vector<net::Prefix> routes;

  // A peer needs an address of these pools before it gets a child.
  bool assigns() const { return !pool.empty() || !ipv6_pool.empty(); }
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_POLICY_ADDRESS_POOL_H_
