// Crypto maps, dynamic maps, profiles and global crypto statements: read, shown, taken back,
// refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sw/config/diff.h"
#include "sw/config/parser.h"
#include "sw/config/render.h"
#include "tests/unit/sw/config/crypto_example.h"
#include "tests/unit/sw/config/read_text.h"

namespace vam::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Running Good(std::string_view text, const Running& base = Running()) {
  return test::Read(text, base).running;
}
std::string ErrorOf(std::string_view text, const Running& base = Running()) {
  return test::ErrorOf(text, base, "f");
}

TEST(Crypto, IsShownAsItWasTyped) {
  const Running running = Good(kCryptoExample);
  EXPECT_EQ(Render(running, Keys::kShown), kCryptoExample);
  EXPECT_EQ(Good(Render(running, Keys::kShown)), running);
  EXPECT_THAT(Differences(running, Good(kCryptoExample, running)), IsEmpty());
}

TEST(Crypto, EveryKeyIsSealed) {
  Sealer sealer;
  SeededRng rng(1);
  ASSERT_TRUE(sealer.Add("a passphrase", {}));
  const Running running = Good(kCryptoExample);
  const std::string text = Render(running, sealer, rng);
  EXPECT_THAT(text, HasSubstr("inbound ah 256 6 AQ"));
  EXPECT_THAT(text, HasSubstr("inbound esp 256 cipher 6 AQ"));
  for (const std::string& hidden : {text, Render(running, Keys::kMasked)}) {
    EXPECT_THAT(hidden, Not(HasSubstr("98765432")));
    EXPECT_THAT(hidden, Not(HasSubstr("abcdefab")));
  }
  const auto parsed = Parse(text, {.sealer = &sealer});
  ASSERT_TRUE(std::holds_alternative<Parsed>(parsed));
  EXPECT_EQ(std::get<Parsed>(parsed).running, running);
}

TEST(Crypto, EveryStatementIsTakenBackByItsNoForm) {
  const Running running = Good(
      "no crypto ipsec security-association lifetime seconds\n"
      "no crypto ipsec security-association lifetime kilobytes\n"
      "no crypto ipsec security-association idle-time\n"
      "default crypto ipsec security-association replay disable\n"
      "crypto ipsec default transform-set\nno crypto ipsec fragmentation\nno crypto ipsec df-bit\n"
      "no crypto ipsec profile P1\nno crypto dynamic-map test-map 1\n"
      "crypto map static-map 1\n no description\n no set peer\n"
      " no set security-association lifetime seconds 2700\n"
      " no set security-association lifetime kilobytes\n"
      " default set security-association idle-time\n no set security-association level per-host\n"
      " no set security-association esn\n no set security-association replay window-size\n"
      " no set df-bit\n no set transform-set\n no set pfs\n no set isakmp-profile\n"
      " no reverse-route\n no match address\n"
      "crypto map static-map 10\n no set session-key inbound ah\n no set session-key inbound esp\n"
      " no set session-key outbound ah 256 aa\n no set session-key outbound esp\n no set peer\n"
      " no set transform-set someset\n no match address 102\n"
      "no crypto map static-map 65535 ipsec-isakmp dynamic test-map\n"
      "no crypto map static-map local-address\n"
      "no crypto map ipv6 CMAP_1\n"
      "interface Ethernet0/0\n no crypto map\n no crypto ipsec df-bit\n"
      " no crypto ipsec fragmentation\n"
      "no crypto ipsec transform-set aesset\nno crypto ipsec transform-set all\n"
      "no crypto ipsec transform-set short\nno crypto ipsec transform-set someset\n"
      "no crypto legacy-algorithms\nno crypto ipsec manual-counter-mode enable\n",
      Good(kCryptoExample));
  const Running plain;
  EXPECT_EQ(running.crypto, plain.crypto);
  EXPECT_THAT(running.transform_sets, IsEmpty());
  EXPECT_THAT(running.ipsec_profiles, IsEmpty());
  EXPECT_THAT(running.dynamic_maps, IsEmpty());
  ASSERT_THAT(running.crypto_maps, SizeIs(1));
  ASSERT_THAT(running.crypto_maps[0].entries, SizeIs(2));
  CryptoMapEntry bare;
  bare.sequence = 1;
  EXPECT_EQ(running.crypto_maps[0].entries[0], bare);
  bare.sequence = 10;
  bare.kind = EntryKind::kManual;
  EXPECT_EQ(running.crypto_maps[0].entries[1], bare);
  EXPECT_FALSE(running.interfaces[1].df_bit || running.interfaces[1].fragmentation);
}

