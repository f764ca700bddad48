#include "sw/api/debug_queue.h"

namespace vam::api {

bool DebugQueue::Allowed() {
  const uint64_t now_ns = clock_.MonotonicNs();
  if (now_ns - second_ns_ >= kNsPerSecond) {
    second_ns_ = now_ns;
    said_ = 0;
  }
  return queue_.size() < kMostQueued && said_ < kPerSecond;
}

void DebugQueue::Say(DebugArea area, bool error, const DebugContext& context, std::string text) {
  // The conditions first: what nobody wants uses up no rate.
  if (!filter_.Admits(area, error, context)) return;
  if (!Allowed()) {
    ++dropped_;
    return;
  }
  ++said_;
  DebugRecord& record = queue_.emplace_back();
  record.set_area(area);
  record.set_error(error);
  record.set_text(std::move(text));
  record.set_wall_ns(clock_.WallNs());
  record.set_dropped(std::exchange(dropped_, 0));
}

}  // namespace vam::api
