// Places each SA on an engine and says why: the card if it can and has room, else software. SAs
// never move (design.md, law 6), but with each rekey the choice is made anew: where the card has
// not room for all, those that carried the most come first.
#ifndef VAM_SW_OFFLOAD_BROKER_H_
#define VAM_SW_OFFLOAD_BROKER_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sw/ipsec/engine.h"

namespace vam::offload {

// Belongs to the worker that drives the engines. Calls do not block; Poll moves things on.
class Broker {
 public:
  enum class State : uint8_t {
    kInstalling,  // an engine is being asked
    kUp,          // packets may use it
    kRemoving,
    kDown,  // runs nowhere; the reason says why
  };

  static constexpr float kUnknownRate = -1;  // of an SA that replaces none

  struct Placement {
    State state = State::kInstalling;
    ipsec::Engine* engine = nullptr;  // that holds it or is being asked; nullptr when down
    ipsec::SaRef ref;                 // valid when up
    ipsec::Direction direction = ipsec::Direction::kOut;
    bool lost =
        false;  // down because the card failed under it: its last sequence number is unknown
    float rate = kUnknownRate;  // packets per second of the SA that it replaces
    // Why it is not on the card; when down: why it is down. Lives as long as the broker.
    std::string_view reason;
    // What an engine counted when it was asked last.
    struct Counts {
      uint64_t sequence = 0;
      uint64_t packets = 0;
      uint64_t bytes = 0;
    };
    Counts stats;
    std::unique_ptr<ipsec::IpCompStats> ipcomp;  // of an SA that has compressed anything
  };

  struct Event {
    uint64_t sa_id = 0;
    ipsec::EventType type = ipsec::EventType::kFault;
    uint64_t value = 0;
  };

  // `card` may be null; `no_card_reason` then says why, as a full sentence. Both engines must
  // outlive the broker.
  Broker(ipsec::Engine* card, std::string no_card_reason, ipsec::Engine& software);

  // Starts to install. kExists when the id is in use (a down SA may be installed again under its
  // id). `rate`: packets per second of the SA that it replaces.
  Status Install(const ipsec::SaParams& params, float rate = kUnknownRate);
  // New limits, selectors or outer header for an SA that is up; kUnavailable when it is not.
  Status Modify(const ipsec::SaParams& params);
  // Starts to remove; forgotten when the engine has scrubbed it. kNotFound for an unknown id.
  Status Remove(uint64_t sa_id);

  // Takes what the engines report. Every SA of an engine that failed goes down.
  void Poll();
  // Asks the engines for fresh counters; they arrive with a later Poll. True while some are still
  // to come.
  void RefreshStats();
  // The same for one SA, so that a long list is read a piece at a time. Unknown or not up: nothing.
  void RefreshStats(uint64_t sa_id);
  bool StatsPending() const { return queries_ != 0; }

  // nullptr: unknown id. Valid until the next call that changes anything.
  const Placement* Find(uint64_t sa_id) const;
  const std::map<uint64_t, Placement>& placements() const { return placements_; }
  // What happened to SAs since the last call; acknowledged to the engine.
  std::vector<Event> TakeEvents();
  // SAs whose placement changed its state or went since the last call, some of them more than once.
  std::vector<uint64_t> TakeChanged() { return std::exchange(changed_, {}); }
  // Changes when any placement changed its state: callers recompute what they derive.
  uint64_t epoch() const { return epoch_; }

  ipsec::Engine* card() const { return card_; }
  ipsec::Engine& software() const { return software_; }
  bool card_failed() const { return card_failed_; }
  // Why SAs are not on the card in general: empty when it works.
  const std::string& card_problem() const { return card_problem_; }
  bool busy() const { return !pending_.empty() || !waiting_.empty(); }

 private:
  struct Pending {
    uint64_t sa_id;
    ipsec::ControlOp op;
  };
  using TokenKey = std::pair<ipsec::Engine*, uint64_t>;

  bool OthersComeFirst(float rate);
  void Rank();
  void Ask(uint64_t sa_id, const ipsec::SaParams& params, ipsec::Engine& engine);
  bool Add(uint64_t sa_id, const ipsec::SaParams& params, ipsec::Engine& engine);
  bool Delete(uint64_t sa_id);
  void AskAgain();
  void FallBack(uint64_t sa_id, std::string why);
  void Done(ipsec::Engine& engine, const ipsec::ControlDone& done);
  void AddDone(uint64_t sa_id, const ipsec::ControlDone& done);
  void Query(uint64_t sa_id, const Placement& placement);
  void FailCard();
  void Changed(uint64_t sa_id);
  void SetDown(uint64_t sa_id, Placement& placement, std::string why);
  void Forget(uint64_t sa_id);
  std::string_view Keep(std::string reason) { return *reasons_.insert(std::move(reason)).first; }

  ipsec::Engine* card_;
  std::string card_problem_;
  ipsec::Engine& software_;
  bool card_failed_ = false;
  std::set<std::string> reasons_;  // that placements have had: many share the few there are
  std::map<uint64_t, Placement> placements_;
  // The rate of the last SA that has a place by rank; 0: there is room for all.
  float least_rate_ = 0;
  size_t installs_until_rank_ = 0;
  // Parameters of SAs that are being installed on the card, or wait: needed once more if software
  // must take them, or when the engine has time.
  std::unordered_map<uint64_t, ipsec::SaParams> installing_;
  std::map<TokenKey, Pending> pending_;
  std::deque<Pending> waiting_;         // for an engine that had too much to do
  std::vector<uint64_t> remove_later_;  // asked to go while still installing
  std::vector<Event> events_;
  size_t queries_ = 0;
  std::vector<uint64_t> changed_;
  uint64_t epoch_ = 0;
};

}  // namespace vam::offload

#endif  // VAM_SW_OFFLOAD_BROKER_H_
