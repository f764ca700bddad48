// Who a peer says it is, in the form that both versions of IKE carry (RFC 7296, 3.5; RFC 2407,
// 4.6.2).
#ifndef VAM_SW_IKE_IDENTITY_H_
#define VAM_SW_IKE_IDENTITY_H_

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/net/address.h"

namespace vam::ike {

enum class IdentityType : uint8_t {
  kNone = 0,
  kIpv4 = 1,
  kFqdn = 2,
  kEmail = 3,
  kIpv6 = 5,
  kDn = 9,
  kKeyId = 11,
};

struct Identity {
  IdentityType type = IdentityType::kNone;
  std::vector<uint8_t> data;  // as on the wire

  static Identity Of(const net::Address& address);
  static Identity Of(IdentityType type, std::string_view text);
  // kMalformed for addresses of the wrong length, text with control characters, no data;
  // kUnsupported for other types.
  static Result<Identity> FromWire(uint8_t type, Bytes data);

  bool empty() const { return type == IdentityType::kNone; }
  auto operator<=>(const Identity&) const = default;
};

// "10.0.0.1", "gw.example.com", "CN=gw,O=Example", "key-id 0a0b" and so on: UTF-8; of what a peer
// sent, never more than 255 bytes and no control characters.
std::string ToString(const Identity& identity);

// Equal ones become the same: names in lower case.
Identity Folded(Identity identity);

}  // namespace vam::ike

#endif  // VAM_SW_IKE_IDENTITY_H_
