// What the card does, in cycles of its clock: exact on every machine. Measured on the verilated
// card through the driver.
#ifndef VAM_SW_BENCH_CARD_BENCH_H_
#define VAM_SW_BENCH_CARD_BENCH_H_

#include <functional>
#include <string>
#include <vector>

#include "sw/base/clock.h"
#include "sw/base/result.h"
#include "sw/bench/figure.h"

namespace vam::bench {

struct CardBenchOptions {
  // Cycles a throughput run should take; more packets of small sizes, fewer of large ones.
  uint64_t cycles_per_run = 40'000;
  // Measures one size and latency only.
  bool quick = false;
  // Only figures whose name this accepts are measured; empty: all.
  std::function<bool(const std::string&)> wanted;
};

// card.cycles_per_packet, card.bits_per_cycle, card.latency_cycles, engine.gcm.bits_per_cycle,
// engine.gcm.bubbles, sim.cycles_per_second. Sizes and bits are those of the inner packets (one
// segment, aligned); at: width, size, dir (out, in, mix: alternating), sas (1, or all with a new
// one every packet), transform, read_latency (cycles; writes answer after 100 where it is 250).
// Latency: one 64-byte packet at a time, from the last descriptor beat on the bus to the
// completion's acceptance. kDevice, kInternal: the card did not do what it was asked.
Result<std::vector<Figure>> MeasureCard(const Clock& clock, const CardBenchOptions& options);

}  // namespace vam::bench

#endif  // VAM_SW_BENCH_CARD_BENCH_H_
