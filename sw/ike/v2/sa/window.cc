#include "sw/ike/v2/sa/window.h"

#include <algorithm>

#include "sw/base/check.h"

namespace vam::ike::v2 {

uint64_t RetryPolicy::NextWait(uint64_t wait_ns) const {
  const uint64_t next_ns = wait_ns / 100 * factor_percent;
  return limit_ns == 0 ? next_ns : std::min(next_ns, limit_ns);
}

uint64_t RetryPolicy::GivenUpAfterNs() const {
  uint64_t all_ns = 0;
  uint64_t wait_ns = first_ns;
  for (unsigned i = 0; i < tries; ++i, wait_ns = NextWait(wait_ns)) all_ns += wait_ns;
  return all_ns;
}

void RequestWindow::Sent(Packets packets, uint64_t now_ns, const RetryPolicy& policy) {
  VAM_CHECK(HasRoom());
  outstanding_.push_back(
      {next_id_++, std::move(packets), now_ns + policy.first_ns, policy, policy.first_ns, 1});
}

bool RequestWindow::Answered(uint32_t id) {
  const auto found = std::ranges::find(outstanding_, id, &Outstanding::id);
  if (found == outstanding_.end()) return false;
  outstanding_.erase(found);
  outstanding_.shrink_to_fit();  // it is empty nearly all the time
  return true;
}

bool RequestWindow::Waits(uint32_t id) const {
  return std::ranges::find(outstanding_, id, &Outstanding::id) != outstanding_.end();
}

uint64_t RequestWindow::due_ns() const {
  uint64_t due = UINT64_MAX;
  for (const Outstanding& request : outstanding_) due = std::min(due, request.due_ns);
  return due;
}

std::optional<RequestWindow::Again> RequestWindow::TakeDue(uint64_t now_ns) {
  const auto found = std::ranges::find_if(
      outstanding_, [now_ns](const Outstanding& request) { return request.due_ns <= now_ns; });
  if (found == outstanding_.end()) return std::nullopt;
  if (found->sent >= found->policy.tries) {
    const uint32_t id = found->id;
    outstanding_.erase(found);
    return Again{id, nullptr};
  }
  ++found->sent;
  found->wait_ns = found->policy.NextWait(found->wait_ns);
  found->due_ns = now_ns + found->wait_ns;
  return Again{found->id, &found->packets};
}

bool RequestWindow::GivesUp(uint64_t now_ns) const {
  return std::ranges::any_of(outstanding_, [now_ns](const Outstanding& request) {
    return request.due_ns <= now_ns && request.sent >= request.policy.tries;
  });
}

void RequestWindow::Restart(uint64_t now_ns) {
  for (Outstanding& request : outstanding_) {
    request.sent = 0;
    request.wait_ns = request.policy.first_ns;
    request.due_ns = now_ns;
  }
}

const ResponseWindow::Entry* ResponseWindow::Find(uint32_t id) const {
  const auto found = std::ranges::find(entries_, id, &Entry::id);
  return found == entries_.end() ? nullptr : &*found;
}

ResponseWindow::Verdict ResponseWindow::Look(uint32_t id) const {
  if (const Entry* entry = Find(id)) return entry->answered ? Verdict::kRepeated : Verdict::kBusy;
  const bool ahead = id >= next_id_ && id - next_id_ < size_;
  return ahead ? Verdict::kNew : Verdict::kOutside;
}

// Numbers may come in any order within the window. The window moves with the lowest that has not
// come, and keeps answers of as many as it is wide below that.
void ResponseWindow::Begin(uint32_t id) {
  VAM_CHECK(Look(id) == Verdict::kNew);
  const auto place = std::ranges::upper_bound(entries_, id, {}, &Entry::id);
  entries_.insert(place, Entry{id, false, 0, {}});
  while (Find(next_id_) != nullptr) ++next_id_;
  // A number that is still being processed stays: its answer has to go out.
  std::erase_if(entries_, [this](const Entry& entry) {
    return entry.answered && entry.id < next_id_ && next_id_ - entry.id > size_;
  });
  entries_.shrink_to_fit();
}

bool ResponseWindow::Answer(uint32_t id, Packets packets, uint64_t now_ns) {
  const auto found = std::ranges::find(entries_, id, &Entry::id);
  if (found == entries_.end() || found->answered) return false;
  found->answered = true;
  found->answered_ns = now_ns;
  found->packets = std::move(packets);
  return true;
}

const Packets* ResponseWindow::AnswerOf(uint32_t id) const {
  const Entry* entry = Find(id);
  return entry != nullptr && entry->answered ? &entry->packets : nullptr;
}

void ResponseWindow::Forget(uint64_t now_ns) {
  // What the window has not passed stays known as taken, without its bytes.
  std::erase_if(entries_, [&](const Entry& entry) {
    return entry.answered && entry.id < next_id_ && now_ns - entry.answered_ns >= kKeepNs;
  });
  entries_.shrink_to_fit();
}

uint64_t ResponseWindow::due_ns() const {
  uint64_t due = UINT64_MAX;
  for (const Entry& entry : entries_) {
    if (entry.answered && entry.id < next_id_) due = std::min(due, entry.answered_ns + kKeepNs);
  }
  return due;
}

}  // namespace vam::ike::v2
