// show access-lists and show logging, as IOS prints them.
#include <fmt/core.h>

#include "sw/mgmt/render.h"

namespace vam::mgmt {
namespace {

std::string LineText(const api::AccessList& list, const api::AccessListLine& line) {
  const std::string matches =
      line.has_matches() && line.matches() > 0
          ? fmt::format(" ({} match{})", line.matches(), line.matches() == 1 ? "" : "es")
          : "";
  if (list.kind() == "ipv6") {
    return fmt::format("    {}{} sequence {}\n", line.text(), matches, line.sequence());
  }
  return fmt::format("    {} {}{}\n", line.sequence(), line.text(), matches);
}

std::string DestinationText(std::string_view name, const api::LogDestination& destination) {
  if (!destination.enabled()) return fmt::format("    {} logging: disabled\n", name);
  return fmt::format("    {} logging: level {}, {} messages logged, xml disabled\n", name,
                     destination.level(), destination.messages());
}

}  // namespace

std::string RenderAccessLists(const api::AccessLists& show) {
  std::string text;
  for (const api::AccessList& list : show.list()) {
    const std::string_view head = list.kind() == "ipv6"       ? "IPv6 access list"
                                  : list.kind() == "standard" ? "Standard IP access list"
                                                              : "Extended IP access list";
    text += fmt::format("{} {}\n", head, list.name());
    for (const api::AccessListLine& line : list.line()) text += LineText(list, line);
  }
  return text;
}

// The order of the guides' sample (OUT-07); what it lacks stands below its line.
std::string RenderLogging(const api::Logging& show) {
  std::string text = fmt::format(
      "Syslog logging: {} ({} messages dropped, {} messages rate-limited, {} flushes, {} overruns, "
      "xml disabled)\n",
      show.enabled() ? "enabled" : "disabled", show.dropped(), show.rate_limited(), show.flushes(),
      show.overruns());
  for (const api::LogMessageCount& kind : show.limited()) {
    text += fmt::format("      %{}: {} rate-limited\n", kind.mnemonic(), kind.messages());
  }
  text += DestinationText("Console", show.console());
  text += "    Monitor logging: disabled\n";
  text += DestinationText("Buffer", show.buffer());
  text += "    Count and timestamp logging messages: disabled\n";
  if (show.trap().enabled()) {
    text += fmt::format("    Trap logging: level {}, {} message lines logged\n",
                        show.trap().level(), show.trap().messages());
  } else {
    text += "    Trap logging: disabled\n";
  }
  for (const api::LogHost& host : show.host()) {
    text += fmt::format(
        "        Logging to {} (udp port {}{}), {} message lines logged, {} dropped\n",
        host.address(), host.port(), host.vrf().empty() ? "" : fmt::format(", vrf {}", host.vrf()),
        host.messages(), host.dropped());
  }
  text += fmt::format("\nLog Buffer ({} bytes):\n", show.buffer_bytes());
  for (const std::string& line : show.line()) text += line + "\n";
  return text;
}

}  // namespace vam::mgmt
