#include "sw/ike/v2/policy/policy.h"

#include <gtest/gtest.h>

#include <string>

namespace vam::ike::v2 {
namespace {

net::Address At(std::string_view text) { return *net::Address::Parse(text); }
net::Prefix In(std::string_view text) { return *net::Prefix::Parse(text); }
Identity Fqdn(std::string_view text) { return Identity::Of(IdentityType::kFqdn, text); }

using config::IkeIdentity;
using config::IkeIdKind;

IkeIdentity Name(std::string text) { return {IkeIdKind::kFqdn, {}, std::move(text)}; }
IkeIdentity Domain(std::string text) { return {IkeIdKind::kFqdnDomain, {}, std::move(text)}; }
IkeIdentity Range(std::string_view text) { return {IkeIdKind::kAddress, In(text), ""}; }
IkeIdentity Anyone() { return {}; }

KeyringPeer Peer(std::string name, std::vector<IkeIdentity> identities,
                 std::vector<net::Prefix> addresses) {
  KeyringPeer peer;
  peer.name = std::move(name);
  peer.identities = std::move(identities);
  peer.addresses = std::move(addresses);
  return peer;
}

std::string Found(const Keyring& keyring, const Identity& identity, std::string_view address) {
  const KeyringPeer* peer = keyring.ThatCalls(identity, At(address));
  return peer == nullptr ? "" : peer->name;
}

// The closest identity, then the longest prefix, whatever their order.
TEST(KeyringTest, OrderOfTheLookUp) {
  std::vector<KeyringPeer> peers;
  peers.push_back(Peer("any", {}, {In("0.0.0.0/0"), In("::/0")}));
  peers.push_back(Peer("net", {}, {In("10.0.0.0/8")}));
  peers.push_back(Peer("host", {}, {In("10.1.2.3/32")}));
  peers.push_back(Peer("subnet", {}, {In("10.1.0.0/16")}));
  peers.push_back(Peer("domain", {Domain("example.com")}, {}));
  peers.push_back(Peer("longer", {Domain("b.example.com")}, {}));
  peers.push_back(Peer("name", {Name("GW.example.com")}, {}));
  peers.push_back(Peer("v6", {}, {In("2001:db8::/32")}));
  const Keyring keyring("K", std::move(peers));
  EXPECT_EQ(Found(keyring, {}, "10.1.2.3"), "host");
  EXPECT_EQ(Found(keyring, {}, "10.1.2.4"), "subnet");
  EXPECT_EQ(Found(keyring, {}, "10.2.0.1"), "net");
  EXPECT_EQ(Found(keyring, {}, "192.0.2.1"), "any");
  EXPECT_EQ(Found(keyring, {}, "2001:db8::5"), "v6");
  EXPECT_EQ(Found(keyring, {}, "2001:db9::5"), "any");
  EXPECT_EQ(Found(keyring, Fqdn("gw.EXAMPLE.com"), "10.1.2.3"), "name");
  EXPECT_EQ(Found(keyring, Fqdn("x.example.com"), "10.1.2.3"), "domain");
  EXPECT_EQ(Found(keyring, Fqdn("x.b.example.com"), "10.1.2.3"), "longer");
  EXPECT_EQ(Found(keyring, Fqdn("other.org"), "10.1.2.3"), "host");
  // Whom we call is decided by the address alone.
  EXPECT_EQ(keyring.ToCall(At("10.1.2.3"))->name, "host");
  EXPECT_EQ(keyring.name(), "K");
}

TEST(KeyringTest, NothingIsFound) {
  std::vector<KeyringPeer> peers;
  peers.push_back(Peer("net", {}, {In("10.0.0.0/8")}));
  const Keyring keyring("K", std::move(peers));
  EXPECT_EQ(Found(keyring, {}, "11.0.0.1"), "");
  EXPECT_EQ(Found(keyring, {}, "::1"), "");
  // The bits of an IPv4 address in front of an IPv6 one are no match.
  EXPECT_EQ(Found(keyring, {}, "0a00::"), "");
  EXPECT_EQ(keyring.ThatCalls({}, net::Address()), nullptr);
}

TEST(KeyringTest, TenThousandPeers) {
  std::vector<KeyringPeer> peers;
  for (uint32_t i = 0; i < 10'000; ++i) {
    peers.push_back(Peer("p" + std::to_string(i), {Name("gw" + std::to_string(i) + ".example")},
                         {net::Prefix::Host(net::Address::V4(0x0a000000 + i))}));
  }
  const Keyring keyring("K", std::move(peers));
  for (uint32_t i = 0; i < 10'000; ++i) {
    const std::string name = "p" + std::to_string(i);
    const KeyringPeer* by_address = keyring.ToCall(net::Address::V4(0x0a000000 + i));
    ASSERT_NE(by_address, nullptr);
    ASSERT_EQ(by_address->name, name);
    const KeyringPeer* by_name =
        keyring.ThatCalls(Fqdn("GW" + std::to_string(i) + ".example"), At("192.0.2.1"));
    ASSERT_NE(by_name, nullptr);
    ASSERT_EQ(by_name->name, name);
  }
  EXPECT_EQ(keyring.ThatCalls(Fqdn("gw10000.example"), At("192.0.2.1")), nullptr);
}

// ---- profiles

TEST(PolicyTest, WhatAProfileMeans) {
  const IdentityList match({Domain("example.com"), Range("192.0.2.7/32"), Range("10.0.0.0/8")});
  EXPECT_TRUE(match.Has(Fqdn("a.Example.com")));
  EXPECT_FALSE(match.Has(Fqdn("a.example.org")));
  EXPECT_FALSE(match.Has(Fqdn("badexample.com")));
  EXPECT_FALSE(match.Has(Fqdn("a.example.com.evil.org")));
  EXPECT_TRUE(match.Has(Identity::Of(At("192.0.2.7"))));
  EXPECT_TRUE(match.Has(Identity::Of(At("10.9.9.9"))));
  EXPECT_FALSE(match.Has(Identity::Of(At("11.9.9.9"))));
  EXPECT_FALSE(match.Has({}));
  EXPECT_TRUE(IdentityList({Anyone()}).Has(Identity::Of(IdentityType::kDn, "0")));
  EXPECT_FALSE(IdentityList().Has(Fqdn("a.example.com")));
}

TEST(PolicyTest, IdentitiesThereAndBack) {
  for (const Identity& identity :
       {Fqdn("a.example.com"), Identity::Of(IdentityType::kEmail, "a@example.com"),
        Identity::Of(At("192.0.2.7")), Identity::Of(At("2001:db8::7")),
        Identity::Of(IdentityType::kKeyId, "an id")}) {
    EXPECT_EQ(FromConfig(ToConfig(identity)), identity) << ToString(identity);
  }
  EXPECT_TRUE(FromConfig(Domain("example.com")).empty());
}

std::shared_ptr<Profile> ProfileOf(std::string name) {
  auto profile = std::make_shared<Profile>();
  profile->name = std::move(name);
  profile->match = IdentityList({Anyone()});
  return profile;
}

std::shared_ptr<ChildConfig> ChildOf(std::string map, uint32_t sequence, uint32_t dynamic,
                                     std::vector<net::Address> peers,
                                     std::shared_ptr<const Profile> profile) {
  auto child = std::make_shared<ChildConfig>();
  child->map = std::move(map);
  child->sequence = sequence;
  child->dynamic_sequence = dynamic;
  child->local = At("192.0.2.1");
  child->peers = std::move(peers);
  child->profile = std::move(profile);
  return child;
}

TEST(PolicyTest, FirstProfileAndFirstIkePolicyThatFit) {
  Policy::Parts parts;
  const auto here = ProfileOf("here");
  here->match_local = {At("192.0.2.1")};
  const auto vrf = ProfileOf("vrf");
  vrf->match_front_vrf = 5;
  parts.profiles = {here, vrf, ProfileOf("rest")};
  parts.ike.resize(2);
  parts.ike[0].match_local = {At("192.0.2.1")};
  parts.ike[1].match_front_vrf = 5;
  const Policy policy(std::move(parts));
  const auto name = [&](const char* local, uint16_t front_vrf) {
    return policy.FindProfile(Fqdn("x"), At(local), front_vrf)->name;
  };
  EXPECT_EQ(name("192.0.2.1", 5), "here");
  EXPECT_EQ(name("192.0.2.2", 5), "vrf");
  EXPECT_EQ(name("192.0.2.2", 0), "rest");
  const IkePolicy* first = policy.FindIke(At("192.0.2.1"), 0);
  ASSERT_NE(first, nullptr);
  EXPECT_FALSE(first->match_front_vrf.has_value());
  EXPECT_NE(policy.FindIke(At("192.0.2.2"), 5), nullptr);
  EXPECT_EQ(policy.FindIke(At("192.0.2.2"), 0), nullptr);
}

TEST(PolicyTest, ChildrenByNameAndByPeer) {
  const auto profile = ProfileOf("P");
  const auto other = ProfileOf("Q");
  const net::Address peer = At("10.0.0.1");
  Policy::Parts parts;
  parts.children = {ChildOf("D", 65'000, 10, {}, profile), ChildOf("M", 20, 0, {peer}, profile),
                    ChildOf("M", 10, 0, {peer, At("10.0.0.2")}, profile),
                    ChildOf("A", 30, 0, {peer}, profile), ChildOf("M", 15, 0, {peer}, other)};
  const Policy policy(std::move(parts));
  EXPECT_EQ(policy.FindChild("M", 20, 0, 0)->sequence, 20U);
  EXPECT_EQ(policy.FindChild("D", 65'000, 10, 0)->map, "D");
  EXPECT_EQ(policy.FindChild("D", 65'000, 0, 0), nullptr);
  EXPECT_EQ(policy.FindChild("X", 20, 0, 0), nullptr);
  EXPECT_EQ(policy.FindChild("M", 20, 0, 1), nullptr) << "on another interface";
  Ends ends;
  ends.local = At("192.0.2.1");
  const auto of = [&](const Profile& owner, const char* remote) {
    ends.remote = At(remote);
    return policy.ChildrenOf(owner, ends);
  };
  std::string order;
  for (const auto& child : of(*profile, "10.0.0.1")) {
    order += child->map + std::to_string(child->sequence) + " ";
  }
  EXPECT_EQ(order, "A30 M10 M20 D65000 ");
  EXPECT_EQ(of(*profile, "10.0.0.2").size(), 2U);
  EXPECT_EQ(of(*profile, "10.0.0.3").size(), 1U);
  EXPECT_EQ(of(*other, "10.0.0.1").size(), 1U);
  // A profile of the configuration before, with the same name.
  EXPECT_EQ(of(*ProfileOf("P"), "10.0.0.2").size(), 2U);
  ends.front_vrf = 1;
  EXPECT_TRUE(of(*profile, "10.0.0.1").empty());
}

TEST(PolicyTest, OneEntryOnTwoInterfaces) {
  const auto profile = ProfileOf("P");
  const net::Address peer = At("10.0.0.1");
  const auto first = ChildOf("M", 10, 0, {peer}, profile);
  const auto second = ChildOf("M", 10, 0, {peer}, profile);
  second->interface = 1;
  second->local = At("192.0.2.2");
  const auto shared = ChildOf("S", 10, 0, {peer}, profile);
  shared->shared = true;
  Policy::Parts parts;
  parts.children = {first, second, shared};
  const Policy policy(std::move(parts));
  EXPECT_EQ(policy.FindChild("M", 10, 0, 0), first);
  EXPECT_EQ(policy.FindChild("M", 10, 0, 1), second);
  EXPECT_EQ(policy.FindChild("M", 10, 0, 2), nullptr);
  EXPECT_EQ(policy.FindChild("S", 10, 0, 7), shared);
  Ends ends;
  ends.local = At("192.0.2.2");
  ends.remote = peer;
  const auto there = policy.ChildrenOf(*profile, ends);
  ASSERT_EQ(there.size(), 1U);
  EXPECT_EQ(there[0], second);
}

}  // namespace
}  // namespace vam::ike::v2
