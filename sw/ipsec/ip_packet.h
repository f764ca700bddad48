// An IPv4 or IPv6 packet as ESP and AH see it: where its headers end, what follows them, and where
// transport mode puts its own header.
#ifndef VAM_SW_IPSEC_IP_PACKET_H_
#define VAM_SW_IPSEC_IP_PACKET_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sw/base/bytes.h"
#include "sw/net/address.h"

namespace vam::ipsec {

// The place between two headers: everything before `offset`, then a header of type `protocol`, as
// the byte at `named_at` says.
struct HeaderPlace {
  size_t offset = 0;
  size_t named_at = 0;
  uint8_t protocol = 0;
};

struct IpPacket {
  bool v6 = false;
  Bytes packet;     // cut to its length: what follows is link padding
  uint8_t tos = 0;  // or traffic class
  bool dont_fragment = false;
  bool fragment = false;         // IPv6: has a fragment header
  uint16_t fragment_offset = 0;  // in units of 8 bytes
  // IPv6: the extension headers end inside the packet. If not, the two places mean nothing.
  bool chain_ok = true;
  HeaderPlace upper;   // behind all extension headers; AH and ESP are not among those
  HeaderPlace insert;  // of ESP and AH in transport mode (RFC 4303, 3.1.1; RFC 4302, 3.1.1)

  // Read when asked for: copying them costs more than all else here.
  net::Address source() const { return AddressAt(v6 ? 8 : 12); }
  net::Address destination() const { return AddressAt(v6 ? 24 : 16); }
  Bytes header() const { return packet.first(upper.offset); }
  Bytes payload() const { return packet.subspan(upper.offset); }

 private:
  net::Address AddressAt(size_t offset) const;
};

// Nothing when version or lengths are impossible. The IPv4 checksum is not looked at.
std::optional<IpPacket> ParseIp(Bytes packet);

// Repairs the length fields (and the IPv4 checksum) of a packet whose size or protocol was changed.
// Requires: a packet with the headers of one that ParseIp accepted.
void FixLengths(MutableBytes packet, bool v6);

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_IP_PACKET_H_
