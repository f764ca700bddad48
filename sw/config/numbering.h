// The numbers by which fwd and the IKE roles call VRFs and interfaces in their messages
// (sw/api/fast.h). Both sides take them from here, each out of the configurations that it commits.
#ifndef VAM_SW_CONFIG_NUMBERING_H_
#define VAM_SW_CONFIG_NUMBERING_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sw/config/running.h"

namespace vam::config {

// The global VRF (empty name) is 0. A number is never given twice: packets under way and SAs name
// VRFs by it. Two that follow the same configurations give the same numbers; one that began later
// does as long as no VRF was removed before.
class VrfNumbers {
 public:
  // Gives numbers to the VRFs of `running` that have none: those that are defined, in their order,
  // then those that only an interface or a route names.
  void Follow(const Running& running);

  // Gives a number to a name that has none.
  uint16_t Of(const std::string& name);
  // Nothing: no configuration had it.
  std::optional<uint16_t> Find(std::string_view name) const;
  // By number; the global one has none.
  std::vector<std::string> Names() const;
  // With the global one.
  size_t count() const { return numbers_.size() + 1; }

 private:
  std::map<std::string, uint16_t, std::less<>> numbers_;
};

// The interfaces that have a device, in the order of the configuration: the number of an interface
// is its place among them. One without a device has no number, for no packet comes by it.
std::vector<const Interface*> PortsOf(const Running& running);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_NUMBERING_H_
