// The gateway on capture files: packet timestamps are the clock, the card runs in lockstep, nothing
// is random.
#ifndef VAM_SW_FWD_REPLAY_H_
#define VAM_SW_FWD_REPLAY_H_

#include <map>
#include <string>

#include "sw/base/result.h"
#include "sw/offload/card_factory.h"

namespace vam::fwd {

struct ReplayOptions {
  std::string config_path;
  std::string state_dir;  // whose config-key opens sealed secrets; empty: none is needed
  offload::CardBackend card = offload::CardBackend::kNone;
  std::map<std::string, std::string> in;   // interface -> capture to receive
  std::map<std::string, std::string> out;  // interface -> capture to write
  std::string trace_path;
};

// What vamreplay prints: reason counters, interfaces, SAs, engines, as JSON text. Errors are in
// `problem`, one line each: then there is no report, and what was written is not whole.
struct ReplayReport {
  std::string problem;
  std::string json;
  std::string summary;    // one line per reason
  bool balanced = false;  // packets offered = packets ended
};

// Requires: one call per process (DPDK starts once).
ReplayReport Replay(const ReplayOptions& options);

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_REPLAY_H_
