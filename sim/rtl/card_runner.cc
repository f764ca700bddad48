#include "sim/rtl/card_runner.h"

namespace vam::sim {
namespace {

// Cycles between two looks at who waits: a register read waits for at most this.
constexpr uint64_t kBatchCycles = 16;

}  // namespace

CardRunner::CardRunner(const RtlConfig& config, Clocking clocking)
    : clocking_(clocking), card_(config) {
  if (clocking_ == Clocking::kFree) thread_ = std::thread([this] { Run(); });
}

CardRunner::~CardRunner() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void CardRunner::PostWrite(uint32_t offset, uint32_t value) {
  if (clocking_ == Clocking::kLockstep) {
    With([&](RtlCard& card) { card.WriteBar(offset, value); });
    return;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    posted_.emplace_back(offset, value);
    woken_ = true;
  }
  wake_.notify_one();
}

void CardRunner::Drain() {
  std::deque<std::pair<uint32_t, uint32_t>> writes;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    writes.swap(posted_);
  }
  for (const auto& [offset, value] : writes) card_.WriteBar(offset, value);
}

// Whoever had the card may have given it work.
void CardRunner::Wake() {
  if (clocking_ == Clocking::kLockstep) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    woken_ = true;
  }
  wake_.notify_one();
}

void CardRunner::Run() {
  for (;;) {
    bool idle = false;
    {
      const std::lock_guard<std::mutex> queue(next_);
      turn_.lock();
    }
    Drain();
    card_.Step(kBatchCycles);
    idle = card_.idle();
    turn_.unlock();
    std::unique_lock<std::mutex> lock(mutex_);
    if (idle) {
      wake_.wait(lock, [this] { return woken_ || stop_; });
    }
    woken_ = false;
    if (stop_) return;
  }
}

}  // namespace vam::sim
