// What follows from the IKEv2 statements: proposals, policies, what is missing, inherited values.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sw/config/effective_ike.h"
#include "sw/config/parser.h"
#include "tests/unit/sw/config/ike_example.h"
#include "tests/unit/sw/config/read_text.h"

namespace vam::config {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using C = IkeCipher;
using H = IkeHash;

using test::Read;
const net::Address kLocal = net::Address::V4(0xC0000201);

TEST(Ikev2Defaults, OffersNothingLegacy) {
  const Running running;
  const auto policy = Ikev2PolicyFor(running, "", kLocal);
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->name, "default");
  EXPECT_TRUE(Ikev2PolicyFor(running, "red", kLocal)) << "in any VRF";
  const auto proposals = EffectiveIkev2Proposals(running, *policy);
  ASSERT_EQ(proposals.size(), 1u);
  EXPECT_THAT(proposals[0].encryption, ElementsAre(C::kAesCbc256, C::kAesCbc128));
  EXPECT_THAT(proposals[0].integrity, ElementsAre(H::kSha512, H::kSha384, H::kSha256));
  EXPECT_EQ(proposals[0].prf, proposals[0].integrity);
  EXPECT_THAT(proposals[0].groups, ElementsAre(19, 14, 21));
  for (const C cipher : proposals[0].encryption) EXPECT_FALSE(InfoOf(cipher).legacy);
  for (const H hash : proposals[0].integrity) EXPECT_FALSE(InfoOf(hash).legacy);
  for (const uint16_t group : proposals[0].groups) EXPECT_FALSE(FindIkeGroup(group)->legacy);
}
// SY-31, EX-1: eight combinations in this order.
TEST(Ikev2Defaults, AreTheGuidesBehindTheSwitch) {
  const Running running = Read("crypto legacy-algorithms enable\n").running;
  const Ikev2Proposal p = DefaultIkev2Proposal(running);
  EXPECT_THAT(p.encryption, ElementsAre(C::kAesCbc128, C::k3Des));
  EXPECT_THAT(p.integrity, ElementsAre(H::kSha1, H::kMd5));
  EXPECT_THAT(p.groups, ElementsAre(5, 2));
}
TEST(Ikev2Defaults, CanBeChangedSwitchedOffAndBroughtBack) {
  const Running changed =
      Read("crypto ikev2 proposal default\n group 31\n encryption aes-gcm-256\n").running;
  const auto proposals = EffectiveIkev2Proposals(changed, *FindIkev2Policy(changed, kIkev2Default));
  ASSERT_EQ(proposals.size(), 1u);
  EXPECT_THAT(proposals[0].encryption, ElementsAre(C::kAesGcm256));
  EXPECT_THAT(proposals[0].integrity, IsEmpty());
  EXPECT_THAT(proposals[0].prf, ElementsAre(H::kSha512, H::kSha384, H::kSha256));
  EXPECT_THAT(proposals[0].groups, ElementsAre(31));

  const Running off = Read("no crypto ikev2 proposal default\n").running;
  EXPECT_FALSE(FindIkev2Proposal(off, kIkev2Default));
  EXPECT_FALSE(Ikev2PolicyFor(off, "", kLocal));
  EXPECT_EQ(WhyIncomplete(off, *FindIkev2Policy(off, kIkev2Default)),
            "IKEv2 proposal default is not used: it is not defined");
  const Running no_policy = Read("no crypto ikev2 policy default\n").running;
  EXPECT_FALSE(Ikev2PolicyFor(no_policy, "", kLocal));
  EXPECT_THAT(EffectiveIkev2Policies(no_policy), IsEmpty());
  for (const char* back :
       {"default crypto ikev2 proposal default\n", "crypto ikev2 proposal default\n"}) {
    const Running again = Read("no crypto ikev2 proposal default\n" + std::string(back)).running;
    EXPECT_TRUE(Ikev2PolicyFor(again, "", kLocal)) << back;
  }
}

