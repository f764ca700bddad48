// Brings a configuration to the roles in two phases and keeps what they have committed: that is the
// running configuration.
#ifndef VAM_SW_MGMT_DISTRIBUTOR_H_
#define VAM_SW_MGMT_DISTRIBUTOR_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sw/api/channel.h"
#include "sw/api/control.pb.h"
#include "sw/base/clock.h"
#include "sw/config/running.h"
#include "sw/mgmt/numbers.h"

namespace vam::mgmt {

// Single-threaded. fwd is the one role that takes the configuration today; the IKE roles join with
// theirs.
//
// Invariants: the generation grows with every committed change and never repeats over restarts of
// this role; a role that is (re)connected gets the running configuration. Numbers for manual keys
// go out only when fwd asks, for an SA of the running configuration.
class Distributor {
 public:
  // "" when all roles have committed; else why nothing changed, a full sentence.
  using Done = std::function<void(const std::string& error)>;
  struct Hooks {
    std::function<void()> restart_fwd;                      // asks the supervisor
    std::function<void(const config::Running&)> committed;  // a change is in force
  };

  // `numbers` absent: manual SAs stay down and show `numbers_problem`.
  Distributor(config::Running startup, std::optional<NumberStore> numbers,
              std::string numbers_problem, const Clock& clock, Hooks hooks)
      : running_(std::move(startup)),
        generation_(clock.WallNs() / kNsPerMs),
        numbers_(std::move(numbers)),
        numbers_problem_(std::move(numbers_problem)),
        clock_(clock),
        hooks_(std::move(hooks)) {}

  const config::Running& running() const { return running_; }
  uint64_t generation() const { return generation_; }
  bool synchronised() const { return state_ == State::kSynchronised; }

  // A new channel to fwd: an older one is gone, and all numbers that were given to it.
  void Connect(api::Channel channel);
  void Disconnect();
  api::Channel& fwd() { return fwd_; }
  // fwd is initialised: only now it can commit its first configuration.
  void SetReady(bool ready);

  // Begins a change; `done` is called once, possibly before this returns.
  void Change(config::Running next, Done done);

  // The answers of fwd, and its demands.
  void OnPrepareReply(const api::PrepareReply& reply);
  void OnCommitReply(const api::CommitReply& reply);
  void OnReserve(uint32_t request, api::ReserveNumbers wanted);
  // Answers what was asked since the last call, by one write to the disk.
  void AnswerReserves();
  // Gives up on a role that does not answer. Call now and then.
  void Tick();

 private:
  enum class State : uint8_t { kDisconnected, kPreparing, kPrepared, kCommitting, kSynchronised };

  void SendPrepare();
  void SendCommit();
  void Adopt();
  void Finish(const std::string& error);
  const config::Running& Wanted() const { return next_ ? *next_ : running_; }
  uint64_t WantedGeneration() const { return next_ ? generation_ + 1 : generation_; }
  struct Question {
    uint32_t request = 0;
    api::ReserveNumbers wanted;
  };
  // What the store is asked for, or why not: a full sentence.
  std::variant<Demand, std::string> DemandOf(const api::ReserveNumbers& wanted) const;
  void Answer(const Question& question, const api::NumberBlock& block);

  config::Running running_;
  uint64_t generation_;
  std::optional<config::Running> next_;
  Done done_;
  std::optional<NumberStore> numbers_;
  std::string numbers_problem_;
  std::vector<Question> questions_;  // not answered yet
  const Clock& clock_;
  Hooks hooks_;
  api::Channel fwd_;
  State state_ = State::kDisconnected;
  bool ready_ = false;
  bool restart_required_ = false;
  uint64_t deadline_ns_ = 0;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_DISTRIBUTOR_H_
