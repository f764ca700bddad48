// The whole configuration of the role, and what is looked up in it.
#ifndef VAM_SW_IKE_V2_POLICY_POLICY_H_
#define VAM_SW_IKE_V2_POLICY_POLICY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sw/config/running_ike.h"
#include "sw/ike/v2/policy/peer_notes.h"
#include "sw/ike/v2/policy/profile.h"
#include "sw/ike/v2/sa/ends.h"
#include "sw/ike/v2/sa/window.h"

namespace vam::ike::v2 {

// `crypto ikev2 policy`: what is offered in IKE_SA_INIT.
struct IkePolicy {
  std::vector<net::Address> match_local;    // empty: any
  std::optional<uint16_t> match_front_vrf;  // nothing: any
  std::vector<IkeOffer> offers;
};

// Limits of the whole role; 0: none.
struct Settings {
  uint32_t cookie_above = 64;          // half-open IKE SAs from which on cookies are asked for
  uint32_t max_half_open = 4'096;      // as responder
  uint32_t max_half_open_of_one = 16;  // of one address (IPv6: of one /64)
  uint32_t max_half_open_around = 16 * max_half_open_of_one;  // of one /24 (IPv6: of one /48)
  uint32_t max_calls = 0;                                     // as initiator
  uint32_t max_ike_sas = 0;
  uint32_t max_redirects = 0;  // in a row, that are followed (RFC 5685)
  // Where callers are sent, by which answer.
  config::IkeRedirectTargets redirect_init, redirect_auth;
  uint32_t window = 5;             // requests of a peer at once
  bool http_url_cert = false;      // peers' certificates by hash and URL are fetched
  uint32_t certificate_cache = 0;  // of those that are kept for the next time
  bool legacy = false;  // RSA with SHA-1 proves an identity, where a peer can do no better
  // Longest UDP payload of an encrypted message; 0: never cut.
  uint32_t fragment_bytes = 1'280;
  uint32_t fragment_bytes_v6 = 1'220;
  RetryPolicy retry;
  bool recover_spis = false;      // `crypto isakmp invalid-spi-recovery`
  bool notify_selectors = false;  // `crypto ikev2 notify invalid-selectors`
};

// The anchors that they trust, each once, at most so many: what a CERTREQ payload names.
std::vector<KeyHash> AuthoritiesOf(std::span<const std::shared_ptr<const Profile>> profiles,
                                   size_t most);

// A peer's address and a profile by its name: many entries may have one peer and profiles of their
// own.
using Meeting = std::pair<net::Address, std::string_view>;
struct MeetingHash {
  size_t operator()(const Meeting& meeting) const {
    return net::AddressHash()(meeting.first) ^ (std::hash<std::string_view>()(meeting.second) * 3);
  }
};

// Immutable once it is shared.
class Policy {
 public:
  struct Parts {
    Settings settings;
    std::vector<IkePolicy> ike;
    std::vector<std::shared_ptr<const Profile>> profiles;
    std::vector<std::shared_ptr<const ChildConfig>> children;  // in the order of their maps
    std::vector<AddressPool> pools;
    PeerNotes notes;
  };
  explicit Policy(Parts parts);

  const Settings& settings() const { return parts_.settings; }
  const std::vector<std::shared_ptr<const ChildConfig>>& children() const {
    return parts_.children;
  }
  const std::vector<AddressPool>& pools() const { return parts_.pools; }
  const PeerNotes& notes() const { return parts_.notes; }
  // What is offered and taken between these ends. Null: IKE is not configured there.
  const IkePolicy* FindIke(const net::Address& local, uint16_t front_vrf) const;
  // Of a peer that shows `shown` between these ends: of the profiles that are for here the closest
  // (SY-48). Null: none.
  std::shared_ptr<const Profile> FindProfile(const Identity& shown, const net::Address& local,
                                             uint16_t front_vrf) const;
  std::shared_ptr<const Profile> FindProfile(std::string_view name) const;
  // That of this name, for a peer that has proved this identity before and comes back between these
  // ends. Null: it is gone or not for here, or another one means the identity now.
  std::shared_ptr<const Profile> FindAgain(std::string_view name, const Identity& shown,
                                           const net::Address& local, uint16_t front_vrf) const;
  // The first whose certificate map fits: for peers whose identity means no profile (IOS).
  std::shared_ptr<const Profile> FindProfile(const pki::Certificate& certificate,
                                             const net::Address& local, uint16_t front_vrf) const;
  // Some profile proves or is proved by signatures.
  bool uses_signatures() const { return !by_signature_.empty(); }
  // How peers may prove themselves by any profile.
  const std::vector<AuthKind>& remote_auth() const { return remote_auth_; }
  // Some profile takes IKE SAs without a child.
  bool takes_childless() const { return takes_childless_; }
  // Some keyring has a post-quantum preshared key.
  bool uses_ppks() const { return uses_ppks_; }
  // The longest time that tickets of any profile are good; 0: none has them (RFC 5723).
  uint32_t longest_ticket_s() const { return longest_ticket_s_; }
  // Anchors of all profiles, for a request before the peer is known. At most kMostAuthorities: the
  // message goes in one packet.
  static constexpr size_t kMostAuthorities = 16;
  const std::vector<KeyHash>& authorities() const { return authorities_; }
  // The entry as it acts on an interface. Null: it does not.
  std::shared_ptr<const ChildConfig> FindChild(std::string_view map, uint32_t sequence,
                                               uint32_t dynamic_sequence, uint32_t interface) const;
  // With `recover_spis`: the first entry that negotiates between these ends with a peer that it
  // has, by its address or by one of these names, and not for each pair of hosts. Null: none, or
  // not asked for.
  std::shared_ptr<const ChildConfig> FindPeer(const Ends& ends,
                                              std::span<const std::string> names = {}) const;
  // Those that a peer may propose children for between these ends, static ones before dynamic ones.
  // `names`: what the peer's address is called now.
  std::vector<std::shared_ptr<const ChildConfig>> ChildrenOf(
      const Profile& profile, const Ends& ends, std::span<const std::string> names = {}) const;

 private:
  using ChildKey = std::tuple<std::string, uint32_t, uint32_t>;
  Parts parts_;
  config::IdentityIndex identities_;  // of the profiles, by their place
  std::unordered_map<std::string_view, size_t> by_profile_;
  std::vector<std::shared_ptr<const Profile>> by_signature_, by_certificate_;  // in their order
  std::vector<KeyHash> authorities_;
  std::vector<AuthKind> remote_auth_;
  bool uses_ppks_ = false;
  uint32_t longest_ticket_s_ = 0;
  bool takes_childless_ = false;
  std::multimap<ChildKey, std::shared_ptr<const ChildConfig>, std::less<>> by_name_;
  std::unordered_multimap<Meeting, std::shared_ptr<const ChildConfig>, MeetingHash> by_peer_;
  // By peer's name and profile.
  std::multimap<std::pair<std::string, std::string>, std::shared_ptr<const ChildConfig>> by_named_;
  std::vector<std::shared_ptr<const ChildConfig>> dynamic_;
  // Only with `recover_spis`.
  std::unordered_multimap<net::Address, std::shared_ptr<const ChildConfig>, net::AddressHash>
      by_address_;
  std::multimap<std::string, std::shared_ptr<const ChildConfig>> by_recovered_name_;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_POLICY_POLICY_H_
