// `crypto isakmp peer`: what peers are called, for people alone (MG-3..MG-6).
#ifndef VAM_SW_IKE_V2_POLICY_PEER_NOTES_H_
#define VAM_SW_IKE_V2_POLICY_PEER_NOTES_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sw/config/ike_match.h"
#include "sw/config/numbering.h"
#include "sw/config/running_ike.h"
#include "sw/net/address.h"

namespace vam::ike::v2 {

struct PeerNote {
  uint16_t front_vrf = 0;
  std::string description;  // may be empty
};

// Immutable.
class PeerNotes {
 public:
  PeerNotes() = default;
  // Those of VRFs that are not there are for no peer.
  PeerNotes(const config::NamedList<config::IsakmpPeer>& said, const config::VrfNumbers& vrfs);

  // The closest by the outer address, which all behind one NAT share (MG-6); failing that by any of
  // these names. Null: none.
  const PeerNote* Find(const net::Address& address, uint16_t front_vrf,
                       std::span<const std::string_view> names) const;

 private:
  std::vector<PeerNote> notes_;
  config::IdentityIndex addresses_;
  std::map<std::pair<uint16_t, std::string>, size_t> names_;  // folded
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_POLICY_PEER_NOTES_H_
