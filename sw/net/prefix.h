// An address range given by its leading bits.
#ifndef VAM_SW_NET_PREFIX_H_
#define VAM_SW_NET_PREFIX_H_

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "sw/net/address.h"

namespace vam::net {

// Host bits of the base are always zero. A default-made prefix has family kNone and contains
// nothing.
class Prefix {
 public:
  Prefix() = default;
  // Clears the host bits; kInvalidArgument for a length above 32 or 128, or an address without
  // family.
  static Result<Prefix> Create(const Address& address, uint8_t length);
  // The whole family: 0.0.0.0/0 or ::/0.
  static Prefix Any(Family family);
  // The single address: /32 or /128. Requires: an address with a family.
  static Prefix Host(const Address& address);
  // "10.1.0.0/16"; a lone address is a host. kMalformed when host bits are set: likely a typing
  // error.
  static Result<Prefix> Parse(std::string_view text);

  const Address& base() const { return base_; }
  uint8_t length() const { return length_; }
  Family family() const { return base_.family(); }
  // The address whose host bits are all one.
  Address Last() const;
  // The host bits, beside Address::raw(): what access lists call a wildcard.
  std::array<uint8_t, 16> HostBits() const;
  bool Contains(const Address& address) const;
  bool Contains(const Prefix& other) const;

  auto operator<=>(const Prefix&) const = default;

 private:
  Prefix(const Address& base, uint8_t length) : base_(base), length_(length) {}

  Address base_;
  uint8_t length_ = 0;
};

// "10.1.0.0/16".
std::string ToString(const Prefix& prefix);

// IPv4 netmask in host order: 24 gives 0xffffff00. Requires: length <= 32.
uint32_t MaskFromLength(uint8_t length);
// kInvalidArgument when the ones are not contiguous from the left.
Result<uint8_t> LengthFromMask(uint32_t mask_host_order);

}  // namespace vam::net

#endif  // VAM_SW_NET_PREFIX_H_
