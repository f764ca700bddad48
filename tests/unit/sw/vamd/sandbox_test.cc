// In each role, once confined: what it needs works, and open, socket, execve and ptrace end the
// process.
#include "sw/vamd/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

namespace vam::vamd {
namespace {

// The wait status of a process that confines itself and then does `action`.
int StatusAfter(const std::function<Status()>& confine, const std::function<void()>& action) {
  const pid_t pid = fork();
  if (pid == 0) {
    if (!confine()) _exit(99);
    action();
    _exit(0);
  }
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  return status;
}
int StatusOf(Role role, const std::function<void()>& action) {
  return StatusAfter([role] { return Confine(role); }, action);
}

// The process that fetches for mgmt.
TEST(FetcherSandbox, ReadsFilesAndMakesInternetSockets) {
  const int status = StatusAfter(ConfineFetcher, [] {
    if (syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0) < 0) _exit(1);
    for (const int family : {AF_INET, AF_INET6}) {
      // A host may have no IPv6; nothing is killed for it.
      if (socket(family, SOCK_STREAM, 0) < 0 && family == AF_INET) _exit(2);
    }
    if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || errno != EACCES) _exit(3);
  });
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}
TEST(FetcherSandbox, WritesNothingAndExecutesNothing) {
  const std::function<void()> refused[] = {
      [] { syscall(SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY, 0); },
      [] { syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0); },
      [] { syscall(SYS_openat, AT_FDCWD, "/tmp/vam-x", O_RDONLY | O_CREAT, 0600); },
      [] { syscall(SYS_open, "/etc/passwd", O_RDONLY); },
      [] { syscall(SYS_unlink, "/tmp/vam-none"); },
      [] { syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0); },
      [] {
        char* const argv[] = {nullptr};
        execve("/bin/true", argv, argv);
      },
      [] { syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); },
      [] { mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); },
  };
  for (const auto& action : refused) {
    const int status = StatusAfter(ConfineFetcher, action);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        << &action - refused << ": " << status;
  }
}

// The process that serves metrics.
TEST(MetricsSandbox, ListensAndNothingElse) {
  const int listens = StatusAfter(ConfineMetrics, [] {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || listen(fd, 1) != 0) _exit(1);
  });
  EXPECT_TRUE(WIFEXITED(listens)) << "signal " << WTERMSIG(listens);
  EXPECT_EQ(WEXITSTATUS(listens), 0);
  const std::function<void()> refused[] = {
      [] { syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0); },
      [] { syscall(SYS_open, "/etc/passwd", O_RDONLY); },
      [] { syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0); },
      [] { syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0); },
      [] { syscall(SYS_connect, 0, nullptr, 0); },
      [] {
        char* const argv[] = {nullptr};
        execve("/bin/true", argv, argv);
      },
      [] { syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); },
      [] { mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); },
  };
  for (const auto& action : refused) {
    const int status = StatusAfter(ConfineMetrics, action);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        << &action - refused << ": " << status;
  }
}

class SandboxTest : public ::testing::TestWithParam<Role> {
 protected:
  void ExpectKilled(const std::function<void()>& action) {
    const int status = StatusOf(GetParam(), action);
    EXPECT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
    if (WIFSIGNALED(status)) {
      EXPECT_EQ(WTERMSIG(status), SIGSYS);
    }
  }
};

TEST_P(SandboxTest, WhatItNeedsWorks) {
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
  const int status = StatusOf(GetParam(), [&] {
    void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) _exit(1);
    char byte = 'x';
    iovec part{&byte, 1};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (sendmsg(fds[0], &header, 0) != 1 || recvmsg(fds[1], &header, 0) != 1) _exit(2);
    timespec now;
    if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) != 0) _exit(3);
  });
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  close(fds[0]);
  close(fds[1]);
}
TEST_P(SandboxTest, OpenIsRefused) {
  ExpectKilled([] { syscall(SYS_open, "/etc/passwd", O_RDONLY); });
  ExpectKilled([] { syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0); });
}
TEST_P(SandboxTest, SocketIsRefused) {
  ExpectKilled([] { syscall(SYS_socket, AF_INET, SOCK_STREAM, 0); });
  ExpectKilled([] { syscall(SYS_connect, 0, nullptr, 0); });
}
TEST_P(SandboxTest, ExecIsRefused) {
  ExpectKilled([] {
    char* const argv[] = {nullptr};
    execve("/bin/true", argv, argv);
  });
  ExpectKilled([] { syscall(SYS_fork); });
}
TEST_P(SandboxTest, PtraceIsRefused) {
  ExpectKilled([] { syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); });
  ExpectKilled([] { syscall(SYS_process_vm_readv, getppid(), nullptr, 0, nullptr, 0, 0); });
}
TEST_P(SandboxTest, ExecutableMemoryIsRefused) {
  ExpectKilled([] {
    mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  });
}
TEST_P(SandboxTest, TheFilterCannotBeChanged) {
  ExpectKilled([] { syscall(SYS_prctl, 22, 0, 0, 0, 0); });
  ExpectKilled([] { syscall(SYS_seccomp, 0, 0, nullptr); });
}

INSTANTIATE_TEST_SUITE_P(Roles, SandboxTest,
                         ::testing::Values(Role::kFwd, Role::kMgmt, Role::kIkev2, Role::kIkev1,
                                           Role::kSigner),
                         [](const auto& param) { return std::string(RoleName(param.param)); });

TEST(Roles, HaveNames) {
  EXPECT_EQ(FindRole("ikev2"), Role::kIkev2);
  EXPECT_EQ(FindRole("root"), std::nullopt);
}

}  // namespace
}  // namespace vam::vamd
