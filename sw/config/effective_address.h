// What follows from address pools and IKEv2 authorization policies.
#ifndef VAM_SW_CONFIG_EFFECTIVE_ADDRESS_H_
#define VAM_SW_CONFIG_EFFECTIVE_ADDRESS_H_

#include <optional>
#include <string>
#include <vector>

#include "sw/config/effective.h"
#include "sw/config/running.h"
#include "sw/net/prefix.h"

namespace vam::config {

// Why a profile with this statement cannot be used; empty: it can, or it has none.
std::string WhyNotAuthorized(const Running& running,
                             const std::optional<IkeGroupAuthorization>& said);

// `route set` as networks, each once, at most kMaxPushedRoutes: those that stand in the policy,
// then what its lists permit. `left_out` (null: nobody asks) gets a sentence on what is not told.
std::vector<net::Prefix> RoutesOf(const Running& running, const Ikev2Authorization& policy,
                                  std::vector<std::string>* left_out = nullptr);

// Addresses that would be given twice, or are this system's own.
void CheckPools(const Running& running, std::vector<Finding>& findings);
void WarnAboutAuthorizations(const Running& running, std::vector<std::string>& warnings);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_EFFECTIVE_ADDRESS_H_
