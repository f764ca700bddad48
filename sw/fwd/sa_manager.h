// Keeps the SA pairs that the configuration asks for: installs, replaces, removes, and asks for
// sequence numbers.
#ifndef VAM_SW_FWD_SA_MANAGER_H_
#define VAM_SW_FWD_SA_MANAGER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sw/fwd/compile.h"
#include "sw/fwd/engine_path.h"
#include "sw/offload/broker.h"

namespace vam::fwd {

// Numbers [first, end) that one SA may use, made durable by mgmt before they came here (design.md,
// law 6: a manual key continues only from a persisted reservation).
struct NumberBlock {
  uint64_t first = 0;
  uint64_t end = 0;
  std::string problem;  // not empty: no numbers; the SA stays down and shows this sentence
};

// Belongs to the worker.
class SaManager {
 public:
  SaManager(offload::Broker& broker, EnginePath& path) : broker_(broker), path_(path) {}

  // The entries of a committed generation. Pairs whose parameters did not change keep their SAs and
  // numbers; what they asked for and did not get is asked for again.
  void Apply(std::vector<CompiledEntry> entries);
  // The answer to `request`. Ignored unless a pair waits for exactly this one: numbers belong to
  // the key that the pair had when it asked, and the key may be another one now.
  void AddBlock(uint32_t request, const NumberBlock& block);

  // Moves on after the broker's state changed. Call every turn; cheap when nothing happened.
  void Poll();

  struct Wanted {
    std::string map;
    uint32_t sequence = 0;
    bool inbound = false;
    uint64_t beyond = 0;  // inbound: the block must reach past this number
    uint32_t request = 0;
  };
  // Number blocks to ask mgmt for, once each, by the keys of the generation applied last.
  std::vector<Wanted> TakeWanted() { return std::exchange(wanted_, {}); }

  // Removes all SAs and sets them up again from new number blocks (SY-64).
  void Restart();

  struct Pair {
    CompiledEntry entry;
    uint64_t outbound_id = 0;  // 0: not installed
    uint64_t inbound_id = 0;
    std::optional<NumberBlock> fresh_outbound, fresh_inbound;  // not used yet
    uint64_t outbound_first = 0, outbound_end = 0;             // in use
    uint32_t asked_outbound = 0, asked_inbound = 0;            // requests under way; 0: none
    bool spent = false;   // the outbound SA stopped at the end of its numbers
    std::string problem;  // why no more numbers came; empty: none
  };
  const std::map<uint32_t, Pair>& pairs() const { return pairs_; }  // by policy entry

  // Why the pair does not pass packets, a full sentence; empty when both SAs are up.
  std::string DownReason(const Pair& pair) const;

 private:
  static bool SameSas(const CompiledEntry& a, const CompiledEntry& b);
  void OnEvent(const offload::Broker::Event& event);
  void Step(uint32_t id, Pair& pair);
  void Install(uint32_t id, Pair& pair);
  void Retire(uint32_t id, Pair& pair);
  void ExtendOutbound(Pair& pair);
  void ExtendInbound(uint32_t id, Pair& pair);
  void Ask(uint32_t id, Pair& pair, bool inbound);
  void AskAgain(uint32_t id, Pair& pair);

  offload::Broker& broker_;
  EnginePath& path_;
  std::map<uint32_t, Pair> pairs_;
  std::vector<uint64_t> leaving_;  // SAs that an engine still scrubs: their SPIs are not free yet
  std::vector<Wanted> wanted_;
  uint64_t next_sa_id_ = 1;
  uint32_t next_request_ = 1;
  uint64_t seen_epoch_ = UINT64_MAX;
  bool changed_ = false;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_SA_MANAGER_H_
