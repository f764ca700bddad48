// Takes from a process what its role does not need: capabilities, new privileges and all system
// calls but the role's.
#ifndef VAM_SW_VAMD_SANDBOX_H_
#define VAM_SW_VAMD_SANDBOX_H_

#include "sw/base/result.h"
#include "sw/vamd/role.h"

namespace vam::vamd {

// For all threads of the process, for good. Afterwards a system call outside sw/vamd/allow/ kills
// the process (SIGSYS). The process leaves no core file and cannot be traced: it holds keys. On an
// error the process must end: the confinement may be partial.
Status Confine(Role role);

// The same for the process that fetches for mgmt: it opens sockets and connects, and reads files;
// it opens none for writing, and executes nothing.
Status ConfineFetcher();

// The same for the process that serves metrics for mgmt: it listens at sockets of the internet; it
// opens no file and connects to nobody.
Status ConfineMetrics();

}  // namespace vam::vamd

#endif  // VAM_SW_VAMD_SANDBOX_H_
