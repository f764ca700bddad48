// What 10,000 tunnels cost a gateway: time and memory to load them, and whether showing them all,
// or a commit, holds up packets. Ports are in memory; everything else is what vamd runs.
#ifndef VAM_SW_BENCH_GATEWAY_BENCH_H_
#define VAM_SW_BENCH_GATEWAY_BENCH_H_

#include <cstdint>
#include <vector>

#include "sw/base/clock.h"
#include "sw/base/result.h"
#include "sw/bench/figure.h"

namespace vam::bench {

struct GatewayBenchOptions {
  uint32_t tunnels = 10'000;
  uint32_t packets_per_second = 50'000;  // offered while the show command runs
};

// A crypto map of manual entries, half AES-GCM, half AES-CBC with HMAC-SHA-256, each with keys, an
// access list and a peer of its own, window 1024 (design.md, section 9).
//
// config.load_seconds (at tunnels): from the text of the file to the last SA up: parsed, checked
// and rendered as mgmt does, parsed again and compiled as fwd does, SAs set up by the engine. The
// number blocks come at once: what the disk adds is not in it. config.bytes_per_tunnel: growth of
// this process's anonymous memory over that, per tunnel, what mgmt keeps of it included.
// show.packets_lost: frames that found a receive ring of 2,048 full while `show crypto ipsec sa`
// walked over all tunnels again and again for a second, at `packets_per_second` of real time; also
// at show "none", for the machine's own share.
// commit.packets_lost (at: what is changed, tunnels): frames lost likewise while configurations are
// prepared and committed one after the other for at least a second, as mgmt sends them: one line
// that concerns no tunnel, or the keys of all tunnels; number blocks come at once.
// commit.longest_turn_ms: the longest time between two looks at the ports meanwhile, so also what
// the machine's other work takes.
// An error when DPDK does not start.
Result<std::vector<Figure>> MeasureGateway(const Clock& clock, const GatewayBenchOptions& options);

}  // namespace vam::bench

#endif  // VAM_SW_BENCH_GATEWAY_BENCH_H_
