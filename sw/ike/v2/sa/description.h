// What the configuration calls the peer of an IKE SA: for people alone (MG-4..MG-6).
#ifndef VAM_SW_IKE_V2_SA_DESCRIPTION_H_
#define VAM_SW_IKE_V2_SA_DESCRIPTION_H_

#include <string_view>

#include "sw/ike/v2/policy/policy.h"
#include "sw/ike/v2/sa/ike_sa.h"

namespace vam::ike::v2 {

// `crypto isakmp peer` for the peer: by its outer address, the name that it was called by, or that
// it shows. Null: none.
const PeerNote* NoteOf(const Policy& policy, const IkeSa& sa);

// The description of that note; failing that the one of the keyring's peer. Of the policy, which
// outlives it; empty: none.
std::string_view DescriptionOf(const Policy& policy, const IkeSa& sa, const PeerNote* note);
inline std::string_view DescriptionOf(const Policy& policy, const IkeSa& sa) {
  return DescriptionOf(policy, sa, NoteOf(policy, sa));
}

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_DESCRIPTION_H_
