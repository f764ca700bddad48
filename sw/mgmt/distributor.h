// Brings a configuration to the roles in two phases and keeps what they have committed: that is the
// running configuration.
#ifndef VAM_SW_MGMT_DISTRIBUTOR_H_
#define VAM_SW_MGMT_DISTRIBUTOR_H_

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sw/api/channel.h"
#include "sw/api/control.pb.h"
#include "sw/base/clock.h"
#include "sw/config/running.h"
#include "sw/mgmt/numbers.h"
#include "sw/vamd/role.h"

namespace vam::mgmt {

// The roles that take the configuration, in the order in which they commit it: the forwarder first.
inline constexpr std::array kConfigured{vamd::Role::kFwd, vamd::Role::kIkev2};

// "The forwarder", "IKEv2": how a sentence for operators begins.
std::string_view RoleTitle(vamd::Role role);

// Single-threaded.
//
// A change is prepared by the forwarder and by every other role that is in step with the running
// configuration, and refused when one of them refuses it. Then the forwarder commits; from there on
// the change stands, and the others commit it. The forwarder is first because it alone may end with
// a commit (ports); what it asks IKE of entries that IKE does not have yet it asks again. A role
// that is away, ends or is silent meanwhile does not hold up the others: it is left out, and gets
// the running configuration when it is back. Without the forwarder nothing can be changed.
//
// Invariants: the generation grows with every committed change and never repeats over restarts of
// this role, and no two attempts have the same one; a role that is (re)connected gets the running
// configuration. Numbers for manual keys go out only when fwd asks, for an SA of the running
// configuration.
class Distributor {
 public:
  // "" when all roles that take part have committed; else why nothing changed, a full sentence.
  using Done = std::function<void(const std::string& error)>;
  struct Hooks {
    std::function<void(vamd::Role)> restart;                // asks the supervisor
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
  // The forwarder has the running configuration, and no change is under way.
  bool synchronised() const { return !next_ && At(kForwarder).state == State::kInStep; }
  // The role has taken a configuration: it answers questions.
  bool serves(vamd::Role role) const { return At(role).serves && At(role).channel.open(); }

  // A new channel to the role: an older one is gone, and with fwd's all numbers that were given to
  // it. Requires: one of kConfigured.
  void Connect(vamd::Role role, api::Channel channel);
  void Disconnect(vamd::Role role);
  api::Channel& channel(vamd::Role role) { return At(role).channel; }
  api::Channel& fwd() { return channel(kForwarder); }
  // The role is initialised: only now it can commit its first configuration.
  void SetReady(vamd::Role role, bool ready);

  // Begins a change; `done` is called once, possibly before this returns.
  void Change(config::Running next, Done done);

  // The answers of a role.
  void OnPrepareReply(vamd::Role role, const api::PrepareReply& reply);
  void OnCommitReply(vamd::Role role, const api::CommitReply& reply);
  // fwd's demands.
  void OnReserve(uint32_t request, api::ReserveNumbers wanted);
  // Answers what was asked since the last call, by one write to the disk.
  void AnswerReserves();
  // Gives up on a role that does not answer. Call now and then.
  void Tick();

 private:
  static constexpr vamd::Role kForwarder = kConfigured[0];
  enum class State : uint8_t { kAway, kPreparing, kPrepared, kCommitting, kInStep };
  struct Member {
    api::Channel channel;
    State state = State::kAway;
    uint64_t generation = 0;  // that `state` is about
    bool ready = false;
    bool heard = false;   // it has answered on this channel
    bool serves = false;  // it has committed, or refused, a first configuration
    bool in_change = false;
    bool restart_required = false;
    uint64_t deadline_ns = 0;
  };

  Member& At(vamd::Role role) { return members_[static_cast<size_t>(role)]; }
  const Member& At(vamd::Role role) const { return members_[static_cast<size_t>(role)]; }
  void SendPrepare(vamd::Role role);
  void SendCommit(vamd::Role role);
  void Refused(vamd::Role role, const std::string& error);
  void AbortChange(const std::string& error);
  void LeaveChange(vamd::Role role);
  void CommitWhenPrepared();
  void BeginCommit();
  void FinishWhenCommitted();
  void CatchUp(vamd::Role role);
  void Adopt();
  void Finish(const std::string& error);
  struct Question {
    uint32_t request = 0;
    api::ReserveNumbers wanted;
  };
  // What the store is asked for, or why not: a full sentence.
  std::variant<Demand, std::string> DemandOf(const api::ReserveNumbers& wanted) const;
  void Answer(const Question& question, const api::NumberBlock& block);

  config::Running running_;
  uint64_t generation_;
  uint64_t last_tried_ = generation_;
  std::optional<config::Running> next_;  // the change under way
  bool adopted_ = false;                 // it stands: it is `running_` by now
  Done done_;
  std::optional<NumberStore> numbers_;
  std::string numbers_problem_;
  std::vector<Question> questions_;  // not answered yet
  const Clock& clock_;
  Hooks hooks_;
  std::array<Member, vamd::kRoles> members_;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_DISTRIBUTOR_H_
