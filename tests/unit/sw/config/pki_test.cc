// Trustpoints, certificates and certificate maps: what statements say, and what is refused.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sw/config/diff.h"
#include "sw/config/effective_ike.h"
#include "sw/config/effective_pki.h"
#include "sw/config/parser.h"
#include "sw/config/pki_text.h"
#include "sw/config/render.h"
#include "tests/unit/sw/config/ike_example.h"
#include "tests/unit/sw/config/read_text.h"

namespace vam::config {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Running Good(std::string_view text) { return test::Read(text).running; }
Diagnostic Bad(std::string_view text) { return test::FirstError(text); }
std::vector<uint8_t> Der(std::string_view hex) { return *ParseHex(hex); }

const std::string kTrust = "crypto pki trustpoint t\n";
const std::string kChain = kTrust + "crypto pki certificate chain t\n";

TEST(PkiTrustpoint, EveryStatement) {
  const Running running = Good(kIkeExample);
  const PkiTrustpoint& root = *running.pki.trustpoints.Find("root");
  EXPECT_EQ(root.enrollment, PkiEnrollment::kTerminalPem);
  EXPECT_EQ(root.subject, "CN=gw.example.com, O=Example");
  EXPECT_EQ(root.fqdn, "");
  EXPECT_EQ(root.address, *net::Address::Parse("2001:db8::1"));
  EXPECT_EQ(root.rsa_key, "gateway");
  EXPECT_EQ(root.rsa_bits, 3072u);
  EXPECT_EQ(root.hash, PkiHash::kSha384);
  EXPECT_THAT(root.revocation,
              ElementsAre(PkiRevocation::kCrl, PkiRevocation::kOcsp, PkiRevocation::kNone));
  EXPECT_EQ(root.ocsp_url, "http://pki.example.com:8080/ocsp");
  EXPECT_EQ(root.crl_url, "http://pki.example.com/root.crl");
  EXPECT_EQ(root.certificate_url, "http://pki.example.com/gw.der");
  EXPECT_EQ(KeyLabelOf(root), "gateway");
  EXPECT_EQ(KeyLabelOf(*running.pki.trustpoints.Find("own")), "curve");
  EXPECT_EQ(KeyLabelOf(PkiTrustpoint{}), kDefaultRsaLabel);
}
TEST(PkiTrustpoint, NoFormsGiveTheDefaultsBack) {
  const std::string all(kIkeExample);
  PkiTrustpoint plain;
  plain.name = "root";
  const Running running =
      Good(all.substr(0, all.rfind("end\n")) +
           "crypto ca trustpoint root\n no enrollment\n no fqdn\n no ip-address\n no subject-name\n"
           " no revocation-check\n no crl query\n no ocsp url\n no certificate url\n no "
           "rsakeypair\n default hash\n");
  EXPECT_EQ(*running.pki.trustpoints.Find("root"), plain);
}
TEST(PkiTrustpoint, TheUrlOfItsCertificate) {
  const std::string begin = kTrust + " certificate url ";
  EXPECT_THAT(Bad(begin + "https://pki.example.com/gw.der").message, HasSubstr("not an http://"));
  const std::string path = "http://pki.example.com/";
  EXPECT_EQ(Good(begin + path + std::string(512 - path.size(), 'x'))
                .pki.trustpoints[0]
                .certificate_url.size(),
            512u);
  EXPECT_EQ(Bad(begin + path + std::string(513 - path.size(), 'x')).message,
            "URL longer than 512 characters");
}
TEST(PkiTrustpoint, TheLastKeyCounts) {
  const auto point = [](const std::string& lines) {
    return Good(kTrust + lines).pki.trustpoints.at(0);
  };
  EXPECT_EQ(KeyLabelOf(point(" rsakeypair a\n eckeypair b\n")), "b");
  EXPECT_EQ(KeyLabelOf(point(" eckeypair b\n rsakeypair a 2048\n")), "a");
  EXPECT_TRUE(point(" eckeypair b\n rsakeypair a\n").ec_key.empty());
}
TEST(PkiTrustpoint, WhatIsRefusedIsNamed) {
  EXPECT_EQ(Bad(kTrust + " rsakeypair a 1024").message,
            "RSA keys of less than 2048 bits are refused");
  EXPECT_THAT(Bad(kTrust + " ocsp url ldap://x/").message, HasSubstr("not an http:// URL"));
  EXPECT_THAT(Bad(kTrust + " crl query file:///etc/passwd").message, HasSubstr("not an http://"));
  EXPECT_THAT(Bad(kTrust + " crl query http:///x").message, HasSubstr("not an http://"));
  EXPECT_THAT(Bad(kTrust + " crl query http://" + std::string(1024, 'x')).message,
              HasSubstr("longer than 1024"));
  EXPECT_THAT(Bad(kTrust + " subject-name Example").message, HasSubstr("distinguished name"));
  EXPECT_THAT(Bad(kTrust + " subject-name CN=" + std::string(600, 'x')).message,
              HasSubstr("longer than 512"));
  EXPECT_THAT(Bad(kTrust + " hash sha1").message, HasSubstr("crypto legacy-algorithms enable"));
  EXPECT_EQ(Bad(kTrust + " ip-address 224.0.0.1").message, "not an address of this system");
  EXPECT_EQ(Bad(kTrust + " revocation-check none crl").word, "crl");
  EXPECT_EQ(Bad("no crypto pki trustpoint t").message, "no such trustpoint");
  EXPECT_EQ(Bad("crypto legacy-algorithms enable\n" + kTrust +
                " hash sha1\nno crypto legacy-algorithms enable")
                .message,
            "crypto pki trustpoint t uses legacy algorithms");
}
TEST(PkiTrustpoint, WhatIsLeftForLaterStaysWithIt) {
  const Running running = Good("crypto ca trustpoint t\n enrollment url http://ca/\n primary\n");
  EXPECT_THAT(Render(running, Keys::kMasked),
              HasSubstr("crypto pki trustpoint t\n revocation-check crl\n"
                        " enrollment url http://ca/\n primary\n"));
  EXPECT_EQ(Good(Render(running, Keys::kShown)), running);
  const Running gone = Good(Render(running, Keys::kShown) + "no crypto ca trustpoint t\n");
  EXPECT_TRUE(gone.pending.empty());
}
TEST(PkiTrustpoint, TakesItsCertificatesAlong) {
  const std::string all(kIkeExample);
  Candidate candidate(Good(kIkeExample));
  EXPECT_THAT(candidate.Line("no crypto pki trustpoint own"), IsEmpty());
  EXPECT_THAT(candidate.TakeNotices(),
              ElementsAre("Certificates of trustpoint own are removed with it"));
  const auto finished = candidate.Finish();
  const Running& running = std::get<Parsed>(finished).running;
  EXPECT_EQ(running.pki.chains.Find("own"), nullptr);
  EXPECT_NE(running.pki.chains.Find("root"), nullptr);
}

TEST(PkiChain, CertificatesAreReadAsTheyStandThere) {
  const Running running = Good(kIkeExample);
  const PkiChain& own = *running.pki.chains.Find("own");
  ASSERT_EQ(own.certificates.size(), 2u);
  EXPECT_FALSE(own.certificates[0].ca);
  EXPECT_EQ(own.certificates[0].serial, "CA");
  EXPECT_EQ(own.certificates[0].der.size(), 273u);
  EXPECT_TRUE(own.certificates[1].ca);
  EXPECT_EQ(own.certificates[1].serial, "0B");
  EXPECT_EQ(own.certificates[1], running.pki.chains.Find("root")->certificates[0]);
  EXPECT_EQ(OwnCertificate(running.pki, "own"), &own.certificates[0]);
  EXPECT_EQ(OwnCertificate(running.pki, "root"), nullptr);
  EXPECT_TRUE(HasCaCertificate(running.pki, "root"));
}
// 30 08 (30 06 (A0 01 00, 02 01 07)).
constexpr std::string_view kSmall = "30083006A00100020107";
TEST(PkiChain, LinesMayBeCutAnywhereInBytes) {
  const std::string end = "  quit\n";
  const Running whole = Good(kChain + " certificate 07\n  " + std::string(kSmall) + "\n" + end);
  EXPECT_EQ(whole.pki.chains.at(0).certificates.at(0).der, Der(kSmall));
  EXPECT_EQ(Good(kChain + " certificate 7\n3008\n  3006 a0 0100\n!\n 0201 07\n\t quit\n"), whole);
  EXPECT_EQ(Good(kChain + " certificate self-signed 0007\n" + std::string(kSmall) + "\nquit"),
            whole);
}
TEST(PkiChain, RemovalIsByKindAndNumber) {
  const std::string all(kIkeExample);
  const auto left = [&](const std::string& lines) {
    return Good(all.substr(0, all.rfind("end\n")) + "crypto pki certificate chain own\n" + lines)
        .pki.chains.Find("own")
        ->certificates.size();
  };
  EXPECT_EQ(left(" no certificate 00CA\n"), 1u);
  EXPECT_EQ(left(" no certificate ca b\n"), 1u);
  EXPECT_EQ(left(" no certificate ca 0B\n no certificate 0CA\n"), 0u);
  EXPECT_EQ(Bad(all.substr(0, all.rfind("end\n")) +
                "crypto pki certificate chain own\n no certificate 0B\n")
                .message,
            "no such certificate of this trustpoint");
}
TEST(PkiChain, WhatIsRefusedIsNamed) {
  EXPECT_EQ(Bad("crypto pki certificate chain t").message, "no such trustpoint");
  const auto bad = [](const std::string& lines) { return Bad(kChain + " certificate " + lines); };
  EXPECT_EQ(bad("07\n " + std::string(kSmall)).message, "the certificate is not ended by 'quit'");
  const Diagnostic cut = bad("07\n " + std::string(kSmall) + "\nhostname x\n quit");
  EXPECT_THAT(cut.message, HasSubstr("not a line of a certificate, which 'quit' ends"));
  EXPECT_EQ(cut.line, 5u);
  EXPECT_THAT(bad("07\n 308\n quit").message, HasSubstr("not a line of a certificate"));
  EXPECT_EQ(bad("08\n " + std::string(kSmall) + "\n quit").message,
            "the certificate has serial number 07, the line says 08");
  EXPECT_EQ(bad("07\n quit").message, "not a certificate in DER");
  EXPECT_EQ(bad("07\n " + std::string(kSmall) + "00\n quit").message,
            "there is something behind the certificate");
  EXPECT_EQ(bad("xy").word, "xy");
  EXPECT_EQ(bad("ca xy").message, "not a serial number in hexadecimal");
  std::string lines = "07\n";
  for (int i = 0; i < 17; ++i) lines += std::string(2000, '3') + "\n";
  EXPECT_EQ(bad(lines + "quit").message, "certificate longer than 16384 bytes");
  const std::string one = "07\n " + std::string(kSmall) + "\n quit\n";
  EXPECT_EQ(bad(one + " certificate 08\n 30083006A00100020108\n quit").message,
            "this system has certificate 07 there: remove it first");
  EXPECT_THAT(bad("ca " + one + " certificate ca 07\n 30053003020107\n quit").message,
              HasSubstr("another certificate ca of this serial number"));
}
TEST(PkiChain, ACertificateIsTypedInASession) {
  Candidate candidate(Good(kTrust));
  for (const char* line : {"crypto pki certificate chain t", "certificate 07", "30083006A001"}) {
    EXPECT_THAT(candidate.Line(line), IsEmpty()) << line;
  }
  EXPECT_EQ(ModeName(candidate.mode()), "config-pubkey");
  EXPECT_EQ(candidate.Line("end").size(), 1u);
  EXPECT_EQ(candidate.leaving(), Leaving::kNo);
  EXPECT_THAT(candidate.Line("00020107"), IsEmpty());
  EXPECT_THAT(candidate.Line("quit"), IsEmpty());
  EXPECT_EQ(ModeName(candidate.mode()), "config-cert-chain");
  EXPECT_THAT(candidate.Line("end"), IsEmpty());
  const auto finished = candidate.Finish();
  EXPECT_EQ(std::get<Parsed>(finished).running.pki.chains.at(0).certificates.at(0).der,
            Der(kSmall));
}
TEST(PkiChain, DifferencesNameTheCertificate) {
  const Running with = Good(kChain + " certificate 07\n " + std::string(kSmall) + "\n quit\n");
  EXPECT_THAT(Differences(Good(kChain), with), Contains(" +certificate 07"));
}

TEST(PkiSerial, OfDer) {
  const auto serial = [](std::string_view hex) {
    const auto found = SerialOfCertificate(Der(hex));
    return found ? *found : "! " + std::string(found.error().text);
  };
  EXPECT_EQ(serial(kSmall), "07");
  EXPECT_EQ(serial("30063004020200CA"), "CA");
  EXPECT_EQ(serial("30053003020100"), "00");
  for (const char* bad :
       {"", "30", "3005", "30033003020107", "3105310302010A", "30820005300302010A",
        "308105300302010A", "30803003020107", "3002300000", "3003300102", "300430020200"}) {
    EXPECT_FALSE(SerialOfCertificate(Der(bad))) << bad;
  }
  EXPECT_THAT(serial("30053003020187"), HasSubstr("negative"));
}
TEST(PkiDate, BothFormsOfIos) {
  EXPECT_EQ(ParsePkiDate("Jan 1 1970 00:00:59"), 59);
  EXPECT_EQ(ParsePkiDate("31 dec 2029 23:59:59"), 1893455999);
  EXPECT_EQ(ParsePkiDate("Feb 29 2028"), 1835395200);
  for (const char* bad :
       {"", "Feb 30 2028", "Feb 29 2027", "Foo 1 2027", "Jan 1", "Jan 1 27", "Jan 1 2027 24:00:00",
        "Jan 1 2027 1:00:00", "Jan 1 2027 01:00:00 UTC x", "1 1 2027", "Jan Jan 2027"}) {
    EXPECT_EQ(ParsePkiDate(bad), std::nullopt) << bad;
  }
}

TEST(PkiMap, RulesOfEntries) {
  const Running running = Good(kIkeExample);
  const PkiMap& map = *running.pki.maps.Find("cmap");
  ASSERT_EQ(map.entries.size(), 2u);
  EXPECT_EQ(map.entries[0].number, 10u);
  ASSERT_EQ(map.entries[0].rules.size(), 5u);
  EXPECT_EQ(map.entries[0].rules[0],
            (PkiMapRule{PkiField::kSubject, PkiOperator::kContains, "o=example", 0}));
  EXPECT_EQ(map.entries[0].rules[3].time_s, 1896134399);
}
TEST(PkiMap, EntriesStandByNumberAndTextHasNoCase) {
  const Running running = Good(
      "crypto ca certificate map m 20\n subject-name co X\n subject-name co x\n"
      "crypto pki certificate map m 10\n serial-number eq AB\n no serial-number eq ab\n");
  const PkiMap& map = running.pki.maps.at(0);
  EXPECT_EQ(map.entries[0].number, 10u);
  EXPECT_THAT(map.entries[0].rules, IsEmpty());
  EXPECT_THAT(map.entries[1].rules,
              ElementsAre(PkiMapRule{PkiField::kSubject, PkiOperator::kContains, "x", 0}));
}
TEST(PkiMap, WhatIsRefusedIsNamed) {
  const std::string map = "crypto pki certificate map m 1\n ";
  EXPECT_THAT(Bad(map + "expires-on lt tomorrow").message, HasSubstr("not a date"));
  EXPECT_EQ(Bad(map + "expires-on co Jan 1 2027").word, "co");
  EXPECT_EQ(Bad(map + "no name co x").message, "no such rule of this entry");
  EXPECT_EQ(Bad(map + "name co " + std::string(256, 'x')).message, "longer than 255 characters");
  EXPECT_EQ(Bad("no crypto pki certificate map m").message, "no such certificate map");
  EXPECT_EQ(Bad(map + "\nno crypto pki certificate map m 2").message,
            "no such entry of this certificate map");
  EXPECT_EQ(Good(map + "\nno crypto pki certificate map m 1").pki.maps.size(), 0u);
  // The ASA's form without a name stays for later.
  EXPECT_FALSE(Good("crypto ca certificate map 10\n subject-name co x\n").pending.empty());
}

TEST(PkiProfiles, WhatIsMissingIsSaid) {
  const std::string certificate = "\n  " + std::string(kSmall) + "\n  quit\n";
  const std::string begin = "crypto ikev2 profile p\n match identity remote any\n";
  const auto why = [&](const std::string& lines, const std::string& more = "") {
    const Running running = Good(begin + lines + more);
    return WhyIncomplete(running, running.ike.profiles.at(0));
  };
  const std::string local =
      " authentication local rsa-sig\n authentication remote pre-share key k\n";
  const std::string remote =
      " authentication local pre-share key k\n authentication remote ecdsa-sig\n";
  EXPECT_EQ(why(local), "authentication local rsa-sig needs a trustpoint that signs");
  EXPECT_EQ(why(local + " pki trustpoint t\n"), "trustpoint t is not defined");
  EXPECT_EQ(why(local + " pki trustpoint t verify\n", kTrust),
            "authentication local rsa-sig needs a trustpoint that signs");
  EXPECT_EQ(why(local + " pki trustpoint t\n", kTrust),
            "trustpoint t has no certificate of this system");
  EXPECT_EQ(why(local + " pki trustpoint t\n", kChain + " certificate ca 07" + certificate),
            "trustpoint t has no certificate of this system");
  EXPECT_EQ(why(local + " pki trustpoint t\n", kChain + " certificate 07" + certificate), "");
  EXPECT_EQ(why(remote), "authentication remote ecdsa-sig needs a trustpoint that verifies");
  EXPECT_EQ(why(remote, kTrust),
            "authentication remote ecdsa-sig needs a trustpoint that verifies");
  EXPECT_EQ(why(remote, kChain + " certificate ca 07" + certificate), "");
  EXPECT_EQ(why(remote + " pki trustpoint t sign\n", kTrust),
            "authentication remote ecdsa-sig needs a trustpoint that verifies");
  EXPECT_EQ(why(remote + " pki trustpoint t\n", kTrust), "trustpoint t has no certificate of a CA");
  EXPECT_EQ(why(remote + " pki trustpoint t verify\n", kChain + " certificate ca 07" + certificate),
            "");
  EXPECT_EQ(why(local + " pki trustpoint t\n match certificate m\n",
                kChain + " certificate 07" + certificate),
            "certificate map m is not defined");
}

}  // namespace
}  // namespace vam::config
