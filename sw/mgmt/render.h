// Show replies as the guides print them, and as JSON. Labels and their order are the guides'; what
// they do not have comes after.
#ifndef VAM_SW_MGMT_RENDER_H_
#define VAM_SW_MGMT_RENDER_H_

#include <string>

#include "sw/api/show.pb.h"
#include "sw/mgmt/show_options.h"

namespace vam::mgmt {

// Of the JSON that RenderJson writes; documented in docs/reference/json.md. It grows when a field
// goes or changes its meaning; a new field does not change it.
inline constexpr int kJsonSchemaVersion = 1;

// The text of whichever body `reply` has; "% " and the sentence when it has an error. Of an answer
// that comes in pieces: see sw/mgmt/show_sink.h.
std::string RenderText(const api::ShowReply& reply, const ShowOptions& options = {});
// The body alone, as one JSON object with all fields, names as in show.proto, behind
// "schema_version" and "body" (which body it is); {"error": "..."} for an error.
std::string RenderJson(const api::ShowReply& reply);
// A message as JSON, all fields, an object and a line end.
std::string MessageJson(const google::protobuf::Message& message);

std::string RenderIpsecSa(const api::IpsecSa& show, const ShowOptions& options = {});
std::string RenderCryptoEngine(const api::CryptoEngine& show, const ShowOptions& options = {});
// `first`: with the head of the table.
std::string RenderPlacements(const api::CryptoEngine& show, bool first);
std::string RenderConnections(const api::IpsecSa& show, bool first);
std::string RenderInterfaces(const api::Interfaces& show);
std::string RenderInterfacesBrief(const api::Interfaces& show);
std::string RenderIpRoute(const api::IpRoute& show);
std::string RenderArp(const api::Arp& show);
std::string RenderNeighbors(const api::Neighbors& show);
std::string RenderReasons(const api::Reasons& show);
std::string RenderProcesses(const api::Processes& show);
// show processes cpu, show processes memory
std::string RenderProcessUsage(const api::Processes& show, ShowView view);
std::string RenderAccessLists(const api::AccessLists& show);
std::string RenderLogging(const api::Logging& show);
std::string RenderVersion(const api::Version& show);
std::string RenderIkeSas(const api::IkeSas& show, const ShowOptions& options);
std::string RenderIkePeers(const api::IkePeers& show);
// `heading`: the interface and map of the rule before, as the piece before left it; "" before the
// first piece. Both as text and as what the next piece is to be given.
struct RulesetText {
  std::string text, heading;
};
RulesetText RenderRuleset(const api::CryptoRuleset& show, bool detail, std::string heading = "");
std::string RenderDebugging(const api::Debugging& show);
std::string RenderImpairments(const api::Impairments& show);
std::string RenderDebugCondition(const api::Debugging& show, const ShowOptions& options);
std::string RenderClock(const api::ClockTime& show);
std::string RenderHistory(const api::History& show);
std::string RenderUsers(const api::Users& show);
std::string RenderHosts(const api::Hosts& show);
// " (192.0.2.1, 192.0.2.2)", or " (why there is none)".
std::string AddressesText(const api::HostName& host);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_RENDER_H_
