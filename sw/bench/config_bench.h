// How long a configuration takes to be read and checked.
#ifndef VAM_SW_BENCH_CONFIG_BENCH_H_
#define VAM_SW_BENCH_CONFIG_BENCH_H_

#include <cstdint>
#include <vector>

#include "sw/base/clock.h"
#include "sw/bench/figure.h"

namespace vam::bench {

// config.load_seconds at `lines` lines: interfaces, routes, neighbours, lists of 10,000 lines and a
// crypto map, each with every statement checked.
std::vector<Figure> MeasureConfigLoad(const Clock& clock, uint32_t lines);

}  // namespace vam::bench

#endif  // VAM_SW_BENCH_CONFIG_BENCH_H_
