// System messages: where they go and how they look.
#include <fmt/core.h>

#include <algorithm>

#include "sw/config/arguments.h"
#include "sw/config/statements.h"

namespace vam::config {
namespace {

Logging& Current(Editor& editor) { return editor.running.logging; }

std::optional<Severity> SeverityOf(const Match& match) {
  const Token* word = match.Find("severity");
  return word == nullptr ? std::nullopt : ParseSeverity(word->text);
}

std::optional<Fault> On(Editor& editor, const Match& match) {
  Current(editor).on = !match.negated();
  return {};
}

// `no` of a destination switches it off; `default` gives its default back.
bool Defaulted(const Match& match) { return match.tokens[0].text == "default"; }

std::optional<Fault> Buffered(Editor& editor, const Match& match) {
  Logging& logging = Current(editor);
  if (match.negated()) {
    const Logging defaults;
    logging.buffer = Defaulted(match) ? defaults.buffer : std::nullopt;
    logging.buffer_bytes = defaults.buffer_bytes;
    return {};
  }
  if (const Token* size = match.Find("number")) logging.buffer_bytes = NumberOf(*size);
  logging.buffer = SeverityOf(match).value_or(Severity::kDebugging);
  return {};
}
std::optional<Fault> Console(Editor& editor, const Match& match) {
  std::optional<Severity>& console = Current(editor).console;
  if (match.negated()) {
    console = Defaulted(match) ? Logging().console : std::nullopt;
  } else {
    console = SeverityOf(match).value_or(Severity::kDebugging);
  }
  return {};
}
std::optional<Fault> Monitor(Editor& editor, const Match& match) {
  std::optional<Severity>& monitor = Current(editor).monitor;
  if (match.negated()) {
    monitor = Defaulted(match) ? Logging().monitor : std::nullopt;
  } else {
    monitor = SeverityOf(match).value_or(Severity::kDebugging);
  }
  return {};
}
std::optional<Fault> Trap(Editor& editor, const Match& match) {
  std::optional<Severity>& trap = Current(editor).trap;
  if (match.negated()) {
    trap = Defaulted(match) ? Logging().trap : std::nullopt;
  } else {
    trap = SeverityOf(match).value_or(Severity::kInformational);
  }
  return {};
}
std::optional<Fault> Facility(Editor& editor, const Match& match) {
  const Token* word = match.Find("facility");
  Current(editor).facility = match.negated() ? kDefaultFacility : *ParseFacility(word->text);
  return {};
}
std::optional<Fault> Format(Editor& editor, const Match& match) {
  Current(editor).format =
      !match.negated() && match.Has("rfc5424") ? LogFormat::kRfc5424 : LogFormat::kIos;
  return {};
}
std::optional<Fault> SourceInterface(Editor& editor, const Match& match) {
  if (match.negated()) {
    Current(editor).source_interface.clear();
    return {};
  }
  Current(editor).source_interface = match.Argument("interface").text;
  editor.Note("logging source-interface");
  return {};
}
std::optional<Fault> RateLimit(Editor& editor, const Match& match) {
  Logging& logging = Current(editor);
  logging.rate_limit = match.negated() ? 0 : NumberOf(match.Argument("number"));
  logging.rate_except = match.negated() ? std::nullopt : SeverityOf(match);
  return {};
}

std::optional<Fault> Host(Editor& editor, const Match& match) {
  const Token* token = match.Find("address");
  if (token == nullptr) token = &match.Argument("address6");
  LoggingHost host{AddressOf(*token)};
  if (!host.address.IsRoutableUnicast()) return Fault{token, "not the address of a host"};
  if (const Token* vrf = match.Find("vrf")) {
    host.vrf = vrf->text;
    if (editor.running.FindVrf(vrf->text) == nullptr) return Fault{vrf, "no such VRF"};
  }
  if (const Token* port = match.Find("number")) host.port = static_cast<uint16_t>(NumberOf(*port));
  host.sequence = match.Has("sequence-num-session");
  std::vector<LoggingHost>& hosts = Current(editor).hosts;
  const auto known = std::find_if(hosts.begin(), hosts.end(), [&](const LoggingHost& other) {
    return other.address == host.address && other.vrf == host.vrf;
  });
  if (match.negated()) {
    if (known == hosts.end()) return Fault{token, "no such host"};
    hosts.erase(known);
  } else if (known != hosts.end()) {
    *known = std::move(host);
  } else if (hosts.size() >= kMaxLoggingHosts) {
    return Fault{token, fmt::format("more than {} hosts", kMaxLoggingHosts)};
  } else {
    hosts.push_back(std::move(host));
  }
  return {};
}

std::optional<Fault> ServiceTimestamps(Editor& editor, const Match& match) {
  Timestamps stamps;
  if (Defaulted(match)) {
    stamps = Timestamps();
  } else if (match.negated()) {
    stamps = {TimestampKind::kNone, false};
  } else if (match.Has("uptime")) {
    stamps = {TimestampKind::kUptime, false};
  } else {
    // IOS: without a word the time alone.
    stamps = {TimestampKind::kDatetime, match.Has("msec"), match.Has("localtime"),
              match.Has("show-timezone"), match.Has("year")};
  }
  if (!match.Has("debug")) Current(editor).log_timestamps = stamps;
  if (!match.Has("log")) Current(editor).debug_timestamps = stamps;
  return {};
}
std::optional<Fault> SequenceNumbers(Editor& editor, const Match& match) {
  Current(editor).sequence_numbers = !match.negated();
  return {};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "logging on", "Send system messages to their destinations (default)"}, On},
    {{Mode::kConfig, "no logging on", "Send system messages to the console only"}, On},
    {{Mode::kConfig, "logging buffered [ <number:4096-67108864> ] [ <severity> ]",
      "Keep messages in memory: bytes, and the least severity (default 4096 debugging)"},
     Buffered},
    {{Mode::kConfig, "no logging buffered [ <number:4096-67108864> ] [ <severity> ]",
      "Keep no messages"},
     Buffered},
    {{Mode::kConfig, "logging console [ <severity> ]", "Messages to vamd's standard error"},
     Console},
    {{Mode::kConfig, "no logging console [ <severity> ]", "No messages to standard error"},
     Console},
    {{Mode::kConfig, "logging monitor [ <severity> ]",
      "Messages to sessions that asked by 'terminal monitor' (default debugging)"},
     Monitor},
    {{Mode::kConfig, "no logging monitor [ <severity> ]", "No messages to sessions"}, Monitor},
    {{Mode::kConfig, "logging trap [ <severity> ]",
      "Least severity of messages to hosts (default informational)"},
     Trap},
    {{Mode::kConfig, "no logging trap [ <severity> ]", "No messages to hosts"}, Trap},
    {{Mode::kConfig, "logging facility <facility>", "Facility of messages to hosts (local7)"},
     Facility},
    {{Mode::kConfig, "no logging facility [ <facility> ]", "Back to local7"}, Facility},
    {{Mode::kConfig, "logging format { ios | rfc5424 }",
      "Format of messages to hosts (OpenVAM's own; default ios)"},
     Format},
    {{Mode::kConfig, "no logging format [ { ios | rfc5424 } ]", "Back to ios"}, Format},
    {{Mode::kConfig, "logging source-interface <interface>",
      "Send messages to hosts from this interface's address"},
     SourceInterface},
    {{Mode::kConfig, "no logging source-interface [ <interface> ]",
      "Send from the outgoing interface's address"},
     SourceInterface},
    {{Mode::kConfig, "logging rate-limit [ all ] <number:1-10000> [ except <severity> ]",
      "Messages per second at most, of severities less than the one excepted"},
     RateLimit},
    {{Mode::kConfig, "no logging rate-limit [ [ all ] <number:1-10000> [ except <severity> ] ]",
      "No common limit"},
     RateLimit},
    {{Mode::kConfig,
      "logging host { <address> | <address6> } [ vrf <vrf> ] "
      "[ transport udp port <number:1-65535> ] [ sequence-num-session ]",
      "Send messages to this host (UDP, RFC 5426)"},
     Host},
    {{Mode::kConfig,
      "no logging host { <address> | <address6> } [ vrf <vrf> ] "
      "[ transport udp port <number:1-65535> ] [ sequence-num-session ]",
      "Send no messages to this host"},
     Host},
    {{Mode::kConfig, "logging <address>", "The same as logging host"}, Host},
    {{Mode::kConfig, "no logging <address>", "The same as no logging host"}, Host},
    {{Mode::kConfig,
      "service timestamps [ { log | debug } [ { uptime | datetime *[ msec | localtime | "
      "show-timezone | year ] } ] ]",
      "Times of messages (default datetime msec)"},
     ServiceTimestamps},
    {{Mode::kConfig, "no service timestamps [ { log | debug } ]", "No times"}, ServiceTimestamps},
    {{Mode::kConfig, "service sequence-numbers", "Number the messages"}, SequenceNumbers},
    {{Mode::kConfig, "no service sequence-numbers", "Do not number them (default)"},
     SequenceNumbers},
};

