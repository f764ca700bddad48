#include "sw/mgmt/render_ping.h"

#include <fmt/core.h>

#include <algorithm>

namespace vam::mgmt {
namespace {

constexpr size_t kMarksPerLine = 70;
constexpr uint32_t kUsualPattern = 0xabcd;

// Milliseconds; what is shorter counts as one, as in IOS.
uint64_t Milliseconds(uint64_t microseconds) {
  return std::max<uint64_t>(1, (microseconds + 500) / 1000);
}

std::string Sending(const api::Ping& ping) {
  return fmt::format("Sending {}, {}-byte ICMP Echos to {}, timeout is {} seconds:\n",
                     ping.repeat(), ping.bytes(), ping.destination(), ping.timeout_seconds());
}

}  // namespace

std::string RenderPingHead(const api::PingRequest& asked, const api::Ping& ping) {
  std::string text = "Type escape sequence to abort.\n" + Sending(ping);
  if (!asked.source_address().empty() || !asked.source_interface().empty()) {
    text += fmt::format("Packet sent with a source address of {}\n", ping.source());
  }
  if (ping.dont_fragment()) text += "Packet sent with the DF bit set\n";
  if (ping.validate()) text += "Reply data will be validated\n";
  if (ping.pattern() != kUsualPattern) {
    text += fmt::format("Packet has data pattern 0x{:04X}\n", ping.pattern());
  }
  return text;
}

std::string PingMarks::Add(std::string_view marks) {
  std::string text;
  for (const char mark : marks) {
    text += mark;
    if (++column_ < kMarksPerLine) continue;
    text += '\n';
    column_ = 0;
  }
  return text;
}

std::string PingMarks::Finish() {
  if (column_ == 0) return "";
  column_ = 0;
  return "\n";
}

std::string RenderPingTail(const api::Ping& ping) {
  const uint64_t percent = ping.sent() == 0 ? 0 : uint64_t{100} * ping.received() / ping.sent();
  std::string text =
      fmt::format("Success rate is {} percent ({}/{})", percent, ping.received(), ping.sent());
  if (ping.received() > 0) {
    text += fmt::format(
        ", round-trip min/avg/max = {}/{}/{} ms", Milliseconds(ping.minimum_microseconds()),
        Milliseconds(ping.average_microseconds()), Milliseconds(ping.maximum_microseconds()));
  }
  text += '\n';
  for (const api::ReasonCount& drop : ping.drop()) {
    text += fmt::format("Dropped by this gateway: {} ({})\n", drop.packets(), drop.reason());
  }
  return text;
}

std::string RenderPing(const api::Ping& ping) { return Sending(ping) + RenderPingTail(ping); }

}  // namespace vam::mgmt
