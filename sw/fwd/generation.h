// A generation of the configuration as the packet thread takes it over: made apart from it, with
// what it changes of the one before.
#ifndef VAM_SW_FWD_GENERATION_H_
#define VAM_SW_FWD_GENERATION_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sw/config/running.h"
#include "sw/fwd/compile.h"

namespace vam::fwd {

// An entry is never changed: what another generation makes of it is another object. So any thread
// may read it, and one that stayed as it was is the same object in all generations.
using EntryPtr = std::shared_ptr<const CompiledEntry>;

// What a generation makes of one policy entry.
struct EntryChange {
  uint32_t id = 0;
  EntryPtr entry;      // null: it is gone
  bool keeps = false;  // manual: its SAs stay as they are; else: its lines and rules do
};

// Whether the SAs of two manual entries, or the reason why there are none, are the same.
bool SameSas(const CompiledEntry& a, const CompiledEntry& b);

struct Generation {
  uint64_t number = 0;
  // Without crypto maps: the keys of manual SAs are with the entries alone. Null: as before.
  std::shared_ptr<const config::Running> running;
  std::shared_ptr<const Snapshot> snapshot;
  // Those that interrupt something come first, then the entries that are gone, then those that
  // keep what they have. An entry that stays as it was is not among them.
  std::vector<EntryChange> changes;
};

// Makes generations, each from the one before. All that it makes must be taken over, in that order.
// Belongs to one thread at a time: it travels with the task that uses it (gateway.h). It holds what
// lasts over generations: the numbers of entries and VRFs, the counters of lists, the entries of
// the last one.
class GenerationBuilder {
 public:
  // `port_names`: see Compile.
  explicit GenerationBuilder(std::vector<std::string> port_names)
      : port_names_(std::move(port_names)) {}

  // Requires: `running` passed config::CrossCheck.
  Generation Build(config::Running running, uint64_t number);
  // Of what was compiled elsewhere, with ids of its own that mean the same.
  Generation Build(Compiled compiled, uint64_t number);

 private:
  std::vector<EntryChange> Changes(std::vector<CompiledEntry> next);

  const std::vector<std::string> port_names_;
  EntryIds ids_;
  std::map<uint32_t, EntryPtr> entries_;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_GENERATION_H_
