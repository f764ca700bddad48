#include "sw/mgmt/system_log.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace vam::mgmt {
namespace {

using config::Severity;

constexpr size_t kLongestText = 800;
constexpr size_t kLongestWord = 32;  // of a facility or mnemonic: MSGID has at most 32 (RFC 5424)
constexpr size_t kLongestDatagram = 1024;  // what every receiver takes (RFC 3164, 4.1)
constexpr size_t kMostKinds = 256;
constexpr uint64_t kWindowNs = kNsPerSecond;
constexpr uint32_t kBurst = 10;  // of one kind in a second

// Kinds that packets from anyone can cause: one a minute, as IOS has it.
constexpr std::array<std::string_view, 5> kSlowKinds{
    "CRYPTO-4-PKT_REPLAY_ERR", "CRYPTO-4-RECVD_PKT_INV_SPI", "CRYPTO-4-RECVD_PKT_MAC_ERR",
    "CRYPTO-4-RECVD_PKT_NOT_IPSEC", "CRYPTO-4-RECVD_PKT_INV_IDENTITY"};
constexpr uint64_t kSlowWindowNs = 60 * kNsPerSecond;

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// The calendar in UTC.
struct Civil {
  int year = 0;
  unsigned month = 0;  // from 1
  unsigned day = 0;
  unsigned hour = 0, minute = 0, second = 0, millisecond = 0;
};
Civil CivilOf(uint64_t wall_ns) {
  using namespace std::chrono;  // NOLINT(google-build-using-namespace)
  const sys_time<milliseconds> time{milliseconds(wall_ns / kNsPerMs)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss<milliseconds> clock(time - day);
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          static_cast<unsigned>(clock.hours().count()),
          static_cast<unsigned>(clock.minutes().count()),
          static_cast<unsigned>(clock.seconds().count()),
          static_cast<unsigned>(clock.subseconds().count())};
}

// "00:01:40", "1d02h", "3w4d": as IOS writes uptimes.
std::string UptimeText(uint64_t uptime_ns) {
  const uint64_t seconds = uptime_ns / kNsPerSecond;
  const uint64_t days = seconds / 86400;
  if (days >= 7) return fmt::format("{}w{}d", days / 7, days % 7);
  if (days >= 1) return fmt::format("{}d{:02}h", days, seconds / 3600 % 24);
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

bool IsName(std::string_view word) {
  return !word.empty() && word.size() <= kLongestWord &&
         std::all_of(word.begin(), word.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
         });
}

bool Passes(const std::optional<Severity>& least, Severity severity) {
  return least && severity <= *least;
}

int PriorityOf(const SystemMessage& message, const config::Logging& logging) {
  return logging.facility * 8 + static_cast<int>(message.severity);
}

std::string Cut(std::string datagram) {
  if (datagram.size() > kLongestDatagram) datagram.resize(kLongestDatagram);
  return datagram;
}

void FillDestination(const std::optional<Severity>& least, uint64_t messages,
                     api::LogDestination& out) {
  out.set_enabled(least.has_value());
  if (least) out.set_level(std::string(config::SeverityName(*least)));
  out.set_messages(messages);
}

}  // namespace

std::string SystemMessage::Name() const {
  return fmt::format("{}-{}-{}", facility, static_cast<int>(severity), mnemonic);
}

