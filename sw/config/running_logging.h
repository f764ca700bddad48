// The configuration of system messages, as plain data. Part of sw/config/running.h.
#ifndef VAM_SW_CONFIG_RUNNING_LOGGING_H_
#define VAM_SW_CONFIG_RUNNING_LOGGING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sw/net/address.h"

namespace vam::config {

// RFC 5424, 6.2.1, by the words of IOS; smaller is worse.
enum class Severity : uint8_t {
  kEmergencies,
  kAlerts,
  kCritical,
  kErrors,
  kWarnings,
  kNotifications,
  kInformational,
  kDebugging,
};
// "emergencies" ... "debugging".
std::string_view SeverityName(Severity severity);
// The word or 0-7.
std::optional<Severity> ParseSeverity(std::string_view word);

// RFC 5424, 6.2.1, numbers of facilities: "local7" is 23, the default.
inline constexpr uint8_t kDefaultFacility = 23;
std::string_view FacilityName(uint8_t facility);
std::optional<uint8_t> ParseFacility(std::string_view word);

// `service timestamps {log | debug} ...`.
enum class TimestampKind : uint8_t { kNone, kUptime, kDatetime };
struct Timestamps {
  TimestampKind kind = TimestampKind::kDatetime;
  bool msec = true;
  bool localtime = false;  // kept: the gateway's time zone is UTC
  bool show_timezone = false;
  bool year = false;
  bool operator==(const Timestamps&) const = default;
};

inline constexpr uint16_t kSyslogPort = 514;  // RFC 5426, 3.3
inline constexpr size_t kMaxLoggingHosts = 16;
struct LoggingHost {
  net::Address address;
  std::string vrf = {};  // empty: the global table
  uint16_t port = kSyslogPort;
  bool sequence = false;  // each line to this host is numbered
  bool operator==(const LoggingHost&) const = default;
};

// kIos: "<189>12: *Nov 21 14:00:00.000: %SYS-5-CONFIG_I: text"; kRfc5424: RFC 5424, 6.
enum class LogFormat : uint8_t { kIos, kRfc5424 };

inline constexpr uint32_t kMinLogBuffer = 4096;
inline constexpr uint32_t kMaxLogBuffer = 64 * 1024 * 1024;
struct Logging {
  bool on = true;
  uint32_t buffer_bytes = kMinLogBuffer;
  // None: that destination is off. A message goes where its severity is this or worse.
  std::optional<Severity> buffer = Severity::kDebugging;
  std::optional<Severity> console = Severity::kDebugging;   // standard error of vamd
  std::optional<Severity> monitor = Severity::kDebugging;   // sessions with `terminal monitor`
  std::optional<Severity> trap = Severity::kInformational;  // hosts
  uint8_t facility = kDefaultFacility;
  LogFormat format = LogFormat::kIos;
  std::string source_interface = {};  // its address is the source; empty: the outgoing interface's
  uint32_t rate_limit = 0;            // messages per second to all destinations; 0: no limit
  std::optional<Severity> rate_except = {};  // these and worse are not limited
  std::vector<LoggingHost> hosts = {};
  Timestamps log_timestamps = {};
  Timestamps debug_timestamps = {};
  bool sequence_numbers = false;  // `service sequence-numbers`
  bool operator==(const Logging&) const = default;
};

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_RUNNING_LOGGING_H_
