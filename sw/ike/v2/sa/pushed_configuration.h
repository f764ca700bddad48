// What a peer has assigned us and told us of its side (RFC 7296, 3.15): kept and shown. All of it
// is bounded, and none of it acts.
#ifndef VAM_SW_IKE_V2_SA_PUSHED_CONFIGURATION_H_
#define VAM_SW_IKE_V2_SA_PUSHED_CONFIGURATION_H_

#include <cstddef>
#include <string>
#include <vector>

#include "sw/net/address.h"
#include "sw/net/prefix.h"

namespace vam::ike::v2 {

inline constexpr size_t kMaxPushedAddresses = 8;  // of each kind
inline constexpr size_t kMaxPushedSubnets = 64;
inline constexpr size_t kMaxPushedNames = 16;
inline constexpr size_t kLongestPushedText = 253;

struct PushedConfiguration {
  std::vector<net::Address> addresses;
  net::Address netmask;  // none: not told
  std::vector<net::Address> dns;
  std::vector<net::Address> wins;
  std::vector<net::Prefix> subnets;
  std::vector<std::string> domains;  // of INTERNAL_DNS_DOMAIN (RFC 8598)
  std::string domain;
  std::string version;  // what the peer says that it is

  bool operator==(const PushedConfiguration&) const = default;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_PUSHED_CONFIGURATION_H_
