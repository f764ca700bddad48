#include "sw/bench/policy_bench.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace vam::bench {
namespace {

// How fast is vambench's business; here: both figures are there. That the run itself holds (every
// lookup right, warm ones from the cache, cold ones not) the bench checks while it runs.
TEST(PolicyBenchTest, WarmAndCold) {
  const std::vector<Figure> figures = MeasurePolicy(SystemClock(), {2 * kNsPerMs});
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_EQ(figures[0].at.at("cache"), "warm");
  EXPECT_EQ(figures[1].at.at("cache"), "cold");
  for (const Figure& figure : figures) {
    EXPECT_EQ(figure.name, "policy.lookups_per_second");
    EXPECT_GT(figure.value, 1000.0);
    std::printf("%s %.0f\n", figure.at.at("cache").c_str(), figure.value);
  }
}

}  // namespace
}  // namespace vam::bench
