#ifndef VAM_SW_BENCH_FIGURE_H_
#define VAM_SW_BENCH_FIGURE_H_

#include <map>
#include <string>

namespace vam::bench {

// One line of vambench's table, one element of its JSON. Names are stable.
struct Figure {
  std::string name;  // "soft.gbps"
  double value = 0;
  std::string unit;                       // "Gb/s"
  std::map<std::string, std::string> at;  // the conditions: {"size", "64"}, {"dir", "out"}
};

}  // namespace vam::bench

#endif  // VAM_SW_BENCH_FIGURE_H_
