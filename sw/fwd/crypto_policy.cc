#include "sw/fwd/crypto_policy.h"

#include <algorithm>
#include <utility>

namespace vam::fwd {

bool AccessRule::Matches(const Flow& flow) const {
  if (((flow.source ^ source) & ~source_wildcard) != 0) return false;
  if (((flow.destination ^ destination) & ~destination_wildcard) != 0) return false;
  if (protocol != 0 && protocol != flow.protocol) return false;
  const bool any_ports = source_ports.any() && destination_ports.any();
  if (any_ports && !icmp_type) return true;
  if (flow.later_fragment) return permit;
  if (icmp_type) {
    return flow.has_icmp && *icmp_type == flow.icmp_type &&
           (!icmp_code || *icmp_code == flow.icmp_code);
  }
  return flow.has_ports && source_ports.Contains(flow.source_port) &&
         destination_ports.Contains(flow.destination_port);
}

PolicyEntry::Match PolicyEntry::Check(const Flow& flow) const {
  for (const AccessRule& rule : rules) {
    if (rule.Matches(flow)) return rule.permit ? Match::kPermit : Match::kDeny;
  }
  return Match::kNone;
}

CryptoPolicy::CryptoPolicy(std::vector<PolicyEntry> entries) : entries_(std::move(entries)) {
  std::stable_sort(
      entries_.begin(), entries_.end(),
      [](const PolicyEntry& a, const PolicyEntry& b) { return a.sequence < b.sequence; });
}

const PolicyEntry* CryptoPolicy::FindOutbound(const Flow& flow) const {
  for (const PolicyEntry& entry : entries_) {
    if (entry.Check(flow) == PolicyEntry::Match::kPermit) return &entry;
  }
  return nullptr;
}

}  // namespace vam::fwd