TEST(Crypto, PeersInTheirOrder) {
  const Running running = Good(
      "crypto map green 1 ipsec-isakmp\n set peer 10.0.0.1\n set peer address 10.0.0.2 default\n"
      " set peer 10.0.0.3\n set peer 10.0.0.3 default\n no set peer 10.0.0.1\n");
  const auto& peers = running.crypto_maps[0].entries[0].peers;
  ASSERT_THAT(peers, SizeIs(2));
  EXPECT_EQ(peers[0], (Peer{net::Address::V4(0x0A000002), "", false, false}));
  EXPECT_EQ(peers[1], (Peer{net::Address::V4(0x0A000003), "", false, true}));
}

// Three spellings of the guides (C-27).
TEST(Crypto, Ipv6Peers) {
  for (const char* line : {"set peer address 2001:DB8:FFFF:1::E", "set peer 2001:DB8:FFFF:1::E",
                           "set peer 2001:DB8:FFFF:1::E/64"}) {
    const Running running =
        Good(std::string("crypto map ipv6 cmap 1 ipsec-isakmp\n ") + line + "\n");
    EXPECT_EQ(net::ToString(running.crypto_maps[0].entries[0].peers.at(0).address),
              "2001:db8:ffff:1::e");
  }
}

TEST(Crypto, PfsWithoutAGroupIsGroup1) {
  const Running running =
      Good("crypto legacy-algorithms enable\ncrypto map m 1 ipsec-isakmp\n set pfs\n");
  EXPECT_EQ(running.crypto_maps[0].entries[0].pfs_group, 1);
}

TEST(Crypto, WindowWithoutANumberIs64) {
  const Running running = Good(
      "crypto ipsec security-association replay disable\n"
      "crypto map m 1 ipsec-isakmp\n set security-association replay window-size\n");
  EXPECT_EQ(running.crypto.replay_window, 0);
  EXPECT_EQ(running.crypto_maps[0].entries[0].replay_window, 64);
}

TEST(Crypto, TransformSetsAreReplacedAndTakenOut) {
  const Running running = Good(
      "crypto map m 1 ipsec-isakmp\n set transform-set a b c d e f\n"
      "crypto map m 2 ipsec-isakmp\n set transform-set a b\n set transform-set c a\n"
      " no set transform-set c\n");
  EXPECT_THAT(running.crypto_maps[0].entries[0].transform_sets, SizeIs(6));
  EXPECT_THAT(running.crypto_maps[0].entries[1].transform_sets, ElementsAre("a"));
}

TEST(Crypto, ADiffOfALifetimeStandsUnderItsEntry) {
  const Running before = Good("crypto map m 1 ipsec-isakmp\n set peer 10.0.0.1\n");
  const Running after =
      Good("crypto map m 1\n set security-association lifetime seconds 2700\n", before);
  EXPECT_THAT(Differences(before, after),
              ElementsAre("crypto map m 1 ipsec-isakmp",
                          " +set security-association lifetime seconds 2700"));
}

struct Refused {
  const char* text;
  const char* message;
};
class CryptoErrors : public ::testing::TestWithParam<Refused> {};

