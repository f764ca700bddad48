// The Security Association payload (RFC 7296, 3.3).
#ifndef VAM_SW_IKE_V2_WIRE_PAYLOAD_SA_H_
#define VAM_SW_IKE_V2_WIRE_PAYLOAD_SA_H_

#include <cstdint>
#include <span>
#include <vector>

#include "sw/ike/v2/wire/message.h"

namespace vam::ike::v2 {

struct Transform {
  TransformType type = TransformType::kEncryption;
  uint16_t id = 0;        // of the registry of its type
  uint16_t key_bits = 0;  // the Key Length attribute; 0: none
  // Holds an attribute that is not Key Length, or Key Length of 0 bits, in another shape than
  // type/value, or twice: such a transform is never chosen (RFC 7296, 3.3.6).
  bool unknown_attribute = false;
  bool operator==(const Transform&) const = default;
};

struct Proposal {
  uint8_t number = 1;
  Protocol protocol = Protocol::kIke;
  uint64_t spi = 0;  // of spi_bytes, as a big-endian number
  uint8_t spi_bytes = 0;
  std::vector<Transform> transforms;
  bool operator==(const Proposal&) const = default;
};

// What an initiator offers. kMalformed for lengths that do not fit, "last" marks that contradict
// the count, proposal numbers that do not begin with 1 and count up by one, SPIs of another length
// than 0 or 8 (IKE), 4 (AH, ESP) or 0, 4 or 8 (other protocols), none or too many proposals or
// transforms. Numbers that nobody knows pass.
Result<std::vector<Proposal>> ParseSa(Bytes body);
// What a responder chose: as above, but one proposal, with the number that it had in the offer
// (RFC 7296, 3.3.1).
Result<Proposal> ParseChosenSa(Bytes body);

// Either form. Fails the builder (kInvalidArgument) for an SPI of another length than 0, 4 or 8, an
// unknown attribute, and counts that ParseSa would not take.
void AddSa(MessageBuilder& message, std::span<const Proposal> proposals);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_WIRE_PAYLOAD_SA_H_
