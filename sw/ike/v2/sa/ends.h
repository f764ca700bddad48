// Between whom an IKE SA is: what its packets carry.
#ifndef VAM_SW_IKE_V2_SA_ENDS_H_
#define VAM_SW_IKE_V2_SA_ENDS_H_

#include <cstdint>

#include "sw/api/fast_address.h"
#include "sw/base/result.h"
#include "sw/net/address.h"
#include "sw/net/ports.h"

namespace vam::ike::v2 {

struct Ends {
  net::Address local;
  net::Address remote;
  uint16_t local_port = net::kIkePort;
  uint16_t remote_port = net::kIkePort;
  uint16_t front_vrf = 0;
  uint32_t interface = 0;
  bool encapsulated = false;  // UDP 4500, behind the non-ESP marker

  bool operator==(const Ends&) const = default;
};

using api::FromFast;
using api::ToFast;
api::FastEndpoints ToFast(const Ends& ends);
// kMalformed for ends of no family, or of two.
Result<Ends> FromFast(const api::IkePacket& packet);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_ENDS_H_
