// Packet buffers for the figures that forward packets.
#ifndef VAM_SW_BENCH_PACKET_POOL_H_
#define VAM_SW_BENCH_PACKET_POOL_H_

#include "sw/base/result.h"

struct rte_mempool;

namespace vam::bench {

// One pool of 8,192 buffers in a process: DPDK starts only once. An error when it does not start.
Result<rte_mempool*> PacketPool();

}  // namespace vam::bench

#endif  // VAM_SW_BENCH_PACKET_POOL_H_
