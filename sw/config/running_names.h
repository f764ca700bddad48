// Host names and who resolves them, as plain data. Part of sw/config/running.h.
#ifndef VAM_SW_CONFIG_RUNNING_NAMES_H_
#define VAM_SW_CONFIG_RUNNING_NAMES_H_

#include <string>
#include <vector>

#include "sw/config/named_list.h"
#include "sw/net/address.h"

namespace vam::config {

inline constexpr size_t kMaxNameServers = 6;
inline constexpr size_t kMaxHostAddresses = 8;

// `ip host NAME ADDRESS...`.
struct HostName {
  std::string name;                     // folded (sw/net/name_table.h)
  std::vector<net::Address> addresses;  // in the order in which they are tried
  bool operator==(const HostName&) const = default;
};

struct Names {
  bool lookup = true;                 // `ip domain lookup`
  std::vector<net::Address> servers;  // `ip name-server`; none: those of the host's resolver
  NamedList<HostName> hosts;
  bool operator==(const Names&) const = default;
};

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_RUNNING_NAMES_H_
