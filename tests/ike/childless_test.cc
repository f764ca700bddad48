// IKE SAs without a child at first (RFC 6023).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/ike/forge.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test
using config::IkeChildless;

constexpr IkeChildless kAll[] = {IkeChildless::kAllow, IkeChildless::kPrefer, IkeChildless::kForce,
                                 IkeChildless::kNever};

// The tunnel's policy with PFS.
Policy::Parts PolicyFor(const Tunnel& tunnel, IkeChildless when) {
  auto profile = ProfileOf(tunnel);
  profile->childless = when;
  Policy::Parts parts = PolicyWith(tunnel, profile);
  auto child = std::make_shared<ChildConfig>(*parts.children[0]);
  child->offers[0].groups = {19};
  parts.children = {child};
  return parts;
}

// What happens when a, as it wants it, calls b.
std::string Outcome(Network& net) {
  net.a.Acquire(1);
  net.Run();
  if (net.a.Up() == nullptr || net.b.Up() == nullptr) {
    return net.a.record.lines().empty() ? "nothing" : net.a.record.lines().back();
  }
  EXPECT_EQ(net.Mismatch(), "");
  if (net.a.Children() == 0) return "no child";
  // The first child of an ordinary set-up has no key exchange of its own.
  const uint16_t group = net.a.Up()->children[0]->suite.group;
  EXPECT_EQ(net.packets(), group == 0 ? 4U : 6U);
  EXPECT_EQ(net.b.Up()->children[0]->suite.group, group);
  return group == 0 ? "with" : "later";
}

TEST(ChildlessTest, WhatEachSideWants) {
  for (const IkeChildless of_a : kAll) {
    for (const IkeChildless of_b : kAll) {
      SCOPED_TRACE(std::string(IkeChildlessName(of_a)) + " calls " +
                   std::string(IkeChildlessName(of_b)));
      Network net(1);
      net.a.SetPolicy(PolicyFor(TunnelOfA(), of_a));
      net.b.SetPolicy(PolicyFor(TunnelOfB(), of_b));
      const bool wants = of_a == IkeChildless::kPrefer || of_a == IkeChildless::kForce;
      const bool can = of_b != IkeChildless::kNever;
      const std::string outcome = Outcome(net);
      if (of_a == IkeChildless::kForce && !can) {
        EXPECT_EQ(outcome, "ike failed childless");
      } else if (wants && can) {
        EXPECT_EQ(outcome, "later");
      } else {
        EXPECT_EQ(outcome, of_b == IkeChildless::kForce ? "no child" : "with");
      }
    }
  }
}

// Another profile of the responder takes it, so that it says so before it knows who calls.
TEST(ChildlessTest, TheProfileDecides) {
  Network net(2);
  net.a.SetPolicy(PolicyFor(TunnelOfA(), IkeChildless::kPrefer));
  Policy::Parts parts = PolicyFor(TunnelOfB(), IkeChildless::kNever);
  auto other = std::make_shared<Profile>();
  other->name = "OTHER";
  parts.profiles.push_back(other);
  net.b.SetPolicy(std::move(parts));
  EXPECT_EQ(Outcome(net), "ike failed refused_by_peer");
  EXPECT_EQ(net.b.record.lines(), std::vector<std::string>{"ike failed childless"});
  EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
}

TEST(ChildlessTest, RekeyedAndDeletedAsOthers) {
  Network net(3);
  net.a.SetPolicy(PolicyFor(TunnelOfA(), IkeChildless::kForce));
  net.b.SetPolicy(PolicyFor(TunnelOfB(), IkeChildless::kAllow));
  ASSERT_EQ(Outcome(net), "later");
  net.a.Event(net.a.fwd.Outbound(1)->sa_id, api::EventKind::kSoftTime);
  net.Run();
  net.Pass(86'400'000);
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.b.Children(), 1U);
  EXPECT_EQ(net.a.record.Count("ike down replaced"), 1U);
}

// The child that follows is refused: the IKE SA stays, as it does with any child.
TEST(ChildlessTest, ARefusedChildLeavesTheIkeSa) {
  Network net(4);
  net.a.SetPolicy(PolicyFor(TunnelOfA(), IkeChildless::kPrefer));
  net.b.SetPolicy(PolicyFor(TunnelOfB(), IkeChildless::kAllow));
  net.b.fwd.RefuseNext(api::MessageType::kPolicyOpen, ErrorCode::kExhausted);
  EXPECT_EQ(Outcome(net), "no child");
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.a.IkeSas(), 1U);
}

TEST(ChildlessTest, OverBadNetworks) {
  for (uint64_t seed = 50; seed < 70; ++seed) {
    Network net(seed);
    net.weather = {.loss_percent = 10, .repeat_percent = 20, .delay_ms = 5, .jitter_ms = 40};
    net.a.SetPolicy(PolicyFor(TunnelOfA(), IkeChildless::kPrefer));
    net.b.SetPolicy(PolicyFor(TunnelOfB(), IkeChildless::kPrefer));
    net.a.Acquire(1);
    net.b.Acquire(1);
    net.Run();
    EXPECT_EQ(net.Mismatch(), "") << "seed " << seed;
    EXPECT_GE(net.a.Children(), 1U) << "seed " << seed;
    EXPECT_EQ(net.a.Children(), net.b.Children()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace vam::ike::test
