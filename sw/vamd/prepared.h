// How a role reads the configurations of mgmt (sw/api/control.proto, Prepare): in a control thread,
// while it goes on with its work.
#ifndef VAM_SW_VAMD_PREPARED_H_
#define VAM_SW_VAMD_PREPARED_H_

#include <cstdint>
#include <memory>
#include <string>

#include "sw/api/channel.h"
#include "sw/config/running.h"

namespace vam::vamd {

// The prologue of the control thread, which gives way to the role's own: what a confined process
// may not do later (sw/base/heap.h).
void PrepareControlThread();

// What a configuration message says.
struct ReadConfiguration {
  uint64_t generation = 0;
  std::unique_ptr<config::Running> running;  // null: refused
  std::string error;                         // why, a full sentence
};
ReadConfiguration ReadPrepare(const api::Message& message);

}  // namespace vam::vamd

#endif  // VAM_SW_VAMD_PREPARED_H_
