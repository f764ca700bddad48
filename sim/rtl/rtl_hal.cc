#include "sim/rtl/rtl_hal.h"

#include <chrono>
#include <cstring>
#include <new>
#include <thread>

#include "driver/gen/vam_regs.h"

namespace vam::sim {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kWaitCycles = 16;

uint64_t MessageAddress(uint32_t vector) { return kMessageBase + 4 * uint64_t{vector}; }

}  // namespace

// ---- Bar ----------------------------------------------------------------------------------------

uint64_t RtlBar::size() const { return map::kBarBytes; }

uint32_t RtlBar::Read32(uint64_t offset) {
  if (offset >= map::kBarBytes) return ~uint32_t{0};
  return runner_.With([&](RtlCard& card) { return card.ReadBar(static_cast<uint32_t>(offset)); });
}

void RtlBar::Write32(uint64_t offset, uint32_t value) {
  if (offset >= map::kBarBytes) return;
  runner_.PostWrite(static_cast<uint32_t>(offset), value);
}

// ---- Dma ----------------------------------------------------------------------------------------

RtlDma::~RtlDma() {
  for (const auto& [bus, memory] : allocated_) {
    runner_.With([bus = bus](RtlCard& card) { card.Unmap(bus); });
    ::operator delete (memory, std::align_val_t{kPage});
  }
}

// Keeps the offset inside the page, as an IOMMU does, and leaves a page unmapped between regions.
uint64_t RtlDma::NextBus(const void* memory, size_t size) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t offset = reinterpret_cast<uintptr_t>(memory) % kPage;
  const uint64_t bus = next_bus_ + offset;
  next_bus_ += (offset + size + kPage - 1) / kPage * kPage + kPage;
  return bus;
}

Result<hal::DmaRegion> RtlDma::Allocate(size_t size, size_t align) {
  if (size == 0 || align == 0 || align > kPage || (align & (align - 1)) != 0) {
    return Err(ErrorCode::kInvalidArgument, "size or alignment of DMA memory");
  }
  void* const memory = ::operator new (size, std::align_val_t{kPage}, std::nothrow);
  if (memory == nullptr) return Err(ErrorCode::kExhausted, "no memory for DMA");
  std::memset(memory, 0, size);
  const hal::DmaRegion region{{static_cast<uint8_t*>(memory), size}, NextBus(memory, size)};
  runner_.With([&](RtlCard& card) { card.Map(region.bus, region.host); });
  const std::lock_guard<std::mutex> lock(mutex_);
  allocated_.emplace(region.bus, memory);
  return region;
}

void RtlDma::Free(const hal::DmaRegion& region) {
  Unmap(region);
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto it = allocated_.find(region.bus);
  if (it == allocated_.end()) return;
  ::operator delete (it->second, std::align_val_t{kPage});
  allocated_.erase(it);
}

Result<hal::DmaRegion> RtlDma::Map(std::span<uint8_t> memory) {
  if (memory.empty()) return Err(ErrorCode::kInvalidArgument, "empty DMA memory");
  const hal::DmaRegion region{memory, NextBus(memory.data(), memory.size())};
  runner_.With([&](RtlCard& card) { card.Map(region.bus, region.host); });
  return region;
}

void RtlDma::Unmap(const hal::DmaRegion& region) {
  runner_.With([&](RtlCard& card) { card.Unmap(region.bus); });
}

// ---- Irq ----------------------------------------------------------------------------------------

RtlIrq::RtlIrq(CardRunner& runner, uint32_t vectors) : runner_(runner), pending_(vectors, false) {}

void RtlIrq::Message(uint64_t addr, uint32_t data) {
  if (data >= pending_.size() || addr != MessageAddress(data)) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    pending_[data] = true;
  }
  came_.notify_all();
}

Status RtlIrq::Enable(uint32_t vector) {
  if (vector >= pending_.size()) return Err(ErrorCode::kInvalidArgument, "no such vector");
  const uint64_t addr = MessageAddress(vector);
  runner_.PostWrite(map::RegMsixEntryAddrLo(vector), static_cast<uint32_t>(addr));
  runner_.PostWrite(map::RegMsixEntryAddrHi(vector), static_cast<uint32_t>(addr >> 32));
  runner_.PostWrite(map::RegMsixEntryData(vector), vector);
  runner_.PostWrite(map::RegMsixEntryControl(vector), 0);
  return {};
}

Status RtlIrq::Disable(uint32_t vector) {
  if (vector >= pending_.size()) return Err(ErrorCode::kInvalidArgument, "no such vector");
  runner_.PostWrite(map::RegMsixEntryControl(vector), map::kMsixEntryControlMasked);
  return {};
}

bool RtlIrq::Take(uint32_t vector) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const bool came = pending_[vector];
  pending_[vector] = false;
  return came;
}

Result<bool> RtlIrq::Poll(uint32_t vector) {
  if (vector >= pending_.size()) return Err(ErrorCode::kInvalidArgument, "no such vector");
  return Take(vector);
}

Result<bool> RtlIrq::Wait(uint32_t vector, uint64_t timeout_ns) {
  if (vector >= pending_.size()) return Err(ErrorCode::kInvalidArgument, "no such vector");
  if (runner_.clocking() == Clocking::kFree) {
    std::unique_lock<std::mutex> lock(mutex_);
    const bool came = came_.wait_for(lock, std::chrono::nanoseconds(timeout_ns),
                                     [&] { return bool{pending_[vector]}; });
    pending_[vector] = false;
    return came;
  }
  for (uint64_t waited = 0;; waited += kWaitCycles * kCycleNs) {
    if (Take(vector)) return true;
    if (waited >= timeout_ns) return false;
    const bool idle = runner_.With([](RtlCard& card) {
      card.Step(kWaitCycles);
      return card.idle();
    });
    if (idle) return Take(vector);
  }
}

// ---- Card ---------------------------------------------------------------------------------------

RtlHal::RtlHal(const RtlHalConfig& config)
    : config_(config), runner_(config.card, config.clocking), bar_(runner_), dma_(runner_) {
  const uint32_t queues = bar_.Read32(map::kRegCapQueues);
  const uint32_t vectors = (queues & map::kCapQueuesVectors) >> map::kCapQueuesVectorsShift;
  irq_ = std::make_unique<RtlIrq>(runner_, vectors);
  runner_.With([this](RtlCard& card) {
    card.OnMessage([this](uint64_t addr, uint32_t data) { irq_->Message(addr, data); });
  });
}

RtlHal::~RtlHal() {
  runner_.With([](RtlCard& card) { card.OnMessage(nullptr); });
}

void RtlHal::Relax() {
  if (config_.clocking == Clocking::kFree) {
    std::this_thread::yield();
    return;
  }
  runner_.With([this](RtlCard& card) { card.Step(config_.relax_cycles); });
}

}  // namespace vam::sim
