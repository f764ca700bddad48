#include "driver/device/queue_pair.h"

#include <utility>

namespace vam::driver {

using map::BlockType;

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
  const uint64_t start = context_.clock->MonotonicNs();
  for (;;) {
    const uint32_t status = context_.regs.Read(BlockType::kQueues, map::RegQueueStatus(index_));
    if (status == 0xffffffff) return Err(ErrorCode::kDevice, "the card is gone");
    if ((status & map::kQueueStatusIdle) != 0) return Ok();
    if (context_.clock->MonotonicNs() - start > context_.timeout_ns) {
      return Err(ErrorCode::kDevice, "the queue does not stop");
    }
    context_.card->Relax();
  }
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
    progress_->in_flight.store(static_cast<uint32_t>(ring_->in_flight()),
                               std::memory_order_relaxed);
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
    progress_->completed.fetch_add(count, std::memory_order_relaxed);
    progress_->in_flight.store(static_cast<uint32_t>(ring_->in_flight()),
                               std::memory_order_relaxed);
    context_.regs.Write(BlockType::kDoorbells, map::RegDoorbellCqHead(index_), ring_->cq_head());
  }
  return count;
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
  const size_t count = ring_->TakeInFlight(out);
  progress_->in_flight.store(static_cast<uint32_t>(ring_->in_flight()), std::memory_order_relaxed);
  return count;
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
