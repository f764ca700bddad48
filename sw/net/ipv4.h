#ifndef VAM_SW_NET_IPV4_H_
#define VAM_SW_NET_IPV4_H_

#include <cstddef>
#include <cstdint>

#include "sw/base/bytes.h"
#include "sw/net/address.h"

namespace vam::net {

inline constexpr size_t kIpv4HeaderBytes = 20;  // without options
inline constexpr uint8_t kProtocolIcmp = 1;
inline constexpr uint8_t kProtocolIpv4 = 4;
inline constexpr uint8_t kProtocolTcp = 6;
inline constexpr uint8_t kProtocolUdp = 17;
inline constexpr uint8_t kProtocolIpv6 = 41;
inline constexpr uint8_t kProtocolEsp = 50;
inline constexpr uint8_t kProtocolAh = 51;
inline constexpr uint8_t kProtocolNone = 59;

constexpr bool IsIpsec(uint8_t protocol) {
  return protocol == kProtocolEsp || protocol == kProtocolAh;
}

// Offsets of fields that are changed in place.
inline constexpr size_t kIpv4TosOffset = 1;
inline constexpr size_t kIpv4TtlOffset = 8;
inline constexpr size_t kIpv4ChecksumOffset = 10;

// RFC 791. Numbers in host order.
struct Ipv4Header {
  uint8_t header_bytes = kIpv4HeaderBytes;  // 20 to 60; options lie behind the first 20
  uint8_t tos = 0;                          // DSCP in the upper six bits, ECN in the lower two
  uint16_t total_bytes = 0;                 // header and payload
  uint16_t identification = 0;
  bool dont_fragment = false;
  bool more_fragments = false;
  uint16_t fragment_offset = 0;  // in units of 8 bytes
  uint8_t ttl = 0;
  uint8_t protocol = 0;
  uint16_t checksum = 0;
  Address source;
  Address destination;

  bool IsFragment() const { return more_fragments || fragment_offset != 0; }
  size_t payload_bytes() const { return static_cast<size_t>(total_bytes - header_bytes); }
};

// The lengths hold: 20 <= header <= total <= packet.size(). Bytes behind total_bytes are link
// padding. kTruncated when the packet ends early, kMalformed for version and lengths. The checksum
// is not looked at.
Result<Ipv4Header> ParseIpv4(Bytes packet);

// True when the header's own checksum holds. Requires: a packet that ParseIpv4 accepted.
bool Ipv4ChecksumOk(Bytes packet);

// Writes 20 bytes and their checksum (`header.checksum` is not used) and returns 20.
// kInvalidArgument for options (header_bytes != 20), addresses that are not IPv4 or an offset above
// 13 bits; kExhausted when it does not fit.
Result<size_t> WriteIpv4(const Ipv4Header& header, MutableBytes out);

}  // namespace vam::net

#endif  // VAM_SW_NET_IPV4_H_
