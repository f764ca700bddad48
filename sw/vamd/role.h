// What vamd gives each of its roles, and the entry points it calls after fork and exec.
#ifndef VAM_SW_VAMD_ROLE_H_
#define VAM_SW_VAMD_ROLE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sw/api/channel.h"
#include "sw/base/clock.h"
#include "sw/base/result.h"
#include "sw/base/rng.h"

namespace vam::ike {
class MessageFilter;
}

namespace vam::vamd {

enum class Role : uint8_t { kFwd, kMgmt, kIkev2, kIkev1, kSigner };
inline constexpr size_t kRoles = 5;
std::string_view RoleName(Role role);  // "fwd", "mgmt", ...
std::optional<Role> FindRole(std::string_view name);

inline constexpr unsigned kMaxWorkers = 8;

struct RoleOptions {
  std::string config_path;   // mgmt only
  std::string socket_path;   // mgmt only: where vamsh connects
  std::string state_dir;     // mgmt: number blocks of manual keys; signer: private keys
  std::string card_trace;    // fwd: FST trace of the simulated card; empty: none
  uint32_t memory_mb = 128;  // fwd: packet buffers (EAL -m)
  std::string file_prefix;   // fwd: EAL --file-prefix, unique per vamd
  unsigned workers = 1;      // fwd: threads that handle packets, itself among them
};

// A role lives in one process. The supervisor's channel is the only one at the start: channels to
// other roles arrive on it as kPeer messages (sw/api/control.proto, Peer), each with one
// descriptor, again after every restart of that role.
//
// Life of a role:
//   1. initialise (fwd: EAL; waits for mgmt's channel and its first Prepare, which names the ports
//   and the card, and opens
//      them; reads no packet yet);
//   2. confine(): drops capabilities and installs the role's seccomp allow-list; from here open,
//   socket, execve and ptrace kill;
//   3. send Ready to the supervisor; answer kHealth with kHealthReply (same payload) at least once
//   a second;
//   4. leave on kStop or when the supervisor's channel closes.
struct RoleContext {
  Role role;
  RoleOptions options;
  api::Channel supervisor;
  Clock* clock = nullptr;
  Rng* rng = nullptr;
  std::function<Status()> confine;
  // mgmt only: memory that outlives the process, for the running configuration.
  api::OwnedFd running = {};
  // mgmt only: confines the process that fetches for it.
  std::function<Status()> confine_fetcher = {};
  // mgmt only: confines the process that serves metrics for it.
  std::function<Status()> confine_metrics = {};
  // ikev2 and mgmt, in a test build only: what spoils messages (sw/ike/impair.h). mgmt asks only
  // whether there is one.
  ike::MessageFilter* impairment = nullptr;
};

// mgmt's exit code when the configuration file is refused at the start: the supervisor gives up.
inline constexpr int kExitBadConfiguration = 2;

// Each returns the process's exit code: 0 after kStop, 1 after an error (already logged). Linked
// from sw/fwd, sw/mgmt, sw/ike, sw/pki, sw/vamd.
int RunFwdRole(RoleContext& context);
int RunMgmtRole(RoleContext& context);
int RunIkev2Role(RoleContext& context);
int RunSignerRole(RoleContext& context);
// ikev1: confined, healthy and idle until it has work.
int RunIdleRole(RoleContext& context);

}  // namespace vam::vamd

#endif  // VAM_SW_VAMD_ROLE_H_
