// The process that keeps a worker alive. It reads nothing.
#include "sw/mgmt/worker_keeper.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "sw/api/control.pb.h"
#include "sw/api/turn.h"
#include "sw/base/log.h"

namespace vam::mgmt {
namespace {

constexpr int kStandardError = 2;
// A worker that ends at once is not started more often than this.
constexpr timespec kPause{1, 0};

// No descriptor of mgmt stays open but standard error and `kept`: a socket that is held here would
// not close with mgmt.
void CloseAllBut(int kept) {
  const auto from = static_cast<unsigned>(kStandardError + 1);
  const auto fd = static_cast<unsigned>(kept);
  if (fd > from) close_range(from, fd - 1, 0);
  close_range(std::max(fd + 1, from), ~0U, 0);
}
void EndWith(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
}

[[noreturn]] void BeWorker(api::Channel channel, const WorkerKind& kind, pid_t keeper) {
  EndWith(keeper);
  CloseAllBut(channel.fd());
  prctl(PR_SET_NAME, ("vamd-" + kind.name).c_str());
  kind.prepare();
  if (const Status confined = kind.confine(); !confined) {
    Log(LogLevel::kError, "{}: not confined: {}", kind.name, confined.error().text);
    _exit(1);
  }
  _exit(kind.run(std::move(channel)));
}

// The process of a new worker, whose channel mgmt has got; negative: there is none.
pid_t StartWorker(api::Channel& mgmt, const WorkerKind& kind) {
  auto pair = api::Channel::Pair();
  if (!pair) return -1;
  const pid_t self = getpid();
  const pid_t worker = fork();
  if (worker == 0) BeWorker(std::move(pair->second), kind, self);
  api::Peer peer;
  peer.set_role(kind.name);
  const bool told = mgmt.Send(api::MessageType::kPeer, 0, peer, pair->first.fd()).has_value();
  return told ? worker : -1;
}

[[noreturn]] void BeKeeper(api::Channel mgmt, const WorkerKind& kind, pid_t parent) {
  EndWith(parent);
  CloseAllBut(mgmt.fd());
  prctl(PR_SET_NAME, kind.keeper.c_str());
  for (;;) {
    const pid_t worker = StartWorker(mgmt, kind);
    if (worker < 0) _exit(1);
    while (waitpid(worker, nullptr, 0) < 0 && errno == EINTR) continue;
    Log(LogLevel::kWarning, "{}: the worker ended; another one is started", kind.name);
    nanosleep(&kPause, nullptr);
  }
}

}  // namespace

Result<api::Channel> StartKeeper(const WorkerKind& kind) {
  auto pair = api::Channel::Pair();
  if (!pair) return pair.error();
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return Err(ErrorCode::kIo, "fork failed");
  if (pid == 0) {
    pair->first = api::Channel();
    BeKeeper(std::move(pair->second), kind, parent);
  }
  return std::move(pair->first);
}

std::optional<api::Channel> TakeWorker(api::Channel& keeper, std::string_view ended) {
  std::optional<api::Channel> newest;
  const auto taken = api::TakeMessages(keeper, api::kAllMessages, [&](api::Message message) {
    if (message.type != api::MessageType::kPeer || !message.fd) return;
    newest = api::Channel(std::move(message.fd));
  });
  if (!taken) {
    Log(LogLevel::kError, "{}", ended);
    keeper = api::Channel();
  }
  return newest;
}

}  // namespace vam::mgmt
