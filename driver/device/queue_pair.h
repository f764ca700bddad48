// A submission and completion queue of a card.
#ifndef VAM_DRIVER_DEVICE_QUEUE_PAIR_H_
#define VAM_DRIVER_DEVICE_QUEUE_PAIR_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "driver/device/registers.h"
#include "driver/hal/card.h"
#include "driver/ring/queue_ring.h"
#include "sw/base/clock.h"
#include "sw/base/result.h"

namespace vam::driver {

// What several threads know of one queue: its thread writes, the health check reads.
struct QueueProgress {
  // How long the queue's thread has looked for a completion in vain, with work in flight.
  std::atomic<uint64_t> waited_ns{0};
};

// What queues need of their card; outlives them all. `epoch` grows with every reset of the card.
struct CardContext {
  CardContext(hal::Card& c, const Registers& r, const Clock& k) : card(&c), regs(r), clock(&k) {}

  hal::Card* card;
  Registers regs;
  const Clock* clock;
  std::atomic<uint32_t> epoch{0};
  // How long a disable or a reset may take.
  uint64_t timeout_ns = 20 * kNsPerSecond;
};

// Waits until the masked bits of a register equal `value`; turns the card meanwhile. kDevice: the
// card is gone, or `what` after context.timeout_ns. A clock that stands still (captures replayed
// in simulated time) would never end that, so very many reads at one time end it too.
Status WaitRegister(const CardContext& context, map::BlockType block, uint32_t offset,
                    uint32_t mask, uint32_t value, const char* what);

struct QueueConfig {
  uint8_t sq_log2 = 8;
  uint8_t cq_log2 = 8;
  bool low_latency = false;
  uint8_t vector = 0;
};

// One thread. Polled, or with interrupts: Wait arms the queue and sleeps; nothing is lost in
// between, because the card compares its completions with the index that arms it.
class QueuePair {
 public:
  // Queue 0 is the admin queue. kInvalidArgument; kExhausted; kDevice: the queue does not get idle.
  static Result<std::unique_ptr<QueuePair>> Open(CardContext& context, uint8_t index,
                                                 const QueueConfig& config);
  QueuePair(const QueuePair&) = delete;
  QueuePair& operator=(const QueuePair&) = delete;
  // Stops the queue; what is in flight is lost. If the card does not stop, the rings stay
  // allocated: it may write them.
  ~QueuePair();

  uint8_t index() const { return index_; }
  uint8_t vector() const { return config_.vector; }
  size_t in_flight() const { return ring_->in_flight(); }
  size_t capacity() const { return ring_->capacity(); }
  const std::shared_ptr<QueueProgress>& progress() const { return progress_; }

  // Hands over the first submissions and rings the doorbell once. Returns how many were taken; the
  // others are untouched. An error only if the first cannot be taken: kExhausted is returned as 0;
  // kInvalidArgument: it never can; kDevice: the queue has failed or the card was reset (see
  // TakeInFlight).
  Result<size_t> Submit(std::span<const Submission> submissions);

  // Up to out.size() completions. kDevice: the card wrote nonsense or was reset; completions found
  // before are returned first.
  Result<size_t> Poll(std::span<Completion> out);

  // Blocks until a completion may be there, at most `timeout_ns`. False: nothing came.
  Result<bool> Wait(uint64_t timeout_ns);

  // What is in flight is given up: up to out.size() completions with reason queue_reset per call,
  // until 0. For a queue that failed, or whose card was reset. Stops the queue first; kDevice: it
  // does not stop, reset the card.
  Result<size_t> TakeInFlight(std::span<Completion> out);
  // Starts the queue again, empty. Requires: TakeInFlight returned 0.
  Status Restart();

 private:
  QueuePair(CardContext& context, uint8_t index, const QueueConfig& config,
            std::unique_ptr<QueueRing> ring);

  bool Stale() const;
  Status Start();
  Status Stop();
  // After a look that found nothing, or something.
  void NoteWait();
  void EndWait();

  CardContext& context_;
  const uint8_t index_;
  const QueueConfig config_;
  std::unique_ptr<QueueRing> ring_;
  std::shared_ptr<QueueProgress> progress_;
  uint32_t epoch_ = 0;
  bool running_ = false;
  bool vector_enabled_ = false;
  std::optional<uint64_t> last_look_ns_;  // of the wait under way
};

}  // namespace vam::driver

#endif  // VAM_DRIVER_DEVICE_QUEUE_PAIR_H_