TEST_P(CryptoErrors, AreNamed) {
  EXPECT_THAT(ErrorOf(GetParam().text), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Statements, CryptoErrors,
    ::testing::Values(
        Refused{"crypto ipsec transform-set #!default_transform_set_1 esp-gcm",
                "f:1:28: names that begin with '#!'"},
        Refused{"crypto ipsec transform-set t esp-gcm icv 9", "f:1:42: unknown word: '9'"},
        Refused{"crypto ipsec transform-set t", "incomplete command"},
        Refused{"crypto ipsec transform-set t comp-lzs", "compression alone protects nothing"},
        Refused{"crypto ipsec transform-set t esp-null", "protects nothing (RFC 4303"},
        Refused{"no crypto ipsec transform-set t", "no such transform set"},
        Refused{"crypto map m 1 cisco", "f:1:16: Cisco encryption technology"},
        Refused{"crypto map m 1 ipsec-isakmp\ncrypto map m 1 ipsec-manual",
                "f:2:16: the entry is ipsec-isakmp; remove it first: 'ipsec-manual'"},
        Refused{"crypto map m 1 ipsec-isakmp\ncrypto map m 1 ipsec-isakmp dynamic d",
                "f:2:29: the entry is ipsec-isakmp; remove it first: 'dynamic'"},
        Refused{"crypto map m 1 ipsec-isakmp dynamic d\ncrypto map m 1 ipsec-isakmp",
                "the entry is ipsec-isakmp dynamic; remove it first"},
        Refused{"crypto map ipv6 m 1 ipsec-isakmp dynamic d",
                "f:1:34: not possible in an IPv6 crypto map: 'dynamic'"},
        Refused{"crypto map ipv6 m 1 ipsec-manual\ncrypto map m 2 ipsec-manual",
                "f:2:12: an IPv6 crypto map: write 'crypto map ipv6': 'm'"},
        Refused{"crypto map m 1 ipsec-manual\ncrypto map ipv6 m 2 ipsec-manual",
                "an IPv4 crypto map"},
        Refused{"crypto map m 1 ipsec-isakmp\n set peer 2001:db8::1", "needs an IPv6 map"},
        Refused{"crypto map ipv6 m 1 ipsec-isakmp\n set peer 10.0.0.1", "has IPv6 peers"},
        Refused{"crypto map m 1 ipsec-isakmp\n set peer 10.0.0.1/24",
                "neither an address nor a host name"},
        Refused{"crypto map m 1 ipsec-isakmp\n set peer 10.0.0.256", "not an IPv4 address"},
        Refused{"crypto map m 1 ipsec-isakmp\n set peer 2001:db8:::1", "not an IPv6 address"},
        Refused{"crypto map m 1 ipsec-isakmp\n set peer 10.0.0.1 dynamic",
                "only a host name is resolved again"},
        Refused{"crypto map m 1 ipsec-isakmp\n set peer 224.0.0.1", "not the address of a peer"},
        Refused{"crypto map m 1 ipsec-isakmp\n no set peer 10.0.0.1", "not a peer of this entry"},
        Refused{"crypto map m 1 ipsec-manual\n set peer gw.example.com", "needs an address"},
        Refused{"crypto map m 1 ipsec-manual\n set transform-set a b",
                "f:2:22: a manual entry has one transform set: 'b'"},
        Refused{"crypto map m 1 ipsec-isakmp\n set transform-set a b c d e f g",
                "an entry has at most six transform sets: 'g'"},
        Refused{"crypto map m 1 ipsec-isakmp\n set transform-set a a", "named twice"},
        Refused{"crypto map m 1 ipsec-isakmp\n set pfs group2",
                "Diffie-Hellman group 2 is too weak for new use and needs 'crypto "
                "legacy-algorithms enable': 'group2'"},
        Refused{"crypto map m 1 ipsec-isakmp\n set pfs", "group 1 is too weak"},
        Refused{"crypto map m 1 ipsec-isakmp\n set security-association lifetime seconds 119",
                "number outside 120-2592000"},
        Refused{"crypto map m 1 ipsec-isakmp\n set security-association idle-time 59",
                "number outside 60-86400"},
        Refused{"crypto ipsec security-association idle-time 86401", "number outside 60-86400"},
        Refused{"crypto ipsec security-association lifetime kilobytes 2559",
                "number outside 2560-4294967295"},
        Refused{"crypto map m 1 ipsec-manual\n set security-association lifetime seconds 600",
                "nothing is negotiated for an ipsec-manual entry"},
        Refused{"crypto map m 1 ipsec-manual\n set pfs group14", "nothing is negotiated"},
        Refused{"crypto map m 1 ipsec-manual\n set security-association level per-host",
                "nothing is negotiated"},
        Refused{"crypto map m 1 ipsec-isakmp\n set session-key inbound ah 256 "
                "00112233445566778899aabbccddeeff",
                "only an ipsec-manual entry has session keys: 'session-key'"},
        Refused{"crypto map m 1 ipsec-manual\n set session-key inbound ah 255 00",
                "number outside 256-4294967295"},
        Refused{"crypto map m 1 ipsec-manual\n set session-key inbound ah 256 00",
                "the ah key has 1 bytes: no AH transform takes that: '<key>'"},
        Refused{"crypto map m 1 ipsec-manual\n no set session-key inbound ah",
                "no key is set in this direction: 'ah'"},
        Refused{"crypto dynamic-map d 1\n set session-key inbound ah 256 00", "unknown word"},
        Refused{"no crypto dynamic-map d", "no such dynamic crypto map"},
        Refused{"no crypto ipsec profile d", "no such profile"},
        Refused{"crypto legacy-algorithms enable\ncrypto ipsec transform-set t esp-des\n"
                "no crypto legacy-algorithms",
                "f:3:11: transform set t uses legacy algorithms"},
        Refused{"crypto legacy-algorithms enable\ncrypto dynamic-map d 7\n set pfs group5\n"
                "no crypto legacy-algorithms",
                "crypto dynamic-map d 7 uses legacy algorithms"},
        Refused{"access-list 101 permit ip any host 10.0.0.1\ncrypto map m 1 ipsec-isakmp\n"
                " match address 101\n reverse-route",
                "f:4: crypto map m 1: reverse-route is not possible with 'any' in access list 101"},
        Refused{"interface a\n crypto map m\ncrypto map ipv6 m 1 ipsec-isakmp",
                "interface a: crypto map m is an IPv6 map"},
        Refused{"interface a\n crypto map m\n crypto ipsec df-bit set\ninterface b\n crypto map m\n"
                "crypto map m local-address a",
                "interfaces that share it by local-address need the same 'crypto ipsec df-bit'"}));

}  // namespace
}  // namespace vam::config
