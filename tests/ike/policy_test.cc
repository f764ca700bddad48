// What the configuration asks for between two gateways, and what a new one changes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "sw/ike/v2/policy/selectors.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using v2::ChildConfig;
using v2::Policy;

net::Address In(uint32_t network, uint32_t host) { return net::Address::V4(network | host); }
constexpr uint32_t kInsideA = 0x0a010000, kInsideB = 0x0a020000;

void AcquireFor(Side& side, uint64_t policy, net::Address from, net::Address to) {
  api::Acquire acquire{};
  acquire.policy = policy;
  acquire.sequence = 10;
  acquire.map[0] = 'M';
  const auto& config = *side.machine.core().policy().FindChild("M", 10, 0, 0);
  acquire.line = v2::ToFast(config.lines[0]);
  acquire.packet = acquire.line;
  acquire.packet.local_first = acquire.packet.local_last = api::ToFast(from);
  acquire.packet.remote_first = acquire.packet.remote_last = api::ToFast(to);
  acquire.peer = api::ToFast(config.peers[0]);
  side.machine.Receive(api::MessageType::kAcquire, 0, api::EncodeFast(acquire));
}

// SY-40: the next of the list when one does not answer, and the first again behind the last.
TEST(PolicyTest, TheNextPeerIsCalledWhenOneFails) {
  Network net(13);
  const net::Address nobody = net::Address::V4(0xc6336463);  // 198.51.100.99
  net.a.SetPolicy(Changed(
      TunnelOfA(), [&](ChildConfig& child) { child.peers.insert(child.peers.begin(), nobody); }));
  bool b_is_there = false;
  net.on_packet = [&](size_t, const Side& from, std::vector<uint8_t>&) {
    if (&from != &net.a) return true;
    const bool to_b = net.a.machine.core().sas().begin()->second->ends.remote == net.b.address;
    return to_b && b_is_there;
  };
  const auto called = [&] {
    AcquireFor(net.a, 1, In(kInsideA, 5), In(kInsideB, 7));
    const net::Address peer = net.a.machine.core().sas().begin()->second->ends.remote;
    net.Run();
    return peer;
  };
  EXPECT_EQ(called(), nobody);
  EXPECT_EQ(called(), net.b.address);
  EXPECT_EQ(called(), nobody) << "all have failed: from the first on";
  b_is_there = true;
  EXPECT_EQ(called(), net.b.address);
  EXPECT_EQ(net.Mismatch(), "");
  ASSERT_EQ(net.a.Children(), 1U);
  // It is the one that was heard last: what is wanted next goes there too.
  AcquireFor(net.a, 2, In(kInsideA, 6), In(kInsideB, 7));
  net.Run();
  EXPECT_EQ(net.a.IkeSas(), 1U);
  EXPECT_EQ(net.a.Children(), 2U);
}

// SY-60: an SA pair for each pair of hosts, at both ends.
TEST(PolicyTest, SasPerHost) {
  Network net(1);
  const auto per_host = [](ChildConfig& child) { child.per_host = true; };
  net.a.SetPolicy(Changed(TunnelOfA(), per_host));
  net.b.SetPolicy(Changed(TunnelOfB(), per_host));
  AcquireFor(net.a, 1, In(kInsideA, 5), In(kInsideB, 7));
  AcquireFor(net.a, 2, In(kInsideA, 6), In(kInsideB, 7));
  net.Run();
  EXPECT_EQ(net.Mismatch(), "");
  ASSERT_EQ(net.a.Children(), 2U);
  EXPECT_EQ(net.a.IkeSas(), 1U);
  const api::SaInstall* first = net.a.fwd.Outbound(1);
  const api::SaInstall* second = net.a.fwd.Outbound(2);
  ASSERT_TRUE(first != nullptr && second != nullptr);
  EXPECT_EQ(*api::FromFast(first->selector.local_first), In(kInsideA, 5));
  EXPECT_EQ(*api::FromFast(first->selector.local_last), In(kInsideA, 5));
  EXPECT_EQ(*api::FromFast(first->selector.remote_last), In(kInsideB, 7));
  EXPECT_EQ(*api::FromFast(second->selector.local_first), In(kInsideA, 6));
}

