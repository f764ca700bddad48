// Identities of the wire beside those of the configuration. Which peer an identity means is decided
// by one rule, that of sw/config/ike_match.h (SY-48).
#ifndef VAM_SW_IKE_V2_POLICY_IDENTITIES_H_
#define VAM_SW_IKE_V2_POLICY_IDENTITIES_H_

#include <vector>

#include "sw/config/ike_match.h"
#include "sw/config/running_ike.h"
#include "sw/ike/identity.h"

namespace vam::ike::v2 {

// What a peer shows, as the configuration would say it. Requires: not empty.
config::IkeIdentity ToConfig(const Identity& shown);
// What we show. Empty: it says nothing by itself (`any`, a range, the name of a certificate).
Identity FromConfig(const config::IkeIdentity& own);

// Identities and ranges of them, found without a look at each.
class IdentityList {
 public:
  IdentityList() = default;
  explicit IdentityList(std::vector<config::IkeIdentity> list);

  const std::vector<config::IkeIdentity>& list() const { return list_; }
  // Whether `shown` fits any of them. An empty one fits none.
  bool Has(const Identity& shown) const;

 private:
  std::vector<config::IkeIdentity> list_;
  config::IdentityIndex index_;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_POLICY_IDENTITIES_H_
