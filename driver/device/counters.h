// The counters of a card, read at one time.
#ifndef VAM_DRIVER_DEVICE_COUNTERS_H_
#define VAM_DRIVER_DEVICE_COUNTERS_H_

#include <array>
#include <cstdint>

#include "driver/device/registers.h"
#include "sw/base/gen/vam_reason.h"

namespace vam::driver {

// All count from the last reset of the card and wrap at 2^64. Each number is coherent; they are
// read one after another.
struct Counters {
  uint64_t out_packets = 0;
  uint64_t out_bytes = 0;  // of the sources
  uint64_t in_packets = 0;
  uint64_t in_bytes = 0;  // of the results
  uint64_t raw_ops = 0;
  uint64_t raw_bytes = 0;
  uint64_t drops = 0;
  uint64_t admin_ops = 0;
  uint64_t lane_bubbles = 0;
  uint64_t read_errors = 0;
  uint64_t write_errors = 0;
  uint64_t bus_timeouts = 0;
  uint64_t events = 0;
  uint64_t events_dropped = 0;
  uint64_t busy_cycles = 0;
  // Packets and raw operations by how they ended; index = Reason.
  std::array<uint64_t, 64> reasons = {};
  // Element n: packets that took 2^n to 2^(n+1)-1 cycles on the card.
  std::array<uint64_t, 32> latency = {};

  uint64_t Of(Reason reason) const { return reasons[static_cast<size_t>(reason)]; }
  // Packets and raw operations that ended, one way or another.
  uint64_t Ended() const {
    uint64_t sum = 0;
    for (const uint64_t count : reasons) sum += count;
    return sum;
  }
};

// One reader of the counters at a time: the card latches the high word of one counter.
Counters ReadCounters(const Registers& regs);

}  // namespace vam::driver

#endif  // VAM_DRIVER_DEVICE_COUNTERS_H_
