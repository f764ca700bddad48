// UDP headers, the size of TCP's, and the ports of any transport that keeps them in its first four
// bytes.
#ifndef VAM_SW_NET_PORTS_H_
#define VAM_SW_NET_PORTS_H_

#include <cstddef>
#include <cstdint>

#include "sw/base/bytes.h"

namespace vam::net {

inline constexpr size_t kUdpHeaderBytes = 8;
inline constexpr size_t kTcpHeaderBytes = 20;  // without options
inline constexpr uint16_t kIkePort = 500;      // RFC 7296, 2
inline constexpr uint16_t kNattPort = 4500;    // RFC 3948, 2

struct Ports {
  uint16_t source = 0;
  uint16_t destination = 0;
};

struct UdpHeader {
  Ports ports;
  uint16_t length_bytes = 0;  // header and payload
  uint16_t checksum = 0;      // 0: none was sent
};

// True for TCP and UDP, whose ports selectors and access lists look at.
bool ProtocolHasPorts(uint8_t protocol);

// The first four bytes of a transport header; kTruncated when there are fewer.
Result<Ports> ParsePorts(Bytes transport);

// kTruncated when header or length do not fit, kMalformed for a length under 8. The checksum is not
// looked at.
Result<UdpHeader> ParseUdp(Bytes transport);

// Writes 8 bytes as they are given; kExhausted when they do not fit; otherwise returns 8.
Result<size_t> WriteUdp(const UdpHeader& header, MutableBytes out);

}  // namespace vam::net

#endif  // VAM_SW_NET_PORTS_H_
