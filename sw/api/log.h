// How a role reports what happened there to mgmt, which formats, limits and keeps it.
#ifndef VAM_SW_API_LOG_H_
#define VAM_SW_API_LOG_H_

#include <string>
#include <string_view>

#include "sw/api/channel.h"
#include "sw/api/log.pb.h"

namespace vam::api {

// "%FACILITY-SEVERITY-MNEMONIC: TEXT", without waiting: a message that the channel does not take is
// lost, the caller counts it if it matters. `severity`: 0 to 7 (RFC 5424, 6.2.1). Never pass key,
// nonce or payload bytes. A role that many packets can make speak limits itself before it calls:
// what mgmt throws away has crossed the channel.
inline Status SendLogRecord(Channel& mgmt, std::string_view facility, uint32_t severity,
                            std::string_view mnemonic, std::string_view text) {
  LogRecord record;
  record.set_facility(std::string(facility));
  record.set_severity(severity);
  record.set_mnemonic(std::string(mnemonic));
  record.set_text(std::string(text.substr(0, 1024)));
  return mgmt.Send(MessageType::kLogRecord, 0, record);
}

}  // namespace vam::api

#endif  // VAM_SW_API_LOG_H_
