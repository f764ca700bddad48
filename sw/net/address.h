// An IPv4 or IPv6 address: 16 bytes and a tag.
#ifndef VAM_SW_NET_ADDRESS_H_
#define VAM_SW_NET_ADDRESS_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sw/base/bytes.h"
#include "sw/base/result.h"

namespace vam::net {

enum class Family : uint8_t { kNone = 0, kV4 = 4, kV6 = 6 };

// Bytes are in wire order; an IPv4 address uses the first four, the others are zero.
class Address {
 public:
  // No address (family kNone); not the same as 0.0.0.0.
  constexpr Address() = default;
  // From a number in host order: V4(0x0a000001) is 10.0.0.1.
  static constexpr Address V4(uint32_t host_order) {
    Address a;
    a.family_ = Family::kV4;
    a.bytes_[0] = static_cast<uint8_t>(host_order >> 24);
    a.bytes_[1] = static_cast<uint8_t>(host_order >> 16);
    a.bytes_[2] = static_cast<uint8_t>(host_order >> 8);
    a.bytes_[3] = static_cast<uint8_t>(host_order);
    return a;
  }
  static Address V6(const std::array<uint8_t, 16>& wire_order);
  // From 4 or 16 wire bytes; kInvalidArgument for another length.
  static Result<Address> FromBytes(Bytes wire_order);
  // "10.0.0.1" (four decimal parts, no leading zeros) or RFC 4291 text.
  static Result<Address> Parse(std::string_view text);

  Family family() const { return family_; }
  bool is_v4() const { return family_ == Family::kV4; }
  bool is_v6() const { return family_ == Family::kV6; }
  bool is_none() const { return family_ == Family::kNone; }
  // Host order. Requires: is_v4().
  uint32_t v4() const {
    VAM_CHECK(is_v4());
    return LoadBe32(bytes_.data());
  }
  // 0, 4 or 16 bytes in wire order.
  Bytes bytes() const;
  // All 16 bytes, whatever the family.
  const std::array<uint8_t, 16>& raw() const { return bytes_; }

  bool IsUnspecified() const;
  bool IsMulticast() const;
  bool IsLoopback() const;
  // 169.254.0.0/16 or fe80::/10: means something on one link only.
  bool IsLinkLocal() const;
  // ::ffff:0:0/96: never on a wire (RFC 4291, 2.5.5.2).
  bool IsV4Mapped() const;
  // 255.255.255.255.
  bool IsLimitedBroadcast() const { return is_v4() && v4() == 0xffffffff; }
  // One host that a router may see as source or destination on a wire (RFC 1812, 5.3.7).
  bool IsRoutableUnicast() const {
    return !is_none() && !IsUnspecified() && !IsMulticast() && !IsLoopback() &&
           !IsLimitedBroadcast();
  }

  auto operator<=>(const Address&) const = default;

 private:
  Family family_ = Family::kNone;
  std::array<uint8_t, 16> bytes_{};
};

// Dotted quad, RFC 5952, or "none".
std::string ToString(const Address& address);

// For hash tables whose keys a peer cannot choose freely; not keyed.
struct AddressHash {
  size_t operator()(const Address& address) const;
};

}  // namespace vam::net

#endif  // VAM_SW_NET_ADDRESS_H_
