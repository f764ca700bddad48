// The IP headers of packets that the gateway itself makes, whatever the version.
#ifndef VAM_SW_FWD_OWN_HEADER_H_
#define VAM_SW_FWD_OWN_HEADER_H_

#include <cstddef>
#include <cstdint>

#include "sw/base/bytes.h"
#include "sw/net/address.h"
#include "sw/net/ipv4.h"
#include "sw/net/ipv6.h"
#include "sw/net/ports.h"

namespace vam::fwd {

inline constexpr uint8_t kOwnTtl = 64;

// Both addresses are of one family, which is that of the packet.
struct OwnHeader {
  net::Address source, destination;
  uint8_t protocol = 0;
  uint8_t tos = 0;  // or traffic class
  uint8_t ttl = kOwnTtl;
  uint16_t identification = 0;  // IPv4
  bool dont_fragment = false;   // IPv4

  size_t bytes() const {
    return destination.is_v6() ? net::kIpv6HeaderBytes : net::kIpv4HeaderBytes;
  }
};

// Writes header.bytes() bytes to the front of `out`. Requires: room for them, and a
// payload that the length field can say.
void WriteOwnHeader(const OwnHeader& header, size_t payload_bytes, MutableBytes out);

// Writes a UDP header with its checksum to the front of `segment`, whose payload is there already.
// Requires: the addresses of `header`; 8 to 65,535 bytes.
void WriteOwnUdp(const OwnHeader& header, const net::Ports& ports, MutableBytes segment);

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_OWN_HEADER_H_
