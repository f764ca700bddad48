#include "sw/bench/packet_pool.h"

#include <rte_mbuf.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "sw/base/check.h"
#include "sw/fwd/eal.h"
#include "sw/net/ethernet.h"
#include "sw/net/ipv4.h"

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

std::vector<uint8_t> Ipv4Frame(const net::MacAddress& to, size_t bytes, uint32_t destination) {
  constexpr net::MacAddress kHost = {{0x02, 0, 0, 0, 0, 9}};
  std::vector<uint8_t> frame(net::kEthernetHeaderBytes + bytes);
  net::Ipv4Header header;
  header.total_bytes = static_cast<uint16_t>(bytes);
  header.ttl = 64;
  header.protocol = net::kProtocolUdp;
  header.source = net::Address::V4(0x0a010005);
  header.destination = net::Address::V4(destination);
  VAM_CHECK(net::WriteEthernet({to, kHost, net::kEtherTypeIpv4}, frame).has_value());
  VAM_CHECK(
      net::WriteIpv4(header, MutableBytes(frame).subspan(net::kEthernetHeaderBytes)).has_value());
  return frame;
}

rte_mbuf* CopyToBuffer(rte_mempool* pool, Bytes frame) {
  rte_mbuf* m = rte_pktmbuf_alloc(pool);
  if (m == nullptr) return nullptr;
  std::memcpy(rte_pktmbuf_append(m, static_cast<uint16_t>(frame.size())), frame.data(),
              frame.size());
  return m;
}

Result<rte_mempool*> PacketPool() {
  static const Result<rte_mempool*> pool = Start();
  return pool;
}

}  // namespace vam::bench
