// Who turns the clock of a simulated card: a thread of its own, or the callers.
#ifndef VAM_SIM_RTL_CARD_RUNNER_H_
#define VAM_SIM_RTL_CARD_RUNNER_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "sim/rtl/rtl_card.h"

namespace vam::sim {

enum class Clocking : uint8_t {
  kLockstep,  // the clock moves only inside calls: deterministic
  kFree,      // a thread runs the card, and sleeps while the card is idle
};

// Serialises access to a card. Register writes are posted, as on a real bus: they reach the card in
// order, and before anything that With does later. Any thread.
class CardRunner {
 public:
  CardRunner(const RtlConfig& config, Clocking clocking);
  ~CardRunner();
  CardRunner(const CardRunner&) = delete;
  CardRunner& operator=(const CardRunner&) = delete;

  [[nodiscard]] Clocking clocking() const { return clocking_; }

  void PostWrite(uint32_t offset, uint32_t value);

  // Calls `work(card)` while nothing else touches the card, and returns its result.
  template <typename Work>
  auto With(Work&& work) {
    Turn turn(*this);
    Drain();
    return std::forward<Work>(work)(card_);
  }

 private:
  // The right to touch card_. Who waits holds next_, so the thread that just had its turn cannot
  // take it again first.
  class Turn {
   public:
    explicit Turn(CardRunner& runner) : runner_(runner) {
      const std::lock_guard<std::mutex> queue(runner_.next_);
      runner_.turn_.lock();
    }
    ~Turn() {
      runner_.turn_.unlock();
      runner_.Wake();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    CardRunner& runner_;
  };

  void Run();
  // Requires: the caller has its turn.
  void Drain();
  void Wake();

  const Clocking clocking_;
  RtlCard card_;
  std::mutex next_;
  std::mutex turn_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::deque<std::pair<uint32_t, uint32_t>> posted_;
  bool woken_ = false;
  bool stop_ = false;

  std::thread thread_;
};

}  // namespace vam::sim

#endif  // VAM_SIM_RTL_CARD_RUNNER_H_
