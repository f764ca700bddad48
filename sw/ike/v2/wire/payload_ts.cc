#include "sw/ike/v2/wire/payload_ts.h"

#include <utility>

namespace vam::ike::v2 {
namespace {

constexpr size_t kTsHeaderBytes = 4;  // the count, three reserved bytes
constexpr size_t kSelectorHeaderBytes = 4;
constexpr size_t kPortsBytes = 4;

Error Malformed(const char* text) { return Err(ErrorCode::kMalformed, text); }

size_t AddressBytes(TsType type) { return type == TsType::kIpv4Range ? 4 : 16; }

bool Ordered(const TrafficSelector& selector) {
  const bool opaque = selector.first_port == 65'535 && selector.last_port == 0;
  return (opaque || selector.first_port <= selector.last_port) && selector.first <= selector.last;
}

// `bytes` is one selector of a known type, of its own length.
Result<TrafficSelector> ParseSelector(TsType type, Bytes bytes) {
  const size_t address_bytes = AddressBytes(type);
  const size_t addresses_at = kSelectorHeaderBytes + kPortsBytes;
  if (bytes.size() != addresses_at + 2 * address_bytes) {
    return Malformed("a traffic selector's length is not that of its type");
  }
  TrafficSelector selector;
  selector.protocol = bytes[1];
  selector.first_port = LoadBe16(bytes.data() + 4);
  selector.last_port = LoadBe16(bytes.data() + 6);
  VAM_TRY(selector.first, net::Address::FromBytes(bytes.subspan(addresses_at, address_bytes)));
  VAM_TRY(selector.last, net::Address::FromBytes(bytes.subspan(addresses_at + address_bytes)));
  if (!Ordered(selector)) return Malformed("a traffic selector's range is upside down");
  return selector;
}

}  // namespace

Result<std::vector<TrafficSelector>> ParseTs(Bytes body) {
  if (body.size() < kTsHeaderBytes) return Malformed("the traffic selectors end too early");
  const size_t count = body[0];
  if (count == 0 || count > kMaxSelectors) {
    return Malformed("no traffic selector, or too many of them");
  }
  Bytes rest = body.subspan(kTsHeaderBytes);
  if (rest.size() / kSelectorHeaderBytes < count) return Malformed("there are fewer selectors");
  std::vector<TrafficSelector> selectors;
  selectors.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    if (rest.size() < kSelectorHeaderBytes) return Malformed("there are fewer selectors");
    const size_t length = LoadBe16(rest.data() + 2);
    if (length < kSelectorHeaderBytes || length > rest.size()) {
      return Malformed("a traffic selector's length does not fit");
    }
    const auto type = static_cast<TsType>(rest[0]);
    if (type == TsType::kIpv4Range || type == TsType::kIpv6Range) {
      VAM_TRY(const TrafficSelector selector, ParseSelector(type, rest.first(length)));
      selectors.push_back(selector);
    }
    rest = rest.subspan(length);
  }
  if (!rest.empty()) return Malformed("there are bytes behind the last selector");
  return selectors;
}

void AddTs(MessageBuilder& message, PayloadType type, std::span<const TrafficSelector> selectors) {
  message.Begin(type);
  if (selectors.empty() || selectors.size() > kMaxSelectors) {
    return message.Fail(
        Err(ErrorCode::kInvalidArgument, "no traffic selector, or too many of them"));
  }
  message.U8(static_cast<uint8_t>(selectors.size()));
  message.Zeros(3);
  for (const TrafficSelector& selector : selectors) {
    const net::Family family = selector.first.family();
    if (family == net::Family::kNone || family != selector.last.family() || !Ordered(selector)) {
      return message.Fail(Err(ErrorCode::kInvalidArgument, "not a range of addresses or ports"));
    }
    const TsType ts_type = selector.first.is_v4() ? TsType::kIpv4Range : TsType::kIpv6Range;
    message.U8(static_cast<uint8_t>(ts_type));
    message.U8(selector.protocol);
    message.U16(
        static_cast<uint16_t>(kSelectorHeaderBytes + kPortsBytes + 2 * AddressBytes(ts_type)));
    message.U16(selector.first_port);
    message.U16(selector.last_port);
    message.Append(selector.first.bytes());
    message.Append(selector.last.bytes());
  }
}

}  // namespace vam::ike::v2
