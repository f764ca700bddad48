// The process that serves the metrics by HTTP. It holds no secret and has no file; the text comes
// from mgmt, for each request anew.
#ifndef VAM_SW_MGMT_METRICS_WORKER_H_
#define VAM_SW_MGMT_METRICS_WORKER_H_

#include <cstddef>
#include <cstdint>
#include <functional>

#include "sw/api/channel.h"
#include "sw/base/result.h"

namespace vam::mgmt {

struct MetricsLimits {
  unsigned connections = 16;                   // further ones wait in the kernel
  size_t connection_bytes = 8192;              // request line and headers, and those of the answer
  uint32_t milliseconds = 10'000;              // of a connection, from its first byte to its last
  uint32_t listen_again_milliseconds = 5'000;  // after it could not listen
};

// Serves GET and HEAD of /metrics where a MetricsListen on `channel` says, until it closes. One
// request for each connection. Returns the process's exit code.
int RunMetricsWorker(api::Channel channel, const MetricsLimits& limits);

// As StartKeeper (worker_keeper.h). `limits` must outlive the processes' start.
Result<api::Channel> StartMetricsKeeper(const MetricsLimits& limits,
                                        const std::function<Status()>& confine);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_METRICS_WORKER_H_