std::string EscapeLogText(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (escaped.size() >= kLongestText) return escaped + "...";
    if (c >= 0x20 && c < 0x7F) {
      escaped += c;
    } else {
      escaped += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return escaped;
}

std::string TimestampOf(const SystemMessage& message, const config::Timestamps& stamps) {
  if (stamps.kind == config::TimestampKind::kNone) return "";
  if (stamps.kind == config::TimestampKind::kUptime) return UptimeText(message.uptime_ns) + ": ";
  const Civil time = CivilOf(message.wall_ns);
  std::string text = fmt::format("*{} {:>2} ", kMonths[time.month - 1], time.day);
  if (stamps.year) text += fmt::format("{} ", time.year);
  text += fmt::format("{:02}:{:02}:{:02}", time.hour, time.minute, time.second);
  if (stamps.msec) text += fmt::format(".{:03}", time.millisecond);
  if (stamps.show_timezone) text += " UTC";
  return text + ": ";
}

std::string IosLine(const SystemMessage& message, const config::Logging& logging) {
  const bool debug = message.severity == Severity::kDebugging;
  const std::string number =
      logging.sequence_numbers ? fmt::format("{:06}: ", message.sequence) : "";
  return fmt::format(
      "{}{}%{}: {}", number,
      TimestampOf(message, debug ? logging.debug_timestamps : logging.log_timestamps),
      message.Name(), message.text);
}

std::string IosDatagram(const SystemMessage& message, const config::Logging& logging,
                        uint64_t number) {
  const std::string count = number == 0 ? "" : fmt::format("{}: ", number);
  return Cut(
      fmt::format("<{}>{}{}", PriorityOf(message, logging), count, IosLine(message, logging)));
}

std::string Rfc5424Datagram(const SystemMessage& message, const config::Logging& logging,
                            std::string_view hostname, uint64_t number) {
  const Civil time = CivilOf(message.wall_ns);
  const std::string data = number == 0 ? "-" : fmt::format("[meta sequenceId=\"{}\"]", number);
  return Cut(
      fmt::format("<{}>1 {:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z {} openvam - {} {} %{}: {}",
                  PriorityOf(message, logging), time.year, time.month, time.day, time.hour,
                  time.minute, time.second, time.millisecond, hostname, message.mnemonic, data,
                  message.Name(), message.text));
}

void SystemLog::Configure(const config::Running& running) {
  hostname_ = running.hostname;
  std::vector<HostState> hosts;
  for (const config::LoggingHost& host : running.logging.hosts) {
    const auto known = std::find_if(logging_.hosts.begin(), logging_.hosts.end(),
                                    [&](const config::LoggingHost& other) {
                                      return other.address == host.address && other.vrf == host.vrf;
                                    });
    hosts.push_back(known == logging_.hosts.end()
                        ? HostState()
                        : hosts_[static_cast<size_t>(known - logging_.hosts.begin())]);
  }
  hosts_ = std::move(hosts);
  logging_ = running.logging;
  while (bytes_ > logging_.buffer_bytes) {
    bytes_ -= lines_.front().size() + 1;
    lines_.pop_front();
  }
}

void SystemLog::Post(const api::LogRecord& record) {
  if (!IsName(record.facility()) || !IsName(record.mnemonic()) || record.severity() > 7) {
    ++dropped_;
    return;
  }
  Post(record.facility(), static_cast<Severity>(record.severity()), record.mnemonic(),
       record.text());
}

void SystemLog::Post(std::string_view facility, Severity severity, std::string_view mnemonic,
                     std::string_view text) {
  SystemMessage message{std::string(facility),
                        severity,
                        std::string(mnemonic),
                        EscapeLogText(text),
                        clock_.WallNs(),
                        clock_.MonotonicNs() - start_ns_,
                        posted_ + 1};
  if (!Allowed(message)) {
    ++limited_;
    return;
  }
  ++posted_;
  const std::string line = IosLine(message, logging_);
  if (Passes(logging_.console, severity)) {
    ++to_console_;
    write_(line);
  }
  if (!logging_.on) return;  // as IOS: the console alone
  if (Passes(logging_.monitor, severity)) TellSessions(line);
  if (Passes(logging_.buffer, severity)) Keep(line);
  if (!Passes(logging_.trap, severity)) return;
  for (size_t host = 0; host < logging_.hosts.size(); ++host) SendTo(host, message);
}

bool SystemLog::Allowed(const SystemMessage& message) {
  const uint64_t now = clock_.MonotonicNs();
  const auto take = [now](Limiter& limiter, uint64_t window_ns, uint32_t most) {
    if (limiter.in_window == 0 || now - limiter.window_begin_ns >= window_ns) {
      limiter.window_begin_ns = now;
      limiter.in_window = 0;
    }
    if (limiter.in_window >= most) {
      ++limiter.limited;
      return false;
    }
    ++limiter.in_window;
    return true;
  };
  std::string name = message.Name();
  // The names come from roles: one that invents them gets one limiter for all the rest.
  if (!limiters_.contains(name) && limiters_.size() >= kMostKinds) name = "OTHER";
  const bool slow = std::find(kSlowKinds.begin(), kSlowKinds.end(), name) != kSlowKinds.end();
  if (!take(limiters_[name], slow ? kSlowWindowNs : kWindowNs, slow ? 1 : kBurst)) return false;
  if (logging_.rate_limit == 0 || Passes(logging_.rate_except, message.severity)) return true;
  return take(all_, kWindowNs, logging_.rate_limit);
}

// As IOS counts: a message that no session is there for is not logged, one that a session could not
// take is dropped.
void SystemLog::TellSessions(const std::string& line) {
  if (!tell_) return;
  const Told told = tell_(line);
  if (told.sessions != 0) ++to_monitor_;
  dropped_ += told.dropped;
}

void SystemLog::Keep(const std::string& line) {
  ++to_buffer_;
  lines_.push_back(line);
  bytes_ += line.size() + 1;
  while (bytes_ > logging_.buffer_bytes) {
    ++overruns_;
    bytes_ -= lines_.front().size() + 1;
    lines_.pop_front();
  }
}

void SystemLog::SendTo(size_t place, const SystemMessage& message) {
  const config::LoggingHost& host = logging_.hosts[place];
  HostState& state = hosts_[place];
  const uint64_t number = host.sequence ? state.messages + state.dropped + 1 : 0;
  const bool rfc = logging_.format == config::LogFormat::kRfc5424;
  api::LogDatagram datagram;
  const Bytes address = host.address.bytes();
  datagram.set_destination(address.data(), address.size());
  datagram.set_destination_port(host.port);
  datagram.set_vrf(host.vrf);
  datagram.set_source_interface(logging_.source_interface);
  datagram.set_payload(rfc ? Rfc5424Datagram(message, logging_, hostname_, number)
                           : IosDatagram(message, logging_, number));
  if (send_(datagram)) {
    ++state.messages;
    ++to_hosts_;
  } else {
    ++state.dropped;
    ++dropped_;
  }
}

void SystemLog::Clear() {
  ++flushes_;
  lines_.clear();
  bytes_ = 0;
}

api::Logging SystemLog::Show() const {
  api::Logging show;
  show.set_enabled(logging_.on);
  show.set_dropped(dropped_);
  show.set_rate_limited(limited_);
  show.set_flushes(flushes_);
  show.set_overruns(overruns_);
  FillDestination(logging_.console, to_console_, *show.mutable_console());
  FillDestination(logging_.monitor, to_monitor_, *show.mutable_monitor());
  FillDestination(logging_.buffer, to_buffer_, *show.mutable_buffer());
  FillDestination(logging_.trap, to_hosts_, *show.mutable_trap());
  show.set_buffer_bytes(logging_.buffer_bytes);
  show.set_facility(std::string(config::FacilityName(logging_.facility)));
  for (const std::string& line : lines_) show.add_line(line);
  for (size_t i = 0; i < logging_.hosts.size(); ++i) {
    api::LogHost& host = *show.add_host();
    host.set_address(net::ToString(logging_.hosts[i].address));
    host.set_port(logging_.hosts[i].port);
    host.set_vrf(logging_.hosts[i].vrf);
    host.set_messages(hosts_[i].messages);
    host.set_dropped(hosts_[i].dropped);
  }
  for (const auto& [name, limiter] : limiters_) {
    if (limiter.limited == 0) continue;
    api::LogMessageCount& count = *show.add_limited();
    count.set_mnemonic(name);
    count.set_messages(limiter.limited);
  }
  return show;
}

}  // namespace vam::mgmt
