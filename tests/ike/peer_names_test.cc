// Peers by name: called and calling, with addresses that come, go and change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "sw/ike/v2/policy/selectors.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kName = "gw.example.com";

// The tunnel's policy with its peer by name, and what else there is to change.
Policy::Parts Named(
    const Tunnel& tunnel, const std::function<void(ChildConfig&)>& change = [](ChildConfig&) {}) {
  Policy::Parts parts = PolicyOf(tunnel);
  auto child = std::make_shared<ChildConfig>(*parts.children[0]);
  child->peers.clear();
  child->named = {{kName, 0}};
  change(*child);
  parts.children = {std::move(child)};
  return parts;
}
net::Address At(const char* text) { return *net::Address::Parse(text); }
void Tell(Side& side, std::vector<net::Address> addresses) {
  side.machine.core().names().table().Set(kName, {std::move(addresses), ""});
}
// As fwd asks: it has no address for the peer.
void Acquire(Side& side, uint64_t policy) {
  api::Acquire acquire{};
  acquire.policy = policy;
  acquire.sequence = 10;
  acquire.map[0] = 'M';
  const auto config = side.machine.core().policy().FindChild("M", 10, 0, 0);
  acquire.line = acquire.packet = v2::ToFast(config->lines[0]);
  side.machine.Receive(api::MessageType::kAcquire, 0, api::EncodeFast(acquire));
}
std::vector<std::string> WantedOf(Side& side) { return side.machine.core().names().TakeWanted(); }
const IkeSa& OneOf(const Side& side) { return *side.machine.core().sas().begin()->second; }

TEST(PeerNamesTest, CalledWhenItHasAnAddress) {
  Network net(1);
  net.a.SetPolicy(Named(TunnelOfA()));
  Acquire(net.a, 1);
  EXPECT_EQ(net.a.machine.core().causes().of(Cause::kPeerNotResolved), 1U);
  EXPECT_EQ(net.a.IkeSas(), 0U);
  EXPECT_THAT(WantedOf(net.a), ElementsAre(kName));
  EXPECT_THAT(WantedOf(net.a), IsEmpty());
  Tell(net.a, {At("2001:db8::1"), net.b.address});
  Acquire(net.a, 1);
  net.Run();
  EXPECT_EQ(net.Mismatch(), "");
  ASSERT_NE(net.a.Up(), nullptr);
  EXPECT_EQ(net.a.Up()->ends.remote, net.b.address) << "the one of our version of IP";
  EXPECT_EQ(net.a.Up()->peer_name, kName);
  EXPECT_THAT(WantedOf(net.a), IsEmpty());
}

TEST(PeerNamesTest, SeveralAddressesAreTriedInTheirOrder) {
  Network net(2);
  const net::Address nobody = At("198.51.100.99");
  net.a.SetPolicy(Named(TunnelOfA()));
  Tell(net.a, {nobody, net.b.address});
  net.on_packet = [&](size_t, const Side& from, std::vector<uint8_t>&) {
    return &from != &net.a || OneOf(net.a).ends.remote == net.b.address;
  };
  Acquire(net.a, 1);
  EXPECT_EQ(OneOf(net.a).ends.remote, nobody);
  net.Run();
  EXPECT_EQ(net.a.IkeSas(), 0U);
  EXPECT_THAT(WantedOf(net.a), ElementsAre(kName))
      << "it did not answer: is that still its address?";
  Acquire(net.a, 1);
  net.Run();
  EXPECT_EQ(net.Mismatch(), "");
  ASSERT_NE(net.a.Up(), nullptr);
}

TEST(PeerNamesTest, NamesStandAmongAddressesInTheirOrder) {
  v2::PeerNames names;
  ChildConfig config;
  config.local = At("192.0.2.1");
  config.peers = {At("192.0.2.10"), At("192.0.2.20")};
  config.named = {{"first", 0}, {"unknown", 1}, {"middle", 1}, {"last", 2}};
  names.table().Set("first", {{At("192.0.2.5")}, ""});
  names.table().Set("middle", {{At("192.0.2.15"), At("192.0.2.10")}, ""});
  names.table().Set("last", {{At("192.0.2.25")}, ""});
  EXPECT_THAT(names.PeersOf(config), ElementsAre(v2::PeerNames::Peer{At("192.0.2.5"), "first"},
                                                 v2::PeerNames::Peer{At("192.0.2.10"), ""},
                                                 v2::PeerNames::Peer{At("192.0.2.15"), "middle"},
                                                 v2::PeerNames::Peer{At("192.0.2.20"), ""},
                                                 v2::PeerNames::Peer{At("192.0.2.25"), "last"}));
  for (size_t i = 0; i < 2 * v2::PeerNames::kMostWanted; ++i) names.Want(std::to_string(i));
  EXPECT_EQ(names.TakeWanted().size(), v2::PeerNames::kMostWanted);
}

