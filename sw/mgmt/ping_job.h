// A ping under way for one client of mgmt: its echo requests are sent by fwd.
#ifndef VAM_SW_MGMT_PING_JOB_H_
#define VAM_SW_MGMT_PING_JOB_H_

#include <cstdint>
#include <string>
#include <utility>

#include "sw/api/ping.pb.h"
#include "sw/mgmt/pipe.h"
#include "sw/mgmt/render_ping.h"

namespace vam::mgmt {

struct PingJob {
  PingJob(const PipedCommand& piped, api::PingRequest asked)
      : filters(piped.filters), json(piped.json), start(std::move(asked)) {}

  FilterStream filters;
  bool json;
  api::PingRequest start;  // with the id of this ping
  PingMarks marks;
  bool begun = false;    // fwd has taken it, and its first lines are out
  uint32_t waiting = 0;  // the request that fwd has not answered; 0: none
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_PING_JOB_H_
