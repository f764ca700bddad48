// The security policy of one interface: its crypto map, compiled (SY-71..105, RFC 4301
// section 4.4.1).
#ifndef VAM_SW_FWD_CRYPTO_POLICY_H_
#define VAM_SW_FWD_CRYPTO_POLICY_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "sw/fwd/flow.h"

namespace vam::fwd {

struct PortRange {
  uint16_t low = 0;
  uint16_t high = 65535;

  bool any() const { return low == 0 && high == 65535; }
  bool Contains(uint16_t port) const { return low <= port && port <= high; }
};

// One line of an access list, from the view of outbound packets. Bits set in a wildcard are not
// compared.
struct AccessRule {
  bool permit = true;
  uint8_t protocol = 0;  // 0: any
  uint32_t source = 0, source_wildcard = 0xffffffff;
  uint32_t destination = 0, destination_wildcard = 0xffffffff;
  PortRange source_ports, destination_ports;
  std::optional<uint8_t> icmp_type, icmp_code;  // protocol 1 only

  // A later fragment matches a permit with ports (or an ICMP type), for its ports are unknown and
  // it must not slip past the policy; it does not match a deny with ports, for the same reason. An
  // ICMP type is compared as sent, in both directions.
  bool Matches(const Flow& flow) const;
};

// One crypto map entry.
struct PolicyEntry {
  uint32_t id = 0;  // index among all entries of the snapshot; SAs and counters are kept under it
  uint32_t sequence = 0;  // its number in the map
  std::vector<AccessRule> rules;
  bool complete =
      true;  // false: peer, transform set or list is missing; what it permits is dropped

  // The first rule that matches decides; none: no.
  enum class Match : uint8_t { kNone, kPermit, kDeny };
  Match Check(const Flow& flow) const;
};

// Ordered by sequence. Immutable.
class CryptoPolicy {
 public:
  CryptoPolicy() = default;
  explicit CryptoPolicy(std::vector<PolicyEntry> entries);

  // The entry that protects an outbound packet, or nullptr. A deny falls through to the next entry
  // (SY-75).
  const PolicyEntry* FindOutbound(const Flow& flow) const;
  // The entry that would have protected an inbound packet which came in clear, or nullptr.
  const PolicyEntry* FindInboundClear(const Flow& flow) const {
    return FindOutbound(flow.Reversed());
  }
  const std::vector<PolicyEntry>& entries() const { return entries_; }

 private:
  std::vector<PolicyEntry> entries_;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_CRYPTO_POLICY_H_
