#include "sw/fwd/udp_encap.h"

#include <rte_mbuf.h>

#include <cstring>

#include "sw/base/check.h"
#include "sw/fwd/packet.h"
#include "sw/ipsec/ip_packet.h"
#include "sw/net/checksum.h"
#include "sw/net/ipv4.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

constexpr size_t kUdpChecksumAt = 6;
constexpr size_t kTcpChecksumAt = 16;

}  // namespace

Reason AddUdp(rte_mbuf* packet, const net::Ports& ports) {
  const auto ip = ipsec::ParseIp(Data(packet));
  if (!ip || !ip->chain_ok || ip->upper.protocol != net::kProtocolEsp) {
    return Reason::kEngineFault;
  }
  const bool v6 = ip->v6;
  const size_t offset = ip->upper.offset, named_at = ip->upper.named_at;
  if (rte_pktmbuf_prepend(packet, net::kUdpHeaderBytes) == nullptr) return Reason::kNoBuffer;
  const MutableBytes data = Data(packet);
  std::memmove(data.data(), &data[net::kUdpHeaderBytes], offset);
  data[named_at] = net::kProtocolUdp;
  const MutableBytes segment = data.subspan(offset);
  net::UdpHeader udp{ports, static_cast<uint16_t>(segment.size()), 0};
  VAM_CHECK(net::WriteUdp(udp, segment).has_value());
  ipsec::FixLengths(data, v6);
  if (!v6) return Reason::kOk;
  const auto outer = ipsec::ParseIp(data);
  VAM_CHECK(outer.has_value());
  udp.checksum = net::UdpChecksum(outer->source(), outer->destination(), segment);
  VAM_CHECK(net::WriteUdp(udp, segment).has_value());
  return Reason::kOk;
}

Reason StripUdp(rte_mbuf* packet, size_t upper_offset, size_t udp_bytes) {
  const auto ip = ipsec::ParseIp(Data(packet));
  if (!ip || !ip->chain_ok || ip->upper.offset != upper_offset) return Reason::kIpMalformed;
  const bool v6 = ip->v6;
  const size_t named_at = ip->upper.named_at;
  const size_t behind = Data(packet).size() - upper_offset - udp_bytes;
  rte_pktmbuf_trim(packet, static_cast<uint16_t>(behind));
  const MutableBytes data = Data(packet);
  data[named_at] = net::kProtocolEsp;
  std::memmove(&data[net::kUdpHeaderBytes], data.data(), upper_offset);
  rte_pktmbuf_adj(packet, net::kUdpHeaderBytes);
  ipsec::FixLengths(Data(packet), v6);
  return Reason::kOk;
}

void RepairUpperChecksum(MutableBytes packet) {
  const auto ip = ipsec::ParseIp(packet);
  if (!ip || !ip->chain_ok || ip->fragment) return;
  MutableBytes segment = packet.first(ip->packet.size()).subspan(ip->upper.offset);
  const bool udp = ip->upper.protocol == net::kProtocolUdp;
  if (!udp && ip->upper.protocol != net::kProtocolTcp) return;
  if (udp) {
    const auto header = net::ParseUdp(segment);
    if (!header) return;
    segment = segment.first(header->length_bytes);
  } else if (segment.size() < net::kTcpHeaderBytes) {
    return;
  }
  uint8_t* checksum = &segment[udp ? kUdpChecksumAt : kTcpChecksumAt];
  if (udp && !ip->v6 && LoadBe16(checksum) == 0) return;
  StoreBe16(checksum, 0);
  const net::Address source = ip->source(), destination = ip->destination();
  StoreBe16(checksum, udp ? net::UdpChecksum(source, destination, segment)
                          : net::UpperChecksum(source, destination, net::kProtocolTcp, segment));
}

}  // namespace vam::fwd
