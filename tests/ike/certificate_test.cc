// Gateways prove themselves by certificates (RFC 7296, 2.15; RFC 7427; RFC 4945).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "tests/ike/certificates.h"
#include "tests/ike/forge.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test
using config::IkeIdKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

AuthKind KindOf(KeyChoice key) {
  switch (key) {
    case KeyChoice::kRsa2048:
    case KeyChoice::kRsa3072:
      return AuthKind::kRsa;
    case KeyChoice::kEd25519:
    case KeyChoice::kEd448:
      return AuthKind::kEdDsa;
    default:
      return AuthKind::kEcdsa;
  }
}

// ---- every key at each end

class KeyTest : public testing::TestWithParam<std::tuple<KeyChoice, KeyChoice>> {};

TEST_P(KeyTest, BringsTheTunnelUp) {
  const auto [of_a, of_b] = GetParam();
  CertificateNetwork net(1, of_a, of_b);
  net.SetUp();
  ASSERT_EQ(net.WhyNotUp(), "");
  EXPECT_EQ(net.a.Up()->local_auth, KindOf(of_a));
  EXPECT_EQ(net.a.Up()->peer_auth, KindOf(of_b));
  EXPECT_EQ(net.b.Up()->peer_auth, KindOf(of_a));
  EXPECT_EQ(net.a.Up()->peer_subject, "CN=b,O=Example");
  EXPECT_EQ(net.b.Up()->peer_subject, "CN=a,O=Example");
  EXPECT_EQ(net.a.Up()->local_identity.type, IdentityType::kDn);
  EXPECT_THAT(net.a.pki.signed_by(), ElementsAre(kLabel));
  EXPECT_THAT(net.b.pki.signed_by(), ElementsAre(kLabel));
  EXPECT_THAT(net.a.pki.fetched(), IsEmpty());
}

// The peer says nothing of RFC 7427.
TEST_P(KeyTest, WithAPeerOfTheOldMethods) {
  const auto [of_a, of_b] = GetParam();
  CertificateNetwork net(1, of_a, of_b);
  struct Forget final : Journal {
    void StateChange(const IkeSa& sa, IkeSa::State next) override {
      if (next == IkeSa::State::kAuth) sa.setup->peer_hashes.reset();
    }
  } forget;
  net.a.record.also = net.b.record.also = &forget;
  net.SetUp();
  // RSA would need SHA-1, which nobody allowed; EdDSA has no method of its own.
  const bool works = KindOf(of_a) == AuthKind::kEcdsa && KindOf(of_b) == AuthKind::kEcdsa;
  if (works) {
    EXPECT_EQ(net.WhyNotUp(), "");
    return;
  }
  EXPECT_EQ(net.a.IkeSas(), 0U);
  if (KindOf(of_a) != AuthKind::kEcdsa) {
    EXPECT_THAT(net.a.record.lines(), ElementsAre("ike failed no_common_signature"));
    EXPECT_THAT(net.a.pki.signed_by(), IsEmpty());
  } else {
    EXPECT_THAT(net.a.record.lines(), ElementsAre("ike failed refused_by_peer"));
    EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed no_common_signature"));
  }
}

std::string NameOfKeys(const testing::TestParamInfo<KeyTest::ParamType>& test) {
  return std::string(NameOf(std::get<0>(test.param))) + NameOf(std::get<1>(test.param));
}
INSTANTIATE_TEST_SUITE_P(Keys, KeyTest,
                         testing::Combine(testing::ValuesIn(kEveryKey),
                                          testing::ValuesIn(kEveryKey)),
                         NameOfKeys);

// ---- methods

TEST(CertificateTest, RsaWithSha1WhereItIsAllowed) {
  for (const bool legacy : {true, false}) {
    CertificateNetwork net(1);
    net.ConfigureA({.own = LeafOfA(KeyChoice::kRsa2048), .legacy = true});
    net.ConfigureB({.own = LeafOfB(KeyChoice::kRsa2048), .legacy = legacy});
    struct Forget final : Journal {
      void StateChange(const IkeSa& sa, IkeSa::State next) override {
        if (next != IkeSa::State::kAuth) return;
        sa.setup->peer_hashes.reset();
        sa.setup->peer_methods.reset();
      }
    } forget;
    net.a.record.also = net.b.record.also = &forget;
    net.SetUp();
    EXPECT_EQ(net.WhyNotUp() == "", legacy);
    if (legacy) continue;
    EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed auth_method"));
  }
}

