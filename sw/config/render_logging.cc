#include <fmt/core.h>

#include "sw/config/render_net.h"

namespace vam::config {
namespace {

void TimestampLine(std::string_view what, const Timestamps& stamps, std::string& text) {
  if (stamps == Timestamps()) return;
  if (stamps.kind == TimestampKind::kNone) {
    text += fmt::format("no service timestamps {}\n", what);
    return;
  }
  text += fmt::format("service timestamps {} {}", what,
                      stamps.kind == TimestampKind::kUptime ? "uptime" : "datetime");
  if (stamps.msec) text += " msec";
  if (stamps.localtime) text += " localtime";
  if (stamps.show_timezone) text += " show-timezone";
  if (stamps.year) text += " year";
  text += '\n';
}

// "logging NAME SEVERITY", or "no logging NAME"; nothing for the default.
void DestinationLine(std::string_view name, const std::optional<Severity>& severity,
                     const std::optional<Severity>& by_default, std::string& text) {
  if (severity == by_default) return;
  text += severity ? fmt::format("logging {} {}\n", name, SeverityName(*severity))
                   : fmt::format("no logging {}\n", name);
}

void HostLine(const LoggingHost& host, std::string& text) {
  text += "logging host " + net::ToString(host.address);
  if (!host.vrf.empty()) text += " vrf " + host.vrf;
  if (host.port != kSyslogPort) text += fmt::format(" transport udp port {}", host.port);
  if (host.sequence) text += " sequence-num-session";
  text += '\n';
}

}  // namespace

std::string RenderService(const Logging& logging) {
  std::string text;
  TimestampLine("debug", logging.debug_timestamps, text);
  TimestampLine("log", logging.log_timestamps, text);
  if (logging.sequence_numbers) text += "service sequence-numbers\n";
  return text.empty() ? text : text + "!\n";
}

std::string RenderLogging(const Logging& logging) {
  const Logging defaults;
  std::string text;
  if (!logging.on) text += "no logging on\n";
  if (!logging.buffer) {
    text += "no logging buffered\n";
  } else if (logging.buffer != defaults.buffer || logging.buffer_bytes != defaults.buffer_bytes) {
    text += fmt::format("logging buffered {}", logging.buffer_bytes);
    if (logging.buffer != defaults.buffer) {
      text += fmt::format(" {}", SeverityName(*logging.buffer));
    }
    text += '\n';
  }
  DestinationLine("console", logging.console, defaults.console, text);
  DestinationLine("monitor", logging.monitor, defaults.monitor, text);
  DestinationLine("trap", logging.trap, defaults.trap, text);
  if (logging.facility != defaults.facility) {
    text += fmt::format("logging facility {}\n", FacilityName(logging.facility));
  }
  if (logging.format == LogFormat::kRfc5424) text += "logging format rfc5424\n";
  if (!logging.source_interface.empty()) {
    text += fmt::format("logging source-interface {}\n", logging.source_interface);
  }
  if (logging.rate_limit != 0) {
    text += fmt::format("logging rate-limit {}", logging.rate_limit);
    if (logging.rate_except) text += fmt::format(" except {}", SeverityName(*logging.rate_except));
    text += '\n';
  }
  for (const LoggingHost& host : logging.hosts) HostLine(host, text);
  return text.empty() ? text : text + "!\n";
}

}  // namespace vam::config
