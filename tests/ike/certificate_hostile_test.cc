// What a peer may try with certificates and signatures. It has agreed on keys, as anybody can, and
// sends an IKE_AUTH of its own making.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>

#include "sw/ike/v2/auth/certificates.h"
#include "sw/ike/v2/auth/signed_octets.h"
#include "sw/ike/v2/exchange/own_proof.h"
#include "tests/ike/certificates.h"
#include "tests/ike/forge.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test
using crypto::Hash;
using crypto::SignatureKind;
using crypto::SignatureScheme;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr SignatureScheme kEcdsa{SignatureKind::kEcdsaDer, Hash::kSha256};
constexpr SignatureMethod kMethod{AuthMethod::kDigitalSignature, kEcdsa};

// b has answered IKE_SA_INIT; what follows comes from us. Or the other way round: a has asked.
class Stranger {
 public:
  explicit Stranger(bool as_initiator = true)
      : as_initiator_(as_initiator), net(1, KeyChoice::kP256, KeyChoice::kP256) {}

  void Begin() {
    net.a.Acquire(1);
    PassOnly(net, 2);
    net.Pass(10);
  }
  Side& victim() { return as_initiator_ ? net.b : net.a; }
  IkeSa& sa() { return *AnySa(victim()); }
  const std::vector<std::string>& lines() { return victim().record.lines(); }

  // Our ID payload's body, and the octets that our AUTH payload covers.
  static Buffer RestOf(const Identity& identity) {
    Buffer out{static_cast<uint8_t>(identity.type), 0, 0, 0};
    out.insert(out.end(), identity.data.begin(), identity.data.end());
    return out;
  }
  Buffer Octets(const Identity& identity) {
    return *OctetsOf(sa(), as_initiator_, RestOf(identity));
  }
  static Buffer Sign(const Issued& with, SignatureScheme scheme, Bytes octets) {
    return *crypto::PrivateKey::FromDer(with.private_key())->Sign(scheme, octets);
  }

  void AddId(MessageBuilder& message, const Identity& identity) const {
    v2::AddId(message, as_initiator_ ? PayloadType::kIdInitiator : PayloadType::kIdResponder,
              static_cast<IdType>(identity.type), identity.data);
  }
  void Send(const std::function<void(MessageBuilder&)>& fill) {
    MessageBuilder message;
    fill(message);
    const Side& from = as_initiator_ ? net.a : net.b;
    Inject(victim(), from.address,
           MessageFor(sa(), Cover::kRightKeys, ExchangeType::kIkeAuth, !as_initiator_, 1, message));
    net.Pass(100);
  }
  // The usual message: identity, certificates, AUTH.
  void Send(const Identity& identity, const std::vector<Buffer>& certificates,
            const SignatureMethod& method, const Buffer& auth_data) {
    Send([&](MessageBuilder& message) {
      AddId(message, identity);
      for (const Buffer& der : certificates) {
        AddCert(message, PayloadType::kCert, CertEncoding::kX509Signature, der);
      }
      AddAuth(message, method.method, auth_data);
    });
  }
  // It went no further, for this reason, and nobody was bothered.
  void ExpectRefused(const std::string& cause) {
    EXPECT_THAT(lines(), ElementsAre("ike failed " + cause));
    EXPECT_EQ(victim().record.Count("ike up"), 0U);
    EXPECT_THAT(victim().fwd.sas(), IsEmpty());
    EXPECT_THAT(victim().pki.fetched(), IsEmpty());
    if (as_initiator_) {
      EXPECT_THAT(victim().pki.signed_by(), IsEmpty());
    }
  }

  bool as_initiator_;
  CertificateNetwork net;
};