TEST(CertificateTest, NoCommonHash) {
  CertificateNetwork net(1, KeyChoice::kEd25519, KeyChoice::kEd25519);
  struct NoIdentity final : Journal {
    void StateChange(const IkeSa& sa, IkeSa::State next) override {
      if (next == IkeSa::State::kAuth) sa.setup->peer_hashes = {crypto::Hash::kSha256};
    }
  } journal;
  net.a.record.also = &journal;
  net.SetUp();
  EXPECT_THAT(net.a.record.lines(), ElementsAre("ike failed no_common_signature"));
}

TEST(CertificateTest, AKeyAtOneEndACertificateAtTheOther) {
  for (const bool a_by_key : {true, false}) {
    CertificateNetwork net(1);
    const std::vector<AuthKind> by_key{AuthKind::kSharedKey};
    const config::IkeIdentity any;
    if (a_by_key) {
      net.ConfigureA({.own = {}, .remote = {AuthKind::kEcdsa}});
      net.ConfigureB({.own = LeafOfB(), .remote = by_key});
    } else {
      net.ConfigureA({.own = LeafOfA(), .remote = by_key});
      net.ConfigureB({.own = {}, .remote = {AuthKind::kEcdsa}});
    }
    net.SetUp();
    ASSERT_EQ(net.WhyNotUp(), "");
    EXPECT_EQ(net.a.Up()->peer_auth, a_by_key ? AuthKind::kEcdsa : AuthKind::kSharedKey);
    EXPECT_EQ(net.b.Up()->peer_auth, a_by_key ? AuthKind::kSharedKey : AuthKind::kEcdsa);
    EXPECT_EQ(net.b.Up()->peer_subject, a_by_key ? "" : "CN=a,O=Example");
  }
}

// A peer that does not know what the other end announces (RFC 9593).
struct Deaf final : Journal {
  void StateChange(const IkeSa& sa, IkeSa::State next) override {
    if (next == IkeSa::State::kAuth) sa.setup->peer_methods.reset();
  }
};

TEST(CertificateTest, AMethodThatTheProfileDoesNotTake) {
  CertificateNetwork net(1, KeyChoice::kRsa2048, KeyChoice::kP256);
  Deaf deaf;
  net.a.record.also = &deaf;
  net.ConfigureB({.own = LeafOfB(), .remote = {AuthKind::kEcdsa, AuthKind::kSharedKey}});
  net.SetUp();
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed auth_method"));
  EXPECT_THAT(net.a.record.lines(), ElementsAre("ike failed refused_by_peer"));
  EXPECT_THAT(net.b.pki.signed_by(), IsEmpty()) << "nothing is proved to a stranger";
}

TEST(CertificateTest, AKeyWhereASignatureIsWanted) {
  CertificateNetwork net(1);
  Deaf deaf;
  net.a.record.also = &deaf;
  net.ConfigureA({.own = {}});
  net.SetUp();
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed auth_method"));
}

TEST(CertificateTest, NoCertificateOfOurs) {
  CertificateNetwork net(1);
  auto profile = ProfileOf(TunnelOfA(), Proof{.own = LeafOfA()});
  profile->credentials.clear();
  net.a.SetPolicy(PolicyWith(TunnelOfA(), profile));
  net.SetUp();
  EXPECT_THAT(net.a.record.lines(), ElementsAre("ike failed no_own_certificate"));
}

// ---- trust

TEST(CertificateTest, OfAnotherAuthority) {
  const auto other = Issued::SelfSigned({.subject = "CN=root,O=Example", .ca = true});
  CertificateNetwork net(1);
  net.ConfigureA({.own = other.Issue({.subject = "CN=a,O=Example"}), .anchors = {Root(), other}});
  net.SetUp();
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed certificate_refused"));
  EXPECT_THAT(net.b.record.why(), HasSubstr("CN=a"));
  EXPECT_THAT(net.a.record.lines(), ElementsAre("ike failed refused_by_peer"));
}

