// Takes a generation's entries over between packets, a piece a turn.
#ifndef VAM_SW_FWD_GENERATION_APPLIER_H_
#define VAM_SW_FWD_GENERATION_APPLIER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sw/fwd/generation.h"
#include "sw/fwd/ike_sas.h"
#include "sw/fwd/sa_manager.h"
#include "sw/fwd/sa_sets.h"

namespace vam::fwd {

// The policy is published first; then an entry that is not taken over yet, but is another one now,
// drops its packets (policy_no_sa), and what stays as it was goes on throughout. What goes, goes
// before what comes: SPIs and SA sets may pass from one entry to another. A change of up to
// kChangesPerTurn entries is one piece, so what stays of an entry that changes is not interrupted
// either. Belongs to the packet thread.
class GenerationApplier {
 public:
  // What one turn does at most, each some microseconds.
  static constexpr size_t kChangesPerTurn = 128;
  static constexpr size_t kClosedPerTurn = 64;  // SA sets, or temporary entries looked at
  static constexpr size_t kAskedPerTurn = 256;  // pairs looked at, whether they wait for numbers

  // All must outlive this.
  GenerationApplier(SaSets& sets, IkeSas& ike, SaManager& manual)
      : sets_(sets), ike_(ike), manual_(manual) {}

  // In the turn in which the policy is published. Requires: !busy().
  void Begin(std::vector<EntryChange> changes);
  // One piece. True when it was the last.
  bool Continue();
  bool busy() const { return phase_ != Phase::kIdle; }
  // What was replaced, to be freed apart from packets; null: nothing.
  std::shared_ptr<const void> TakeReplaced();

 private:
  enum class Phase : uint8_t { kIdle, kDrop, kClose, kTake, kReview, kAsk };
  using Replaced = std::pair<std::vector<EntryChange>, std::vector<EntryPtr>>;

  bool Drop();
  bool Take();
  bool Ask();
  bool Step();
  void Keep(EntryPtr replaced);

  SaSets& sets_;
  IkeSas& ike_;
  SaManager& manual_;
  Phase phase_ = Phase::kIdle;
  std::vector<EntryChange> changes_;
  size_t at_ = 0;          // of `changes_`
  uint32_t ask_from_ = 0;  // id
  std::vector<EntryPtr> replaced_;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_GENERATION_APPLIER_H_
