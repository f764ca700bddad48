// IKEv2 through complete gateways: the figures of tests/perf/ike_figures.py, which makes the
// namespaces and runs the processes.
#ifndef VAM_SW_BENCH_IKE_BENCH_H_
#define VAM_SW_BENCH_IKE_BENCH_H_

#include <string>
#include <string_view>
#include <vector>

#include "sw/base/result.h"
#include "sw/bench/figure.h"

namespace vam::bench {

struct IkeBenchOptions {
  std::string script = "tests/perf/ike_figures.py";
  std::string programs;  // folder of vamd and vamsh
  std::string only;      // of the script's --only; empty: all
};

// Takes minutes, and needs root. kUnavailable: the script failed, it has said why on the standard
// error. kMalformed: what it printed is not what ParseFigures takes.
Result<std::vector<Figure>> MeasureIke(const IkeBenchOptions& options);

// {"figures": [{"name", "value", "unit", "at": {...}}, ...]}, as RenderJson prints it.
Result<std::vector<Figure>> ParseFigures(std::string_view json);

}  // namespace vam::bench

#endif  // VAM_SW_BENCH_IKE_BENCH_H_
