// A packet in the forwarder: a DPDK buffer whose data starts at the IP header, and what is known
// about it.
#ifndef VAM_SW_FWD_PACKET_H_
#define VAM_SW_FWD_PACKET_H_

#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <span>

#include "sw/base/bytes.h"
#include "sw/ipsec/policy.h"
#include "sw/net/address.h"

namespace vam::fwd {

inline constexpr uint16_t kNoInterface = 0xffff;
inline constexpr uint32_t kNoEntry = 0xffffffff;
inline constexpr size_t kMaxProtections = 4;

// Lives in the private area of the buffer; reset when a packet enters.
struct PacketMeta {
  uint16_t in_interface = kNoInterface;   // kNoInterface: made here
  uint16_t out_interface = kNoInterface;  // set by routing
  uint16_t vrf = 0;  // whose routes it follows: of its interface, of the SA it came out of
  net::Address next_hop = {};  // set by routing
  uint32_t policy_entry =
      kNoEntry;  // encapsulation: entry that protects; decapsulation: entry of the SA
  uint32_t policy_line = ipsec::kAnyLine;  // of that entry; kAnyLine: its SA set serves every line
  uint32_t sa_set = 0xffffffff;            // encapsulation: the SA set that protects; see SaSets
  // Made for an IKE role: policy does not look at it. Never set by header matching.
  bool policy_exempt = false;
  // Crypto maps that have protected the packet, by Policy::number: an engine made it, so they do
  // not look at it again. The map of another interface may (SY-118).
  uint8_t protections = 0;
  uint32_t protecting = 0;  // the map that is at it
  std::array<uint32_t, kMaxProtections> protected_by{};
  // Inbound ESP: the UDP source port it came from; 0: not in UDP.
  uint16_t udp_port = 0;
  bool decapsulated = false;  // came out of an SA, so the clear-text check does not apply
  bool rejoined = false;      // its fragments came together here, so it may be cut here again
  bool must_protect = false;  // made here about a packet that came protected: never out in clear
  uint32_t echo = 0;          // an echo request of ours: EchoName::rest(); 0: none
};

inline constexpr uint16_t kMetaBytes =
    RTE_ALIGN_CEIL(static_cast<uint16_t>(sizeof(PacketMeta)), RTE_MBUF_PRIV_ALIGN);

inline PacketMeta& Meta(rte_mbuf* packet) {
  return *static_cast<PacketMeta*>(rte_mbuf_to_priv(packet));
}

inline const PacketMeta& Meta(const rte_mbuf* packet) {
  return *static_cast<const PacketMeta*>(rte_mbuf_to_priv(const_cast<rte_mbuf*>(packet)));
}

inline Bytes Data(const rte_mbuf* packet) {
  return {rte_pktmbuf_mtod(packet, const uint8_t*), rte_pktmbuf_data_len(packet)};
}

inline MutableBytes Data(rte_mbuf* packet) {
  return {rte_pktmbuf_mtod(packet, uint8_t*), rte_pktmbuf_data_len(packet)};
}

// Whether the crypto map `policy` has protected the packet.
inline bool IsProtectedBy(const PacketMeta& meta, const ipsec::Policy& policy) {
  for (size_t i = 0; i < meta.protections; ++i) {
    if (meta.protected_by[i] == policy.number()) return true;
  }
  return false;
}

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_PACKET_H_
