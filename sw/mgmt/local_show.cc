#include "sw/mgmt/local_show.h"

#include <algorithm>
#include <map>

#include "sw/config/pending.h"
#include "sw/config/render.h"

namespace vam::mgmt {

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

namespace {

// A line of a standard list as it is shown: "permit 10.0.0.0, wildcard bits 0.0.0.255".
std::string StandardText(const config::AclEntry& line) {
  std::string text = config::RenderAclEntry(line, config::AclKind::kStandard);
  if (!line.permit) text.insert(4, "  ");
  if (line.source.wildcard == 0 || line.source.wildcard == 0xFFFFFFFF) return text;
  text.insert(text.find(' ', text.find('.')), ", wildcard bits");
  return text;
}

void AddList(const config::Acl& acl, api::AccessLists& show) {
  api::AccessList& list = *show.add_list();
  list.set_name(acl.name);
  list.set_kind(acl.kind == config::AclKind::kIpv6       ? "ipv6"
                : acl.kind == config::AclKind::kStandard ? "standard"
                                                         : "extended");
  for (const config::AclEntry& line : acl.entries) {
    api::AccessListLine& out = *list.add_line();
    out.set_sequence(line.sequence);
    out.set_text(acl.kind == config::AclKind::kStandard ? StandardText(line)
                                                        : config::RenderAclEntry(line, acl.kind));
  }
}

}  // namespace

api::AccessLists ShowAccessLists(const config::Running& running, const api::ShowRequest& request) {
  api::AccessLists show;
  for (const config::AclKind kind :
       {config::AclKind::kStandard, config::AclKind::kExtended, config::AclKind::kIpv6}) {
    const bool v6 = kind == config::AclKind::kIpv6;
    if (request.kind() == api::SHOW_IP_ACCESS_LISTS && v6) continue;
    if (request.kind() == api::SHOW_IPV6_ACCESS_LISTS && !v6) continue;
    for (const config::Acl& acl : running.acls) {
      const bool wanted = request.list().empty() || request.list() == acl.name;
      if (acl.kind == kind && wanted) AddList(acl, show);
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
    if (!interface.empty() && !line.starts_with(' '))
      inside = config::HeadOf(line) == "interface " + interface;
    if (inside) show.add_line(line);
  }
  return show;
}

}  // namespace vam::mgmt
