// A role as vamd runs it: a thread or a confined process of its own, real channels, a real clock.
// The test is its supervisor.
#ifndef VAM_TESTS_SUPPORT_RUNNING_ROLE_H_
#define VAM_TESTS_SUPPORT_RUNNING_ROLE_H_

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "sw/api/control.pb.h"
#include "sw/vamd/role.h"
#include "sw/vamd/sandbox.h"

namespace vam::test {

class RunningRole {
 public:
  enum class In : uint8_t { kThread, kConfinedProcess };
  using Entry = int (*)(vamd::RoleContext&);

  RunningRole(vamd::Role role, Entry entry, uint64_t seed, In in, std::string state_dir = "")
      : role_(role), entry_(entry), state_dir_(std::move(state_dir)), rng_(seed) {
    auto pair = *api::Channel::Pair();
    supervisor_ = std::move(pair.first);
    if (in == In::kThread) {
      thread_ = std::thread([this, end = std::move(pair.second)]() mutable {
        code_ = Run(std::move(end), [] { return Ok(); });
      });
      return;
    }
    pid_ = fork();
    if (pid_ == 0) {
      supervisor_ = api::Channel();
      tzset();  // as vamd does: the C library reads a file for it once
      _exit(Run(std::move(pair.second), [this] { return vamd::Confine(role_); }));
    }
  }
  ~RunningRole() { EXPECT_EQ(Stop(), 0); }

  // Its exit code; a signal's number is negative.
  int Stop() {
    static_cast<void>(supervisor_.Send(api::MessageType::kStop, 0, Bytes()));
    if (thread_.joinable()) thread_.join();
    if (pid_ <= 0) return code_;
    int status = 0;
    const pid_t pid = std::exchange(pid_, 0);
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return code_;
  }

  api::Channel& supervisor() { return supervisor_; }
  // Our end of a new channel to it, as `peer`.
  api::Channel Connect(vamd::Role peer) {
    auto pair = *api::Channel::Pair();
    Give(peer, pair.second);
    return std::move(pair.first);
  }
  // A channel between two roles.
  void Connect(RunningRole& other) {
    const auto pair = *api::Channel::Pair();
    Give(other.role_, pair.first);
    other.Give(role_, pair.second);
  }

 private:
  int Run(api::Channel end, std::function<Status()> confine) {
    vamd::RoleContext context{role_, {}, std::move(end), &clock_, &rng_, std::move(confine)};
    context.options.state_dir = state_dir_;
    return entry_(context);
  }
  void Give(vamd::Role peer, const api::Channel& end) {
    api::Peer message;
    message.set_role(std::string(RoleName(peer)));
    EXPECT_TRUE(supervisor_.Send(api::MessageType::kPeer, 0, message, end.fd()));
  }

  vamd::Role role_;
  Entry entry_;
  std::string state_dir_;
  SystemClock clock_;
  SeededRng rng_;
  api::Channel supervisor_;
  std::thread thread_;
  pid_t pid_ = 0;
  int code_ = 0;
};

}  // namespace vam::test

#endif  // VAM_TESTS_SUPPORT_RUNNING_ROLE_H_
