// What the forwarder does with a packet, apart from its ports: frames come from memory and go
// there.
#ifndef VAM_SW_BENCH_FORWARD_BENCH_H_
#define VAM_SW_BENCH_FORWARD_BENCH_H_

#include <cstdint>
#include <vector>

#include "sw/base/clock.h"
#include "sw/base/result.h"
#include "sw/bench/figure.h"

namespace vam::bench {

struct ForwardBenchOptions {
  uint64_t ns_per_figure = 200 * kNsPerMs;
};

// fwd.ns_per_packet at 64 and 1400 inner bytes, on one thread: `path` clear (an IPv4 packet routed
// from one port to another, 256 destinations in turn) and protect (the same packet into an ESP
// tunnel, AES-128-GCM, software engine). That of the median burst of 32 frames; the copy of a frame
// into its buffer is part of it.
//
// soft.workers_ratio at 1400 bytes, protect, for AES-128-GCM and for AES-128-CBC with HMAC-SHA-256:
// time of a stream of packets with one worker over that with two (one that forwards, one that runs
// the software engine), at most 96 packets under way, runs of both in turn, the fastest of each. It
// needs two processors that do nothing else at that moment.
//
// An error when DPDK does not start.
Result<std::vector<Figure>> MeasureForwarder(const Clock& clock,
                                             const ForwardBenchOptions& options);

}  // namespace vam::bench

#endif  // VAM_SW_BENCH_FORWARD_BENCH_H_
