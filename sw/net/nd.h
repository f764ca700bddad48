// Neighbor solicitations and advertisements over Ethernet (RFC 4861), and the addresses that belong
// to them.
#ifndef VAM_SW_NET_ND_H_
#define VAM_SW_NET_ND_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sw/base/bytes.h"
#include "sw/net/address.h"
#include "sw/net/mac.h"

namespace vam::net {

inline constexpr uint8_t kNdHopLimit = 255;       // of every message: it crossed no router
inline constexpr size_t kNdMaxMessageBytes = 32;  // of those made here: 24 and one option

// Both kinds. `link` is the source link-layer address of a solicitation, the target's of an
// advertisement. The flags are the advertisement's.
struct NdMessage {
  bool advertisement = false;
  Address target;
  std::optional<MacAddress> link;
  bool router = false;
  bool solicited = false;
  bool override_known = false;
};

// An ICMPv6 message of type 135 or 136, checked as RFC 4861, 7.1.1 and 7.1.2 say of the message
// alone: kTruncated under 24 bytes or when an option is cut off; kMalformed for type, code, a
// multicast target or an option of length 0. Hop limit, checksum and addresses are the caller's.
Result<NdMessage> ParseNd(Bytes message);

// Writes the ICMPv6 message with its checksum and returns its length; kExhausted when it does not
// fit, kInvalidArgument for a target that is not IPv6.
Result<size_t> WriteNd(const NdMessage& message, const Address& source, const Address& destination,
                       MutableBytes out);

// fe80::/64 with the interface identifier of RFC 4291, appendix A: 02:00:00:00:00:01 gives
// fe80::ff:fe00:1.
Address LinkLocalOf(const MacAddress& mac);
// The same identifier behind the first 64 bits of `prefix`. Requires: an IPv6 address.
Address WithInterfaceId(const Address& prefix, const MacAddress& mac);
// ff02::1:ffXX:XXXX (RFC 4291, 2.7.1). Requires: an IPv6 address.
Address SolicitedNode(const Address& address);
// ff02::1.
Address AllNodes();
// 33:33 and the last four bytes (RFC 2464, 7). Requires: an IPv6 address.
MacAddress MulticastMac(const Address& address);

}  // namespace vam::net

#endif  // VAM_SW_NET_ND_H_
