// Traffic Selector payloads (RFC 7296, 3.13).
#ifndef VAM_SW_IKE_V2_WIRE_PAYLOAD_TS_H_
#define VAM_SW_IKE_V2_WIRE_PAYLOAD_TS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "sw/ike/v2/wire/message.h"
#include "sw/net/address.h"

namespace vam::ike::v2 {

// Ports are 0 to 65535; for ICMP type x 256 + code (3.13.1). First 65535 with last 0: OPAQUE.
struct TrafficSelector {
  uint8_t protocol = 0;  // 0: any
  uint16_t first_port = 0;
  uint16_t last_port = 65'535;
  net::Address first;  // both of one family
  net::Address last;
  bool operator==(const TrafficSelector&) const = default;
};

// kMalformed for lengths that do not fit, a count that is not that of the selectors, ranges that
// are upside down (OPAQUE ports are not), no selector at all or more than kMaxSelectors. Selectors
// of a type that is not known are skipped (their length is checked), so the result may be empty:
// TS_UNACCEPTABLE.
Result<std::vector<TrafficSelector>> ParseTs(Bytes body);
// `type` is kTsInitiator or kTsResponder. Fails the builder (kInvalidArgument) for what ParseTs
// would not take.
void AddTs(MessageBuilder& message, PayloadType type, std::span<const TrafficSelector> selectors);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_WIRE_PAYLOAD_TS_H_
