#include "sw/api/fast_address.h"

#include <algorithm>

namespace vam::api {

namespace {

bool AllZero(Bytes bytes) {
  return std::ranges::all_of(bytes, [](uint8_t byte) { return byte == 0; });
}

Error Malformed(const char* text) { return Err(ErrorCode::kMalformed, text); }

}  // namespace

Result<net::Address> FromFast(const FastAddress& address) {
  if (!AllZero(address.reserved)) return Malformed("reserved field of an address");
  switch (address.family) {
    case 0:
      if (!AllZero(address.bytes)) return Malformed("an address without a family");
      return net::Address();
    case 4:
      if (!AllZero(Bytes(address.bytes).subspan(4))) {
        return Malformed("an IPv4 address of more than 4 bytes");
      }
      return net::Address::V4(LoadBe32(address.bytes.data()));
    case 6:
      return net::Address::V6(address.bytes);
    default:
      return Malformed("no such address family");
  }
}

FastAddress ToFast(const net::Address& address) {
  FastAddress fast{};
  fast.bytes = address.raw();
  fast.family = static_cast<uint8_t>(address.family());
  return fast;
}

}  // namespace vam::api
