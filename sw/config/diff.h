// What changes from one configuration to another, line by line in its context, as `show archive
// config differences` prints it.
#ifndef VAM_SW_CONFIG_DIFF_H_
#define VAM_SW_CONFIG_DIFF_H_

#include <string>
#include <vector>

#include "sw/config/running.h"

namespace vam::config {

// "-hostname a", "+hostname b"; a line of a sub-mode stands under the statement that opens it:
// "interface lan0", " -mtu 1400". Removed lines come before added ones; access list lines that only
// changed places are removed and added. A secret that changed is a pair of lines that shows
// neither. Empty: the texts of the two are the same, but for the order of sections.
std::vector<std::string> Differences(const Running& from, const Running& to);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_DIFF_H_
