#include "sw/net/prefix.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

namespace vam::net {
namespace {

uint8_t MaxLength(Family family) { return family == Family::kV4 ? 32 : 128; }

// True when the first `length` bits of both are equal. Requires: length <= 128.
bool SameBits(const Address& a, const Address& b, uint8_t length) {
  const size_t whole = length / 8;
  if (std::memcmp(a.raw().data(), b.raw().data(), whole) != 0) return false;
  const unsigned rest = length % 8;
  return rest == 0 || ((a.raw()[whole] ^ b.raw()[whole]) >> (8 - rest)) == 0;
}

}  // namespace

Result<Prefix> Prefix::Create(const Address& address, uint8_t length) {
  if (address.is_none()) return Err(ErrorCode::kInvalidArgument, "prefix without an address");
  if (length > MaxLength(address.family())) {
    return Err(ErrorCode::kInvalidArgument, "prefix longer than its address");
  }
  std::array<uint8_t, 16> bytes = address.raw();
  for (size_t i = 0; i < bytes.size(); ++i) {
    const int kept = static_cast<int>(length) - static_cast<int>(8 * i);
    if (kept >= 8) continue;
    bytes[i] = kept <= 0 ? uint8_t{0} : static_cast<uint8_t>(bytes[i] & (0xff00 >> kept));
  }
  const Address base = address.is_v4() ? Address::V4(LoadBe32(bytes.data())) : Address::V6(bytes);
  return Prefix(base, length);
}

Prefix Prefix::Any(Family family) {
  if (family == Family::kNone) return Prefix();
  return Prefix(family == Family::kV4 ? Address::V4(0) : Address::V6({}), 0);
}

Prefix Prefix::Host(const Address& address) {
  VAM_CHECK(!address.is_none());
  return Prefix(address, MaxLength(address.family()));
}

Result<Prefix> Prefix::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  VAM_TRY(const Address address, Address::Parse(text.substr(0, slash)));
  if (slash == std::string_view::npos) return Host(address);
  const std::string_view digits = text.substr(slash + 1);
  uint8_t length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.empty()) {
    return Err(ErrorCode::kMalformed, "prefix length is not a number");
  }
  if (length > MaxLength(address.family())) {
    return Err(ErrorCode::kMalformed, "prefix longer than its address");
  }
  VAM_TRY(const Prefix prefix, Create(address, length));
  if (prefix.base() != address) return Err(ErrorCode::kMalformed, "prefix with host bits set");
  return prefix;
}

Address Prefix::Last() const {
  if (base_.is_none()) return base_;
  std::array<uint8_t, 16> bytes = HostBits();
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(bytes[i] | base_.raw()[i]);
  }
  return base_.is_v4() ? Address::V4(LoadBe32(bytes.data())) : Address::V6(bytes);
}

std::array<uint8_t, 16> Prefix::HostBits() const {
  std::array<uint8_t, 16> bytes{};
  for (size_t i = 0; i < base_.bytes().size(); ++i) {
    const int kept = static_cast<int>(length_) - static_cast<int>(8 * i);
    if (kept < 8) bytes[i] = static_cast<uint8_t>(0xff >> std::max(kept, 0));
  }
  return bytes;
}

bool Prefix::Contains(const Address& address) const {
  return !address.is_none() && address.family() == family() && SameBits(base_, address, length_);
}

bool Prefix::Contains(const Prefix& other) const {
  return other.length_ >= length_ && Contains(other.base_);
}

std::string ToString(const Prefix& prefix) {
  return ToString(prefix.base()) + "/" + std::to_string(prefix.length());
}

uint32_t MaskFromLength(uint8_t length) {
  VAM_CHECK(length <= 32);
  return length == 0 ? 0 : 0xffffffffu << (32 - length);
}

Result<uint8_t> LengthFromMask(uint32_t mask_host_order) {
  const auto length = static_cast<uint8_t>(std::countl_one(mask_host_order));
  if (MaskFromLength(length) != mask_host_order) {
    return Err(ErrorCode::kInvalidArgument, "netmask with a hole");
  }
  return length;
}

}  // namespace vam::net
