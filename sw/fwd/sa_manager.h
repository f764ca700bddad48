// Keeps the manually keyed SAs that the configuration asks for: installs, replaces, removes, and
// asks for sequence numbers.
#ifndef VAM_SW_FWD_SA_MANAGER_H_
#define VAM_SW_FWD_SA_MANAGER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "sw/base/rng.h"
#include "sw/fwd/compile.h"
#include "sw/fwd/debug_log.h"
#include "sw/fwd/engine_path.h"
#include "sw/fwd/generation.h"
#include "sw/fwd/sa_sets.h"
#include "sw/offload/broker.h"

namespace vam::fwd {

// Numbers [first, end) that one SA may use, made durable by mgmt before they came here (design.md,
// law 6: a manual key continues only from a persisted reservation).
struct NumberRange {
  uint64_t first = 0;
  uint64_t end = 0;  // one past the last
};
struct NumberBlock {
  uint64_t first = 0;
  uint64_t end = 0;
  std::string problem;  // not empty: no numbers; the SA stays down and shows this sentence
};

// Gives every SA its id.
class SaIds {
 public:
  uint64_t Next() { return next_++; }

 private:
  uint64_t next_ = 1;
};

// Belongs to the worker.
class SaManager {
 public:
  // All must outlive the manager. `rng`: where CBC SAs without number blocks begin.
  SaManager(offload::Broker& broker, EnginePath& path, SaSets& sets, SaIds& ids, Rng& rng)
      : broker_(broker), path_(path), sets_(sets), ids_(ids), rng_(rng) {}

  // Where debug records go; must outlive this.
  void set_debug(DebugLog* debug) { debug_ = debug; }

  // What a committed generation makes of the entries, one at a time. What goes, goes first: its
  // SPIs may be those of another entry afterwards. Each returns the entry that the pair had, for
  // the caller to free.
  //
  // Removes the pair and its SAs; nothing when there is none.
  EntryPtr Drop(uint32_t id);
  // A new pair. Requires: a manual entry whose id has none.
  void Adopt(EntryPtr entry);
  // The pair keeps its SAs and numbers. Requires: it has one, of the same SAs.
  EntryPtr Replace(EntryPtr entry);
  // Then, once, `from` 0: what pairs asked for and did not get is asked for again. Looks at up to
  // `most` of them; the id to go on from, or nothing when it was the last.
  std::optional<uint32_t> AskAgain(uint32_t from, size_t most);
  // The answer to `request`. Ignored unless a pair waits for exactly this one: numbers belong to
  // the key that the pair had when it asked, and the key may be another one now.
  void AddBlock(uint32_t request, const NumberBlock& block);

  // What happened to an SA; false when it is none of these.
  bool OnEvent(const offload::Broker::Event& event);
  // The broker placed, moved or forgot an SA, whosever it is.
  void OnPlacement(uint64_t sa_id);
  // Moves on where something happened, a bounded number of pairs. Call every turn. True when more
  // wait for the next turn.
  bool Poll();

  struct Wanted {
    std::string map;
    uint32_t sequence = 0;
    bool inbound = false;
    uint64_t beyond = 0;  // inbound: the block must reach past this number
    uint32_t request = 0;
    ipsec::Protocol protocol = ipsec::Protocol::kEsp;  // whose key of the entry
  };
  // Number blocks to ask mgmt for, once each, by the keys of the entries as they are now; up to
  // `most`.
  std::vector<Wanted> TakeWanted(size_t most = SIZE_MAX);

  // One SA of a pair's bundles, in both directions.
  struct Layer {
    uint64_t outbound_id = 0;  // 0: not installed
    uint64_t inbound_id = 0;
    std::optional<NumberRange> fresh_outbound, fresh_inbound;  // not used yet
    uint64_t outbound_first = 0, outbound_end = 0;             // in use; both 0: no blocks needed
    uint32_t asked_outbound = 0, asked_inbound = 0;            // requests under way; 0: none
  };
  struct Pair {
    EntryPtr entry;
    std::vector<Layer> layers;  // innermost first, as in entry->outbound
    uint32_t set = kNoSet;
    BundleRef outbound, inbound;
    bool installed = false;
    bool spent = false;   // an outbound SA stopped at the end of its numbers
    std::string problem;  // why no more numbers came; empty: none
    std::string no_set;   // why it has no SA set; empty: it has
  };
  const std::map<uint32_t, Pair>& pairs() const { return pairs_; }  // by policy entry

  // Removes the SAs of all pairs that `which` accepts and sets them up again from new number blocks
  // (SY-64). Returns how many.
  size_t Restart(const std::function<bool(const Pair&)>& which);
  void Restart() {
    Restart([](const Pair&) { return true; });
  }

  // Whose SA this is; nulls: none of these.
  struct Named {
    const CompiledEntry* entry = nullptr;
    const ipsec::SaSettings* settings = nullptr;
  };
  Named FindSa(uint64_t sa_id) const;

  // Whether an inbound SA of the configuration, up or not, has this SPI.
  bool UsesSpi(const net::Address& local, ipsec::Protocol protocol, uint32_t spi) const;

  // Why the pair does not pass packets, a full sentence; empty when all SAs are up.
  std::string DownReason(const Pair& pair) const;

 private:
  struct Place {
    uint32_t entry = 0;
    uint32_t layer = 0;
    bool inbound = false;
  };

  // Pairs that one turn moves on.
  static constexpr size_t kStepsPerTurn = 64;

  void OpenSet(uint32_t id, Pair& pair);
  bool HasAllNumbers(uint32_t id, Pair& pair);
  bool Lost(const Pair& pair) const;
  bool Up(uint64_t sa_id) const;
  void Step(uint32_t id, Pair& pair);
  void Install(uint32_t id, Pair& pair);
  PathSa InstallOutbound(uint32_t id, Pair& pair, uint32_t layer);
  PathSa InstallInbound(uint32_t id, Pair& pair, uint32_t layer);
  void Begin(const ipsec::SaParams& params, Place place);
  void Retire(Pair& pair);
  void ExtendOutbound(const CompiledEntry& entry, Layer& layer, uint32_t index);
  void ExtendInbound(const Pair& pair, Layer& layer, uint32_t index);
  InboundNumbers* NumbersOf(const Pair& pair, uint32_t layer);
  void Ask(uint32_t id, Pair& pair, uint32_t layer, bool inbound);
  bool AskAgain(uint32_t id, Pair& pair);
  // What the SAs of `pair` did, for debugging; `action` as in "create_sa".
  void SaySas(const char* action, const Pair& pair, bool inbound) const;
  void SayEngine(const Pair& pair, uint64_t sa_id, bool error, std::string text) const;

  offload::Broker& broker_;
  EnginePath& path_;
  SaSets& sets_;
  SaIds& ids_;
  Rng& rng_;
  DebugLog* debug_ = nullptr;
  std::map<uint32_t, Pair> pairs_;
  std::unordered_map<uint64_t, Place> sas_;       // by id, all that are installed
  std::unordered_map<uint32_t, Place> requests_;  // under way
  std::unordered_set<uint64_t>
      leaving_;                    // an engine still scrubs them: their SPIs are not free yet
  std::set<uint32_t> due_;         // pairs that may move on
  std::set<uint32_t> stepping_;    // those whose turn it is
  std::vector<uint32_t> blocked_;  // pairs that wait for all that is leaving
  std::deque<Wanted> wanted_;
  uint32_t next_request_ = 1;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_SA_MANAGER_H_
