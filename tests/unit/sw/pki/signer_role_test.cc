// The signer role as vamd runs it: a thread or a confined process of its own, real channels. The
// test is the supervisor, mgmt and IKE.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <optional>

#include "sw/api/control.pb.h"
#include "sw/api/pki.pb.h"
#include "sw/api/turn.h"
#include "sw/pki/container.h"
#include "sw/pki/key_operations.h"
#include "tests/support/running_role.h"
#include "tests/unit/sw/pki/chain.h"
#include "tests/unit/sw/pki/temporary_folder.h"

namespace vam::pki {
namespace {

using api::MessageType;
using crypto::Hash;
using crypto::SignatureKind;
using ::testing::HasSubstr;
using vamd::Role;
using In = test::RunningRole::In;

constexpr std::chrono::seconds kLongest{60};  // only what hangs takes so long

// What comes next; nothing when the channel is closed.
std::optional<api::Message> Await(api::Channel& channel) {
  const auto end = std::chrono::steady_clock::now() + kLongest;
  while (std::chrono::steady_clock::now() < end) {
    auto received = channel.Receive();
    if (!received) return std::nullopt;
    if (received->has_value()) return std::move(**received);
    if (channel.pending()) static_cast<void>(channel.Flush());
    pollfd wait = api::WaitFor(channel);
    poll(&wait, 1, 100);
  }
  ADD_FAILURE() << "nothing came";
  return std::nullopt;
}

template <typename T>
T AwaitAs(api::Channel& channel, MessageType type, uint32_t request) {
  const auto message = Await(channel);
  EXPECT_TRUE(message && message->type == type && message->request == request);
  return message ? *api::ParseAs<T>(message->payload) : T();
}

class Signer : public test::RunningRole {
 public:
  Signer(const std::string& state_dir, In in)
      : RunningRole(Role::kSigner, vamd::RunSignerRole, 1, in, state_dir) {
    EXPECT_EQ(AwaitAs<api::Ready>(supervisor(), MessageType::kReady, 0).role(), "signer");
    mgmt = Connect(Role::kMgmt);
    ikev2 = Connect(Role::kIkev2);
  }

  void Ask(const api::KeyRequest& request, uint32_t number) {
    EXPECT_TRUE(mgmt.Send(MessageType::kKeyRequest, number, request));
  }
  api::KeyReply Do(const api::KeyRequest& request) {
    Ask(request, ++number_);
    return AwaitAs<api::KeyReply>(mgmt, MessageType::kKeyReply, number_);
  }
  api::SignReply Sign(const std::string& label, SignatureKind kind, Hash hash,
                      const std::string& octets) {
    api::SignRequest request;
    request.set_key(label);
    request.set_kind(static_cast<uint32_t>(kind));
    request.set_hash(static_cast<uint32_t>(hash));
    request.set_octets(octets);
    EXPECT_TRUE(ikev2.Send(MessageType::kSignRequest, ++number_, request));
    return AwaitAs<api::SignReply>(ikev2, MessageType::kSignReply, number_);
  }

  api::Channel mgmt;
  api::Channel ikev2;

