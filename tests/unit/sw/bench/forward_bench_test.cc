#include "sw/bench/forward_bench.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace vam::bench {
namespace {

// How fast is vambench's business; here: every figure is there. That each packet comes out, and
// none for want of room in an engine does not, the bench checks while it runs.
TEST(ForwardBenchTest, EveryFigure) {
  const Result<std::vector<Figure>> figures = MeasureForwarder(SystemClock(), {2 * kNsPerMs});
  ASSERT_TRUE(figures.has_value()) << ToString(figures.error());
  ASSERT_EQ(figures->size(), 6u);
  for (const Figure& figure : *figures) {
    EXPECT_GT(figure.value, 0.0);
    std::printf("%s size=%s path=%s %.3f\n", figure.name.c_str(), figure.at.at("size").c_str(),
                figure.at.at("path").c_str(), figure.value);
  }
  EXPECT_EQ(figures->at(0).name, "fwd.ns_per_packet");
  EXPECT_EQ(figures->at(4).name, "soft.workers_ratio");
  EXPECT_EQ(figures->at(4).at.at("workers"), "2");
}

}  // namespace
}  // namespace vam::bench
