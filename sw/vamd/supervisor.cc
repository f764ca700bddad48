#include "sw/vamd/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sw/api/control.pb.h"
#include "sw/api/turn.h"
#include "sw/base/log.h"

namespace vam::vamd {
namespace {

// Who talks to whom. mgmt configures all; IKE reaches packets only through fwd and private keys
// only through the signer.
constexpr std::pair<Role, Role> kLinks[] = {
    {Role::kMgmt, Role::kFwd},     {Role::kMgmt, Role::kIkev2},   {Role::kMgmt, Role::kIkev1},
    {Role::kMgmt, Role::kSigner},  {Role::kFwd, Role::kIkev2},    {Role::kFwd, Role::kIkev1},
    {Role::kIkev2, Role::kSigner}, {Role::kIkev1, Role::kSigner},
};

// In the child, between fork and exec.
[[noreturn]] void Exec(const SupervisorOptions& options, Role role, int fd, int running_fd,
                       pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // A gateway whose supervisor is gone stops: nobody would restart or stop it.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  // First out of the way of the numbers they get.
  const int far_fd = fcntl(fd, F_DUPFD_CLOEXEC, 16);
  const int far_running = fcntl(running_fd, F_DUPFD_CLOEXEC, 16);
  if (dup2(far_fd, kSupervisorFd) < 0) _exit(1);
  close(kRunningFd);
  if (role == Role::kMgmt && dup2(far_running, kRunningFd) < 0) _exit(1);
  std::vector<std::string> arguments{"vamd", "--role", std::string(RoleName(role))};
  arguments.insert(arguments.end(), options.role_arguments.begin(), options.role_arguments.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execv(options.program.c_str(), argv.data());
  _exit(127);
}

std::string HowItEnded(int status) {
  if (WIFEXITED(status)) return fmt::format("exit code {}", WEXITSTATUS(status));
  const int signal = WTERMSIG(status);
  if (signal == SIGSYS) return "SIGSYS: a system call that its role may not make";
  return fmt::format("signal {} ({})", signal, strsignal(signal));
}

}  // namespace

Status Supervisor::Start(Role role) {
  Process& process = At(role);
  VAM_TRY(auto pair, api::Channel::Pair());
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return Err(ErrorCode::kIo, "fork failed");
  if (pid == 0) Exec(options_, role, pair.second.fd(), running_.get(), parent);
  process.pid = pid;
  process.ready = false;
  process.killed = false;
  process.restart_asked = false;
  process.channel = std::move(pair.first);
  process.started_ns = process.heard_ns = clock_.MonotonicNs();
  Log(LogLevel::kInfo, "role {} started, pid {}", RoleName(role), pid);
  for (const auto& [a, b] : kLinks) {
    if (a == role && At(b).pid > 0) Link(a, b);
    if (b == role && At(a).pid > 0) Link(a, b);
  }
  AnnounceStates();
  return Ok();
}

void Supervisor::Link(Role a, Role b) {
  auto pair = api::Channel::Pair();
  if (!pair) {
    Log(LogLevel::kError, "no channel between {} and {}", RoleName(a), RoleName(b));
    return;
  }
  api::Peer peer;
  peer.set_role(std::string(RoleName(b)));
  const Status to_a = At(a).channel.Send(api::MessageType::kPeer, 0, peer, pair->first.fd());
  peer.set_role(std::string(RoleName(a)));
  const Status to_b = At(b).channel.Send(api::MessageType::kPeer, 0, peer, pair->second.fd());
  if (!to_a || !to_b) {
    Log(LogLevel::kWarning, "no channel between {} and {}", RoleName(a), RoleName(b));
  }
}

void Supervisor::Reap() {
  int status = 0;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    for (size_t i = 0; i < kRoles; ++i) {
      if (processes_[i].pid == pid) Ended(static_cast<Role>(i), status);
    }
  }
}

void Supervisor::Ended(Role role, int status) {
  Process& process = At(role);
  const uint64_t now = clock_.MonotonicNs();
  const bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  process.pid = -1;
  process.channel = api::Channel();
  if (stopping_) {
    Log(clean ? LogLevel::kInfo : LogLevel::kWarning, "role {} stopped, {}", RoleName(role),
        HowItEnded(status));
    return;
  }
  if (role == Role::kMgmt && process.restarts == 0 && !process.ready && WIFEXITED(status) &&
      WEXITSTATUS(status) == kExitBadConfiguration) {
    exit_code_ = kExitBadConfiguration;
    BeginStop();
    return;
  }
  if (process.restart_asked) {
    process.backoff_ns = 0;
  } else if (now - process.started_ns >= options_.stable_ns || process.backoff_ns == 0) {
    process.backoff_ns = options_.first_backoff_ns;
  } else {
    process.backoff_ns = std::min(2 * process.backoff_ns, options_.longest_backoff_ns);
  }
  process.restart_at_ns = now + process.backoff_ns;
  process.ready = false;
  ++process.restarts;
  Log(process.restart_asked ? LogLevel::kInfo : LogLevel::kError,
      "role {} ended, {}; restart in {} ms", RoleName(role), HowItEnded(status),
      process.backoff_ns / kNsPerMs);
  AnnounceStates();
}

void Supervisor::Read(Role role) {
  Process& process = At(role);
  while (process.channel.open()) {
    auto received = process.channel.Receive();
    // A closed channel is followed by SIGCHLD; a malformed one is as good as dead.
    if (!received) {
      if (received.error().code == ErrorCode::kMalformed && process.pid > 0) {
        Log(LogLevel::kError, "role {}: {}; killed", RoleName(role), received.error().text);
        kill(process.pid, SIGKILL);
      }
      return;
    }
    if (!*received) return;
    Handle(role, std::move(**received));
  }
}

void Supervisor::Handle(Role role, api::Message message) {
  Process& process = At(role);
  process.heard_ns = clock_.MonotonicNs();
  if (message.type == api::MessageType::kReady) {
    process.ready = true;
    Log(LogLevel::kInfo, "role {} ready", RoleName(role));
    AnnounceStates();
    const bool all = std::all_of(processes_.begin(), processes_.end(),
                                 [](const Process& p) { return !p.wanted || p.ready; });
    if (all && !announced_ready_) {
      announced_ready_ = true;
      if (options_.on_ready) options_.on_ready();
    }
    return;
  }
  if (message.type != api::MessageType::kRestartRole || role != Role::kMgmt) return;
  const auto request = api::ParseAs<api::RestartRole>(Bytes(message.payload));
  const auto target = request ? FindRole(request->role()) : std::nullopt;
  if (!target || At(*target).pid <= 0) return;
  Log(LogLevel::kInfo, "role {} is restarted for the configuration", RoleName(*target));
  At(*target).restart_asked = true;
  if (!At(*target).channel.Send(api::MessageType::kStop, 0, Bytes())) {
    kill(At(*target).pid, SIGKILL);
  }
}

void Supervisor::AnnounceStates() {
  Process& mgmt = At(Role::kMgmt);
  if (mgmt.pid <= 0 || !mgmt.channel.open()) return;
  api::RoleStates states;
  for (size_t i = 0; i < kRoles; ++i) {
    const Process& process = processes_[i];
    if (!process.wanted) continue;
    auto* state = states.add_role();
    state->set_role(std::string(RoleName(static_cast<Role>(i))));
    state->set_state(process.pid <= 0 ? "restarting" : process.ready ? "up" : "starting");
    state->set_pid(process.pid);
    state->set_restarts(process.restarts);
  }
  // A mgmt that does not read is found by its health.
  const Status sent = mgmt.channel.Send(api::MessageType::kRoleStates, 0, states);
  if (!sent) Log(LogLevel::kWarning, "mgmt does not take its messages");
}

void Supervisor::Tick() {
  const uint64_t now = clock_.MonotonicNs();
  const bool ask = now >= next_health_ns_;
  if (ask) next_health_ns_ = now + options_.health_interval_ns;
  for (size_t i = 0; i < kRoles; ++i) {
    const auto role = static_cast<Role>(i);
    Process& process = processes_[i];
    if (!process.wanted) continue;
    if (process.pid <= 0) {
      if (stopping_ || now < process.restart_at_ns) continue;
      if (!Start(role)) process.restart_at_ns = now + options_.longest_backoff_ns;
      continue;
    }
    if (process.channel.pending() && !process.channel.Flush()) continue;
    const uint64_t limit = process.ready ? options_.health_limit_ns : options_.start_limit_ns;
    const bool late = now - process.heard_ns > limit || (stopping_ && now >= stop_at_ns_);
    if (late && !process.killed) {
      Log(LogLevel::kError, "role {} does not answer; killed", RoleName(role));
      process.killed = true;
      kill(process.pid, SIGKILL);
      continue;
    }
    if (!ask || process.killed) continue;
    api::Health health;
    health.set_token(++health_token_);
    // A role that does not take the question will not answer it in time.
    if (!process.channel.Send(api::MessageType::kHealth, 0, health)) {
      Log(LogLevel::kWarning, "role {} does not take its messages", RoleName(role));
    }
  }
}

void Supervisor::BeginStop() {
  if (stopping_) return;
  stopping_ = true;
  stop_at_ns_ = clock_.MonotonicNs() + options_.stop_limit_ns;
  for (size_t i = 0; i < kRoles; ++i) {
    Process& process = processes_[i];
    if (process.pid > 0 && !process.channel.Send(api::MessageType::kStop, 0, Bytes())) {
      kill(process.pid, SIGKILL);
    }
  }
}

bool Supervisor::AllGone() const {
  return std::none_of(processes_.begin(), processes_.end(),
                      [](const Process& p) { return p.pid > 0; });
}

int Supervisor::PollTimeoutMs() const {
  const uint64_t now = clock_.MonotonicNs();
  uint64_t next = next_health_ns_;
  for (const Process& process : processes_) {
    if (process.wanted && process.pid <= 0 && !stopping_) {
      next = std::min(next, process.restart_at_ns);
    }
  }
  return next <= now ? 0 : static_cast<int>((next - now) / kNsPerMs + 1);
}

int Supervisor::Run() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  // Whoever read our log or waited for our start may be gone: no reason to stop the gateway.
  signal(SIGPIPE, SIG_IGN);
  const api::OwnedFd signal_fd(signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
  running_ = api::OwnedFd(memfd_create("running-config", MFD_CLOEXEC));
  if (!signal_fd || !running_) return 1;
  for (Role role : options_.roles) {
    At(role).wanted = true;
    if (!Start(role)) {
      exit_code_ = 1;
      BeginStop();
      break;
    }
  }
  while (!(stopping_ && AllGone())) {
    std::vector<pollfd> waits{{signal_fd.get(), POLLIN, 0}};
    for (const Process& process : processes_) {
      if (process.pid > 0) waits.push_back(api::WaitFor(process.channel));
    }
    poll(waits.data(), waits.size(), PollTimeoutMs());
    signalfd_siginfo info;
    while (read(signal_fd.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) {
        Log(LogLevel::kInfo, "stopping");
        BeginStop();
      }
    }
    for (size_t i = 0; i < kRoles; ++i) Read(static_cast<Role>(i));
    Reap();
    Tick();
  }
  return exit_code_;
}

}  // namespace vam::vamd
