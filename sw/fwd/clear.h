// `clear crypto sa` and `clear crypto session` in all their forms (SY-64, IOS-57, MG-15, MG-16).
#ifndef VAM_SW_FWD_CLEAR_H_
#define VAM_SW_FWD_CLEAR_H_

#include "sw/api/control.pb.h"
#include "sw/fwd/ike_sas.h"
#include "sw/fwd/sa_manager.h"
#include "sw/fwd/sa_sets.h"
#include "sw/fwd/snapshot.h"

namespace vam::fwd {

// Removes the SAs that the request names, all without a filter, and sets their counters to 0.
// CLEAR_CRYPTO_SA takes one filter, CLEAR_CRYPTO_SESSION any, of which all must hold. Manual SAs
// are set up again at once, from numbers that were never used (law 6); for the others IKE is told.
// An error, a full sentence, when the request is not understood or names a VRF or an SA that is not
// there; then nothing was removed. `snapshot`: the one in force.
api::ClearReply ClearSas(const api::ClearRequest& request, const Snapshot& snapshot,
                         SaManager& manual, IkeSas& ike, SaSets& sets);

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_CLEAR_H_
