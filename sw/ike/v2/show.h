// What operators read of the IKE SAs, as messages of sw/api/show.proto. Nothing here changes
// anything, and no key is in any of it.
#ifndef VAM_SW_IKE_V2_SHOW_H_
#define VAM_SW_IKE_V2_SHOW_H_

#include <cstddef>

#include "sw/api/show.pb.h"
#include "sw/ike/v2/exchange/core.h"
#include "sw/ike/v2/names.h"
#include "sw/ike/v2/stats.h"

namespace vam::ike::v2 {

// Rows (IKE SAs and children) of a piece, where the request does not say fewer.
inline constexpr size_t kShowRows = 64;

// The answer to a request of mgmt; an error for a kind that IKEv2 does not answer. One piece: its
// time grows with the number of IKE SAs by looking at each once, its size is bounded.
api::ShowReply AnswerShow(const Core& core, const Stats& stats, const Names& names,
                          const api::ShowRequest& request);

// The IKE SAs that agree with all filters of `request`, from its cursor on.
void FillIkeSas(const Core& core, const api::ShowRequest& request, api::ShowReply& reply,
                const Names& names = {});
void FillIkev2Stats(const Core& core, const Stats& stats, api::ShowReply& reply);
// In pieces it is not: a pool has few ranges, and a named one tells its first kShowRows leases.
void FillAddressPools(const Core& core, const api::ShowRequest& request, api::ShowReply& reply);
// What is assigned and pushed.
void FillConfiguration(const IkeSa& sa, api::IkeSa& out);
void FillIkev2Errors(const Stats& stats, api::ShowReply& reply, const Names& names = {});

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SHOW_H_
