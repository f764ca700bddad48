// Traffic selectors: what two ends have in common, in the shape that policy lines have (RFC 7296,
// 2.9).
#ifndef VAM_SW_IKE_V2_POLICY_SELECTORS_H_
#define VAM_SW_IKE_V2_POLICY_SELECTORS_H_

#include <optional>
#include <span>
#include <vector>

#include "sw/api/fast.h"
#include "sw/base/result.h"
#include "sw/ike/v2/policy/profile.h"
#include "sw/ike/v2/sa/ends.h"
#include "sw/ike/v2/wire/payload_ts.h"
#include "sw/net/prefix.h"

namespace vam::ike::v2 {

// Nothing: no packet is in both. OPAQUE ports have nothing in common with any.
std::optional<TrafficSelector> Intersect(const TrafficSelector& a, const TrafficSelector& b);
bool Contains(const TrafficSelector& outer, const TrafficSelector& inner);

// The largest prefix inside of the selector's addresses that holds `address`; policy lines and
// engines know prefixes only. Requires: the address is in the range.
net::Prefix PrefixAround(const TrafficSelector& selector, const net::Address& address);
TrafficSelector WithPrefix(TrafficSelector selector, const net::Prefix& prefix);

// What the peer may have of one line: `local` and `remote` are its proposal as we see it. The first
// selector of each, where it is one packet's, is inside of the result if it can be (2.9).
std::optional<ChildLine> Narrow(const ChildLine& line, std::span<const TrafficSelector> local,
                                std::span<const TrafficSelector> remote);

// Of one pair of hosts: those of the packet that `local` and `remote` are, where they are in the
// line, else its first addresses.
ChildLine OfHosts(ChildLine line, const TrafficSelector& local, const TrafficSelector& remote);

// Transport mode is for traffic between the peers themselves (SY-17).
bool MayBeTransport(const ChildConfig& config, const ChildLine& agreed, const Ends& ends);

// Whether an answer is within what we proposed, one selector for each end.
bool IsNarrowing(std::span<const TrafficSelector> proposed,
                 std::span<const TrafficSelector> answer);

api::FastSelector ToFast(const ChildLine& line);
// kMalformed for addresses of unknown or different families.
Result<ChildLine> FromFast(const api::FastSelector& selector);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_POLICY_SELECTORS_H_
