// The signer is away, slow, or ends while it is needed; what is held for it meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/ike/certificates.h"
#include "tests/ike/forge.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SignerTest, AwayForTheInitiator) {
  CertificateNetwork net(1);
  net.a.pki.SetSigner(false);
  net.a.Acquire(1);
  net.Pass(4'900);
  EXPECT_EQ(net.a.IkeSas(), 1U) << "it may come back";
  net.Pass(200);
  EXPECT_THAT(net.a.record.lines(), ElementsAre("ike failed signer_away"));
  EXPECT_EQ(net.a.IkeSas(), 0U);
  EXPECT_EQ(net.packets(), 2U) << "nothing is said without a proof";
}

TEST(SignerTest, AwayForTheResponder) {
  CertificateNetwork net(1);
  net.b.pki.SetSigner(false);
  net.SetUp();
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed signer_away"));
  EXPECT_THAT(net.a.record.lines(), ElementsAre("ike failed refused_by_peer"));
  EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
}

TEST(SignerTest, ThereButSilent) {
  CertificateNetwork net(1);
  net.b.pki.SetSigner(true, /*answers=*/false);
  net.SetUp();
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed signer_away"));
  // What it says in the end is for nobody.
  net.b.pki.SetSigner(true);
  net.Run();
  EXPECT_EQ(net.b.IkeSas(), 0U);
}

