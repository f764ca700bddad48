// When SAs are made anew is left to chance, within bounds: many tunnels that came up together do
// not all go at one moment, nor do the two ends of one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using v2::Policy;

constexpr size_t kTunnels = 100;  // two ends each
constexpr uint64_t kLifeMs = 3'600'000;
constexpr uint64_t kLifeBytes = 4'608'000ULL * 1024;
constexpr uint64_t kIkeLifeNs = 86'400 * kNsPerSecond;
constexpr uint64_t kReauthNs = 7'200 * kNsPerSecond;

Policy::Parts Limited(const Tunnel& tunnel) {
  auto profile = ProfileOf(tunnel);
  profile->lifetime_s = kIkeLifeNs / kNsPerSecond;
  profile->reauth_s = kReauthNs / kNsPerSecond;
  Policy::Parts parts = PolicyWith(tunnel, profile);
  auto child = std::make_shared<v2::ChildConfig>(*parts.children.front());
  child->lifetime_s = kLifeMs / 1000;
  child->lifetime_bytes = kLifeBytes;
  parts.children.front() = std::move(child);
  return parts;
}

// How long before the end.
struct Spread {
  std::vector<uint64_t> before;

  // All between `least` and `most`, and no few values that all have: of each quarter some.
  void ExpectWithin(uint64_t least, uint64_t most) const {
    ASSERT_FALSE(before.empty());
    const auto [low, high] = std::ranges::minmax(before);
    EXPECT_GE(low, least);
    EXPECT_LE(high, most);
    EXPECT_LT(low, least + (most - least) / 4);
    EXPECT_GT(high, most - (most - least) / 4);
    EXPECT_GT(std::set<uint64_t>(before.begin(), before.end()).size(), before.size() * 9 / 10);
  }
};

TEST(JitterTest, RekeyPointsAreSpread) {
  Spread times, volumes, ikes, reauths;
  for (uint64_t seed = 1; seed <= kTunnels; ++seed) {
    Network net(seed);
    net.a.SetPolicy(Limited(TunnelOfA()));
    net.b.SetPolicy(Limited(TunnelOfB()));
    net.a.Acquire(1);
    net.Run();
    ASSERT_EQ(net.a.Children(), 1U);
    for (Side* side : {&net.a, &net.b}) {
      for (const auto& [id, sa] : side->fwd.sas()) {
        ASSERT_EQ(sa.hard_ms, kLifeMs);
        ASSERT_EQ(sa.hard_bytes, kLifeBytes);
        ASSERT_LT(sa.soft_ms, sa.hard_ms);
        ASSERT_LT(sa.soft_bytes, sa.hard_bytes);
        if (sa.direction != api::FastDirection::kOut) continue;
        times.before.push_back(sa.hard_ms - sa.soft_ms);
        volumes.before.push_back(sa.hard_bytes - sa.soft_bytes);
      }
      const v2::IkeSa& ike = *side->Up();
      EXPECT_EQ(ike.expires_ns - ike.up_ns, kIkeLifeNs);
      ikes.before.push_back(ike.expires_ns - ike.rekey_at_ns);
    }
    // Who called begins (RFC 4478).
    const v2::IkeSa& caller = *net.a.Up();
    ASSERT_NE(caller.reauth.at_ns, 0U);
    reauths.before.push_back(caller.reauth.by_ns - caller.reauth.at_ns);
  }
  // IOS's margins, and a twentieth of the life (sw/ike/v2/exchange/child.cc).
  times.ExpectWithin(30'000, 30'000 + kLifeMs / 20);
  volumes.ExpectWithin(256 * 1024, 256 * 1024 + kLifeBytes / 20);
  ikes.ExpectWithin(kIkeLifeNs / 20, kIkeLifeNs / 10);
  reauths.ExpectWithin(60 * kNsPerSecond, 60 * kNsPerSecond + kReauthNs / 20);
}

// The margin is never more than half of a short life.
TEST(JitterTest, ShortLivesAreHalved) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Network net(seed);
    net.a.SetPolicy(Changed(TunnelOfA(), [](v2::ChildConfig& child) {
      child.lifetime_s = 40;
      child.lifetime_bytes = 256 * 1024;
    }));
    net.a.Acquire(1);
    net.Run();
    ASSERT_EQ(net.a.fwd.sas().size(), 2U);
    for (const auto& [id, sa] : net.a.fwd.sas()) {
      EXPECT_EQ(sa.soft_ms, 20'000U);
      EXPECT_EQ(sa.soft_bytes, 128U * 1024);
    }
  }
}

// Each new one draws its own moment.
TEST(JitterTest, NotTheMomentOfTheOneBefore) {
  Network net(1);
  net.a.SetPolicy(Limited(TunnelOfA()));
  net.b.SetPolicy(Limited(TunnelOfB()));
  net.a.Acquire(1);
  net.Run();
  std::set<uint64_t> seen;
  for (int i = 0; i < 20; ++i) {
    const api::SaInstall sa = *net.a.fwd.Outbound(1);
    seen.insert(sa.soft_ms);
    net.a.Event(sa.sa_id, api::EventKind::kSoftTime);
    net.Run();
  }
  EXPECT_GE(seen.size(), 18U);
}

}  // namespace
}  // namespace vam::ike::test
