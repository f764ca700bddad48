// The statements of IKEv2: what they say, what they refuse, how they are shown and taken back.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "sw/base/sanitizer.h"
#include "sw/config/diff.h"
#include "sw/config/effective_ike.h"
#include "sw/config/ike_match.h"
#include "sw/config/parser.h"
#include "sw/config/render.h"
#include "tests/unit/sw/config/ike_example.h"
#include "tests/unit/sw/config/read_text.h"

namespace vam::config {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

Running Good(std::string_view text) { return test::Read(text).running; }
Diagnostic Bad(std::string_view text) { return test::FirstError(text); }
std::string TextOf(const IkeKey& key) {
  if (key == nullptr) return "(none)";
  return {key->bytes().begin(), key->bytes().end()};
}

TEST(Ike, EveryStatementIsShownAsItWasWritten) {
  const Running running = Good(kIkeExample);
  EXPECT_EQ(Render(running, Keys::kShown), kIkeExample);
  EXPECT_TRUE(running.pending.empty());
  EXPECT_THAT(Differences(running, Good(Render(running, Keys::kShown))), IsEmpty());
}
// Each line of the example, but heads of blocks, matters and can be taken back in its mode.
TEST(Ike, EveryLineCanBeTakenBack) {
  std::vector<std::string> lines;
  std::istringstream in{std::string(kIkeExample)};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  const Running whole = Good(kIkeExample);
  int tried = 0;
  bool in_certificate = false;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    const bool ike = line.starts_with(" ") || line.starts_with("crypto ikev2") ||
                     line.starts_with("crypto call") || line.starts_with("crypto logging") ||
                     line.starts_with("crypto isakmp");
    if (!ike || line.starts_with(" address-family") || line.starts_with(" exit")) continue;
    if (line.starts_with(" certificate ")) in_certificate = true;  // pki_test.cc
    if (in_certificate) {
      in_certificate = line != "  quit";
      continue;
    }
    std::string text;
    for (size_t j = 0; j < lines.size(); ++j) {
      text += lines[j] + "\n";
      if (j != i) continue;
      const size_t word = line.find_first_not_of(' ');
      const bool text_line = line.substr(word).starts_with("description");
      const bool negated = line.substr(word).starts_with("no ");
      text += line.substr(0, word) + (negated ? "" : "no ") +
              (text_line ? "description" : line.substr(word + (negated ? 3 : 0))) + "\n";
      // A block is gone with its head.
      const bool head = line.starts_with("crypto ikev2 p") || line.starts_with("crypto ikev2 k") ||
                        line.starts_with("crypto ikev2 a") || line.starts_with("crypto isakmp p");
      const bool peer = line.starts_with(" peer ");
      while ((head || peer) && j + 1 < lines.size() &&
             lines[j + 1].starts_with(head ? " " : "  ")) {
        ++j;
      }
    }
    SCOPED_TRACE(line);
    EXPECT_NE(Good(text), whole);
    ++tried;
  }
  EXPECT_GT(tried, 80);
}
TEST(Ike, NothingIsLeftWhenAllIsTakenBack) {
  const std::string all =
      std::string(kIkeExample.substr(0, kIkeExample.find("crypto map m"))) +
      "no crypto pki trustpoint root\nno crypto pki trustpoint own\n"
      "no crypto pki certificate map cmap\n"
      "no crypto ikev2 proposal strong\nno crypto ikev2 proposal old\n"
      "default crypto ikev2 proposal default\ndefault crypto ikev2 policy default\n"
      "no crypto ikev2 policy branch\nno crypto ikev2 policy inner\n"
      "no crypto ikev2 keyring keys\nno crypto ikev2 keyring empty\n"
      "no crypto ikev2 authorization policy road\n"
      "no crypto ikev2 authorization policy nothing\n"
      "no crypto ikev2 profile branch\nno crypto ikev2 profile half\n"
      "no crypto isakmp peer address 192.0.2.2\n"
      "no crypto isakmp peer address ipv6 2001:DB8:: 32 vrf red\n"
      "no crypto isakmp peer hostname gw.example.com\n"
      "no crypto ikev2 nat keepalive\nno crypto ikev2 dpd\ndefault crypto ikev2 fragmentation\n"
      "no crypto ikev2 cookie-challenge\nno crypto ikev2 limit max-in-negotiation-sa\n"
      "no crypto ikev2 limit max-sa\nno crypto ikev2 window\nno crypto ikev2 http-url cert\n"
      "no crypto ikev2 retransmit timeout 500 base 150 tries 8 limit 30\n"
      "no crypto ikev2 certificate-cache\ndefault crypto ikev2 diagnose error\n"
      "no crypto ikev2 redirect client\nno crypto ikev2 redirect gateway init\n"
      "no crypto ikev2 redirect gateway auth 203.0.113.1\nno crypto logging ikev2\n"
      "no crypto ikev2 notify invalid-selectors\nno crypto isakmp invalid-spi-recovery\n"
      "no crypto call admission limit ike sa\n"
      "no crypto call admission limit ike in-negotiation-sa\n"
      "no vrf definition red\nno crypto legacy-algorithms\n";
  EXPECT_EQ(Good(all), Running());
}

