#include "sim/model/model_card.h"

#include <algorithm>
#include <chrono>

namespace vam::sim {
namespace {

// Where the simulated host takes interrupt messages; the data is the vector.
constexpr uint64_t kMessageAddress = 0xfee0'0000;
// Card time per Relax.
constexpr uint64_t kRelaxCycles = 256;

}  // namespace

class ModelCard::ModelBar final : public hal::Bar {
 public:
  explicit ModelBar(ModelCard& card) : card_(card) {}
  uint64_t size() const override { return map::kBarBytes; }
  uint32_t Read32(uint64_t offset) override {
    return card_.ReadRegister(static_cast<uint32_t>(std::min<uint64_t>(offset, map::kBarBytes)));
  }
  void Write32(uint64_t offset, uint32_t value) override {
    card_.WriteRegister(static_cast<uint32_t>(std::min<uint64_t>(offset, map::kBarBytes)), value);
  }

 private:
  ModelCard& card_;
};

class ModelCard::ModelIrq final : public hal::Irq {
 public:
  explicit ModelIrq(ModelCard& card) : card_(card) {}

  uint32_t vectors() const override { return card_.config_.card.vectors; }

  Status Enable(uint32_t vector) override {
    if (vector >= vectors()) return Err(ErrorCode::kInvalidArgument, "no such vector");
    card_.WriteRegister(map::RegMsixEntryAddrLo(vector), kMessageAddress);
    card_.WriteRegister(map::RegMsixEntryAddrHi(vector), 0);
    card_.WriteRegister(map::RegMsixEntryData(vector), vector);
    card_.WriteRegister(map::RegMsixEntryControl(vector), 0);
    return Ok();
  }

  Status Disable(uint32_t vector) override {
    if (vector >= vectors()) return Err(ErrorCode::kInvalidArgument, "no such vector");
    card_.WriteRegister(map::RegMsixEntryControl(vector), map::kMsixEntryControlMasked);
    return Ok();
  }

  Result<bool> Poll(uint32_t vector) override {
    if (vector >= vectors()) return Err(ErrorCode::kInvalidArgument, "no such vector");
    const std::lock_guard lock(card_.mutex_);
    const bool came = card_.interrupts_[vector];
    card_.interrupts_[vector] = false;
    return came;
  }

  Result<bool> Wait(uint32_t vector, uint64_t timeout_ns) override {
    if (vector >= vectors()) return Err(ErrorCode::kInvalidArgument, "no such vector");
    std::unique_lock lock(card_.mutex_);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::nanoseconds(timeout_ns);
    // Card time passes while the host waits: long enough for any moderation and for several
    // repetitions of an event.
    constexpr int kRounds = 4096;
    for (int i = 0; i < kRounds && !card_.interrupts_[vector]; ++i) {
      if (!card_.card_.Step()) card_.card_.PassTime(kRelaxCycles);
    }
    const bool came = card_.fired_.wait_until(
        lock, deadline, [this, vector] { return card_.interrupts_[vector] || card_.gone_; });
    if (card_.gone_) return Err(ErrorCode::kUnavailable, "the card is gone");
    if (came) card_.interrupts_[vector] = false;
    return came;
  }

 private:
  ModelCard& card_;
};

ModelCard::ModelCard(const ModelCardConfig& config)
    : config_(config),
      interrupts_(config.card.vectors),
      card_(memory_, config.card,
            [this](uint64_t address, uint32_t data) { Message(address, data); }),
      bar_(std::make_unique<ModelBar>(*this)),
      irq_(std::make_unique<ModelIrq>(*this)) {}

ModelCard::~ModelCard() = default;

hal::Bar& ModelCard::bar() { return *bar_; }
hal::Irq& ModelCard::irq() { return *irq_; }

uint32_t ModelCard::ReadRegister(uint32_t offset) {
  const std::lock_guard lock(mutex_);
  return card_.Read(offset);
}

void ModelCard::WriteRegister(uint32_t offset, uint32_t value) {
  const std::lock_guard lock(mutex_);
  card_.Write(offset, value);
  if (!config_.eager) return;
  while (card_.Step()) {
  }
}

// The card calls it while the mutex is held.
void ModelCard::Message(uint64_t address, uint32_t vector) {
  if (address != kMessageAddress || vector >= interrupts_.size()) return;
  interrupts_[vector] = true;
  fired_.notify_all();
}

void ModelCard::Relax() {
  const std::lock_guard lock(mutex_);
  if (!card_.Step()) card_.PassTime(kRelaxCycles);
}

void ModelCard::SetGone(bool gone) {
  const std::lock_guard lock(mutex_);
  gone_ = gone;
  card_.set_gone(gone);
  fired_.notify_all();
}

void ModelCard::SetFrozen(bool frozen) {
  const std::lock_guard lock(mutex_);
  card_.set_frozen(frozen);
}

}  // namespace vam::sim
