// The supervisor: starts the roles as processes of their own, gives them channels to each other,
// watches, restarts and stops them. It reads no configuration, no packet and no file; what it
// parses are the few messages of sw/api/control.proto.
#ifndef VAM_SW_VAMD_SUPERVISOR_H_
#define VAM_SW_VAMD_SUPERVISOR_H_

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sw/api/channel.h"
#include "sw/base/clock.h"
#include "sw/base/result.h"
#include "sw/vamd/role.h"

namespace vam::vamd {

struct SupervisorOptions {
  std::string program = "/proc/self/exe";
  std::vector<std::string> role_arguments;  // after "--role NAME"
  std::vector<Role> roles{Role::kMgmt, Role::kFwd, Role::kIkev2, Role::kIkev1, Role::kSigner};
  uint64_t health_interval_ns = 1 * kNsPerSecond;
  uint64_t health_limit_ns = 15 * kNsPerSecond;  // no answer for that long: killed and restarted
  uint64_t start_limit_ns = 120 * kNsPerSecond;  // to become ready
  uint64_t stop_limit_ns = 5 * kNsPerSecond;
  uint64_t first_backoff_ns = 100 * kNsPerMs;  // doubled at each early end
  uint64_t longest_backoff_ns = 10 * kNsPerSecond;
  uint64_t stable_ns = 30 * kNsPerSecond;  // up for that long: the back-off starts again
  std::function<void()> on_ready;          // once, when all roles have been ready
};

// The descriptor under which a role finds its channel to the supervisor.
inline constexpr int kSupervisorFd = 3;
// And mgmt the memory that keeps the running configuration over its restarts.
inline constexpr int kRunningFd = 4;

// Single-threaded. Run() blocks SIGTERM, SIGINT, SIGHUP and SIGCHLD, reads them from a signalfd,
// and ignores SIGPIPE.
class Supervisor {
 public:
  Supervisor(SupervisorOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(clock) {}

  // Until SIGTERM or SIGINT (0), or a role gives up for good (its exit code).
  int Run();

 private:
  struct Process {
    bool wanted = false;
    pid_t pid = -1;
    bool ready = false;
    bool killed = false;
    bool restart_asked = false;
    api::Channel channel;
    uint64_t started_ns = 0;
    uint64_t heard_ns = 0;
    uint64_t restart_at_ns = 0;  // while pid < 0
    uint64_t backoff_ns = 0;
    uint32_t restarts = 0;
  };

  Process& At(Role role) { return processes_[static_cast<size_t>(role)]; }
  Status Start(Role role);
  void Link(Role a, Role b);
  void Reap();
  void Ended(Role role, int status);
  void Read(Role role);
  void Handle(Role role, api::Message message);
  void Tick();
  void AnnounceStates();
  void BeginStop();
  bool AllGone() const;
  int PollTimeoutMs() const;

  SupervisorOptions options_;
  const Clock& clock_;
  api::OwnedFd running_;  // opaque here
  std::array<Process, kRoles> processes_;
  bool stopping_ = false;
  uint64_t stop_at_ns_ = 0;
  uint64_t next_health_ns_ = 0;
  uint64_t health_token_ = 0;
  int exit_code_ = 0;
  bool announced_ready_ = false;
};

}  // namespace vam::vamd

#endif  // VAM_SW_VAMD_SUPERVISOR_H_
