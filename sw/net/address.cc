#include "sw/net/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace vam::net {

Address Address::V6(const std::array<uint8_t, 16>& wire_order) {
  Address a;
  a.family_ = Family::kV6;
  a.bytes_ = wire_order;
  return a;
}

Result<Address> Address::FromBytes(Bytes wire_order) {
  if (wire_order.size() == 4) return V4(LoadBe32(wire_order.data()));
  if (wire_order.size() != 16) {
    return Err(ErrorCode::kInvalidArgument, "an address has 4 or 16 bytes");
  }
  std::array<uint8_t, 16> bytes;
  std::copy(wire_order.begin(), wire_order.end(), bytes.begin());
  return V6(bytes);
}

Result<Address> Address::Parse(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN] = {};
  if (text.size() >= sizeof buffer || text.find('\0') != std::string_view::npos) {
    return Err(ErrorCode::kMalformed, "not an IP address");
  }
  std::copy(text.begin(), text.end(), buffer);
  std::array<uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, buffer, bytes.data()) == 1) return V4(LoadBe32(bytes.data()));
  if (inet_pton(AF_INET6, buffer, bytes.data()) == 1) return V6(bytes);
  return Err(ErrorCode::kMalformed, "not an IP address");
}

Bytes Address::bytes() const {
  if (is_none()) return {};
  return Bytes(bytes_).first(is_v4() ? 4 : 16);
}

bool Address::IsUnspecified() const {
  return !is_none() && std::all_of(bytes_.begin(), bytes_.end(), [](uint8_t b) { return b == 0; });
}

bool Address::IsMulticast() const {
  if (is_v4()) return (bytes_[0] & 0xf0) == 0xe0;
  return is_v6() && bytes_[0] == 0xff;
}

bool Address::IsLoopback() const {
  if (is_v4()) return bytes_[0] == 127;
  static constexpr std::array<uint8_t, 16> kOne{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return is_v6() && bytes_ == kOne;
}

bool Address::IsLinkLocal() const {
  if (is_v4()) return bytes_[0] == 169 && bytes_[1] == 254;
  return is_v6() && bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool Address::IsV4Mapped() const {
  static constexpr std::array<uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return is_v6() && std::equal(kMapped.begin(), kMapped.end(), bytes_.begin());
}

std::string ToString(const Address& address) {
  if (address.is_none()) return "none";
  char buffer[INET6_ADDRSTRLEN] = {};
  inet_ntop(address.is_v4() ? AF_INET : AF_INET6, address.raw().data(), buffer, sizeof buffer);
  return buffer;
}

size_t AddressHash::operator()(const Address& address) const {
  uint64_t h = LoadLe64(address.raw().data()) * 0x9e3779b97f4a7c15;
  h = (h ^ (h >> 32) ^ LoadLe64(address.raw().data() + 8)) * 0xbf58476d1ce4e5b9;
  return static_cast<size_t>((h ^ (h >> 29)) + static_cast<uint64_t>(address.family()));
}

}  // namespace vam::net
