#include "sw/bench/ike_bench.h"

#include <gtest/gtest.h>

#include <fstream>

namespace vam::bench {
namespace {

constexpr char kGood[] =
    R"({"figures": [{"name": "ike.setup_ms", "value": 2.5, "unit": "ms", "at": {"of": "p99"}},
                    {"name": "ike.x", "value": 3, "unit": "", "at": {}}]})";

TEST(IkeBenchTest, FiguresAreRead) {
  const auto figures = ParseFigures(kGood);
  ASSERT_TRUE(figures) << figures.error().text;
  ASSERT_EQ(figures->size(), 2U);
  EXPECT_EQ(figures->front().name, "ike.setup_ms");
  EXPECT_EQ(figures->front().value, 2.5);
  EXPECT_EQ(figures->front().unit, "ms");
  EXPECT_EQ(figures->front().at.at("of"), "p99");
}

TEST(IkeBenchTest, WhatIsNoFigureIsRefused) {
  for (const char* text : {"", "[]", "{}", R"({"figures": 1})", R"({"figures": [1]})",
                           R"({"figures": [{"name": "a", "value": "b", "unit": "", "at": {}}]})",
                           R"({"figures": [{"name": "a", "value": 1, "unit": ""}]})"}) {
    const auto figures = ParseFigures(text);
    ASSERT_FALSE(figures) << text;
    EXPECT_EQ(figures.error().code, ErrorCode::kMalformed) << text;
  }
}

TEST(IkeBenchTest, AScriptThatFailsIsAnError) {
  const std::string script = testing::TempDir() + "ike_bench_test.py";
  IkeBenchOptions options{.script = script, .programs = "/nowhere", .only = "setup_ms"};
  std::ofstream(script) << "import sys\nsys.exit(1)\n";
  EXPECT_EQ(MeasureIke(options).error().code, ErrorCode::kUnavailable);
  std::ofstream(script) << "import sys\nassert sys.argv[1:] == ['--bin', '/nowhere', '--only', "
                           "'setup_ms']\nprint('{\"figures\": []}')\n";
  const auto figures = MeasureIke(options);
  ASSERT_TRUE(figures) << figures.error().text;
  EXPECT_TRUE(figures->empty());
  std::remove(script.c_str());
}

}  // namespace
}  // namespace vam::bench
