// Marks of profiles and of peers in keyrings, from the statements that make them (policy/mark.h).
#ifndef VAM_SW_IKE_V2_POLICY_COMPILE_MARKS_H_
#define VAM_SW_IKE_V2_POLICY_COMPILE_MARKS_H_

#include "sw/config/running.h"
#include "sw/ike/v2/policy/mark.h"

namespace vam::ike::v2 {

// Some profile gives or takes tickets: else nobody asks for marks.
bool NeedsMarks(const config::Running& running);

// Of all that `show running-config` has of it, so that no statement is forgotten here. Of a profile
// without its keyring; with signatures all of the PKI belongs to it.
PolicyMark MarkOf(const config::Running& running, const config::Ikev2Profile& said);
PolicyMark MarkOf(const config::Ikev2Peer& said);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_POLICY_COMPILE_MARKS_H_
