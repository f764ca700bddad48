// A submission ring and its completion ring: memory layout, phase, cookies. No registers, no system
// calls.
#ifndef VAM_DRIVER_RING_QUEUE_RING_H_
#define VAM_DRIVER_RING_QUEUE_RING_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "driver/hal/dma.h"
#include "driver/ring/entry.h"
#include "sw/base/result.h"

namespace vam::driver {

// One thread. Allocates in Create only.
//
// Indices run freely modulo 2^16; a slot is index modulo ring size. At most as many operations are
// in flight as the completion ring has slots, so the card never lacks room for a completion.
//
// The card is not trusted: a completion that answers nothing in flight, or is out of range
// anywhere, makes the ring fail for good (kDevice); what is in flight then is found with
// TakeInFlight.
class QueueRing {
 public:
  struct Config {
    uint8_t sq_log2 = 8;  // 3 to 12
    uint8_t cq_log2 = 8;  // 3 to 12
  };

  // Allocates the rings. kInvalidArgument: sizes out of range; kExhausted: no memory. `dma`
  // outlives the ring.
  static Result<QueueRing> Create(hal::Dma& dma, const Config& config);
  QueueRing(QueueRing&& other) noexcept;
  QueueRing& operator=(QueueRing&&) = delete;
  // Requires: the card no longer uses the rings, or Abandon was called.
  ~QueueRing();
  // Leaves the rings to the backend until it closes the card: for a card that does not stop and may
  // still write them.
  void Abandon() { dma_ = nullptr; }

  const Config& config() const { return config_; }
  uint64_t sq_bus() const { return sq_.bus; }
  uint64_t cq_bus() const { return cq_.bus; }

  // Queues one operation. kExhausted: no room now, poll first. kInvalidArgument: it could never be
  // accepted.
  Status Push(const Submission& submission);
  // Hands everything pushed to the card's memory. The tail to ring the doorbell with, or nothing if
  // it is unchanged.
  std::optional<uint16_t> Publish();

  // The next completion, or none yet. kDevice: the card wrote nonsense; the ring has failed.
  Result<std::optional<Completion>> Pop();
  // Completions read so far, modulo 2^16: what the completion head doorbell takes.
  uint16_t cq_head() const { return cq_head_; }

  bool failed() const { return failed_; }
  size_t in_flight() const { return in_flight_; }
  size_t capacity() const { return ops_.size(); }
  // Submission slots that Push may fill now.
  size_t free_slots() const;

  // After the queue or the card was reset: what the card still completed, then, as completions with
  // reason queue_reset, what will never be answered. Up to out.size(); call until it returns 0.
  // Then the ring can be used after Restart.
  size_t TakeInFlight(std::span<Completion> out);
  // Back to the state after Create. Requires: the card no longer uses the rings, and nothing is in
  // flight.
  void Restart();

 private:
  // What the host remembers of an operation in flight.
  struct Op {
    uint64_t cookie = 0;
    uint32_t sa_handle = 0;
    uint32_t dst_size = 0;
    uint16_t serial = 0;
    map::SqeOp op = map::SqeOp::kNop;
    bool used = false;
  };

  QueueRing(hal::Dma& dma, const Config& config);

  uint16_t sq_slots() const { return static_cast<uint16_t>(1u << config_.sq_log2); }
  uint16_t cq_slots() const { return static_cast<uint16_t>(1u << config_.cq_log2); }
  Status CheckSubmission(const Submission& s) const;
  void WriteSlot(uint16_t index, const void* entry);
  map::SqeExt MakeExt(const Submission& s, uint16_t op_index);
  Status CheckCompletion(const map::Cqe& cqe) const;
  void ReleaseMemory();

  hal::Dma* dma_;
  Config config_;
  hal::DmaRegion sq_;
  hal::DmaRegion cq_;
  hal::DmaRegion lists_;  // one segment list per operation in flight
  std::vector<Op> ops_;
  std::vector<uint16_t> free_ops_;
  size_t in_flight_ = 0;
  uint16_t sq_tail_ = 0;       // next slot to fill
  uint16_t sq_published_ = 0;  // tail the card may know
  uint16_t sq_head_ = 0;       // slots before it were fetched, as the card said
  uint16_t cq_head_ = 0;
  bool failed_ = false;
};

}  // namespace vam::driver

#endif  // VAM_DRIVER_RING_QUEUE_RING_H_
