#include "sw/ike/v2/sa/ends.h"

#include <algorithm>

namespace vam::ike::v2 {

api::FastAddress ToFast(const net::Address& address) {
  api::FastAddress out{};
  out.family = static_cast<uint8_t>(address.family());
  std::ranges::copy(address.raw(), out.bytes.begin());
  return out;
}

api::FastEndpoints ToFast(const Ends& ends) {
  api::FastEndpoints out{};
  out.local = ToFast(ends.local);
  out.remote = ToFast(ends.remote);
  out.local_port = ends.local_port;
  out.remote_port = ends.remote_port;
  out.front_vrf = ends.front_vrf;
  out.interface = ends.interface;
  return out;
}

Result<net::Address> FromFast(const api::FastAddress& address) {
  switch (address.family) {
    case 0:
      return net::Address();
    case 4:
      return net::Address::FromBytes(Bytes(address.bytes).first(4));
    case 6:
      return net::Address::FromBytes(address.bytes);
    default:
      return Err(ErrorCode::kMalformed, "an address of an unknown family");
  }
}

Result<Ends> FromFast(const api::IkePacket& packet) {
  Ends ends;
  VAM_TRY(ends.local, FromFast(packet.endpoints.local));
  VAM_TRY(ends.remote, FromFast(packet.endpoints.remote));
  if (ends.local.is_none() || ends.remote.family() != ends.local.family()) {
    return Err(ErrorCode::kMalformed, "ends of different families");
  }
  ends.local_port = packet.endpoints.local_port;
  ends.remote_port = packet.endpoints.remote_port;
  ends.front_vrf = packet.endpoints.front_vrf;
  ends.interface = packet.endpoints.interface;
  ends.encapsulated = (packet.flags & api::kIkeEncapsulated) != 0;
  return ends;
}

}  // namespace vam::ike::v2
