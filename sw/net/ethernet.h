#ifndef VAM_SW_NET_ETHERNET_H_
#define VAM_SW_NET_ETHERNET_H_

#include <cstddef>
#include <cstdint>

#include "sw/base/bytes.h"
#include "sw/net/mac.h"

namespace vam::net {

inline constexpr size_t kEthernetHeaderBytes = 14;
inline constexpr uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr uint16_t kEtherTypeArp = 0x0806;
inline constexpr uint16_t kEtherTypeIpv6 = 0x86dd;

// Ethernet II without tags. A value below 0x600 in `ether_type` is an 802.3 length.
struct EthernetHeader {
  MacAddress destination;
  MacAddress source;
  uint16_t ether_type = 0;
};

// kTruncated under 14 bytes. The payload starts at kEthernetHeaderBytes.
Result<EthernetHeader> ParseEthernet(Bytes frame);
// kExhausted when `out` has under 14 bytes; otherwise returns 14.
Result<size_t> WriteEthernet(const EthernetHeader& header, MutableBytes out);

}  // namespace vam::net

#endif  // VAM_SW_NET_ETHERNET_H_
