// ESP in UDP (RFC 3948). Engines make and take plain ESP packets; the UDP header is put on and
// taken off here, so it is the same with every engine.
#ifndef VAM_SW_FWD_UDP_ENCAP_H_
#define VAM_SW_FWD_UDP_ENCAP_H_

#include "sw/base/bytes.h"
#include "sw/base/gen/vam_reason.h"
#include "sw/net/ports.h"

struct rte_mbuf;

namespace vam::fwd {

// Puts a UDP header in front of the ESP header of an IP packet. The checksum is 0 in IPv4 (RFC
// 3948, 2.1) and computed in IPv6. kNoBuffer: no room in front. kEngineFault: no ESP packet.
Reason AddUdp(rte_mbuf* packet, const net::Ports& ports);

// Takes off a UDP header `upper_offset` bytes into an IP packet, and what follows its `udp_bytes`;
// an ESP packet is left. kIpMalformed: that is not where its headers end. Requires: net::ParseUdp
// accepted the header there.
Reason StripUdp(rte_mbuf* packet, size_t upper_offset, size_t udp_bytes);

// What RFC 3948, 3.1.2 asks for behind a NAT in transport mode: the TCP or UDP checksum of an IP
// packet for the addresses that it has now. Fragments, what is cut off, and IPv4 UDP without a
// checksum stay as they are. Only for packets whose integrity was verified.
void RepairUpperChecksum(MutableBytes packet);

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_UDP_ENCAP_H_
