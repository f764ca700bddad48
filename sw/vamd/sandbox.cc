#include "sw/vamd/sandbox.h"

#include <linux/capability.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

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
  Status Load() {
    if (!good_ || seccomp_attr_set(context_, SCMP_FLTATR_CTL_TSYNC, 1) != 0 ||
        seccomp_load(context_) != 0) {
      return Err(ErrorCode::kIo, "the seccomp filter could not be loaded");
    }
    return Ok();
  }

 private:
  scmp_filter_ctx context_;
  bool good_ = true;
};

}  // namespace

Status Confine(Role role) {
  const rlimit no_core{0, 0};
  if (setrlimit(RLIMIT_CORE, &no_core) != 0) return Err(ErrorCode::kIo, "setrlimit failed");
  VAM_TRY_STATUS(DropCapabilities());
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return Err(ErrorCode::kIo, "prctl failed");
  }
  Filter filter;
  for (int call : kCommon) filter.Allow(call);
  for (int call : ListOf(role)) filter.Allow(call);
  for (int call : kSanitizers) filter.Allow(call);
  filter.AllowWithout(SCMP_SYS(mmap), 2, PROT_EXEC);
  filter.AllowWithout(SCMP_SYS(mprotect), 2, PROT_EXEC);
  return filter.Load();
}

}  // namespace vam::vamd
