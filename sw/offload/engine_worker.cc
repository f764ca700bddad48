#include "sw/offload/engine_worker.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "sw/base/heap.h"

namespace vam::offload {

using ipsec::ControlDone;
using ipsec::ControlOp;
using ipsec::Done;
using ipsec::Job;
using ipsec::SaRef;

namespace {

// Looks at the ring before a thread without work sleeps: some microseconds, the price of being
// woken.
constexpr unsigned kSpins = 256;

void Relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

}  // namespace

EngineWorker::EngineWorker(std::unique_ptr<ipsec::Engine> engine, Config config)
    : engine_(std::move(engine)),
      name_(engine_->name()),
      capabilities_(engine_->capabilities()),
      config_(std::move(config)),
      // Jobs and controls under way always fit; so do as many acknowledgements as there are events
      // to be given out.
      commands_(config_.queue_jobs + config_.queue_controls + kEvents),
      results_(config_.queue_jobs),
      answers_(config_.queue_controls),
      events_(kEvents),
      controls_(config_.queue_controls) {
  for (uint32_t slot = 0; slot < config_.queue_controls; ++slot) free_controls_.push_back(slot);
  thread_ = std::thread([this] { Run(); });
  started_.wait(false);
}

EngineWorker::~EngineWorker() { Stop(); }

void EngineWorker::Stop() {
  if (!thread_.joinable()) return;
  stop_.store(true, std::memory_order_seq_cst);
  Wake();
  thread_.join();
}

// ---- The driving thread ----

size_t EngineWorker::Submit(std::span<const Job> jobs) {
  if (!thread_.joinable()) return 0;
  const size_t count = std::min<size_t>(jobs.size(), config_.queue_jobs - jobs_under_way_);
  if (count == 0) return 0;
  for (const Job& job : jobs.first(count)) commands_.Stage({Kind::kJob, 0, {}, job});
  jobs_under_way_ += static_cast<uint32_t>(count);
  Send();
  return count;
}

size_t EngineWorker::Poll(std::span<Done> done) {
  const size_t count = std::min(done.size(), results_.Ready());
  if (count == 0) return 0;
  for (size_t i = 0; i < count; ++i) done[i] = results_.Peek(i);
  results_.Drop(count);
  jobs_under_way_ -= static_cast<uint32_t>(count);
  return count;
}

void EngineWorker::Send() {
  commands_.Publish();
  Wake();
}

void EngineWorker::Wake() {
  if (asleep_.load(std::memory_order_seq_cst) == 0) return;
  if (asleep_.exchange(0, std::memory_order_seq_cst) == 0) return;
  ++wakes_;
  asleep_.notify_one();
}

Result<uint64_t> EngineWorker::Begin(ControlOp op, SaRef sa, const ipsec::SaParams* params) {
  if (!thread_.joinable()) return Err(ErrorCode::kUnavailable, "the engine has been stopped");
  if (free_controls_.empty())
    return Err(ErrorCode::kUnavailable, "too many SA operations under way");
  const uint32_t slot = free_controls_.back();
  free_controls_.pop_back();
  Control& control = controls_[slot];
  control.token = next_token_++;
  control.op = op;
  control.sa = sa;
  if (params != nullptr) control.params = params->Clone();
  const uint64_t token = control.token;
  commands_.Stage({Kind::kControl, slot, {}, {}});
  Send();
  return token;
}

Result<uint64_t> EngineWorker::BeginAdd(const ipsec::SaParams& params) {
  return Begin(ControlOp::kAdd, SaRef::None(), &params);
}
Result<uint64_t> EngineWorker::BeginModify(SaRef sa, const ipsec::SaParams& params) {
  return Begin(ControlOp::kModify, sa, &params);
}
Result<uint64_t> EngineWorker::BeginDelete(SaRef sa) {
  return Begin(ControlOp::kDelete, sa, nullptr);
}
Result<uint64_t> EngineWorker::BeginQuery(SaRef sa) {
  return Begin(ControlOp::kQuery, sa, nullptr);
}

size_t EngineWorker::PollControl(std::span<ControlDone> done) {
  const size_t count = std::min(done.size(), answers_.Ready());
  if (count == 0) return 0;
  for (size_t i = 0; i < count; ++i) {
    done[i] = answers_.Peek(i).done;
    free_controls_.push_back(answers_.Peek(i).slot);
  }
  answers_.Drop(count);
  return count;
}

size_t EngineWorker::PollEvents(std::span<ipsec::SaEvent> events) {
  SendLateAcks();
  const size_t ready = events_.Ready();
  const size_t count = std::min(events.size(), ready);
  if (count == 0) return 0;
  for (size_t i = 0; i < count; ++i) events[i] = events_.Peek(i);
  events_.Drop(count);
  // A full ring may have kept more events in the engine.
  if (ready == events_.capacity()) Wake();
  return count;
}

// Jobs and controls keep their places in the ring.
bool EngineWorker::HasRoomForAck() {
  const size_t kept = config_.queue_jobs - jobs_under_way_ + free_controls_.size();
  return commands_.FreePlacesNow() > kept;
}

void EngineWorker::SendLateAcks() {
  while (!late_acks_.empty() && HasRoomForAck()) {
    commands_.Stage({Kind::kAck, 0, late_acks_.front(), {}});
    late_acks_.pop_front();
    Send();
  }
}

// What waits here is bounded: the thread that takes nothing from its ring gives no events either.
void EngineWorker::AckEvent(SaRef sa, ipsec::EventType type) {
  if (!thread_.joinable()) return;
  late_acks_.push_back({sa, type});
  SendLateAcks();
}

bool EngineWorker::Tend(uint64_t now_ns) {
  if (now_ns < next_tend_ns_ || !thread_.joinable()) return false;
  next_tend_ns_ = now_ns + kTendNs;
  tend_ns_.store(now_ns, std::memory_order_seq_cst);
  Wake();
  return false;
}

// ---- The engine thread ----

void EngineWorker::Run() {
  if (!config_.thread_name.empty()) {
    static_cast<void>(pthread_setname_np(pthread_self(), config_.thread_name.c_str()));
  }
  ShrinkThreadHeapOnce();
  if (config_.prologue) config_.prologue();
  started_.store(true, std::memory_order_seq_cst);
  started_.notify_one();
  unsigned spins = 0;
  while (true) {
    // Asked first: what was sent before the stop is then seen below.
    const bool stopping = stop_.load(std::memory_order_seq_cst);
    const bool fed = Feed();
    const bool collected = Collect();
    const bool tended = TendInside();
    if (fed || collected || tended) {
      spins = 0;
    } else if (!Idle()) {
      std::this_thread::yield();  // an engine that works on its own
    } else if (stopping) {
      return;
    } else if (++spins < kSpins) {
      Relax();
    } else {
      Sleep();
      spins = 0;
    }
  }
}

// True when something moved. Each command waits until the engine took those before it.
bool EngineWorker::Feed() {
  const size_t waited = batched_ - fed_;
  if (!FeedJobs()) return batched_ - fed_ < waited;
  const size_t ready = std::min(commands_.Ready(), kBatch);
  size_t taken = 0;
  for (; taken < ready; ++taken) {
    const Command& command = commands_.Peek(taken);
    if (command.kind == Kind::kJob) {
      batch_[batched_++] = command.job;
      continue;
    }
    if (!FeedJobs()) break;
    if (command.kind == Kind::kAck) {
      engine_->AckEvent(command.ack.sa, command.ack.event);
    } else if (!FeedControl(command.slot)) {
      break;
    }
  }
  if (taken == 0) return false;
  commands_.Drop(taken);
  FeedJobs();
  return true;
}

// True when no job waits any more.
bool EngineWorker::FeedJobs() {
  if (fed_ != batched_) {
    const size_t count = engine_->Submit(std::span(batch_).subspan(fed_, batched_ - fed_));
    fed_ += count;
    jobs_inside_ += count;
  }
  if (fed_ != batched_) return false;
  fed_ = batched_ = 0;
  return true;
}

// False: the engine has too many under way, and it is to be offered again.
bool EngineWorker::FeedControl(uint32_t slot) {
  Control& control = controls_[slot];
  const Result<uint64_t> begun = Perform(control);
  if (!begun && begun.error().code == ErrorCode::kUnavailable && !controls_inside_.empty()) {
    return false;
  }
  control.params.key_material.Wipe();
  control.params.auth_key.Wipe();
  if (begun) {
    controls_inside_.emplace(*begun, slot);
    return true;
  }
  Answer answer{slot, {}};
  answer.done.token = control.token;
  answer.done.op = control.op;
  answer.done.sa = control.sa;
  answer.done.status = begun.error();
  answers_.Stage(answer);
  answers_.Publish();
  return true;
}

Result<uint64_t> EngineWorker::Perform(const Control& control) {
  switch (control.op) {
    case ControlOp::kAdd:
      return engine_->BeginAdd(control.params);
    case ControlOp::kModify:
      return engine_->BeginModify(control.sa, control.params);
    case ControlOp::kDelete:
      return engine_->BeginDelete(control.sa);
    case ControlOp::kQuery:
      break;
  }
  return engine_->BeginQuery(control.sa);
}

bool EngineWorker::Collect() {
  const bool done = jobs_inside_ != 0 && CollectDone();
  const bool answered = !controls_inside_.empty() && CollectAnswers();
  const bool happened = CollectEvents();
  return done || answered || happened;
}

// There is room for every job that was taken.
bool EngineWorker::CollectDone() {
  std::array<Done, kBatch> done;
  const size_t count = engine_->Poll(done);
  VAM_CHECK(count <= jobs_inside_);
  if (count == 0) return false;
  for (const Done& entry : std::span(done).first(count)) results_.Stage(entry);
  results_.Publish();
  jobs_inside_ -= count;
  return true;
}

bool EngineWorker::CollectAnswers() {
  std::array<ControlDone, kBatch> done;
  const size_t count = engine_->PollControl(done);
  for (ControlDone& entry : std::span(done).first(count)) {
    const auto found = controls_inside_.find(entry.token);
    VAM_CHECK(found != controls_inside_.end());
    const uint32_t slot = found->second;
    controls_inside_.erase(found);
    entry.token = controls_[slot].token;
    answers_.Stage({slot, entry});
  }
  if (count != 0) answers_.Publish();
  return count != 0;
}

// What does not fit stays in the engine.
bool EngineWorker::CollectEvents() {
  std::array<ipsec::SaEvent, kBatch> events;
  const size_t room = std::min(events.size(), events_.FreePlaces());
  const size_t count = engine_->PollEvents(std::span(events).first(room));
  for (const ipsec::SaEvent& event : std::span(events).first(count)) events_.Stage(event);
  if (count != 0) events_.Publish();
  return count != 0;
}

// True when there was something to do.
bool EngineWorker::TendInside() {
  const uint64_t now_ns = tend_ns_.load(std::memory_order_relaxed);
  if (now_ns == tended_ns_) return false;
  if (!engine_->Tend(now_ns)) tended_ns_ = now_ns;
  return true;
}

// Between the announcement and the sleep it looks once more: whoever published before he could see
// the announcement is seen here.
void EngineWorker::Sleep() {
  const bool events_wait = events_.FreePlaces() == 0;
  asleep_.store(1, std::memory_order_seq_cst);
  const bool work = commands_.Ready() != 0 || stop_.load(std::memory_order_seq_cst) ||
                    tend_ns_.load(std::memory_order_seq_cst) != tended_ns_ ||
                    (events_wait && events_.FreePlacesNow() != 0);
  if (!work) asleep_.wait(1, std::memory_order_seq_cst);
  asleep_.store(0, std::memory_order_seq_cst);
}

}  // namespace vam::offload
