// Repeated authentication (RFC 4478): in time, without a packet lost, or the IKE SA ends.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/exchange/rekey_ike.h"
#include "sw/ike/v2/policy/selectors.h"
#include "sw/ike/v2/wire/notify_data.h"
#include "tests/ike/forge.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

constexpr uint64_t kMs = 1'000;

// A network in which each side asks for it after so many seconds; 0: it does not.
class ReauthNetwork : public Network {
 public:
  ReauthNetwork(uint64_t seed, uint32_t of_a, uint32_t of_b, bool per_host = false)
      : Network(seed) {
    Configure(a, TunnelOfA(), of_a, per_host);
    Configure(b, TunnelOfB(), of_b, per_host);
    on_packet = [this](size_t, const Side& from, std::vector<uint8_t>& bytes) {
      // Whatever is sent at any moment is taken at the other end.
      EXPECT_TRUE(!watch || (Heard(a, b) && Heard(b, a)));
      return !drop || !drop(from, bytes);
    };
  }

  // The first set-up: until here a responder may send what the initiator cannot read yet.
  void SetUp() {
    a.Acquire(1);
    Run();
    watch = true;
  }

  std::function<bool(const Side& from, std::vector<uint8_t>& bytes)> drop;
  bool watch = false;

 private:
  // The SA that goes out for each set has its inbound half there.
  static bool Heard(const Side& one, const Side& other) {
    return std::ranges::all_of(one.fwd.sas(), [&](const auto& entry) {
      const api::SaInstall* used = one.fwd.Outbound(entry.second.policy);
      return used == nullptr || other.fwd.Inbound(used->spi) != nullptr;
    });
  }

  static void Configure(Side& side, const Tunnel& tunnel, uint32_t seconds, bool per_host) {
    auto profile = ProfileOf(tunnel);
    profile->reauth_s = seconds;
    Policy::Parts parts = PolicyWith(tunnel, profile);
    auto child = std::make_shared<ChildConfig>(*parts.children[0]);
    child->per_host = per_host;
    parts.children = {child};
    side.SetPolicy(std::move(parts));
  }
};

void AcquireFor(Side& side, uint64_t policy, uint32_t host) {
  api::Acquire acquire{};
  acquire.policy = policy;
  acquire.sequence = 10;
  acquire.map[0] = 'M';
  const auto& config = *side.machine.core().policy().FindChild("M", 10, 0, 0);
  acquire.line = ToFast(config.lines[0]);
  acquire.packet = acquire.line;
  acquire.packet.local_first = acquire.packet.local_last =
      api::ToFast(net::Address::V4(0x0a010000 | host));
  acquire.packet.remote_first = acquire.packet.remote_last =
      api::ToFast(net::Address::V4(0x0a020000 | host));
  acquire.peer = api::ToFast(config.peers[0]);
  side.machine.Receive(api::MessageType::kAcquire, 0, api::EncodeFast(acquire));
}

bool IsInit(const std::vector<uint8_t>& bytes) {
  const auto header = ParseHeader(bytes);
  return header && header->exchange == ExchangeType::kIkeSaInit;
}

void ExpectWhole(Network& net, size_t children) {
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(net.a.IkeSas(), 1U);
  EXPECT_EQ(net.b.IkeSas(), 1U);
  EXPECT_EQ(net.a.Children(), children);
  EXPECT_EQ(net.b.Children(), children);
  EXPECT_EQ(net.a.fwd.sas().size(), 2 * children);
  EXPECT_EQ(net.b.fwd.sas().size(), 2 * children);
  EXPECT_EQ(net.a.fwd.gaps() + net.b.fwd.gaps(), 0U);
}

