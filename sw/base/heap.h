// What the C library's allocator keeps of freed memory, and when it gives it back to the system.
#ifndef VAM_SW_BASE_HEAP_H_
#define VAM_SW_BASE_HEAP_H_

#include <cstdint>

namespace vam {

// Blocks of kHeapBlockBytes and more are mapped alone and go back to the system when they are
// freed; the end of a heap does when kHeapBlockBytes of it are free. By default the allocator
// raises both limits, up to 32 MB, with the largest block it ever freed. Call at the start.
inline constexpr int kHeapBlockBytes = 256 * 1024;
void FixHeapLimits();

// A thread other than the first has a heap of its own. The first time that such a heap shrinks,
// glibc asks /proc whether it may, which kills a process that is confined. This makes the heap of
// the calling thread shrink now: call in one such thread before the process is confined. Does its
// work for certain only after FixHeapLimits.
void ShrinkThreadHeapOnce();

// Gives back what a change of the configuration leaves in the heap between blocks that are in use,
// once for each change, when its aftermath is over. Takes milliseconds with 100 MB.
class HeapTrimmer {
 public:
  static constexpr uint64_t kDelayNs = 2'000'000'000;

  // Call every turn in which nothing waits, with the generation that is in force. True: it did.
  bool Poll(uint64_t generation, uint64_t now_ns);

 private:
  uint64_t generation_ = 0;
  uint64_t due_ns_ = 0;  // 0: done
};

}  // namespace vam

#endif  // VAM_SW_BASE_HEAP_H_
