#include "driver/device/counters.h"

namespace vam::driver {

Counters ReadCounters(const Registers& regs) {
  const auto read = [&regs](uint32_t offset) {
    return regs.Read64(map::BlockType::kCounters, offset);
  };
  Counters c;
  c.out_packets = read(map::kRegCountersOutPackets);
  c.out_bytes = read(map::kRegCountersOutBytes);
  c.in_packets = read(map::kRegCountersInPackets);
  c.in_bytes = read(map::kRegCountersInBytes);
  c.raw_ops = read(map::kRegCountersRawOps);
  c.raw_bytes = read(map::kRegCountersRawBytes);
  c.drops = read(map::kRegCountersDrops);
  c.admin_ops = read(map::kRegCountersAdminOps);
  c.lane_bubbles = read(map::kRegCountersLaneBubbles);
  c.read_errors = read(map::kRegCountersReadErrors);
  c.write_errors = read(map::kRegCountersWriteErrors);
  c.bus_timeouts = read(map::kRegCountersBusTimeouts);
  c.events = read(map::kRegCountersEvents);
  c.events_dropped = read(map::kRegCountersEventsDropped);
  c.busy_cycles = read(map::kRegCountersBusyCycles);
  for (unsigned i = 0; i < c.reasons.size(); ++i) c.reasons[i] = read(map::RegCountersReason(i));
  for (unsigned i = 0; i < c.latency.size(); ++i) c.latency[i] = read(map::RegCountersLatency(i));
  return c;
}

}  // namespace vam::driver
