// What the software engine does on one core, and what libcrypto alone would do in the same run.
// A figure is that of the median batch of 60 packets.
#ifndef VAM_SW_BENCH_SOFT_BENCH_H_
#define VAM_SW_BENCH_SOFT_BENCH_H_

#include <cstdint>
#include <vector>

#include "sw/base/clock.h"
#include "sw/bench/figure.h"

namespace vam::bench {

struct SoftBenchOptions {
  uint64_t ns_per_figure = 200 * kNsPerMs;  // measured time, on top of which packets are prepared
};

// soft.gbps and soft.mpps for AES-128-GCM, out and in (replay window 1024), at 64, 128, 256, 512,
// 1024, 1400 and 9000 bytes and IMIX (7 x 64, 4 x 576, 1 x 1400). Sizes and bits are those of the
// inner packets.
std::vector<Figure> MeasureSoftEngine(const Clock& clock, const SoftBenchOptions& options);

// openssl.gbps at the same sizes: EVP AES-128-GCM with a prepared key, a new nonce and 8 bytes of
// associated data per message, text lengths as ESP makes them; bits are those of the inner packets,
// to compare with soft.gbps.
std::vector<Figure> MeasureOpenssl(const Clock& clock, const SoftBenchOptions& options);

}  // namespace vam::bench

#endif  // VAM_SW_BENCH_SOFT_BENCH_H_
