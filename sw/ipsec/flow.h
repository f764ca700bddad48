// The fields of a packet that security policy looks at (RFC 4301, 4.4.1.1).
#ifndef VAM_SW_IPSEC_FLOW_H_
#define VAM_SW_IPSEC_FLOW_H_

#include <cstdint>

#include "sw/base/bytes.h"
#include "sw/net/address.h"
#include "sw/net/ipv4.h"
#include "sw/net/ipv6.h"

namespace vam::ipsec {

// What a packet says about a field of its upper layer.
enum class Field : uint8_t {
  kAbsent,  // its protocol has no such field
  kHidden,  // the protocol has it, but not this packet: a later fragment, or one that is cut off
  kShown,
};

// Numbers in host order; a field that is not shown is 0.
struct Flow {
  net::Address source;
  net::Address destination;
  uint8_t protocol = 0;          // of the upper layer
  bool protocol_hidden = false;  // IPv6: the chain of headers does not end in this packet
  bool later_fragment = false;   // not the first
  Field ports = Field::kAbsent;  // TCP and UDP
  Field icmp = Field::kAbsent;   // type and code of ICMP or ICMPv6
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint8_t icmp_type = 0;
  uint8_t icmp_code = 0;

  // The flow of the other direction. An ICMP type stays as it was sent.
  Flow Reversed() const;
  bool operator==(const Flow&) const = default;
};

// Requires: `header` was parsed from `packet`.
Flow FlowOf(const net::Ipv4Header& header, Bytes packet);
// Goes through hop-by-hop, routing, destination and fragment headers, at most eight of them: a
// longer chain hides the protocol. AH and ESP count as upper layers.
Flow FlowOf(const net::Ipv6Header& header, Bytes packet);

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_FLOW_H_
