// show access-lists, show ipv6 neighbors and show logging, as IOS prints them.
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

std::string RenderNeighbors(const api::Neighbors& show) {
  std::string text =
      "IPv6 Address                              Age Link-layer Addr State Interface\n";
  for (const api::NeighborState& entry : show.entry()) {
    const std::string age = entry.age_minutes() < 0 ? "-" : std::to_string(entry.age_minutes());
    text += fmt::format("{:<40} {:>4} {:<15} {:<5} {}\n", entry.address(), age,
                        entry.mac().empty() ? "-" : entry.mac(), entry.state(), entry.interface());
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
  text += DestinationText("Monitor", show.monitor());
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
