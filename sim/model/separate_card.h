// Any card, but with memory of its own: the host's bytes reach it only by explicit copies, as over
// a serial link.
#ifndef VAM_SIM_MODEL_SEPARATE_CARD_H_
#define VAM_SIM_MODEL_SEPARATE_CARD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "driver/hal/card.h"

namespace vam::sim {

// Any thread, as far as the inner card allows it. A driver that forgets ToDevice or ToHost sees
// stale bytes here.
class SeparateMemory final : public hal::Dma {
 public:
  explicit SeparateMemory(hal::Dma& inner) : hal::Dma(/*coherent=*/false), inner_(inner) {}

  Result<hal::DmaRegion> Allocate(size_t size, size_t align) override;
  void Free(const hal::DmaRegion& region) override;
  Result<hal::DmaRegion> Map(std::span<uint8_t> memory) override;
  void Unmap(const hal::DmaRegion& region) override;
  void ToDevice(const hal::DmaRegion& region) override;
  void ToHost(const hal::DmaRegion& region) override;

 private:
  struct Copy {
    hal::DmaRegion card;
    std::vector<uint8_t> host;  // empty: the memory is the caller's
  };

  Result<hal::DmaRegion> Pair(size_t size, size_t align, std::span<uint8_t> host);
  uint8_t* CardBytes(const hal::DmaRegion& region);

  hal::Dma& inner_;
  std::mutex mutex_;
  std::map<uint64_t, Copy> copies_;
};

class SeparateCard final : public hal::Card {
 public:
  explicit SeparateCard(std::unique_ptr<hal::Card> inner)
      : inner_(std::move(inner)), memory_(inner_->dma()) {}

  std::string_view name() const override { return inner_->name(); }
  hal::Bar& bar() override { return inner_->bar(); }
  hal::Dma& dma() override { return memory_; }
  hal::Irq& irq() override { return inner_->irq(); }
  void Relax() override { inner_->Relax(); }

  hal::Card& inner() { return *inner_; }

 private:
  std::unique_ptr<hal::Card> inner_;
  SeparateMemory memory_;
};

}  // namespace vam::sim

#endif  // VAM_SIM_MODEL_SEPARATE_CARD_H_
