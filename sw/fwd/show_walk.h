// The SA sets of the forwarder in the order in which `show crypto ipsec sa` lists them, a bounded
// piece at a time.
#ifndef VAM_SW_FWD_SHOW_WALK_H_
#define VAM_SW_FWD_SHOW_WALK_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "sw/fwd/show_parts.h"

namespace vam::fwd {

// A crypto map on an interface.
struct Carried {
  const InterfaceConfig& interface;
  const config::Interface& configured;
  uint16_t index;  // of the interface
  bool v6;

  const ipsec::Policy* policy() const { return interface.PolicyFor(v6); }
  const std::string& map() const { return v6 ? configured.ipv6.crypto_map : configured.crypto_map; }
  std::string local_address() const;
};

// One row: an SA set, or a permit line that has none yet.
struct FlowPlace {
  const Carried& carried;
  const CompiledEntry& entry;
  const SaManager::Pair* pair = nullptr;  // of a manual entry
  uint32_t set = kNoSet;
  SaSetKey key;  // of the set; without one: entry and line
};

// Who speaks to whom: by the newest SA, else as configured.
struct FlowEnds {
  net::Address local, peer;  // none: not known
  uint16_t local_port = 0;
  uint16_t peer_port = 0;
};
FlowEnds EndsOf(const ShowSources& s, const FlowPlace& place);

// The newest SA of the set that stands outermost, outbound if there is one; nullptr: none.
const ipsec::SaSettings* NewestSa(const ShowSources& s, uint32_t set);

// The VRF of what comes out of the row's SAs; empty: the global one.
std::string InsideVrf(const ShowSources& s, const FlowPlace& place);

// Whether the entry is one of a dynamic map, or was made for a peer that one has let in.
inline bool IsDynamic(const CompiledEntry& entry) {
  return entry.rules.kind == EntryKind::kDynamic || !entry.dynamic_map.empty();
}

// The number of the entry's line `line` in its access list; 0: it has none.
uint32_t AclNumber(const ShowSources& s, const CompiledEntry& entry, uint32_t line);

// Calls `on_interface` for each crypto map on an interface (`resumed`: an earlier piece has begun
// it) and `on_flow` for the rows of it that the request wants, as long as the budget lasts. Where
// the next piece begins, or nothing after the last row. The place is named by what stands still
// while SAs come and go and the configuration changes: interface, sequence numbers, hosts.
struct FlowVisitor {
  std::function<void(const Carried&, bool resumed)> on_interface;
  std::function<void(const FlowPlace&)> on_flow;
};
std::optional<api::ShowCursor> WalkFlows(const ShowSources& s, const api::ShowRequest& request,
                                         Budget budget, const FlowVisitor& visitor);

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_SHOW_WALK_H_
