// IKE SAs end, or are made anew, when what the peer proved itself by expires (RFC 4478 in spirit;
// RFC 5280, 4.1.2.5).
#include <gtest/gtest.h>

#include <string>

#include "tests/ike/certificates.h"

namespace vam::ike::test {
namespace {

using v2::IkeSa;

constexpr uint64_t kSecondMs = 1'000;
constexpr int64_t kNow = 1'700'000'000;
constexpr int64_t kHour = 3'600;

Issued Expiring(const std::string& name, int64_t after_s, const Issued& issuer = Root()) {
  return issuer.Issue({.subject = "CN=" + name + ",O=Example",
                       .dns = {name + ".example.com"},
                       .not_before_s = kNow - kHour,
                       .not_after_s = kNow + after_s});
}

// We were called: at its time the IKE SA goes, and the peer is told.
TEST(CertificateExpiryTest, ThatOfACallerEndsIt) {
  CertificateNetwork net(1);
  net.ConfigureA({.own = Expiring("a", kHour)});
  net.SetUp();
  ASSERT_EQ(net.WhyNotUp(), "");
  net.Pass(3'590 * kSecondMs);
  EXPECT_EQ(net.WhyNotUp(), "");
  net.Pass(15 * kSecondMs);
  EXPECT_EQ(net.b.IkeSas(), 0U);
  EXPECT_EQ(net.a.IkeSas(), 0U);
  EXPECT_EQ(net.b.record.Count("ike down certificate_expired"), 1U);
  EXPECT_EQ(net.a.record.Count("ike down deleted_by_peer"), 1U);
  EXPECT_EQ(net.b.fwd.sas().size(), 0U) << "its children go with it";
  // What calls again must have another one.
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.a.Up(), nullptr);
  EXPECT_EQ(net.b.record.Count("ike failed certificate_refused"), 1U);
}

// We called: in time the peer proves itself by its new one, and no packet is lost.
TEST(CertificateExpiryTest, WhoCalledHasItProvedAnew) {
  CertificateNetwork net(2);
  net.ConfigureB({.own = Expiring("b", kHour)});
  net.SetUp();
  ASSERT_EQ(net.WhyNotUp(), "");
  const uint64_t first = net.a.Up()->number;
  net.Pass(1'800 * kSecondMs);
  EXPECT_EQ(net.a.Up()->number, first);
  net.ConfigureB({.own = Expiring("b", 10 * kHour)});
  net.Pass(1'900 * kSecondMs);
  EXPECT_EQ(net.WhyNotUp(), "");
  EXPECT_NE(net.a.Up()->number, first);
  EXPECT_EQ(net.a.Up()->trusted_until_s, kNow + 10 * kHour);
  EXPECT_EQ(net.a.record.Count("ike down certificate_expired"), 0U);
  EXPECT_EQ(net.a.fwd.gaps() + net.b.fwd.gaps(), 0U);
}

// The peer has no other one: it ends, and what tries again does so a few times alone.
TEST(CertificateExpiryTest, WithoutANewOneItEnds) {
  CertificateNetwork net(3);
  net.ConfigureB({.own = Expiring("b", kHour)});
  net.SetUp();
  ASSERT_EQ(net.WhyNotUp(), "");
  net.Pass(3'610 * kSecondMs);
  EXPECT_EQ(net.a.IkeSas(), 0U);
  EXPECT_EQ(net.a.record.Count("ike down certificate_expired"), 1U);
  EXPECT_LE(net.a.record.Count("ike up"), 5U);
}

// It holds for as long as it did when it was shown: a wall clock that is set later is not followed.
TEST(CertificateExpiryTest, AClockThatIsSetLater) {
  for (const int64_t ahead_s : {-365 * 24 * kHour, 2 * kHour, 365 * 24 * kHour}) {
    SCOPED_TRACE(ahead_s);
    CertificateNetwork net(10);
    net.ConfigureA({.own = Expiring("a", kHour)});
    net.SetUp();
    ASSERT_EQ(net.WhyNotUp(), "");
    net.clock_b.SetAheadS(ahead_s);
    net.Pass(3'590 * kSecondMs);
    EXPECT_EQ(net.WhyNotUp(), "");
    net.Pass(15 * kSecondMs);
    EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
  }
}

// Before a set-up it counts: what is not good yet, or not any more, proves nothing.
TEST(CertificateExpiryTest, AClockThatIsFarOff) {
  for (const int64_t ahead_s : {-2 * kHour, 2 * kHour}) {
    SCOPED_TRACE(ahead_s);
    CertificateNetwork net(11);
    net.ConfigureA({.own = Expiring("a", kHour)});
    net.clock_b.SetAheadS(ahead_s);
    net.SetUp();
    EXPECT_EQ(net.b.Up(), nullptr);
    EXPECT_EQ(net.b.record.Count("ike failed certificate_refused"), 1U);
    net.clock_b.SetAheadS(0);
    net.a.Acquire(2);
    net.Run();
    EXPECT_NE(net.b.Up(), nullptr) << "somebody set it right";
  }
}

// Rekeying makes nobody prove anything: the time stays.
TEST(CertificateExpiryTest, RekeyingDoesNotPutItOff) {
  CertificateNetwork net(4);
  const auto profile = ProfileOf(TunnelOfB(), {.own = LeafOfB()});
  profile->lifetime_s = 600;
  net.b.SetPolicy(PolicyWith(TunnelOfB(), profile));
  net.ConfigureA({.own = Expiring("a", kHour)});
  net.SetUp();
  ASSERT_EQ(net.WhyNotUp(), "");
  const uint64_t first = net.b.Up()->number;
  net.Pass(3'000 * kSecondMs);
  ASSERT_EQ(net.WhyNotUp(), "");
  EXPECT_NE(net.b.Up()->number, first);
  net.Pass(605 * kSecondMs);
  EXPECT_EQ(net.b.IkeSas(), 0U);
  EXPECT_EQ(net.b.record.Count("ike down certificate_expired"), 1U);
}

// An authority between expires before the certificate does.
TEST(CertificateExpiryTest, ThatOfAnAuthorityCountsToo) {
  CertificateNetwork net(5);
  const auto ca = Root().Issue(
      {.subject = "CN=ca", .not_before_s = kNow - kHour, .not_after_s = kNow + kHour, .ca = true});
  net.ConfigureA({.own = Expiring("a", 5 * kHour, ca), .intermediates = {ca}});
  net.SetUp();
  ASSERT_EQ(net.WhyNotUp(), "");
  EXPECT_EQ(net.b.Up()->trusted_until_s, kNow + kHour);
  net.Pass(3'605 * kSecondMs);
  EXPECT_EQ(net.b.record.Count("ike down certificate_expired"), 1U);
}

// `reauth`: what is told to the peer is no longer than its certificate holds.
TEST(CertificateExpiryTest, TheShorterTimeIsTold) {
  CertificateNetwork net(6);
  const auto profile = ProfileOf(TunnelOfB(), {.own = LeafOfB()});
  profile->reauth_s = 7'200;
  net.b.SetPolicy(PolicyWith(TunnelOfB(), profile));
  net.ConfigureA({.own = Expiring("a", kHour)});
  net.SetUp();
  ASSERT_EQ(net.WhyNotUp(), "");
  for (const Side* side : {&net.a, &net.b}) {
    for (const auto& [spi, sa] : side->machine.core().sas()) {
      const uint64_t left_ns = sa->reauth.by_ns - net.clock.MonotonicNs();
      EXPECT_LE(left_ns, kHour * kNsPerSecond);
      EXPECT_GT(left_ns, (kHour - 10) * kNsPerSecond);
    }
  }
}

// The year 9999 stands for "no end" (RFC 5280, 4.1.2.5), and shared keys have none.
TEST(CertificateExpiryTest, SomeNeverExpire) {
  CertificateNetwork net(7);
  net.ConfigureA({.own = Expiring("a", 253'402'300'799 - kNow)});
  net.SetUp();
  ASSERT_EQ(net.WhyNotUp(), "");
  EXPECT_NE(net.b.Up()->trusted_until_s, 0);
  Network plain(8);
  plain.a.Acquire(1);
  plain.Run();
  ASSERT_NE(plain.a.Up(), nullptr);
  EXPECT_EQ(plain.a.Up()->trusted_until_s, 0);
  EXPECT_EQ(plain.a.Up()->reauth.by_ns, 0U);
}

// Extended key usage (RFC 4945, 5.1.3.12): said to operators, with the reason.
TEST(CertificateExpiryTest, APurposeThatIsNotIke) {
  CertificateNetwork net(9);
  net.ConfigureA({.own = Root().Issue({.subject = "CN=a,O=Example",
                                       .dns = {"a.example.com"},
                                       .more = {{"extendedKeyUsage", "codeSigning"}}})});
  net.SetUp();
  EXPECT_EQ(net.b.Up(), nullptr);
  EXPECT_EQ(net.b.record.Count("ike failed certificate_refused"), 1U);
  EXPECT_NE(net.b.record.why().find("its extended key usage does not allow IKE"), std::string::npos)
      << net.b.record.why();
}

}  // namespace
}  // namespace vam::ike::test