TEST(Ikev2Proposals, IncompleteOnesAreNotUsed) {  // SY-30, M24
  const std::string all = " encryption aes-cbc-256\n integrity sha256\n group 14\n";
  const auto why = [](std::string_view lines) {
    const Running running = Read("crypto ikev2 proposal p\n" + std::string(lines)).running;
    return WhyIncomplete(*FindIkev2Proposal(running, "p"));
  };
  EXPECT_EQ(why(all), "");
  EXPECT_EQ(why(all + " no encryption\n"), "no encryption is set");
  EXPECT_EQ(why(all + " no integrity\n"), "no integrity is set");
  EXPECT_EQ(why(all + " no group\n"), "no group is set");
  EXPECT_EQ(why(" encryption aes-gcm-256\n group 14\n"), "aes-gcm-256 needs a prf");
  EXPECT_EQ(why(" encryption aes-gcm-256\n prf sha384\n group 14\n"), "");
  const Parsed parsed = Read(
      "crypto ikev2 proposal p\n encryption aes-cbc-128\n integrity sha256\n"
      "crypto ikev2 proposal q\n" +
      all +
      "crypto ikev2 policy x\n proposal p\n proposal q\n"
      " proposal none\n");
  const auto proposals = EffectiveIkev2Proposals(parsed.running, parsed.running.ike.policies.at(0));
  ASSERT_EQ(proposals.size(), 1u);
  EXPECT_EQ(proposals[0].name, "q");
  EXPECT_THAT(parsed.warnings,
              Contains("crypto ikev2 proposal p is incomplete and not used: no group is set"));
}
// RFC 5282, 8.
TEST(Ikev2Proposals, CiphersThatAuthenticateStandAlone) {
  const Running running = Read(kIkeExample).running;
  const auto proposals = EffectiveIkev2Proposals(running, *running.ike.policies.Find("branch"));
  ASSERT_EQ(proposals.size(), 3u);
  EXPECT_THAT(proposals[0].encryption, ElementsAre(C::kAesGcm256, C::kChaCha20Poly1305));
  EXPECT_THAT(proposals[0].integrity, IsEmpty());
  EXPECT_THAT(proposals[0].prf, ElementsAre(H::kSha384));
  EXPECT_THAT(proposals[1].encryption, ElementsAre(C::kAesCbc256));
  EXPECT_THAT(proposals[1].integrity, ElementsAre(H::kSha512, H::kSha256));
  EXPECT_EQ(proposals[1].groups, proposals[0].groups);
  EXPECT_EQ(proposals[2].name, "default");
}
TEST(Ikev2Policies, TheFirstThatFitsCounts) {
  const Running running =
      Read(
          "vrf definition red\n address-family ipv4\ncrypto ikev2 policy bad\n proposal none\n"
          "crypto ikev2 policy here\n match address local 192.0.2.1\n proposal default\n"
          "crypto ikev2 policy red\n match fvrf red\n proposal default\n")
          .running;
  EXPECT_EQ(Ikev2PolicyFor(running, "", kLocal)->name, "here");
  EXPECT_EQ(Ikev2PolicyFor(running, "", net::Address::V4(1))->name, "default");
  EXPECT_EQ(Ikev2PolicyFor(running, "red", kLocal)->name, "red");
  EXPECT_EQ(Ikev2PolicyFor(running, "blue", kLocal)->name, "default");
}