TEST(IkeProfile, SessionResumption) {
  const auto seconds = [](const std::string& lines) {
    return Good("crypto ikev2 profile p\n" + lines).ike.profiles.at(0).resumption;
  };
  EXPECT_EQ(seconds(" lifetime 3600\n"), std::nullopt);
  EXPECT_EQ(seconds(" session-resumption\n"), 3'600U);
  EXPECT_EQ(seconds(" session-resumption lifetime 60\n"), 60U);
  EXPECT_EQ(seconds(" session-resumption lifetime 60\n session-resumption\n"), 3'600U);
  for (const char* none : {" no session-resumption\n", " no session-resumption lifetime\n",
                           " no session-resumption lifetime 60\n"}) {
    EXPECT_EQ(seconds(std::string(" session-resumption lifetime 60\n") + none), std::nullopt);
  }
  for (const char* bad : {"59", "86401", "x", ""}) {
    Bad(std::string("crypto ikev2 profile p\n session-resumption lifetime ") + bad + "\n");
  }
}

TEST(IkeProposal, ListsAreInTheOrderOfPreference) {
  // EX-12.
  const Running running = Good(
      "crypto legacy-algorithms enable\ncrypto ikev2 proposal p\n encryption 3des, aes-cbc-128\n"
      " integrity sha, md5\n group 5,  2\n");
  const Ikev2Proposal& p = running.ike.proposals.at(0);
  EXPECT_THAT(p.encryption, ElementsAre(IkeCipher::k3Des, IkeCipher::kAesCbc128));
  EXPECT_THAT(p.integrity, ElementsAre(IkeHash::kSha1, IkeHash::kMd5));
  EXPECT_THAT(p.prf, IsEmpty());
  EXPECT_THAT(p.groups, ElementsAre(5, 2));
}
TEST(IkeProposal, GcmWithShortIcvsAndMacsOfAes) {
  const Running running = Good(
      "crypto ikev2 proposal p\n encryption aes-gcm-128-icv-8 aes-gcm-256-icv-12, aes-gcm-192\n"
      " prf aes-cmac aes-xcbc\n group 14\n"
      "crypto ikev2 proposal q\n encryption aes-cbc-128\n integrity aes-xcbc, aes-cmac\n"
      " group 14\n");
  const Ikev2Proposal& p = running.ike.proposals.at(0);
  EXPECT_THAT(p.encryption, ElementsAre(IkeCipher::kAesGcm128Icv8, IkeCipher::kAesGcm256Icv12,
                                        IkeCipher::kAesGcm192));
  EXPECT_THAT(p.prf, ElementsAre(IkeHash::kAesCmac, IkeHash::kAesXcbc));
  const auto q = FindIkev2Proposal(running, "q");
  ASSERT_TRUE(q.has_value());
  EXPECT_THAT(q->integrity, ElementsAre(IkeHash::kAesXcbc, IkeHash::kAesCmac));
  EXPECT_EQ(q->prf, q->integrity);
  EXPECT_EQ(LegacyIkeUser(running), "");
}
TEST(IkeProposal, ANewListReplacesTheOldOne) {
  const Running running = Good(
      "crypto ikev2 proposal p\n group 14 19\n group 21\ncrypto ikev2 proposal p\n prf sha256\n");
  EXPECT_THAT(running.ike.proposals.at(0).groups, ElementsAre(21));
  EXPECT_EQ(running.ike.proposals.size(), 1u);
}
TEST(IkeProposal, LegacyNeedsItsSwitch) {
  const std::string begin = "crypto ikev2 proposal p\n ";
  for (const auto& [line, word] : {std::pair("encryption aes-cbc-256 3des", "3des"),
                                   {"encryption des", "des"},
                                   {"integrity sha", "sha"},
                                   {"prf sha256 md5", "md5"},
                                   {"group 14 5", "5"}}) {
    const Diagnostic error = Bad(begin + line);
    EXPECT_THAT(error.message, HasSubstr("needs 'crypto legacy-algorithms enable'")) << line;
    EXPECT_EQ(error.word, word);
    const std::string on = "crypto legacy-algorithms enable\n" + begin + line + "\n";
    Good(on);
    EXPECT_EQ(Bad(on + "no crypto legacy-algorithms").message,
              "IKEv2 proposal p uses legacy algorithms");
  }
}
// RFC 9370: numbers and words are the same, one number is replaced by itself alone.
TEST(IkeProposal, AdditionalKeyExchanges) {
  const std::string begin = "crypto ikev2 proposal p\n";
  const Running running = Good(begin +
                               " additional-key-exchange 1 mlkem512 36 mlkem1024 none\n"
                               " additional-key-exchange 7 31\n additional-key-exchange 7 20 19\n");
  const auto& lists = running.ike.proposals.at(0).additional_groups;
  EXPECT_THAT(lists[0], ElementsAre(35, 36, 37, kNoIkeGroup));
  EXPECT_THAT(lists[1], IsEmpty());
  EXPECT_THAT(lists[6], ElementsAre(20, 19));
  EXPECT_THAT(Render(running, Keys::kShown), HasSubstr(" additional-key-exchange 1 35 36 37 none\n"
                                                       " additional-key-exchange 7 20 19\n"));
  const std::string all = begin + " additional-key-exchange 1 36\n additional-key-exchange 2 20\n";
  EXPECT_THAT(Good(all + " no additional-key-exchange 1\n").ike.proposals.at(0).additional_groups,
              ElementsAre(IsEmpty(), ElementsAre(20), IsEmpty(), IsEmpty(), IsEmpty(), IsEmpty(),
                          IsEmpty()));
  const auto none = Good(all + " no additional-key-exchange\n").ike.proposals.at(0);
  EXPECT_THAT(none.additional_groups[1], IsEmpty());
  EXPECT_EQ(Bad(begin + " additional-key-exchange 1 36 mlkem768").message, "named twice");
  EXPECT_EQ(Bad(begin + " group 19 36").message,
            "mlkem768 is an additional key exchange: IKE_SA_INIT has no fragments");
  for (const std::string line : {"8 36", "0 36", "1", "1 5", "1 22", "1 38"}) {
    EXPECT_NE(Bad(begin + " additional-key-exchange " + line).message, "") << line;
  }
}
TEST(IkeProposal, WhatIsWrongIsNamed) {
  const std::string begin = "crypto ikev2 proposal p\n ";
  EXPECT_EQ(Bad(begin + "group 14 14").message, "named twice");
  EXPECT_EQ(Bad(begin + "integrity sha256, sha256").message, "named twice");
  EXPECT_EQ(Bad(begin + "group 24").message,
            "Diffie-Hellman group 24 is not supported: where its numbers come from is not known "
            "(RFC 8247, 2.4)");
  EXPECT_EQ(Bad(begin + "group 3").message, "not a Diffie-Hellman group of IKEv2");
  EXPECT_THAT(Bad(begin + "encryption aes-cbc-129").expected, Contains("aes-cbc-128"));
  EXPECT_EQ(Bad(begin + "encryption aes-gcm").kind, ErrorKind::kAmbiguous);
  EXPECT_EQ(Bad(begin + "encryption").kind, ErrorKind::kIncomplete);
  // SY-35.
  EXPECT_EQ(Bad(begin + "lifetime 3600").kind, ErrorKind::kInvalid);
  EXPECT_EQ(Bad(begin + "authentication pre-share").kind, ErrorKind::kInvalid);
  EXPECT_EQ(Bad("no crypto ikev2 proposal p").message, "no such IKEv2 proposal");
}

TEST(IkePolicy, ProposalsAreInTheirOrderAndOnce) {
  const Running running = Good(
      "crypto ikev2 policy p\n proposal b\n proposal a\n proposal b\n proposal c\n"
      " no proposal a\n");
  EXPECT_THAT(running.ike.policies.at(0).proposals, ElementsAre("b", "c"));
  EXPECT_EQ(Bad("crypto ikev2 policy p\n no proposal x").message, "not a proposal of this policy");
  EXPECT_EQ(Bad("crypto ikev2 policy p\n match address local 0.0.0.0").message,
            "not an address of this system");
  EXPECT_EQ(Bad("no crypto ikev2 policy p").message, "no such IKEv2 policy");
}
TEST(IkePolicy, ANumberIsTheDialectOfTheAsa) {
  const Running running = Good("crypto ikev2 policy 10\n encryption aes-256\n");
  EXPECT_TRUE(running.ike.policies.empty());
  EXPECT_EQ(ListPending(running.pending).size(), 2u);
}

TEST(IkeKeyring, KeysOfEitherSide) {
  const Running running = Good(
      "crypto ikev2 keyring k\n peer a\n  pre-shared-key both\n  pre-shared-key local hex "
      "0xC0ffee\n"
      " peer b\n  pre-shared-key remote 0 6\n");
  const auto& peers = running.ike.keyrings.at(0).peers;
  EXPECT_EQ(TextOf(peers[0].local_key), "\xC0\xff\xee");
  EXPECT_EQ(TextOf(peers[0].remote_key), "both");
  EXPECT_EQ(TextOf(peers[1].local_key), "(none)");
  EXPECT_EQ(TextOf(peers[1].remote_key), "6");
}
TEST(IkeKeyring, PeersFollowEachOtherWithAndWithoutExit) {
  const Running running = Good(
      "crypto ikev2 keyring k\n peer a\n  address 10.0.0.1\n  exit\n peer b\n"
      "  address 10.0.0.2 255.255.255.0\npeer c\n address 10.1.0.0/16\n exit\n exit\n"
      "hostname x\n");
  const auto& peers = running.ike.keyrings.at(0).peers;
  ASSERT_EQ(peers.size(), 3u);
  EXPECT_EQ(net::ToString(*peers[0].address), "10.0.0.1/32");
  EXPECT_EQ(net::ToString(*peers[1].address), "10.0.0.0/24");
  EXPECT_EQ(net::ToString(*peers[2].address), "10.1.0.0/16");
  EXPECT_EQ(running.hostname, "x");
}
TEST(IkeKeyring, AllAddresses) {
  for (const char* all : {"0.0.0.0", "0.0.0.0 0.0.0.0", "0.0.0.0/0", "0.0.0.0 255.255.255.255"}) {
    const Running running =
        Good(fmt::format("crypto ikev2 keyring k\n peer a\n  address {}\n", all));
    EXPECT_EQ(running.ike.keyrings.at(0).peers[0].address, net::Prefix::Any(net::Family::kV4))
        << all;
  }
}
TEST(IkeKeyring, WhatIsWrongIsNamed) {
  const std::string begin = "crypto ikev2 keyring k\n peer a\n  ";
  EXPECT_EQ(Bad(begin + "pre-shared-key hex 123").message, "odd number of hexadecimal digits");
  EXPECT_EQ(Bad(begin + "pre-shared-key hex xyz").message, "not hexadecimal");
  EXPECT_THAT(Bad(begin + "pre-shared-key <removed>").message, HasSubstr("stands for a secret"));
  EXPECT_EQ(Bad(begin + "description " + std::string(81, 'x')).message,
            "description longer than 80 characters");
  EXPECT_EQ(Bad(begin + "identity email nobody").message, "does not fit here");
  EXPECT_EQ(Bad(begin + "hostname 10.0.0").message, "not a host name");
  EXPECT_EQ(Bad(begin + "ppk dynamic x").message, "keys of a key service (SKS) are not supported");
  EXPECT_EQ(Bad("crypto ikev2 keyring k\n no peer x").message, "no such peer in this keyring");
  EXPECT_EQ(Bad("no crypto ikev2 keyring k").message, "no such IKEv2 keyring");
}
TEST(IkeKeyring, NoTwoPeersAreTheSame) {
  const std::string begin = "crypto ikev2 keyring k\n peer a\n  ";
  for (const char* line : {"address 10.0.0.0 255.0.0.0", "hostname a.example.com",
                           "identity fqdn a.example.com", "identity key-id 7"}) {
    const Diagnostic error = Bad(begin + line + "\n peer b\n  " + line + "\n");
    EXPECT_EQ(error.message,
              fmt::format("crypto ikev2 keyring k peer b: {} is also that of peer a", line));
    EXPECT_EQ(error.line, 4u);
  }
}

TEST(IkeProfile, MethodsAndTheirKeys) {
  const Running running = Good(
      "crypto ikev2 profile p\n authentication remote pre-share key one\n"
      " authentication remote rsa-sig\n authentication local pre-share key two\n"
      " authentication local ecdsa-sig\n no authentication remote pre-share\n");
  const Ikev2Profile& p = running.ike.profiles.at(0);
  EXPECT_EQ(p.local_auth, IkeAuth::kEcdsaSig);
  EXPECT_EQ(p.local_key, nullptr) << "the key goes with its method";
  EXPECT_THAT(p.remote_auth, ElementsAre(IkeAuth::kRsaSig));
  EXPECT_EQ(p.remote_key, nullptr);
}
TEST(IkeProfile, KeyringWithAndWithoutItsWord) {
  EXPECT_EQ(Good("crypto ikev2 profile p\n keyring k\n"),
            Good("crypto ikev2 profile p\n keyring local k\n"));
}
TEST(IkeProfile, WhatIsWrongIsNamed) {
  const std::string begin = "crypto ikev2 profile p\n ";
  EXPECT_EQ(Bad(begin + "no match identity remote any").message,
            "not a remote identity of this profile");
  EXPECT_EQ(Bad(begin + "no match certificate c").message, "not a certificate map of this profile");
  EXPECT_EQ(Bad(begin + "no match address local 10.0.0.1").message,
            "not a local address of this profile");
  EXPECT_EQ(Bad(begin + "no authentication remote rsa-sig").message,
            "not a remote authentication method of this profile");
  EXPECT_EQ(Bad(begin + "no pki trustpoint t").message, "not a trustpoint of this profile");
  EXPECT_EQ(Bad(begin + "identity local address 224.0.0.1").message,
            "not an address of this system");
  EXPECT_THAT(Bad(begin + "lifetime 119").message, HasSubstr("outside 120-86400"));
  EXPECT_THAT(Bad(begin + "dpd 9 2 periodic").message, HasSubstr("outside 10-3600"));
  EXPECT_THAT(Bad(begin + "dpd 10 61 periodic").message, HasSubstr("outside 2-60"));
  EXPECT_EQ(Bad(begin + "dpd 10 2").kind, ErrorKind::kIncomplete);
  EXPECT_THAT(Bad(begin + "nat keepalive 4").message, HasSubstr("outside 5-3600"));
  EXPECT_EQ(Bad("no crypto ikev2 profile p").message, "no such IKEv2 profile");
  // Only a signature of its own certificate has a name of that kind.
  EXPECT_EQ(Bad(begin + "match identity remote dn").kind, ErrorKind::kInvalid);
}
TEST(IkeProfile, WhatComesLaterIsKeptInItsPlace) {
  const Running running = Good(
      "crypto ikev2 profile p\n authentication remote eap\n lifetime 300\n"
      " virtual-template 1\n keyring aaa list\n");
  EXPECT_EQ(ListPending(running.pending).size(), 3u);
  EXPECT_EQ(Good(Render(running, Keys::kShown)), running);
  EXPECT_TRUE(Good(Render(running, Keys::kShown) + "\n").ike.profiles.at(0).remote_auth.empty());
  EXPECT_EQ(Good("crypto ikev2 profile p\n authentication remote eap\nno crypto ikev2 profile p\n"),
            Running());
}

TEST(IkeGlobal, Fragmentation) {
  // ASA-77, EX-15.
  const auto of = [](std::string_view text) { return Good(text).ike.globals.fragmentation; };
  EXPECT_EQ(of("no crypto ikev2 fragmentation\n").on, false);
  EXPECT_EQ(of("no crypto ikev2 fragmentation\ncrypto ikev2 fragmentation mtu 600\n"),
            (IkeFragmentation{true, 600, false}));
  EXPECT_EQ(of("crypto ikev2 fragmentation mtu 600 preferred-method cisco\n"
               "no crypto ikev2 fragmentation mtu 576\n"),
            (IkeFragmentation{true, {}, true}));
  EXPECT_EQ(of("crypto ikev2 fragmentation mtu 600\ncrypto ikev2 fragmentation\n"),
            IkeFragmentation());
  EXPECT_EQ(of("no crypto ikev2 fragmentation\ndefault crypto ikev2 fragmentation\n"),
            IkeFragmentation());
  EXPECT_THAT(Bad("crypto ikev2 fragmentation mtu 67").message, HasSubstr("outside 68-1500"));
  EXPECT_THAT(test::Read("crypto ikev2 fragmentation preferred-method cisco\n").warnings,
              Contains(HasSubstr("not built: the method of RFC 7383 is used")));
}
TEST(IkeGlobal, LimitsOfOneSideAndOfBoth) {
  const auto of = [](std::string_view text) { return Good(text).ike.globals; };
  const std::string both = "crypto ikev2 limit max-in-negotiation-sa 7\n";
  EXPECT_EQ(of(both).incoming_negotiations, 7u);
  EXPECT_EQ(of(both).outgoing_negotiations, 7u);
  EXPECT_EQ(
      of(both + "no crypto ikev2 limit max-in-negotiation-sa incoming\n").incoming_negotiations,
      std::nullopt);
  EXPECT_EQ(
      of(both + "crypto ikev2 limit max-in-negotiation-sa 9 outgoing\n").incoming_negotiations, 7u);
}
// IOS takes the gateway out of a cluster; without one it is named, one of each IP version.
TEST(IkeGlobal, WhereCallersAreSent) {
  const auto init = [](const std::string& text) { return Good(text).ike.globals.redirect_init; };
  const std::string line = "crypto ikev2 redirect gateway init ";
  const std::string both = line + "198.51.100.7\n" + line + "2001:db8::7\n";
  EXPECT_EQ(init(both).v4, *net::Address::Parse("198.51.100.7"));
  EXPECT_EQ(init(both).v6, *net::Address::Parse("2001:db8::7"));
  EXPECT_EQ(init(both + line + "198.51.100.9\n").v4, *net::Address::Parse("198.51.100.9"));
  EXPECT_EQ(init(both + "no " + line + "2001:db8::7\n").v4, *net::Address::Parse("198.51.100.7"));
  EXPECT_TRUE(init(both + "no " + line + "2001:db8::7\n").v6.is_none());
  EXPECT_EQ(init(both + "default " + line + "\n"), IkeRedirectTargets());
  EXPECT_EQ(Good(both).ike.globals.redirect_auth, IkeRedirectTargets());
  for (const char* phase : {"init", "auth"}) {
    const auto mistake = Bad(fmt::format("crypto ikev2 redirect gateway {}", phase));
    EXPECT_THAT(mistake.message, HasSubstr("'crypto ikev2 cluster' is not supported: name"));
  }
  for (const char* no_gateway : {"224.0.0.1", "127.0.0.1", "0.0.0.0", "255.255.255.255",
                                 "169.254.1.1", "ff02::1", "fe80::1", "::1", "::ffff:10.0.0.1"}) {
    EXPECT_EQ(Bad(line + no_gateway).message, "not the address of another gateway") << no_gateway;
  }
}
TEST(IkeGlobal, WhatIsNotSupportedIsRefusedByName) {
  for (const char* what : {"cluster x", "name-mangler n", "client x"}) {
    EXPECT_EQ(Bad(fmt::format("crypto ikev2 {}", what)).message,
              "remote access by IKEv2 (FlexVPN) is not supported");
  }
  EXPECT_THAT(Bad("crypto ikev2 window 21").message, HasSubstr("outside 1-20"));
  EXPECT_THAT(Bad("crypto ikev2 retransmit timeout 99 base 180 tries 6").message,
              HasSubstr("outside 100-60000"));
  EXPECT_THAT(Bad("crypto ikev2 retransmit timeout 1000 base 180 tries 1").message,
              HasSubstr("outside 2-20"));
  EXPECT_THAT(Bad("crypto ikev2 cookie-challenge 0").message, HasSubstr("outside 1-1000"));
  EXPECT_THAT(Bad("crypto ikev2 certificate-cache 2001").message, HasSubstr("outside 1-2000"));
}

TEST(IkeRetransmission, EndsWithinAnHour) {
  const auto of = [](const std::string& what) {
    return Good("crypto ikev2 retransmit " + what + "\n").ike.globals.retransmit;
  };
  // What strongSwan does when nothing is said: 165 s.
  EXPECT_EQ(RetransmitMs(of("timeout 4000 base 180 tries 6")) / 1000, 165U);
  EXPECT_EQ(RetransmitMs(of("timeout 10000 base 200 tries 20 limit 180")), 3'010'000U);
  EXPECT_EQ(RetransmitMs(of("timeout 60000 base 100 tries 20 limit 1")), 20'000U);
  for (const char* what : {"timeout 60000 base 400 tries 20", "timeout 60000 base 180 tries 7",
                           "timeout 10000 base 200 tries 20 limit 600"}) {
    EXPECT_THAT(Bad(std::string("crypto ikev2 retransmit ") + what).message,
                HasSubstr("more than 3600 seconds"));
  }
}

TEST(IkeReference, AProfileIsForNegotiatedEntriesOnly) {
  EXPECT_THAT(Bad("crypto map m 1 ipsec-manual\n set ikev2-profile p").message,
              HasSubstr("nothing is negotiated for an ipsec-manual entry"));
}

// ASA-26, said whichever comes last; the entry stays as it was.
TEST(IkeReference, AnEntryWithAProfileHasAtMostTenPeers) {
  const std::string head = "crypto map m 1 ipsec-isakmp\n";
  const std::string profile = " set ikev2-profile p\n";
  std::string ten;
  for (int i = 1; i <= 10; ++i) ten += fmt::format(" set peer 10.0.0.{}\n", i);
  const std::string eleventh = " set peer 10.0.0.11\n";
  EXPECT_EQ(Good(head + profile + ten).crypto_maps.at(0).entries.at(0).peers.size(), 10u);
  EXPECT_EQ(Good(head + ten + eleventh).crypto_maps.at(0).entries.at(0).peers.size(), 11u);
  const Diagnostic last = Bad(head + profile + ten + eleventh);
  EXPECT_THAT(last.message, HasSubstr("more than 10 peers of an entry with an IKEv2 profile"));
  EXPECT_EQ(last.line, 13u);
  EXPECT_THAT(Bad(head + ten + eleventh + profile).message,
              HasSubstr("more than 10 peers stand in this entry"));
}

TEST(IkeSecrets, AreShownNowhereAndSealed) {
  const Running running = Good(kIkeExample);
  const std::string masked = Render(running, Keys::kMasked);
  for (const char* secret :
       {"sesame", "0001020304", "open", "shut", "20ff", "short", "theirs", "ours"}) {
    EXPECT_THAT(masked, Not(HasSubstr(std::string(" ") + secret))) << secret;
    for (const std::string& line : Differences(Running(), running)) {
      EXPECT_THAT(line, Not(HasSubstr(std::string(" ") + secret)));
    }
  }
  EXPECT_THAT(masked, HasSubstr("  pre-shared-key <removed>\n"));
  EXPECT_THAT(masked, HasSubstr("  ppk manual id q1 key <removed> required\n"));
  EXPECT_THAT(masked, HasSubstr(" authentication local pre-share key <removed>\n"));
  EXPECT_TRUE(std::holds_alternative<std::vector<Diagnostic>>(Parse(masked)));
  Sealer sealer;
  ASSERT_TRUE(sealer.Add("open sesame", {}));
  SeededRng rng(1);
  const std::string sealed = Render(running, sealer, rng);
  EXPECT_THAT(sealed, HasSubstr("  pre-shared-key 6 A"));
  EXPECT_THAT(sealed, Not(HasSubstr("0001020304")));
  const auto parsed = Parse(sealed, {.sealer = &sealer});
  ASSERT_TRUE(std::holds_alternative<Parsed>(parsed));
  EXPECT_EQ(std::get<Parsed>(parsed).running, running);
}
TEST(IkeSecrets, StayOutOfMessages) {
  for (const char* line : {"pre-shared-key my swordfish", "pre-shared-key hex swordfish",
                           "pre-shared-key local 6 swordfish", "ppk manual id a key swordfish x",
                           "pre-shared-key 7 swordfish"}) {
    const std::string head = "crypto ikev2 keyring k\n peer a\n  ";
    const Diagnostic error = Bad(head + line);
    EXPECT_THAT(ToString(error), Not(HasSubstr("swordfish"))) << line;
    EXPECT_EQ(error.word, "<key>") << line;
  }
}

// MG-3, MG-4.
TEST(IsakmpPeer, OnePeerHasOneEntry) {
  const Running running = Good(
      "crypto isakmp peer address ipv6 2001:DB8::1\n description one\n"
      "crypto isakmp peer address ipv6 2001:db8:0::1 128\n description two\n"
      "crypto isakmp peer address ipv6 2001:db8::/32\n"
      "crypto isakmp peer address 10.2.2.9\n description four\n"
      "crypto isakmp peer address 10.2.2.9 vrf red\n");
  const auto& peers = running.ike.peers;
  ASSERT_EQ(peers.size(), 4u);
  EXPECT_EQ(peers[0].name, "address ipv6 2001:db8::1/128");
  EXPECT_EQ(peers[0].description, "two");
  EXPECT_EQ(peers[1].address, net::Prefix::Parse("2001:db8::/32").value());
  EXPECT_EQ(peers[2].description, "four");
  EXPECT_EQ(peers[3].vrf, "red");
}
// The tunnel attributes of aggressive mode are those of IKEv1: they stay with the peer they are of.
TEST(IsakmpPeer, AttributesOfAggressiveModeAreKept) {
  const Running running = Good(
      "crypto isakmp peer address ipv6 2001:DB8::1\n description one\n"
      " set aggressive-mode client-endpoint fqdn gw.example.com\n");
  EXPECT_EQ(running.ike.peers.at(0).description, "one");
  EXPECT_THAT(Render(running, Keys::kShown),
              HasSubstr("crypto isakmp peer address ipv6 2001:db8::1/128\n description one\n"
                        " set aggressive-mode client-endpoint fqdn gw.example.com\n"));
  EXPECT_EQ(Good(Render(running, Keys::kShown)), running);
}
TEST(IsakmpPeer, Mistakes) {
  const std::string begin = "crypto isakmp peer ";
  EXPECT_THAT(Bad(begin + "address 10.0.0").message, HasSubstr("not an IPv4"));
  EXPECT_THAT(Bad(begin + "address ipv6 10.0.0.0/8").message, HasSubstr("not an IPv6"));
  EXPECT_THAT(Bad(begin + "address ipv6 2001:db8::1/32").message, HasSubstr("bits behind"));
  EXPECT_EQ(Bad(begin + "address ipv6 2001:db8::/32 32").message,
            "the prefix has its length already");
  EXPECT_EQ(Bad("no " + begin + "address 10.0.0.1").message, "no such peer");
  EXPECT_EQ(Bad(begin + "address 10.0.0.1\n description " + std::string(81, 'x')).message,
            "description longer than 80 characters");
}

TEST(IkeCommandLine, PromptsNotesAndHelp) {
  Candidate candidate(Running{});
  const auto mode_after = [&](std::string_view line) {
    EXPECT_THAT(candidate.Line(line), IsEmpty()) << line;
    return ModeName(candidate.mode());
  };
  EXPECT_EQ(mode_after("crypto ikev2 proposal p"), "config-ikev2-proposal");
  EXPECT_THAT(candidate.TakeNotices(), ElementsAre(HasSubstr("IKEv2 proposal MUST either have")));
  EXPECT_EQ(mode_after("crypto ikev2 proposal default"), "config-ikev2-proposal");
  EXPECT_THAT(candidate.TakeNotices(), IsEmpty());
  EXPECT_EQ(mode_after("crypto ikev2 policy p"), "config-ikev2-policy");
  EXPECT_THAT(candidate.TakeNotices(), ElementsAre(HasSubstr("one complete proposal attached")));
  EXPECT_EQ(mode_after("crypto ikev2 keyring k"), "config-ikev2-keyring");
  EXPECT_EQ(mode_after("peer a"), "config-ikev2-keyring-peer");
  EXPECT_EQ(mode_after("peer b"), "config-ikev2-keyring-peer");
  EXPECT_EQ(mode_after("no peer a"), "config-ikev2-keyring");
  EXPECT_EQ(mode_after("peer b"), "config-ikev2-keyring-peer");
  EXPECT_EQ(mode_after("exit"), "config-ikev2-keyring");
  EXPECT_EQ(mode_after("exit"), "config");
  EXPECT_EQ(mode_after("crypto ikev2 profile q"), "config-ikev2-profile");
  EXPECT_THAT(candidate.TakeNotices(), ElementsAre(HasSubstr("IKEv2 profile MUST have:\n")));

  const auto words = [](Mode mode, std::string_view line) {
    std::vector<std::string> all;
    for (const HelpLine& row : ConfigurationHelp(mode, line)) {
      EXPECT_FALSE(row.help.empty() && row.word != "<cr>") << line << row.word;
      all.push_back(row.word);
    }
    return all;
  };
  EXPECT_THAT(words(Mode::kIkev2Proposal, "group 14 "), IsSupersetOf({"19", "31", "<cr>"}));
  EXPECT_THAT(words(Mode::kIkev2Proposal, "encryption "),
              IsSupersetOf({"aes-gcm-256", "chacha20-poly1305"}));
  EXPECT_THAT(words(Mode::kIkev2Profile, "authentication local "),
              ElementsAre("eap", "ecdsa-sig", "eddsa-sig", "pre-share", "rsa-sig"));
  EXPECT_THAT(words(Mode::kIkev2Profile, "match identity remote "),
              ElementsAre("address", "any", "email", "fqdn", "key-id"));
  EXPECT_THAT(words(Mode::kIkev2Profile, "dpd "), ElementsAre("<10-3600>"));
  EXPECT_THAT(words(Mode::kConfig, "crypto ikev2 "),
              IsSupersetOf({"certificate-cache", "cookie-challenge", "diagnose", "dpd",
                            "fragmentation", "http-url", "keyring", "limit", "nat", "policy",
                            "profile", "proposal", "redirect", "retransmit", "window"}));
  EXPECT_THAT(ConfigurationCompletions(Mode::kIkev2Peer, "pre"), ElementsAre("pre-shared-key"));
  EXPECT_THAT(ConfigurationCompletions(Mode::kConfig, "crypto ikev2 prop"),
              ElementsAre("proposal"));
}

#ifdef VAM_ASAN
constexpr double kLimitSeconds = 20;
#else
constexpr double kLimitSeconds = 2;
#endif

// Processor time: the machine may be busy with other things.
TEST(IkeLoad, TenThousandPeersAndProfiles) {
  std::string text = "crypto ikev2 keyring k\n";
  for (uint32_t i = 0; i < 10'000; ++i) {
    text += fmt::format(
        " peer p{0}\n  address {1}\n  identity fqdn p{0}.example.com\n  pre-shared-key key{0}\n", i,
        net::ToString(net::Address::V4(0x0A000001 + i)));
  }
  for (uint32_t i = 0; i < 10'000; ++i) {
    text += fmt::format(
        "crypto ikev2 profile f{0}\n match identity remote fqdn p{0}.example.com\n"
        " authentication local pre-share\n authentication remote pre-share\n keyring local k\n",
        i);
  }
  const std::clock_t begin = std::clock();
  const Running running = Good(text);
  const Ikev2Matcher matcher(running);
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  EXPECT_LT(seconds, kLimitSeconds);
  EXPECT_EQ(running.ike.keyrings.at(0).peers.size(), 10'000u);
  EXPECT_EQ(Good(Render(running, Keys::kShown)), running);
  const IkeIdentity shown{IkeIdKind::kFqdn, {}, "p9999.example.com"};
  const net::Address local = net::Address::V4(0xC0000201);
  ASSERT_NE(matcher.ProfileOf(shown, "", local), nullptr);
  EXPECT_EQ(matcher.ProfileOf(shown, "", local)->name, "f9999");
  EXPECT_EQ(matcher.PeerThatCalls("k", shown, {})->name, "p9999");
}

}  // namespace
}  // namespace vam::config