TEST(CertificateTest, TheRespondersOfAnotherAuthority) {
  const auto other = Issued::SelfSigned({.subject = "CN=other", .ca = true});
  CertificateNetwork net(1);
  net.ConfigureB({.own = other.Issue({.subject = "CN=b"}), .anchors = {Root(), other}});
  net.SetUp();
  EXPECT_THAT(net.a.record.lines(), ElementsAre("ike failed certificate_refused"));
  EXPECT_EQ(net.a.record.Count("child up"), 0U) << "CVE-2015-4171";
  EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U) << "the responder is told";
  EXPECT_EQ(net.a.fwd.sas().size() + net.b.fwd.sas().size(), 0U);
}

TEST(CertificateTest, OutOfItsTime) {
  constexpr int64_t kHour = 3600;
  for (const auto& [from, to] :
       {std::pair(vam::test::kNotBefore - 2 * kHour, vam::test::kNotBefore - kHour),
        std::pair(vam::test::kNotBefore + kHour, vam::test::kNotAfter)}) {
    CertificateNetwork net(1);
    net.ConfigureA({.own = Root().Issue(
                        {.subject = "CN=a,O=Example", .not_before_s = from, .not_after_s = to})});
    net.SetUp();
    EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed certificate_refused"));
  }
}

TEST(CertificateTest, ByIntermediates) {
  const auto upper = Root().Issue({.subject = "CN=upper", .ca = true});
  const auto lower = upper.Issue({.subject = "CN=lower", .key = KeyChoice::kRsa2048, .ca = true});
  const auto leaf = lower.Issue({.subject = "CN=a,O=Example"});
  CertificateNetwork net(1);
  net.ConfigureA({.own = leaf, .intermediates = {lower, upper}});
  net.SetUp();
  EXPECT_EQ(net.WhyNotUp(), "");
  CertificateNetwork without(1);
  without.ConfigureA({.own = leaf, .intermediates = {lower}});
  without.SetUp();
  EXPECT_THAT(without.b.record.lines(), ElementsAre("ike failed certificate_refused"));
}

// The certificate of an authority, or of nobody, is not an anchor for having been sent.
TEST(CertificateTest, WhatComesWithItIsNotTrusted) {
  const auto evil = Issued::SelfSigned({.subject = "CN=root,O=Example", .ca = true});
  CertificateNetwork net(1);
  net.ConfigureA({.own = evil.Issue({.subject = "CN=a"}), .intermediates = {evil, Root()}});
  net.SetUp();
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed certificate_refused"));
  CertificateNetwork self(1);
  self.ConfigureA({.own = Issued::SelfSigned({.subject = "CN=a"})});
  self.SetUp();
  EXPECT_THAT(self.b.record.lines(), ElementsAre("ike failed certificate_refused"));
}

TEST(CertificateTest, AnAnchorThatIsTheCertificateItself) {
  const auto self = Issued::SelfSigned({.subject = "CN=a"});
  CertificateNetwork net(1);
  net.ConfigureA({.own = self});
  net.ConfigureB({.own = LeafOfB(), .anchors = {self}});
  net.SetUp();
  EXPECT_EQ(net.WhyNotUp(), "");
}

// ---- which certificate of ours

TEST(CertificateTest, TheOneThatThePeerAsksFor) {
  const auto other = Issued::SelfSigned({.subject = "CN=other", .ca = true});
  const auto leaf = other.Issue({.subject = "CN=a of other"});
  CertificateNetwork net(1);
  auto profile = ProfileOf(TunnelOfA(), Proof{.own = LeafOfA()});
  profile->credentials.push_back(CredentialOf(leaf, {}, {other}, "second"));
  net.a.pki.AddKey("second", leaf.private_key());
  net.a.SetPolicy(PolicyWith(TunnelOfA(), profile));
  net.ConfigureB({.own = LeafOfB(), .anchors = {other}});
  net.SetUp();
  ASSERT_EQ(net.WhyNotUp(), "");
  EXPECT_THAT(net.a.pki.signed_by(), ElementsAre("second"));
  EXPECT_EQ(net.b.Up()->peer_subject, "CN=a of other");
}

