// The ikev2 role with a signer and with mgmt that fetches: real channels, real messages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "sw/api/log.pb.h"
#include "sw/api/pki.pb.h"
#include "sw/api/show.pb.h"
#include "sw/crypto/signature.h"
#include "tests/ike/role_gateway.h"
#include "tests/support/identity.h"
#include "tests/support/pki_text.h"
#include "tests/unit/sw/pki/temporary_folder.h"

namespace vam::ike::test {
namespace {

using ::testing::HasSubstr;
using Issued = vam::test::Identity;
using vam::test::KeyChoice;

constexpr const char* kCrl = "http://crl.example.com/root.crl";

const Issued& Root() {
  static const Issued root = Issued::SelfSigned({.subject = "CN=root,O=Example", .ca = true});
  return root;
}

// A gateway, and its signer and the fetching part of mgmt.
struct PkiGateway : Gateway {
  PkiGateway(uint64_t seed, const Issued& leaf, RunningRole::In in = RunningRole::In::kThread)
      : Gateway(seed, in), key(*crypto::PrivateKey::FromDer(leaf.private_key())) {
    signer = role.Connect(vamd::Role::kSigner);
    meanwhile = [this] {
      PollSigner();
      PollMgmt();
    };
  }
  void PollSigner() {
    for (auto message = signer.Receive(); message && *message; message = signer.Receive()) {
      EXPECT_EQ((*message)->type, MessageType::kSignRequest);
      const auto request = *api::ParseAs<api::SignRequest>((*message)->payload);
      ++signatures;
      if (signatures <= ignored) continue;
      const std::string& octets = request.octets();
      const auto signature =
          key.Sign({static_cast<crypto::SignatureKind>(request.kind()),
                    static_cast<crypto::Hash>(request.hash())},
                   Bytes(reinterpret_cast<const uint8_t*>(octets.data()), octets.size()));
      api::SignReply reply;
      if (request.key() != "K") {
        reply.set_error("There is no key " + request.key() + ".");
      } else {
        reply.set_signature(signature->data(), signature->size());
      }
      EXPECT_TRUE(signer.Send(MessageType::kSignReply, (*message)->request, reply));
    }
  }
  void PollMgmt() {
    for (auto message = mgmt.Receive(); message && *message; message = mgmt.Receive()) {
      if ((*message)->type == MessageType::kLogRecord) {
        log += api::ParseAs<api::LogRecord>((*message)->payload)->text() + "\n";
      }
      if ((*message)->type != MessageType::kFetchRequest) continue;
      const auto request = *api::ParseAs<api::FetchRequest>((*message)->payload);
      fetched.push_back(request.url().empty() ? "" : request.url(0));
      api::FetchReply reply;
      if (crl.empty()) {
        reply.set_error("Nothing could be fetched.");
      } else {
        reply.set_data(crl.data(), crl.size());
      }
      EXPECT_TRUE(mgmt.Send(MessageType::kFetchReply, (*message)->request, reply));
    }
  }

