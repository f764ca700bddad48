// Which identities a certificate speaks for.
#include "sw/ike/v2/policy/certificate_identity.h"

#include <gtest/gtest.h>

#include "tests/support/identity.h"

namespace vam::ike::v2 {
namespace {

pki::Certificate Make(const test::CertificateOptions& options) {
  return *pki::Certificate::FromDer(test::Identity::SelfSigned(options).certificate());
}
const pki::Certificate& Gateway() {
  static const pki::Certificate made = Make({.subject = "CN=gw.example.com,O=Example",
                                             .dns = {"vpn.example.com", "*.example.net"},
                                             .emails = {"Admin@example.com"},
                                             .addresses = {"192.0.2.1", "2001:db8::1"}});
  return made;
}
bool Speaks(IdentityType type, std::string_view text) {
  return SpeaksFor(Gateway(), Identity::Of(type, text));
}
bool Speaks(std::string_view address) {
  return SpeaksFor(Gateway(), Identity::Of(*net::Address::Parse(address)));
}

TEST(CertificateIdentityTest, Names) {
  EXPECT_TRUE(Speaks(IdentityType::kFqdn, "vpn.example.com"));
  EXPECT_TRUE(Speaks(IdentityType::kFqdn, "VPN.Example.com."));
  EXPECT_FALSE(Speaks(IdentityType::kFqdn, "vpn2.example.com"));
  EXPECT_FALSE(Speaks(IdentityType::kFqdn, "example.com"));
  EXPECT_FALSE(Speaks(IdentityType::kFqdn, "vpn.example.com.evil.org"));
  EXPECT_FALSE(Speaks(IdentityType::kFqdn, "gw.example.com")) << "the common name is no identity";
}

TEST(CertificateIdentityTest, NamesHaveNoWildcards) {
  EXPECT_FALSE(Speaks(IdentityType::kFqdn, "a.example.net"));
  EXPECT_TRUE(Speaks(IdentityType::kFqdn, "*.example.net")) << "the very same text";
}

TEST(CertificateIdentityTest, Mailboxes) {
  EXPECT_TRUE(Speaks(IdentityType::kEmail, "Admin@EXAMPLE.com"));
  EXPECT_FALSE(Speaks(IdentityType::kEmail, "admin@example.com")) << "RFC 5321, 2.4";
  EXPECT_FALSE(Speaks(IdentityType::kEmail, "Admin@example.org"));
  EXPECT_FALSE(Speaks(IdentityType::kEmail, "example.com"));
}

TEST(CertificateIdentityTest, Addresses) {
  EXPECT_TRUE(Speaks("192.0.2.1"));
  EXPECT_TRUE(Speaks("2001:db8::1"));
  EXPECT_FALSE(Speaks("192.0.2.2"));
  EXPECT_FALSE(Speaks("2001:db8::2"));
}

// A name is no mailbox, and an address in text is no address.
TEST(CertificateIdentityTest, TypesAreNotMixed) {
  EXPECT_FALSE(Speaks(IdentityType::kFqdn, "Admin@example.com"));
  EXPECT_FALSE(Speaks(IdentityType::kEmail, "vpn.example.com"));
  EXPECT_FALSE(Speaks(IdentityType::kFqdn, "192.0.2.1"));
  EXPECT_FALSE(Speaks(IdentityType::kKeyId, "vpn.example.com"));
  EXPECT_FALSE(SpeaksFor(Gateway(), Identity()));
  const pki::Certificate text = Make({.dns = {"192.0.2.1"}});
  EXPECT_FALSE(SpeaksFor(text, Identity::Of(*net::Address::Parse("192.0.2.1"))));
}

TEST(CertificateIdentityTest, TheSubjectByteForByte) {
  const Bytes subject = Gateway().subject_der();
  Identity dn{IdentityType::kDn, {subject.begin(), subject.end()}};
  EXPECT_TRUE(SpeaksFor(Gateway(), dn));
  for (uint8_t& byte : dn.data) {
    byte ^= 1;
    EXPECT_FALSE(SpeaksFor(Gateway(), dn));
    byte ^= 1;
  }
  dn.data.pop_back();
  EXPECT_FALSE(SpeaksFor(Gateway(), dn));
}

}  // namespace
}  // namespace vam::ike::v2
