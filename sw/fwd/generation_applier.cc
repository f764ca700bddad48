#include "sw/fwd/generation_applier.h"

#include <algorithm>

#include "sw/base/check.h"

namespace vam::fwd {

void GenerationApplier::Begin(std::vector<EntryChange> changes) {
  VAM_CHECK(!busy());
  changes_ = std::move(changes);
  replaced_.reserve(changes_.size());
  for (const EntryChange& change : changes_) {
    if (change.entry != nullptr && !change.keeps) sets_.ForgetRules(change.id);
  }
  phase_ = Phase::kDrop;
  at_ = 0;
  ask_from_ = 0;
}

void GenerationApplier::Keep(EntryPtr replaced) {
  if (replaced != nullptr) replaced_.push_back(std::move(replaced));
}

// An entry may have become a manual one, or have been one.
bool GenerationApplier::Drop() {
  const size_t end = std::min(changes_.size(), at_ + kChangesPerTurn);
  for (; at_ < end && !changes_[at_].keeps; ++at_) {
    const EntryChange& change = changes_[at_];
    const bool negotiated =
        change.entry != nullptr && change.entry->rules.kind != EntryKind::kManual;
    Keep(manual_.Drop(change.id));
    Keep(ike_.Replace(change.id, negotiated ? change.entry : nullptr));
  }
  return at_ == changes_.size() || changes_[at_].keeps;
}

bool GenerationApplier::Take() {
  const size_t end = std::min(changes_.size(), at_ + kChangesPerTurn);
  for (; at_ < end; ++at_) {
    const EntryChange& change = changes_[at_];
    if (change.entry == nullptr) continue;
    if (change.entry->rules.kind == EntryKind::kManual) {
      if (change.keeps) {
        Keep(manual_.Replace(change.entry));
      } else {
        manual_.Adopt(change.entry);
      }
    } else if (change.keeps) {
      Keep(ike_.Replace(change.id, change.entry));
    }
  }
  return at_ == changes_.size();
}

bool GenerationApplier::Ask() {
  const std::optional<uint32_t> next = manual_.AskAgain(ask_from_, kAskedPerTurn);
  ask_from_ = next.value_or(0);
  return !next;
}

// A piece of the phase; true when it was the phase's last.
bool GenerationApplier::Step() {
  switch (phase_) {
    case Phase::kIdle:
      return false;
    case Phase::kDrop:
      return Drop();
    case Phase::kTake:
      return Take();
    case Phase::kClose:
    case Phase::kReview:
      return ike_.Continue(kClosedPerTurn);
    case Phase::kAsk:
      return Ask();
  }
  return false;
}

// What is short goes on to the next phase at once, so that a small commit is one piece.
bool GenerationApplier::Continue() {
  while (busy() && Step()) {
    at_ = 0;
    phase_ =
        phase_ == Phase::kAsk ? Phase::kIdle : static_cast<Phase>(static_cast<uint8_t>(phase_) + 1);
  }
  return !busy();
}

std::shared_ptr<const void> GenerationApplier::TakeReplaced() {
  if (changes_.empty() && replaced_.empty()) return nullptr;
  return std::make_shared<const Replaced>(std::exchange(changes_, {}),
                                          std::exchange(replaced_, {}));
}

}  // namespace vam::fwd
