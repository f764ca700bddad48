#include "sw/pki/revocation.h"

#include <gtest/gtest.h>

#include "sw/pki/revocation_check.h"
#include "tests/support/vectors.h"
#include "tests/unit/sw/pki/chain.h"

namespace vam::pki {
namespace {

using test::CrlOptions;
using test::Identity;

constexpr auto kNone = RevocationCheck::kNone;
constexpr auto kCrl = RevocationCheck::kCrl;
constexpr auto kOcsp = RevocationCheck::kOcsp;

// The leaf below its CA, which is the anchor: one certificate to ask about.
class RevocationTest : public ::testing::Test {
 protected:
  Verification Ask(int64_t now_s = kNow) const {
    const std::vector<Certificate> others = {Read(chain_.ca)};
    return Verify(Read(chain_.leaf), others, ListOf(trustpoint_), now_s, cache_);
  }
  // "trusted", "ask", or why not.
  std::string Said(int64_t now_s = kNow) const {
    const Verification said = Ask(now_s);
    if (said.verdict == Verdict::kNeedsRevocation) return "ask";
    return said.verdict == Verdict::kTrusted ? "trusted" : said.why;
  }
  std::string Key() const { return CrlNeed(trustpoint_, Read(chain_.leaf)).key; }
  // What Verify says when the CRL is there.
  std::string With(const std::vector<uint8_t>& crl, int64_t now_s = kNow) {
    cache_.Clear();
    EXPECT_TRUE(cache_.Put(Key(), crl));
    return Said(now_s);
  }
  std::string WithCrl(const CrlOptions& options, int64_t now_s = kNow) {
    return With(chain_.ca.Crl(options), now_s);
  }
  static std::string Refused(const std::string& why) {
    return "The certificate of \"CN=gw\" is refused by trustpoint CA1: it " + why + ".";
  }

