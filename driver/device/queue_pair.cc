#include "driver/device/queue_pair.h"

#include <algorithm>
#include <utility>

namespace vam::driver {

using map::BlockType;

namespace {

// A pause between two looks counts for at most this much: who was held up so long (a suspended
// machine, a clock that was set forward) may have held the card up as well.
constexpr uint64_t kMaxPauseNs = 100 * kNsPerMs;

// Reads without the clock moving that end a wait: twice as many as a simulated card needs for a
// reset that runs into its drain time-out.
constexpr unsigned kMaxStillReads = 400'000;

}  // namespace

Status WaitRegister(const CardContext& context, BlockType block, uint32_t offset, uint32_t mask,
                    uint32_t value, const char* what) {
  const uint64_t start = context.clock->MonotonicNs();
  uint64_t last = start;
  for (unsigned still = 0; still < kMaxStillReads; ++still) {
    const uint32_t read = context.regs.Read(block, offset);
    if (read == 0xffffffff) return Err(ErrorCode::kDevice, "the card is gone");
    if ((read & mask) == value) return Ok();
    const uint64_t now = context.clock->MonotonicNs();
    if (now - start > context.timeout_ns) break;
    if (now != last) still = 0;
    last = now;
    context.card->Relax();
  }
  return Err(ErrorCode::kDevice, what);
}

QueuePair::QueuePair(CardContext& context, uint8_t index, const QueueConfig& config,
                     std::unique_ptr<QueueRing> ring)
    : context_(context),
      index_(index),
      config_(config),
      ring_(std::move(ring)),
      progress_(std::make_shared<QueueProgress>()) {}

Result<std::unique_ptr<QueuePair>> QueuePair::Open(CardContext& context, uint8_t index,
                                                   const QueueConfig& config) {
  const Capabilities& cap = context.regs.capabilities();
  if (index > cap.data_queues || config.vector >= cap.vectors) {
    return Err(ErrorCode::kInvalidArgument, "no such queue or vector");
  }
  const auto fits = [&cap](uint8_t log2) {
    return log2 >= cap.min_ring_log2 && log2 <= cap.max_ring_log2;
  };
  if (!fits(config.sq_log2) || !fits(config.cq_log2)) {
    return Err(ErrorCode::kInvalidArgument, "the card has no rings of this size");
  }
  VAM_TRY(QueueRing ring, QueueRing::Create(context.card->dma(), {config.sq_log2, config.cq_log2}));
  std::unique_ptr<QueuePair> pair(
      new QueuePair(context, index, config, std::make_unique<QueueRing>(std::move(ring))));
  VAM_TRY_STATUS(pair->Stop());
  VAM_TRY_STATUS(pair->Start());
  return pair;
}

QueuePair::~QueuePair() {
  if (!Stop()) ring_->Abandon();
}

bool QueuePair::Stale() const {
  return !running_ || epoch_ != context_.epoch.load(std::memory_order_acquire);
}

Status QueuePair::Start() {
  const auto write = [this](uint32_t offset, uint64_t value) {
    context_.regs.Write(BlockType::kQueues, offset, static_cast<uint32_t>(value));
  };
  epoch_ = context_.epoch.load(std::memory_order_acquire);
  write(map::RegQueueSqBaseLo(index_), ring_->sq_bus());
  write(map::RegQueueSqBaseHi(index_), ring_->sq_bus() >> 32);
  write(map::RegQueueCqBaseLo(index_), ring_->cq_bus());
  write(map::RegQueueCqBaseHi(index_), ring_->cq_bus() >> 32);
  write(map::RegQueueConfig(index_),
        map::kQueueConfigEnable | (config_.low_latency ? map::kQueueConfigLowLatency : 0u) |
            static_cast<uint32_t>(config_.vector) << map::kQueueConfigVectorShift |
            static_cast<uint32_t>(config_.sq_log2) << map::kQueueConfigSqLog2Shift |
            static_cast<uint32_t>(config_.cq_log2) << map::kQueueConfigCqLog2Shift);
  running_ = true;
  // A reset may have cleared the vector's entry.
  vector_enabled_ = false;
  return Ok();
}

Status QueuePair::Stop() {
  running_ = false;
  context_.regs.Write(BlockType::kQueues, map::RegQueueConfig(index_), 0);
  return WaitRegister(context_, BlockType::kQueues, map::RegQueueStatus(index_),
                      map::kQueueStatusIdle, map::kQueueStatusIdle, "the queue does not stop");
}

Result<size_t> QueuePair::Submit(std::span<const Submission> submissions) {
  if (Stale()) return Err(ErrorCode::kDevice, "the card was reset");
  size_t count = 0;
  for (const Submission& submission : submissions) {
    const Status status = ring_->Push(submission);
    if (!status) {
      if (count == 0 && status.error().code != ErrorCode::kExhausted) return status.error();
      break;
    }
    ++count;
  }
  if (const auto tail = ring_->Publish()) {
    context_.regs.Write(BlockType::kDoorbells, map::RegDoorbellSqTail(index_), *tail);
  }
  return count;
}

Result<size_t> QueuePair::Poll(std::span<Completion> out) {
  if (Stale()) return Err(ErrorCode::kDevice, "the card was reset");
  size_t count = 0;
  while (count < out.size()) {
    auto completion = ring_->Pop();
    if (!completion) {
      if (count == 0) return completion.error();
      break;
    }
    if (!completion->has_value()) break;
    out[count++] = **completion;
  }
  if (count > 0) {
    EndWait();
    context_.regs.Write(BlockType::kDoorbells, map::RegDoorbellCqHead(index_), ring_->cq_head());
  } else if (!out.empty() && ring_->in_flight() != 0) {
    NoteWait();
  }
  return count;
}

// A wait begins at the first look in vain, not at the submission: only what was looked for is
// missing.
void QueuePair::NoteWait() {
  const uint64_t now = context_.clock->MonotonicNs();
  if (last_look_ns_) {
    progress_->waited_ns.fetch_add(std::min(now - *last_look_ns_, kMaxPauseNs),
                                   std::memory_order_relaxed);
  }
  last_look_ns_ = now;
}

void QueuePair::EndWait() {
  last_look_ns_.reset();
  progress_->waited_ns.store(0, std::memory_order_relaxed);
}

Result<bool> QueuePair::Wait(uint64_t timeout_ns) {
  if (Stale()) return Err(ErrorCode::kDevice, "the card was reset");
  if (!vector_enabled_) {
    VAM_TRY_STATUS(context_.card->irq().Enable(config_.vector));
    vector_enabled_ = true;
  }
  // One that came since the last call: no need to ask for another.
  VAM_TRY(const bool came, context_.card->irq().Poll(config_.vector));
  if (came) return true;
  context_.regs.Write(BlockType::kDoorbells, map::RegDoorbellCqHeadArm(index_), ring_->cq_head());
  return context_.card->irq().Wait(config_.vector, timeout_ns);
}

Result<size_t> QueuePair::TakeInFlight(std::span<Completion> out) {
  if (running_) VAM_TRY_STATUS(Stop());
  EndWait();
  return ring_->TakeInFlight(out);
}

Status QueuePair::Restart() {
  if (running_) VAM_TRY_STATUS(Stop());
  if (ring_->in_flight() != 0) {
    return Err(ErrorCode::kInvalidArgument, "operations are still in flight");
  }
  ring_->Restart();
  return Start();
}

}  // namespace vam::driver
