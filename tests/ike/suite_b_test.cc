// The four suites of Suite B (RFC 6379, SY-18, SY-19) between two gateways: AES-CBC within IKE, the
// hash of the suite for integrity and as PRF, its ECDH group, certificates with its ECDSA curve.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/ike/certificates.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

struct Suite {
  const char* name;
  KeyChoice key;
  uint16_t bits;
  IntegrityId integrity;
  PrfId prf;
  uint16_t group;
  EncryptionId esp;
};
constexpr Suite kSuites[] = {
    {"Gcm128", KeyChoice::kP256, 128, IntegrityId::kHmacSha256_128, PrfId::kHmacSha256, 19,
     EncryptionId::kAesGcm16},
    {"Gcm256", KeyChoice::kP384, 256, IntegrityId::kHmacSha384_192, PrfId::kHmacSha384, 20,
     EncryptionId::kAesGcm16},
    {"Gmac128", KeyChoice::kP256, 128, IntegrityId::kHmacSha256_128, PrfId::kHmacSha256, 19,
     EncryptionId::kNullAuthAesGmac},
    {"Gmac256", KeyChoice::kP384, 256, IntegrityId::kHmacSha384_192, PrfId::kHmacSha384, 20,
     EncryptionId::kNullAuthAesGmac},
};

Policy::Parts With(Policy::Parts parts, const Suite& suite) {
  IkeOffer offer;
  offer.ciphers = {{EncryptionId::kAesCbc, suite.bits}};
  offer.integrities = {suite.integrity};
  offer.prfs = {suite.prf};
  offer.groups = {suite.group};
  parts.ike[0].offers = {offer};
  auto child = std::make_shared<ChildConfig>(*parts.children[0]);
  child->offers[0].ciphers = {{suite.esp, suite.bits}};
  child->offers[0].groups = {suite.group};
  parts.children = {std::move(child)};
  return parts;
}

class SuiteBTest : public testing::TestWithParam<Suite> {};

TEST_P(SuiteBTest, BringsTheTunnelUpAndRekeys) {
  const Suite& suite = GetParam();
  CertificateNetwork net(1, suite.key, suite.key);
  net.a.SetPolicy(With(PolicyOf(TunnelOfA(), {.own = LeafOfA(suite.key)}), suite));
  net.b.SetPolicy(With(PolicyOf(TunnelOfB(), {.own = LeafOfB(suite.key)}), suite));
  net.SetUp();
  ASSERT_EQ(net.WhyNotUp(), "");
  const IkeSa& sa = *net.a.Up();
  EXPECT_EQ(sa.suite.cipher, (Cipher{EncryptionId::kAesCbc, suite.bits}));
  EXPECT_EQ(sa.suite.integrity, suite.integrity);
  EXPECT_EQ(sa.suite.prf, suite.prf);
  EXPECT_EQ(sa.suite.group, suite.group);
  EXPECT_EQ(sa.local_auth, AuthKind::kEcdsa);
  EXPECT_EQ(sa.peer_auth, AuthKind::kEcdsa);
  EXPECT_EQ(sa.children[0]->suite.cipher, (Cipher{suite.esp, suite.bits}));
  net.a.Event(net.a.fwd.Outbound(1)->sa_id, api::EventKind::kSoftTime);
  net.Run();
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.a.Up()->children[0]->suite.group, suite.group);
  EXPECT_EQ(net.Mismatch(), "");
}

// The one suite is not the other.
TEST_P(SuiteBTest, AnotherStrengthIsRefused) {
  const Suite& suite = GetParam();
  const Suite& other = suite.bits == 128 ? kSuites[1] : kSuites[0];
  CertificateNetwork net(1, suite.key, suite.key);
  net.a.SetPolicy(With(PolicyOf(TunnelOfA(), {.own = LeafOfA(suite.key)}), suite));
  net.b.SetPolicy(With(PolicyOf(TunnelOfB(), {.own = LeafOfB(suite.key)}), other));
  net.SetUp();
  EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
  EXPECT_EQ(net.b.record.Count("refused no_proposal"), 1U);
}

INSTANTIATE_TEST_SUITE_P(Suites, SuiteBTest, testing::ValuesIn(kSuites),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace vam::ike::test
