// The verilated card behind the driver's seam.
#ifndef VAM_SIM_RTL_RTL_HAL_H_
#define VAM_SIM_RTL_RTL_HAL_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "driver/hal/card.h"
#include "sim/rtl/card_runner.h"
#include "sim/rtl/rtl_card.h"

namespace vam::sim {

struct RtlHalConfig {
  RtlConfig card;
  Clocking clocking = Clocking::kFree;
  // Cycles that pass in a Relax in lockstep.
  uint64_t relax_cycles = 64;
};

// Nanoseconds of a cycle, where the card's clock meets a time-out: 250 MHz.
inline constexpr uint64_t kCycleNs = 4;

class RtlBar final : public hal::Bar {
 public:
  explicit RtlBar(CardRunner& runner) : runner_(runner) {}
  uint64_t size() const override;
  uint32_t Read32(uint64_t offset) override;
  void Write32(uint64_t offset, uint32_t value) override;

 private:
  CardRunner& runner_;
};

// Host memory is the card's memory (coherent). Bus addresses are handed out upwards and never
// again, so that a late access to freed memory is a bus error and not another's data.
class RtlDma final : public hal::Dma {
 public:
  explicit RtlDma(CardRunner& runner) : Dma(/*coherent=*/true), runner_(runner) {}
  ~RtlDma() override;
  Result<hal::DmaRegion> Allocate(size_t size, size_t align) override;
  void Free(const hal::DmaRegion& region) override;
  Result<hal::DmaRegion> Map(std::span<uint8_t> memory) override;
  void Unmap(const hal::DmaRegion& region) override;

 private:
  uint64_t NextBus(const void* memory, size_t size);

  CardRunner& runner_;
  std::mutex mutex_;
  uint64_t next_bus_ = 0x1'0000'0000;
  std::map<uint64_t, void*> allocated_;  // by bus address
};

// In lockstep, Wait turns the clock; it gives up at once when the card is idle, because then
// nothing will come however long it waits.
class RtlIrq final : public hal::Irq {
 public:
  RtlIrq(CardRunner& runner, uint32_t vectors);
  uint32_t vectors() const override { return static_cast<uint32_t>(pending_.size()); }
  Status Enable(uint32_t vector) override;
  Status Disable(uint32_t vector) override;
  Result<bool> Poll(uint32_t vector) override;
  Result<bool> Wait(uint32_t vector, uint64_t timeout_ns) override;

  // A message arrived (called by the card).
  void Message(uint64_t addr, uint32_t data);

 private:
  bool Take(uint32_t vector);

  CardRunner& runner_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<bool> pending_;
};

// One simulated card. `With` reaches what a real card does not have: its clock, its bus, its
// faults.
class RtlHal final : public hal::Card {
 public:
  explicit RtlHal(const RtlHalConfig& config = {});
  ~RtlHal() override;

  std::string_view name() const override { return "rtl"; }
  hal::Bar& bar() override { return bar_; }
  hal::Dma& dma() override { return dma_; }
  hal::Irq& irq() override { return *irq_; }
  void Relax() override;

  template <typename Work>
  auto With(Work&& work) {
    return runner_.With(std::forward<Work>(work));
  }

 private:
  const RtlHalConfig config_;
  CardRunner runner_;
  RtlBar bar_;
  RtlDma dma_;
  std::unique_ptr<RtlIrq> irq_;
};

}  // namespace vam::sim

#endif  // VAM_SIM_RTL_RTL_HAL_H_
