#include "sw/vamd/supervisor.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>

namespace vam::vamd {
namespace {

// Runs a supervisor in a process of its own, as vamd does: it reaps all children it has.
class SupervisorTest : public ::testing::Test {
 protected:
  void Start(std::vector<std::string> behaviours, int log_fd = STDERR_FILENO) {
    int fds[2];
    ASSERT_EQ(pipe(fds), 0);
    pid_ = fork();
    ASSERT_GE(pid_, 0);
    if (pid_ == 0) {
      dup2(log_fd, STDERR_FILENO);
      SupervisorOptions options;
      options.program = std::string(VAM_BIN_DIR) + "/vamd_test_role";
      options.role_arguments = std::move(behaviours);
      options.health_limit_ns = 5 * kNsPerSecond;
      options.start_limit_ns = start_limit_ns_;
      options.health_interval_ns = 20 * kNsPerMs;
      options.first_backoff_ns = 10 * kNsPerMs;
      options.stop_limit_ns = 1 * kNsPerSecond;
      options.on_ready = [&] { static_cast<void>(!write(fds[1], "r", 1)); };
      SystemClock clock;
      _exit(Supervisor(std::move(options), clock).Run());
    }
    close(fds[1]);
    ready_fd_ = fds[0];
  }
  void TearDown() override {
    if (ready_fd_ >= 0) close(ready_fd_);
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  // Blocks until all roles are ready; false when the supervisor ended before.
  bool WaitReady() {
    char byte;
    return read(ready_fd_, &byte, 1) == 1;
  }
  int WaitExit() {
    int status = 0;
    EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::set<pid_t> Children() const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/task/" + std::to_string(pid_) +
                       "/children");
    std::set<pid_t> pids;
    for (pid_t pid; file >> pid;) pids.insert(pid);
    return pids;
  }
  // The children once `condition` holds for them; polls the process table, bounded by the test's
  // own time limit.
  template <typename Condition>
  std::set<pid_t> ChildrenWhen(Condition condition) const {
    std::set<pid_t> now;
    do {
      now = Children();
      usleep(1000);
    } while (!condition(now));
    return now;
  }

  uint64_t start_limit_ns_ = 1 * kNsPerSecond;
  pid_t pid_ = -1;
  int ready_fd_ = -1;
};

TEST_F(SupervisorTest, StartsAllRolesAndStopsCleanly) {
  Start({});
  ASSERT_TRUE(WaitReady());
  EXPECT_EQ(Children().size(), kRoles);
  kill(pid_, SIGTERM);
  EXPECT_EQ(WaitExit(), 0);
}

TEST_F(SupervisorTest, RunsOnWhenNobodyReadsItsLog) {
  int log[2];
  ASSERT_EQ(pipe(log), 0);
  close(log[0]);
  Start({}, log[1]);
  close(log[1]);
  ASSERT_TRUE(WaitReady());
  kill(pid_, SIGTERM);
  EXPECT_EQ(WaitExit(), 0);
}

TEST_F(SupervisorTest, TheIkev2RoleLivesAndStops) {
  int log[2];
  ASSERT_EQ(pipe(log), 0);
  start_limit_ns_ = 30 * kNsPerSecond;  // it makes a key exchange of each group first
  Start({"ikev2=ikev2"}, log[1]);
  close(log[1]);
  ASSERT_TRUE(WaitReady());
  const auto before = Children();
  EXPECT_EQ(before.size(), kRoles);
  // mgmt, the first, is restarted: the role gets its new channel, and answers for its health.
  kill(*before.begin(), SIGKILL);
  ChildrenWhen([&](const std::set<pid_t>& now) {
    return now.size() == kRoles && !now.contains(*before.begin());
  });
  kill(pid_, SIGTERM);
  EXPECT_EQ(WaitExit(), 0);
  std::string text;
  char part[512];
  for (ssize_t n; (n = read(log[0], part, sizeof part)) > 0;) {
    text.append(part, static_cast<size_t>(n));
  }
  close(log[0]);
  EXPECT_NE(text.find("role ikev2 stopped, exit code 0"), std::string::npos) << text;
  EXPECT_EQ(text.find("role ikev2 ended"), std::string::npos) << text;
}

TEST_F(SupervisorTest, RestartsAKilledRole) {
  Start({});
  ASSERT_TRUE(WaitReady());
  const auto before = Children();
  const pid_t victim = *before.begin();
  kill(victim, SIGKILL);
  const auto after = ChildrenWhen(
      [&](const std::set<pid_t>& now) { return now.size() == kRoles && !now.contains(victim); });
  EXPECT_NE(after, before);
  kill(pid_, SIGTERM);
  EXPECT_EQ(WaitExit(), 0);
}

TEST_F(SupervisorTest, ARoleThatAlwaysEndsIsTriedAgainWhileTheOthersRun) {
  Start({"signer=crash"});
  const auto four = ChildrenWhen([](const std::set<pid_t>& now) { return now.size() >= 4; });
  EXPECT_GE(four.size(), 4u);
  kill(pid_, SIGTERM);
  EXPECT_EQ(WaitExit(), 0);
}

TEST_F(SupervisorTest, ARoleThatDoesNotStartIsKilledAndTriedAgain) {
  Start({"ikev1=hang"});
  const auto first = ChildrenWhen([](const std::set<pid_t>& now) { return now.size() == kRoles; });
  ChildrenWhen([&](const std::set<pid_t>& now) { return now.size() == kRoles && now != first; });
  kill(pid_, SIGTERM);
  EXPECT_EQ(WaitExit(), 0);
}

TEST_F(SupervisorTest, ARefusedConfigurationEndsAll) {
  Start({"mgmt=refuse"});
  EXPECT_FALSE(WaitReady());
  EXPECT_EQ(WaitExit(), kExitBadConfiguration);
}

TEST_F(SupervisorTest, RolesDieWithTheSupervisor) {
  Start({});
  ASSERT_TRUE(WaitReady());
  const auto roles = Children();
  kill(pid_, SIGKILL);
  EXPECT_EQ(WaitExit(), -1);
  for (pid_t role : roles) {
    while (kill(role, 0) == 0) {
      std::ifstream file("/proc/" + std::to_string(role) + "/stat");
      std::stringstream stat;
      stat << file.rdbuf();
      if (stat.str().find(") Z") != std::string::npos) break;  // ended, nobody to reap it here
      usleep(1000);
    }
  }
}

}  // namespace
}  // namespace vam::vamd
