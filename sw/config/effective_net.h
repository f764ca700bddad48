// What is wrong between the statements of sw/config/running_net.h. Internal to sw/config: called by
// CrossCheck and Warnings of effective.h.
#ifndef VAM_SW_CONFIG_EFFECTIVE_NET_H_
#define VAM_SW_CONFIG_EFFECTIVE_NET_H_

#include <string>
#include <vector>

#include "sw/config/effective.h"

namespace vam::config {

void CheckNet(const Running& running, std::vector<Finding>& findings);
void WarnAboutNet(const Running& running, std::vector<std::string>& warnings);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_EFFECTIVE_NET_H_
