#include "sw/config/numbering.h"

namespace vam::config {

void VrfNumbers::Follow(const Running& running) {
  for (const Vrf& vrf : running.vrfs) Of(vrf.name);
  for (const Interface& interface : running.interfaces) Of(interface.vrf);
  for (const Route& route : running.routes) Of(route.vrf);
}

uint16_t VrfNumbers::Of(const std::string& name) {
  if (name.empty()) return 0;
  return numbers_.try_emplace(name, static_cast<uint16_t>(numbers_.size() + 1)).first->second;
}

std::optional<uint16_t> VrfNumbers::Find(std::string_view name) const {
  if (name.empty()) return uint16_t{0};
  const auto found = numbers_.find(name);
  if (found == numbers_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> VrfNumbers::Names() const {
  std::vector<std::string> names(count());
  for (const auto& [name, number] : numbers_) names[number] = name;
  return names;
}

std::vector<const Interface*> PortsOf(const Running& running) {
  std::vector<const Interface*> ports;
  for (const Interface& interface : running.interfaces) {
    if (interface.device) ports.push_back(&interface);
  }
  return ports;
}

}  // namespace vam::config
