#include "sw/fwd/acl_log.h"

#include <algorithm>

namespace vam::fwd {

namespace {

bool Same(const AclLog::Event& event, const AccessList& list, const AclMatch& match,
          const ipsec::Flow& flow) {
  return event.line == match.line && event.flow == flow && event.list == list.name();
}

}  // namespace

void AclLog::Emit(Event event) {
  if (events_.size() >= kMaxEvents) {
    ++missed_;
    return;
  }
  events_.push_back(std::move(event));
}

void AclLog::Met(const AccessList& list, const AclMatch& match, const ipsec::Flow& flow,
                 uint64_t now_ns) {
  Place* free = nullptr;
  for (Place& place : flows_) {
    if (place.due_ns == 0) {
      if (free == nullptr) free = &place;
    } else if (Same(place.event, list, match, flow)) {
      ++place.event.packets;
      return;
    }
  }
  // Without a place the flow would be announced with every packet.
  if (free == nullptr) {
    ++missed_;
    return;
  }
  free->event = {list.name(), match.line, match.permit, flow, 1};
  Emit(free->event);
  free->event.packets = 0;
  free->due_ns = now_ns + kPeriodNs;
  ++used_;
  next_ns_ = std::min(next_ns_, free->due_ns);
}

void AclLog::Tick(uint64_t now_ns) {
  if (used_ == 0 || now_ns < next_ns_) return;
  next_ns_ = UINT64_MAX;
  for (Place& place : flows_) {
    if (place.due_ns == 0) continue;
    if (now_ns >= place.due_ns) {
      if (place.event.packets == 0) {
        place.due_ns = 0;
        --used_;
        continue;
      }
      Emit(place.event);
      place.event.packets = 0;
      place.due_ns = now_ns + kPeriodNs;
    }
    next_ns_ = std::min(next_ns_, place.due_ns);
  }
}

}  // namespace vam::fwd
