// Engines for tests of engine threads: one that waits until it is let go.
#ifndef VAM_TESTS_UNIT_SW_OFFLOAD_WORKER_FIXTURE_H_
#define VAM_TESTS_UNIT_SW_OFFLOAD_WORKER_FIXTURE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sw/ipsec/engine.h"

namespace vam::offload::test {

// VAM_TEST_SEED, or 1.
inline uint64_t Seed() {
  const char* text = std::getenv("VAM_TEST_SEED");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 0);
}

// Until `reached`, at most half a minute of real time: only a thread that hangs takes so long.
inline testing::AssertionResult Eventually(const std::function<bool()>& reached) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!reached()) {
    if (std::chrono::steady_clock::now() > end) {
      return testing::AssertionFailure() << "not within half a minute";
    }
    std::this_thread::yield();
  }
  return testing::AssertionSuccess();
}

// A door that other threads wait at.
class Gate {
 public:
  explicit Gate(bool open) : open_(open) {}
  void Set(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }
  void Pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.wait(lock, [this] { return open_; });
    --waiting_;
  }
  bool SomeoneWaits() {
    const std::lock_guard lock(mutex_);
    return waiting_ != 0;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_;
  int waiting_ = 0;
};

// What a GateEngine was called for, in the order of the calls.
struct Called {
  char what;  // j: job, a: add, m: modify, d: delete, q: query, k: acknowledge
  uint64_t about;
  bool operator==(const Called&) const = default;
};

// Ends everything well. Submit and the controls wait at `gate`; the journal may be read when the
// thread has stopped. Takes at most `jobs_per_submit` jobs and `most_controls` controls at a time.
class GateEngine final : public ipsec::Engine {
 public:
  std::string_view name() const override { return "software"; }
  ipsec::Capabilities capabilities() const override { return {.max_sas = 1000}; }
  ipsec::EngineState state() const override { return ipsec::EngineState::kReady; }
  size_t Submit(std::span<const ipsec::Job> jobs) override {
    gate.Pass();
    const size_t count = std::min(jobs.size(), jobs_per_submit);
    for (const ipsec::Job& job : jobs.first(count)) {
      journal.push_back({'j', job.cookie});
      done_.push_back({job.cookie, Reason::kOk, job.sa, 0});
    }
    return count;
  }
  size_t Poll(std::span<ipsec::Done> done) override { return Take(done_, done); }
  Result<uint64_t> BeginAdd(const ipsec::SaParams& params) override {
    last_params = &params;
    last_key_bytes = params.key_material.size();
    return Begin('a', ipsec::ControlOp::kAdd, params.id,
                 ipsec::SaRef::Make(0, static_cast<uint32_t>(next_index_++)));
  }
  Result<uint64_t> BeginModify(ipsec::SaRef sa, const ipsec::SaParams&) override {
    return Begin('m', ipsec::ControlOp::kModify, sa.value, sa);
  }
  Result<uint64_t> BeginDelete(ipsec::SaRef sa) override {
    return Begin('d', ipsec::ControlOp::kDelete, sa.value, sa);
  }
  Result<uint64_t> BeginQuery(ipsec::SaRef sa) override {
    return Begin('q', ipsec::ControlOp::kQuery, sa.value, sa);
  }
  size_t PollControl(std::span<ipsec::ControlDone> done) override {
    return Take(control_done_, done);
  }
  size_t PollEvents(std::span<ipsec::SaEvent> events) override {
    const size_t count = std::min(events.size(), events_to_give);
    for (ipsec::SaEvent& event : events.first(count)) {
      event = {ipsec::EventType::kSoftBytes, ipsec::SaRef::Make(0, 1), ++events_given, 0};
    }
    events_to_give -= count;
    return count;
  }
  void AckEvent(ipsec::SaRef sa, ipsec::EventType) override { journal.push_back({'k', sa.value}); }
  // There is more to do in every second call.
  bool Tend(uint64_t now_ns) override {
    tended_ns = now_ns;
    return ++tended % 2 != 0;
  }

  Gate gate{true};
  size_t jobs_per_submit = SIZE_MAX;
  size_t most_controls = SIZE_MAX;
  size_t events_to_give = 0;
  uint64_t events_given = 0;
  std::atomic<uint64_t> tended_ns{0}, tended{0};
  std::vector<Called> journal;
  const ipsec::SaParams* last_params = nullptr;
  size_t last_key_bytes = 0;

 private:
  template <typename T>
  static size_t Take(std::deque<T>& from, std::span<T> to) {
    const size_t count = std::min(from.size(), to.size());
    for (T& item : to.first(count)) {
      item = from.front();
      from.pop_front();
    }
    return count;
  }
  Result<uint64_t> Begin(char what, ipsec::ControlOp op, uint64_t about, ipsec::SaRef sa) {
    gate.Pass();
    if (control_done_.size() >= most_controls) return Err(ErrorCode::kUnavailable, "too many");
    journal.push_back({what, about});
    ipsec::ControlDone done;
    // Tokens of its own, which the caller must not see.
    done.token = 1'000'000 - ++token_;
    done.op = op;
    done.sa = sa;
    control_done_.push_back(done);
    return done.token;
  }

  std::deque<ipsec::Done> done_;
  std::deque<ipsec::ControlDone> control_done_;
  uint64_t token_ = 0;
  size_t next_index_ = 0;
};

}  // namespace vam::offload::test

#endif  // VAM_TESTS_UNIT_SW_OFFLOAD_WORKER_FIXTURE_H_
