// Addresses that are handed out to peers, and what they are told beside: pools, and the IKEv2
// authorization policies that name them, as plain data. Part of sw/config/running.h.
#ifndef VAM_SW_CONFIG_RUNNING_ADDRESS_H_
#define VAM_SW_CONFIG_RUNNING_ADDRESS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sw/config/named_list.h"
#include "sw/net/address.h"
#include "sw/net/prefix.h"

namespace vam::config {

inline constexpr size_t kMaxPools = 256;  // of each family
inline constexpr size_t kMaxPoolRanges = 16;
// Of one pool. An IPv6 pool may be of a shorter prefix: then its first ones are given.
inline constexpr uint32_t kMaxPoolAddresses = 65'536;
inline constexpr size_t kMaxPushedServers = 2;   // of one kind and family
inline constexpr size_t kMaxPushedDomains = 10;  // `split-dns`
inline constexpr size_t kMaxPushedRoutes = 32;

// `ip local pool NAME FIRST [LAST]`; again with other addresses: a range more.
struct PoolRange {
  net::Address first;
  net::Address last;
  bool operator==(const PoolRange&) const = default;
};
struct LocalPool {
  std::string name;
  std::vector<PoolRange> ranges;  // in their order, apart from each other
  bool operator==(const LocalPool&) const = default;
};
// `ipv6 local pool NAME PREFIX/LEN 128`.
struct LocalPoolV6 {
  std::string name;
  net::Prefix prefix;
  bool operator==(const LocalPoolV6&) const = default;
};

// `crypto ikev2 authorization policy NAME`.
struct Ikev2Authorization {
  std::string name;
  std::string pool;       // empty: no IPv4 address is assigned
  std::string ipv6_pool;  // the same of IPv6
  std::vector<net::Address> dns;
  std::vector<net::Address> ipv6_dns;
  std::vector<net::Address> wins;
  std::optional<uint8_t> netmask;  // its length
  std::string def_domain;
  std::vector<std::string> split_dns;
  // `route set`: what the peer reaches by the tunnel.
  std::string route_acl;   // a standard list
  std::string route_acl6;  // an IPv6 list
  std::vector<net::Prefix> routes;
  bool operator==(const Ikev2Authorization&) const = default;
};

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_RUNNING_ADDRESS_H_
