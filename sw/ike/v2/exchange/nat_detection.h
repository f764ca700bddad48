// NAT detection (RFC 7296, 2.23): what both sides of IKE_SA_INIT say of their addresses.
#ifndef VAM_SW_IKE_V2_EXCHANGE_NAT_DETECTION_H_
#define VAM_SW_IKE_V2_EXCHANGE_NAT_DETECTION_H_

#include <array>
#include <cstdint>

#include "sw/ike/v2/exchange/request.h"
#include "sw/ike/v2/sa/ends.h"
#include "sw/ike/v2/sa/ike_sa.h"
#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

// SHA-1(SPIi | SPIr | address | port).
using NatHash = std::array<uint8_t, kNatDetectionBytes>;
NatHash ComputeNatHash(uint64_t spi_i, uint64_t spi_r, const net::Address& address, uint16_t port);

// Both notifies, of a message that leaves between these ends.
void AddNatDetection(MessageBuilder& message, uint64_t spi_i, uint64_t spi_r, const Ends& ends);

struct NatFound {
  bool here = false;   // our address is not what the peer sees
  bool there = false;  // the peer's address is not what we see
};
// Of a message that came between these ends. Both false when the peer says nothing of NATs. A peer
// may give several source hashes (2.23).
NatFound FindNat(const Incoming& message, uint64_t spi_i, uint64_t spi_r, const Ends& ends);
// The same between the ends of the IKE SA, for it. `spi_r`: 0 before the peer can know ours.
void NoteNat(IkeSa& sa, const Incoming& message, uint64_t spi_r);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_NAT_DETECTION_H_