Identity NameOf(const Issued& from) {
  const pki::Certificate certificate = CertificateOf(from);
  const Bytes subject = certificate.subject_der();
  return {IdentityType::kDn, {subject.begin(), subject.end()}};
}
Buffer AuthOf(const SignatureMethod& method, const Issued& key, const Buffer& signature) {
  return AuthDataOf(method, CertificateOf(key).key().type(), signature);
}
// A message by hand that is as it should be but for `change`.
void SendGood(
    Stranger& stranger, const Issued& who,
    const std::function<void(Buffer&)>& change = [](Buffer&) {}) {
  const Identity name = NameOf(who);
  Buffer auth = AuthOf(kMethod, who, Stranger::Sign(who, kEcdsa, stranger.Octets(name)));
  change(auth);
  stranger.Send(name, {who.certificate()}, kMethod, auth);
}

TEST(CertificateHostileTest, AMessageByHandIsTakenWhenItIsGood) {
  Stranger stranger;
  stranger.Begin();
  SendGood(stranger, LeafOfA());
  EXPECT_THAT(stranger.lines(), ElementsAre("ike up")) << "it asked for no child";
  Stranger responder(false);
  responder.Begin();
  SendGood(responder, LeafOfB());
  EXPECT_EQ(responder.net.a.record.Count("ike up"), 1U);
}

// ---- signatures

TEST(CertificateHostileTest, EveryByteOfTheSignatureCounts) {
  Stranger probe;
  probe.Begin();
  const Identity name = NameOf(LeafOfA());
  const size_t size =
      AuthOf(kMethod, LeafOfA(), Stranger::Sign(LeafOfA(), kEcdsa, probe.Octets(name))).size();
  for (size_t i = 0; i + 4 < size; i += 3) {
    Stranger stranger;
    stranger.Begin();
    SendGood(stranger, LeafOfA(), [i](Buffer& auth) { auth[i] ^= 0x10; });
    EXPECT_EQ(stranger.victim().record.Count("ike up"), 0U) << i;
    EXPECT_EQ(stranger.victim().IkeSas(), 0U) << i;
  }
}

