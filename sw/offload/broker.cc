#include "sw/offload/broker.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "sw/base/log.h"

namespace vam::offload {

using ipsec::ControlDone;
using ipsec::ControlOp;
using ipsec::Engine;
using ipsec::EngineState;

namespace {

// One place of so many stays free for the SAs that will replace those on the card: both are there
// for some seconds.
constexpr size_t kShareForRekeys = 16;
// Ranks are looked at again after one install for so many SAs.
constexpr size_t kRankShare = 16;

}  // namespace

Broker::Broker(Engine* card, std::string no_card_reason, Engine& software)
    : card_(card), card_problem_(std::move(no_card_reason)), software_(software) {}

void Broker::Rank() {
  const size_t places = card_->capabilities().max_sas;
  const size_t ranked = places - places / kShareForRekeys;
  std::vector<float> rates;
  for (const auto& [sa_id, placement] : placements_) {
    if (placement.state != State::kRemoving) rates.push_back(placement.rate);
  }
  installs_until_rank_ = rates.size() / kRankShare;
  least_rate_ = 0;
  if (ranked == 0 || rates.size() <= ranked) return;
  const auto last = rates.begin() + static_cast<ptrdiff_t>(ranked - 1);
  std::ranges::nth_element(rates, last, std::ranges::greater());
  least_rate_ = *last;
}

// What is new finds out whether there is room; nobody knows yet what it will carry.
bool Broker::OthersComeFirst(float rate) {
  if (rate < 0) return false;
  if (installs_until_rank_ == 0) {
    Rank();
  } else {
    --installs_until_rank_;
  }
  return rate < least_rate_;
}

Status Broker::Install(const ipsec::SaParams& params, float rate) {
  const auto found = placements_.find(params.id);
  if (found != placements_.end() && found->second.state != State::kDown) {
    return Err(ErrorCode::kExists, "an SA with this id is installed");
  }
  placements_[params.id] = Placement{};
  placements_[params.id].direction = params.direction;
  placements_[params.id].rate = rate;
  if (card_ == nullptr || card_failed_) {
    placements_[params.id].reason = Keep(card_problem_);
    Ask(params.id, params, software_);
    return Ok();
  }
  const Status able = CheckCapabilities(card_->capabilities(), params);
  if (!able) {
    placements_[params.id].reason =
        Keep(std::string("The card cannot: ") + able.error().text + ".");
    Ask(params.id, params, software_);
    return Ok();
  }
  if (OthersComeFirst(rate)) {
    placements_[params.id].reason =
        Keep("The card's places are for SAs that carried more packets before.");
    Ask(params.id, params, software_);
    return Ok();
  }
  installing_.insert_or_assign(params.id, params.Clone());
  Ask(params.id, params, *card_);
  return Ok();
}

void Broker::Ask(uint64_t sa_id, const ipsec::SaParams& params, Engine& engine) {
  Changed(sa_id);
  Placement& placement = placements_[sa_id];
  placement.state = State::kInstalling;
  placement.engine = &engine;
  if (waiting_.empty() && Add(sa_id, params, engine)) return;
  installing_.try_emplace(sa_id, params.Clone());
  waiting_.push_back({sa_id, ControlOp::kAdd});
}

// False: the engine has no time for it now.
bool Broker::Add(uint64_t sa_id, const ipsec::SaParams& params, Engine& engine) {
  const Result<uint64_t> token = engine.BeginAdd(params);
  if (token) {
    pending_[{&engine, *token}] = {sa_id, ControlOp::kAdd};
    return true;
  }
  if (token.error().code == ErrorCode::kUnavailable) return false;
  if (&engine == card_) {
    FallBack(sa_id, token.error().text);
    return true;
  }
  SetDown(sa_id, placements_[sa_id],
          std::string("The software engine refused: ") + token.error().text + ".");
  if (std::erase(remove_later_, sa_id) != 0) Forget(sa_id);
  return true;
}

// In the order in which they were asked for, as far as the engines take them.
void Broker::AskAgain() {
  while (!waiting_.empty()) {
    const Pending next = waiting_.front();
    waiting_.pop_front();
    Engine& engine = *placements_.at(next.sa_id).engine;
    const bool taken = next.op == ControlOp::kDelete
                           ? Delete(next.sa_id)
                           : Add(next.sa_id, installing_.at(next.sa_id), engine);
    if (!taken) {
      waiting_.push_front(next);
      return;
    }
    // Only what the card has may be needed once more.
    if (next.op == ControlOp::kAdd && &engine != card_) installing_.erase(next.sa_id);
  }
}

void Broker::FallBack(uint64_t sa_id, std::string why) {
  auto node = installing_.extract(sa_id);
  VAM_CHECK(!node.empty());
  placements_[sa_id].reason = Keep("The card refused: " + std::move(why) + ".");
  Ask(sa_id, node.mapped(), software_);
}

Status Broker::Modify(const ipsec::SaParams& params) {
  const auto found = placements_.find(params.id);
  if (found == placements_.end()) return Err(ErrorCode::kNotFound, "no SA with this id");
  Placement& placement = found->second;
  if (placement.state != State::kUp) return Err(ErrorCode::kUnavailable, "the SA is not up");
  VAM_TRY(const uint64_t token, placement.engine->BeginModify(placement.ref, params));
  pending_[{placement.engine, token}] = {params.id, ControlOp::kModify};
  return Ok();
}

Status Broker::Remove(uint64_t sa_id) {
  const auto found = placements_.find(sa_id);
  if (found == placements_.end()) return Err(ErrorCode::kNotFound, "no SA with this id");
  Placement& placement = found->second;
  Changed(sa_id);
  switch (placement.state) {
    case State::kDown:
      Forget(sa_id);
      return Ok();
    case State::kInstalling:
      remove_later_.push_back(sa_id);
      return Ok();
    case State::kRemoving:
      return Ok();
    case State::kUp:
      break;
  }
  placement.state = State::kRemoving;
  if (!waiting_.empty() || !Delete(sa_id)) waiting_.push_back({sa_id, ControlOp::kDelete});
  return Ok();
}

// False: the engine has no time for it now.
bool Broker::Delete(uint64_t sa_id) {
  const Placement& placement = placements_.at(sa_id);
  const Result<uint64_t> token = placement.engine->BeginDelete(placement.ref);
  if (token) {
    pending_[{placement.engine, *token}] = {sa_id, ControlOp::kDelete};
    return true;
  }
  if (token.error().code == ErrorCode::kUnavailable) return false;
  Log(LogLevel::kError, "SA {}: {} does not remove it: {}", sa_id, placement.engine->name(),
      token.error().text);
  Forget(sa_id);
  return true;
}

void Broker::Changed(uint64_t sa_id) {
  ++epoch_;
  changed_.push_back(sa_id);
}

void Broker::SetDown(uint64_t sa_id, Placement& placement, std::string why) {
  Changed(sa_id);
  placement.state = State::kDown;
  placement.engine = nullptr;
  placement.ref = ipsec::SaRef::None();
  placement.reason = Keep(std::move(why));
}

void Broker::Forget(uint64_t sa_id) {
  Changed(sa_id);
  placements_.erase(sa_id);
  installing_.erase(sa_id);
}

void Broker::AddDone(uint64_t sa_id, const ControlDone& done) {
  Placement& placement = placements_[sa_id];
  if (done.status) {
    Changed(sa_id);
    placement.state = State::kUp;
    placement.ref = done.sa;
    installing_.erase(sa_id);
  } else if (placement.engine == card_) {
    FallBack(sa_id, done.status.error().text);
    return;
  } else {
    SetDown(sa_id, placement,
            std::string("The software engine refused: ") + done.status.error().text + ".");
  }
  if (std::erase(remove_later_, sa_id) != 0) static_cast<void>(Remove(sa_id));
}

void Broker::Done(Engine& engine, const ControlDone& done) {
  const auto found = pending_.find({&engine, done.token});
  if (found == pending_.end()) {
    Log(LogLevel::kWarning, "{}: answer to an operation that nobody asked for", engine.name());
    return;
  }
  const Pending pending = found->second;
  pending_.erase(found);
  switch (pending.op) {
    case ControlOp::kAdd:
      return AddDone(pending.sa_id, done);
    case ControlOp::kDelete:
      return Forget(pending.sa_id);
    case ControlOp::kModify:
      if (!done.status) {
        Log(LogLevel::kWarning, "SA {}: modify refused: {}", pending.sa_id,
            done.status.error().text);
      }
      return;
    case ControlOp::kQuery:
      --queries_;
      if (auto it = placements_.find(pending.sa_id); it != placements_.end() && done.status) {
        Placement& placement = it->second;
        placement.stats = {done.stats.sequence, done.stats.packets, done.stats.bytes};
        if (done.stats.ipcomp != ipsec::IpCompStats()) {
          placement.ipcomp = std::make_unique<ipsec::IpCompStats>(done.stats.ipcomp);
        }
      }
      return;
  }
}

void Broker::FailCard() {
  card_failed_ = true;
  card_problem_ = "The card has failed.";
  Log(LogLevel::kError, "card failed: its SAs are down until they get new numbers or keys");
  std::erase_if(pending_, [this](const auto& item) {
    const bool gone = item.first.first == card_;
    if (gone && item.second.op == ControlOp::kQuery) --queries_;
    return gone;
  });
  std::vector<uint64_t> forgotten;
  for (auto& [sa_id, placement] : placements_) {
    if (placement.engine != card_) continue;
    if (placement.state == State::kRemoving || std::erase(remove_later_, sa_id) != 0) {
      forgotten.push_back(sa_id);
    }
    SetDown(sa_id, placement, card_problem_);
    placement.lost = true;
  }
  std::erase_if(waiting_, [this](const Pending& waiting) {
    return placements_.at(waiting.sa_id).engine == nullptr;
  });
  std::erase_if(installing_,
                [this](const auto& item) { return placements_.at(item.first).engine == nullptr; });
  for (const uint64_t sa_id : forgotten) Forget(sa_id);
}

void Broker::Poll() {
  std::array<ControlDone, 16> done;
  std::array<ipsec::SaEvent, 16> events;
  for (Engine* engine : {card_, &software_}) {
    if (engine == nullptr) continue;
    if (engine == card_ && !card_failed_ && engine->state() == EngineState::kFailed) FailCard();
    if (engine == card_ && card_failed_) continue;
    const size_t finished = engine->PollControl(done);
    for (size_t i = 0; i < finished; ++i) Done(*engine, done[i]);
    const size_t happened = engine->PollEvents(events);
    for (size_t i = 0; i < happened; ++i) {
      events_.push_back({events[i].sa_id, events[i].type, events[i].value});
      engine->AckEvent(events[i].sa, events[i].type);
    }
  }
  if (!waiting_.empty()) AskAgain();
}

void Broker::RefreshStats() {
  for (const auto& [sa_id, placement] : placements_) Query(sa_id, placement);
}

void Broker::RefreshStats(uint64_t sa_id) {
  const Placement* placement = Find(sa_id);
  if (placement != nullptr) Query(sa_id, *placement);
}

void Broker::Query(uint64_t sa_id, const Placement& placement) {
  if (placement.state != State::kUp) return;
  const Result<uint64_t> token = placement.engine->BeginQuery(placement.ref);
  if (!token) return;  // too many under way: the old values stand a little longer
  pending_[{placement.engine, *token}] = {sa_id, ControlOp::kQuery};
  ++queries_;
}

const Broker::Placement* Broker::Find(uint64_t sa_id) const {
  const auto found = placements_.find(sa_id);
  return found == placements_.end() ? nullptr : &found->second;
}

std::vector<Broker::Event> Broker::TakeEvents() { return std::exchange(events_, {}); }

}  // namespace vam::offload
