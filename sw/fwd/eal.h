// DPDK start-up: the one place that knows EAL arguments, and the buffers that all ports share.
#ifndef VAM_SW_FWD_EAL_H_
#define VAM_SW_FWD_EAL_H_

#include <cstdint>
#include <span>
#include <string>

#include "sw/base/result.h"

struct rte_mempool;

namespace vam::fwd {

struct EalOptions {
  std::string file_prefix;   // apart for each process on a machine
  unsigned memory_mb = 256;  // without huge pages, so that no machine set-up is needed
};

// Starts DPDK once per process; kIo if it refuses. Needs no root: ports that need it fail on their
// own.
Status InitEal(const EalOptions& options);

// A pool of `count` buffers, each holding a packet of up to `kBufferBytes` in one segment. With a
// `cache` (up to 512, and two thirds of `count`) the thread that called InitEal gets back first
// what it freed last, which the processor's caches still hold; without, buffers go round. Requires:
// InitEal succeeded. The pool lives until the process ends.
Result<rte_mempool*> CreateBufferPool(const char* name, unsigned count, unsigned cache = 0);

// The same of buffers for the longest echo requests and replies, which no engine and no wire ever
// sees whole.
Result<rte_mempool*> CreateLargeBufferPool(const char* name, unsigned count);

// A cache that holds the buffers of a few bursts.
inline constexpr unsigned kBufferCache = 256;

// Data bytes of a buffer after its headroom. A jumbo frame and the headers that encapsulation adds
// fit one segment.
inline constexpr uint16_t kBufferBytes = 9728;

inline constexpr uint16_t kLargeBufferBytes = 18'432;

// The memory of a pool as one range, for mapping to a card.
std::span<uint8_t> PoolMemory(rte_mempool* pool);

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_EAL_H_