// CVE-2013-2944: the outcome of verifying has three values.
TEST(CertificateHostileTest, SignaturesOfNothing) {
  const Buffer zeros{0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00};
  const Buffer ones{0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01};
  for (const Buffer& signature :
       {zeros, ones, Buffer{0}, Buffer(72, 0), Buffer{0x30, 0x00}, Buffer(4'000, 0xff)}) {
    Stranger stranger;
    stranger.Begin();
    stranger.Send(NameOf(LeafOfA()), {LeafOfA().certificate()}, kMethod,
                  AuthOf(kMethod, LeafOfA(), signature));
    stranger.ExpectRefused("auth_failed");
  }
  for (const Buffer& signature : {Buffer(64, 0), Buffer(64, 0xff), Buffer(63, 1), Buffer(65, 1)}) {
    Stranger stranger;
    stranger.Begin();
    stranger.Send(NameOf(LeafOfA()), {LeafOfA().certificate()}, {AuthMethod::kEcdsaSha256P256, {}},
                  signature);
    stranger.ExpectRefused("auth_failed");
  }
}

// CVE-2018-16151, CVE-2018-16152, CVE-2026-50721: PKCS#1 whose padding is parsed can be made up.
// Whatever an RSA signature decrypts to is compared with what libcrypto writes itself.
TEST(CertificateHostileTest, RsaSignaturesThatAreMadeUp) {
  const Issued& leaf = LeafOfA(KeyChoice::kRsa2048);
  for (const SignatureKind kind : {SignatureKind::kRsaPkcs1, SignatureKind::kRsaPss}) {
    const SignatureMethod method{AuthMethod::kDigitalSignature, {kind, Hash::kSha256}};
    for (const size_t size : {size_t{1}, size_t{255}, size_t{256}, size_t{257}, size_t{8'000}}) {
      Buffer signature(size, 0);
      signature.back() = 1;  // 1 to any power is 1
      Stranger stranger;
      stranger.Begin();
      stranger.Send(NameOf(leaf), {leaf.certificate()}, method, AuthOf(method, leaf, signature));
      stranger.ExpectRefused("auth_failed");
    }
  }
}

// A good signature under another label: each scheme is one of its own.
TEST(CertificateHostileTest, SchemesAreNotMixed) {
  const Issued& leaf = LeafOfA(KeyChoice::kRsa2048);
  const std::array<SignatureScheme, 4> schemes{{{SignatureKind::kRsaPkcs1, Hash::kSha256},
                                                {SignatureKind::kRsaPkcs1, Hash::kSha512},
                                                {SignatureKind::kRsaPss, Hash::kSha256},
                                                {SignatureKind::kRsaPss, Hash::kSha512}}};
  const Identity name = NameOf(leaf);
  for (const SignatureScheme is : schemes) {
    for (const SignatureScheme says : schemes) {
      Stranger stranger;
      stranger.Begin();
      const SignatureMethod method{AuthMethod::kDigitalSignature, says};
      stranger.Send(name, {leaf.certificate()}, method,
                    AuthOf(method, leaf, Stranger::Sign(leaf, is, stranger.Octets(name))));
      if (is == says) {
        EXPECT_THAT(stranger.lines(), ElementsAre("ike up"));
      } else {
        stranger.ExpectRefused("auth_failed");
      }
    }
  }
}

TEST(CertificateHostileTest, AlgorithmsOfOtherKeys) {
  const Issued& rsa = LeafOfA(KeyChoice::kRsa2048);
  const SignatureMethod for_rsa{AuthMethod::kDigitalSignature,
                                {SignatureKind::kRsaPkcs1, Hash::kSha256}};
  Stranger ecdsa;
  ecdsa.Begin();
  ecdsa.Send(NameOf(LeafOfA()), {LeafOfA().certificate()}, for_rsa,
             AuthOf(for_rsa, rsa, Buffer(64, 1)));
  ecdsa.ExpectRefused("auth_method");
  for (const AuthMethod method :
       {AuthMethod::kRsaSignature, AuthMethod::kEcdsaSha384P384, AuthMethod::kEcdsaSha512P521}) {
    Stranger stranger;
    stranger.Begin();
    stranger.Send(NameOf(LeafOfA()), {LeafOfA().certificate()}, {method, {}}, Buffer(96, 1));
    stranger.ExpectRefused("auth_method");
  }
}

// ---- shared keys and other methods in the place of signatures

TEST(CertificateHostileTest, ASharedKeyMadeOfWhatIsPublic) {
  const Identity name = NameOf(LeafOfA());
  for (const Buffer& key : {Buffer(), LeafOfA().certificate(), Buffer(32, 0)}) {
    Stranger stranger;
    stranger.Begin();
    const auto auth = SharedKeyAuth(stranger.sa().suite.prf, key, stranger.Octets(name));
    stranger.Send(name, {LeafOfA().certificate()}, {AuthMethod::kSharedKey, {}}, *auth);
    stranger.ExpectRefused("auth_method");
  }
}

// The shared key is right; the profile wants a certificate all the same.
TEST(CertificateHostileTest, TheSharedKeyIsNoSignature) {
  const Identity name = Identity::Of(*net::Address::Parse("192.0.2.1"));
  Stranger stranger;
  stranger.Begin();
  const std::string key = TunnelOfB().peers_key;
  const Bytes bytes(reinterpret_cast<const uint8_t*>(key.data()), key.size());
  stranger.Send(name, {}, {AuthMethod::kSharedKey, {}},
                *SharedKeyAuth(stranger.sa().suite.prf, bytes, stranger.Octets(name)));
  stranger.ExpectRefused("auth_method");
}

TEST(CertificateHostileTest, MethodsThatNobodyHas) {
  for (const int number : {0, 3, 8, 12, 13, 15, 200, 255}) {
    Stranger stranger;
    stranger.Begin();
    stranger.Send(NameOf(LeafOfA()), {LeafOfA().certificate()},
                  {static_cast<AuthMethod>(number), {}}, Buffer(64, 1));
    stranger.ExpectRefused("auth_method");
  }
}

// CVE-2021-45079: what ends well without a proof. No AUTH payload asks for EAP, which is not built.
TEST(CertificateHostileTest, NoProofAtAll) {
  for (const bool as_initiator : {true, false}) {
    Stranger stranger(as_initiator);
    stranger.Begin();
    stranger.Send([&](MessageBuilder& message) {
      stranger.AddId(message, NameOf(LeafOfA()));
      AddCert(message, PayloadType::kCert, CertEncoding::kX509Signature, LeafOfA().certificate());
      AddEap(message, {EapCode::kSuccess, 1, 0, {}});
    });
    stranger.ExpectRefused("malformed");
  }
}

// ---- certificates

TEST(CertificateHostileTest, ACertificateWithoutItsKey) {
  Stranger stranger;
  stranger.Begin();
  const Identity name = NameOf(LeafOfA());
  const Issued& ours = LeafOfB();
  stranger.Send(name, {LeafOfA().certificate()}, kMethod,
                AuthOf(kMethod, ours, Stranger::Sign(ours, kEcdsa, stranger.Octets(name))));
  stranger.ExpectRefused("auth_failed");
}

// AUTH is checked by the first certificate, identity and trust too: no choice among several.
TEST(CertificateHostileTest, TheFirstCertificateCountsForAll) {
  const auto own = Issued::SelfSigned({.subject = "CN=a,O=Example"});
  const Identity name = NameOf(LeafOfA());
  Stranger stranger;
  stranger.Begin();
  const Buffer auth = AuthOf(kMethod, own, Stranger::Sign(own, kEcdsa, stranger.Octets(name)));
  stranger.Send(name, {LeafOfA().certificate(), own.certificate()}, kMethod, auth);
  stranger.ExpectRefused("auth_failed");
  Stranger other;
  other.Begin();
  const Buffer again = AuthOf(kMethod, own, Stranger::Sign(own, kEcdsa, other.Octets(name)));
  other.Send(name, {own.certificate(), LeafOfA().certificate()}, kMethod, again);
  other.ExpectRefused("certificate_refused");
}

// Our own answer comes back as a proof: each side signs something else.
TEST(CertificateHostileTest, OurOwnSignatureProvesNothing) {
  Stranger stranger;
  stranger.Begin();
  const Identity name = NameOf(LeafOfB());
  const auto octets = OctetsOf(stranger.sa(), /*of_initiator=*/false, Stranger::RestOf(name));
  stranger.Send(name, {LeafOfB().certificate()}, kMethod,
                AuthOf(kMethod, LeafOfB(), Stranger::Sign(LeafOfB(), kEcdsa, *octets)));
  stranger.ExpectRefused("auth_failed");
}

TEST(CertificateHostileTest, NoCertificate) {
  Stranger stranger;
  stranger.Begin();
  const Identity name = NameOf(LeafOfA());
  stranger.Send(
      name, {}, kMethod,
      AuthOf(kMethod, LeafOfA(), Stranger::Sign(LeafOfA(), kEcdsa, stranger.Octets(name))));
  stranger.ExpectRefused("no_peer_certificate");
}

TEST(CertificateHostileTest, ByHashAndUrl) {
  for (const auto encoding : {CertEncoding::kHashAndUrlX509, CertEncoding::kHashAndUrlBundle}) {
    Stranger stranger;
    stranger.Begin();
    stranger.Send([&](MessageBuilder& message) {
      stranger.AddId(message, NameOf(LeafOfA()));
      Buffer data(20, 1);
      for (const char c : std::string("http://victim.example.com/")) {
        data.push_back(static_cast<uint8_t>(c));
      }
      AddCert(message, PayloadType::kCert, encoding, data);
      AddAuth(message, AuthMethod::kDigitalSignature, AuthOf(kMethod, LeafOfA(), Buffer(70, 1)));
    });
    stranger.ExpectRefused("certificate_encoding");
  }
}

TEST(CertificateHostileTest, SixteenCertificatesAndOneMore) {
  const Identity name = NameOf(LeafOfA());
  for (const size_t count : {size_t{16}, size_t{17}, size_t{100}}) {
    Stranger stranger;
    stranger.Begin();
    const Buffer auth =
        AuthOf(kMethod, LeafOfA(), Stranger::Sign(LeafOfA(), kEcdsa, stranger.Octets(name)));
    stranger.Send(name, std::vector<Buffer>(count, LeafOfA().certificate()), kMethod, auth);
    if (count == 16) {
      EXPECT_THAT(stranger.lines(), ElementsAre("ike up"));
    } else {
      stranger.ExpectRefused("too_many_certificates");
    }
  }
}

// Depth, length and emptiness.
TEST(CertificateHostileTest, CertificatesThatAreNone) {
  Buffer nested;
  for (int i = 0; i < 15'000; ++i) nested.insert(nested.end(), {0x30, 0x80});
  Buffer cut = LeafOfA().certificate();
  cut.resize(cut.size() / 2);
  Buffer longer = LeafOfA().certificate();
  longer.push_back(0);
  for (const Buffer& der : {nested, cut, longer, Buffer(60'000, 0x30), Buffer{0x30, 0x00},
                            Buffer{0x30, 0x84, 0xff, 0xff, 0xff, 0xff}}) {
    Stranger stranger;
    stranger.Begin();
    stranger.Send(NameOf(LeafOfA()), {der}, kMethod, AuthOf(kMethod, LeafOfA(), Buffer(70, 1)));
    EXPECT_EQ(stranger.victim().record.Count("ike up"), 0U);
    EXPECT_EQ(stranger.victim().IkeSas(), 0U);
    EXPECT_THAT(stranger.lines(), testing::SizeIs(1));
  }
}

// A chain as long as a message takes, each one signed by the next.
TEST(CertificateHostileTest, ALongChainIsNoLongWork) {
  std::vector<Issued> chain{Root()};
  for (int i = 0; i < 15; ++i) {
    chain.push_back(chain.back().Issue({.subject = "CN=" + std::to_string(i), .ca = true}));
  }
  const Issued leaf = chain.back().Issue({.subject = "CN=a,O=Example"});
  std::vector<Buffer> all{leaf.certificate()};
  for (size_t i = chain.size() - 1; i > 0; --i) all.push_back(chain[i].certificate());
  Stranger stranger;
  stranger.Begin();
  const Identity name = NameOf(leaf);
  stranger.Send(name, all, kMethod,
                AuthOf(kMethod, leaf, Stranger::Sign(leaf, kEcdsa, stranger.Octets(name))));
  stranger.ExpectRefused("certificate_refused");
}

// An end entity's certificate signs others: basicConstraints say that it may not.
TEST(CertificateHostileTest, AGatewayIsNoAuthority) {
  const Issued fake = LeafOfA().Issue({.subject = "CN=b,O=Example", .dns = {"b.example.com"}});
  Stranger stranger;
  stranger.Begin();
  const Identity name = NameOf(fake);
  stranger.Send(name, {fake.certificate(), LeafOfA().certificate()}, kMethod,
                AuthOf(kMethod, fake, Stranger::Sign(fake, kEcdsa, stranger.Octets(name))));
  stranger.ExpectRefused("certificate_refused");
}

// ---- payloads that are there twice, or are of others

TEST(CertificateHostileTest, NothingIsThereTwice) {
  for (const int what : {0, 1}) {
    Stranger stranger;
    stranger.Begin();
    const Identity name = NameOf(LeafOfA());
    const Buffer auth =
        AuthOf(kMethod, LeafOfA(), Stranger::Sign(LeafOfA(), kEcdsa, stranger.Octets(name)));
    stranger.Send([&](MessageBuilder& message) {
      stranger.AddId(message, name);
      if (what == 0) stranger.AddId(message, NameOf(LeafOfB()));
      AddCert(message, PayloadType::kCert, CertEncoding::kX509Signature, LeafOfA().certificate());
      AddAuth(message, AuthMethod::kDigitalSignature, auth);
      if (what == 1) AddAuth(message, AuthMethod::kSharedKey, auth);
    });
    stranger.ExpectRefused("malformed");
  }
}

// CVE-2023-38712 and its like: an identity in the wrong role, or of a type that nobody has.
TEST(CertificateHostileTest, IdentitiesThatAreNone) {
  Stranger stranger;
  stranger.Begin();
  stranger.Send([&](MessageBuilder& message) {
    v2::AddId(message, PayloadType::kIdResponder, IdType::kFqdn, Buffer{'a'});
    AddCert(message, PayloadType::kCert, CertEncoding::kX509Signature, LeafOfA().certificate());
    AddAuth(message, AuthMethod::kDigitalSignature, AuthOf(kMethod, LeafOfA(), Buffer(70, 1)));
  });
  stranger.ExpectRefused("malformed");
  for (const IdType type : {IdType::kDerGn, IdType::kNull}) {
    Stranger other;
    other.Begin();
    other.Send([&](MessageBuilder& message) {
      v2::AddId(message, PayloadType::kIdInitiator, type,
                type == IdType::kNull ? Buffer() : Buffer{0x30, 0x00});
      AddAuth(message, AuthMethod::kDigitalSignature, AuthOf(kMethod, LeafOfA(), Buffer(70, 1)));
    });
    other.ExpectRefused("malformed");
  }
}

// What cannot be read of a hint is no hint.
TEST(CertificateHostileTest, RequestsForAllTheWorldsAuthorities) {
  Stranger stranger;
  stranger.Begin();
  const Identity name = NameOf(LeafOfA());
  const Buffer auth =
      AuthOf(kMethod, LeafOfA(), Stranger::Sign(LeafOfA(), kEcdsa, stranger.Octets(name)));
  stranger.Send([&](MessageBuilder& message) {
    stranger.AddId(message, name);
    AddCert(message, PayloadType::kCert, CertEncoding::kX509Signature, LeafOfA().certificate());
    AddCert(message, PayloadType::kCertRequest, CertEncoding::kX509Signature, Buffer(60'000, 1));
    AddCert(message, PayloadType::kCertRequest, CertEncoding::kX509Signature, Buffer(19, 1));
    AddAuth(message, AuthMethod::kDigitalSignature, auth);
  });
  EXPECT_THAT(stranger.lines(), ElementsAre("ike up"));
}

// ---- responders

TEST(CertificateHostileTest, AResponderThatIsNotWhoWasMeant) {
  Stranger stranger(false);
  stranger.net.ConfigureA(
      {.own = LeafOfA(), .match = {{config::IkeIdKind::kFqdn, {}, "b.example.com"}}});
  stranger.Begin();
  const auto other = Root().Issue({.subject = "CN=c", .dns = {"c.example.com"}});
  SendGood(stranger, other);
  stranger.ExpectRefused("no_profile");
}

TEST(CertificateHostileTest, AResponderWithAKeyWhereACertificateIsWanted) {
  Stranger stranger(false);
  stranger.Begin();
  const Identity name = Identity::Of(*net::Address::Parse("192.0.2.2"));
  const std::string key = TunnelOfA().peers_key;
  const Bytes bytes(reinterpret_cast<const uint8_t*>(key.data()), key.size());
  stranger.Send(name, {}, {AuthMethod::kSharedKey, {}},
                *SharedKeyAuth(stranger.sa().suite.prf, bytes, stranger.Octets(name)));
  // The responder takes itself for authenticated: it is told, and nothing was made.
  EXPECT_EQ(stranger.net.a.record.Count("ike up"), 0U);
  EXPECT_EQ(stranger.net.a.record.Count("child up"), 0U);
  stranger.net.Run();
  EXPECT_EQ(stranger.net.a.IkeSas(), 0U);
  EXPECT_EQ(stranger.net.a.machine.core().causes().of(Cause::kAuthMethod), 1U);
}

}  // namespace
}  // namespace vam::ike::test
