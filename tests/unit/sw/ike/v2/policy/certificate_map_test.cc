// crypto pki certificate map.
#include "sw/ike/v2/policy/certificate_map.h"

#include <gtest/gtest.h>

#include "tests/support/identity.h"

namespace vam::ike::v2 {
namespace {

using config::PkiField;
using config::PkiMapRule;
using config::PkiOperator;

const pki::Certificate& Gateway() {
  static const auto ca =
      test::Identity::SelfSigned({.subject = "CN=Example CA,O=Example", .ca = true});
  static const pki::Certificate made =
      *pki::Certificate::FromDer(ca.Issue({.subject = "CN=gw.example.com,OU=Engineering,O=Example",
                                           .dns = {"vpn.example.com", "vpn2.example.com"},
                                           .addresses = {"192.0.2.1"},
                                           .serial = 0x0a1b})
                                     .certificate());
  return made;
}

bool Matches(std::vector<std::vector<PkiMapRule>> entries) {
  config::PkiMap map;
  map.name = "M";
  for (auto& rules : entries) {
    map.entries.push_back({static_cast<uint32_t>(map.entries.size() + 1), std::move(rules)});
  }
  return CertificateMap(map).Matches(CertificateTexts(Gateway()));
}
bool Matches(PkiField field, PkiOperator op, const char* text) {
  return Matches({{{field, op, text, 0}}});
}

TEST(CertificateMapTest, Subjects) {
  EXPECT_TRUE(Matches(PkiField::kSubject, PkiOperator::kContains, "ou=engineering"));
  EXPECT_TRUE(Matches(PkiField::kSubject, PkiOperator::kContains, "OU = Engineering"));
  EXPECT_FALSE(Matches(PkiField::kSubject, PkiOperator::kContains, "ou=sales"));
  EXPECT_TRUE(Matches(PkiField::kSubject, PkiOperator::kNotContains, "ou=sales"));
  EXPECT_TRUE(Matches(PkiField::kSubject, PkiOperator::kEqual,
                      "cn=gw.example.com, ou=engineering, o=example"));
  EXPECT_FALSE(Matches(PkiField::kSubject, PkiOperator::kEqual, "cn=gw.example.com"));
  EXPECT_TRUE(Matches(PkiField::kSubject, PkiOperator::kNotEqual, "cn=gw.example.com"));
}

TEST(CertificateMapTest, Issuers) {
  EXPECT_TRUE(Matches(PkiField::kIssuer, PkiOperator::kContains, "example ca"));
  EXPECT_FALSE(Matches(PkiField::kIssuer, PkiOperator::kContains, "engineering"));
}

TEST(CertificateMapTest, AlternativeNames) {
  EXPECT_TRUE(Matches(PkiField::kAltName, PkiOperator::kEqual, "vpn2.example.com"));
  EXPECT_TRUE(Matches(PkiField::kAltName, PkiOperator::kEqual, "192.0.2.1"));
  EXPECT_FALSE(Matches(PkiField::kAltName, PkiOperator::kNotEqual, "vpn2.example.com"))
      << "one of them is";
  EXPECT_FALSE(Matches(PkiField::kAltName, PkiOperator::kContains, "gw."));
  EXPECT_TRUE(Matches(PkiField::kName, PkiOperator::kContains, "gw."));
  EXPECT_TRUE(Matches(PkiField::kName, PkiOperator::kEqual, "vpn.example.com"));
}

TEST(CertificateMapTest, Serials) {
  for (const char* text : {"0A1B", "a1b", "0x0a1b", "00:0a:1b"}) {
    EXPECT_TRUE(Matches(PkiField::kSerial, PkiOperator::kEqual, text)) << text;
  }
  EXPECT_FALSE(Matches(PkiField::kSerial, PkiOperator::kEqual, "0A1C"));
}

TEST(CertificateMapTest, Dates) {
  const auto date = [](PkiField field, PkiOperator op, int64_t time_s) {
    return Matches({{{field, op, "", time_s}}});
  };
  EXPECT_TRUE(date(PkiField::kValidStart, PkiOperator::kEqual, test::kNotBefore));
  EXPECT_FALSE(date(PkiField::kValidStart, PkiOperator::kNotEqual, test::kNotBefore));
  EXPECT_TRUE(date(PkiField::kExpiresOn, PkiOperator::kGreaterOrEqual, test::kNotAfter));
  EXPECT_FALSE(date(PkiField::kExpiresOn, PkiOperator::kLess, test::kNotAfter));
  EXPECT_TRUE(date(PkiField::kExpiresOn, PkiOperator::kLess, test::kNotAfter + 1));
  EXPECT_FALSE(date(PkiField::kExpiresOn, PkiOperator::kContains, test::kNotAfter));
}

TEST(CertificateMapTest, AllRulesOfAnyEntry) {
  const PkiMapRule good{PkiField::kSubject, PkiOperator::kContains, "gw", 0};
  const PkiMapRule bad{PkiField::kSubject, PkiOperator::kContains, "other", 0};
  EXPECT_TRUE(Matches({{good, good}}));
  EXPECT_FALSE(Matches({{good, bad}}));
  EXPECT_TRUE(Matches({{good, bad}, {good}}));
  EXPECT_FALSE(Matches({{bad}, {bad, good}}));
}

TEST(CertificateMapTest, NothingMatchesNothing) {
  EXPECT_FALSE(Matches({}));
  EXPECT_FALSE(Matches({{}}));
  EXPECT_FALSE(Matches(PkiField::kSubject, PkiOperator::kContains, ""));
  EXPECT_FALSE(Matches(PkiField::kSubject, PkiOperator::kContains, "  "));
}

}  // namespace
}  // namespace vam::ike::v2
