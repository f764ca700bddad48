#include "sw/mgmt/distributor.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "sw/base/log.h"
#include "sw/config/render.h"

namespace vam::mgmt {
namespace {

constexpr uint64_t kAnswerNs = 30 * kNsPerSecond;

}  // namespace

std::string_view RoleTitle(vamd::Role role) {
  switch (role) {
    case vamd::Role::kFwd:
      return "The forwarder";
    case vamd::Role::kIkev2:
      return "IKEv2";
    case vamd::Role::kIkev1:
      return "IKEv1";
    case vamd::Role::kSigner:
      return "The signer";
    case vamd::Role::kMgmt:
      break;
  }
  return "Management";
}

void Distributor::Connect(vamd::Role role, api::Channel channel) {
  Disconnect(role);
  At(role).channel = std::move(channel);
  SendPrepare(role);
}

void Distributor::Disconnect(vamd::Role role) {
  Member& member = At(role);
  const State was = member.state;
  const bool in_change = member.in_change;
  member = Member{};
  if (role == kForwarder) questions_.clear();
  if (!in_change) return;
  if (role != kForwarder) return LeaveChange(role);
  if (was == State::kCommitting) {
    // A role that accepted may have committed before it ended: the change stands.
    BeginCommit();
  } else if (!adopted_) {
    AbortChange("The forwarder ended; nothing is changed.");
  }
}

// It does not hold up those that stay.
void Distributor::LeaveChange(vamd::Role role) {
  Log(LogLevel::kWarning, "{} ended during a change; it gets the configuration when it is back",
      vamd::RoleName(role));
  if (adopted_) {
    FinishWhenCommitted();
  } else {
    CommitWhenPrepared();
  }
}

void Distributor::SetReady(vamd::Role role, bool ready) {
  Member& member = At(role);
  const bool became = ready && !member.ready;
  member.ready = ready;
  if (!became || member.state != State::kPrepared) return;
  if (member.in_change) {
    CommitWhenPrepared();
  } else {
    SendCommit(role);
  }
}

void Distributor::Change(config::Running next, Done done) {
  const State fwd = At(kForwarder).state;
  if (next_ || (fwd != State::kInStep && fwd != State::kAway)) {
    return done("Another change is under way; nothing is changed.");
  }
  if (fwd == State::kAway) return done("The forwarder is not running; nothing is changed.");
  next_ = std::move(next);
  done_ = std::move(done);
  adopted_ = false;
  ++last_tried_;
  for (const vamd::Role role : kConfigured) At(role).in_change = At(role).state == State::kInStep;
  for (const vamd::Role role : kConfigured) {
    if (next_ && At(role).in_change) SendPrepare(role);
  }
}

// The change under way, to those that take part in it; the running configuration to the others.
void Distributor::SendPrepare(vamd::Role role) {
  Member& member = At(role);
  const bool change = member.in_change && !adopted_;
  member.generation = change ? last_tried_ : generation_;
  member.state = State::kPreparing;
  member.deadline_ns = clock_.MonotonicNs() + kAnswerNs;
  api::Prepare prepare;
  prepare.set_generation(member.generation);
  prepare.set_configuration(config::Render(change ? *next_ : running_, config::Keys::kShown));
  const Status sent = member.channel.Send(api::MessageType::kPrepare, 0, prepare);
  OPENSSL_cleanse(prepare.mutable_configuration()->data(), prepare.configuration().size());
  if (!sent) Disconnect(role);
}

void Distributor::OnPrepareReply(vamd::Role role, const api::PrepareReply& reply) {
  Member& member = At(role);
  if (member.state != State::kPreparing || reply.generation() != member.generation) return;
  member.heard = true;
  if (!reply.error().empty()) return Refused(role, reply.error());
  member.restart_required = reply.restart_required();
  member.state = State::kPrepared;
  if (member.in_change) return CommitWhenPrepared();
  // A change has come between: a newer Prepare replaces this one.
  if (member.generation != generation_) return SendPrepare(role);
  if (member.ready) SendCommit(role);
}

void Distributor::Refused(vamd::Role role, const std::string& error) {
  Member& member = At(role);
  member.state = State::kInStep;
  if (member.in_change) {
    return AbortChange(fmt::format("{} refuses: {}", RoleTitle(role), error));
  }
  // It keeps what it has: nothing after a start, so no packet passes. A change may mend it.
  Log(LogLevel::kError, "{} refuses the running configuration: {}", vamd::RoleName(role), error);
  member.serves = true;
  CatchUp(role);
}

// Before anything was committed: all go on with what they have.
void Distributor::AbortChange(const std::string& error) {
  api::Abort abort;
  abort.set_generation(last_tried_);
  for (const vamd::Role role : kConfigured) {
    Member& member = At(role);
    if (!std::exchange(member.in_change, false)) continue;
    member.state = State::kInStep;
    member.generation = generation_;
    if (!member.channel.Send(api::MessageType::kAbort, 0, abort)) Disconnect(role);
  }
  Finish(error);
}

void Distributor::CommitWhenPrepared() {
  if (!next_ || adopted_ || !At(kForwarder).ready) return;
  const bool all = std::ranges::all_of(kConfigured, [this](vamd::Role role) {
    return !At(role).in_change || At(role).state == State::kPrepared;
  });
  if (all) SendCommit(kForwarder);
}

void Distributor::SendCommit(vamd::Role role) {
  Member& member = At(role);
  api::Commit commit;
  commit.set_generation(member.generation);
  member.state = State::kCommitting;
  member.deadline_ns = clock_.MonotonicNs() + kAnswerNs;
  if (!member.channel.Send(api::MessageType::kCommit, 0, commit)) Disconnect(role);
}

void Distributor::OnCommitReply(vamd::Role role, const api::CommitReply& reply) {
  Member& member = At(role);
  if (member.state != State::kCommitting || reply.generation() != member.generation) return;
  member.state = State::kInStep;
  member.heard = member.serves = true;
  if (!reply.error().empty()) {
    // It promised and did not keep it: only a restart makes its state known again.
    Log(LogLevel::kError, "{} does not commit generation {}: {}", vamd::RoleName(role),
        member.generation, reply.error());
    member.restart_required = true;
  } else {
    Log(LogLevel::kInfo, "{}: configuration generation {} committed", vamd::RoleName(role),
        member.generation);
  }
  const bool restart = std::exchange(member.restart_required, false);
  if (!std::exchange(member.in_change, false)) {
    CatchUp(role);
  } else if (role == kForwarder) {
    BeginCommit();
  } else {
    FinishWhenCommitted();
  }
  if (restart) hooks_.restart(role);
}

// The forwarder has committed: so must the others that take part.
void Distributor::BeginCommit() {
  Adopt();
  for (const vamd::Role role : kConfigured) {
    if (At(role).in_change && At(role).state == State::kPrepared) SendCommit(role);
  }
  FinishWhenCommitted();
}

void Distributor::FinishWhenCommitted() {
  if (!next_ || !adopted_) return;
  if (std::ranges::any_of(kConfigured, [this](vamd::Role role) { return At(role).in_change; })) {
    return;
  }
  Finish("");
}

// A change has passed by a role that was not in step with the others.
void Distributor::CatchUp(vamd::Role role) {
  if (At(role).state == State::kInStep && At(role).generation != generation_) SendPrepare(role);
}

void Distributor::Tick() {
  for (const vamd::Role role : kConfigured) {
    const Member& member = At(role);
    const bool waiting = member.state == State::kPreparing || member.state == State::kCommitting;
    // One that initialises (fwd opens ports, starts the card) is watched by the supervisor, and
    // so is one other than fwd that never answered: it holds up nothing.
    const bool counts = member.ready && (member.heard || role == kForwarder);
    if (!waiting || !counts || clock_.MonotonicNs() < member.deadline_ns) continue;
    Log(LogLevel::kError, "{} does not answer; it is restarted", vamd::RoleName(role));
    Disconnect(role);
    hooks_.restart(role);
  }
}

void Distributor::Adopt() {
  running_ = std::move(*next_);
  generation_ = last_tried_;
  adopted_ = true;
  if (hooks_.committed) hooks_.committed(running_);
}

void Distributor::Finish(const std::string& error) {
  next_.reset();
  const Done done = std::exchange(done_, nullptr);
  if (done) done(error);
  for (const vamd::Role role : kConfigured) CatchUp(role);
}

}  // namespace vam::mgmt
