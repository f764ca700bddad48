#include "sw/ike/v2/sa/ends.h"

namespace vam::ike::v2 {

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
