#include "sw/fwd/debug_log.h"

namespace vam::fwd {

bool DebugLog::Allowed() {
  const uint64_t now = clock_.MonotonicNs();
  if (now - second_ns_ >= kNsPerSecond) {
    second_ns_ = now;
    said_ = 0;
  }
  return queue_.size() < kMostQueued && said_ < kPerSecond;
}

void DebugLog::Say(api::DebugArea area, bool error, const api::DebugContext& context,
                   std::string text) {
  // The conditions first: what nobody wants uses up no rate.
  if (!filter_.Admits(area, error, context)) return;
  if (!Allowed()) {
    ++dropped_;
    return;
  }
  ++said_;
  api::DebugRecord record;
  record.set_area(area);
  record.set_error(error);
  record.set_text(std::move(text));
  record.set_wall_ns(clock_.WallNs());
  record.set_dropped(std::exchange(dropped_, 0));
  queue_.push_back(std::move(record));
}

}  // namespace vam::fwd
