// The whole configuration of the role, and what is looked up in it.
#ifndef VAM_SW_IKE_V2_POLICY_POLICY_H_
#define VAM_SW_IKE_V2_POLICY_POLICY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "sw/ike/v2/policy/profile.h"
#include "sw/ike/v2/sa/window.h"

namespace vam::ike::v2 {

// `crypto ikev2 policy`: what is offered in IKE_SA_INIT.
struct IkePolicy {
  std::vector<net::Address> match_local;    // empty: any
  std::optional<uint16_t> match_front_vrf;  // nothing: any
  std::vector<IkeOffer> offers;
};

// Whether the profile is for a peer that says this of itself; an empty identity: nothing yet.
bool Means(const Profile& profile, const Identity& identity, const net::Address& remote);

// Limits of the whole role; 0: none.
struct Settings {
  uint32_t cookie_above = 64;          // half-open IKE SAs from which on cookies are asked for
  uint32_t max_half_open = 4'096;      // as responder
  uint32_t max_half_open_of_one = 16;  // of one address (IPv6: of one /64)
  uint32_t max_ike_sas = 0;
  uint32_t window = 5;              // requests of a peer at once
  uint32_t fragment_bytes = 1'280;  // longest UDP payload of an encrypted message; 0: never cut
  RetryPolicy retry;
};

// Immutable once it is shared.
class Policy {
 public:
  struct Parts {
    Settings settings;
    std::vector<IkePolicy> ike;
    std::vector<std::shared_ptr<const Profile>> profiles;
    std::vector<std::shared_ptr<const ChildConfig>> children;  // in the order of their maps
  };
  explicit Policy(Parts parts);

  const Settings& settings() const { return parts_.settings; }
  // What is offered and taken between these ends. Null: IKE is not configured there.
  const IkePolicy* FindIke(const net::Address& local, uint16_t front_vrf) const;
  // The first profile that means this peer. Null: none.
  std::shared_ptr<const Profile> FindProfile(const Identity& identity, const net::Address& local,
                                             const net::Address& remote, uint16_t front_vrf) const;
  std::shared_ptr<const ChildConfig> FindChild(std::string_view map, uint32_t sequence,
                                               uint32_t dynamic_sequence) const;
  // Those that a peer may propose children for, static ones before dynamic ones.
  std::vector<std::shared_ptr<const ChildConfig>> ChildrenOf(const Profile& profile,
                                                             const net::Address& remote) const;

 private:
  using ChildKey = std::tuple<std::string, uint32_t, uint32_t>;
  Parts parts_;
  std::map<ChildKey, std::shared_ptr<const ChildConfig>, std::less<>> by_name_;
  std::unordered_multimap<net::Address, std::shared_ptr<const ChildConfig>, net::AddressHash>
      by_peer_;
  std::vector<std::shared_ptr<const ChildConfig>> dynamic_;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_POLICY_POLICY_H_
