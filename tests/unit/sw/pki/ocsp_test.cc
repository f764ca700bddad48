#include "sw/pki/ocsp.h"

#include <gtest/gtest.h>

#include "sw/pki/revocation_check.h"
#include "tests/support/vectors.h"
#include "tests/unit/sw/pki/chain.h"

namespace vam::pki {
namespace {

using test::Identity;
using test::OcspOptions;
using test::OcspStatus;

class OcspTest : public ::testing::Test {
 protected:
  std::string Said(int64_t now_s = kNow) const {
    const Verification said = Verify(Read(chain_.leaf), {}, ListOf(trustpoint_), now_s, cache_);
    if (said.verdict == Verdict::kNeedsRevocation) return "ask";
    return said.verdict == Verdict::kTrusted ? "trusted" : said.why;
  }
  FetchNeed Need() const { return OcspNeed(trustpoint_, Read(chain_.leaf), Read(chain_.ca)); }
  std::string With(const std::vector<uint8_t>& answer, int64_t now_s = kNow) {
    cache_.Clear();
    EXPECT_TRUE(cache_.Put(Need().key, answer));
    return Said(now_s);
  }
  std::string WithAnswer(const OcspOptions& options, int64_t now_s = kNow) {
    return With(chain_.ca.OcspAnswer(chain_.leaf, chain_.ca, options), now_s);
  }
  std::string By(const Identity& signer) {
    return With(signer.OcspAnswer(chain_.leaf, chain_.ca, {}));
  }
  static std::string Refused(const std::string& why) {
    return "The certificate of \"CN=gw\" is refused by trustpoint CA1: it " + why + ".";
  }
  static test::CertificateOptions Delegate() {
    return {.subject = "CN=ocsp",
            .key_usage = "digitalSignature",
            .more = {{"extendedKeyUsage", "OCSPSigning"}}};
  }

