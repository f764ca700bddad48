// How fast policy is looked up on one core.
#ifndef VAM_SW_BENCH_POLICY_BENCH_H_
#define VAM_SW_BENCH_POLICY_BENCH_H_

#include <cstdint>
#include <vector>

#include "sw/base/clock.h"
#include "sw/bench/figure.h"

namespace vam::bench {

struct PolicyBenchOptions {
  uint64_t ns_per_figure = 200 * kNsPerMs;
};

// policy.lookups_per_second with 1,000 lines over 100 entries, of which every line looks at a pair
// of networks, the protocol and a port. Flows: a quarter meets no line and so reads the whole list,
// the others end at a line that chance takes. Cache warm: 4,096 flows, all known. Cold: the cache
// knows none of them, so a lookup is a miss, the list, and the keeping of the result. The figure is
// that of the median batch of 64 flows.
std::vector<Figure> MeasurePolicy(const Clock& clock, const PolicyBenchOptions& options);

}  // namespace vam::bench

#endif  // VAM_SW_BENCH_POLICY_BENCH_H_
