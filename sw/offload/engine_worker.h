// An engine that works in a thread of its own, as an engine of the thread that drives it.
#ifndef VAM_SW_OFFLOAD_ENGINE_WORKER_H_
#define VAM_SW_OFFLOAD_ENGINE_WORKER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "sw/base/clock.h"
#include "sw/ipsec/engine.h"
#include "sw/offload/spsc_ring.h"

namespace vam::offload {

// Jobs, controls and acknowledgements go to the thread through one ring, so they take effect in
// the order of the calls; results, answers and events come back through one each. Only the thread
// touches the engine inside, from its start to its end: an engine for one thread is all it needs to
// be. The packet path takes no lock, allocates nothing, and makes a system call only to wake a
// thread that sleeps, once for a burst.
//
// All public functions belong to one thread, the driving one. A driving thread is never made to
// wait but by the constructor, Stop and the destructor. When the engine inside hangs, its ring
// fills: Submit takes nothing, Begin* say kUnavailable.
//
// The engine inside must not fail: the software engine does not. A card belongs to worker 0.
class EngineWorker final : public ipsec::Engine {
 public:
  struct Config {
    uint32_t queue_jobs = 512;       // taken and not yet polled
    uint32_t queue_controls = 1024;  // begun and not yet answered
    std::string thread_name;         // up to 15 characters, for `top -H`; empty: none
    // Runs in the thread before the constructor returns: what needs system calls that a confined
    // process may not make later.
    std::function<void()> prologue;
  };

  // Starts the thread and waits until it runs: a process may be confined afterwards. Aborts, as for
  // memory, when the system has no thread to give.
  EngineWorker(std::unique_ptr<ipsec::Engine> engine, Config config);
  // Stops. Results that nobody polled are gone; buffers are no longer touched.
  ~EngineWorker() override;
  EngineWorker(const EngineWorker&) = delete;
  EngineWorker& operator=(const EngineWorker&) = delete;

  // Ends the thread when everything that was taken has ended, and waits for that; for ever when the
  // engine inside hangs. Afterwards Poll, PollControl and PollEvents still give what there is,
  // Submit takes nothing and Begin* say kUnavailable.
  void Stop();

  std::string_view name() const override { return name_; }
  ipsec::Capabilities capabilities() const override { return capabilities_; }
  ipsec::EngineState state() const override { return ipsec::EngineState::kReady; }
  size_t Submit(std::span<const ipsec::Job> jobs) override;
  size_t Poll(std::span<ipsec::Done> done) override;
  Result<uint64_t> BeginAdd(const ipsec::SaParams& params) override;
  Result<uint64_t> BeginModify(ipsec::SaRef sa, const ipsec::SaParams& params) override;
  Result<uint64_t> BeginDelete(ipsec::SaRef sa) override;
  Result<uint64_t> BeginQuery(ipsec::SaRef sa) override;
  size_t PollControl(std::span<ipsec::ControlDone> done) override;
  size_t PollEvents(std::span<ipsec::SaEvent> events) override;
  void AckEvent(ipsec::SaRef sa, ipsec::EventType type) override;
  // Done by the thread, which is woken for it every kTendNs; so the answer is false.
  static constexpr uint64_t kTendNs = 5 * kNsPerSecond;
  bool Tend(uint64_t now_ns) override;

  // How often the thread had to be woken, each by a system call.
  uint64_t wakes() const { return wakes_; }

 private:
  static constexpr size_t kBatch = 16;  // jobs that the engine inside gets at once
  static constexpr size_t kEvents = 256;

  enum class Kind : uint8_t { kJob, kControl, kAck };
  struct Ack {
    ipsec::SaRef sa;
    ipsec::EventType event = ipsec::EventType::kFault;
  };
  struct Command {
    Kind kind = Kind::kJob;
    uint32_t slot = 0;  // kControl
    Ack ack;            // kAck
    ipsec::Job job;     // kJob
  };
  // A control on its way. The driving thread fills it in and takes it back with the answer; in
  // between it is the engine thread's.
  struct Control {
    uint64_t token = 0;
    ipsec::ControlOp op = ipsec::ControlOp::kAdd;
    ipsec::SaRef sa;
    ipsec::SaParams params;  // kAdd, kModify; its keys are wiped as soon as the engine has them
  };
  struct Answer {
    uint32_t slot = 0;
    ipsec::ControlDone done;
  };

  // The driving thread's.
  Result<uint64_t> Begin(ipsec::ControlOp op, ipsec::SaRef sa, const ipsec::SaParams* params);
  void Send();
  void Wake();
  bool HasRoomForAck();
  void SendLateAcks();

  // The engine thread's.
  void Run();
  bool Feed();
  bool FeedJobs();
  bool FeedControl(uint32_t slot);
  Result<uint64_t> Perform(const Control& control);
  bool Collect();
  bool CollectDone();
  bool CollectAnswers();
  bool CollectEvents();
  bool TendInside();
  bool Idle() const { return jobs_inside_ == 0 && controls_inside_.empty() && fed_ == batched_; }
  void Sleep();

  std::unique_ptr<ipsec::Engine> engine_;
  const std::string name_;
  const ipsec::Capabilities capabilities_;
  const Config config_;

  SpscRing<Command> commands_;
  SpscRing<ipsec::Done> results_;
  SpscRing<Answer> answers_;
  SpscRing<ipsec::SaEvent> events_;
  std::vector<Control> controls_;
  // 1: the engine thread sleeps or is about to; the one who makes it 0 wakes it.
  std::atomic<uint32_t> asleep_{0};
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> tend_ns_{0};  // the time of the last Tend that was passed on
  std::atomic<bool> started_{false};

  // The driving thread's.
  uint32_t jobs_under_way_ = 0;
  std::vector<uint32_t> free_controls_;
  std::deque<Ack> late_acks_;  // the ring had no room for them
  uint64_t next_token_ = 1;
  uint64_t wakes_ = 0;
  uint64_t next_tend_ns_ = 0;

  // The engine thread's.
  std::array<ipsec::Job, kBatch> batch_;  // [fed_, batched_) waits for the engine
  size_t fed_ = 0;
  size_t batched_ = 0;
  size_t jobs_inside_ = 0;
  uint64_t tended_ns_ = 0;  // what the engine inside has done all of
  std::unordered_map<uint64_t, uint32_t> controls_inside_;  // slot by the engine's own token

  std::thread thread_;
};

}  // namespace vam::offload

#endif  // VAM_SW_OFFLOAD_ENGINE_WORKER_H_
