#include "driver/device/device.h"

#include <algorithm>
#include <utility>

namespace vam::driver {

using map::BlockType;

namespace {

constexpr uint32_t kAllOnes = 0xffffffff;

}  // namespace

const char* HealthName(Health health) {
  switch (health) {
    case Health::kGood:
      return "good";
    case Health::kGone:
      return "gone";
    case Health::kStopped:
      return "stopped";
    case Health::kNotReady:
      return "not ready";
    case Health::kQueueError:
      return "queue error";
    case Health::kStuck:
      return "stuck";
  }
  return "unknown";
}

Device::Device(hal::Card& card, const Registers& regs, const Clock& clock,
               const DeviceOptions& options)
    : context_(card, regs, clock), options_(options) {
  context_.timeout_ns = options.timeout_ns;
  watches_.resize(regs.capabilities().data_queues + size_t{1});
}

Result<std::unique_ptr<Device>> Device::Open(hal::Card& card, const Clock& clock, Rng& rng,
                                             const DeviceOptions& options) {
  VAM_TRY(const Registers regs, Registers::Probe(card.bar()));
  std::unique_ptr<Device> device(new Device(card, regs, clock, options));
  for (unsigned i = 0; i < map::kNumCtrlHashKey; ++i) {
    regs.Write(BlockType::kControl, map::RegCtrlHashKey(i), rng.U32());
  }
  VAM_TRY_STATUS(device->ResetCard());
  VAM_TRY(std::unique_ptr<QueuePair> admin, QueuePair::Open(device->context_, 0,
                                                            {.sq_log2 = options.admin_log2,
                                                             .cq_log2 = options.admin_log2,
                                                             .vector = options.admin_vector}));
  device->watches_[0] = admin->progress();
  VAM_TRY(device->sas_, SaTable::Create(device->context_, std::move(admin)));
  VAM_TRY(EventRing events, EventRing::Create(card.dma(), options.event_log2));
  device->events_.emplace(std::move(events));
  VAM_TRY_STATUS(device->StartEvents());
  return device;
}

Device::~Device() {
  // Ring memory goes back to the backend afterwards; a card that does not confirm may still write
  // it.
  if (!ResetCard() && events_) events_->Abandon();
}

Status Device::WaitStatus(uint32_t mask, uint32_t value, const char* what) {
  return WaitRegister(context_, BlockType::kControl, map::kRegCtrlStatus, mask, value, what);
}

Status Device::ResetCard() {
  context_.regs.Write(BlockType::kControl, map::kRegCtrlControl, map::kCtrlControlSoftReset);
  return WaitStatus(map::kCtrlStatusReady | map::kCtrlStatusResetBusy, map::kCtrlStatusReady,
                    "the card does not get ready");
}

Status Device::StartEvents() {
  // A reset may have cleared the vector's entry.
  vector_enabled_ = false;
  const auto write = [this](uint32_t offset, uint64_t value) {
    context_.regs.Write(BlockType::kEvents, offset, static_cast<uint32_t>(value));
  };
  write(map::kRegEventRingBaseLo, events_->bus());
  write(map::kRegEventRingBaseHi, events_->bus() >> 32);
  write(map::kRegEventRingConfig,
        map::kEventRingConfigEnable |
            static_cast<uint32_t>(options_.event_vector) << map::kEventRingConfigVectorShift |
            static_cast<uint32_t>(options_.event_log2) << map::kEventRingConfigLog2Shift);
  return Ok();
}

Result<std::unique_ptr<QueuePair>> Device::OpenQueue(uint8_t index, const QueueConfig& config) {
  if (index == 0 || index >= watches_.size()) {
    return Err(ErrorCode::kInvalidArgument, "no such data queue");
  }
  if (!watches_[index].expired()) return Err(ErrorCode::kExists, "the queue is open");
  VAM_TRY(std::unique_ptr<QueuePair> pair, QueuePair::Open(context_, index, config));
  watches_[index] = pair->progress();
  return pair;
}

Result<size_t> Device::PollEvents(std::span<Event> out) {
  size_t count = 0;
  while (count < out.size()) {
    auto event = events_->Pop();
    if (!event) {
      if (count == 0) return event.error();
      break;
    }
    if (!event->has_value()) break;
    out[count++] = **event;
  }
  if (count > 0) {
    context_.regs.Write(BlockType::kEvents, map::kRegEventRingHead, events_->head());
  }
  return count;
}

Result<bool> Device::WaitEvents(uint64_t timeout_ns) {
  if (!vector_enabled_) {
    VAM_TRY_STATUS(context_.card->irq().Enable(options_.event_vector));
    vector_enabled_ = true;
  }
  VAM_TRY(const bool came, context_.card->irq().Poll(options_.event_vector));
  if (came) return true;
  context_.regs.Write(BlockType::kEvents, map::kRegEventRingHeadArm, events_->head());
  return context_.card->irq().Wait(options_.event_vector, timeout_ns);
}

Status Device::SetModeration(uint8_t vector, uint32_t interval_cycles, uint8_t count) {
  if (vector >= capabilities().vectors || interval_cycles > map::kModerationVectorInterval) {
    return Err(ErrorCode::kInvalidArgument, "vector or interval out of range");
  }
  context_.regs.Write(BlockType::kMsix, map::RegModerationVector(vector),
                      interval_cycles | static_cast<uint32_t>(count)
                                            << map::kModerationVectorCountShift);
  return Ok();
}

uint32_t Device::TakeFaults() {
  const uint32_t faults = context_.regs.Read(BlockType::kControl, map::kRegCtrlFaults);
  if (faults != 0 && faults != kAllOnes) {
    context_.regs.Write(BlockType::kControl, map::kRegCtrlFaults, faults);
  }
  return faults;
}

bool Device::QueueHasError() const {
  for (unsigned i = 0; i < watches_.size(); ++i) {
    const uint32_t status = context_.regs.Read(BlockType::kQueues, map::RegQueueStatus(i));
    if ((status & map::kQueueStatusError) != 0) return true;
  }
  return false;
}

bool Device::QueueIsStuck() const {
  return std::ranges::any_of(watches_, [this](const std::weak_ptr<QueueProgress>& watch) {
    const auto progress = watch.lock();
    return progress != nullptr &&
           progress->waited_ns.load(std::memory_order_relaxed) > options_.stuck_ns;
  });
}

Health Device::CheckHealth() {
  const uint32_t status = context_.regs.Read(BlockType::kControl, map::kRegCtrlStatus);
  const uint32_t beat = context_.regs.Read(BlockType::kControl, map::kRegCtrlHeartbeat);
  // A heartbeat may be all ones for one cycle; a status register never.
  if (status == kAllOnes) return Health::kGone;
  const std::optional<uint32_t> before = std::exchange(heartbeat_, beat);
  if (before == beat) return Health::kStopped;
  if ((status & map::kCtrlStatusReady) == 0) return Health::kNotReady;
  if (QueueHasError()) return Health::kQueueError;
  return QueueIsStuck() ? Health::kStuck : Health::kGood;
}

Result<std::vector<LostSa>> Device::Reset() {
  context_.epoch.fetch_add(1, std::memory_order_acq_rel);
  VAM_TRY_STATUS(ResetCard());
  heartbeat_.reset();
  events_->Restart();
  VAM_TRY(std::vector<LostSa> lost, sas_->AfterReset());
  VAM_TRY_STATUS(StartEvents());
  return lost;
}

Result<std::vector<LostSa>> Device::Zeroise() {
  context_.regs.Write(BlockType::kControl, map::kRegCtrlControl, map::kCtrlControlZeroise);
  VAM_TRY_STATUS(WaitStatus(map::kCtrlStatusZeroiseDone, map::kCtrlStatusZeroiseDone,
                            "the card does not confirm the zeroise"));
  return sas_->Clear();
}

}  // namespace vam::driver
