// CRLs and OCSP answers in a set-up: fetched once, waited for, and what follows from them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sw/ike/v2/exchange/informational.h"
#include "tests/ike/certificates.h"
#include "tests/ike/forge.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test
using pki::RevocationCheck;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kCrl = "http://crl.example.com/root.crl";
constexpr const char* kOcsp = "http://ocsp.example.com/";
constexpr int64_t kSoon = 1'700'000'000 + 7'200;  // the network begins at 1'700'000'000

// b looks at revocation, a does not.
struct RevocationNetwork : CertificateNetwork {
  explicit RevocationNetwork(std::vector<RevocationCheck> checks, uint64_t seed = 1)
      : CertificateNetwork(seed) {
    ConfigureB(
        {.own = LeafOfB(), .revocation = std::move(checks), .crl_url = kCrl, .ocsp_url = kOcsp});
  }
  void ServeCrl(std::vector<uint64_t> revoked, int64_t until_s = kSoon) {
    b.pki.Serve(kCrl, Root().Crl({.revoked = std::move(revoked), .next_update_s = until_s}));
  }
  void ServeOcsp(vam::test::OcspStatus status) {
    b.pki.Serve(kOcsp, Root().OcspAnswer(LeafOfA(), Root(), {.status = status}));
  }
};

// ---- lists

TEST(RevocationTest, NotOnTheList) {
  RevocationNetwork net({RevocationCheck::kCrl});
  net.ServeCrl({4711});
  net.SetUp();
  EXPECT_EQ(net.WhyNotUp(), "");
  EXPECT_THAT(net.b.pki.fetched(), ElementsAre(kCrl));
}

TEST(RevocationTest, OnTheList) {
  RevocationNetwork net({RevocationCheck::kCrl});
  net.ServeCrl({LeafOfA().serial()});
  net.SetUp();
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed certificate_refused"));
  EXPECT_THAT(net.a.record.lines(), ElementsAre("ike failed refused_by_peer"));
  EXPECT_THAT(net.b.pki.signed_by(), IsEmpty());
}

TEST(RevocationTest, NoListWhereOneIsNeeded) {
  RevocationNetwork net({RevocationCheck::kCrl});
  net.SetUp();
  EXPECT_EQ(net.b.IkeSas(), 0U);
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed certificate_refused"));
  EXPECT_THAT(net.b.pki.fetched(), SizeIs(1));
}

TEST(RevocationTest, NoListWhereOneWouldBeGood) {
  RevocationNetwork net({RevocationCheck::kCrl, RevocationCheck::kNone});
  net.SetUp();
  EXPECT_EQ(net.WhyNotUp(), "");
}

TEST(RevocationTest, AListOfSomebodyElse) {
  const auto evil = Issued::SelfSigned({.subject = "CN=root,O=Example", .ca = true});
  RevocationNetwork net({RevocationCheck::kCrl});
  net.b.pki.Serve(kCrl, evil.Crl({.next_update_s = kSoon}));
  net.SetUp();
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed certificate_refused"));
}

TEST(RevocationTest, WhatIsNoListIsNone) {
  for (const Buffer& answer : {Buffer(), Buffer(40, 0x30), Buffer(pki::kMaxCrlBytes + 1, 0x30)}) {
    RevocationNetwork net({RevocationCheck::kCrl});
    net.b.pki.Serve(kCrl, answer);
    net.SetUp();
    EXPECT_EQ(net.b.Up(), nullptr);
    EXPECT_EQ(net.b.IkeSas(), 0U);
  }
}

// ---- OCSP

TEST(RevocationTest, OcspSaysGood) {
  RevocationNetwork net({RevocationCheck::kOcsp});
  net.ServeOcsp(vam::test::OcspStatus::kGood);
  net.SetUp();
  EXPECT_EQ(net.WhyNotUp(), "");
  EXPECT_THAT(net.b.pki.fetched(), ElementsAre(kOcsp));
}

