// NIST's Public Key Interoperability Test Suite (tests/vectors/pkits.txt).
#include <gtest/gtest.h>
#include <openssl/x509.h>

#include <iterator>
#include <memory>
#include <optional>
#include <sstream>

#include "sw/pki/path.h"
#include "sw/pki/revocation_check.h"
#include "sw/pki/verify.h"
#include "tests/support/vectors.h"

namespace vam::pki {
namespace {

// 2027-01-15, inside the validity of what PKITS means to be valid.
constexpr int64_t kNow = 1'800'000'000;

std::vector<std::string> Words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

struct Crl {
  std::vector<uint8_t> der;
  std::shared_ptr<X509_CRL> crl;
};

struct Case {
  std::string name;
  std::optional<Certificate> leaf;
  std::vector<Certificate> others;
  std::vector<Crl> crls;
  bool valid = false;
  bool complete = true;  // all certificates are of kinds that are taken here
};

std::vector<uint8_t> File(const std::string& name) {
  return test::LoadDebianFile("x509/PKITS_data/" + name);
}

Certificate Anchor() { return *Certificate::FromDer(File("certs/TrustAnchorRootCertificate.crt")); }

Case Load(const test::VectorRecord& record) {
  Case out;
  out.name = record.fields.at("Test") + " " + record.fields.at("Leaf");
  const auto leaf = Certificate::FromDer(File("certs/" + record.fields.at("Leaf") + ".crt"));
  if (leaf) out.leaf = *leaf;
  for (const std::string& name : Words(record.fields.at("Certificates"))) {
    const auto one = Certificate::FromDer(File("certs/" + name + ".crt"));
    if (one) out.others.push_back(*one);
    out.complete = out.complete && one.has_value();
  }
  for (const std::string& name : Words(record.fields.at("Crls"))) {
    Crl crl;
    crl.der = File("crls/" + name + ".crl");
    const uint8_t* end = crl.der.data();
    crl.crl.reset(d2i_X509_CRL(nullptr, &end, static_cast<long>(crl.der.size())), X509_CRL_free);
    EXPECT_NE(crl.crl, nullptr) << name;
    out.crls.push_back(std::move(crl));
  }
  out.valid = record.fields.at("Result") == "valid";
  return out;
}

std::vector<test::VectorRecord> Records() { return test::LoadVectors("pkits.txt", "Test"); }

std::shared_ptr<Trustpoint> Trust() {
  auto trustpoint = std::make_shared<Trustpoint>();
  trustpoint->name = "PKITS";
  trustpoint->anchors = {Anchor()};
  // PKITS names no URLs.
  trustpoint->crl_url = "http://crl.example.com/";
  return trustpoint;
}

// By all CRLs of the test at once, as they are meant.
bool IsValid(const Case& one) {
  if (!one.leaf || !one.complete) return false;
  const auto trustpoint = Trust();
  const PathQuestion question{*one.leaf, one.others, *trustpoint, kNow};
  const Path path = FindPath(question);
  if (path.certificates.empty()) return false;
  std::vector<X509_CRL*> crls;
  for (const Crl& crl : one.crls) crls.push_back(crl.crl.get());
  for (const Finding& finding : CheckCrls(question, path, crls)) {
    if (finding.word != RevocationWord::kGood) return false;
  }
  return true;
}

TEST(PkitsTest, PathsAndCrls) {
  size_t run = 0;
  size_t skipped = 0;
  for (const test::VectorRecord& record : Records()) {
    const Case one = Load(record);
    if (record.Has("Skip")) {
      ++skipped;
      continue;
    }
    EXPECT_EQ(IsValid(one), one.valid) << one.name;
    ++run;
  }
  EXPECT_EQ(run, 211u);
  EXPECT_EQ(skipped, 13u);
}

// The CRL of each certificate's issuer, by the name. Empty: several have it, or none.
std::vector<uint8_t> CrlOf(const Case& one, const Certificate& subject) {
  std::vector<uint8_t> found;
  for (const Crl& crl : one.crls) {
    if (X509_NAME_cmp(X509_CRL_get_issuer(crl.crl.get()), X509_get_issuer_name(subject.x509())) !=
        0) {
      continue;
    }
    if (!found.empty()) return {};
    found = crl.der;
  }
  return found;
}

RevocationCache CacheOf(const Case& one, const Trustpoint& trustpoint) {
  RevocationCache cache;
  std::vector<Certificate> all = one.others;
  all.push_back(*one.leaf);
  for (const Certificate& subject : all) {
    const std::string key = CrlNeed(trustpoint, subject).key;
    const std::vector<uint8_t> crl = CrlOf(one, subject);
    if (crl.empty()) {
      cache.Fail(key, kNow + 1);
    } else {
      EXPECT_TRUE(cache.Put(key, crl)) << one.name;
    }
  }
  return cache;
}

// The same through Verify and its cache: an issuer has one CRL at the trustpoint's URL.
TEST(PkitsTest, Verify) {
  std::vector<std::string> trusted_wrongly;
  std::vector<std::string> refused_wrongly;
  size_t right = 0;
  for (const test::VectorRecord& record : Records()) {
    const Case one = Load(record);
    if (!one.leaf || !one.complete || record.Has("Skip")) continue;
    const std::vector<std::shared_ptr<const Trustpoint>> trustpoints = {Trust()};
    const RevocationCache cache = CacheOf(one, *trustpoints[0]);
    const Verification said = Verify(*one.leaf, one.others, trustpoints, kNow, cache);
    ASSERT_NE(said.verdict, Verdict::kNeedsRevocation) << one.name;
    const bool trusted = said.verdict == Verdict::kTrusted;
    EXPECT_NE(trusted, !said.why.empty()) << one.name;
    right += trusted == one.valid ? 1 : 0;
    if (trusted && !one.valid) trusted_wrongly.push_back(record.fields.at("Test"));
    if (!trusted && one.valid) refused_wrongly.push_back(record.fields.at("Test"));
  }
  EXPECT_EQ(trusted_wrongly, std::vector<std::string>{});
  // Several CRLs of one issuer, or CRLs of another one, which no single place can have.
  EXPECT_EQ(refused_wrongly,
            (std::vector<std::string>{"4.5.3", "4.5.4", "4.5.6", "4.14.18", "4.14.19", "4.14.24",
                                      "4.14.25", "4.14.28", "4.14.29", "4.14.33"}));
  EXPECT_EQ(right, 200u);
}

}  // namespace
}  // namespace vam::pki
