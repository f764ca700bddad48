// IKE_FOLLOWUP_KE (RFC 9370, 2.2.4): the additional key exchanges of a CREATE_CHILD_SA, one after
// the other. Each answer but the last has a link that the next request names.
#ifndef VAM_SW_IKE_V2_EXCHANGE_FOLLOWUP_KE_H_
#define VAM_SW_IKE_V2_EXCHANGE_FOLLOWUP_KE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "sw/ike/v2/exchange/core.h"
#include "sw/ike/v2/keys/negotiation.h"
#include "sw/ike/v2/sa/followup_state.h"

namespace vam::ike::v2 {

// Children with a key exchange of their own follow their IKE SA: the additional methods that it has
// they are offered and take too, and do without where the peer does. Otherwise `offers`.
std::vector<ChildOffer> OffersUnder(const IkeSa& sa, std::span<const ChildOffer> offers);

// The methods of the rounds to come, without the places that are left out.
std::vector<uint16_t> RoundsOf(std::span<const uint16_t> additional_groups);

// ---- as the one who asked

enum class FollowupEnd : uint8_t {
  kDone,
  kRefused,    // the peer has nothing of it any more
  kMalformed,  // its answer; it may take all for done
  kLost,       // the IKE SA ends
};
// `additional`: the secrets, one behind the other; empty unless kDone.
using FollowupDone = std::function<void(Core& core, IkeSa& sa, FollowupEnd end, Bytes additional)>;
// The answer to CREATE_CHILD_SA is there. kMalformed, and nothing begun: it has no link.
// Requires: rounds to do.
Status BeginFollowup(Core& core, IkeSa& sa, std::vector<uint16_t> rounds, const Incoming& answer,
                     FollowupDone done);
// A chain of ours is under way.
bool IsFollowing(const IkeSa& sa);

// ---- as the one who answers

// Whether there is room for one more.
bool MayAwaitFollowup(const IkeSa& sa);
// Keeps it, and adds its link to the answer. Requires: MayAwaitFollowup(), and rounds to do.
void AwaitFollowup(Core& core, IkeSa& sa, std::unique_ptr<Followup> followup,
                   MessageBuilder& answer);
// That of the IKE SA itself. Null: the peer does not make it anew so.
const Followup* AwaitedOfIke(const IkeSa& sa);
void AbandonOfIke(Core& core, IkeSa& sa);
// A request. STATE_NOT_FOUND for a link that nobody gave; one that is wrong ends its chain.
void OnFollowupKe(Core& core, IkeSa& sa, const Incoming& request);
// Those whose time is over.
void ExpireFollowups(Core& core, IkeSa& sa);
// When the next one's is; UINT64_MAX: there is none.
uint64_t FollowupDueNs(const IkeSa& sa);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_FOLLOWUP_KE_H_
