// What vambench prints: a table, JSON, a plot.
#ifndef VAM_SW_BENCH_REPORT_H_
#define VAM_SW_BENCH_REPORT_H_

#include <span>
#include <string>

#include "sw/bench/figure.h"

namespace vam::bench {

// One line per figure: name, value, unit, conditions.
std::string RenderTable(std::span<const Figure> figures);

// {"figures": [{"name": ..., "value": ..., "unit": ..., "at": {...}}, ...]}
std::string RenderJson(std::span<const Figure> figures);

// A plot of card.bits_per_cycle over the packet size, one line per direction and read latency.
std::string RenderSvg(std::span<const Figure> figures);

}  // namespace vam::bench

#endif  // VAM_SW_BENCH_REPORT_H_
