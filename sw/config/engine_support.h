// Which transforms some engine carries. The software engine takes what the card cannot, so the card
// alone never takes one away; where a set runs is told with each SA.
#ifndef VAM_SW_CONFIG_ENGINE_SUPPORT_H_
#define VAM_SW_CONFIG_ENGINE_SUPPORT_H_

#include <algorithm>
#include <vector>

#include "sw/config/running_crypto.h"

namespace vam::config {

// SEAL is Cisco's own and not published whole (SY-8).
inline bool AnEngineHas(Transform transform) { return transform != Transform::kEspSeal; }

// MG-99: of the sets those whose transforms are all there, in their order; the others are left out
// without a word (T-6).
inline std::vector<const TransformSet*> Carried(std::vector<const TransformSet*> sets,
                                                bool (*has)(Transform) = AnEngineHas) {
  std::erase_if(sets, [has](const TransformSet* set) {
    return !std::ranges::all_of(set->transforms,
                                [has](const TransformUse& use) { return has(use.transform); });
  });
  return sets;
}

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_ENGINE_SUPPORT_H_