TEST(Ikev2Profiles, WhatIsMissingIsSaid) {
  const std::string match = " match identity remote any\n";
  const std::string both = " authentication local pre-share\n authentication remote pre-share\n";
  const auto why = [](const std::string& lines, const std::string& more = "") {
    const Running running = Read("crypto ikev2 profile p\n" + lines + more).running;
    return WhyIncomplete(running, running.ike.profiles.at(0));
  };
  EXPECT_THAT(why(both), HasSubstr("no peer is matched"));
  EXPECT_EQ(why(match), "no local authentication method is set");
  EXPECT_EQ(why(match + " authentication local rsa-sig\n"),
            "no remote authentication method is set");
  EXPECT_EQ(why(match + both), "pre-share needs a keyring or a key");
  EXPECT_EQ(why(match + both + " keyring local k\n"), "IKEv2 keyring k is not defined");
  const std::string keyring = "crypto ikev2 keyring k\n";
  EXPECT_EQ(why(match + both + " keyring local k\n", keyring), "");
  EXPECT_EQ(why(match + " authentication local pre-share key a\n"
                        " authentication remote pre-share key b\n"),
            "");
  const std::string good = match + both + " keyring local k\n";
  EXPECT_EQ(why(good + " match fvrf red\n", keyring), "VRF red is not defined");
  EXPECT_EQ(why(good + " ivrf red\n", keyring), "VRF red is not defined");
  EXPECT_EQ(why(good + " match fvrf any\n", keyring), "");
  EXPECT_EQ(why(good + " match address local interface lan0\n", keyring),
            "interface lan0 does not exist");
  EXPECT_THAT(Read("crypto ikev2 profile p\n").warnings,
              Contains(HasSubstr("crypto ikev2 profile p is incomplete and not used: no peer")));
}
TEST(Ikev2Profiles, AnEntryNeedsTheOneItNames) {
  const std::string map =
      "interface a\n ip address 192.0.2.1 255.255.255.0\n crypto map m\n"
      "access-list 101 permit ip 10.0.0.0 0.0.0.255 10.1.0.0 0.0.0.255\n"
      "crypto map m 10 ipsec-isakmp\n set peer 192.0.2.2\n match address 101\n"
      " set ikev2-profile p\n";
  const auto why = [&](const std::string& more) {
    const Running running = Read(map + more).running;
    const auto entries = EffectiveEntries(running);
    return entries.at(0).incomplete;
  };
  EXPECT_EQ(why(""), "IKEv2 profile p is not defined");
  EXPECT_THAT(why("crypto ikev2 profile p\n"), HasSubstr("IKEv2 profile p is incomplete: no peer"));
  EXPECT_EQ(why("crypto ikev2 profile p\n match identity remote any\n"
                " authentication local pre-share key a\n authentication remote pre-share key a\n"),
            "");
  EXPECT_THAT(Read("crypto ipsec profile t\n set ikev2-profile p\n").warnings,
              Contains("crypto ipsec profile t: IKEv2 profile p is not defined"));
  EXPECT_THAT(Read("crypto ipsec profile t\n set transform-set s\n").warnings,
              Contains(HasSubstr("crypto ipsec profile t: IKEv1 is not built")));
}
TEST(Ikev2Profiles, ValuesAreInherited) {
  const Running running = Read(
                              "crypto ikev2 dpd 30 5 periodic\ncrypto ikev2 nat keepalive 20\n"
                              "crypto ikev2 profile p\n dpd 10 2 on-demand\n nat keepalive 9\n"
                              "crypto ikev2 profile q\n")
                              .running;
  const Ike& ike = running.ike;
  EXPECT_EQ(DpdOf(ike, ike.profiles.at(0)), (IkeDpd{10, 2, false}));
  EXPECT_EQ(DpdOf(ike, ike.profiles.at(1)), (IkeDpd{30, 5, true}));
  EXPECT_EQ(NatKeepaliveOf(ike, ike.profiles.at(0)), 9u);
  EXPECT_EQ(NatKeepaliveOf(ike, ike.profiles.at(1)), 20u);
  EXPECT_EQ(NatKeepaliveOf(Ike(), {}), std::nullopt);
  EXPECT_EQ(FragmentMtuOf(IkeGlobals(), false), 576);
  EXPECT_EQ(FragmentMtuOf(IkeGlobals(), true), 1280);
  IkeGlobals off;
  off.fragmentation.on = false;
  EXPECT_EQ(FragmentMtuOf(off, false), std::nullopt);
}
TEST(Ikev2Warnings, OverlapsAndShortKeys) {
  const auto warnings = Read(kIkeExample).warnings;
  EXPECT_THAT(warnings, Contains(HasSubstr("keyring keys peer six: a PPK of less than 32 bytes")));
  EXPECT_THAT(warnings, Not(Contains(HasSubstr("keyring keys peer hub"))));
  EXPECT_THAT(Read("crypto ikev2 profile a\n match identity remote any\n"
                   "crypto ikev2 profile b\n match identity remote any\n")
                  .warnings,
              Contains("crypto ikev2 profile b: identity any is also matched by profile a, which "
                       "counts"));
  EXPECT_THAT(Read("").warnings, IsEmpty());
}

}  // namespace
}  // namespace vam::config
