// From the committed configuration to the Policy that the exchanges ask.
#ifndef VAM_SW_IKE_V2_POLICY_COMPILE_H_
#define VAM_SW_IKE_V2_POLICY_COMPILE_H_

#include <memory>
#include <string>
#include <vector>

#include "sw/config/numbering.h"
#include "sw/config/running.h"
#include "sw/ike/v2/policy/policy.h"

namespace vam::ike::v2 {

struct CompiledPolicy {
  std::shared_ptr<const Policy> policy;
  // What of it is not used and why, one sentence each. Not what config::Warnings says already. At
  // most kMostNotes, then one that says how many there are more.
  std::vector<std::string> notes;
};
inline constexpr size_t kMostNotes = 100;

// Entries of crypto maps and dynamic maps with `set ikev2-profile` become children: one for each
// interface that carries the map, or one for all that share its SAs. Requires: a configuration that
// passed config::CrossCheck, and numbers that follow it.
CompiledPolicy Compile(const config::Running& running, const config::VrfNumbers& vrfs);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_POLICY_COMPILE_H_