TEST(RevocationTest, OcspSaysRevoked) {
  RevocationNetwork net({RevocationCheck::kOcsp, RevocationCheck::kCrl, RevocationCheck::kNone});
  net.ServeOcsp(vam::test::OcspStatus::kRevoked);
  net.ServeCrl({});
  net.SetUp();
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed certificate_refused"));
}

TEST(RevocationTest, OcspFailsAndTheListCounts) {
  for (const bool revoked : {false, true}) {
    RevocationNetwork net({RevocationCheck::kOcsp, RevocationCheck::kCrl});
    net.b.pki.Serve(kOcsp, vam::test::OcspError(3));
    net.ServeCrl(revoked ? std::vector<uint64_t>{LeafOfA().serial()} : std::vector<uint64_t>{});
    net.SetUp();
    EXPECT_EQ(net.WhyNotUp().empty(), !revoked);
    EXPECT_THAT(net.b.pki.fetched(), ElementsAre(kOcsp, kCrl));
  }
}

// ---- time

TEST(RevocationTest, MgmtIsSlow) {
  RevocationNetwork net({RevocationCheck::kCrl});
  net.ServeCrl({});
  net.b.pki.SetMgmt(true, false);
  net.a.Acquire(1);
  net.Pass(14'000);
  EXPECT_THAT(net.b.record.lines(), IsEmpty());
  net.b.pki.SetMgmt(true);
  net.Run();
  EXPECT_EQ(net.WhyNotUp(), "");
  EXPECT_THAT(net.b.pki.fetched(), SizeIs(1));
}

TEST(RevocationTest, MgmtDoesNotAnswer) {
  RevocationNetwork net({RevocationCheck::kCrl});
  net.b.pki.SetMgmt(true, false);
  net.a.Acquire(1);
  net.Pass(16'000);
  net.Run();
  EXPECT_EQ(net.b.IkeSas(), 0U);
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed certificate_refused"));
  EXPECT_EQ(net.b.pki.revocation.pending(), 0U);
}

TEST(RevocationTest, MgmtIsRestarted) {
  RevocationNetwork net({RevocationCheck::kCrl});
  net.ServeCrl({});
  net.b.pki.SetMgmt(true, false);
  net.a.Acquire(1);
  net.Pass(1'000);
  net.b.pki.SetMgmt(false);
  net.Pass(5'000);
  net.b.pki.SetMgmt(true);
  net.Run();
  EXPECT_EQ(net.WhyNotUp(), "");
  EXPECT_THAT(net.b.pki.fetched(), SizeIs(2));
}

// Where a list is only wanted, that mgmt is away costs its time and nothing else.
TEST(RevocationTest, MgmtIsAwayAndNothingDependsOnIt) {
  RevocationNetwork net({RevocationCheck::kCrl, RevocationCheck::kNone});
  net.b.pki.SetMgmt(false);
  net.SetUp();
  EXPECT_EQ(net.WhyNotUp(), "");
}

// ---- shared by all

TEST(RevocationTest, FetchedOnceAndKept) {
  RevocationNetwork net({RevocationCheck::kCrl});
  net.ServeCrl({});
  net.SetUp();
  ASSERT_EQ(net.WhyNotUp(), "");
  DeleteIke(net.a.machine.core(), *net.a.Up(), Cause::kClearedByOperator);
  net.a.machine.Poll();
  net.Run();
  ASSERT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.WhyNotUp(), "");
  EXPECT_THAT(net.b.pki.fetched(), SizeIs(1));
}

TEST(RevocationTest, ANewListIsFetchedWhenTheOldOneEnds) {
  RevocationNetwork net({RevocationCheck::kCrl});
  net.ServeCrl({}, 1'700'000'000 + 600);
  net.SetUp();
  ASSERT_EQ(net.WhyNotUp(), "");
  DeleteIke(net.a.machine.core(), *net.a.Up(), Cause::kClearedByOperator);
  net.a.machine.Poll();
  net.Pass(700'000);
  net.b.pki.Serve(kCrl, Root().Crl({.revoked = {LeafOfA().serial()},
                                    .this_update_s = 1'700'000'600,
                                    .next_update_s = kSoon}));
  net.a.Acquire(1);
  net.Run();
  EXPECT_THAT(net.b.pki.fetched(), SizeIs(2));
  EXPECT_EQ(net.b.record.Count("ike failed certificate_refused"), 1U);
}

TEST(RevocationTest, ManyThatWaitForTheSame) {
  RevocationNetwork net({RevocationCheck::kCrl});
  net.ServeCrl({});
  net.b.pki.SetMgmt(true, false);
  for (uint64_t i = 1; i <= 5; ++i) {
    net.a.Acquire(i);
    net.Pass(100);
    // The next one is an IKE SA of its own.
    for (const auto& [spi, sa] : net.a.machine.core().sas()) {
      net.a.machine.core().End(*sa, Cause::kClearedByOperator);
    }
    net.a.machine.Poll();
  }
  EXPECT_EQ(net.b.IkeSas(), 5U);
  EXPECT_THAT(net.b.pki.fetched(), SizeIs(1));
  net.b.pki.SetMgmt(true);
  net.Run(1'000);
  EXPECT_EQ(net.b.record.Count("ike up"), 5U);
}

// A server that is down is asked once in a while, not once for each peer.
TEST(RevocationTest, AFailureIsRemembered) {
  RevocationNetwork net({RevocationCheck::kCrl});
  for (int i = 0; i < 5; ++i) {
    net.a.Acquire(1);
    net.Run();
  }
  EXPECT_THAT(net.b.pki.fetched(), SizeIs(1));
  net.Pass(61'000);
  net.ServeCrl({});
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.WhyNotUp(), "");
  EXPECT_THAT(net.b.pki.fetched(), SizeIs(2));
}

// ---- nobody is asked for a stranger

// The URLs are those of a certificate that nobody trusts.
TEST(RevocationTest, Cve2022_40617_UrlsOfStrangersAreNotFetched) {
  const auto evil = Issued::SelfSigned(
      {.subject = "CN=root,O=Example", .ca = true, .crl_urls = {"http://victim.example.com/"}});
  CertificateNetwork net(1);
  net.ConfigureB({.own = LeafOfB(), .revocation = {RevocationCheck::kCrl}});
  net.ConfigureA({.own = evil.Issue({.subject = "CN=a,O=Example",
                                     .crl_urls = {"http://victim.example.com/"},
                                     .ocsp_urls = {"http://victim.example.com/"}}),
                  .intermediates = {evil}});
  net.SetUp();
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed certificate_refused"));
  EXPECT_THAT(net.b.pki.fetched(), IsEmpty());
}

// The certificate is good and public; who shows it does not have its key.
TEST(RevocationTest, NothingIsFetchedForABorrowedCertificate) {
  CertificateNetwork net(1);
  const auto leaf = Root().Issue({.subject = "CN=a,O=Example", .crl_urls = {kCrl}});
  net.ConfigureB({.own = LeafOfB(), .revocation = {RevocationCheck::kCrl}});
  net.ConfigureA({.own = leaf});
  struct Spoil final : Journal {
    void StateChange(const IkeSa& sa, IkeSa::State next) override {
      // Its signature is of another IKE SA.
      if (!sa.initiator && next == IkeSa::State::kAuth) sa.setup->nonce_r[0] ^= 1;
    }
  } spoil;
  net.b.record.also = &spoil;
  net.SetUp();
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed auth_failed"));
  EXPECT_THAT(net.b.pki.fetched(), IsEmpty());
}

TEST(RevocationTest, TheUrlOfTheCertificate) {
  const auto leaf = Root().Issue({.subject = "CN=a,O=Example", .crl_urls = {kCrl}});
  CertificateNetwork net(1);
  net.ConfigureB({.own = LeafOfB(), .revocation = {RevocationCheck::kCrl}});
  net.ConfigureA({.own = leaf});
  net.b.pki.Serve(kCrl, Root().Crl({.next_update_s = kSoon}));
  net.SetUp();
  EXPECT_EQ(net.WhyNotUp(), "");
  EXPECT_THAT(net.b.pki.fetched(), ElementsAre(kCrl));
}

}  // namespace
}  // namespace vam::ike::test
