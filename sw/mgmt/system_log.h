// The system's messages ("%SYS-5-CONFIG_I: ..."): limited, formatted, kept in a buffer and sent to
// the hosts of the configuration.
#ifndef VAM_SW_MGMT_SYSTEM_LOG_H_
#define VAM_SW_MGMT_SYSTEM_LOG_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sw/api/log.pb.h"
#include "sw/api/show.pb.h"
#include "sw/base/clock.h"
#include "sw/config/running.h"

namespace vam::mgmt {

// A message as it came, with its times.
struct SystemMessage {
  std::string facility;
  config::Severity severity = config::Severity::kInformational;
  std::string mnemonic;
  std::string text;  // printable ASCII
  uint64_t wall_ns = 0;
  uint64_t uptime_ns = 0;
  uint64_t sequence = 0;  // from 1

  // "CRYPTO-4-PKT_REPLAY_ERR".
  std::string Name() const;
};

// `text` with control and non-ASCII characters as "\x1b", cut to 800 characters: what a peer chose
// can neither begin a line nor move a cursor.
std::string EscapeLogText(std::string_view text);
// "*Mar 24 20:55:45.739: "; "" without a time. Times are UTC; the star says that nobody vouches for
// the clock, as in IOS without NTP.
std::string TimestampOf(const SystemMessage& message, const config::Timestamps& stamps);
// A line of the buffer: "000012: *Mar 24 20:55:45.739: %CRYPTO-4-PKT_REPLAY_ERR: text".
std::string IosLine(const SystemMessage& message, const config::Logging& logging);
// The payloads of datagrams, both with the priority in front. `number`: of the lines to this host.
std::string IosDatagram(const SystemMessage& message, const config::Logging& logging,
                        uint64_t number);
// RFC 5424, 6: "<188>1 2026-11-21T14:00:00.000Z gw-a openvam - PKT_REPLAY_ERR [meta
// sequenceId="7"] %CRYPTO-4-PKT_REPLAY_ERR: text".
std::string Rfc5424Datagram(const SystemMessage& message, const config::Logging& logging,
                            std::string_view hostname, uint64_t number);

class SystemLog {
 public:
  // Takes a datagram to the wire; false: it could not be taken.
  using Send = std::function<bool(const api::LogDatagram&)>;
  // Takes a line to the sessions that want it; how many got it, and how many could not take it.
  struct Told {
    uint32_t sessions = 0;
    uint32_t dropped = 0;
  };
  using Tell = std::function<Told(const std::string&)>;
  // Takes a line to standard error.
  using Write = std::function<void(const std::string&)>;

  SystemLog(const Clock& clock, Send send, Write write)
      : clock_(clock),
        start_ns_(clock.MonotonicNs()),
        send_(std::move(send)),
        write_(std::move(write)) {}

  // Whom `logging monitor` is for; nobody until this is called.
  void set_monitor(Tell tell) { tell_ = std::move(tell); }
  // What is in the buffer stays, as far as it fits.
  void Configure(const config::Running& running);
  // `record` comes from another role: a malformed one is counted as dropped.
  void Post(const api::LogRecord& record);
  void Post(std::string_view facility, config::Severity severity, std::string_view mnemonic,
            std::string_view text);
  // `clear logging`.
  void Clear();
  api::Logging Show() const;

 private:
  // Messages of one kind: at most `burst` in each window.
  struct Limiter {
    uint64_t window_begin_ns = 0;
    uint32_t in_window = 0;
    uint64_t limited = 0;
  };
  struct HostState {
    uint64_t messages = 0;
    uint64_t dropped = 0;
  };
  bool Allowed(const SystemMessage& message);
  void Keep(const std::string& line);
  void TellSessions(const std::string& line);
  void SendTo(size_t host, const SystemMessage& message);

  const Clock& clock_;
  uint64_t start_ns_;
  Send send_;
  Write write_;
  Tell tell_;
  config::Logging logging_;
  std::string hostname_;
  std::deque<std::string> lines_;
  size_t bytes_ = 0;                         // of lines_
  std::vector<HostState> hosts_;             // beside logging_.hosts
  std::map<std::string, Limiter> limiters_;  // by name, bounded
  Limiter all_;
  uint64_t posted_ = 0, dropped_ = 0, limited_ = 0, flushes_ = 0, overruns_ = 0;
  uint64_t to_console_ = 0, to_monitor_ = 0, to_buffer_ = 0, to_hosts_ = 0;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_SYSTEM_LOG_H_