TEST(CertificateTest, TheRespondersByTheRequest) {
  const auto other = Issued::SelfSigned({.subject = "CN=other", .ca = true});
  const auto leaf = other.Issue({.subject = "CN=b of other"});
  CertificateNetwork net(1);
  auto profile = ProfileOf(TunnelOfB(), Proof{.own = LeafOfB()});
  profile->credentials.push_back(CredentialOf(leaf, {}, {other}, "second"));
  net.b.pki.AddKey("second", leaf.private_key());
  net.b.SetPolicy(PolicyWith(TunnelOfB(), profile));
  net.ConfigureA({.own = LeafOfA(), .anchors = {other}});
  net.SetUp();
  ASSERT_EQ(net.WhyNotUp(), "");
  EXPECT_EQ(net.a.Up()->peer_subject, "CN=b of other");
}

// ---- identities

Identity Fqdn(std::string_view name) { return Identity::Of(IdentityType::kFqdn, name); }

TEST(CertificateTest, EveryIdentityOfTheCertificate) {
  for (const Identity& identity : {Identity(), Fqdn("a.example.com"), Fqdn("A.EXAMPLE.COM"),
                                   Identity::Of(IdentityType::kEmail, "a@example.com"),
                                   Identity::Of(*net::Address::Parse("192.0.2.1"))}) {
    CertificateNetwork net(1);
    net.ConfigureA({.own = LeafOfA(), .identity = identity});
    net.SetUp();
    EXPECT_EQ(net.WhyNotUp(), "") << ToString(identity);
  }
}

TEST(CertificateTest, AnIdentityOfSomebodyElse) {
  for (const Identity& identity :
       {Fqdn("b.example.com"), Fqdn("a"), Identity::Of(IdentityType::kEmail, "b@example.com"),
        Identity::Of(*net::Address::Parse("192.0.2.2")),
        Identity::Of(IdentityType::kKeyId, "a.example.com"),
        Identity{IdentityType::kDn, {0x30, 0x00}}}) {
    CertificateNetwork net(1);
    net.ConfigureA({.own = LeafOfA(), .identity = identity});
    net.SetUp();
    EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed identity_not_in_certificate"))
        << ToString(identity);
    EXPECT_THAT(net.b.pki.signed_by(), IsEmpty());
  }
}

TEST(CertificateTest, TheRespondersIdentityIsOfSomebodyElse) {
  CertificateNetwork net(1);
  net.ConfigureB({.own = LeafOfB(), .identity = Fqdn("a.example.com")});
  net.SetUp();
  EXPECT_THAT(net.a.record.lines(), ElementsAre("ike failed identity_not_in_certificate"));
  EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
}

config::PkiMap MapOf(const char* subject) {
  config::PkiMap map;
  map.name = "M";
  map.entries = {{10, {{config::PkiField::kSubject, config::PkiOperator::kContains, subject, 0}}}};
  return map;
}

TEST(CertificateTest, ACertificateMapMeansThePeer) {
  CertificateNetwork net(1);
  net.ConfigureB({.own = LeafOfB(), .match = {}, .maps = {MapOf("cn=a")}});
  net.ConfigureA({.own = LeafOfA(), .match = {}, .maps = {MapOf("cn=b")}});
  net.SetUp();
  EXPECT_EQ(net.WhyNotUp(), "");
}

TEST(CertificateTest, ACertificateMapMeansAnother) {
  CertificateNetwork net(1);
  net.ConfigureB({.own = LeafOfB(), .match = {}, .maps = {MapOf("cn=c")}});
  net.SetUp();
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed no_profile"));
  CertificateNetwork other(1);
  other.ConfigureA({.own = LeafOfA(), .match = {}, .maps = {MapOf("cn=c")}});
  other.SetUp();
  EXPECT_THAT(other.a.record.lines(), ElementsAre("ike failed no_profile"));
}