  Chain chain_;
  Trustpoint trustpoint_ = TrustOf(chain_.ca, {RevocationCheck::kOcsp});
  RevocationCache cache_;
};

TEST_F(OcspTest, TheRequestIsOneThatLibcryptoReads) {
  const Verification said = Verify(Read(chain_.leaf), {}, ListOf(trustpoint_), kNow, cache_);
  ASSERT_EQ(said.needs.size(), 1u);
  const FetchNeed& need = said.needs[0];
  EXPECT_EQ(need.kind, RevocationCheck::kOcsp);
  EXPECT_EQ(need.urls, std::vector<std::string>{"http://ca/ocsp"});
  const uint8_t* end = need.ocsp_request.data();
  const std::shared_ptr<OCSP_REQUEST> request(
      d2i_OCSP_REQUEST(nullptr, &end, static_cast<long>(need.ocsp_request.size())),
      OCSP_REQUEST_free);
  ASSERT_NE(request, nullptr);
  ASSERT_EQ(OCSP_request_onereq_count(request.get()), 1);
  const std::shared_ptr<OCSP_CERTID> id(
      OCSP_cert_to_id(EVP_sha1(), chain_.leaf.x509(), chain_.ca.x509()), OCSP_CERTID_free);
  EXPECT_EQ(OCSP_id_cmp(OCSP_onereq_get0_id(OCSP_request_onereq_get0(request.get(), 0)), id.get()),
            0);
  trustpoint_.ocsp_url = "http://here/";
  EXPECT_EQ(Need().urls, std::vector<std::string>{"http://here/"});
  EXPECT_NE(Need().key, need.key);
}

TEST_F(OcspTest, GoodRevokedUnknown) {
  EXPECT_EQ(WithAnswer({}), "trusted");
  EXPECT_EQ(WithAnswer({.by_key = true}), "trusted");
  EXPECT_EQ(WithAnswer({.status = OcspStatus::kRevoked}), Refused("is revoked"));
  EXPECT_EQ(WithAnswer({.status = OcspStatus::kUnknown}),
            Refused("may be revoked: the OCSP responder does not know the certificate"));
  EXPECT_EQ(With(test::OcspError(3)),
            Refused("may be revoked: the OCSP responder answered with an error"));
}

TEST_F(OcspTest, EveryKindOfKeySigns) {
  for (const test::KeyChoice key :
       {test::KeyChoice::kRsa2048, test::KeyChoice::kP384, test::KeyChoice::kEd25519}) {
    chain_.ca = Identity::SelfSigned({.subject = "CN=ca", .key = key, .ca = true});
    chain_.leaf = chain_.ca.Issue(Chain::LeafOptions());
    trustpoint_ = TrustOf(chain_.ca, {RevocationCheck::kOcsp});
    EXPECT_EQ(WithAnswer({}), "trusted") << static_cast<int>(key);
  }
}

TEST_F(OcspTest, Times) {
  EXPECT_EQ(WithAnswer({.next_update_s = kNow}, kNow + kOcspSkewS), "trusted");
  EXPECT_EQ(WithAnswer({.next_update_s = kNow}, kNow + kOcspSkewS + 1),
            Refused("may be revoked: the OCSP answer is too old"));
  EXPECT_EQ(WithAnswer({.this_update_s = kNow + kOcspSkewS}), "trusted");
  EXPECT_EQ(WithAnswer({.this_update_s = kNow + kOcspSkewS + 1}),
            Refused("may be revoked: the OCSP answer is of the future"));
  EXPECT_EQ(WithAnswer({.this_update_s = kNow - kOcspAgeS, .next_update_s = 0}), "trusted");
  EXPECT_EQ(WithAnswer({.this_update_s = kNow - kOcspAgeS - kOcspSkewS - 1, .next_update_s = 0}),
            Refused("may be revoked: the OCSP answer is too old"));
  EXPECT_EQ(WithAnswer({.status = OcspStatus::kRevoked, .next_update_s = kNow - 10'000}),
            Refused("is revoked"))
      << "what was revoked stays so";
}

TEST_F(OcspTest, AnAnswerThatRanOutIsAskedForAgain) {
  EXPECT_EQ(WithAnswer({.next_update_s = kNow + 1000}), "trusted");
  EXPECT_EQ(Said(kNow + 1000 + kOcspSkewS + 1), "ask");
}

TEST_F(OcspTest, DelegatesOfTheIssuer) {
  EXPECT_EQ(By(chain_.ca.Issue(Delegate())), "trusted");
  auto options = Delegate();
  options.key_usage.clear();
  EXPECT_EQ(By(chain_.ca.Issue(options)), "trusted");
  options = Delegate();
  options.more.clear();
  EXPECT_EQ(By(chain_.ca.Issue(options)),
            Refused("may be revoked: the certificate behind the OCSP answer is not for signing "
                    "OCSP answers"));
  options = Delegate();
  options.key_usage = "keyEncipherment";
  EXPECT_NE(By(chain_.ca.Issue(options)), "trusted");
  options = Delegate();
  options.not_after_s = kNow - 1;
  EXPECT_NE(By(chain_.ca.Issue(options)), "trusted");
  options = Delegate();
  options.hash = "SHA1";
  EXPECT_NE(By(chain_.ca.Issue(options)), "trusted");
  options = Delegate();
  options.more.emplace_back("1.2.3.4", "critical,DER:0500");
  EXPECT_NE(By(chain_.ca.Issue(options)), "trusted");
}

TEST_F(OcspTest, OthersDoNotAnswer) {
  const std::string stranger =
      Refused("may be revoked: the OCSP answer is not signed by the issuer nor by its delegate");
  EXPECT_EQ(By(chain_.root), stranger);
  EXPECT_EQ(By(chain_.root.Issue(Delegate())), stranger) << "a delegate of another CA";
  EXPECT_EQ(By(Chain().ca.Issue(Delegate())), stranger) << "of one with the same name";
  EXPECT_EQ(By(Identity::SelfSigned(Delegate())), stranger);
  EXPECT_NE(By(Chain().ca), "trusted") << "the issuer's name, another key";
  EXPECT_EQ(By(chain_.leaf),
            Refused("may be revoked: the certificate behind the OCSP answer is not for signing "
                    "OCSP answers"));
}

TEST_F(OcspTest, AnswersAboutOthers) {
  const auto other = chain_.ca.Issue({.subject = "CN=other"});
  EXPECT_EQ(With(chain_.ca.OcspAnswer(other, chain_.ca, {})),
            Refused("may be revoked: the OCSP answer is about other certificates"));
}

// No byte of the signed part or of the signature can be changed.
TEST_F(OcspTest, EveryByteFlipped) {
  const std::vector<uint8_t> good = chain_.ca.OcspAnswer(chain_.leaf, chain_.ca, {});
  const size_t certificate = chain_.ca.certificate().size();  // behind the signature
  size_t read = 0;
  for (size_t i = 0; i < good.size() - certificate; ++i) {
    std::vector<uint8_t> bad = good;
    bad[i] ^= 0x01;
    cache_.Clear();
    if (!cache_.Put(Need().key, bad)) continue;
    ++read;
    EXPECT_NE(Said(), "trusted") << i;
  }
  EXPECT_GT(read, 100u);
}

TEST_F(OcspTest, TheNextMethodWhenNobodyAnswers) {
  trustpoint_.revocation = {RevocationCheck::kOcsp, RevocationCheck::kCrl};
  EXPECT_EQ(Said(), "ask");
  cache_.Fail(Need().key, kNow + 100);
  const Verification said = Verify(Read(chain_.leaf), {}, ListOf(trustpoint_), kNow, cache_);
  ASSERT_EQ(said.needs.size(), 1u);
  EXPECT_EQ(said.needs[0].kind, RevocationCheck::kCrl);
  ASSERT_TRUE(cache_.Put(said.needs[0].key, chain_.ca.Crl({})));
  EXPECT_EQ(Said(), "trusted");
  ASSERT_TRUE(cache_.Put(
      Need().key, chain_.ca.OcspAnswer(chain_.leaf, chain_.ca, {.status = OcspStatus::kUnknown})));
  EXPECT_EQ(Said(), "trusted");
  trustpoint_.revocation = {RevocationCheck::kOcsp, RevocationCheck::kNone};
  EXPECT_EQ(Said(), "trusted");
}

// Of python3-cryptography-vectors: those that others tripped over. All are read, or refused as
// malformed; none is about this certificate.
TEST_F(OcspTest, StrangeAnswersOfOthers) {
  size_t answers = 0;
  for (const std::string& file : test::ListDebianFiles("x509/ocsp")) {
    if (file.find("resp") == std::string::npos) continue;
    ++answers;
    cache_.Clear();
    if (!cache_.Put(Need().key, test::LoadDebianFile("x509/ocsp/" + file))) continue;
    EXPECT_NE(Said(1'500'000'000 + 300'000'000).find("may be revoked"), std::string::npos) << file;
  }
  EXPECT_GT(answers, 10u);
}

}  // namespace
}  // namespace vam::pki
