#include "sw/bench/report.h"

#include <gtest/gtest.h>

#include <vector>

namespace vam::bench {
namespace {

const std::vector<Figure> kFigures = {
    {.name = "card.bits_per_cycle",
     .value = 121.5,
     .unit = "bit/cycle",
     .at =
         {{"width", "128"}, {"size", "1400"}, {"dir", "out"}, {"sas", "1"}, {"read_latency", "0"}}},
    {.name = "odd", .value = 0.25, .unit = "a\"b", .at = {}},
};

TEST(ReportTest, Json) {
  EXPECT_EQ(
      RenderJson(kFigures),
      "{\"figures\": [\n"
      "  {\"name\": \"card.bits_per_cycle\", \"value\": 121.5, \"unit\": \"bit/cycle\", "
      "\"at\": {\"dir\": \"out\", \"read_latency\": \"0\", \"sas\": \"1\", \"size\": \"1400\", "
      "\"width\": \"128\"}},\n"
      "  {\"name\": \"odd\", \"value\": 0.25, \"unit\": \"a\\\"b\", \"at\": {}}\n]}\n");
  EXPECT_EQ(RenderJson({}), "{\"figures\": [\n]}\n");
}

TEST(ReportTest, Table) {
  const std::string table = RenderTable(kFigures);
  EXPECT_NE(table.find("121.500"), std::string::npos);
  EXPECT_NE(table.find("dir=out"), std::string::npos);
}

TEST(ReportTest, PlotHasALinePerDirectionAndLatency) {
  const std::string svg = RenderSvg(kFigures);
  EXPECT_NE(svg.find("out, read latency 0"), std::string::npos);
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
}

}  // namespace
}  // namespace vam::bench