// What is up stays where it is; what is set up from now on goes to the new address.
TEST(PeerNamesTest, ANameThatChangesDisturbsNothing) {
  Network net(3);
  net.a.SetPolicy(Named(TunnelOfA()));
  Tell(net.a, {net.b.address});
  Acquire(net.a, 1);
  net.Run();
  ASSERT_EQ(net.a.Children(), 1U);
  const uint64_t first = net.a.Up()->spi;
  const net::Address elsewhere = At("198.51.100.99");
  Tell(net.a, {elsewhere});
  net.Run();
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.Mismatch(), "");
  Acquire(net.a, 2);
  ASSERT_EQ(net.a.IkeSas(), 2U);
  for (const auto& [spi, sa] : net.a.machine.core().sas()) {
    EXPECT_EQ(sa->ends.remote, spi == first ? net.b.address : elsewhere);
  }
  net.Run();
  EXPECT_EQ(net.a.IkeSas(), 1U) << "nobody is there";
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_THAT(WantedOf(net.a), ElementsAre(kName));
}

// The entry that a caller means is found by what its address is called.
TEST(PeerNamesTest, ACallerIsKnownByItsName) {
  for (const bool known : {false, true}) {
    Network net(4);
    net.b.SetPolicy(Named(TunnelOfB()));
    if (known) Tell(net.b, {net.a.address});
    net.a.Acquire(1);
    net.Run();
    EXPECT_EQ(net.b.Children(), known ? 1U : 0U);
    if (known) {
      EXPECT_EQ(net.Mismatch(), "");
    }
  }
}

// `crypto isakmp invalid-spi-recovery`: whose packets come is known by its name too, and is called
// by it.
TEST(PeerNamesTest, RecoveryKnowsThem) {
  for (const bool known : {false, true}) {
    Network net(5);
    Policy::Parts parts = Named(TunnelOfA());
    parts.settings.recover_spis = true;
    net.a.SetPolicy(std::move(parts));
    if (known) Tell(net.a, {At("198.51.100.99"), net.b.address});
    api::PacketFault fault{};
    fault.kind = api::FaultKind::kUnknownSpi;
    fault.endpoints.local = api::ToFast(net.a.address);
    fault.endpoints.remote = api::ToFast(net.b.address);
    fault.spi = 0x0badcafe;
    fault.protocol = 50;
    net.a.machine.Receive(api::MessageType::kPacketFault, 0, api::EncodeFast(fault));
    net.Run();
    EXPECT_EQ(net.a.Children(), known ? 1U : 0U);
    if (!known) continue;
    EXPECT_EQ(net.Mismatch(), "");
    ASSERT_NE(net.a.Up(), nullptr);
    EXPECT_EQ(net.a.Up()->ends.remote, net.b.address);
    EXPECT_EQ(net.a.Up()->peer_name, kName);
  }
}

// `hostname` of a keyring's peer: the entry for whom `set peer` calls so.
TEST(PeerNamesTest, KeysGoByTheNameOfWhomIsCalled) {
  std::vector<KeyringPeer> peers;
  for (const char* name : {"address", "named"}) {
    peers.emplace_back();
    peers.back().name = name;
  }
  peers[0].addresses = {net::Prefix::Any(net::Family::kV4)};
  peers[1].hostname = "GW.example.com";
  const Keyring keyring("K", std::move(peers));
  EXPECT_EQ(keyring.ToCall(At("192.0.2.1"), kName)->name, "named");
  EXPECT_EQ(keyring.ToCall(At("192.0.2.1"), "other")->name, "address");
  EXPECT_EQ(keyring.ToCall(At("192.0.2.1"))->name, "address");
  EXPECT_EQ(keyring.ToCall(net::Address(), "other"), nullptr);
}

}  // namespace
}  // namespace vam::ike::test
