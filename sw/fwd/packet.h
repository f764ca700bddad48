// A packet in the forwarder: a DPDK buffer whose data starts at the IP header, and what is known
// about it.
#ifndef VAM_SW_FWD_PACKET_H_
#define VAM_SW_FWD_PACKET_H_

#include <rte_mbuf.h>

#include <cstdint>
#include <span>

#include "sw/base/bytes.h"
#include "sw/ipsec/policy.h"

namespace vam::fwd {

inline constexpr uint16_t kNoInterface = 0xffff;
inline constexpr uint32_t kNoEntry = 0xffffffff;

// Lives in the private area of the buffer; reset when a packet enters.
struct PacketMeta {
  uint16_t in_interface = kNoInterface;   // kNoInterface: made here
  uint16_t out_interface = kNoInterface;  // set by routing
  uint32_t next_hop = 0;                  // IPv4, host order; set by routing
  uint32_t policy_entry =
      kNoEntry;  // encapsulation: entry that protects; decapsulation: entry of the SA
  uint32_t policy_line = ipsec::kAnyLine;  // of that entry; kAnyLine: its SA set serves every line
  // Made by an engine or for an IKE role: the only packets that policy does not look at. Never set
  // by header matching.
  bool policy_exempt = false;
  bool decapsulated = false;  // came out of an SA, so the clear-text check does not apply
  bool must_protect = false;  // made here about a packet that came protected: never out in clear
};

inline constexpr uint16_t kMetaBytes =
    RTE_ALIGN_CEIL(static_cast<uint16_t>(sizeof(PacketMeta)), RTE_MBUF_PRIV_ALIGN);

inline PacketMeta& Meta(rte_mbuf* packet) {
  return *static_cast<PacketMeta*>(rte_mbuf_to_priv(packet));
}

inline MutableBytes Data(rte_mbuf* packet) {
  return {rte_pktmbuf_mtod(packet, uint8_t*), rte_pktmbuf_data_len(packet)};
}

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_PACKET_H_
