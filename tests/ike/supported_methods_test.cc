// SUPPORTED_AUTH_METHODS (RFC 9593) between two gateways: certificates and algorithms that the
// other end takes.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/ike/certificates.h"
#include "tests/ike/forge.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

bool Announces(const std::vector<uint8_t>& bytes) {
  const Buffer type = {0x40, 0x3b};  // 16443
  return std::search(bytes.begin(), bytes.end(), type.begin(), type.end()) != bytes.end();
}

// It goes in the answer to IKE_SA_INIT: in clear, so it can be seen here.
TEST(SupportedMethodsTest, TheResponderSaysItWhereItMatters) {
  for (const bool certificates : {false, true}) {
    CertificateNetwork net(1);
    if (!certificates) {
      net.a.SetPolicy(PolicyOf(TunnelOfA()));
      net.b.SetPolicy(PolicyOf(TunnelOfB()));
    }
    std::vector<bool> said;
    net.on_packet = [&](size_t, const Side&, std::vector<uint8_t>& bytes) {
      said.push_back(Announces(bytes));
      return true;
    };
    net.SetUp();
    ASSERT_GE(said.size(), 2U);
    EXPECT_FALSE(said[0]);
    EXPECT_EQ(said[1], certificates);
    EXPECT_EQ(net.WhyNotUp(), "");
  }
}

// A gateway that has two kinds of certificates shows the one that the other end takes.
TEST(SupportedMethodsTest, TheCertificateThatThePeerTakes) {
  for (const bool other_first : {false, true}) {
    for (const bool of_a : {false, true}) {
      SCOPED_TRACE(std::string(of_a ? "a" : "b") + (other_first ? " the other first" : ""));
      CertificateNetwork net(2);
      const Tunnel tunnel = of_a ? TunnelOfA() : TunnelOfB();
      const auto leaf = [of_a](KeyChoice key) { return of_a ? LeafOfA(key) : LeafOfB(key); };
      auto profile = ProfileOf(tunnel, Proof{.own = leaf(KeyChoice::kP256)});
      profile->credentials = {
          CredentialOf(leaf(KeyChoice::kRsa2048), {}, {Root()}, "rsa"),
          CredentialOf(leaf(KeyChoice::kP256), {}, {Root()}, kLabel),
      };
      if (other_first) std::swap(profile->credentials[0], profile->credentials[1]);
      Side& side = of_a ? net.a : net.b;
      side.pki.AddKey("rsa", leaf(KeyChoice::kRsa2048).private_key());
      side.SetPolicy(PolicyWith(tunnel, profile));
      const Proof taken{.own = of_a ? LeafOfB() : LeafOfA(), .remote = {AuthKind::kEcdsa}};
      if (of_a) {
        net.ConfigureB(taken);
      } else {
        net.ConfigureA(taken);
      }
      net.SetUp();
      EXPECT_EQ(net.WhyNotUp(), "");
      const IkeSa* seen = (of_a ? net.b : net.a).Up();
      ASSERT_NE(seen, nullptr);
      EXPECT_EQ(seen->peer_auth, AuthKind::kEcdsa);
    }
  }
}

// Nothing is signed, and no signer asked, where it is known to be in vain.
TEST(SupportedMethodsTest, NothingInCommonFailsBeforeItIsSigned) {
  CertificateNetwork net(3);
  net.ConfigureB({.own = LeafOfB(), .remote = {AuthKind::kRsa}});
  net.SetUp();
  EXPECT_EQ(net.a.record.lines(), std::vector<std::string>{"ike failed no_common_signature"});
  EXPECT_EQ(net.b.record.Count("ike up"), 0U);
  EXPECT_EQ(net.packets(), 2U);
}

TEST(SupportedMethodsTest, ASharedKeyThatNobodyTakes) {
  CertificateNetwork net(4);
  net.a.SetPolicy(PolicyOf(TunnelOfA()));
  auto profile = ProfileOf(TunnelOfA(), Proof{});  // by the shared key, the peer by a certificate
  net.a.SetPolicy(PolicyWith(TunnelOfA(), profile));
  net.SetUp();
  EXPECT_EQ(net.a.record.lines(), std::vector<std::string>{"ike failed no_common_signature"});
  EXPECT_NE(net.a.record.why().find("takes no shared key"), std::string::npos);
}

}  // namespace
}  // namespace vam::ike::test
