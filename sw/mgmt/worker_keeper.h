// Processes beside mgmt, for what must not have its secrets: a keeper that starts a worker, and
// another one whenever a worker ends.
#ifndef VAM_SW_MGMT_WORKER_KEEPER_H_
#define VAM_SW_MGMT_WORKER_KEEPER_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sw/api/channel.h"
#include "sw/base/result.h"

namespace vam::mgmt {

struct WorkerKind {
  std::string name;                      // "fetch": of the worker, and Peer.role of its channel
  std::string keeper;                    // name of the keeper's process: "vamd-fetchers"
  std::function<void()> prepare;         // what a confined process may not do later
  std::function<Status()> confine;       // before it reads anything
  std::function<int(api::Channel)> run;  // until the channel closes; the process's exit code
};

// Starts a keeper, which starts a worker, again whenever it ends, and sends a channel to it (kPeer)
// each time. Both end with the calling process, and hold none of its descriptors. To be called
// before the caller confines itself, and while it holds no secret. kIo.
Result<api::Channel> StartKeeper(const WorkerKind& kind);

// The channel of the worker that the keeper has started since the last call, the newest of several;
// nothing: there is no other one. A keeper that has ended is closed, and `ended` goes to the log.
std::optional<api::Channel> TakeWorker(api::Channel& keeper, std::string_view ended);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_WORKER_KEEPER_H_
