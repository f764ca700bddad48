// VAM_CHECK: stops the process on a broken invariant of our own, in release builds too.
// Never for anything a packet, a peer, a file or the card can cause: those are errors or counters.
#ifndef VAM_SW_BASE_CHECK_H_
#define VAM_SW_BASE_CHECK_H_

namespace vam {

// Writes one line to standard error, without allocation, and aborts.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace vam

#define VAM_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::vam::CheckFailed(#condition, __FILE__, __LINE__))

#endif  // VAM_SW_BASE_CHECK_H_
