// Set-ups and rekeys over networks that lose, repeat, delay and reorder: always the same end.
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "tests/ike/network.h"
#include "tests/support/seed.h"

namespace vam::ike::test {
namespace {

struct Case {
  const char* name;
  Network::Weather weather;
};
constexpr Case kCases[] = {
    {"Clear", {0, 0, 1, 0}},       {"Slow", {0, 0, 400, 100}}, {"Reordering", {0, 0, 1, 50}},
    {"Repeating", {0, 60, 1, 20}}, {"Losing", {20, 0, 1, 5}},  {"All", {15, 30, 20, 200}},
};

enum class Who { kA, kB, kBoth };
enum class What { kSetUp, kRekeyChild, kRekeyIke, kRekeyAll };

class WeatherTest : public testing::TestWithParam<std::tuple<Case, Who, What, int>> {
 protected:
  // An outbound SA of the side, if it has one.
  static uint64_t AnySa(const Side& side) {
    for (const auto& [id, sa] : side.fwd.sas()) {
      if (sa.direction == api::FastDirection::kOut) return id;
    }
    return 0;
  }
  static void RekeyChild(Side& side) { side.Event(AnySa(side), api::EventKind::kSoftTime); }
  static void RekeyIke(Side& side) {
    if (v2::IkeSa* sa = side.Up()) v2::RekeyIke(side.machine.core(), *sa);
    side.machine.Poll();
  }
};

// Whatever happens on the way: one IKE SA, one child, equal at both ends, within the patience of a
// retransmission to its end.
TEST_P(WeatherTest, EndsAsItShould) {
  const auto& [weather, who, what, round] = GetParam();
  Network net(vam::test::TestSeed() * 1000 + static_cast<uint64_t>(round));
  net.a.Acquire(1);
  if (what == What::kSetUp && who != Who::kA) net.b.Acquire(2);
  if (what == What::kSetUp) net.weather = weather.weather;
  net.Run();
  net.weather = weather.weather;
  if (what == What::kRekeyChild || what == What::kRekeyAll) {
    if (who != Who::kB) RekeyChild(net.a);
    if (who != Who::kA) RekeyChild(net.b);
  }
  if (what == What::kRekeyIke || what == What::kRekeyAll) {
    if (who != Who::kB) RekeyIke(net.a);
    if (who != Who::kA) RekeyIke(net.b);
  }
  net.Run();
  net.weather = {};
  net.Pass(60'000);
  net.Run();
  EXPECT_EQ(net.Mismatch(), "");
  // Both may have begun at the same moment: then there may be two of each (RFC 7296, 2.8).
  const size_t most = what == What::kSetUp && who != Who::kA ? 2 : 1;
  EXPECT_GE(net.a.Children(), 1U);
  EXPECT_LE(net.a.Children(), most);
  EXPECT_EQ(net.a.Children(), net.b.Children());
  EXPECT_LE(net.a.IkeSas(), most);
  EXPECT_EQ(net.a.IkeSas(), net.b.IkeSas());
  EXPECT_EQ(net.a.fwd.sas().size(), 2 * net.a.Children());
  EXPECT_EQ(net.b.fwd.sas().size(), 2 * net.b.Children());
  EXPECT_EQ(net.a.fwd.gaps() + net.b.fwd.gaps(), 0U);
}

std::string NameOf(const testing::TestParamInfo<WeatherTest::ParamType>& test) {
  const auto& [weather, who, what, round] = test.param;
  constexpr const char* kWhos[] = {"A", "B", "Both"};
  constexpr const char* kWhats[] = {"SetUp", "RekeyChild", "RekeyIke", "RekeyAll"};
  return std::string(weather.name) + kWhos[static_cast<int>(who)] + kWhats[static_cast<int>(what)] +
         std::to_string(round);
}

INSTANTIATE_TEST_SUITE_P(Networks, WeatherTest,
                         testing::Combine(testing::ValuesIn(kCases),
                                          testing::Values(Who::kA, Who::kB, Who::kBoth),
                                          testing::Values(What::kSetUp, What::kRekeyChild,
                                                          What::kRekeyIke, What::kRekeyAll),
                                          testing::Range(0, 5)),
                         NameOf);

}  // namespace
}  // namespace vam::ike::test
