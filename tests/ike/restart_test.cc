// A gateway starts anew, with its fwd, and nobody told the other one: the tunnel comes back in the
// time that is said here, and nothing of before is left.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>

#include "tests/ike/forge.h"
#include "tests/ike/network.h"
#include "tests/ike/stages.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

constexpr uint64_t kStepMs = 1'000;
// All that waits for an answer is given up by then, or has expired.
constexpr uint64_t kWholeMs = 120'000;

enum class Site { kSideA, kSideB };  // a called first
constexpr Site kSites[] = {Site::kSideA, Site::kSideB};
constexpr Stage kRestartStages[] = {Stage::kInit, Stage::kAuthOut, Stage::kUp,
                                    Stage::kChildRekeyOut, Stage::kIkeRekeyOut};

Policy::Parts WithLiveness(const Tunnel& tunnel) {
  auto profile = ProfileOf(tunnel);
  profile->dpd = {.interval_s = 10, .retry_s = 2, .on_demand = false};
  return PolicyWith(tunnel, profile);
}

bool HasOutbound(const Side& side) {
  return std::ranges::any_of(side.fwd.sas(), [](const auto& entry) {
    return entry.second.direction == api::FastDirection::kOut;
  });
}

class RestartTest : public testing::TestWithParam<std::tuple<Site, Stage, Site>> {
 protected:
  RestartTest() {
    Configure(net_.a);
    Configure(net_.b);
  }
  Side& Of(Site site) { return site == Site::kSideA ? net_.a : net_.b; }
  void Configure(Side& side) {
    side.SetPolicy(WithLiveness(&side == &net_.a ? TunnelOfA() : TunnelOfB()));
  }
  void Restart(Side& side) {
    const Clock& clock = &side == &net_.a ? net_.clock_a : net_.clock_b;
    side.client.Lose();
    std::destroy_at(&side.machine);
    side.fwd = FakeFwd(0x9000);
    std::construct_at(&side.machine,
                      Core::Parts{clock, side.rng, side.client, side.pki.signer,
                                  side.pki.revocation, side.record},
                      std::make_shared<const Policy>(Policy::Parts{}));
    Configure(side);
  }
  bool IsWhole() { return HasOutbound(net_.a) && HasOutbound(net_.b) && net_.Mismatch().empty(); }
  // From when packets for the tunnel come at one end, until it carries.
  static uint64_t MostMs() {
    const auto [restarted, stage, caller] = GetParam();
    constexpr uint64_t kSetUpMs = 2'000;
    if (caller == restarted) return kSetUpMs;
    // It knows of nothing that carries, or its first message gets an answer when it goes again.
    const bool half = stage == Stage::kInit || stage == Stage::kAuthOut;
    if (half && caller == Site::kSideB) return kSetUpMs;
    if (stage == Stage::kInit) return 2 * kSetUpMs;
    // A request that was out is sent to its end (2.4).
    const bool waits = stage != Stage::kUp && caller == Site::kSideA;
    if (waits) return RetryPolicy().GivenUpAfterNs() / kNsPerMs + kSetUpMs;
    // Liveness: an interval, five tries two seconds apart.
    return 20'000 + kSetUpMs;
  }

  Network net_{1};
};

TEST_P(RestartTest, TheTunnelComesBack) {
  const auto [restarted, stage, caller] = GetParam();
  Reach(net_, stage);
  Restart(Of(restarted));
  net_.on_packet = nullptr;
  uint64_t whole_ms = UINT64_MAX;
  for (uint64_t ms = 0; ms <= kWholeMs; ms += kStepMs) {
    // Packets come all the time.
    if (!HasOutbound(Of(caller))) Of(caller).Acquire(1);
    net_.Pass(kStepMs);
    if (IsWhole()) whole_ms = std::min(whole_ms, ms + kStepMs);
  }
  EXPECT_LE(whole_ms, MostMs());
  EXPECT_EQ(net_.Mismatch(), "");
  // Both call then: nothing says that two tunnels that are made at once are one (2.8).
  const bool both = stage == Stage::kInit && restarted == Site::kSideB && caller == Site::kSideB;
  const size_t tunnels = both ? 2 : 1;
  for (Side* side : {&net_.a, &net_.b}) {
    EXPECT_EQ(side->IkeSas(), tunnels);
    EXPECT_EQ(side->Children(), tunnels);
    EXPECT_EQ(side->fwd.sas().size(), 2 * tunnels);
    EXPECT_EQ(side->machine.core().half_open() + side->machine.core().calls(), 0U);
    EXPECT_EQ(side->client.pending(), 0U);
  }
  // The other one heard of it by INITIAL_CONTACT, or found out.
  const bool was_up = stage != Stage::kInit && stage != Stage::kAuthOut;
  const Record& other = Of(restarted == Site::kSideA ? Site::kSideB : Site::kSideA).record;
  EXPECT_EQ(other.Count("ike down replaced"), was_up && caller == restarted ? 1U : 0U);
  EXPECT_EQ(other.Count("ike down no_answer"), was_up && caller != restarted ? 1U : 0U);
}

std::string NameOfRestart(const testing::TestParamInfo<RestartTest::ParamType>& test) {
  const auto& [restarted, stage, caller] = test.param;
  const auto name = [](Site site) { return site == Site::kSideA ? "A" : "B"; };
  return std::string("Of") + name(restarted) + NameOf(stage) + "Then" + name(caller) + "Calls";
}

INSTANTIATE_TEST_SUITE_P(Gateways, RestartTest,
                         testing::Combine(testing::ValuesIn(kSites),
                                          testing::ValuesIn(kRestartStages),
                                          testing::ValuesIn(kSites)),
                         NameOfRestart);

}  // namespace
}  // namespace vam::ike::test
