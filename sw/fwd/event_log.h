// System messages of the data plane ("%CRYPTO-4-RECVD_PKT_INV_SPI: ..."): limited here, formatted
// and kept by mgmt.
#ifndef VAM_SW_FWD_EVENT_LOG_H_
#define VAM_SW_FWD_EVENT_LOG_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/clock.h"
#include "sw/base/gen/vam_reason.h"
#include "sw/config/running.h"
#include "sw/fwd/acl_log.h"
#include "sw/ipsec/flow.h"
#include "sw/ipsec/sa.h"

namespace vam::fwd {

// Facility, severity and mnemonic: a row of the table in event_log.cc.
enum class EventName : uint8_t {
  kInvalidSpi,
  kMacError,
  kReplayError,
  kNotIpsec,
  kInvalidIdentity,
  kAclPorts,  // %SEC-6-IPACCESSLOGP and its family
  kAclIcmp,
  kAclOther,
  kAclStandard,
  kAclMissed,
  kAcl6Ports,
  kAcl6Icmp,
  kAcl6Other,
  kLinkChanged,
  kLinkUp,
  kLineProtocol,
  kEngineState,
  kEngineFailed,
  kSession,
  kDropped,
  kNumber,
};

struct SystemEvent {
  std::string_view facility;
  uint32_t severity = 0;  // 0 to 7 (RFC 5424, 6.2.1)
  std::string_view mnemonic;
  std::string text;
};

// Belongs to the worker. Never waits: a message for which there is no room is counted, and the next
// that is taken tells of it. A flood of packets costs a comparison each, once the second has its
// messages.
class EventLog {
 public:
  static constexpr size_t kMostQueued = 256;
  static constexpr uint32_t kPerSecond = 10;  // of one name, where packets of anyone cause it

  explicit EventLog(const Clock& clock) : clock_(clock) {}

  void Say(EventName name, std::string text);

  // An inbound packet that ended: what it says of the SA or its sender. Reasons that have no
  // message say nothing. `sa` null: no SA. What does not fit an SA is told with the SA's selectors
  // (RFC 4301, 5.2; ASA-23).
  void SayInbound(Reason reason, const ipsec::SaSettings* sa, Bytes packet);
  // `event` of a list of `running`.
  void SayAcl(const config::Running& running, const AclLog::Event& event);

  // A message that was taken and did not get there.
  void CountLost() { ++dropped_; }

  bool empty() const { return queue_.empty() && dropped_ == 0; }
  std::vector<SystemEvent> Take();

 private:
  struct Limit {
    uint64_t second_ns = 0;  // when its present second began
    uint32_t said = 0;       // in it
  };
  bool Allowed(EventName name);

  const Clock& clock_;
  std::vector<SystemEvent> queue_;
  std::array<Limit, static_cast<size_t>(EventName::kNumber)> limits_;
  uint64_t dropped_ = 0;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_EVENT_LOG_H_
