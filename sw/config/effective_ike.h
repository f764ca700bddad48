// What follows from the IKEv2 statements: the proposals that are offered, which policy and profile
// count, inherited values, and what is missing. The ike role takes all of it from here.
#ifndef VAM_SW_CONFIG_EFFECTIVE_IKE_H_
#define VAM_SW_CONFIG_EFFECTIVE_IKE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sw/config/effective.h"
#include "sw/config/running.h"

namespace vam::config {

// The smart default (`crypto ikev2 proposal default`), what is configured under that name in the
// place of its own lists. With `crypto legacy-algorithms enable` its own lists are the guide's
// (SY-31, EX-1): aes-cbc-128 3des, sha1 md5, 5 2. Without it: aes-cbc-256 aes-cbc-128, sha512
// sha384 sha256, groups 19 14 21.
Ikev2Proposal DefaultIkev2Proposal(const Running& running);
// The proposal of this name with what it has by default; nullopt when there is none, or the default
// one is switched off.
std::optional<Ikev2Proposal> FindIkev2Proposal(const Running& running, std::string_view name);
// The same of policies: the default one offers the default proposal, in any VRF, at any address.
std::optional<Ikev2Policy> FindIkev2Policy(const Running& running, std::string_view name);
// All policies in the order in which they are tried: as configured, the default one last.
std::vector<Ikev2Policy> EffectiveIkev2Policies(const Running& running);

// One proposal as it goes into an SA payload: ciphers that authenticate by themselves stand in one
// of their own, without integrity (RFC 5282, 8).
struct EffectiveIkev2Proposal {
  std::string name;
  std::vector<IkeCipher> encryption;  // all AEAD, or none
  std::vector<IkeHash> integrity;     // empty: AEAD
  std::vector<IkeHash> prf;
  std::vector<uint16_t> groups;
  std::array<std::vector<uint16_t>, 7> additional_groups;
  bool operator==(const EffectiveIkev2Proposal&) const = default;
};
// Those of a policy in its order; incomplete ones are left out (SY-30), as are those that are not
// defined. A proposal with both sorts of ciphers becomes two, that of its first cipher first.
std::vector<EffectiveIkev2Proposal> EffectiveIkev2Proposals(const Running& running,
                                                            const Ikev2Policy& policy);
// The first policy whose fvrf and local address fit and that has a complete proposal; nullopt: no
// IKEv2 SA is possible there. `fvrf` "": the global table.
std::optional<Ikev2Policy> Ikev2PolicyFor(const Running& running, std::string_view fvrf,
                                          const net::Address& local);

// Why an object is not used, as a sentence; "" when it is.
std::string WhyIncomplete(const Ikev2Proposal& proposal);
std::string WhyIncomplete(const Running& running, const Ikev2Policy& policy);
std::string WhyIncomplete(const Running& running, const Ikev2Profile& profile);
// Of what is negotiated: as in IOS it is IKEv2's only with `set ikev2-profile`, else IKEv1's.
std::string WhyNoIkev2(const Running& running, const SaPolicy& policy);

// The profile's own value, or the global one; nullopt: off.
std::optional<IkeDpd> DpdOf(const Ike& ike, const Ikev2Profile& profile);
std::optional<uint32_t> NatKeepaliveOf(const Ike& ike, const Ikev2Profile& profile);
// Bytes of an IP packet with a fragment of an IKE message; nullopt: none are made.
std::optional<uint16_t> FragmentMtuOf(const IkeGlobals& ike, bool ipv6);

// Whether the peers of a `match fvrf` may come by this VRF.
bool VrfFits(std::string_view said, std::string_view fvrf);

// For CrossCheck and Warnings.
void CheckIke(const Running& running, std::vector<Finding>& findings);
void WarnAboutIke(const Running& running, std::vector<std::string>& warnings);
// What uses an algorithm that `crypto legacy-algorithms enable` allows; "" when nothing does.
std::string LegacyIkeUser(const Running& running);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_EFFECTIVE_IKE_H_
