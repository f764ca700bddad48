#include "sw/mgmt/local_show.h"

#include <fmt/core.h>

#include <algorithm>

#include "sw/config/effective.h"
#include "sw/config/render.h"

namespace vam::mgmt {
namespace {

void FillAcl(const config::Acl& acl, api::CryptoMapEntry& out) {
  for (const config::AclEntry& line : acl.entries) {
    out.add_acl_line(fmt::format("access-list {} {}", acl.name, config::RenderAclEntry(line)));
  }
}

// An entry of a map that no interface carries has no SA to resolve.
std::string WhyIncomplete(const config::Running& running, const std::string& map,
                          uint32_t sequence) {
  for (const config::ManualSa& sa : config::ManualSas(running)) {
    if (sa.map == map && sa.sequence == sequence) return sa.incomplete;
  }
  return "";
}

}  // namespace

std::string ResolveInterface(const config::Running& running, const std::string& word) {
  if (word.empty() || running.FindInterface(word) != nullptr) return word;
  const config::Interface* only = nullptr;
  for (const config::Interface& interface : running.interfaces) {
    if (!interface.name.starts_with(word)) continue;
    if (only != nullptr) return word;
    only = &interface;
  }
  return only == nullptr ? word : only->name;
}

api::CryptoMap ShowCryptoMap(const config::Running& running, const api::ShowRequest& request) {
  api::CryptoMap show;
  for (const config::CryptoMap& map : running.crypto_maps) {
    if (!request.map().empty() && map.name != request.map()) continue;
    std::vector<std::string> carriers;
    for (const config::Interface& interface : running.interfaces) {
      if (interface.crypto_map == map.name) carriers.push_back(interface.name);
    }
    if (!request.interface().empty() &&
        std::find(carriers.begin(), carriers.end(), request.interface()) == carriers.end()) {
      continue;
    }
    for (const config::CryptoMapEntry& entry : map.entries) {
      api::CryptoMapEntry& out = *show.add_entry();
      out.set_map(map.name);
      out.set_sequence(entry.sequence);
      out.set_kind("ipsec-manual");
      out.set_description(entry.description);
      if (entry.peer) out.set_peer(net::ToString(*entry.peer));
      out.set_acl(entry.acl);
      if (const config::Acl* acl = running.FindAcl(entry.acl)) FillAcl(*acl, out);
      out.set_transform_set(entry.transform_set);
      if (const auto* set = running.FindTransformSet(entry.transform_set)) {
        out.set_transforms(config::RenderTransform(*set));
      }
      if (entry.inbound) out.set_inbound_spi(entry.inbound->spi);
      if (entry.outbound) out.set_outbound_spi(entry.outbound->spi);
      out.set_esn(entry.esn);
      out.set_replay_window(entry.replay_window);
      for (const std::string& name : carriers) out.add_interface(name);
      out.set_incomplete(WhyIncomplete(running, map.name, entry.sequence));
    }
  }
  return show;
}

api::RunningConfig ShowConfiguration(std::string_view text, uint64_t generation,
                                     const std::string& interface) {
  api::RunningConfig show;
  show.set_generation(generation);
  bool inside = interface.empty();
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line(text.substr(at, end - at));
    at = end + 1;
    if (!interface.empty() && !line.starts_with(' ')) inside = line == "interface " + interface;
    if (inside) show.add_line(line);
  }
  return show;
}

}  // namespace vam::mgmt
