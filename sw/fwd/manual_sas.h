// The SAs of a manual crypto map entry: from keys and transforms of the configuration to what an
// engine takes.
#ifndef VAM_SW_FWD_MANUAL_SAS_H_
#define VAM_SW_FWD_MANUAL_SAS_H_

#include <string>
#include <vector>

#include "sw/config/effective.h"
#include "sw/ipsec/sa.h"

namespace vam::fwd {

// The bundle of each direction, innermost first; or why there is none, a full sentence.
struct ManualBundles {
  std::vector<ipsec::SaParams> outbound, inbound;
  std::string problem;
};

// ESP inside AH, as the guides have it: one new IP header, then AH, ESP, the packet. Transport mode
// when the set says so and the entry is for traffic between the two peers alone (SY-17, IOS-36);
// else tunnel mode: a manual key belongs to one SA. Requires: a manual entry that is complete;
// `selectors` of its permit line.
ManualBundles CompileManual(const config::Running& running, const config::EffectiveEntry& effective,
                            const ipsec::Selectors& selectors, ipsec::DfMode df_mode);

// The algorithm that a transform is.
ipsec::Encryption ToEncryption(const config::TransformUse& use);
ipsec::Integrity ToIntegrity(const config::TransformUse& use);

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_MANUAL_SAS_H_