  crypto::PrivateKey key;
  api::Channel signer;
  std::vector<uint8_t> crl;
  std::vector<std::string> fetched;
  std::string log;
  int signatures = 0;
  int ignored = 0;  // questions that get no answer
};

const Issued& LeafOf(bool of_a) {
  static const Issued a = Root().Issue(
      {.subject = "CN=a,O=Example", .key = KeyChoice::kRsa2048, .dns = {"a.example.com"}});
  static const Issued b = Root().Issue({.subject = "CN=b,O=Example", .dns = {"b.example.com"}});
  return of_a ? a : b;
}

// a by RSA, b by ECDSA; both by name.
std::string CertificateConfig(bool of_a, const std::string& revocation) {
  std::string text = ConfigOf(of_a);
  const size_t begin = text.find("crypto ikev2 profile P");
  const size_t end = text.find("access-list 101");
  text.replace(begin, end - begin,
               fmt::format("crypto ikev2 profile P\n match identity remote fqdn {}.example.com\n"
                           " identity local fqdn {}.example.com\n authentication local {}\n"
                           " authentication remote {}\n pki trustpoint T\n",
                           of_a ? 'b' : 'a', of_a ? 'a' : 'b', of_a ? "rsa-sig" : "ecdsa-sig",
                           of_a ? "ecdsa-sig" : "rsa-sig"));
  return vam::test::TrustpointLines(
             "T",
             fmt::format(" {} K\n revocation-check {}\n crl query {}\n",
                         of_a ? "rsakeypair" : "eckeypair", revocation, kCrl),
             {Root()}, {LeafOf(of_a)}) +
         text + "crypto logging ikev2\n";
}

TEST(RolePkiTest, SignaturesAndListsByOtherRoles) {
  PkiGateway a(1, LeafOf(true)), b(2, LeafOf(false));
  a.Configure(5, CertificateConfig(true, "none"));
  b.Configure(9, CertificateConfig(false, "crl"));
  b.crl = Root().Crl({});
  SetUpTunnel(a, b);
  EXPECT_EQ(a.signatures, 1);
  EXPECT_EQ(b.signatures, 1);
  EXPECT_EQ(b.fetched, std::vector<std::string>{kCrl});
  EXPECT_TRUE(a.fetched.empty());
  api::ShowRequest request;
  request.set_kind(api::SHOW_IKE_SA);
  ASSERT_TRUE(b.mgmt.Send(MessageType::kShowRequest, 3, request));
  const auto shown = AwaitAs<api::ShowReply>(b.mgmt, MessageType::kShowReply);
  ASSERT_EQ(shown.ike_sas().sa_size(), 1);
  EXPECT_EQ(shown.ike_sas().sa(0).authentication_local(), "ECDSA");
  EXPECT_EQ(shown.ike_sas().sa(0).authentication_remote(), "RSA");
  EXPECT_EQ(shown.ike_sas().sa(0).remote_certificate(), "CN=a,O=Example");
}

// The signer itself in the place of the test's: keys reach it as mgmt sends them.
TEST(RolePkiTest, WithTheSignerRole) {
  const pki::TemporaryFolder folder_a, folder_b;
  PkiGateway a(1, LeafOf(true)), b(2, LeafOf(false));
  RunningRole signer_a(vamd::Role::kSigner, vamd::RunSignerRole, 3,
                       RunningRole::In::kConfinedProcess, folder_a.path());
  RunningRole signer_b(vamd::Role::kSigner, vamd::RunSignerRole, 4,
                       RunningRole::In::kConfinedProcess, folder_b.path());
  for (const auto& [gateway, signer, leaf] :
       {std::tuple(&a, &signer_a, LeafOf(true)), std::tuple(&b, &signer_b, LeafOf(false))}) {
    AwaitAs<api::Ready>(signer->supervisor(), MessageType::kReady);
    api::Channel mgmt = signer->Connect(vamd::Role::kMgmt);
    api::KeyRequest request;
    request.mutable_import()->set_label("K");
    request.mutable_import()->set_data(vam::test::Pem("PRIVATE KEY", leaf.private_key()));
    ASSERT_TRUE(mgmt.Send(MessageType::kKeyRequest, 1, request));
    EXPECT_EQ(AwaitAs<api::KeyReply>(mgmt, MessageType::kKeyReply).error(), "");
    gateway->role.Connect(*signer);
  }
  a.Configure(5, CertificateConfig(true, "none"));
  b.Configure(9, CertificateConfig(false, "none"));
  SetUpTunnel(a, b);
  EXPECT_EQ(a.signatures + b.signatures, 0) << "by the test's own signer";
}

// The seccomp filter kills what opens a file: libcrypto must have all it needs.
TEST(RolePkiTest, ConfinedItDoesAllThis) {
  PkiGateway a(1, LeafOf(true), RunningRole::In::kConfinedProcess);
  PkiGateway b(2, LeafOf(false), RunningRole::In::kConfinedProcess);
  a.Configure(5, CertificateConfig(true, "crl"));
  b.Configure(9, CertificateConfig(false, "crl"));
  a.crl = b.crl = Root().Crl({});
  SetUpTunnel(a, b);
  EXPECT_EQ(a.role.Stop(), 0) << "killed for a system call, or it failed";
  EXPECT_EQ(b.role.Stop(), 0);
}

TEST(RolePkiTest, TheSignerIsRestarted) {
  PkiGateway a(1, LeafOf(true)), b(2, LeafOf(false));
  a.ignored = 1;
  a.Configure(5, CertificateConfig(true, "none"));
  b.Configure(9, CertificateConfig(false, "none"));
  a.Acquire(500, "192.0.2.2", kInsideA, kInsideB);
  ASSERT_TRUE(Until(a, b, [&] { return a.signatures == 1; }));
  a.signer = a.role.Connect(vamd::Role::kSigner);
  ASSERT_TRUE(Until(a, b, [&] { return CarriesBothWays(a) && CarriesBothWays(b); }));
  EXPECT_EQ(a.signatures, 2);
}

TEST(RolePkiTest, WhatFailsIsSaidInWords) {
  PkiGateway a(1, LeafOf(true)), b(2, LeafOf(false));
  a.Configure(5, CertificateConfig(true, "none"));
  b.Configure(9, CertificateConfig(false, "crl"));
  b.crl = Root().Crl({.revoked = {LeafOf(true).serial()}});
  a.Acquire(500, "192.0.2.2", kInsideA, kInsideB);
  ASSERT_TRUE(Until(a, b, [&] { return !b.log.empty(); }));
  EXPECT_THAT(b.log, HasSubstr("certificate_refused"));
  EXPECT_THAT(b.log, HasSubstr("CN=a,O=Example"));
  EXPECT_THAT(b.log, HasSubstr("revoked"));
  api::ShowRequest request;
  request.set_kind(api::SHOW_IKEV2_ERRORS);
  ASSERT_TRUE(b.mgmt.Send(MessageType::kShowRequest, 3, request));
  const auto shown = AwaitAs<api::ShowReply>(b.mgmt, MessageType::kShowReply);
  ASSERT_EQ(shown.ikev2_errors().error_size(), 1);
  EXPECT_THAT(shown.ikev2_errors().error(0).text(),
              HasSubstr("The certificate of the peer is not trusted: "));
}

TEST(RolePkiTest, AKeyThatTheSignerDoesNotHave) {
  PkiGateway a(1, LeafOf(true)), b(2, LeafOf(false));
  std::string text = CertificateConfig(true, "none");
  text.replace(text.find(" rsakeypair K"), 13, " rsakeypair L");
  a.Configure(5, text);
  b.Configure(9, CertificateConfig(false, "none"));
  a.Acquire(500, "192.0.2.2", kInsideA, kInsideB);
  ASSERT_TRUE(Until(a, b, [&] { return !a.log.empty(); }));
  EXPECT_THAT(a.log, HasSubstr("sign_refused"));
  EXPECT_THAT(a.log, HasSubstr("There is no key L."));
}

}  // namespace
}  // namespace vam::ike::test
