#include "sw/pki/verify.h"

#include <gtest/gtest.h>

#include "tests/unit/sw/pki/chain.h"

namespace vam::pki {
namespace {

using test::Identity;
using test::KeyChoice;

Verification Ask(const Identity& leaf, const std::vector<Identity>& others,
                 const Trustpoints& trustpoints, int64_t now_s = kNow) {
  std::vector<Certificate> read;
  for (const Identity& other : others) read.push_back(Read(other));
  return Verify(Read(leaf), read, trustpoints, now_s, RevocationCache());
}

// Why it is refused; "" when it is trusted.
std::string Why(const Identity& leaf, const std::vector<Identity>& others,
                const Trustpoints& trustpoints, int64_t now_s = kNow) {
  const Verification said = Ask(leaf, others, trustpoints, now_s);
  EXPECT_TRUE(said.needs.empty());
  EXPECT_EQ(said.verdict == Verdict::kTrusted, said.why.empty());
  EXPECT_EQ(said.verdict == Verdict::kTrusted, said.trustpoint != nullptr);
  return said.why;
}

TEST(VerifyTest, APathOfThree) {
  const Chain chain;
  const Trustpoints trustpoints = ListOf(TrustOf(chain.root));
  const Verification said = Ask(chain.leaf, {chain.ca}, trustpoints);
  EXPECT_EQ(said.verdict, Verdict::kTrusted);
  EXPECT_EQ(said.trustpoint, trustpoints[0].get());
  EXPECT_EQ(Why(chain.leaf, {chain.leaf, chain.root, chain.ca, chain.ca}, trustpoints), "")
      << "what comes twice, or is known, does not matter";
  EXPECT_EQ(Why(chain.leaf, {}, trustpoints),
            "The certificate of \"CN=gw\" is refused by trustpoint CA1: no path leads to an "
            "anchor.");
}

TEST(VerifyTest, EveryKindOfKey) {
  for (const KeyChoice key :
       {KeyChoice::kRsa2048, KeyChoice::kRsa3072, KeyChoice::kP256, KeyChoice::kP384,
        KeyChoice::kP521, KeyChoice::kEd25519, KeyChoice::kEd448}) {
    const auto root = Identity::SelfSigned({.key = key, .ca = true});
    const auto leaf = root.Issue({.subject = "CN=gw", .key = key});
    EXPECT_EQ(Why(leaf, {}, ListOf(TrustOf(root))), "") << static_cast<int>(key);
  }
}

TEST(VerifyTest, IntermediatesOfTheTrustpointHelp) {
  const Chain chain;
  Trustpoint trustpoint = TrustOf(chain.root);
  trustpoint.intermediates = {Read(chain.ca)};
  EXPECT_EQ(Why(chain.leaf, {}, ListOf(trustpoint)), "");
  trustpoint.anchors.clear();
  EXPECT_NE(Why(chain.leaf, {}, ListOf(trustpoint)), "") << "they are not trusted by themselves";
}

TEST(VerifyTest, AnchorsAreTrustedAsTheyAre) {
  const Chain chain;
  EXPECT_EQ(Why(chain.leaf, {}, ListOf(TrustOf(chain.ca))), "") << "no root";
  EXPECT_EQ(Why(chain.leaf, {}, ListOf(TrustOf(chain.leaf))), "") << "the peer itself";
  const auto alone = Identity::SelfSigned({.subject = "CN=alone"});
  EXPECT_EQ(Why(alone, {}, ListOf(TrustOf(alone))), "");
  EXPECT_NE(Why(alone, {}, ListOf(TrustOf(chain.root))), "");
  const auto sha1 = Identity::SelfSigned({.ca = true, .hash = "SHA1"});
  EXPECT_EQ(Why(sha1.Issue({}), {}, ListOf(TrustOf(sha1))), "")
      << "nobody relies on an anchor's own signature";
}

TEST(VerifyTest, WhatThePeerBringsIsNoAnchor) {
  const Chain chain;
  const Chain evil;
  EXPECT_NE(Why(evil.leaf, {evil.ca, evil.root}, ListOf(TrustOf(chain.root))), "")
      << "the same names, other keys";
}

TEST(VerifyTest, TrustpointsInTheirOrder) {
  const Chain chain;
  const Chain other;
  const Trustpoints both = {std::make_shared<const Trustpoint>(TrustOf(other.root)),
                            std::make_shared<const Trustpoint>(TrustOf(chain.root))};
  EXPECT_EQ(Ask(chain.leaf, {chain.ca}, both).trustpoint, both[1].get());
  EXPECT_EQ(Ask(other.leaf, {other.ca}, both).trustpoint, both[0].get());
  EXPECT_EQ(Why(chain.leaf, {chain.ca}, {}),
            "The certificate of \"CN=gw\" is refused: there is no trustpoint.");
}

TEST(VerifyTest, TimesCount) {
  const Chain chain;
  const auto root = ListOf(TrustOf(chain.root));
  EXPECT_EQ(Why(chain.leaf, {chain.ca}, root, test::kNotBefore), "");
  EXPECT_EQ(Why(chain.leaf, {chain.ca}, root, test::kNotAfter - 1), "");
  EXPECT_NE(Why(chain.leaf, {chain.ca}, root, test::kNotBefore - 1), "");
  const auto old = chain.ca.Issue({.subject = "CN=old", .not_after_s = kNow - 1});
  EXPECT_EQ(Why(old, {chain.ca}, root),
            "The certificate of \"CN=old\" is refused by trustpoint CA1: certificate has expired.");
  const auto old_ca =
      chain.root.IssueFor(chain.ca, {.subject = "CN=ca", .not_after_s = kNow - 1, .ca = true});
  EXPECT_EQ(Why(chain.leaf, {old_ca}, root),
            "The certificate of \"CN=gw\" is refused by trustpoint CA1: certificate has expired "
            "of \"CN=ca\".");
}

TEST(VerifyTest, WeakSignatures) {
  const auto root =
      Identity::SelfSigned({.subject = "CN=root", .key = KeyChoice::kRsa2048, .ca = true});
  const auto trustpoints = ListOf(TrustOf(root));
  for (const char* hash : {"SHA1", "MD5"}) {
    const auto leaf = root.Issue({.subject = "CN=gw", .hash = hash});
    const std::string why = Why(leaf, {}, trustpoints);
    EXPECT_NE(why.find("is signed with"), std::string::npos) << why;
    const auto ca = root.Issue({.subject = "CN=ca", .ca = true, .hash = hash});
    EXPECT_NE(Why(ca.Issue({}), {ca}, trustpoints).find("\"CN=ca\" is signed with"),
              std::string::npos);
  }
  for (const char* hash : {"SHA224", "SHA384", "SHA512"}) {
    EXPECT_EQ(Why(root.Issue({.hash = hash}), {}, trustpoints), "") << hash;
  }
}

TEST(VerifyTest, TheLeafMaySign) {
  const auto root = Identity::SelfSigned({.subject = "CN=root", .ca = true});
  const auto why = [&](const char* usage) {
    return Why(root.Issue({.key_usage = usage}), {}, ListOf(TrustOf(root)));
  };
  EXPECT_EQ(why(""), "");
  EXPECT_EQ(why("critical,nonRepudiation"), "");
  EXPECT_EQ(why("digitalSignature,keyEncipherment"), "");
  EXPECT_NE(why("keyEncipherment"), "");
  EXPECT_NE(why("critical,keyAgreement"), "");
}

// RFC 4945, 5.1.3.12, and what servers and clients have.
TEST(VerifyTest, TheLeafsPurposes) {
  const auto root = Identity::SelfSigned({.subject = "CN=root", .ca = true});
  const auto why = [&](const char* purposes) {
    return Why(root.Issue({.more = {{"extendedKeyUsage", purposes}}}), {}, ListOf(TrustOf(root)));
  };
  for (const char* good : {"ipsecIKE", "critical,ipsecIKE", "anyExtendedKeyUsage", "serverAuth",
                           "clientAuth", "ipsecEndSystem", "ipsecTunnel", "ipsecUser",
                           "1.3.6.1.5.5.8.2.2", "codeSigning,ipsecIKE"}) {
    EXPECT_EQ(why(good), "") << good;
  }
  for (const char* bad : {"codeSigning", "critical,emailProtection", "OCSPSigning,timeStamping",
                          "1.3.6.1.5.5.8.2.3", "1.2.3.4"}) {
    EXPECT_EQ(why(bad),
              "The certificate of \"CN=test\" is refused by trustpoint CA1: its extended key usage "
              "does not allow IKE.")
        << bad;
  }
  EXPECT_FALSE(
      Certificate::FromDer(root.Issue({.more = {{"extendedKeyUsage", "DER:0500"}}}).certificate())
          .has_value())
      << "what does not parse is no certificate";
}

// The first of the path that expires ends the trust.
TEST(VerifyTest, HowLongThePathHolds) {
  const auto until = [](int64_t of_root, int64_t of_ca, int64_t of_leaf) {
    const auto root =
        Identity::SelfSigned({.subject = "CN=root", .not_after_s = of_root, .ca = true});
    const auto ca = root.Issue({.subject = "CN=ca", .not_after_s = of_ca, .ca = true});
    const auto leaf = ca.Issue({.not_after_s = of_leaf});
    const Verification verified = Ask(leaf, {ca}, ListOf(TrustOf(root)));
    EXPECT_EQ(verified.verdict, Verdict::kTrusted) << verified.why;
    return verified.until_s;
  };
  EXPECT_EQ(until(kNow + 300, kNow + 200, kNow + 100), kNow + 100);
  EXPECT_EQ(until(kNow + 300, kNow + 100, kNow + 200), kNow + 100);
  EXPECT_EQ(until(kNow + 100, kNow + 300, kNow + 200), kNow + 100);
}

TEST(VerifyTest, OnlyCasIssue) {
  const auto root = Identity::SelfSigned({.subject = "CN=root", .ca = true});
  const auto trustpoints = ListOf(TrustOf(root));
  const auto plain = root.Issue({.subject = "CN=plain"});
  EXPECT_NE(Why(plain.Issue({}), {plain}, trustpoints), "");
  // It may sign certificates, but does not say that it is a CA.
  const auto silent = root.Issue({.subject = "CN=silent", .key_usage = "keyCertSign"});
  EXPECT_NE(Why(silent.Issue({}), {silent}, trustpoints), "");
  const auto unable = root.Issue({.subject = "CN=unable", .ca = true, .key_usage = "cRLSign"});
  EXPECT_NE(Why(unable.Issue({}), {unable}, trustpoints), "");
  const auto last = root.Issue({.subject = "CN=last", .ca = true, .path_length = 0});
  const auto below = last.Issue({.subject = "CN=below", .ca = true});
  EXPECT_EQ(Why(last.Issue({}), {last}, trustpoints), "");
  EXPECT_NE(Why(below.Issue({}), {last, below}, trustpoints), "");
}

// Names that a CA may not certify were taken.
TEST(VerifyTest, Cve2026_35331_NameConstraints) {
  const auto root = Identity::SelfSigned({.subject = "CN=root", .ca = true});
  const auto ca = root.Issue({.subject = "CN=ca",
                              .ca = true,
                              .more = {{"nameConstraints", "critical,permitted;DNS:example.com"}}});
  const auto trustpoints = ListOf(TrustOf(root));
  EXPECT_EQ(Why(ca.Issue({.dns = {"gw.example.com"}}), {ca}, trustpoints), "");
  EXPECT_NE(Why(ca.Issue({.dns = {"gw.example.org"}}), {ca}, trustpoints), "");
  EXPECT_NE(Why(ca.Issue({.dns = {"gw.example.com", "a.example.org"}}), {ca}, trustpoints), "");
  const auto other =
      root.Issue({.subject = "CN=other",
                  .ca = true,
                  .more = {{"nameConstraints",
                            "critical,excluded;DNS:example.com,permitted;email:example.com,"
                            "permitted;IP:192.0.2.0/255.255.255.0"}}});
  EXPECT_EQ(Why(other.Issue({.dns = {"gw.example.org"},
                             .emails = {"gw@example.com"},
                             .addresses = {"192.0.2.9"}}),
                {other}, trustpoints),
            "");
  EXPECT_NE(Why(other.Issue({.dns = {"GW.EXAMPLE.COM"}}), {other}, trustpoints), "");
  EXPECT_NE(Why(other.Issue({.emails = {"gw@example.org"}}), {other}, trustpoints), "");
  EXPECT_NE(Why(other.Issue({.addresses = {"198.51.100.9"}}), {other}, trustpoints), "");
}

TEST(VerifyTest, UnknownCriticalExtensions) {
  const auto root = Identity::SelfSigned({.subject = "CN=root", .ca = true});
  const auto trustpoints = ListOf(TrustOf(root));
  EXPECT_NE(Why(root.Issue({.more = {{"1.2.3.4", "critical,DER:0500"}}}), {}, trustpoints), "");
  EXPECT_EQ(Why(root.Issue({.more = {{"1.2.3.4", "DER:0500"}}}), {}, trustpoints), "");
}

TEST(VerifyTest, AFlippedSignature) {
  const Chain chain;
  std::vector<uint8_t> der = chain.leaf.certificate();
  der.back() ^= 1;
  const auto leaf = Certificate::FromDer(der);
  if (!leaf) return;
  const std::vector<Certificate> others = {Read(chain.ca)};
  EXPECT_EQ(Verify(*leaf, others, ListOf(TrustOf(chain.root)), kNow, RevocationCache()).verdict,
            Verdict::kRefused);
}

TEST(VerifyTest, LongPathsAndManyCertificates) {
  std::vector<Identity> cas = {Identity::SelfSigned({.subject = "CN=root", .ca = true})};
  const auto trustpoints = ListOf(TrustOf(cas[0]));
  while (cas.size() < kMaxPathLength - 1) {
    cas.push_back(cas.back().Issue({.subject = "CN=ca" + std::to_string(cas.size()), .ca = true}));
  }
  EXPECT_EQ(Why(cas.back().Issue({}), cas, trustpoints), "");
  cas.push_back(cas.back().Issue({.subject = "CN=ca", .ca = true}));
  EXPECT_NE(Why(cas.back().Issue({}), cas, trustpoints), "");

  const Chain chain;
  std::vector<Identity> many(kMaxPeerCertificates, chain.ca);
  EXPECT_EQ(Why(chain.leaf, many, ListOf(TrustOf(chain.root))), "");
  many.push_back(chain.ca);
  EXPECT_EQ(Why(chain.leaf, many, ListOf(TrustOf(chain.root))),
            "The certificate of \"CN=gw\" is refused: over 16 came with it.");
}

}  // namespace
}  // namespace vam::pki
