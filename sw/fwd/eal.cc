#include "sw/fwd/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <sched.h>

#include <algorithm>
#include <vector>

#include "sw/base/log.h"
#include "sw/fwd/packet.h"

namespace vam::fwd {

namespace {

// The processors that this thread may run on. Threads inherit them.
class Processors {
 public:
  Processors() { known_ = sched_getaffinity(0, sizeof set_, &set_) == 0; }

  unsigned first() const {
    for (unsigned cpu = 0; known_ && cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set_)) return cpu;
    }
    return 0;
  }
  void Restore() const {
    if (known_ && sched_setaffinity(0, sizeof set_, &set_) != 0) {
      Log(LogLevel::kWarning, "the forwarder stays on one processor");
    }
  }

 private:
  cpu_set_t set_;
  bool known_ = false;
};

}  // namespace

Status InitEal(const EalOptions& options) {
  const Processors processors;
  std::vector<std::string> words = {
      "vamd",
      "--no-huge",
      "--no-pci",
      "--no-telemetry",
      "--no-shconf",
      "--log-level=*:warning",
      "--lcores",
      "0@" + std::to_string(processors.first()),
      "-m",
      std::to_string(options.memory_mb),
      "--file-prefix",
      options.file_prefix,
  };
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0) {
    Log(LogLevel::kError, "DPDK did not start: {}", rte_strerror(rte_errno));
    return Err(ErrorCode::kIo, "DPDK did not start");
  }
  // DPDK binds this thread to a processor, and with it all that it starts: workers, simulated
  // cards.
  processors.Restore();
  return Ok();
}

namespace {

Result<rte_mempool*> CreatePool(const char* name, unsigned count, unsigned cache, uint16_t bytes) {
  rte_mempool* pool =
      rte_pktmbuf_pool_create(name, count, cache, kMetaBytes,
                              static_cast<uint16_t>(RTE_PKTMBUF_HEADROOM + bytes), SOCKET_ID_ANY);
  if (pool == nullptr) return Err(ErrorCode::kExhausted, "no memory for packet buffers");
  return pool;
}

}  // namespace

Result<rte_mempool*> CreateBufferPool(const char* name, unsigned count, unsigned cache) {
  return CreatePool(name, count, cache, kBufferBytes);
}
Result<rte_mempool*> CreateLargeBufferPool(const char* name, unsigned count) {
  return CreatePool(name, count, 0, kLargeBufferBytes);
}

namespace {

struct Range {
  uintptr_t low = UINTPTR_MAX;
  uintptr_t high = 0;
};

void Widen(rte_mempool* /*pool*/, void* opaque, rte_mempool_memhdr* chunk, unsigned /*index*/) {
  auto* range = static_cast<Range*>(opaque);
  const auto start = reinterpret_cast<uintptr_t>(chunk->addr);
  range->low = std::min(range->low, start);
  range->high = std::max(range->high, start + chunk->len);
}

}  // namespace

std::span<uint8_t> PoolMemory(rte_mempool* pool) {
  Range range;
  rte_mempool_mem_iter(pool, Widen, &range);
  return {reinterpret_cast<uint8_t*>(range.low), range.high - range.low};
}

}  // namespace vam::fwd