constexpr std::string_view kSeverities[] = {"emergencies",   "alerts",   "critical",
                                            "errors",        "warnings", "notifications",
                                            "informational", "debugging"};
constexpr std::string_view kFacilities[] = {
    "kern",   "user",   "mail",   "daemon", "auth",   "syslog", "lpr",    "news",
    "uucp",   "sys9",   "sys10",  "sys11",  "sys12",  "sys13",  "sys14",  "cron",
    "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"};

}  // namespace

std::string_view SeverityName(Severity severity) {
  return kSeverities[static_cast<size_t>(severity)];
}
std::optional<Severity> ParseSeverity(std::string_view word) {
  for (size_t i = 0; i < std::size(kSeverities); ++i) {
    if (kSeverities[i] == word) return static_cast<Severity>(i);
  }
  const auto number = ParseNumber(word);
  if (!number || *number > 7) return std::nullopt;
  return static_cast<Severity>(*number);
}
std::string_view FacilityName(uint8_t facility) {
  return facility < std::size(kFacilities) ? kFacilities[facility] : "unknown";
}
std::optional<uint8_t> ParseFacility(std::string_view word) {
  for (size_t i = 0; i < std::size(kFacilities); ++i) {
    if (kFacilities[i] == word) return static_cast<uint8_t>(i);
  }
  return std::nullopt;
}

std::span<const ConfigStatement> LoggingStatements() { return kStatements; }

}  // namespace vam::config
