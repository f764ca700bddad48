// From the committed configuration to what the forwarder works by, and to the SAs that it asks for.
#ifndef VAM_SW_FWD_COMPILE_H_
#define VAM_SW_FWD_COMPILE_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sw/base/result.h"
#include "sw/config/running.h"
#include "sw/fwd/compile_net.h"
#include "sw/fwd/sa_sets.h"
#include "sw/fwd/snapshot.h"
#include "sw/ipsec/sa.h"
#include "sw/offload/card_factory.h"

namespace vam::fwd {

// Gives each crypto map and each entry a number that it keeps through all generations: packets
// under way, SAs and counters refer to it.
class EntryIds {
 public:
  uint32_t Of(const std::string& map, uint32_t sequence) {
    return ids_.try_emplace({map, sequence}, static_cast<uint32_t>(ids_.size())).first->second;
  }
  NetIds& net() { return net_; }
  const NetIds& net() const { return net_; }

  uint32_t OfMap(const std::string& map) {
    return maps_.try_emplace(map, static_cast<uint32_t>(maps_.size())).first->second;
  }

 private:
  std::map<std::pair<std::string, uint32_t>, uint32_t> ids_;
  std::map<std::string, uint32_t> maps_;
  NetIds net_;
};

// A crypto map entry as it acts: policy entry `id` of the snapshot.
struct CompiledEntry {
  uint32_t id = 0;
  std::string map;
  uint32_t sequence = 0;
  std::string acl;                      // whose lines stand here; empty: none is named
  std::vector<std::string> interfaces;  // that carry the map
  bool ipv6 = false;                    // of an IPv6 crypto map
  net::Address local, peer;             // none when missing
  std::vector<net::Address> peers;      // all that need no name server
  std::vector<std::string> peer_names;  // the others (entry_peers.h)
  bool names_peers = false;             // whether the entry names any, also by name
  // Of a template, and of a temporary entry that comes from it: the entry of the dynamic map.
  std::string dynamic_map;
  uint32_t dynamic_sequence = 0;
  std::string problem;  // empty: SAs can be set up; else why not, a full sentence
  EntryRules rules;
  std::vector<ipsec::PolicyLine> lines;  // as in the policy
  ipsec::DfMode df_mode = ipsec::DfMode::kCopy;
  bool own_df = false;  // df_mode is the entry's own, `set df-bit`; else that of its interfaces
  // Interfaces with a part of the SAD of their own that say otherwise than the first one, by index.
  std::vector<std::pair<uint16_t, ipsec::DfMode>> df_modes;
  // Of the SAs of an interface, or of all that share them.
  ipsec::DfMode DfOn(uint16_t interface) const;
  ipsec::Selectors selectors;  // of the permit line, for show; empty without one
  // Of a manual entry: the bundle of each direction, innermost first, equally many. Ids are 0 and
  // numbers not set: the SA manager gives them.
  std::vector<ipsec::SaParams> outbound, inbound;
};

// Which backend `engine card` names.
offload::CardBackend ToBackend(config::CardKind kind);

struct Compiled {
  std::shared_ptr<Snapshot> snapshot;
  std::vector<CompiledEntry> entries;
};

// `port_names` gives the order of the snapshot's interfaces; a port the configuration does not name
// is shut down, and a configured interface without a port is left out. Requires: a configuration
// that passed config::CrossCheck.
Compiled Compile(const config::Running& running, const std::vector<std::string>& port_names,
                 uint64_t generation, EntryIds& ids);

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_COMPILE_H_
