#include "sw/bench/packet_pool.h"

#include <unistd.h>

#include <string>

#include "sw/fwd/eal.h"

namespace vam::bench {
namespace {

Result<rte_mempool*> Start() {
  fwd::EalOptions eal;
  eal.file_prefix = "vambench" + std::to_string(getpid());
  eal.memory_mb = 128;
  VAM_TRY_STATUS(fwd::InitEal(eal));
  return fwd::CreateBufferPool("bench", 8192, fwd::kBufferCache);
}

}  // namespace

Result<rte_mempool*> PacketPool() {
  static const Result<rte_mempool*> pool = Start();
  return pool;
}

}  // namespace vam::bench
