// Which IKE SAs an operator means by addresses, ports and VRFs.
#ifndef VAM_SW_IKE_V2_SA_FILTER_H_
#define VAM_SW_IKE_V2_SA_FILTER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "sw/api/control.pb.h"
#include "sw/api/show.pb.h"
#include "sw/ike/v2/names.h"
#include "sw/ike/v2/sa/ike_sa.h"
#include "sw/net/address.h"

namespace vam::ike::v2 {

// A part that is not set accepts every IKE SA.
struct SaFilter {
  std::optional<net::Address> local, remote;
  uint16_t local_port = 0, remote_port = 0;  // 0: any
  std::optional<uint16_t> front_vrf;
  std::optional<uint16_t> inside_vrf;  // of any child

  bool Means(const IkeSa& sa) const;
  // Tickets (RFC 5723) have neither ports nor children: what names those means none.
  bool MeansTicket(const HeldKey& key) const;
};

// What a request of mgmt names in these parts; or why not, a full sentence: an address that is
// none, a VRF that is not there.
std::variant<SaFilter, std::string> FilterOf(const api::ShowRequest& request, const Names& names);
std::variant<SaFilter, std::string> FilterOf(const api::ClearRequest& request, const Names& names);

// The VRF of the first child; 0: the global one.
uint16_t InsideVrf(const IkeSa& sa);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_FILTER_H_
