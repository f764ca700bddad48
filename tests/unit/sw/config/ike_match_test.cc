// Which profile and which keys a peer gets: the closest match.
#include "sw/config/ike_match.h"

#include <gtest/gtest.h>

#include "sw/config/parser.h"
#include "tests/unit/sw/config/read_text.h"

namespace vam::config {
namespace {

Running Read(std::string_view text) { return test::Read(text).running; }
net::Address A(std::string_view text) { return *net::Address::Parse(text); }
IkeIdentity Host(std::string_view text) {
  return {IkeIdKind::kAddress, net::Prefix::Host(A(text)), ""};
}
IkeIdentity Fqdn(std::string text) { return {IkeIdKind::kFqdn, {}, std::move(text)}; }
IkeIdentity Email(std::string text) { return {IkeIdKind::kEmail, {}, std::move(text)}; }
IkeIdentity KeyId(std::string text) { return {IkeIdKind::kKeyId, {}, std::move(text)}; }

std::string NameOf(const auto* object) { return object == nullptr ? "(none)" : object->name; }

constexpr std::string_view kAuth =
    " authentication local pre-share key a\n authentication remote pre-share key b\n";
std::string Profile(std::string_view name, std::string_view lines) {
  return "crypto ikev2 profile " + std::string(name) + "\n " + std::string(lines) + "\n" +
         std::string(kAuth);
}

TEST(ProfileMatch, TheClosestIdentityCounts) {
  const Running running = Read(Profile("all", "match identity remote any") +
                               Profile("wide", "match identity remote address 10.0.0.0 255.0.0.0") +
                               Profile("near", "match identity remote address 10.1.0.0/16") +
                               Profile("host", "match identity remote address 10.1.0.7") +
                               Profile("six", "match identity remote address 2001:db8::/32") +
                               Profile("org", "match identity remote fqdn domain example.org") +
                               Profile("sub", "match identity remote fqdn domain a.example.org") +
                               Profile("name", "match identity remote fqdn gw.a.example.org") +
                               Profile("mail", "match identity remote email domain example.com") +
                               Profile("box", "match identity remote email x@example.com") +
                               Profile("id", "match identity remote key-id Seven"));
  const Ikev2Matcher matcher(running);
  const auto of = [&](const IkeIdentity& shown) {
    return NameOf(matcher.ProfileOf(shown, "", A("192.0.2.1")));
  };
  EXPECT_EQ(of(Host("10.1.0.7")), "host");
  EXPECT_EQ(of(Host("10.1.0.8")), "near");
  EXPECT_EQ(of(Host("10.2.0.7")), "wide");
  EXPECT_EQ(of(Host("11.0.0.1")), "all");
  EXPECT_EQ(of(Host("2001:db8::9")), "six");
  EXPECT_EQ(of(Host("2001:db9::9")), "all");
  EXPECT_EQ(of(Fqdn("GW.a.Example.org.")), "name") << "without regard to case and final dot";
  EXPECT_EQ(of(Fqdn("b.a.example.org")), "sub");
  EXPECT_EQ(of(Fqdn("b.example.org")), "org");
  EXPECT_EQ(of(Fqdn("example.org")), "all") << "a domain is what is under it";
  EXPECT_EQ(of(Fqdn("notexample.org")), "all");
  EXPECT_EQ(of(Email("x@example.com")), "box");
  EXPECT_EQ(of(Email("y@example.com")), "mail");
  EXPECT_EQ(of(Email("y@sub.example.com")), "mail");
  EXPECT_EQ(of(Email("y@example.org")), "all") << "no mailbox is a host name";
  EXPECT_EQ(of(KeyId("Seven")), "id");
  EXPECT_EQ(of(KeyId("seven")), "all") << "byte by byte";
  EXPECT_EQ(of(Fqdn("10.1.0.7")), "all") << "no address";
}
TEST(ProfileMatch, WhatIsBoundElsewhereIsPassedOver) {  // SY-48
  const Running running = Read(
      "vrf definition red\n address-family ipv4\ninterface lan0\n"
      " ip address 192.0.2.9 255.255.255.0\n ipv6 address 2001:db8::9/64\n" +
      Profile("near", "match address local 192.0.2.1\n match identity remote fqdn a.b.c") +
      Profile("if", "match address local interface lan0\n match identity remote fqdn a.b.c") +
      Profile("red", "match fvrf red\n match identity remote fqdn a.b.c") +
      Profile("wide", "match fvrf any\n match identity remote any") +
      "crypto ikev2 profile half\n match identity remote fqdn half.c\n");
  const Ikev2Matcher matcher(running);
  const auto of = [&](std::string_view fvrf, std::string_view local) {
    return NameOf(matcher.ProfileOf(Fqdn("a.b.c"), fvrf, A(local)));
  };
  EXPECT_EQ(of("", "192.0.2.1"), "near");
  EXPECT_EQ(of("", "192.0.2.9"), "if");
  EXPECT_EQ(of("", "2001:db8::9"), "if");
  EXPECT_EQ(of("", "192.0.2.2"), "wide");
  EXPECT_EQ(of("red", "192.0.2.1"), "red");
  EXPECT_EQ(of("blue", "192.0.2.1"), "wide");
  EXPECT_EQ(NameOf(matcher.ProfileOf(Fqdn("half.c"), "", A("192.0.2.2"))), "wide")
      << "an incomplete one is none";
  EXPECT_EQ(matcher.ProfileNamed("half"), nullptr);
  EXPECT_EQ(NameOf(matcher.ProfileNamed("red")), "red");
  EXPECT_EQ(matcher.ProfileNamed("gone"), nullptr);
}
TEST(ProfileMatch, NobodyIsMatchedByNothing) {
  const Running running;
  EXPECT_EQ(Ikev2Matcher(running).ProfileOf(Fqdn("a"), "", A("192.0.2.1")), nullptr);
}

TEST(KeyMatch, ByNameThenByTheLongestRange) {
  const Running running = Read(
      "crypto ikev2 keyring k\n peer all\n  address 0.0.0.0\n peer net\n  address 10.0.0.0/8\n"
      " peer host\n  address 10.0.0.1\n  hostname gw.example.com\n"
      " peer id\n  identity fqdn gw.example.com\n peer dom\n  identity fqdn domain example.com\n"
      "crypto ikev2 keyring bare\n peer one\n  address 10.0.0.1\n");
  const Ikev2Matcher matcher(running);
  EXPECT_EQ(NameOf(matcher.PeerToCall("k", "", A("10.0.0.1"))), "host");
  EXPECT_EQ(NameOf(matcher.PeerToCall("k", "", A("10.0.0.2"))), "net");
  EXPECT_EQ(NameOf(matcher.PeerToCall("k", "", A("11.0.0.2"))), "all");
  EXPECT_EQ(NameOf(matcher.PeerToCall("k", "GW.example.com", A("11.0.0.2"))), "host");
  EXPECT_EQ(NameOf(matcher.PeerThatCalls("k", Fqdn("gw.example.com"), A("10.0.0.1"))), "id");
  EXPECT_EQ(NameOf(matcher.PeerThatCalls("k", Fqdn("x.example.com"), A("10.0.0.1"))), "dom");
  EXPECT_EQ(NameOf(matcher.PeerThatCalls("k", Fqdn("other.org"), A("10.0.0.1"))), "host");
  EXPECT_EQ(NameOf(matcher.PeerThatCalls("k", Host("10.0.0.9"), A("11.0.0.1"))), "all")
      << "an address that is shown is no address of the peer";
  EXPECT_EQ(matcher.PeerToCall("bare", "", A("10.0.0.2")), nullptr);
  EXPECT_EQ(matcher.PeerToCall("bare", "", {}), nullptr);
  EXPECT_EQ(matcher.PeerToCall("gone", "", A("10.0.0.1")), nullptr);
}

}  // namespace
}  // namespace vam::config
