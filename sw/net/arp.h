#ifndef VAM_SW_NET_ARP_H_
#define VAM_SW_NET_ARP_H_

#include <cstddef>
#include <cstdint>

#include "sw/base/bytes.h"
#include "sw/net/address.h"
#include "sw/net/mac.h"

namespace vam::net {

inline constexpr size_t kArpBytes = 28;

enum class ArpOperation : uint16_t { kRequest = 1, kReply = 2 };

// IPv4 over Ethernet (RFC 826). Both protocol addresses are IPv4.
struct ArpMessage {
  ArpOperation operation = ArpOperation::kRequest;
  MacAddress sender_mac;
  Address sender_ip;
  MacAddress target_mac;
  Address target_ip;
};

// `payload` is what follows the Ethernet header; padding behind the message is ignored.
// kTruncated under 28 bytes, kMalformed for other hardware, protocol, sizes or operation.
Result<ArpMessage> ParseArp(Bytes payload);
// kInvalidArgument unless both addresses are IPv4; kExhausted when it does not fit; otherwise
// returns 28.
Result<size_t> WriteArp(const ArpMessage& message, MutableBytes out);

}  // namespace vam::net

#endif  // VAM_SW_NET_ARP_H_
