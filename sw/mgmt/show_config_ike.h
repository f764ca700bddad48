// IKEv2 proposals, policies and profiles as show replies: they follow from the configuration alone.
#ifndef VAM_SW_MGMT_SHOW_CONFIG_IKE_H_
#define VAM_SW_MGMT_SHOW_CONFIG_IKE_H_

#include <string>

#include "sw/api/show.pb.h"
#include "sw/config/running.h"

namespace vam::mgmt {

bool IsIkev2Show(api::ShowKind kind);
// Requires: IsIkev2Show. All objects, or the one that `map` of `request` names; an error when there
// is none of that name. No key is in the answer.
api::ShowReply ShowIkev2(const config::Running& running, const api::ShowRequest& request);

// As IOS prints them; what IOS does not have comes after, and only where it is set.
std::string RenderIkev2Proposals(const api::Ikev2Proposals& show);
std::string RenderIkev2Policies(const api::Ikev2Policies& show);
std::string RenderIkev2Authorizations(const api::Ikev2Authorizations& show);
std::string RenderIkev2Profiles(const api::Ikev2Profiles& show);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_SHOW_CONFIG_IKE_H_