  Chain chain_;
  Trustpoint trustpoint_ = TrustOf(chain_.ca, {kCrl});
  RevocationCache cache_;
};

TEST_F(RevocationTest, WhatIsMissingIsNamed) {
  const Verification said = Ask();
  ASSERT_EQ(said.verdict, Verdict::kNeedsRevocation);
  ASSERT_EQ(said.needs.size(), 1u);
  EXPECT_EQ(said.needs[0].kind, kCrl);
  EXPECT_EQ(said.needs[0].trustpoint, "CA1");
  EXPECT_EQ(said.needs[0].urls, std::vector<std::string>{"http://ca/crl"});
  EXPECT_EQ(said.needs[0].key, Key());
  EXPECT_EQ(said.trustpoint, nullptr);
  ASSERT_TRUE(cache_.Put(said.needs[0].key, chain_.ca.Crl({})));
  EXPECT_EQ(Said(), "trusted");
}

TEST_F(RevocationTest, EmptyIsCrl) {
  trustpoint_.revocation.clear();
  EXPECT_EQ(Said(), "ask");
  trustpoint_.revocation = {kNone};
  EXPECT_EQ(Said(), "trusted");
}

TEST_F(RevocationTest, TheTrustpointsUrlGoesBefore) {
  trustpoint_.crl_url = "http://here/";
  EXPECT_EQ(Ask().needs.at(0).urls, std::vector<std::string>{"http://here/"});
}

TEST_F(RevocationTest, EachCertificateBelowTheAnchorIsAskedAbout) {
  trustpoint_ = TrustOf(chain_.root, {kCrl});
  const Verification said = Ask();
  ASSERT_EQ(said.needs.size(), 2u);
  EXPECT_EQ(said.needs[1].urls, std::vector<std::string>{"http://root/crl"});
  ASSERT_TRUE(cache_.Put(said.needs[0].key, chain_.ca.Crl({})));
  EXPECT_EQ(Ask().needs.size(), 1u);
  ASSERT_TRUE(cache_.Put(said.needs[1].key, chain_.root.Crl({})));
  EXPECT_EQ(Said(), "trusted");
  ASSERT_TRUE(cache_.Put(said.needs[1].key, chain_.root.Crl({.revoked = {chain_.ca.serial()}})));
  EXPECT_EQ(Said(),
            "The certificate of \"CN=gw\" is refused by trustpoint CA1: the certificate of "
            "\"CN=ca\", number " +
                Read(chain_.ca).serial() + ", is revoked.");
}

TEST_F(RevocationTest, RevokedIsRefused) {
  EXPECT_EQ(WithCrl({.revoked = {7, chain_.leaf.serial(), 9}}), Refused("is revoked"));
  EXPECT_EQ(WithCrl({.revoked = {7, 9}}), "trusted");
  trustpoint_.revocation = {kCrl, kNone};
  EXPECT_EQ(WithCrl({.revoked = {chain_.leaf.serial()}}), Refused("is revoked"));
}

// What was revoked stays so when nobody makes a newer CRL.
TEST_F(RevocationTest, OldCrlsStillRevoke) {
  trustpoint_.revocation = {kCrl, kNone};
  EXPECT_EQ(WithCrl({.revoked = {chain_.leaf.serial()}, .next_update_s = kNow - 1}),
            Refused("is revoked"));
  EXPECT_EQ(WithCrl({.next_update_s = kNow - 1}), "trusted") << "none: nobody says";
  trustpoint_.revocation = {kCrl};
  EXPECT_EQ(WithCrl({.next_update_s = kNow - 1}), Refused("may be revoked: CRL has expired"));
}

TEST_F(RevocationTest, CrlsThatSayNothing) {
  const uint64_t serial = chain_.leaf.serial();
  // Refused because nobody answers, never because of what these say.
  const auto nothing = [&](const std::vector<uint8_t>& crl) {
    std::string why = With(crl);
    EXPECT_NE(why.find("may be revoked: "), std::string::npos) << why;
    trustpoint_.revocation = {kCrl, kNone};
    EXPECT_EQ(With(crl), "trusted");
    trustpoint_.revocation = {kCrl};
    return why;
  };
  nothing(chain_.root.Crl({.revoked = {serial}}));
  nothing(Chain().ca.Crl({.revoked = {serial}}));
  nothing(chain_.ca.Crl({.revoked = {serial}, .this_update_s = kNow + 1}));
  nothing(chain_.ca.Crl({.revoked = {serial}, .next_update_s = 0}));
  nothing(chain_.ca.Crl({.revoked = {serial}, .hash = "SHA1"}));
  nothing(chain_.ca.Crl({.revoked = {serial}, .more = {{"1.2.3.4", "critical,DER:0500"}}}));
  nothing(chain_.ca.Crl({.revoked = {serial}, .more = {{"deltaCRL", "critical,DER:020101"}}}));
  nothing(chain_.ca.Crl({.revoked = {serial},
                         .more = {{"issuingDistributionPoint", "critical,@idp"}},
                         .sections = "[idp]\nonlyCA=TRUE\n"}));
  std::vector<uint8_t> forged = chain_.ca.Crl({.revoked = {serial}});
  forged.back() ^= 1;
  nothing(forged);
}

TEST_F(RevocationTest, ForUserCertificatesOnly) {
  EXPECT_EQ(WithCrl({.more = {{"issuingDistributionPoint", "critical,@idp"}},
                     .sections = "[idp]\nonlyuser=TRUE\n"}),
            "trusted");
}

// RFC 5280, 6.3.3 (f): another certificate of the same name, under the same anchor.
TEST_F(RevocationTest, CrlsOfAnotherKeyOfTheIssuer) {
  trustpoint_ = TrustOf(chain_.root, {kCrl});
  const auto signer = chain_.root.Issue({.subject = "CN=ca", .key_usage = "critical,cRLSign"});
  const auto said = [&](const Identity& brought, const Identity& by) {
    cache_.Clear();
    EXPECT_TRUE(cache_.Put(Key(), by.Crl({})));
    EXPECT_TRUE(cache_.Put(CrlNeed(trustpoint_, Read(chain_.ca)).key, chain_.root.Crl({})));
    const std::vector<Certificate> others = {Read(chain_.ca), Read(brought)};
    return Verify(Read(chain_.leaf), others, ListOf(trustpoint_), kNow, cache_).verdict;
  };
  EXPECT_EQ(said(signer, signer), Verdict::kTrusted);
  EXPECT_EQ(said(chain_.ca, signer), Verdict::kRefused) << "nobody knows who signed it";
  const Chain evil;
  EXPECT_EQ(said(evil.ca, evil.ca), Verdict::kRefused) << "no path to the anchor";
  const auto unable =
      chain_.root.Issue({.subject = "CN=ca", .key_usage = "critical,digitalSignature"});
  EXPECT_EQ(said(unable, unable), Verdict::kRefused);
  const auto weak =
      chain_.root.Issue({.subject = "CN=ca", .key_usage = "critical,cRLSign", .hash = "SHA1"});
  EXPECT_EQ(said(weak, weak), Verdict::kRefused);
}

TEST_F(RevocationTest, NobodyToAsk) {
  chain_.leaf = chain_.ca.Issue({.subject = "CN=gw"});
  EXPECT_EQ(Said(), Refused("may be revoked: it names no place of a CRL, and neither does the "
                            "trustpoint"));
  trustpoint_.revocation = {kOcsp, kCrl, kNone};
  EXPECT_EQ(Said(), "trusted");
}

TEST_F(RevocationTest, WhatFailedIsAskedForAgainLater) {
  cache_.Fail(Key(), kNow + 100);
  EXPECT_EQ(Said(), Refused("may be revoked: it could not be fetched"));
  EXPECT_EQ(Said(kNow + 99), Refused("may be revoked: it could not be fetched"));
  EXPECT_EQ(Said(kNow + 100), "ask");
}

TEST_F(RevocationTest, ACrlThatRanOutIsAskedForAgain) {
  EXPECT_EQ(WithCrl({.next_update_s = kNow + 1000}), "trusted");
  EXPECT_EQ(Said(kNow + 999), "trusted");
  EXPECT_EQ(Said(kNow + 1000), "ask");
  cache_.Fail(Key(), kNow + 1100);
  EXPECT_EQ(Said(kNow + 1000), Refused("may be revoked: CRL has expired"));
  EXPECT_EQ(Said(kNow + 1100), "ask");
  // What comes is as old: it is not asked for at once again.
  EXPECT_EQ(WithCrl({.next_update_s = kNow + 1000}, kNow + 1100),
            Refused("may be revoked: CRL has expired"));
  EXPECT_EQ(Said(kNow + 1100 + kAskAgainS - 1), Refused("may be revoked: CRL has expired"));
  EXPECT_EQ(Said(kNow + 1100 + kAskAgainS), "ask");
}

TEST_F(RevocationTest, RevokedIsNotAskedOfTheNextTrustpoint) {
  ASSERT_TRUE(cache_.Put(Key(), chain_.ca.Crl({.revoked = {chain_.leaf.serial()}})));
  Trustpoint lax = TrustOf(chain_.ca);
  lax.name = "LAX";
  const Trustpoints both = {std::make_shared<const Trustpoint>(trustpoint_),
                            std::make_shared<const Trustpoint>(lax)};
  EXPECT_EQ(Verify(Read(chain_.leaf), {}, both, kNow, cache_).verdict, Verdict::kRefused);
  cache_.Clear();
  cache_.Fail(Key(), kNow + 1);
  EXPECT_EQ(Verify(Read(chain_.leaf), {}, both, kNow, cache_).trustpoint, both[1].get());
}

TEST(RevocationCacheTest, Limits) {
  const Chain chain;
  RevocationCache cache;
  EXPECT_EQ(cache.Put("crl:a", std::vector<uint8_t>(kMaxCrlBytes + 1)).error().code,
            ErrorCode::kExhausted);
  EXPECT_EQ(cache.Put("ocsp:a", std::vector<uint8_t>(kMaxOcspBytes + 1)).error().code,
            ErrorCode::kExhausted);
  EXPECT_EQ(cache.Put("a", chain.ca.Crl({})).error().code, ErrorCode::kInvalidArgument);
  const std::vector<uint8_t> crl = chain.ca.Crl({});
  for (size_t i = 0; i < kMaxCacheEntries; ++i) {
    ASSERT_TRUE(cache.Put("crl:" + std::to_string(i), crl));
  }
  EXPECT_EQ(cache.bytes(), kMaxCacheEntries * crl.size());
  cache.Fail("crl:new", 1);
  EXPECT_EQ(cache.Find("crl:0"), nullptr) << "the oldest gives way";
  EXPECT_NE(cache.Find("crl:1"), nullptr);
  EXPECT_EQ(cache.bytes(), (kMaxCacheEntries - 1) * crl.size());
  ASSERT_TRUE(cache.Put("crl:1", crl));
  EXPECT_EQ(cache.bytes(), (kMaxCacheEntries - 1) * crl.size()) << "in place of the old one";
  cache.Clear();
  EXPECT_EQ(cache.bytes(), 0u);
}

// The count of what the cache held wrapped around.
TEST(RevocationCacheTest, Cve2021_41991_BytesAreBounded) {
  const Chain chain;
  CrlOptions options;
  for (uint64_t serial = 1; serial < 60'000; ++serial) options.revoked.push_back(serial << 32);
  const std::vector<uint8_t> crl = chain.ca.Crl(options);
  ASSERT_GT(crl.size(), 1'000'000u);
  RevocationCache cache;
  for (size_t i = 0; i < kMaxCacheBytes / crl.size() + 2; ++i) {
    ASSERT_TRUE(cache.Put("crl:" + std::to_string(i), crl));
    ASSERT_LE(cache.bytes(), kMaxCacheBytes);
  }
  EXPECT_EQ(cache.Find("crl:0"), nullptr);
}

TEST(RevocationCacheTest, OnlyWhatItSaysItIs) {
  const Chain chain;
  RevocationCache cache;
  const std::vector<uint8_t> crl = chain.ca.Crl({});
  const std::vector<uint8_t> answer = chain.ca.OcspAnswer(chain.leaf, chain.ca, {});
  EXPECT_FALSE(cache.Put("crl:a", answer));
  EXPECT_FALSE(cache.Put("ocsp:a", crl));
  EXPECT_FALSE(cache.Put("crl:a", {}));
  for (size_t size = 0; size < crl.size(); ++size) {
    EXPECT_FALSE(cache.Put("crl:a", Bytes(crl).first(size)));
  }
  for (size_t size = 0; size < answer.size(); ++size) {
    EXPECT_FALSE(cache.Put("ocsp:a", Bytes(answer).first(size)));
  }
  EXPECT_EQ(cache.bytes(), 0u);
  EXPECT_TRUE(cache.Put("ocsp:a", answer));
}

}  // namespace
}  // namespace vam::pki
