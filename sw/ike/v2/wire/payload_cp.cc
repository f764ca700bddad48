#include "sw/ike/v2/wire/payload_cp.h"

#include <algorithm>

namespace vam::ike::v2 {
namespace {

constexpr size_t kConfigHeaderBytes = 4;     // the type, three reserved bytes
constexpr size_t kAttributeHeaderBytes = 4;  // a reserved bit, 15 of type, the length
constexpr uint16_t kTypeMask = 0x7fff;

Error Malformed(const char* text) { return Err(ErrorCode::kMalformed, text); }

// RFC 7296, 3.15.1: the lengths of values that are not empty.
bool ValueFits(ConfigAttribute type, Bytes value) {
  if (value.empty()) return true;
  switch (type) {
    case ConfigAttribute::kInternalIp4Address:
    case ConfigAttribute::kInternalIp4Netmask:
    case ConfigAttribute::kInternalIp4Dns:
    case ConfigAttribute::kInternalIp4Nbns:
    case ConfigAttribute::kInternalIp4Dhcp:
      return value.size() == 4;
    case ConfigAttribute::kInternalIp4Subnet:
      return value.size() == 8;
    case ConfigAttribute::kInternalIp6Dns:
    case ConfigAttribute::kInternalIp6Dhcp:
      return value.size() == 16;
    case ConfigAttribute::kInternalIp6Address:
    case ConfigAttribute::kInternalIp6Subnet:
      return value.size() == 17 && value[16] <= 128;
    case ConfigAttribute::kSupportedAttributes:
      return value.size() % 2 == 0;
    default:
      return true;
  }
}

}  // namespace

Result<ConfigurationPayload> ParseConfiguration(Bytes body) {
  if (body.size() < kConfigHeaderBytes) return Malformed("the configuration ends too early");
  ConfigurationPayload configuration;
  configuration.type = static_cast<ConfigType>(body[0]);
  Bytes rest = body.subspan(kConfigHeaderBytes);
  while (!rest.empty()) {
    if (configuration.attributes.size() == kMaxConfigAttributes) {
      return Malformed("too many configuration attributes");
    }
    if (rest.size() < kAttributeHeaderBytes) {
      return Malformed("a configuration attribute is cut off");
    }
    const auto type = static_cast<ConfigAttribute>(LoadBe16(rest.data()) & kTypeMask);
    const size_t length = LoadBe16(rest.data() + 2);
    rest = rest.subspan(kAttributeHeaderBytes);
    if (length > rest.size()) return Malformed("a configuration attribute is cut off");
    const ConfigurationAttribute attribute{type, rest.first(length)};
    if (!ValueFits(attribute.type, attribute.value)) {
      return Malformed("a configuration attribute's length is not that of its type");
    }
    configuration.attributes.push_back(attribute);
    rest = rest.subspan(length);
  }
  return configuration;
}

void AddConfiguration(MessageBuilder& message, const ConfigurationPayload& configuration) {
  message.Begin(PayloadType::kConfiguration);
  message.U8(static_cast<uint8_t>(configuration.type));
  message.Zeros(3);
  const auto refuse = [&message](const char* text) {
    message.Fail(Err(ErrorCode::kInvalidArgument, text));
  };
  if (configuration.attributes.size() > kMaxConfigAttributes) {
    return refuse("too many configuration attributes");
  }
  for (const ConfigurationAttribute& attribute : configuration.attributes) {
    const auto type = static_cast<uint16_t>(attribute.type);
    if (type > kTypeMask) return refuse("a configuration attribute's type has 15 bits");
    if (!ValueFits(attribute.type, attribute.value)) {
      return refuse("a configuration attribute's length is not that of its type");
    }
    message.U16(type);
    message.U16(static_cast<uint16_t>(attribute.value.size()));  // a longer one Append refuses
    message.Append(attribute.value);
  }
}

const ConfigurationAttribute* Find(std::span<const ConfigurationAttribute> attributes,
                                   ConfigAttribute type) {
  const auto found =
      std::find_if(attributes.begin(), attributes.end(),
                   [type](const ConfigurationAttribute& a) { return a.type == type; });
  return found == attributes.end() ? nullptr : &*found;
}

}  // namespace vam::ike::v2
