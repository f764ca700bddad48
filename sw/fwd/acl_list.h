// An interface access list: which packets may pass an interface. Apart from crypto access lists,
// which only choose what is protected (SY-72).
#ifndef VAM_SW_FWD_ACL_LIST_H_
#define VAM_SW_FWD_ACL_LIST_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/fwd/parsed.h"
#include "sw/ipsec/policy.h"
#include "sw/ipsec/policy_table.h"

namespace vam::fwd {

inline constexpr uint8_t kTcpRst = 4, kTcpAck = 16;  // bits in the header (RFC 9293, 3.1)

// Beyond what crypto access lists can ask for. All that is given must hold.
struct AclExtras {
  // Ports: every one but the range.
  bool source_ports_except = false;
  bool destination_ports_except = false;
  bool established = false;  // TCP: ACK or RST is set
  // TCP: of the flags that should be set and those that should be clear all hold, or any.
  uint8_t flags_set = 0;
  uint8_t flags_clear = 0;
  bool flags_all = true;
  // Of the TOS byte or traffic class, under the mask: DSCP, precedence, TOS.
  uint8_t tos = 0;
  uint8_t tos_mask = 0;
  uint8_t ttl_first = 0;
  uint8_t ttl_last = 255;
  bool ttl_except = false;
  std::optional<uint32_t> flow_label;  // IPv6
  bool routing = false;                // IPv6: there is a routing header
  bool undetermined = false;           // packets that hide their upper layer, and only those
};
struct AclLine {
  ipsec::PolicyLine match;
  AclExtras extras;
  bool log = false;
};

// Packets that met each line, and the end of the list. Shared by all that look packets up in the
// list, and by the snapshots that hold it, so that a commit elsewhere does not reset them. One
// thread counts and clears, any may read: a plain load and store is enough.
class AclCounters {
 public:
  explicit AclCounters(size_t lines) : counts_(lines + 1) {}

  // Requires: line <= lines().
  void Add(size_t line) {
    counts_[line].store(counts_[line].load(std::memory_order_relaxed) + 1,
                        std::memory_order_relaxed);
  }
  uint64_t Of(size_t line) const { return counts_[line].load(std::memory_order_relaxed); }
  void Clear() {
    for (auto& count : counts_) count.store(0, std::memory_order_relaxed);
  }
  size_t lines() const { return counts_.size() - 1; }

 private:
  std::vector<std::atomic<uint64_t>> counts_;  // the last: the implicit end
};

// What a list looks at beside the flow.
struct AclPacket {
  const ipsec::Flow& flow;
  uint8_t tos = 0;
  uint8_t ttl = 0;
  bool flags_shown = false;
  uint8_t tcp_flags = 0;
  bool routing = false;
  uint32_t flow_label = 0;
  // Hides what its first bytes should show (RFC 1858, 3 and 4; RFC 7112): a first fragment cut off
  // before ports or flags, a TCP fragment that would overwrite flags, a chain of headers with no
  // end.
  bool evasive = false;
};
// Requires: `parsed` was read from `packet`.
AclPacket AclPacketOf(const Parsed& parsed, Bytes packet);

struct AclMatch {
  bool permit = false;
  bool log = false;
  uint32_t line = 0;  // index; the number of lines: the implicit end
};

// Immutable but for its counters: any number of threads may ask it.
//
// The first matching line decides; at the end stands a deny (in an IPv6 list behind permits of
// neighbor solicitations and advertisements, as in IOS). A list without lines permits everything,
// as in IOS. A later fragment shows no ports, type or flags: lines that ask for them match it if
// they permit and their addresses and protocol agree, and never if they deny, so that what one line
// denies of a packet is its first fragment. A packet that evades the list is denied, unless a line
// for such packets says otherwise.
class AccessList {
 public:
  // `counters`: as many as lines.
  AccessList(std::string name, bool v6, const std::vector<AclLine>& lines,
             std::shared_ptr<AclCounters> counters);

  // Looks at the list and counts. `v6` packets meet no IPv4 line and vice versa.
  AclMatch Judge(const AclPacket& packet) const;

  const std::string& name() const { return name_; }
  bool v6() const { return v6_; }
  size_t lines() const { return rests_.size(); }
  const std::shared_ptr<AclCounters>& counters() const { return counters_; }

 private:
  struct Rest {
    ipsec::PolicyLine match;  // its addresses are in the gate
    AclExtras extras;
    bool transport;  // asks for ports, type or flags
    bool log;
  };
  static bool MeetsTransport(const Rest& line, const AclPacket& packet);
  static bool Meets(const Rest& line, const AclPacket& packet);
  template <typename Gate>
  uint32_t First(const std::vector<Gate>& gates, const AclPacket& packet) const;

  std::string name_;
  bool v6_;
  std::vector<ipsec::GateV4> gates_v4_;  // one of the two, by line
  std::vector<ipsec::GateV6> gates_v6_;
  std::vector<Rest> rests_;
  std::shared_ptr<AclCounters> counters_;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_ACL_LIST_H_
