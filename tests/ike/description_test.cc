// What the configuration calls a peer, and what fwd is told of it for the messages of sessions
// (MG-3..MG-6, MG-14).
#include "sw/ike/v2/sa/description.h"

#include <gtest/gtest.h>

#include <string>

#include "sw/base/text.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using v2::Policy;
using v2::Profile;

config::IsakmpPeer Peer(const char* address, const char* description, const char* vrf = "") {
  config::IsakmpPeer peer;
  peer.name = std::string(address) + vrf;
  const auto prefix = net::Prefix::Parse(address);
  if (prefix) {
    peer.address = *prefix;
  } else {
    peer.hostname = address;
  }
  peer.vrf = vrf;
  peer.description = description;
  return peer;
}

// The tunnel of A as its policy, with a peer of the keyring that has a description, and notes.
Policy::Parts Described(std::vector<config::IsakmpPeer> peers, const char* of_keyring = "") {
  v2::KeyringPeer ring;
  ring.name = "b";
  ring.description = of_keyring;
  ring.addresses = {*net::Prefix::Parse("192.0.2.2")};
  const std::string key = TunnelOfA().key;
  ring.local = std::move(*v2::SharedKey::From(BytesOf(key)));
  ring.remote = std::move(*v2::SharedKey::From(BytesOf(key)));
  std::vector<v2::KeyringPeer> ring_peers;
  ring_peers.push_back(std::move(ring));
  const auto profile = ProfileOf(TunnelOfA());
  profile->keyring = std::make_shared<const v2::Keyring>("k", std::move(ring_peers));
  profile->match = v2::IdentityList({config::IkeIdentity()});  // any
  Policy::Parts parts = PolicyWith(TunnelOfA(), profile);
  config::NamedList<config::IsakmpPeer> said;
  for (config::IsakmpPeer& peer : peers) said.push_back(std::move(peer));
  config::VrfNumbers vrfs;
  vrfs.Of("red");
  parts.notes = v2::PeerNotes(said, vrfs);
  return parts;
}

// What fwd of A is told of B, whose identity is `identity`.
struct Told {
  std::string identity, description;
  uint16_t port = 0;
};
Told ToldOf(Policy::Parts parts, const Identity& identity, bool behind_nat = false) {
  Network net(1);
  net.a.SetPolicy(std::move(parts));
  const auto profile = ProfileOf(TunnelOfB());
  profile->local_identity = identity;
  net.b.SetPolicy(PolicyWith(TunnelOfB(), profile));
  // B calls from behind a NAT that gives it ports of its own.
  net.translate = [&](const Side& to, api::FastEndpoints& ends) {
    if (!behind_nat) return;
    uint16_t& port = &to == &net.a ? ends.remote_port : ends.local_port;
    const bool floats = (&to == &net.a ? ends.local_port : ends.remote_port) == 4500;
    port = static_cast<uint16_t>((&to == &net.a ? 6000 : 500) + (floats ? 4000 : 0));
  };
  (behind_nat ? net.b : net.a).Acquire(1);
  net.Run();
  EXPECT_EQ(net.Mismatch(), "");
  const api::SaInstall *out = nullptr, *in = nullptr;
  for (const auto& [id, sa] : net.a.fwd.sas()) {
    (sa.direction == api::FastDirection::kIn ? in : out) = &sa;
  }
  if (out == nullptr || in == nullptr) {
    ADD_FAILURE() << "no tunnel";
    return {};
  }
  EXPECT_EQ(TextOf(in->peer_identity), "") << "it is told once";
  EXPECT_EQ(TextOf(in->peer_description), "");
  return {std::string(TextOf(out->peer_identity)), std::string(TextOf(out->peer_description)),
          out->endpoints.remote_port};
}

const Identity kName = Identity::Of(IdentityType::kFqdn, "gw-b.example.com");

TEST(DescriptionTest, FwdIsToldWhoThePeerIs) {
  const Told told = ToldOf(Described({Peer("192.0.2.2", "connection from site A")}), kName);
  EXPECT_EQ(told.identity, "gw-b.example.com");
  EXPECT_EQ(told.description, "connection from site A");
  EXPECT_EQ(told.port, 500);
}

// A tunnel does not fail for a text that nobody may see.
TEST(DescriptionTest, WhatIsNoPlainTextIsLeftOut) {
  for (const char* text : {"caf\xe9", "a\x1b[2J", "\xc2\x85"}) {
    EXPECT_EQ(ToldOf(Described({Peer("192.0.2.2", text)}), kName).description, "");
  }
  const std::string longest(80, 'x');
  EXPECT_EQ(ToldOf(Described({Peer("192.0.2.2", longest.c_str())}), kName).description, longest);
}

TEST(DescriptionTest, WithoutOneThereIsNone) {
  const Told told = ToldOf(Described({}), Identity());
  EXPECT_EQ(told.identity, "192.0.2.2");
  EXPECT_EQ(told.description, "");
}

TEST(DescriptionTest, ThePortIsThatOfThePeer) {
  EXPECT_EQ(ToldOf(Described({}), kName, /*behind_nat=*/true).port, 10000);
}

TEST(DescriptionTest, TheClosestRangeOfItsVrfCounts) {
  const Told told =
      ToldOf(Described({Peer("192.0.2.2", "of red", "red"),
                        Peer("192.0.2.2", "of a VRF that is not there", "green"),
                        Peer("192.0.2.0/24", "its network"), Peer("gw-b.example.com", "by name")}),
             kName);
  EXPECT_EQ(told.description, "its network");
}

TEST(DescriptionTest, ByTheNameThatItShows) {
  EXPECT_EQ(ToldOf(Described({Peer("GW-B.example.com", "by name")}), kName).description, "by name");
  EXPECT_EQ(ToldOf(Described({Peer("gw-c.example.com", "of another")}), kName).description, "");
}

TEST(DescriptionTest, TheKeyringsPeerHasOneToo) {
  EXPECT_EQ(ToldOf(Described({}, "of the keyring"), kName).description, "of the keyring");
  EXPECT_EQ(ToldOf(Described({Peer("192.0.2.2", "")}, "of the keyring"), kName).description,
            "of the keyring")
      << "an entry without a description says nothing";
  EXPECT_EQ(ToldOf(Described({Peer("192.0.2.2", "first")}, "of the keyring"), kName).description,
            "first");
}

// MG-5, and an IKE SA outlives configurations.
TEST(DescriptionTest, ItIsAsTheConfigurationHasItNow) {
  Network net(2);
  net.a.SetPolicy(Described({Peer("192.0.2.2", "before")}));
  net.a.Acquire(1);
  net.Run();
  ASSERT_NE(net.a.Up(), nullptr);
  const v2::Core& core = net.a.machine.core();
  EXPECT_EQ(DescriptionOf(core.policy(), *net.a.Up()), "before");
  net.a.SetPolicy(Described({}, "of the keyring"));
  EXPECT_EQ(DescriptionOf(core.policy(), *net.a.Up()), "of the keyring");
  EXPECT_EQ(NoteOf(core.policy(), *net.a.Up()), nullptr);
}

}  // namespace
}  // namespace vam::ike::test