// One end alone has SAs per host: it narrows what the other proposes to one pair.
TEST(PolicyTest, AResponderPerHostNarrows) {
  Network net(2);
  net.b.SetPolicy(Changed(TunnelOfB(), [](ChildConfig& child) { child.per_host = true; }));
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.Mismatch(), "");
  const api::SaInstall* out = net.a.fwd.Outbound(1);
  ASSERT_NE(out, nullptr);
  EXPECT_EQ(
      std::memcmp(&out->selector.local_first, &out->selector.local_last, sizeof(api::FastAddress)),
      0);
}

// SY-17: between the peers themselves, and nowhere else.
TEST(PolicyTest, TransportModeBetweenThePeersAlone) {
  for (const bool between_peers : {false, true}) {
    Network net(3);
    const auto transport = [&](ChildConfig& child) {
      child.mode = api::FastMode::kTransport;
      if (!between_peers) return;
      child.lines[0].local.first = child.lines[0].local.last = child.local;
      child.lines[0].remote.first = child.lines[0].remote.last = child.peers[0];
    };
    net.a.SetPolicy(Changed(TunnelOfA(), transport));
    net.b.SetPolicy(Changed(TunnelOfB(), transport));
    net.a.Acquire(1);
    net.Run();
    EXPECT_EQ(net.Mismatch(), "");
    const api::SaInstall* out = net.a.fwd.Outbound(1);
    ASSERT_NE(out, nullptr);
    EXPECT_EQ(out->mode, between_peers ? api::FastMode::kTransport : api::FastMode::kTunnel);
  }
}

// IKE SAs outlive configurations in which their profile has the same name.
TEST(PolicyTest, AnIkeSaOfBeforeTakesNewChildren) {
  Network net(4);
  net.a.Acquire(1);
  net.Run();
  net.b.SetPolicy(PolicyOf(TunnelOfB()));
  net.a.SetPolicy(PolicyOf(TunnelOfA()));
  net.a.Acquire(2);
  net.Run();
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(net.a.IkeSas(), 1U);
  EXPECT_EQ(net.a.Children(), 2U);
  EXPECT_EQ(net.b.Children(), 2U);
}

TEST(PolicyTest, AProfileThatGoesTakesItsIkeSas) {
  Network net(5);
  net.a.Acquire(1);
  net.Run();
  net.a.SetPolicy({});
  net.Run();
  EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
  EXPECT_EQ(net.a.fwd.sas().size() + net.b.fwd.sas().size(), 0U);
  EXPECT_EQ(net.b.record.Count("ike down deleted_by_peer"), 1U);
}

// `crypto ikev2 limit max-in-negotiation-sa N outgoing`.
// ASA-27: how often a peer that does not answer is called, and when the next one's turn is.
TEST(PolicyTest, RequestsAreSentAgainAsConfigured) {
  Network net(14);
  Policy::Parts parts = PolicyOf(TunnelOfA());
  parts.settings.retry = {.first_ns = 2 * kNsPerSecond,
                          .factor_percent = 200,
                          .tries = 6,
                          .limit_ns = 30 * kNsPerSecond};
  net.a.SetPolicy(std::move(parts));
  std::vector<uint64_t> sent_s;
  const uint64_t begin_ns = net.clock.MonotonicNs();
  net.on_packet = [&](size_t, const Side&, std::vector<uint8_t>&) {
    sent_s.push_back((net.clock.MonotonicNs() - begin_ns) / kNsPerSecond);
    return false;
  };
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(sent_s, (std::vector<uint64_t>{0, 2, 6, 14, 30, 60}));
  EXPECT_EQ((net.clock.MonotonicNs() - begin_ns) / kNsPerSecond, 90U);
  EXPECT_EQ(net.a.record.lines(), std::vector<std::string>{"ike failed no_answer"});
}

