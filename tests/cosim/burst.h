// Operations that are handed to a queue together, and what becomes of each.
#ifndef VAM_TESTS_COSIM_BURST_H_
#define VAM_TESTS_COSIM_BURST_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "tests/cosim/bench.h"

namespace vam::test {

// Fails the running test when the queue fails, or a completion comes that was not asked for or
// comes twice.
class Burst {
 public:
  // Its cookie is the number of the operation.
  using Take = std::function<void(const driver::Completion&)>;

  // Lays the operations out behind what lies in the bench's memory (Bench::FreeAll).
  Burst(Bench& bench, std::vector<Op> ops, uint8_t queue = 1);

  size_t size() const { return ops_.size(); }
  // Hands over as many more as the queue takes. Returns how many it has taken in all.
  size_t Submit();
  // Gives what has ended to `take`. True: everything has, or the queue failed.
  bool Poll(const Take& take);
  // Submit and Poll until everything has ended.
  void Finish(const Take& take);
  // Gives up what has not ended. Requires: the card does not touch it any more.
  void GiveUp(const Take& take);

  Answer Collect(const driver::Completion& completion);
  Bench::Memory Look(size_t number) { return bench_.Look(*placed_[number]); }

 private:
  void Note(std::span<const driver::Completion> completions, const Take& take);

  Bench& bench_;
  const uint8_t queue_;
  const std::vector<Op> ops_;
  std::vector<std::unique_ptr<Bench::Placed>> placed_;
  std::vector<driver::Submission> submissions_;
  size_t submitted_ = 0;
  size_t ended_ = 0;
  std::vector<bool> seen_;
};

}  // namespace vam::test

#endif  // VAM_TESTS_COSIM_BURST_H_
