#ifndef VAM_SW_BENCH_WORKLOAD_H_
#define VAM_SW_BENCH_WORKLOAD_H_

#include <cstddef>
#include <string>
#include <vector>

namespace vam::bench {

// Sizes of inner packets, repeated for as long as a run takes.
struct Workload {
  std::string name;  // "64", "imix"
  std::vector<size_t> sizes;

  size_t SizeOf(size_t packet) const { return sizes[packet % sizes.size()]; }
  size_t MeanSize() const;
};

// One size each, then IMIX: 7 x 64, 4 x 576, 1 x 1400. All periods divide 60.
std::vector<Workload> Workloads();

}  // namespace vam::bench

#endif  // VAM_SW_BENCH_WORKLOAD_H_
