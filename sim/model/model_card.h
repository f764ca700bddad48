// The functional card as a backend of the driver.
#ifndef VAM_SIM_MODEL_MODEL_CARD_H_
#define VAM_SIM_MODEL_MODEL_CARD_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "driver/hal/card.h"
#include "sim/model/functional_card.h"
#include "sim/model/host_memory.h"

namespace vam::sim {

struct ModelCardConfig {
  FunctionalCardConfig card;
  // True: a doorbell is served before its write returns. False: the card works only while somebody
  // calls Relax or waits for an interrupt, so that tests can look at what is under way.
  bool eager = true;
};

// Any thread; each call is one step of the card.
class ModelCard final : public hal::Card {
 public:
  explicit ModelCard(const ModelCardConfig& config = {});
  ~ModelCard() override;

  std::string_view name() const override { return "model"; }
  hal::Bar& bar() override;
  hal::Dma& dma() override { return memory_; }
  hal::Irq& irq() override;
  // Works for a while, and lets card time pass.
  void Relax() override;

  HostMemory& memory() { return memory_; }
  // Faults for tests, see FunctionalCard.
  void SetGone(bool gone);
  void SetFrozen(bool frozen);

 private:
  class ModelBar;
  class ModelIrq;

  uint32_t ReadRegister(uint32_t offset);
  void WriteRegister(uint32_t offset, uint32_t value);
  void Message(uint64_t address, uint32_t vector);

  const ModelCardConfig config_;
  HostMemory memory_;
  std::mutex mutex_;
  std::condition_variable fired_;
  std::vector<bool> interrupts_;  // by vector: came and was not yet looked at
  bool gone_ = false;
  FunctionalCard card_;
  std::unique_ptr<ModelBar> bar_;
  std::unique_ptr<ModelIrq> irq_;
};

}  // namespace vam::sim

#endif  // VAM_SIM_MODEL_MODEL_CARD_H_