TEST(ReauthTest, TheEndThatCalledMakesAnotherInTime) {
  ReauthNetwork net(1, 0, 3'600);
  net.SetUp();
  EXPECT_EQ(net.packets(), 4U);
  const uint64_t first = net.a.Up()->number;
  net.Pass(3'300 * kMs);
  EXPECT_EQ(net.a.Up()->number, first) << "not long before its time";
  net.Pass(295 * kMs);
  ExpectWhole(net, 1);
  EXPECT_NE(net.a.Up()->number, first);
  EXPECT_TRUE(net.a.Up()->initiator);
  EXPECT_EQ(net.a.record.Count("ike up"), 2U);
  EXPECT_EQ(net.a.record.Count("ike down replaced"), 1U);
  EXPECT_EQ(net.b.record.Count("ike down deleted_by_peer"), 1U);
  // And again.
  net.Pass(10'800 * kMs);
  ExpectWhole(net, 1);
  EXPECT_GE(net.a.record.Count("ike up"), 4U);
  EXPECT_EQ(net.b.record.Count("ike down not_reauthenticated"), 0U);
}

TEST(ReauthTest, AProfileOfTheCallerDoesItToo) {
  ReauthNetwork net(2, 600, 0);
  net.SetUp();
  EXPECT_EQ(net.b.Up()->reauth.by_ns, 0U);
  net.Pass(600 * kMs);
  ExpectWhole(net, 1);
  EXPECT_EQ(net.a.record.Count("ike up"), 2U);
}

// Its keys are found by the name that it was called by, and the configuration knows it as before.
TEST(ReauthTest, APeerByItsName) {
  ReauthNetwork net(11, 0, 600);
  auto profile = ProfileOf(TunnelOfA());
  KeyringPeer peer;
  peer.name = peer.hostname = "gw.example.com";
  const std::string key = "a shared key";
  const Bytes bytes(reinterpret_cast<const uint8_t*>(key.data()), key.size());
  peer.local = std::move(*SharedKey::From(bytes));
  peer.remote = std::move(*SharedKey::From(bytes));
  std::vector<KeyringPeer> peers;
  peers.push_back(std::move(peer));
  profile->keyring = std::make_shared<const Keyring>("K", std::move(peers));
  Policy::Parts parts = PolicyWith(TunnelOfA(), profile);
  auto child = std::make_shared<ChildConfig>(*parts.children[0]);
  child->peers.clear();
  child->named = {{"gw.example.com", 0}};
  parts.children = {child};
  net.a.SetPolicy(std::move(parts));
  net.a.machine.core().names().table().Set("gw.example.com", {{net.b.address}, ""});
  net.SetUp();
  ASSERT_NE(net.a.Up(), nullptr);
  net.Pass(590 * kMs);
  ExpectWhole(net, 1);
  EXPECT_EQ(net.a.record.Count("ike up"), 2U);
  EXPECT_EQ(net.a.Up()->peer_name, "gw.example.com");
}

// The shorter of both counts.
TEST(ReauthTest, TheShorterTimeCounts) {
  for (const auto& [of_a, of_b] : {std::pair(600U, 3'600U), {3'600U, 600U}}) {
    ReauthNetwork net(3, of_a, of_b);
    net.a.Acquire(1);
    net.Run();
    EXPECT_EQ((net.a.Up()->reauth.by_ns - net.a.Up()->up_ns) / kNsPerSecond, 600U);
  }
}

TEST(ReauthTest, AllChildrenComeAlong) {
  for (uint64_t seed = 10; seed < 14; ++seed) {
    ReauthNetwork net(seed, 0, 600, /*per_host=*/true);
    for (uint32_t host = 1; host <= 5; ++host) AcquireFor(net.a, host, host);
    net.Run();
    net.watch = true;
    ASSERT_EQ(net.a.Children(), 5U);
    net.Pass(590 * kMs);
    ExpectWhole(net, 5);
    EXPECT_EQ(net.a.record.Count("ike up"), 2U);
    for (uint64_t policy = 1; policy <= 5; ++policy) {
      EXPECT_NE(net.a.fwd.Outbound(policy), nullptr);
    }
  }
}

// What goes out at the end that was called stays with the old SA until the new one is used.
TEST(ReauthTest, TheEndThatWasCalledSwitchesLast) {
  ReauthNetwork net(4, 0, 600);
  net.SetUp();
  const IkeSa* old = net.b.Up();
  const uint64_t policy = old->children[0]->policy;
  const uint64_t out = old->children[0]->sa_out;
  net.Pass(505 * kMs);
  while (net.a.record.Count("ike up") < 2) net.Pass(1);
  EXPECT_EQ(net.b.fwd.Outbound(policy)->sa_id, out);
  ASSERT_EQ(net.b.IkeSas(), 2U);
  for (const auto& [spi, sa] : net.b.machine.core().sas()) {
    if (sa.get() != old) net.b.Event(sa->children[0]->sa_in, api::EventKind::kFirstInbound);
  }
  net.Pass(10);
  EXPECT_NE(net.b.fwd.Outbound(policy)->sa_id, out);
  net.Pass(20 * kMs);
  ExpectWhole(net, 1);
}

TEST(ReauthTest, RekeyingHandsTheTimeOn) {
  for (const bool by_b : {false, true}) {
    ReauthNetwork net(5, 0, 3'600);
    net.a.Acquire(1);
    net.Run();
    const uint64_t by_ns = net.b.Up()->reauth.by_ns;
    Side& side = by_b ? net.b : net.a;
    net.Pass(1'000 * kMs);
    RekeyIke(side.machine.core(), *side.Up());
    side.machine.Poll();
    net.Run();
    EXPECT_EQ(net.a.record.Count("ike down replaced"), 1U);
    EXPECT_EQ(net.b.Up()->reauth.by_ns, by_ns);
    EXPECT_EQ(net.a.Up()->initiator, !by_b) << "but a called, and calls again";
    net.Pass(2'595 * kMs);
    ExpectWhole(net, 1);
    EXPECT_EQ(net.a.record.Count("ike up"), 2U);
    EXPECT_EQ(net.b.record.Count("ike down not_reauthenticated"), 0U);
  }
}

// Set-ups fail: it is tried again while there is time.
TEST(ReauthTest, AFailedTryIsNotTheLast) {
  ReauthNetwork net(6, 0, 7'200);
  net.SetUp();
  size_t dropped = 0;
  net.drop = [&](const Side&, const std::vector<uint8_t>& bytes) {
    return IsInit(bytes) && ++dropped <= 6;
  };
  net.Pass(7'195 * kMs);
  EXPECT_EQ(net.a.record.Count("ike failed no_answer"), 1U);
  ExpectWhole(net, 1);
  EXPECT_EQ(net.a.record.Count("ike up"), 2U);
}

TEST(ReauthTest, WhoDoesNotComeInTimeIsDeleted) {
  ReauthNetwork net(7, 0, 600);
  net.SetUp();
  bool shut = true;
  net.drop = [&](const Side&, const std::vector<uint8_t>& bytes) { return shut && IsInit(bytes); };
  net.watch = false;
  net.Pass(590 * kMs);
  EXPECT_EQ(net.b.Children(), 1U);
  net.Pass(100 * kMs);
  EXPECT_EQ(net.b.record.Count("ike down not_reauthenticated"), 1U);
  EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
  EXPECT_EQ(net.a.fwd.sas().size() + net.b.fwd.sas().size(), 0U);
  shut = false;
  net.a.Acquire(1);
  net.Run();
  ExpectWhole(net, 1);
}

// Nothing is carried: its end comes, and the next packet makes another.
TEST(ReauthTest, AnIkeSaWithoutChildrenIsNotMadeAnew) {
  ReauthNetwork net(8, 0, 600);
  net.SetUp();
  net.watch = false;
  DeleteChild(net.a.machine.core(), *net.a.Up(), *net.a.Up()->children[0], Cause::kDeletedByUs);
  net.a.machine.Poll();
  net.Run();
  net.Pass(610 * kMs);
  EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
  EXPECT_EQ(net.a.record.Count("ike up"), 1U);
}

// RFC 4478, 3: another time in an INFORMATIONAL request; of the end that was called alone.
TEST(ReauthTest, TheTimeMayBeToldLater) {
  for (const bool to_a : {true, false}) {
    ReauthNetwork net(9, 0, 0);
    net.a.Acquire(1);
    net.Run();
    Side& side = to_a ? net.a : net.b;
    const Side& other = to_a ? net.b : net.a;
    MessageBuilder message;
    AddNotifyNumber(message, NotifyType::kAuthLifetime, 600);
    Inject(side, other.address,
           MessageFor(*side.Up(), Cover::kRightKeys, ExchangeType::kInformational, false,
                      side.Up()->responses.next_id(), message));
    const Reauth& reauth = side.Up()->reauth;
    EXPECT_EQ(reauth.by_ns, to_a ? net.clock.MonotonicNs() + 600 * kNsPerSecond : 0U);
    EXPECT_EQ(reauth.at_ns != 0, to_a);
  }
}

TEST(ReauthTest, ATimeThatIsNoneChangesNothing) {
  for (const Buffer& data : {Buffer{}, Buffer{0, 0, 9}, Buffer{0, 0, 0, 0}, Buffer(5, 9)}) {
    ReauthNetwork net(10, 0, 0);
    net.a.Acquire(1);
    net.Run();
    MessageBuilder message;
    AddNotify(message, NotifyType::kAuthLifetime, data);
    Inject(net.a, net.b.address,
           MessageFor(*net.a.Up(), Cover::kRightKeys, ExchangeType::kInformational, false, 0,
                      message));
    ASSERT_NE(net.a.Up(), nullptr);
    EXPECT_EQ(net.a.Up()->reauth.by_ns, 0U);
  }
}

TEST(ReauthTest, OverBadNetworks) {
  for (uint64_t seed = 30; seed < 40; ++seed) {
    ReauthNetwork net(seed, 0, 1'200, /*per_host=*/true);
    net.weather = {.loss_percent = 10, .repeat_percent = 10, .delay_ms = 20, .jitter_ms = 60};
    for (uint32_t host = 1; host <= 3; ++host) AcquireFor(net.a, host, host);
    net.Run();
    if (net.a.Children() != 3) continue;  // all of a message lost
    net.Pass(1'195 * kMs);
    EXPECT_EQ(net.Mismatch(), "") << "seed " << seed;
    EXPECT_EQ(net.a.Children(), 3U) << "seed " << seed;
    EXPECT_EQ(net.b.Children(), 3U) << "seed " << seed;
    EXPECT_EQ(net.a.IkeSas(), 1U) << "seed " << seed;
    EXPECT_EQ(net.b.IkeSas(), 1U) << "seed " << seed;
    EXPECT_EQ(net.a.fwd.gaps() + net.b.fwd.gaps(), 0U) << "seed " << seed;
  }
}

}  // namespace
}  // namespace vam::ike::test
