// show configuration pending.
#ifndef VAM_SW_MGMT_SHOW_PENDING_H_
#define VAM_SW_MGMT_SHOW_PENDING_H_

#include <string>

#include "sw/api/show.pb.h"
#include "sw/config/running.h"

namespace vam::mgmt {

api::PendingConfiguration ShowPending(const config::Running& running);
// One line per statement, behind its topic; a line that opens a block and acts has "-".
std::string RenderPending(const api::PendingConfiguration& show);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_SHOW_PENDING_H_
