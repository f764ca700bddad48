#include "sw/ike/v2/event_journal.h"

#include <fmt/core.h>

#include <utility>

#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

struct Row {
  std::string_view facility;
  uint32_t severity;
  std::string_view mnemonic;
};
// By EventJournal::Name. Those of IOS where it has one.
constexpr Row kRows[] = {
    {"IKEV2", 5, "SA_UP"},    {"IKEV2", 5, "SA_DOWN"},    {"IKEV2", 3, "NEG_ABORT"},
    {"IKEV2", 5, "CHILD_UP"}, {"IKEV2", 5, "CHILD_DOWN"}, {"IKEV2", 4, "MSG_DROPPED"},
    {"IKEV2", 5, "SA_MOVED"}, {"ASA", 4, "751027"},
};

std::string Between(const Ends& ends) {
  return fmt::format("local {}:{}, remote {}:{}", net::ToString(ends.local), ends.local_port,
                     net::ToString(ends.remote), ends.remote_port);
}

std::string Who(const IkeSa& sa) {
  std::string text = Between(sa.ends);
  if (!sa.peer_identity.empty()) {
    text += fmt::format(", peer identity {}", ToString(sa.peer_identity));
  }
  if (sa.profile != nullptr) text += fmt::format(", profile {}", sa.profile->name);
  return text;
}

std::string Side(const TrafficSelector& side) {
  return fmt::format("{}-{}/{}/{}-{}", net::ToString(side.first), net::ToString(side.last),
                     side.protocol, side.first_port, side.last_port);
}

std::string What(const ChildSa& child) {
  return fmt::format("SPI in 0x{:08X}, out 0x{:08X}, local {}, remote {}", child.spi_in,
                     child.spi_out, Side(child.selectors.local), Side(child.selectors.remote));
}

}  // namespace

bool EventJournal::Allowed(Name name) {
  Limit& limit = limits_[static_cast<size_t>(name)];
  const uint64_t now_ns = clock_.MonotonicNs();
  if (now_ns - limit.second_ns >= kNsPerSecond) limit = {now_ns, 0};
  return ++limit.said <= kPerSecond;
}

void EventJournal::Say(Name name, std::string text) {
  if (queue_.size() >= kMostQueued) {
    ++dropped_;
    return;
  }
  const Row& row = kRows[static_cast<size_t>(name)];
  queue_.push_back({row.facility, row.severity, row.mnemonic, std::move(text)});
}

void EventJournal::IkeUp(const IkeSa& sa) {
  if (on_) Say(Name::kUp, fmt::format("SA UP: {}", Who(sa)));
}

void EventJournal::IkeDown(const IkeSa& sa, Cause cause, bool was_up) {
  if (!on_) return;
  if (was_up) {
    return Say(Name::kDown, fmt::format("SA DOWN: {}, reason {}", Who(sa), v2::Name(cause)));
  }
  // Anyone can begin what then fails.
  if (!Allowed(Name::kAborted)) return CountLost();
  std::string text =
      fmt::format("Negotiation aborted due to ERROR: {}, {}", v2::Name(cause), Who(sa));
  if (sa.setup != nullptr && !sa.setup->why.empty()) text += ": " + sa.setup->why;
  Say(Name::kAborted, std::move(text));
}

void EventJournal::ChildUp(const IkeSa& sa, const ChildSa& child) {
  if (on_) Say(Name::kChildUp, fmt::format("CHILD SA UP: {}, {}", Who(sa), What(child)));
}

void EventJournal::ChildDown(const IkeSa& sa, const ChildSa& child, Cause cause) {
  if (!on_) return;
  Say(Name::kChildDown,
      fmt::format("CHILD SA DOWN: {}, {}, reason {}", Who(sa), What(child), v2::Name(cause)));
}

void EventJournal::IkeMoved(const IkeSa& sa) {
  if (!on_) return;
  if (!Allowed(Name::kMoved)) return CountLost();
  Say(Name::kMoved, fmt::format("SA MOVED: {}", Who(sa)));
}

// The SPI is the one that the packet came with: ours to send by.
void EventJournal::WrongSelectors(const IkeSa& sa, const ChildSa& child, Bytes packet) {
  if (!Allowed(Name::kSelectors)) return CountLost();
  const DroppedPacket dropped = ParseDroppedPacket(packet).value_or(DroppedPacket());
  Say(Name::kSelectors,
      fmt::format("IKEv2 Received INVALID_SELECTORS Notification from peer: {}. Peer received a "
                  "packet (SPI=0x{:08X}) from {}. The decapsulated inner packet didn't match the "
                  "negotiated policy in the SA. Packet destination {}, port {}, source {}, port "
                  "{}, protocol {}",
                  net::ToString(sa.ends.remote), child.spi_out, net::ToString(sa.ends.local),
                  net::ToString(dropped.destination), dropped.destination_port,
                  net::ToString(dropped.source), dropped.source_port, dropped.protocol));
}

void EventJournal::Refused(const Ends& ends, Cause cause) {
  if (!on_) return;
  if (!Allowed(Name::kDropped)) return CountLost();
  Say(Name::kDropped, fmt::format("message dropped: {}, {}", v2::Name(cause), Between(ends)));
}

std::vector<SystemEvent> EventJournal::Take() {
  std::vector<SystemEvent> events = std::exchange(queue_, {});
  if (MayTellLost()) {
    told_lost_ns_ = clock_.MonotonicNs();
    events.push_back(
        {"SYS", 3, "LOGGER_DROPPED",
         fmt::format("System dropped {} messages of IKEv2", std::exchange(dropped_, 0))});
  }
  return events;
}

}  // namespace vam::ike::v2