TEST(PolicyTest, NoMoreCallsThanAllowed) {
  Network net(6);
  Policy::Parts parts = PolicyOf(TunnelOfA());
  parts.settings.max_calls = 1;
  net.a.SetPolicy(std::move(parts));
  net.on_packet = [](size_t, const Side&, const auto&) { return false; };
  net.a.Acquire(1);
  net.Pass(10);
  EXPECT_EQ(net.a.machine.core().calls(), 1U);
  api::Acquire other{};
  other.policy = 2;
  other.sequence = 10;
  other.map[0] = 'M';
  other.line = other.packet =
      v2::ToFast(net.a.machine.core().policy().FindChild("M", 10, 0, 0)->lines[0]);
  other.peer = api::ToFast(net::Address::V4(0xc0000203));  // as of a temporary entry
  net.a.machine.Receive(api::MessageType::kAcquire, 0, api::EncodeFast(other));
  EXPECT_EQ(net.a.machine.core().calls(), 1U);
  EXPECT_EQ(net.a.machine.core().causes().of(v2::Cause::kTooManyHalfOpen), 1U);
  net.Pass(300'000);
  EXPECT_EQ(net.a.machine.core().calls(), 0U) << "nobody answered";
  net.a.machine.Receive(api::MessageType::kAcquire, 0, api::EncodeFast(other));
  EXPECT_EQ(net.a.machine.core().calls(), 1U);
}

// The profile for whatever identity, with keepalives.
Policy::Parts ForAnyone(Policy::Parts parts) {
  auto profile = std::make_shared<v2::Profile>();
  profile->name = "P";
  profile->match = v2::IdentityList({config::IkeIdentity()});
  profile->remote_auth = {v2::AuthKind::kSharedKey};
  profile->keyring = parts.profiles[0]->keyring;
  profile->nat_keepalive_s = 20;
  auto child = std::make_shared<ChildConfig>(*parts.children[0]);
  child->profile = profile;
  parts.profiles = {profile};
  parts.children = {child};
  return parts;
}

// A tunnel that is up, with a NAT in front of `a`, whose outside is `outside` at any time.
void SetUpBehindNat(Network& net, const net::Address& outside) {
  Tunnel tunnel = TunnelOfB();
  tunnel.remote = outside;
  net.a.SetPolicy(ForAnyone(PolicyOf(TunnelOfA())));
  net.b.SetPolicy(ForAnyone(PolicyOf(tunnel)));
  net.translate = [&](const Side& to, api::FastEndpoints& ends) {
    if (&to == &net.a) ends.local = api::ToFast(net.a.address);
    if (&to == &net.b) ends.remote = api::ToFast(outside);
  };
  net.a.Acquire(1);
  net.Run();
  ASSERT_EQ(net.a.Children(), 1U);
  ASSERT_TRUE(net.a.Up()->nat_here);
}

// RFC 7296, 2.23: the NAT has another address; packets of the peer that are verified tell.
TEST(PolicyTest, SasFollowAPeerBehindANat) {
  net::Address outside = net::Address::V4(0xc6336407);  // 198.51.100.7
  Network net(11);
  SetUpBehindNat(net, outside);
  const auto [in_id, in] = *std::ranges::find_if(net.b.fwd.sas(), [](const auto& entry) {
    return entry.second.direction == api::FastDirection::kIn;
  });
  outside = net::Address::V4(0xc6336408);
  api::Event event{};
  event.sa_id = in_id;
  event.kind = api::EventKind::kEndpointChanged;
  event.endpoints = in.endpoints;
  event.endpoints.remote = api::ToFast(outside);
  event.endpoints.remote_port = 40'000;
  net.b.machine.Receive(api::MessageType::kEvent, 0, api::EncodeFast(event));
  net.Run();
  EXPECT_EQ(net.Mismatch(), "");
  ASSERT_EQ(net.b.Children(), 1U);
  for (const auto& [id, sa] : net.b.fwd.sas()) {
    EXPECT_EQ(*api::FromFast(sa.endpoints.remote), outside);
  }
  EXPECT_EQ(net.b.Up()->ends.remote, outside);
}

// From the end that is not behind the NAT nothing of the peer's address changes.
TEST(PolicyTest, APeerWithoutANatStaysWhereItIs) {
  Network net(12);
  net.a.Acquire(1);
  net.Run();
  const size_t before = net.packets();
  api::Event event{};
  event.sa_id = net.b.fwd.sas().begin()->first;
  event.kind = api::EventKind::kEndpointChanged;
  event.endpoints = net.b.fwd.sas().begin()->second.endpoints;
  event.endpoints.remote = api::ToFast(net::Address::V4(0xc6336408));
  net.b.machine.Receive(api::MessageType::kEvent, 0, api::EncodeFast(event));
  net.Run();
  EXPECT_EQ(net.packets(), before);
  EXPECT_EQ(net.b.Up()->ends.remote, net.a.address);
}

// A peer that has MOBIKE goes to port 4500 without a NAT (RFC 4555, 3.3): its ESP stays as it is.
TEST(PolicyTest, EspGoesInUdpOnlyWhereANatIs) {
  Network net(13);
  net.a.Acquire(1);
  net.Run();
  for (Side* side : {&net.a, &net.b}) {
    v2::Ends& ends = side->Up()->ends;
    ends.local_port = ends.remote_port = net::kNattPort;
    ends.encapsulated = true;
  }
  const auto old = net.a.fwd.sas();
  net.a.Event(old.begin()->first, api::EventKind::kSoftTime);
  net.Run();
  EXPECT_EQ(net.Mismatch(), "");
  for (const Side* side : {&net.a, &net.b}) {
    ASSERT_EQ(side->fwd.sas().size(), 2U);
    for (const auto& [id, sa] : side->fwd.sas()) {
      EXPECT_EQ(sa.endpoints.remote_port, net::kNattPort);
      EXPECT_EQ(sa.flags & api::kSaUdpEncapsulated, 0U);
    }
  }
  const net::Address outside = net::Address::V4(0xc6336407);
  Network with_nat(14);
  SetUpBehindNat(with_nat, outside);
  for (const auto& [id, sa] : with_nat.b.fwd.sas()) {
    EXPECT_NE(sa.flags & api::kSaUdpEncapsulated, 0U);
  }
}

// `crypto ikev2 nat keepalive`: from the end that is behind the NAT alone.
TEST(PolicyTest, NatKeepalives) {
  const net::Address outside = net::Address::V4(0xc6336407);
  Network net(8);
  SetUpBehindNat(net, outside);
  size_t of_a = 0, of_b = 0;
  net.on_packet = [&](size_t, const Side& from, const std::vector<uint8_t>& bytes) {
    EXPECT_TRUE(bytes.empty()) << "nothing else is said in these minutes";
    ++(&from == &net.a ? of_a : of_b);
    return false;  // IKE never gets them: fwd drops what is one byte
  };
  net.Pass(100'500);
  EXPECT_EQ(of_a, 5U);
  EXPECT_EQ(of_b, 0U);
}

// The policy with liveness checks, `dpd 30 5 periodic` or `on-demand`.
Policy::Parts WithDpd(Policy::Parts parts, bool on_demand = false) {
  auto profile = std::make_shared<v2::Profile>();
  profile->name = "P";
  profile->match = v2::IdentityList({config::IkeIdentity()});
  profile->remote_auth = {v2::AuthKind::kSharedKey};
  profile->keyring = parts.profiles[0]->keyring;
  profile->dpd = {30, 5, on_demand};
  auto child = std::make_shared<ChildConfig>(*parts.children[0]);
  child->profile = profile;
  parts.profiles = {profile};
  parts.children = {child};
  return parts;
}

// DP-42, DP-47: every interval, from the end that asks; whoever was heard is not asked.
TEST(PolicyTest, ALivingPeerIsAskedEveryInterval) {
  Network net(9);
  net.a.SetPolicy(WithDpd(PolicyOf(TunnelOfA())));
  net.a.Acquire(1);
  net.Run();
  const size_t before = net.packets();
  net.Pass(29'000);
  EXPECT_EQ(net.packets(), before);
  net.Pass(272'000);
  EXPECT_EQ(net.packets() - before, 2U * 10) << "ten questions and answers in 300 s";
  EXPECT_EQ(net.a.Children(), 1U);
  net.b.SetPolicy(WithDpd(PolicyOf(TunnelOfB())));
  EXPECT_EQ(net.b.record.Count("ike down no_answer"), 0U);
}

// DP-43: fwd says that it sends and hears nothing; a peer that was heard in the meantime is not
// asked.
TEST(PolicyTest, OnDemandASilentPeerIsAskedWhenFwdSaysSo) {
  Network net(11);
  net.a.SetPolicy(WithDpd(PolicyOf(TunnelOfA()), /*on_demand=*/true));
  net.a.Acquire(1);
  net.Run();
  const api::SaInstall* out = net.a.fwd.Outbound(1);
  ASSERT_NE(out, nullptr);
  for (const auto& [id, sa] : net.a.fwd.sas()) {
    EXPECT_EQ(sa.silence_ms, sa.direction == api::FastDirection::kOut ? 30'000U : 0U);
  }
  const size_t before = net.packets();
  net.Pass(300'000);
  EXPECT_EQ(net.packets(), before) << "without traffic nothing is asked";
  net.a.Event(out->sa_id, api::EventKind::kSilence);
  net.Run();
  EXPECT_EQ(net.packets() - before, 2U);
  net.a.Event(out->sa_id, api::EventKind::kSilence);
  net.Run();
  EXPECT_EQ(net.packets() - before, 2U) << "its answer is not 30 s old";
  net.on_packet = [](size_t, const Side&, const auto&) { return false; };
  net.Pass(30'000);
  net.a.Event(out->sa_id, api::EventKind::kSilence);
  net.Pass(5 * 5'000 + 100);
  EXPECT_EQ(net.a.IkeSas(), 0U);
  EXPECT_TRUE(net.a.fwd.sas().empty());
}

// DP-46, DP-49: five questions, the later ones after the retry interval; then all of it goes.
TEST(PolicyTest, ADeadPeerIsFoundAndItsSasGo) {
  Network net(10);
  net.a.SetPolicy(WithDpd(PolicyOf(TunnelOfA())));
  net.a.Acquire(1);
  net.Run();
  size_t asked = 0;
  net.on_packet = [&](size_t, const Side&, const auto&) {
    ++asked;
    return false;
  };
  net.Pass(30'000 + 5 * 5'000 - 100);
  EXPECT_EQ(asked, 5U);
  EXPECT_EQ(net.a.Children(), 1U);
  net.Pass(200);
  EXPECT_EQ(asked, 5U);
  EXPECT_EQ(net.a.IkeSas(), 0U);
  EXPECT_TRUE(net.a.fwd.sas().empty());
  EXPECT_EQ(net.a.record.Count("ike down no_answer"), 1U);
}

// fwd sorts what comes in by them.
TEST(PolicyTest, FwdIsToldOfEveryIkeSa) {
  Network net(7);
  net.on_packet = [](size_t, const Side&, const auto&) { return false; };
  net.a.Acquire(1);
  net.Pass(1);
  ASSERT_EQ(net.a.fwd.spis().size(), 1U);
  EXPECT_EQ(net.a.fwd.spis().begin()->second, api::IkeSpiState::kHalfOpen);
  net.on_packet = nullptr;
  net.Run();
  ASSERT_EQ(net.b.fwd.spis().size(), 1U);
  EXPECT_EQ(net.a.fwd.spis().begin()->second, api::IkeSpiState::kUp);
  EXPECT_EQ(net.b.fwd.spis().begin()->second, api::IkeSpiState::kUp);
  EXPECT_EQ(net.a.fwd.spis().begin()->first, net.a.Up()->spi);
  net.a.SetPolicy({});
  net.Run();
  EXPECT_EQ(net.a.fwd.spis().begin()->second, api::IkeSpiState::kGone);
  EXPECT_EQ(net.b.fwd.spis().begin()->second, api::IkeSpiState::kGone);
}

}  // namespace
}  // namespace vam::ike::test
