// config::Running as statements, in the order of IOS. Parse(Render(r, kShown)) == r.
#ifndef VAM_SW_CONFIG_RENDER_H_
#define VAM_SW_CONFIG_RENDER_H_

#include <string>

#include "sw/config/running.h"

namespace vam::config {

// kMasked writes "<masked>" for every key; the parser refuses that word by name.
enum class Keys : uint8_t { kMasked, kShown };

std::string Render(const Running& running, Keys keys);

// One line of an access list without its list's name: "permit ip 10.0.0.0 0.0.0.255 any".
std::string RenderAclEntry(const AclEntry& entry);
std::string RenderDevice(const Device& device);
// "esp-gcm 256".
std::string RenderTransform(const TransformSet& set);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_RENDER_H_
