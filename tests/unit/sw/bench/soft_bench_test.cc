#include "sw/bench/soft_bench.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <set>
#include <string>

namespace vam::bench {
namespace {

// How fast is vambench's business; here: every figure is there once and is a number that can be.
void ExpectPlausible(const std::vector<Figure>& figures, size_t count) {
  EXPECT_EQ(figures.size(), count);
  std::set<std::string> keys;
  for (const Figure& figure : figures) {
    std::string key = figure.name;
    for (const auto& [name, value] : figure.at) key += " " + name + "=" + value;
    EXPECT_TRUE(keys.insert(key).second) << key;
    EXPECT_GT(figure.value, 0.0001) << key;
    EXPECT_LT(figure.value, 1000.0) << key;
    std::printf("%-60s %8.3f %s\n", key.c_str(), figure.value, figure.unit.c_str());
  }
}

TEST(SoftBenchTest, SoftEngine) {
  ExpectPlausible(MeasureSoftEngine(SystemClock(), {2 * kNsPerMs}), 32);
}

TEST(SoftBenchTest, Openssl) { ExpectPlausible(MeasureOpenssl(SystemClock(), {2 * kNsPerMs}), 8); }

}  // namespace
}  // namespace vam::bench
