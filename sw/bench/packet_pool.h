// Packet buffers for the figures that forward packets.
#ifndef VAM_SW_BENCH_PACKET_POOL_H_
#define VAM_SW_BENCH_PACKET_POOL_H_

#include <cstdint>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/net/mac.h"

struct rte_mbuf;
struct rte_mempool;

namespace vam::bench {

// A whole frame: an IPv4 packet of `bytes` from 10.1.0.5 to `destination` (host order), its payload
// zeros.
std::vector<uint8_t> Ipv4Frame(const net::MacAddress& to, size_t bytes, uint32_t destination);

// A buffer with a copy of `frame`; nullptr when the pool is empty.
rte_mbuf* CopyToBuffer(rte_mempool* pool, Bytes frame);

// One pool of 8,192 buffers in a process: DPDK starts only once. An error when it does not start.
Result<rte_mempool*> PacketPool();

}  // namespace vam::bench

#endif  // VAM_SW_BENCH_PACKET_POOL_H_
