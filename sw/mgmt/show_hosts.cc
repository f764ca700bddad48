#include <fmt/core.h>

#include <string>
#include <string_view>

#include "sw/mgmt/render.h"

namespace vam::mgmt {
namespace {

std::string Joined(const google::protobuf::RepeatedPtrField<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string_view KindOf(const api::HostName& host) {
  if (host.configured()) return "perm";
  return host.dynamic() ? "dynamic" : "once";
}

}  // namespace

std::string AddressesText(const api::HostName& host) {
  if (host.address_size() > 0) return fmt::format(" ({})", Joined(host.address()));
  if (!host.problem().empty()) return fmt::format(" ({})", host.problem());
  return host.asking() ? " (is being looked up)" : " (not known)";
}

std::string RenderHosts(const api::Hosts& show) {
  std::string text = fmt::format("Name lookup is {}\n", show.lookup() ? "enabled" : "disabled");
  text +=
      fmt::format("Name servers are {}\n\n",
                  show.server_size() == 0 ? "those of the host's resolver" : Joined(show.server()));
  text += "Host                      Kind     Age(s)  Next(s)  Address(es)\n";
  for (const api::HostName& host : show.host()) {
    const std::string next = host.asking()             ? "asking"
                             : host.next_seconds() > 0 ? std::to_string(host.next_seconds())
                                                       : "-";
    const std::string age =
        host.address_size() > 0 ? std::to_string(host.age_seconds()) : std::string("-");
    text += fmt::format("{:<25} {:<8} {:<7} {:<8} {}\n", host.name(), KindOf(host), age, next,
                        Joined(host.address()));
    if (!host.problem().empty()) text += fmt::format("  {}\n", host.problem());
  }
  return text;
}

}  // namespace vam::mgmt
