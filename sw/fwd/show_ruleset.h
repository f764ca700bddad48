// `show crypto ruleset`: what becomes of a packet, rule by rule, in the order in which packets meet
// them. Temporary entries of dynamic maps are among them, which only the forwarder knows.
#ifndef VAM_SW_FWD_SHOW_RULESET_H_
#define VAM_SW_FWD_SHOW_RULESET_H_

#include "sw/fwd/show.h"

namespace vam::fwd {

// One piece, as Show gives it: `next` names the last rule in it.
void ShowRuleset(const ShowSources& sources, const api::ShowRequest& request,
                 api::ShowReply& reply);

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_SHOW_RULESET_H_
