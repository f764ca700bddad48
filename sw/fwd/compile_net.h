// From the committed configuration to what the forwarder works by below policy: interfaces, VRFs,
// routes, neighbours, access lists.
#ifndef VAM_SW_FWD_COMPILE_NET_H_
#define VAM_SW_FWD_COMPILE_NET_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sw/config/numbering.h"
#include "sw/config/running.h"
#include "sw/fwd/acl_list.h"
#include "sw/fwd/snapshot.h"

namespace vam::fwd {

// What outlives a generation: packets under way name VRFs by number, and lists go on counting.
class NetIds {
 public:
  config::VrfNumbers& vrfs() { return vrfs_; }

  // The same object, with its counters, as long as the list has the same lines.
  std::shared_ptr<const AccessList> ListOf(const config::Acl& acl);
  // The counters alone: of one list there are one set, whoever looks packets up in it.
  std::shared_ptr<AclCounters> CountersOf(const config::Acl& acl);

  // What a compilation asks for between the two stays; other lists and their counts are forgotten.
  void Begin();
  void End();

  std::vector<Snapshot::CountedList> CountedLists() const;

 private:
  struct Counted {
    size_t hash = 0;  // of the lines
    std::shared_ptr<AclCounters> counters;
    bool used = false;
  };

  config::VrfNumbers vrfs_;
  std::map<std::string, Counted> counted_;
  std::map<std::string, std::pair<config::Acl, std::shared_ptr<const AccessList>>> lists_;
};

ipsec::PortRange ToPorts(const config::PortRange& range);
// A line of any list as crypto maps and interface lists read it; `v6`: of an IPv6 list.
ipsec::PolicyLine ToPolicyLine(const config::AclEntry& entry, bool v6);

// The connected networks of one interface, as routes of its VRF: every prefix that
// `snapshot.interfaces[index]` has an address in. An interface that is down has none.
void AddConnected(Snapshot& snapshot, uint16_t index);

// A static route of a VRF. False: inactive, for its interface is down, belongs to another VRF, or
// its next hop is on no connected network of the VRF. Requires: connected networks come first, then
// routes from the worst distance to the best, for a later one replaces an earlier one; a connected
// network is never replaced. `route.interface` 0xffff: found through the next hop; kNullInterface:
// Null0.
bool AddStatic(Snapshot& snapshot, uint16_t vrf, Route route);

ipsec::DfMode ToDf(config::DfBit bit);

// Fills the interfaces (without policies), VRFs, routes and neighbours of `snapshot`.
void CompileNet(const config::Running& running, const std::vector<std::string>& port_names,
                NetIds& ids, Snapshot& snapshot);

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_COMPILE_NET_H_
