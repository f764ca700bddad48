// `clear crypto ikev2 ...` and IKE's part of `clear crypto session` (MG-15, MG-16).
#ifndef VAM_SW_IKE_V2_CLEAR_H_
#define VAM_SW_IKE_V2_CLEAR_H_

#include <cstdint>

#include "sw/api/control.pb.h"
#include "sw/ike/v2/exchange/core.h"
#include "sw/ike/v2/names.h"
#include "sw/ike/v2/stats.h"

namespace vam::ike::v2 {

// The answer to a request of mgmt; an error, a full sentence, for one that IKEv2 does not take,
// and then nothing is cleared. The caller then lets the machine Poll: it tells the peers.
api::ClearReply AnswerClear(Core& core, Stats& stats, const Names& names,
                            const api::ClearRequest& request);

// Deletes the IKE SAs that agree with all filters (local, peer, their ports, front_vrf, vrf), and
// their children; those that are up with a word to the peer. How many. None for a filter that names
// nothing.
uint32_t ClearIke(Core& core, const api::ClearRequest& request, const Names& names = {});

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_CLEAR_H_
