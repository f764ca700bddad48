// Show replies as the guides print them, and as JSON. Labels and their order are the guides'; what
// they do not have comes after.
#ifndef VAM_SW_MGMT_RENDER_H_
#define VAM_SW_MGMT_RENDER_H_

#include <string>

#include "sw/api/show.pb.h"

namespace vam::mgmt {

// The text of whichever body `reply` has; "% " and the sentence when it has an error.
std::string RenderText(const api::ShowReply& reply);
// The body alone, as one JSON object with all fields, names as in show.proto; {"error": "..."} for
// an error.
std::string RenderJson(const api::ShowReply& reply);

std::string RenderIpsecSa(const api::IpsecSa& show);
std::string RenderCryptoMap(const api::CryptoMap& show);
std::string RenderCryptoEngine(const api::CryptoEngine& show);
std::string RenderInterfaces(const api::Interfaces& show);
std::string RenderIpRoute(const api::IpRoute& show);
std::string RenderArp(const api::Arp& show);
std::string RenderReasons(const api::Reasons& show);
std::string RenderProcesses(const api::Processes& show);
std::string RenderVersion(const api::Version& show);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_RENDER_H_
