#include "sw/base/clock.h"

#include <ctime>

namespace vam {
namespace {

uint64_t Read(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return static_cast<uint64_t>(now.tv_sec) * kNsPerSecond + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

uint64_t SystemClock::MonotonicNs() const { return Read(CLOCK_MONOTONIC); }
uint64_t SystemClock::WallNs() const { return Read(CLOCK_REALTIME); }
uint64_t ProcessCpuNs() { return Read(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace vam
