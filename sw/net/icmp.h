#ifndef VAM_SW_NET_ICMP_H_
#define VAM_SW_NET_ICMP_H_

#include <cstddef>
#include <cstdint>

#include "sw/base/bytes.h"

namespace vam::net {

inline constexpr size_t kIcmpHeaderBytes = 8;

// RFC 792 types and codes that the gateway makes or reads.
inline constexpr uint8_t kIcmpEchoReply = 0;
inline constexpr uint8_t kIcmpUnreachable = 3;
inline constexpr uint8_t kIcmpEchoRequest = 8;
inline constexpr uint8_t kIcmpTimeExceeded = 11;
inline constexpr uint8_t kIcmpCodeNetUnreachable = 0;
inline constexpr uint8_t kIcmpCodeHostUnreachable = 1;
inline constexpr uint8_t kIcmpCodePortUnreachable = 3;
inline constexpr uint8_t kIcmpCodeFragmentationNeeded =
    4;  // RFC 1191: MTU in the low 16 bits of `rest`
inline constexpr uint8_t kIcmpCodeProhibited = 13;

struct IcmpHeader {
  uint8_t type = 0;
  uint8_t code = 0;
  uint16_t checksum = 0;
  uint32_t rest = 0;  // echo: identifier and sequence number; 3/4: next-hop MTU
};

// True for error messages: no error is ever sent about them (RFC 1122, 3.2.2).
bool IcmpIsError(uint8_t type);

// kTruncated under 8 bytes. The checksum is not looked at.
Result<IcmpHeader> ParseIcmp(Bytes message);
// True when the checksum over the whole message holds.
bool IcmpChecksumOk(Bytes message);

// Writes header, body and checksum (`header.checksum` is not used) and returns their length;
// kExhausted when they do not fit. `body` may lie in `out` already, at offset 8.
Result<size_t> WriteIcmp(const IcmpHeader& header, Bytes body, MutableBytes out);

}  // namespace vam::net

#endif  // VAM_SW_NET_ICMP_H_
