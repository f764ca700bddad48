// Tunnels that carry nothing (DP-84 to DP-89): fwd says so, IKE ends them.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using v2::ChildConfig;
using v2::Policy;

void GoIdle(Side& side, uint64_t policy) {
  const api::SaInstall* out = side.fwd.Outbound(policy);
  ASSERT_NE(out, nullptr);
  side.Event(out->sa_id, api::EventKind::kIdle);
}

// DP-84, DP-85: fwd is told how long, of both halves; the peer is told of the end.
TEST(IdleTest, AnIdleChildGoesAndThePeerKnows) {
  Network net(1);
  net.a.SetPolicy(Changed(TunnelOfA(), [](ChildConfig& child) { child.idle_s = 600; }));
  net.a.Acquire(1);
  net.a.Acquire(2);
  net.Run();
  ASSERT_EQ(net.a.Children(), 2U);
  for (const auto& [id, sa] : net.a.fwd.sas()) EXPECT_EQ(sa.idle_ms, 600'000U);
  for (const auto& [id, sa] : net.b.fwd.sas()) EXPECT_EQ(sa.idle_ms, 0U) << "off by default";
  GoIdle(net.a, 1);
  net.Run();
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.b.Children(), 1U);
  EXPECT_EQ(net.a.IkeSas(), 1U) << "another child uses it";
  EXPECT_EQ(net.a.record.Count("child down deleted_by_us"), 1U);
  EXPECT_EQ(net.b.record.Count("child down deleted_by_peer"), 1U);
  EXPECT_EQ(net.Mismatch(), "");
}

// DP-87.
TEST(IdleTest, TheLastOneTakesTheIkeSaAlong) {
  Network net(2);
  net.a.Acquire(1);
  net.a.Acquire(2);
  net.Run();
  GoIdle(net.a, 1);
  net.Run();
  GoIdle(net.a, 2);
  net.Run();
  EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
  EXPECT_TRUE(net.a.fwd.sas().empty());
  EXPECT_TRUE(net.b.fwd.sas().empty());
  EXPECT_EQ(net.b.record.Count("ike down deleted_by_peer"), 1U);
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.a.Children(), 1U) << "the next packet makes it anew";
}

// Both of two in one turn, and both ends at once.
TEST(IdleTest, AllAtOnce) {
  Network net(3);
  net.a.Acquire(1);
  net.a.Acquire(2);
  net.Run();
  GoIdle(net.a, 1);
  GoIdle(net.a, 2);
  const std::map<uint64_t, api::SaInstall> of_b = net.b.fwd.sas();
  for (const auto& [id, sa] : of_b) net.b.Event(id, api::EventKind::kIdle);
  net.Run();
  EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
  EXPECT_TRUE(net.a.fwd.sas().empty());
  EXPECT_TRUE(net.b.fwd.sas().empty());
}

// A child that is being made is a reason for the IKE SA to stay.
TEST(IdleTest, NotWhileAnotherIsMade) {
  Network net(4);
  net.a.Acquire(1);
  net.Run();
  net.a.Acquire(2);
  GoIdle(net.a, 1);
  net.Run();
  EXPECT_EQ(net.a.IkeSas(), 1U);
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.Mismatch(), "");
}

// DP-89: B is called because the default peer does not answer; when B's tunnel is idle the default
// peer is called again. Without the word it stays with the peer that answered last.
TEST(IdleTest, BackToTheDefaultPeer) {
  for (const bool to_default : {false, true}) {
    Network net(5);
    const net::Address main_peer = net::Address::V4(0xc6336463);
    net.a.SetPolicy(Changed(TunnelOfA(), [&](ChildConfig& child) {
      child.peers.insert(child.peers.begin(), main_peer);
      child.idle_to_default = to_default;
    }));
    net.on_packet = [&](size_t, const Side& from, std::vector<uint8_t>&) {
      return &from == &net.b ||
             net.a.machine.core().sas().begin()->second->ends.remote == net.b.address;
    };
    net.a.Acquire(1);
    net.Run();
    net.a.Acquire(1);
    net.Run();
    ASSERT_EQ(net.a.Children(), 1U);
    ASSERT_EQ(net.a.Up()->ends.remote, net.b.address);
    GoIdle(net.a, 1);
    net.Run();
    ASSERT_EQ(net.a.IkeSas(), 0U);
    net.a.Acquire(1);
    EXPECT_EQ(net.a.machine.core().sas().begin()->second->ends.remote,
              to_default ? main_peer : net.b.address);
  }
}

}  // namespace
}  // namespace vam::ike::test
