// The IKE header (RFC 7296, 3.1) and the generic payload header (3.2).
#ifndef VAM_SW_IKE_V2_WIRE_HEADER_H_
#define VAM_SW_IKE_V2_WIRE_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/ike/v2/wire/numbers.h"

namespace vam::ike::v2 {

inline constexpr size_t kHeaderBytes = 28;
inline constexpr size_t kPayloadHeaderBytes = 4;
inline constexpr uint8_t kMajorVersion = 2;

struct Header {
  uint64_t initiator_spi = 0;  // as a big-endian number
  uint64_t responder_spi = 0;
  PayloadType next_payload = PayloadType::kNone;
  uint8_t major_version = kMajorVersion;
  uint8_t minor_version = 0;
  ExchangeType exchange = ExchangeType::kIkeSaInit;
  bool from_initiator = false;  // flag I: the sender is the original initiator of the IKE SA
  bool response = false;        // flag R
  bool higher_version = false;  // flag V
  uint32_t message_id = 0;
  uint32_t length = 0;  // bytes of the whole message

  bool operator==(const Header&) const = default;
};

// kTruncated below 28 bytes; kMalformed when `length` is not that of `message`. Every version,
// exchange and payload number passes: the caller answers them. Reserved flags are not looked at.
Result<Header> ParseHeader(Bytes message);
void BuildHeader(const Header& header, std::span<uint8_t, kHeaderBytes> out);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_WIRE_HEADER_H_
