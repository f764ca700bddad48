// ICMPv6 (RFC 4443). The header is that of ICMP (sw/net/icmp.h); the checksum covers a pseudo
// header.
#ifndef VAM_SW_NET_ICMP6_H_
#define VAM_SW_NET_ICMP6_H_

#include <cstddef>
#include <cstdint>

#include "sw/base/bytes.h"
#include "sw/net/address.h"
#include "sw/net/icmp.h"

namespace vam::net {

inline constexpr uint8_t kIcmp6Unreachable = 1;
inline constexpr uint8_t kIcmp6PacketTooBig = 2;  // MTU in `rest`
inline constexpr uint8_t kIcmp6TimeExceeded = 3;
inline constexpr uint8_t kIcmp6ParameterProblem = 4;  // offset in `rest`
inline constexpr uint8_t kIcmp6EchoRequest = 128;
inline constexpr uint8_t kIcmp6EchoReply = 129;
inline constexpr uint8_t kIcmp6RouterSolicitation = 133;
inline constexpr uint8_t kIcmp6RouterAdvertisement = 134;
inline constexpr uint8_t kIcmp6NeighborSolicitation = 135;
inline constexpr uint8_t kIcmp6NeighborAdvertisement = 136;
inline constexpr uint8_t kIcmp6Redirect = 137;

// Codes of kIcmp6Unreachable.
inline constexpr uint8_t kIcmp6CodeNoRoute = 0;
inline constexpr uint8_t kIcmp6CodeProhibited = 1;
inline constexpr uint8_t kIcmp6CodeBeyondScope = 2;
inline constexpr uint8_t kIcmp6CodeAddressUnreachable = 3;
inline constexpr uint8_t kIcmp6CodePortUnreachable = 4;
// Of kIcmp6TimeExceeded.
inline constexpr uint8_t kIcmp6CodeHopLimit = 0;
inline constexpr uint8_t kIcmp6CodeReassembly = 1;
// Of kIcmp6ParameterProblem.
inline constexpr uint8_t kIcmp6CodeField = 0;
inline constexpr uint8_t kIcmp6CodeNextHeader = 1;
inline constexpr uint8_t kIcmp6CodeFirstFragment = 3;  // RFC 7112

// True for error messages and redirects: no error is sent about them (RFC 4443, 2.4 e).
bool Icmp6IsError(uint8_t type);

// True when the checksum over pseudo header and message holds. Requires: both addresses IPv6.
bool Icmp6ChecksumOk(const Address& source, const Address& destination, Bytes message);

// Writes header, body and checksum (`header.checksum` is not used) and returns their length;
// kExhausted when they do not fit. `body` may lie in `out` already, at offset 8. Requires: both
// addresses IPv6.
Result<size_t> WriteIcmp6(const Address& source, const Address& destination,
                          const IcmpHeader& header, Bytes body, MutableBytes out);

}  // namespace vam::net

#endif  // VAM_SW_NET_ICMP6_H_
