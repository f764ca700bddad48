// Pools of addresses and IKEv2 authorization policies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sw/config/effective_address.h"
#include "sw/config/effective_ike.h"
#include "sw/config/render.h"
#include "tests/unit/sw/config/read_text.h"

namespace vam::config {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Running Good(std::string_view text) { return test::Read(text).running; }
Diagnostic Bad(std::string_view text) { return test::FirstError(text); }

std::vector<std::string> Routes(std::string_view text) {
  const Running running = Good(text);
  std::vector<std::string> out;
  for (const net::Prefix& route : RoutesOf(running, running.ike.authorizations.front())) {
    out.push_back(net::ToString(route));
  }
  return out;
}

TEST(LocalPools, RangesAddUp) {
  const Running running = Good(
      "ip local pool P 10.9.0.1 10.9.0.9\nip local pool P 10.9.1.1\n"
      "ip local pool P 10.9.0.1 10.9.0.9\n"  // again changes nothing
      "ipv6 local pool P 2001:db8:9::/112 128\n");
  ASSERT_EQ(running.ike.pools.size(), 1U);
  EXPECT_EQ(running.ike.pools[0].ranges.size(), 2U);
  EXPECT_EQ(running.ike.pools[0].ranges[1].last, *net::Address::Parse("10.9.1.1"));
  EXPECT_EQ(net::ToString(running.ike.ipv6_pools[0].prefix), "2001:db8:9::/112");
  EXPECT_THAT(Render(running, Keys::kShown),
              HasSubstr("ip local pool P 10.9.0.1 10.9.0.9\nip local pool P 10.9.1.1\n"
                        "ipv6 local pool P 2001:db8:9::/112 128\n!\n"));
}

TEST(LocalPools, AreTakenBackInPartsAndWhole) {
  const std::string both = "ip local pool P 10.9.0.1 10.9.0.9\nip local pool P 10.9.1.1\n";
  EXPECT_EQ(Good(both + "no ip local pool P 10.9.1.1\n").ike.pools[0].ranges.size(), 1U);
  EXPECT_TRUE(Good(both + "no ip local pool P\n").ike.pools.empty());
  EXPECT_TRUE(Good(both + "no ip local pool P 10.9.1.1\nno ip local pool P 10.9.0.1 10.9.0.9\n")
                  .ike.pools.empty());
  EXPECT_EQ(Bad(both + "no ip local pool P 10.9.0.1 10.9.0.8").message, "not a range of this pool");
  EXPECT_EQ(Bad("no ip local pool Q").message, "no such pool");
  EXPECT_EQ(Bad("no ipv6 local pool Q").message, "no such pool");
}

TEST(LocalPools, WhatIsWrongIsNamed) {
  const Diagnostic below = Bad("hostname r\nip local pool P 10.9.0.9 10.9.0.1");
  EXPECT_EQ(below.message, "below the first address of the pool");
  EXPECT_EQ(below.line, 2U);
  EXPECT_EQ(below.word, "10.9.0.1");
  EXPECT_EQ(Bad("ip local pool P 224.0.0.1").message, "not an address that a peer may have");
  EXPECT_EQ(Bad("ip local pool P 10.0.0.0 10.1.0.0").message,
            "more than 65536 addresses in the pool");
  Good("ip local pool P 10.0.0.0 10.0.255.255\n");
  EXPECT_EQ(Bad("ip local pool P 10.9.0.1 10.9.0.9\nip local pool P 10.9.0.9 10.9.0.10").message,
            "overlaps another range of the pool");
  EXPECT_EQ(Bad("ipv6 local pool P 2001:db8::1/64 128").message, "host bits are set");
  EXPECT_EQ(Bad("ipv6 local pool P 2001:db8::/48 64").message,
            "single addresses (128) alone are assigned, no prefixes");
  EXPECT_EQ(Bad("ipv6 local pool P 2001:db8::/128 128").message,
            "not a prefix of addresses that peers may have");
}

TEST(LocalPools, NoAddressIsGivenTwice) {
  EXPECT_THAT(Bad("ip local pool P 10.9.0.1 10.9.0.9\nip local pool Q 10.9.0.9\n").message,
              "ip local pool Q: 10.9.0.9 is also in ip local pool P");
  // The one between is within the first, and so is the last.
  EXPECT_THAT(Bad("ip local pool P 10.9.0.1 10.9.0.99\nip local pool Q 10.10.0.1\n"
                  "ip local pool R 10.9.0.50\n")
                  .message,
              "ip local pool R: 10.9.0.50 is also in ip local pool P");
  EXPECT_THAT(
      Bad("ipv6 local pool P 2001:db8::/64 128\nipv6 local pool Q 2001:db8::1:0/112 128\n").message,
      "ipv6 local pool Q: 2001:db8::1:0 is also in ipv6 local pool P");
  EXPECT_THAT(Bad("interface g0\n ip address 10.9.0.5 255.255.255.0\n"
                  "ip local pool P 10.9.0.1 10.9.0.9\n")
                  .message,
              "ip local pool P: 10.9.0.5 is the address of interface g0");
}

TEST(Ikev2Authorizations, ServersDomainsAndRoutes) {
  const std::string begin = "crypto ikev2 authorization policy A\n";
  const auto of = [&](std::string_view text) {
    return Good(begin + std::string(text)).ike.authorizations.front();
  };
  EXPECT_EQ(of(" dns 10.0.0.1 10.0.0.2\n dns 10.0.0.3\n").dns.size(), 1U);
  EXPECT_EQ(of(" dns 10.0.0.1 10.0.0.2\n no dns 10.0.0.1\n").dns.size(), 1U);
  EXPECT_TRUE(of(" dns 10.0.0.1 10.0.0.2\n no dns\n").dns.empty());
  EXPECT_EQ(of(" netmask 255.255.0.0\n").netmask, 16);
  EXPECT_TRUE(of(" pool P\n no pool\n").pool.empty());
  EXPECT_THAT(of(" split-dns a.example\n split-dns b.example\n no split-dns a.example\n").split_dns,
              ElementsAre("b.example"));
  EXPECT_EQ(Bad(begin + " dns 127.0.0.1").message, "not the address of a server");
  EXPECT_EQ(Bad(begin + " route set remote ipv4 10.0.0.1 255.0.0.0").message, "host bits are set");
  EXPECT_THAT(Bad(begin + " route set access-list 101").message,
              HasSubstr("not a standard access list"));
  EXPECT_EQ(Bad("no crypto ikev2 authorization policy B").message,
            "no such IKEv2 authorization policy");
}

TEST(Ikev2Authorizations, RoutesOfListsAndTheirOwn) {
  EXPECT_THAT(
      Routes("crypto ikev2 authorization policy A\n route set access-list 7\n"
             " route set access-list ipv6 six\n route set remote ipv4 10.3.0.0 255.255.0.0\n"
             "access-list 7 permit 10.2.0.0 0.0.255.255\naccess-list 7 deny 10.4.0.0 "
             "0.0.255.255\naccess-list 7 permit host 10.5.0.1\n"
             "access-list 7 permit 10.3.0.0 0.0.255.255\n"
             "ipv6 access-list six\n permit ipv6 2001:db8::/32 any\n"),
      ElementsAre("10.3.0.0/16", "10.2.0.0/16", "10.5.0.1/32", "2001:db8::/32"));
  const auto warnings = test::Read(
                            "crypto ikev2 authorization policy A\n route set access-list 7\n"
                            " route set access-list ipv6 none\n split-dns a.example\n pool gone\n"
                            "access-list 7 permit 10.0.0.0 0.255.0.255\n")
                            .warnings;
  const std::string name = "crypto ikev2 authorization policy A: ";
  EXPECT_THAT(warnings, Contains(name + "line 10 of access list 7 is no network, and not told"));
  EXPECT_THAT(warnings, Contains(name + "there is no IPv6 access list none"));
  EXPECT_THAT(warnings, Contains(name + "split-dns is not told without name servers"));
  EXPECT_THAT(warnings, Contains(name + "local pool gone is not defined"));
}

TEST(Ikev2Authorizations, AreTiedToProfiles) {
  const std::string profile =
      "crypto ikev2 keyring K\n peer x\n  pre-shared-key 0 k\n  address 192.0.2.2\n"
      "crypto ikev2 profile P\n match identity remote any\n authentication local pre-share\n"
      " authentication remote pre-share\n keyring K\n";
  const auto why = [&](const std::string& more) {
    const Running running = Good(profile + more);
    return WhyIncomplete(running, running.ike.profiles.front());
  };
  const std::string policy = "crypto ikev2 authorization policy A\n pool POOL\n";
  const std::string pool = "ip local pool POOL 10.9.0.1\n";
  const std::string use = " aaa authorization group psk list default A\n";
  EXPECT_EQ(why(use + policy + pool), "");
  EXPECT_EQ(why(use), "IKEv2 authorization policy A is not defined");
  EXPECT_EQ(why(use + policy), "IKEv2 authorization policy A: local pool POOL is not defined");
  // Lists that are kept for later: only `local` is what is done here.
  EXPECT_EQ(why(use + policy + pool + "aaa authorization network default local\n"), "");
  EXPECT_EQ(why(use + policy + pool + "aaa authorization network default group radius\n"),
            "AAA list default asks others than this system, which is not built");
  EXPECT_EQ(why(use + " no aaa authorization group psk\n"), "");
  EXPECT_THAT(Bad(profile + " aaa authorization group eap list default A\n").message,
              Not(IsEmpty()));
  EXPECT_THAT(Bad(profile + " aaa authorization user psk list\n").message, Not(IsEmpty()));
}

TEST(Ikev2ConfigExchange, EachPartIsSwitchedAlone) {
  const auto of = [](std::string_view text) {
    return Good("crypto ikev2 profile P\n" + std::string(text))
        .ike.profiles.front()
        .config_exchange;
  };
  EXPECT_EQ(of(""), IkeConfigExchange());
  EXPECT_EQ(of(" config-exchange request\n"), (IkeConfigExchange{.request = true}));
  EXPECT_EQ(of(" config-exchange request address\n"),
            (IkeConfigExchange{.request = true, .address = true}));
  EXPECT_EQ(of(" config-exchange request address\n no config-exchange request address\n"),
            (IkeConfigExchange{.request = true}));
  EXPECT_EQ(of(" config-exchange request address\n no config-exchange request\n"),
            IkeConfigExchange());
  EXPECT_EQ(of(" config-exchange set accept\n config-exchange set send\n"
               " no config-exchange set send\n"),
            (IkeConfigExchange{.accept = true}));
}

}  // namespace
}  // namespace vam::config
