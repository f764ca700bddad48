// What trustpoints, chains and maps become for the exchanges.
#include "sw/ike/v2/policy/compile_pki.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sw/ike/v2/auth/hash_and_url.h"
#include "sw/ike/v2/policy/compile.h"
#include "tests/support/identity.h"
#include "tests/support/pki_text.h"
#include "tests/unit/sw/config/read_text.h"

namespace vam::ike::v2 {
namespace {

using test::Identity;
using test::KeyChoice;
using test::TrustpointLines;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

CompiledPolicy Make(const std::string& text) {
  const config::Running running = config::test::Read(text).running;
  config::VrfNumbers vrfs;
  vrfs.Follow(running);
  return Compile(running, vrfs);
}

const Identity& Root() {
  static const auto made = Identity::SelfSigned({.subject = "CN=root", .ca = true});
  return made;
}
const Identity& Sub() {
  static const auto made = Root().Issue({.subject = "CN=sub", .ca = true});
  return made;
}
const Identity& Leaf() {
  static const auto made = Sub().Issue({.subject = "CN=gw"});
  return made;
}

std::string ProfileLines(const std::string& local, const std::string& remote,
                         const std::string& more = " pki trustpoint T\n") {
  return "crypto ikev2 profile P\n match identity remote any\n authentication local " + local +
         "\n authentication remote " + remote + "\n" + more;
}

TEST(CompilePkiTest, ATrustpointThatSignsAndVerifies) {
  const auto made = Make(
      TrustpointLines("T",
                      " eckeypair K\n revocation-check ocsp crl none\n"
                      " ocsp url http://ocsp.example.com/\n crl query http://crl.example.com/\n"
                      " certificate url http://certs.example.com/gw.der\n",
                      {Root(), Sub()}, {Leaf()}) +
      ProfileLines("ecdsa-sig", "ecdsa-sig"));
  EXPECT_THAT(made.notes, IsEmpty());
  const auto profile = made.policy->FindProfile("P");
  ASSERT_NE(profile, nullptr);
  EXPECT_EQ(profile->local_auth, AuthKind::kEcdsa);
  EXPECT_THAT(profile->remote_auth, ElementsAre(AuthKind::kEcdsa));
  EXPECT_TRUE(profile->local_identity.empty()) << "the name of the certificate";
  ASSERT_EQ(profile->credentials.size(), 1U);
  const Credential& own = *profile->credentials[0];
  EXPECT_EQ(own.trustpoint, "T");
  EXPECT_EQ(own.key, "K");
  EXPECT_EQ(own.leaf.subject(), "CN=gw");
  ASSERT_EQ(own.intermediates.size(), 1U) << "the anchor is not sent";
  EXPECT_EQ(own.intermediates[0].subject(), "CN=sub");
  EXPECT_EQ(own.authorities.size(), 2U);
  const auto named = ParseHashAndUrl({CertEncoding::kHashAndUrlX509, own.hash_and_url});
  ASSERT_TRUE(named.has_value());
  EXPECT_EQ(named->url, "http://certs.example.com/gw.der");
  ASSERT_EQ(profile->trustpoints.size(), 1U);
  const pki::Trustpoint& trusted = *profile->trustpoints[0];
  EXPECT_EQ(trusted.name, "T");
  ASSERT_EQ(trusted.anchors.size(), 1U);
  EXPECT_EQ(trusted.anchors[0].subject(), "CN=root");
  EXPECT_EQ(trusted.intermediates.size(), 1U);
  EXPECT_THAT(trusted.revocation,
              ElementsAre(pki::RevocationCheck::kOcsp, pki::RevocationCheck::kCrl,
                          pki::RevocationCheck::kNone));
  EXPECT_EQ(trusted.ocsp_url, "http://ocsp.example.com/");
  EXPECT_EQ(trusted.crl_url, "http://crl.example.com/");
  EXPECT_THAT(made.policy->authorities(), ElementsAre(trusted.anchors[0].key_hash()));
  EXPECT_TRUE(made.policy->uses_signatures());
}

TEST(CompilePkiTest, SharedKeysAloneUseNoSignatures) {
  const auto made = Make(TrustpointLines("T", "", {Root()}, {}) +
                         "crypto ikev2 profile P\n match identity remote any\n"
                         " authentication local pre-share key a\n"
                         " authentication remote pre-share key b\n");
  EXPECT_FALSE(made.policy->uses_signatures());
  EXPECT_THAT(made.policy->authorities(), IsEmpty());
  EXPECT_THAT(made.policy->FindProfile("P")->trustpoints, IsEmpty())
      << "no certificate is asked for";
}

TEST(CompilePkiTest, SignAndVerifyApart) {
  const auto other = Identity::SelfSigned({.subject = "CN=other", .ca = true});
  const auto made = Make(
      TrustpointLines("T", " eckeypair K\n", {Root(), Sub()}, {Leaf()}) +
      TrustpointLines("V", "", {other}, {}) +
      ProfileLines("ecdsa-sig", "rsa-sig", " pki trustpoint T sign\n pki trustpoint V verify\n"));
  const auto profile = made.policy->FindProfile("P");
  ASSERT_NE(profile, nullptr);
  ASSERT_EQ(profile->trustpoints.size(), 1U);
  EXPECT_EQ(profile->trustpoints[0]->name, "V");
  ASSERT_EQ(profile->credentials.size(), 1U);
  EXPECT_EQ(profile->credentials[0]->trustpoint, "T");
}

// SY-185, EX-37: <all>.
TEST(CompilePkiTest, WithoutATrustpointAllVerify) {
  const auto other = Identity::SelfSigned({.subject = "CN=other", .ca = true});
  const auto made =
      Make(TrustpointLines("T", "", {Root()}, {}) + TrustpointLines("V", "", {other}, {}) +
           "crypto ikev2 profile P\n match identity remote any\n"
           " authentication local pre-share key a\n authentication remote rsa-sig\n");
  const auto profile = made.policy->FindProfile("P");
  ASSERT_NE(profile, nullptr);
  EXPECT_EQ(profile->trustpoints.size(), 2U);
  EXPECT_EQ(made.policy->authorities().size(), 2U);
}

TEST(CompilePkiTest, AKeyOfAnotherKindDoesNotSign) {
  const auto made = Make(TrustpointLines("T", "", {Root(), Sub()}, {Leaf()}) +
                         ProfileLines("rsa-sig", "rsa-sig"));
  EXPECT_EQ(made.policy->FindProfile("P"), nullptr);
  EXPECT_THAT(made.notes, ElementsAre("crypto ikev2 profile P is not used: authentication local "
                                      "rsa-sig: no trustpoint has a certificate of ours with such "
                                      "a key"));
}

TEST(CompilePkiTest, OnlyAnIntermediateIsNoAnchor) {
  const auto made = Make(TrustpointLines("T", " eckeypair K\n", {Sub()}, {Leaf()}) +
                         ProfileLines("ecdsa-sig", "ecdsa-sig"));
  EXPECT_EQ(made.policy->FindProfile("P"), nullptr);
  EXPECT_THAT(made.notes, ElementsAre(HasSubstr("no trustpoint has a certificate of a CA")));
}

// Certificates of authorities that name each other.
TEST(CompilePkiTest, ACircleEnds) {
  const auto first = Root().Issue({.subject = "CN=one", .ca = true});
  const auto second = first.Issue({.subject = "CN=two", .ca = true});
  const auto back = second.IssueFor(first, {.subject = "CN=one", .ca = true});
  const auto leaf = second.Issue({.subject = "CN=gw"});
  const auto made = Make(TrustpointLines("T", " eckeypair K\n", {Root(), second, back}, {leaf}) +
                         ProfileLines("ecdsa-sig", "ecdsa-sig"));
  EXPECT_LE(made.policy->FindProfile("P")->credentials[0]->intermediates.size(),
            pki::kMaxPathLength);
}

TEST(CompilePkiTest, MapsAndNames) {
  const auto made =
      Make(TrustpointLines("T", " eckeypair K\n", {Root(), Sub()}, {Leaf()}) +
           "crypto pki certificate map M 10\n subject-name co cn=gw\n"
           "crypto ikev2 profile P\n match certificate M\n authentication local ecdsa-sig\n"
           " authentication remote ecdsa-sig\n pki trustpoint T\n identity local dn\n");
  const auto profile = made.policy->FindProfile("P");
  ASSERT_NE(profile, nullptr);
  const auto leaf = *pki::Certificate::FromDer(Leaf().certificate());
  EXPECT_TRUE(profile->MatchesCertificate(CertificateTexts(leaf)));
  EXPECT_EQ(made.policy->FindProfile(leaf, *net::Address::Parse("192.0.2.1"), 0), profile);
  EXPECT_EQ(made.policy->FindProfile(leaf, *net::Address::Parse("192.0.2.1"), 1), nullptr)
      << "bound to another VRF";
  EXPECT_TRUE(profile->local_identity.empty());
}

TEST(CompilePkiTest, NamesNeedACertificate) {
  const auto made = Make(
      "crypto ikev2 profile P\n match identity remote any\n authentication local pre-share key a\n"
      " authentication remote pre-share key b\n identity local dn\n");
  EXPECT_THAT(made.notes, ElementsAre("crypto ikev2 profile P is not used: identity local dn needs "
                                      "a signature as authentication"));
}

TEST(CompilePkiTest, AnIdentityThatIsNotInTheCertificate) {
  const auto leaf = Root().Issue({.subject = "CN=gw", .dns = {"gw.example.com"}});
  const auto notes = [&](const std::string& identity) {
    return Make(TrustpointLines("T", " eckeypair K\n", {Root()}, {leaf}) +
                ProfileLines("ecdsa-sig", "ecdsa-sig",
                             " pki trustpoint T\n identity local " + identity + "\n"))
        .notes;
  };
  EXPECT_THAT(notes("fqdn gw.example.com"), IsEmpty());
  EXPECT_THAT(notes("key-id gw"), IsEmpty()) << "the peer's certificate map says what it means";
  EXPECT_THAT(notes("fqdn gw2.example.com"),
              ElementsAre("crypto ikev2 profile P: identity gw2.example.com does not stand in the "
                          "certificate of trustpoint T, so peers may refuse it"));
}

TEST(CompilePkiTest, HashAndUrlAreSettingsOfAll) {
  const auto off = Make("hostname a\n");
  EXPECT_FALSE(off.policy->settings().http_url_cert);
  EXPECT_EQ(off.policy->settings().certificate_cache, 0U);
  const auto on = Make("crypto ikev2 http-url cert\ncrypto ikev2 certificate-cache 100\n");
  EXPECT_THAT(on.notes, IsEmpty());
  EXPECT_TRUE(on.policy->settings().http_url_cert);
  EXPECT_EQ(on.policy->settings().certificate_cache, 100U);
}

TEST(CompilePkiTest, LegacyIsASettingOfAll) {
  EXPECT_FALSE(Make("hostname a\n").policy->settings().legacy);
  EXPECT_TRUE(Make("crypto legacy-algorithms enable\n").policy->settings().legacy);
}

}  // namespace
}  // namespace vam::ike::v2
