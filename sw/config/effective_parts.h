// What effective.cc and effective_checks.cc share. Internal to sw/config.
#ifndef VAM_SW_CONFIG_EFFECTIVE_PARTS_H_
#define VAM_SW_CONFIG_EFFECTIVE_PARTS_H_

#include <optional>
#include <string>
#include <vector>

#include "sw/config/running.h"

namespace vam::config {

// The interfaces that carry the map, in the order of the configuration.
std::vector<std::string> CarriersOf(const Running& running, const CryptoMap& map);
// The address that the SAs of `map` use, as far as the configuration decides it.
std::optional<net::Address> LocalOf(const Running& running, const CryptoMap& map,
                                    const std::vector<std::string>& carriers);
// The access list of an entry; nullptr when it names none that is defined.
const Acl* ListOf(const Running& running, const CryptoMap& map, const CryptoMapEntry& entry);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_EFFECTIVE_PARTS_H_
