// Marks of what the configuration says of a peer: a ticket is for the very same (RFC 5723).
#ifndef VAM_SW_IKE_V2_POLICY_MARK_H_
#define VAM_SW_IKE_V2_POLICY_MARK_H_

#include <string_view>

#include "sw/ike/v2/policy/profile.h"

namespace vam::ike::v2 {

// SHA-256 of a text, or of two marks.
PolicyMark MarkOf(std::string_view text);
PolicyMark MarkOf(const PolicyMark& a, const PolicyMark& b);
// Of a peer: by its profile and its entry in the keyring; null: it has none.
PolicyMark MarkOf(const Profile& profile, const KeyringPeer* peer);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_POLICY_MARK_H_
