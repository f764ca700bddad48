// How fast packets are compressed and decompressed on one core.
#ifndef VAM_SW_BENCH_IPCOMP_BENCH_H_
#define VAM_SW_BENCH_IPCOMP_BENCH_H_

#include <cstdint>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/clock.h"
#include "sw/bench/figure.h"

namespace vam::bench {

struct IpCompBenchOptions {
  uint64_t ns_per_figure = 200 * kNsPerMs;
};

// soft.ipcomp_mbps (megabytes of plain payload per second) at: algorithm, data (text: lines of a
// configuration with changing names and numbers; random), dir (out: compress, in: decompress; there
// is nothing to decompress of random data) for 1,400-byte payloads. The figure is that of the
// median pass over 16 payloads.
std::vector<Figure> MeasureIpComp(const Clock& clock, const IpCompBenchOptions& options);

// The same for a text of one's own: two figures for each algorithm, and soft.ipcomp_ratio, packed
// bytes over plain ones. Requires: at least 1,400 bytes.
std::vector<Figure> MeasureIpCompOf(const Clock& clock, const IpCompBenchOptions& options,
                                    Bytes text, const char* name);

}  // namespace vam::bench

#endif  // VAM_SW_BENCH_IPCOMP_BENCH_H_
