#ifndef VAM_SW_NET_MAC_H_
#define VAM_SW_NET_MAC_H_

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "sw/base/result.h"

namespace vam::net {

// A 48-bit Ethernet address in wire order.
struct MacAddress {
  std::array<uint8_t, 6> bytes{};

  static constexpr MacAddress Broadcast() { return {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}; }
  // "02:00:00:00:00:01", "02-00-00-00-00-01" or "0200.0000.0001"; kMalformed otherwise.
  static Result<MacAddress> Parse(std::string_view text);

  bool IsMulticast() const { return (bytes[0] & 1) != 0; }  // broadcast included
  bool IsBroadcast() const { return *this == Broadcast(); }
  bool IsZero() const { return *this == MacAddress{}; }

  auto operator<=>(const MacAddress&) const = default;
};

// "02:00:00:00:00:01".
std::string ToString(const MacAddress& mac);
// "0200.0000.0001", as IOS prints it.
std::string ToDottedString(const MacAddress& mac);

}  // namespace vam::net

#endif  // VAM_SW_NET_MAC_H_