// A map is no trust.
TEST(CertificateTest, AMapDoesNotReplaceTheAuthority) {
  const auto evil = Issued::SelfSigned({.subject = "CN=a,O=Example"});
  CertificateNetwork net(1);
  net.ConfigureA({.own = evil});
  net.ConfigureB({.own = LeafOfB(), .match = {}, .maps = {MapOf("cn=a")}});
  net.SetUp();
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed certificate_refused"));
}

TEST(CertificateTest, AKeyIdWithAMap) {
  CertificateNetwork net(1);
  net.ConfigureA({.own = LeafOfA(), .identity = Identity::Of(IdentityType::kKeyId, "site-7")});
  net.ConfigureB({.own = LeafOfB(), .maps = {MapOf("cn=a")}});
  net.SetUp();
  EXPECT_EQ(net.WhyNotUp(), "");
}

// SY-48: by its identity first, by its certificate afterwards.
TEST(CertificateTest, TheIdentityCountsBeforeTheMap) {
  CertificateNetwork net(1);
  net.ConfigureA({.own = LeafOfA(), .identity = Fqdn("a.example.com")});
  auto by_map = ProfileOf(TunnelOfB(), Proof{.own = LeafOfB(), .match = {}});
  by_map->name = "ByMap";
  by_map->match_certificate = {std::make_shared<const CertificateMap>(MapOf("cn=a"))};
  auto by_name = ProfileOf(
      TunnelOfB(), Proof{.own = LeafOfB(), .match = {{IkeIdKind::kFqdn, {}, "a.example.com"}}});
  Policy::Parts parts = PolicyWith(TunnelOfB(), by_name);
  parts.profiles = {by_map, by_name};
  net.b.SetPolicy(std::move(parts));
  net.b.pki.AddKey(kLabel, LeafOfB().private_key());
  net.SetUp();
  ASSERT_EQ(net.WhyNotUp(), "");
  EXPECT_EQ(net.b.Up()->profile->name, "P");
}

// ---- afterwards

TEST(CertificateTest, RekeyingAsksNobody) {
  CertificateNetwork net(3);
  net.SetUp();
  net.Pass(86'400'000);
  ASSERT_EQ(net.a.record.Count("ike down replaced"), 1U);
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(net.a.pki.signed_by().size(), 1U);
  EXPECT_EQ(net.a.Up()->peer_subject, "CN=b,O=Example");
  EXPECT_EQ(net.a.Up()->peer_auth, AuthKind::kEcdsa);
  EXPECT_EQ(net.a.Up()->local_auth, AuthKind::kEcdsa);
}

TEST(CertificateTest, BothCallAtOnce) {
  for (uint64_t seed = 1; seed < 10; ++seed) {
    CertificateNetwork net(seed, KeyChoice::kRsa2048, KeyChoice::kEd25519);
    net.weather = {0, 0, 5, 20};
    net.a.Acquire(1);
    net.b.Acquire(2);
    net.Run();
    EXPECT_EQ(net.Mismatch(), "") << "seed " << seed;
    EXPECT_GE(net.a.Children(), 1U) << "seed " << seed;
    EXPECT_EQ(net.a.Children(), net.b.Children()) << "seed " << seed;
  }
}

// Certificates make the message longer than a packet: RFC 7383, and what it loses.
TEST(CertificateTest, InFragmentsOverABadNetwork) {
  const auto upper = Root().Issue({.subject = "CN=upper", .key = KeyChoice::kRsa3072, .ca = true});
  const auto leaf = upper.Issue({.subject = "CN=a,O=Example", .key = KeyChoice::kRsa3072});
  for (uint64_t seed = 1; seed < 10; ++seed) {
    CertificateNetwork net(seed, KeyChoice::kRsa2048, KeyChoice::kRsa2048);
    net.ConfigureA({.own = leaf, .intermediates = {upper}});
    size_t longest = 0;
    net.on_packet = [&](size_t, const Side&, Buffer& bytes) {
      longest = std::max(longest, bytes.size());
      return true;
    };
    net.weather = {10, 20, 10, 100};
    net.SetUp();
    EXPECT_EQ(net.WhyNotUp(), "") << "seed " << seed;
    EXPECT_GE(net.packets(), 5U) << "no fragments";
    EXPECT_LE(longest, 1280U);
  }
}

}  // namespace
}  // namespace vam::ike::test
