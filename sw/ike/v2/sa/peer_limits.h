// What a peer that has proved who it is may have of us: children of one IKE SA, requests a second.
#ifndef VAM_SW_IKE_V2_SA_PEER_LIMITS_H_
#define VAM_SW_IKE_V2_SA_PEER_LIMITS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "sw/base/clock.h"

namespace vam::ike::v2 {

// Children that the peer made, beside one for each line that is configured for it: the pairs of
// `level per-host`, and several with the same selectors.
inline constexpr size_t kMaxPeersChildren = 1'024;
// Children that it made anew and has not deleted. An honest peer deletes them at once (RFC 7296,
// 2.8), or keeps them for some seconds.
inline constexpr size_t kMaxReplacedChildren = 1'024;

// So many at once; what was taken comes back with time.
template <uint64_t kAtOnce, uint64_t kPerSecond>
class TokenBucket {
 public:
  static constexpr uint64_t kMost = kAtOnce;

  // False: there is none, and none is taken.
  bool Take(uint64_t now_ns) {
    const uint64_t from_ns = std::max(full_at_ns_, now_ns);
    if (from_ns - now_ns > (kAtOnce - 1) * kStepNs) return false;
    full_at_ns_ = from_ns + kStepNs;
    return true;
  }

 private:
  static constexpr uint64_t kStepNs = kNsPerSecond / kPerSecond;
  uint64_t full_at_ns_ = 0;
};

// Of one IKE SA and those that are made of it by rekeying: a new one would be a way to a full
// bucket. An honest peer meets neither: it makes a child for each of thousands of lines in one go,
// makes each anew once in two minutes at the most, and deletes them all.
struct RequestLimits {
  // All that it asks. More is dropped, and the peer sends it again.
  TokenBucket<8'192, 1'000> all;
  // What costs us a key exchange, SAs of fwd, or all children's move: CREATE_CHILD_SA,
  // IKE_FOLLOWUP_KE, UPDATE_SA_ADDRESSES. More is refused for now (RFC 7296, 2.25).
  TokenBucket<4'096, 100> costly;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_PEER_LIMITS_H_
