// The Configuration payload (RFC 7296, 3.15). Spans belong to the message.
#ifndef VAM_SW_IKE_V2_WIRE_PAYLOAD_CP_H_
#define VAM_SW_IKE_V2_WIRE_PAYLOAD_CP_H_

#include <span>
#include <vector>

#include "sw/ike/v2/wire/message.h"

namespace vam::ike::v2 {

struct ConfigurationAttribute {
  ConfigAttribute type = ConfigAttribute::kApplicationVersion;
  Bytes value;
};
struct ConfigurationPayload {
  ConfigType type = ConfigType::kRequest;
  std::vector<ConfigurationAttribute> attributes;
};

// kMalformed for lengths that do not fit, values of another length than their type's (3.15.1; an
// empty value asks for one and is always right), and more than kMaxConfigAttributes. Unknown types
// pass with any value; a prefix length is at most 128.
Result<ConfigurationPayload> ParseConfiguration(Bytes body);
// Fails the builder (kInvalidArgument) for what ParseConfiguration would not take.
void AddConfiguration(MessageBuilder& message, const ConfigurationPayload& configuration);

// The first attribute of that type, or null.
const ConfigurationAttribute* Find(std::span<const ConfigurationAttribute> attributes,
                                   ConfigAttribute type);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_WIRE_PAYLOAD_CP_H_
