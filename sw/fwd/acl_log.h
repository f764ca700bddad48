// What access list lines with `log` met: the first packet of each flow at once, then a sum every
// five minutes, as IOS has it.
#ifndef VAM_SW_FWD_ACL_LOG_H_
#define VAM_SW_FWD_ACL_LOG_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sw/base/clock.h"
#include "sw/fwd/acl_list.h"
#include "sw/ipsec/flow.h"

namespace vam::fwd {

// Belongs to the worker. Bounded: a flood of flows costs neither memory nor messages without end.
class AclLog {
 public:
  static constexpr size_t kFlows = 256;
  static constexpr size_t kMaxEvents = 64;  // that nobody took yet
  static constexpr uint64_t kPeriodNs = 300 * kNsPerSecond;

  struct Event {
    std::string list;
    uint32_t line = 0;  // index
    bool permit = false;
    ipsec::Flow flow;
    uint64_t packets = 0;
  };

  AclLog() : flows_(kFlows) {}

  void Met(const AccessList& list, const AclMatch& match, const ipsec::Flow& flow, uint64_t now_ns);
  // Sums that are due.
  void Tick(uint64_t now_ns);
  std::vector<Event> Take() { return std::exchange(events_, {}); }
  // Events that found no place; their packets are counted by their lines as ever.
  uint64_t missed() const { return missed_; }

 private:
  struct Place {
    Event event;          // packets: since the last event of this flow
    uint64_t due_ns = 0;  // 0: free
  };
  void Emit(Event event);

  std::vector<Place> flows_;
  std::vector<Event> events_;
  size_t used_ = 0;
  uint64_t next_ns_ = UINT64_MAX;
  uint64_t missed_ = 0;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_ACL_LOG_H_
