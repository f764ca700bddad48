// Two gateways bring tunnels up (RFC 7296, 1.2).
#include <gtest/gtest.h>

#include "sw/api/cookie_tag.h"
#include "sw/ike/v2/exchange/informational.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

TEST(SetUpTest, FirstPacketBringsTheTunnelUp) {
  Network net(1);
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.packets(), 4U);  // two exchanges
  EXPECT_EQ(net.a.record.lines(), (std::vector<std::string>{"ike up", "child up"}));
  EXPECT_EQ(net.b.record.lines(), (std::vector<std::string>{"ike up", "child up"}));
  EXPECT_EQ(net.a.fwd.sas().size(), 2U);
  EXPECT_EQ(net.Mismatch(), "");
}

TEST(SetUpTest, WrongKeyIsRefusedAndLeavesNothing) {
  Network net(2);
  Tunnel tunnel = TunnelOfB();
  tunnel.key = tunnel.peers_key = "another key";
  net.b.SetPolicy(PolicyOf(tunnel));
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.a.record.lines(), std::vector<std::string>{"ike failed refused_by_peer"});
  EXPECT_EQ(net.b.record.lines(), std::vector<std::string>{"ike failed auth_failed"});
  EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
  EXPECT_EQ(net.a.fwd.sas().size() + net.b.fwd.sas().size(), 0U);
}

TEST(SetUpTest, ChildRekeyReplacesWithoutAGap) {
  Network net(3);
  net.a.Acquire(1);
  net.Run();
  const uint64_t out = net.a.fwd.Outbound(1)->sa_id;
  net.a.Event(out, api::EventKind::kSoftTime);
  net.Run();
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.b.Children(), 1U);
  EXPECT_NE(net.a.fwd.Outbound(1)->sa_id, out);
  EXPECT_EQ(net.a.record.Count("child up"), 2U);
  EXPECT_EQ(net.a.record.Count("child down replaced"), 1U);
  EXPECT_EQ(net.a.fwd.gaps(), 0U);
  EXPECT_EQ(net.b.fwd.gaps(), 0U);
}

// Its numbers come to an end, its volume, its time, or its engine: each is a reason for a new one,
// and all of them together for one alone.
TEST(SetUpTest, WhateverComesToAnEndIsMadeAnew) {
  using api::EventKind;
  const std::vector<std::vector<EventKind>> cases = {
      {EventKind::kSequenceNear},
      {EventKind::kSoftBytes},
      {EventKind::kSoftPackets},
      {EventKind::kEngineFailed},
      {EventKind::kSequenceNear, EventKind::kSoftTime, EventKind::kSequenceNear}};
  for (const auto& kinds : cases) {
    for (const bool at_a : {true, false}) {
      SCOPED_TRACE(static_cast<int>(kinds.front()));
      Network net(3);
      net.a.Acquire(1);
      net.Run();
      Side& side = at_a ? net.a : net.b;
      uint64_t out = 0;
      for (const auto& [id, sa] : side.fwd.sas()) {
        if (sa.direction == api::FastDirection::kOut) out = id;
      }
      net.on_packet = [&net](size_t, const Side&, const auto&) {
        EXPECT_EQ(net.Mismatch(), "");
        return true;
      };
      for (const EventKind kind : kinds) side.Event(out, kind);
      net.Run();
      EXPECT_EQ(net.Mismatch(), "");
      EXPECT_FALSE(side.fwd.sas().contains(out));
      EXPECT_EQ(net.a.Children(), 1U);
      EXPECT_EQ(net.b.Children(), 1U);
      EXPECT_EQ(side.record.Count("child up"), 2U);
      EXPECT_EQ(side.record.Count("child down replaced"), 1U);
      EXPECT_EQ(net.a.fwd.gaps() + net.b.fwd.gaps(), 0U);
    }
  }
}

// fwd asked in the moment when the SA came; packets that it does not take are another matter.
TEST(SetUpTest, AnAcquireThatIsLateMakesNoSecondChild) {
  Network net(4);
  net.a.Acquire(1);
  net.Run();
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.a.record.Count("child up"), 1U);
}

TEST(SetUpTest, BothRekeyTheChildAtOnce) {
  for (uint64_t seed = 10; seed < 30; ++seed) {
    Network net(seed);
    net.a.Acquire(1);
    net.Run();
    net.a.Event(net.a.fwd.Outbound(1)->sa_id, api::EventKind::kSoftTime);
    net.b.Event(net.b.fwd.sas().begin()->first, api::EventKind::kSoftTime);
    net.Run();
    EXPECT_EQ(net.Mismatch(), "") << "seed " << seed;
    EXPECT_EQ(net.a.Children(), 1U) << "seed " << seed;
    EXPECT_EQ(net.b.Children(), 1U) << "seed " << seed;
  }
}

TEST(SetUpTest, IkeRekeyKeepsTheChildren) {
  Network net(4);
  net.a.Acquire(1);
  net.Run();
  net.Pass(86'400'000);
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(net.a.IkeSas(), 1U);
  EXPECT_EQ(net.b.IkeSas(), 1U);
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.b.Children(), 1U);
  EXPECT_EQ(net.a.record.Count("ike down replaced"), 1U);
}

// fwd sorts by the tags of cookies: it has the keys before a cookie can come back, those of now and
// those before, and a new fwd has them too.
TEST(SetUpTest, FwdIsToldByWhatCookiesAreMarked) {
  Network net(5);
  v2::Policy::Parts parts = PolicyOf(TunnelOfB());
  parts.settings.cookie_above = 1;
  net.b.SetPolicy(std::move(parts));
  EXPECT_FALSE(net.b.fwd.cookie_keys().has_value()) << "there are none yet";
  // One that is half-open, so that the next one needs a cookie.
  net.on_packet = [](size_t index, const Side&, const auto&) { return index == 0; };
  net.a.Acquire(1);
  net.Pass(10);
  EXPECT_FALSE(net.b.fwd.cookie_keys().has_value());
  net.on_packet = nullptr;
  v2::DeleteIke(net.a.machine.core(), *net.a.machine.core().sas().begin()->second,
                v2::Cause::kDeletedByUs);
  net.a.machine.Poll();
  bool seen = false;
  net.on_packet = [&](size_t, const Side& from, const std::vector<uint8_t>& bytes) {
    // IKE_SA_INIT that begins with a notify: the cookie.
    if (&from != &net.a || bytes[18] != 34 || bytes[16] != 41) return true;
    seen = true;
    EXPECT_TRUE(net.b.fwd.cookie_keys().has_value());
    if (!net.b.fwd.cookie_keys()) return true;
    const api::IkeCookieKeys& keys = *net.b.fwd.cookie_keys();
    EXPECT_EQ(bytes[36], keys.version[0]);
    EXPECT_EQ(LoadBe64(&bytes[37]),
              api::CookieTag({keys.k0[0], keys.k1[0]}, net.a.address, 500, LoadBe64(bytes.data())));
    return true;
  };
  net.a.Acquire(1);
  net.Run();
  EXPECT_TRUE(seen);
  EXPECT_EQ(net.a.Children(), 1U);
  const api::IkeCookieKeys before = *net.b.fwd.cookie_keys();
  net.b.machine.MeetFwd();
  net.b.machine.Poll();
  EXPECT_EQ(net.b.fwd.cookie_keys()->k0, before.k0);
}

}  // namespace
}  // namespace vam::ike::test
