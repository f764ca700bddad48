#include "tests/cosim/burst.h"

#include <array>
#include <utility>

namespace vam::test {

Burst::Burst(Bench& bench, std::vector<Op> ops, uint8_t queue)
    : bench_(bench), queue_(queue), ops_(std::move(ops)), seen_(ops_.size()) {
  for (const Op& op : ops_) {
    placed_.push_back(bench_.Place(op, placed_.size()));
    submissions_.push_back(placed_.back()->submission);
  }
}

size_t Burst::Submit() {
  if (submitted_ == ops_.size()) return submitted_;
  const auto taken = bench_.queue(queue_).Submit(std::span(submissions_).subspan(submitted_));
  if (!taken) {
    ADD_FAILURE() << ToString(taken.error());
    return submitted_;
  }
  return submitted_ += *taken;
}

bool Burst::Poll(const Take& take) {
  std::array<driver::Completion, 32> some;
  const auto found = bench_.queue(queue_).Poll(some);
  if (!found) {
    ADD_FAILURE() << ToString(found.error());
    return true;
  }
  Note(std::span(some).first(*found), take);
  return ended_ == ops_.size();
}

void Burst::Finish(const Take& take) {
  bench_.WaitFor(
      [&] {
        Submit();
        return Poll(take);
      },
      "completion of packets");
}

void Burst::GiveUp(const Take& take) {
  std::array<driver::Completion, 32> some;
  for (;;) {
    const auto found = bench_.queue(queue_).TakeInFlight(some);
    ASSERT_TRUE(found.has_value()) << ToString(found.error());
    if (*found == 0) return;
    Note(std::span(some).first(*found), take);
  }
}

void Burst::Note(std::span<const driver::Completion> completions, const Take& take) {
  for (const driver::Completion& completion : completions) {
    if (completion.cookie >= ops_.size() || seen_[completion.cookie]) {
      ADD_FAILURE() << "answer to " << completion.cookie << " which was not asked now";
      continue;
    }
    seen_[completion.cookie] = true;
    ++ended_;
    take(completion);
  }
}

Answer Burst::Collect(const driver::Completion& completion) {
  return bench_.Collect(ops_[completion.cookie], *placed_[completion.cookie], completion);
}

}  // namespace vam::test
