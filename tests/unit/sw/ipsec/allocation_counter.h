// Counts what a program allocates: allocation_counter.cc replaces operator new in it.
#ifndef VAM_TESTS_UNIT_SW_IPSEC_ALLOCATION_COUNTER_H_
#define VAM_TESTS_UNIT_SW_IPSEC_ALLOCATION_COUNTER_H_

#include <atomic>
#include <cstdint>

namespace vam::test {

// Of all threads, since the start. Other allocators may add their own.
extern std::atomic<uint64_t> g_allocations;

}  // namespace vam::test

#endif  // VAM_TESTS_UNIT_SW_IPSEC_ALLOCATION_COUNTER_H_
