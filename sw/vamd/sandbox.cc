#include "sw/vamd/sandbox.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <span>

#include "sw/base/sanitizer.h"

namespace vam::vamd {
namespace {

constexpr int kCommon[] = {
#include "sw/vamd/allow/common.inc"
};
constexpr int kFwd[] = {
#include "sw/vamd/allow/fwd.inc"
};
constexpr int kMgmt[] = {
#include "sw/vamd/allow/mgmt.inc"
};
constexpr int kSigner[] = {
#include "sw/vamd/allow/signer.inc"
};

constexpr int kFetch[] = {
#include "sw/vamd/allow/fetch.inc"
};
constexpr int kMetrics[] = {
#include "sw/vamd/allow/metrics.inc"
};

#ifdef VAM_ASAN
// The sanitizers' runtime probes memory by writing it to a pipe, and ends threads with their signal
// stack.
constexpr int kSanitizers[] = {SCMP_SYS(pipe2), SCMP_SYS(sigaltstack)};
#else
constexpr std::span<const int> kSanitizers;
#endif

std::span<const int> ListOf(Role role) {
  switch (role) {
    case Role::kFwd:
      return kFwd;
    case Role::kMgmt:
      return kMgmt;
    case Role::kSigner:
      return kSigner;
    case Role::kIkev2:
    case Role::kIkev1:
      return {};
  }
  return {};
}

Status DropCapabilities() {
  for (unsigned long capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    // Fails without CAP_SETPCAP; then there is nothing in the bounding set that no_new_privs would
    // not stop.
    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2] = {};
  if (syscall(SYS_capset, &header, none) != 0) {
    return Err(ErrorCode::kIo, "capabilities could not be dropped");
  }
  return Ok();
}

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_KILL_PROCESS)) {}
  ~Filter() {
    if (context_ != nullptr) seccomp_release(context_);
  }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  void Allow(int call) {
    if (context_ == nullptr || seccomp_rule_add(context_, SCMP_ACT_ALLOW, call, 0) != 0) {
      good_ = false;
    }
  }
  // Only while argument `index` has none of `bits`.
  void AllowWithout(int call, unsigned index, uint64_t bits) {
    const scmp_arg_cmp compare{index, SCMP_CMP_MASKED_EQ, bits, 0};
    if (context_ == nullptr ||
        seccomp_rule_add_array(context_, SCMP_ACT_ALLOW, call, 1, &compare) != 0) {
      good_ = false;
    }
  }
  // Only with this value of argument `index`.
  void AllowWith(int call, unsigned index, uint64_t value) {
    Rule(SCMP_ACT_ALLOW, call, index, value);
  }
  // With this value of argument `index` it fails with `error`, and nothing is killed.
  void FailWith(int call, unsigned index, uint64_t value, int error) {
    Rule(SCMP_ACT_ERRNO(static_cast<uint16_t>(error)), call, index, value);
  }
  Status Load() {
    if (!good_ || seccomp_attr_set(context_, SCMP_FLTATR_CTL_TSYNC, 1) != 0 ||
        seccomp_load(context_) != 0) {
      return Err(ErrorCode::kIo, "the seccomp filter could not be loaded");
    }
    return Ok();
  }

 private:
  void Rule(uint32_t action, int call, unsigned index, uint64_t value) {
    const scmp_arg_cmp compare{index, SCMP_CMP_EQ, value, 0};
    if (context_ == nullptr || seccomp_rule_add_array(context_, action, call, 1, &compare) != 0) {
      good_ = false;
    }
  }

  scmp_filter_ctx context_;
  bool good_ = true;
};

Status DropPrivileges() {
  const rlimit no_core{0, 0};
  if (setrlimit(RLIMIT_CORE, &no_core) != 0) return Err(ErrorCode::kIo, "setrlimit failed");
  VAM_TRY_STATUS(DropCapabilities());
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return Err(ErrorCode::kIo, "prctl failed");
  }
  return Ok();
}
// What every confined process may do, and these calls.
void AllowUsual(Filter& filter, std::span<const int> calls) {
  for (int call : kCommon) filter.Allow(call);
  for (int call : calls) filter.Allow(call);
  for (int call : kSanitizers) filter.Allow(call);
  filter.AllowWithout(SCMP_SYS(mmap), 2, PROT_EXEC);
  filter.AllowWithout(SCMP_SYS(mprotect), 2, PROT_EXEC);
}

}  // namespace

Status Confine(Role role) {
  VAM_TRY_STATUS(DropPrivileges());
  Filter filter;
  AllowUsual(filter, ListOf(role));
  return filter.Load();
}

Status ConfineFetcher() {
  VAM_TRY_STATUS(DropPrivileges());
  Filter filter;
  AllowUsual(filter, kFetch);
  filter.AllowWithout(SCMP_SYS(openat), 2, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND);
  // The resolver asks the kernel for addresses, and a local cache of names, which it does without.
  for (const int family : {AF_INET, AF_INET6, AF_NETLINK}) {
    filter.AllowWith(SCMP_SYS(socket), 0, static_cast<uint64_t>(family));
  }
  filter.FailWith(SCMP_SYS(socket), 0, AF_UNIX, EACCES);
  return filter.Load();
}

Status ConfineMetrics() {
  VAM_TRY_STATUS(DropPrivileges());
  Filter filter;
  AllowUsual(filter, kMetrics);
  for (const int family : {AF_INET, AF_INET6}) {
    filter.AllowWith(SCMP_SYS(socket), 0, static_cast<uint64_t>(family));
  }
  return filter.Load();
}

}  // namespace vam::vamd