TEST(SignerTest, SlowButInTime) {
  CertificateNetwork net(1);
  net.a.pki.SetSigner(true, false);
  net.b.pki.SetSigner(true, false);
  net.a.Acquire(1);
  net.Pass(3'000);
  net.a.pki.SetSigner(true);
  net.Pass(3'000);
  EXPECT_EQ(net.b.Up(), nullptr);
  net.b.pki.SetSigner(true);
  net.Run();
  EXPECT_EQ(net.WhyNotUp(), "");
}

TEST(SignerTest, EndsInTheMiddleAndComesBack) {
  for (const bool of_a : {true, false}) {
    CertificateNetwork net(1);
    FakePki& pki = of_a ? net.a.pki : net.b.pki;
    pki.SetSigner(true, false);
    net.a.Acquire(1);
    net.Pass(1'000);
    EXPECT_EQ(pki.signed_by().size(), 1U);
    pki.SetSigner(false);
    net.Pass(2'000);
    pki.SetSigner(true);
    net.Run();
    EXPECT_EQ(net.WhyNotUp(), "");
    EXPECT_THAT(pki.signed_by(), ElementsAre(kLabel, kLabel)) << "it is asked again";
  }
}

TEST(SignerTest, EndsForGood) {
  CertificateNetwork net(1);
  net.b.pki.SetSigner(true, false);
  net.a.Acquire(1);
  net.Pass(1'000);
  net.b.pki.SetSigner(false);
  net.Run();
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed signer_away"));
}

// Set-ups that need no signer go on without it, beside one that waits.
TEST(SignerTest, OthersGoOn) {
  CertificateNetwork net(1);
  net.b.pki.SetSigner(true, false);
  // a proves itself by a certificate, b by the shared key once a's profile says so.
  net.a.Acquire(1);
  net.Pass(100);
  ASSERT_EQ(AnySa(net.b)->state, IkeSa::State::kAuth);
  const uint64_t waiting = AnySa(net.b)->spi;
  net.ConfigureB({.own = {}});
  auto profile = ProfileOf(TunnelOfA(), Proof{.own = LeafOfA(), .remote = {AuthKind::kSharedKey}});
  profile->name = "Q";
  net.a.SetPolicy(PolicyWith(TunnelOfA(), profile));
  net.a.Acquire(2);
  net.Pass(1'000);
  EXPECT_EQ(net.b.record.lines(), (std::vector<std::string>{"ike up", "child up"}));
  EXPECT_NE(net.b.machine.core().Find(waiting), nullptr);
  EXPECT_EQ(net.Mismatch(), "");
}

TEST(SignerTest, HasNoSuchKey) {
  CertificateNetwork net(1);
  auto profile = ProfileOf(TunnelOfB(), Proof{.own = LeafOfB()});
  profile->credentials = {CredentialOf(LeafOfB(), {}, {Root()}, "gone")};
  net.b.SetPolicy(PolicyWith(TunnelOfB(), profile));
  net.SetUp();
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed sign_refused"));
  EXPECT_EQ(net.b.record.why(), "There is no key gone.");
}

TEST(SignerTest, HasAnotherKeyUnderThisName) {
  CertificateNetwork net(1);
  net.a.pki.AddKey(kLabel, LeafOfB().private_key());
  net.SetUp();
  EXPECT_THAT(net.a.record.lines(), ElementsAre("ike failed sign_refused"));
  EXPECT_THAT(net.a.record.why(), HasSubstr("key key is not that of the certificate"));
  EXPECT_EQ(net.packets(), 2U);
}

// ---- what is held

TEST(HeldTest, RepeatedRequestsAreIgnoredMeanwhile) {
  CertificateNetwork net(1);
  net.b.pki.SetSigner(true, false);
  net.a.Acquire(1);
  net.Pass(4'500);
  EXPECT_GE(net.packets(), 5U) << "IKE_AUTH was sent again";
  EXPECT_THAT(net.b.record.lines(), IsEmpty());
  EXPECT_EQ(net.b.pki.signed_by().size(), 1U) << "one question for all of them";
  net.b.pki.SetSigner(true);
  net.Run();
  EXPECT_EQ(net.WhyNotUp(), "");
  EXPECT_EQ(net.b.pki.signed_by().size(), 1U);
}

TEST(HeldTest, OtherMessagesMeanwhile) {
  CertificateNetwork net(1);
  net.b.pki.SetSigner(true, false);
  net.a.Acquire(1);
  net.Pass(100);
  const IkeSa& sa = *AnySa(net.b);
  for (const ExchangeType type :
       {ExchangeType::kIkeAuth, ExchangeType::kCreateChildSa, ExchangeType::kInformational}) {
    for (const uint32_t id : {0U, 1U, 2U}) {
      MessageBuilder message;
      AddDeleteIke(message);
      Inject(net.b, net.a.address, MessageFor(sa, Cover::kRightKeys, type, false, id, message));
    }
  }
  EXPECT_EQ(net.b.IkeSas(), 1U);
  EXPECT_EQ(net.b.record.Count("refused unexpected"), 3U) << "those behind the one that is held";
  net.b.pki.SetSigner(true);
  net.Run();
  EXPECT_NE(net.a.Up(), nullptr);
  EXPECT_EQ(net.Mismatch(), "");
}

// The responder is up as soon as it has answered; the initiator may not be.
TEST(HeldTest, TheRespondersRequestsWhileTheInitiatorWaits) {
  CertificateNetwork net(1);
  net.ConfigureA({.own = LeafOfA(),
                  .revocation = {pki::RevocationCheck::kCrl, pki::RevocationCheck::kNone},
                  .crl_url = "http://crl.example.com/"});
  net.a.pki.SetMgmt(true, false);
  net.a.Acquire(1);
  net.Pass(100);
  ASSERT_NE(net.b.Up(), nullptr);
  const IkeSa& sa = *AnySa(net.a);
  MessageBuilder message;
  AddDeleteIke(message);
  Inject(net.a, net.b.address,
         MessageFor(sa, Cover::kRightKeys, ExchangeType::kInformational, false, 0, message));
  EXPECT_THAT(net.a.record.lines(), ElementsAre("refused unexpected"));
  EXPECT_EQ(net.a.IkeSas(), 1U);
  net.a.pki.SetMgmt(true);
  net.Run();
  EXPECT_EQ(net.WhyNotUp(), "");
}

TEST(HeldTest, TheProfileGoesMeanwhile) {
  for (const bool of_a : {true, false}) {
    CertificateNetwork net(1);
    Side& side = of_a ? net.a : net.b;
    side.pki.SetSigner(true, false);
    net.a.Acquire(1);
    net.Pass(100);
    side.SetPolicy({});
    side.pki.SetSigner(true);
    net.Run();
    EXPECT_EQ(side.IkeSas(), 0U);
    EXPECT_THAT(side.record.lines(), Contains("ike failed deleted_by_us"));
  }
}

// As with a shared key: an IKE SA keeps the profile that it began with.
TEST(HeldTest, TheProfileChangesMeanwhile) {
  CertificateNetwork net(1);
  net.b.pki.SetSigner(true, false);
  net.a.Acquire(1);
  net.Pass(100);
  net.ConfigureB({.own = LeafOfB(KeyChoice::kEd25519)});
  net.b.pki.AddKey(kLabel, LeafOfB().private_key());
  net.b.pki.SetSigner(true);
  net.Run();
  EXPECT_EQ(net.WhyNotUp(), "");
}

TEST(HeldTest, FwdGoesMeanwhile) {
  CertificateNetwork net(1);
  net.b.pki.SetSigner(true, false);
  net.a.Acquire(1);
  net.Pass(100);
  net.b.machine.LoseFwd();
  net.b.pki.SetSigner(true);
  net.Run();
  EXPECT_EQ(net.b.IkeSas(), 0U);
  EXPECT_EQ(net.b.fwd.sas().size(), 0U);
}

// A set-up that waits counts as half-open, and ends in any case.
TEST(HeldTest, IsBounded) {
  CertificateNetwork net(1);
  net.b.pki.SetSigner(true, false);
  net.a.Acquire(1);
  net.Pass(100);
  EXPECT_EQ(net.b.machine.core().half_open(), 1U);
  net.on_packet = [](size_t, const Side&, Buffer&) { return false; };
  net.Pass(60'000);
  EXPECT_EQ(net.b.IkeSas(), 0U);
  EXPECT_EQ(net.b.machine.core().half_open(), 0U);
  EXPECT_EQ(net.b.pki.signer.pending(), 0U);
}

}  // namespace
}  // namespace vam::ike::test