 private:
  uint32_t number_ = 0;
};

api::KeyRequest Generate(const std::string& label, api::KeyKind kind, uint32_t bits,
                         bool exportable = false) {
  api::KeyRequest request;
  request.mutable_generate()->set_label(label);
  request.mutable_generate()->set_kind(kind);
  request.mutable_generate()->set_bits(bits);
  request.mutable_generate()->set_exportable(exportable);
  return request;
}
api::KeyRequest List(const std::string& label = "") {
  api::KeyRequest request;
  request.mutable_list()->set_label(label);
  return request;
}
api::KeyRequest Remove(const std::string& label, api::KeyKind kind = api::KEY_NONE) {
  api::KeyRequest request;
  request.mutable_remove()->set_label(label);
  request.mutable_remove()->set_kind(kind);
  return request;
}
api::KeyRequest Import(const std::string& label, const std::vector<uint8_t>& data,
                       const std::string& pass) {
  api::KeyRequest request;
  request.mutable_import()->set_label(label);
  request.mutable_import()->set_data(data.data(), data.size());
  request.mutable_import()->set_passphrase(pass);
  request.mutable_import()->set_exportable(true);
  return request;
}
api::KeyRequest Export(const std::string& label, bool pkcs12, const std::string& pass) {
  api::KeyRequest request;
  request.mutable_export_()->set_label(label);
  request.mutable_export_()->set_pkcs12(pkcs12);
  request.mutable_export_()->set_passphrase(pass);
  return request;
}

Bytes BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

class SignerRoleTest : public ::testing::TestWithParam<In> {
 protected:
  TemporaryFolder folder_;
};

// Everything once: a confined process may have been killed by any of it.
TEST_P(SignerRoleTest, EveryOperation) {
  {
    Signer signer(folder_.path(), GetParam());
    struct Kind {
      const char* label;
      api::KeyKind kind;
      uint32_t bits;
      SignatureKind signature;
      Hash hash;
    };
    for (const Kind& one :
         {Kind{"rsa", api::KEY_RSA, 2048, SignatureKind::kRsaPss, Hash::kSha256},
          Kind{"p256", api::KEY_EC, 256, SignatureKind::kEcdsaDer, Hash::kSha256},
          Kind{"p384", api::KEY_EC, 384, SignatureKind::kEcdsaPlain, Hash::kSha384},
          Kind{"p521", api::KEY_EC, 521, SignatureKind::kEcdsaDer, Hash::kSha512},
          Kind{"ed25519", api::KEY_ED25519, 0, SignatureKind::kEdDsa, Hash::kIdentity},
          Kind{"ed448", api::KEY_ED448, 0, SignatureKind::kEdDsa, Hash::kIdentity}}) {
      const api::KeyReply made = signer.Do(Generate(one.label, one.kind, one.bits, true));
      ASSERT_EQ(made.error(), "");
      ASSERT_EQ(made.key_size(), 1);
      EXPECT_EQ(made.key(0).label(), one.label);
      EXPECT_EQ(made.key(0).kind(), one.kind);
      EXPECT_GT(made.key(0).made_unix_seconds(), 1'700'000'000u);
      EXPECT_TRUE(one.bits == 0 || made.key(0).bits() == one.bits);
      const auto key = crypto::PublicKey::FromDer(BytesOf(made.key(0).public_key()));
      ASSERT_TRUE(key);
      const api::SignReply reply = signer.Sign(one.label, one.signature, one.hash, "message");
      EXPECT_EQ(reply.error(), "");
      EXPECT_TRUE(
          key->Verify({one.signature, one.hash}, BytesOf("message"), BytesOf(reply.signature())))
          << one.label;
    }
    api::KeyRequest certify;
    certify.mutable_certify()->set_label("rsa");
    certify.mutable_certify()->set_hash(static_cast<uint32_t>(Hash::kSha256));
    certify.mutable_certify()->set_subject("CN=gw");
    certify.mutable_certify()->add_dns_name("gw.example.com");
    certify.mutable_certify()->add_address(std::string("\xc0\x00\x02\x01", 4));
    certify.mutable_certify()->set_challenge_password("secret");
    EXPECT_GT(signer.Do(certify).data().size(), 200u);
    certify.mutable_certify()->set_self_signed(true);
    certify.mutable_certify()->set_now_unix_seconds(1'800'000'000);
    certify.mutable_certify()->set_valid_days(365);
    const api::KeyReply own = signer.Do(certify);
    ASSERT_EQ(own.error(), "");
    EXPECT_EQ(Certificate::FromDer(BytesOf(own.data()))->subject(), "CN=gw");
    for (const bool pkcs12 : {true, false}) {
      api::KeyRequest request = Export("rsa", pkcs12, "pass");
      request.mutable_export_()->add_certificate(own.data());
      const api::KeyReply given = signer.Do(request);
      ASSERT_EQ(given.error(), "");
      const std::vector<uint8_t> data(given.data().begin(), given.data().end());
      const api::KeyReply taken = signer.Do(Import(pkcs12 ? "again12" : "againpem", data, "pass"));
      ASSERT_EQ(taken.error(), "");
      ASSERT_EQ(taken.certificate_size(), 1);
      EXPECT_EQ(taken.certificate(0), own.data());
      EXPECT_THAT(signer.Do(Import("more", data, "wrong")).error(), HasSubstr("passphrase"));
    }
    EXPECT_EQ(signer.Do(List()).key_size(), 8);
    EXPECT_EQ(signer.Do(Remove("again12")).key_size(), 1);
    EXPECT_EQ(signer.Do(Remove("", api::KEY_EC)).key_size(), 3);
  }
  // A new process finds what the old one kept.
  Signer signer(folder_.path(), GetParam());
  const api::KeyReply all = signer.Do(List());
  ASSERT_EQ(all.key_size(), 4);
  EXPECT_EQ(all.key(0).label(), "rsa");
  EXPECT_TRUE(all.key(0).exportable());
  EXPECT_EQ(signer.Sign("rsa", SignatureKind::kRsaPkcs1, Hash::kSha256, "m").error(), "");
  EXPECT_EQ(signer.Do(List("ed448")).key_size(), 1);
  EXPECT_EQ(signer.Do(List("p256")).key_size(), 0);
}

INSTANTIATE_TEST_SUITE_P(Where, SignerRoleTest,
                         ::testing::Values(In::kThread, In::kConfinedProcess),
                         [](const auto& param) {
                           return param.param == In::kThread ? "Thread" : "ConfinedProcess";
                         });

class SignerTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  Signer signer_{folder_.path(), In::kThread};
};

TEST_F(SignerTest, WhatIsRefused) {
  ASSERT_EQ(signer_.Do(Generate("a", api::KEY_EC, 256)).error(), "");
  EXPECT_EQ(signer_.Do(Generate("a", api::KEY_EC, 256)).error(),
            "There is a key with the label a already.");
  EXPECT_EQ(signer_.Do(Generate("b", api::KEY_RSA, 1024)).error(),
            "RSA keys are made with 2048 to 4096 bits, not 1024.");
  EXPECT_EQ(signer_.Do(Generate("b", api::KEY_RSA, 8192)).error(),
            "RSA keys are made with 2048 to 4096 bits, not 8192.");
  EXPECT_EQ(signer_.Do(Generate("b", api::KEY_EC, 255)).error(),
            "Elliptic curves have 256, 384 or 521 bits, not 255.");
  EXPECT_EQ(signer_.Do(Generate("b", api::KEY_NONE, 0)).error(), "Keys of this kind are not made.");
  EXPECT_EQ(signer_.Do(Generate("a b", api::KEY_EC, 256)).error(),
            "A key's label has 1 to 64 printable characters and no blanks.");
  EXPECT_EQ(signer_.Do(Remove("b")).error(), "There is no key with the label b.");
  EXPECT_EQ(signer_.Do(Remove("b\n")).error(),
            "There is no key with the label that was asked for.");
  EXPECT_EQ(signer_.Do(Remove("", api::KEY_RSA)).error(), "") << "none of them is fine";
  EXPECT_EQ(signer_.Do(Export("a", true, "pass")).error(),
            "The key a was made so that it cannot be exported.");
  EXPECT_EQ(signer_.Do(Import("b", {1, 2, 3}, "")).error(),
            "The key b is not imported: it is neither PKCS#12 nor PEM.");
  EXPECT_EQ(signer_.Do(api::KeyRequest()).error(), "The signer does not know what is asked of it.");
  EXPECT_EQ(signer_.Do(List()).key_size(), 1) << "nothing was changed";
  api::KeyRequest certify;
  certify.mutable_certify()->set_label("a");
  EXPECT_THAT(signer_.Do(certify).error(), HasSubstr("Nothing is signed with the key a: "));
  certify.mutable_certify()->set_hash(99);
  EXPECT_EQ(signer_.Do(certify).error(), "The signer does not know this hash.");
  certify.mutable_certify()->set_hash(2);
  certify.mutable_certify()->add_address("123");
  EXPECT_EQ(signer_.Do(certify).error(), "An address of a certificate has 4 or 16 bytes.");
  certify.mutable_certify()->clear_address();
  certify.mutable_certify()->set_now_unix_seconds(~uint64_t{0});
  EXPECT_EQ(signer_.Do(certify).error(), "The time of the certificate is out of range.");
}

TEST_F(SignerTest, SignaturesThatAreRefused) {
  ASSERT_EQ(signer_.Do(Generate("a", api::KEY_EC, 256)).error(), "");
  EXPECT_EQ(signer_.Sign("b", SignatureKind::kEcdsaDer, Hash::kSha256, "m").error(),
            "There is no key with the label b.");
  EXPECT_THAT(signer_.Sign("a", SignatureKind::kRsaPss, Hash::kSha256, "m").error(),
              HasSubstr("The key a does not sign: "));
  EXPECT_EQ(signer_.Sign("a", static_cast<SignatureKind>(9), Hash::kSha256, "m").error(),
            "The signer does not sign so.");
  EXPECT_EQ(signer_.Sign("a", SignatureKind::kEcdsaDer, static_cast<Hash>(9), "m").error(),
            "The signer does not sign so.");
  EXPECT_EQ(signer_
                .Sign("a", SignatureKind::kEcdsaDer, Hash::kSha256,
                      std::string(kMaxSignedOctets + 1, 'm'))
                .error(),
            "The signer does not sign so.");
}

// A key takes its time; signing and health go on.
TEST_F(SignerTest, SigningGoesOnWhileAKeyIsMade) {
  ASSERT_EQ(signer_.Do(Generate("a", api::KEY_EC, 256)).error(), "");
  signer_.Ask(Generate("slow", api::KEY_RSA, 4096), 1000);
  EXPECT_EQ(signer_.Sign("a", SignatureKind::kEcdsaDer, Hash::kSha256, "m").error(), "");
  ASSERT_TRUE(signer_.supervisor().Send(MessageType::kHealth, 5, Bytes()));
  EXPECT_EQ(Await(signer_.supervisor())->type, MessageType::kHealthReply);
  EXPECT_EQ(AwaitAs<api::KeyReply>(signer_.mgmt, MessageType::kKeyReply, 1000).error(), "");
}

TEST_F(SignerTest, SlowOperationsAreBounded) {
  for (uint32_t i = 0; i <= kMaxSlowOperations; ++i) {
    signer_.Ask(Generate("slow" + std::to_string(i), api::KEY_RSA, 3072), 100 + i);
  }
  // The one too many is answered at once.
  EXPECT_EQ(AwaitAs<api::KeyReply>(signer_.mgmt, MessageType::kKeyReply, 100 + kMaxSlowOperations)
                .error(),
            "The signer is busy with other keys; try again later.");
  for (uint32_t i = 0; i < kMaxSlowOperations; ++i) {
    EXPECT_EQ(AwaitAs<api::KeyReply>(signer_.mgmt, MessageType::kKeyReply, 100 + i).error(), "");
  }
}

// The label was free when both were asked for.
TEST_F(SignerTest, TwoAtOnceForOneLabel) {
  signer_.Ask(Generate("a", api::KEY_RSA, 2048), 100);
  signer_.Ask(Generate("a", api::KEY_EC, 256), 101);
  EXPECT_EQ(AwaitAs<api::KeyReply>(signer_.mgmt, MessageType::kKeyReply, 100).error(), "");
  EXPECT_EQ(AwaitAs<api::KeyReply>(signer_.mgmt, MessageType::kKeyReply, 101).error(),
            "The key a is not kept: there is a key with this label.");
}

TEST_F(SignerTest, EachAsksWhatIsItsOwn) {
  // The signer answers in order: had it answered these, that answer would come first.
  api::SignRequest sign;
  sign.set_key("a");
  ASSERT_TRUE(signer_.mgmt.Send(MessageType::kSignRequest, 900, sign));
  EXPECT_EQ(signer_.Do(List()).key_size(), 0);
  ASSERT_TRUE(signer_.ikev2.Send(MessageType::kKeyRequest, 901, Generate("a", api::KEY_EC, 256)));
  EXPECT_EQ(signer_.Sign("a", SignatureKind::kEcdsaDer, Hash::kSha256, "m").error(),
            "There is no key with the label a.");
  api::Channel fwd = signer_.Connect(Role::kFwd);
  static_cast<void>(fwd.Send(MessageType::kSignRequest, 1, sign));
  EXPECT_FALSE(Await(fwd).has_value()) << "fwd is no peer: its channel is closed";
}

TEST_F(SignerTest, AnswersGoToTheProcessThatAsked) {
  signer_.Ask(Generate("a", api::KEY_RSA, 2048), 100);
  EXPECT_EQ(signer_.Do(List()).key_size(), 0) << "it has read the question";
  signer_.mgmt = signer_.Connect(Role::kMgmt);
  // The key is kept all the same, once it is made.
  while (signer_.Do(List()).key_size() == 0) std::this_thread::yield();
}

TEST_F(SignerTest, MalformedRequests) {
  const std::vector<uint8_t> bytes = {0xff, 0xff, 0xff};
  ASSERT_TRUE(signer_.mgmt.Send(MessageType::kKeyRequest, 7, Bytes(bytes)));
  EXPECT_EQ(AwaitAs<api::KeyReply>(signer_.mgmt, MessageType::kKeyReply, 7).error(),
            "The signer was sent a malformed request.");
  ASSERT_TRUE(signer_.ikev2.Send(MessageType::kSignRequest, 8, Bytes(bytes)));
  EXPECT_EQ(AwaitAs<api::SignReply>(signer_.ikev2, MessageType::kSignReply, 8).error(),
            "The signer was sent a malformed request.");
}

TEST(SignerWithoutKeysTest, SaysWhy) {
  const TemporaryFolder folder;
  Signer signer(folder.path() + "/none", In::kThread);
  const std::string why =
      "The signer has no keys: the key file cannot be opened (" + folder.path() + "/none/keys).";
  EXPECT_EQ(signer.Do(List()).error(), why);
  EXPECT_EQ(signer.Do(Generate("a", api::KEY_EC, 256)).error(), why);
  EXPECT_EQ(signer.Sign("a", SignatureKind::kEcdsaDer, Hash::kSha256, "m").error(), why);
}

}  // namespace
}  // namespace vam::pki
