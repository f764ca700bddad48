#include "sw/bench/workload.h"

#include <numeric>

namespace vam::bench {

size_t Workload::MeanSize() const {
  return std::accumulate(sizes.begin(), sizes.end(), size_t{0}) / sizes.size();
}

std::vector<Workload> Workloads() {
  std::vector<Workload> workloads;
  for (const size_t size : {64, 128, 256, 512, 1024, 1400, 9000}) {
    workloads.push_back({std::to_string(size), {size}});
  }
  workloads.push_back({"imix", {64, 576, 64, 64, 576, 64, 1400, 64, 576, 64, 576, 64}});
  return workloads;
}

}  // namespace vam::bench
