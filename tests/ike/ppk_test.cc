// Post-quantum preshared keys (RFC 8784): used where both know them, refused where one must.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "sw/ike/v2/exchange/rekey_ike.h"
#include "sw/ike/v2/wire/notify_data.h"
#include "tests/ike/certificates.h"
#include "tests/ike/forge.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

const std::string kPpk = "a post-quantum preshared key, 32";

struct Said {
  std::string id = "q1";
  std::string key = kPpk;
  bool required = false;
};

Bytes BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

KeyringPeer PeerOf(const std::string& name, const net::Address& address,
                   const std::optional<Said>& said) {
  KeyringPeer peer;
  peer.name = name;
  peer.addresses = {net::Prefix::Host(address)};
  peer.local = *SharedKey::From(BytesOf("a shared key"));
  peer.remote = *SharedKey::From(BytesOf("a shared key"));
  if (said) {
    peer.ppk = std::make_unique<const Ppk>(
        Ppk{said->id, *SharedKey::From(BytesOf(said->key)), said->required});
  }
  return peer;
}

// `elsewhere`: the keyring has a key of another peer.
std::shared_ptr<Profile> With(const std::shared_ptr<Profile>& profile, const Tunnel& tunnel,
                              const std::optional<Said>& said, bool elsewhere = false) {
  std::vector<KeyringPeer> peers;
  peers.push_back(PeerOf("peer", tunnel.remote, said));
  if (elsewhere) peers.push_back(PeerOf("other", net::Address::V4(0xc6336401), Said{"q9"}));
  profile->keyring = std::make_shared<const Keyring>("K", std::move(peers));
  return profile;
}

void Configure(Side& side, const Tunnel& tunnel, const std::optional<Said>& said,
               bool elsewhere = false) {
  side.SetPolicy(PolicyWith(tunnel, With(ProfileOf(tunnel), tunnel, said, elsewhere)));
}

void Bring(Network& net, const std::optional<Said>& a, const std::optional<Said>& b) {
  Configure(net.a, TunnelOfA(), a);
  Configure(net.b, TunnelOfB(), b);
  net.a.Acquire(1);
  net.Run();
}

std::string Ppks(Network& net) {
  const IkeSa* a = net.a.Up();
  const IkeSa* b = net.b.Up();
  if (a == nullptr || b == nullptr) return "not up";
  if (a->ppk != b->ppk) return "one has it";
  const std::string mismatch = net.Mismatch();
  if (!mismatch.empty() || net.a.Children() != 1) return mismatch + " children";
  return a->ppk;
}

// prf+ of HMAC-SHA-256, one block: computed without the code under test (RFC 7296, 2.13).
std::vector<uint8_t> Mixed(Bytes key) {
  std::vector<uint8_t> text(key.begin(), key.end());
  text.push_back(1);
  std::vector<uint8_t> out(32);
  HMAC(EVP_sha256(), kPpk.data(), static_cast<int>(kPpk.size()), text.data(), text.size(),
       out.data(), nullptr);
  return out;
}

std::vector<uint8_t> Of(Bytes key) { return {key.begin(), key.end()}; }

// Notes SK_pi and SK_pr of a side's only IKE SA before they are dropped.
struct Proofs final : Journal {
  explicit Proofs(Side& side) { side.record.also = this; }
  void StateChange(const IkeSa& sa, IkeSa::State next) override {
    if (next != IkeSa::State::kUp) return;
    pi = Of(sa.keys.pi());
    pr = Of(sa.keys.pr());
  }
  std::vector<uint8_t> pi, pr;
};

TEST(PpkTest, IsMixedIntoThreeKeysAndNoMore) {
  Network plain(1);
  const Proofs before_proofs(plain.a);
  plain.a.Acquire(1);
  plain.Run();
  Network net(1);  // the same chance, so the same key exchange
  const Proofs proofs_a(net.a), proofs_b(net.b);
  Bring(net, Said{}, Said{});
  ASSERT_EQ(Ppks(net), "q1");
  const IkeKeys& before = plain.a.Up()->keys;
  for (Side* side : {&net.a, &net.b}) {
    const IkeKeys& keys = side->Up()->keys;
    EXPECT_EQ(Of(keys.ei()), Of(before.ei())) << "not the same exchange";
    EXPECT_EQ(Of(keys.er()), Of(before.er()));
    EXPECT_EQ(Of(keys.d()), Mixed(before.d()));
    EXPECT_TRUE(keys.pi().empty() && keys.pr().empty()) << "of an IKE SA that is up";
  }
  for (const Proofs* proofs : {&proofs_a, &proofs_b}) {
    EXPECT_EQ(proofs->pi, Mixed(before_proofs.pi));
    EXPECT_EQ(proofs->pr, Mixed(before_proofs.pr));
  }
}

// Of both ends none, one that may be used, one that must be.
TEST(PpkTest, WhoHasItAndWhoMust) {
  const std::array<std::optional<Said>, 3> kinds = {std::nullopt, Said{}, Said{.required = true}};
  for (size_t a = 0; a < kinds.size(); ++a) {
    for (size_t b = 0; b < kinds.size(); ++b) {
      SCOPED_TRACE(std::to_string(a) + " and " + std::to_string(b));
      Network net(2);
      Bring(net, kinds[a], kinds[b]);
      const bool both = a != 0 && b != 0;
      const bool refused = (a == 2 && b == 0) || (a == 0 && b == 2);
      EXPECT_EQ(Ppks(net), refused ? "not up" : (both ? "q1" : ""));
      if (a == 2 && b == 0) {
        EXPECT_EQ(net.a.record.lines(), std::vector<std::string>{"ike failed no_ppk"});
        EXPECT_NE(net.a.record.why().find("knows nothing"), std::string::npos);
      }
      if (a == 0 && b == 2) {
        EXPECT_EQ(net.b.record.lines(), std::vector<std::string>{"ike failed no_ppk"});
        EXPECT_EQ(net.a.record.lines(), std::vector<std::string>{"ike failed refused_by_peer"});
      }
    }
  }
}

TEST(PpkTest, WithSignatures) {
  for (const bool required : {false, true}) {
    for (const bool known : {false, true}) {
      SCOPED_TRACE(std::to_string(required) + " known " + std::to_string(known));
      CertificateNetwork net(3);
      net.a.SetPolicy(PolicyWith(TunnelOfA(), With(ProfileOf(TunnelOfA(), Proof{.own = LeafOfA()}),
                                                   TunnelOfA(), Said{.required = required})));
      net.b.SetPolicy(PolicyWith(
          TunnelOfB(), With(ProfileOf(TunnelOfB(), Proof{.own = LeafOfB()}), TunnelOfB(),
                            known ? std::optional(Said{}) : std::nullopt, /*elsewhere=*/true)));
      net.SetUp();
      if (!known && required) {
        EXPECT_EQ(net.b.record.lines(), std::vector<std::string>{"ike failed no_ppk"});
        EXPECT_EQ(Ppks(net), "not up");
      } else {
        EXPECT_EQ(net.WhyNotUp(), "");
        EXPECT_EQ(Ppks(net), known ? "q1" : "");
      }
    }
  }
}

// The responder says that it uses such keys before it knows who calls.
TEST(PpkTest, AKeyOfAnotherPeerIsNone) {
  for (const bool required : {false, true}) {
    Network net(4);
    Configure(net.a, TunnelOfA(), Said{.id = "q9", .required = required});
    Configure(net.b, TunnelOfB(), std::nullopt, /*elsewhere=*/true);
    net.a.Acquire(1);
    net.Run();
    EXPECT_EQ(Ppks(net), required ? "not up" : "");
    if (required) {
      EXPECT_EQ(net.b.record.lines(), std::vector<std::string>{"ike failed no_ppk"});
    }
  }
}

TEST(PpkTest, AnotherIdIsDoneWithoutWhereBothMay) {
  for (const auto& [of_a, of_b] : {std::pair(false, false), {true, false}, {false, true}}) {
    Network net(5);
    Bring(net, Said{.id = "q1", .required = of_a}, Said{.id = "q2", .required = of_b});
    EXPECT_EQ(Ppks(net), of_a || of_b ? "not up" : "");
    if (of_a || of_b) {
      EXPECT_EQ(net.b.record.lines(), std::vector<std::string>{"ike failed no_ppk"});
      EXPECT_NE(net.b.record.why().find("not known"), std::string::npos);
    }
  }
}

// One identity and two keys is a mistake, not a reason to do without.
TEST(PpkTest, AnotherKeyOfTheSameIdFails) {
  Network net(6);
  Bring(net, Said{}, Said{.key = "another post-quantum preshared k"});
  EXPECT_EQ(Ppks(net), "not up");
  EXPECT_EQ(net.b.record.lines(), std::vector<std::string>{"ike failed auth_failed"});
}

TEST(PpkTest, RekeyedIkeSasHaveItStill) {
  Network net(7);
  Bring(net, Said{.required = true}, Said{.required = true});
  for (Side* side : {&net.a, &net.b}) {
    RekeyIke(net.a.machine.core(), *net.a.Up());
    side->machine.Poll();
    net.Run();
    EXPECT_EQ(Ppks(net), "q1");
    side->Event(side->fwd.sas().begin()->first, api::EventKind::kSoftTime);
    net.Run();
    EXPECT_EQ(net.Mismatch(), "");
  }
}

// ---- somebody on the way, who can change IKE_SA_INIT

// The number of USE_PPK becomes one that nobody knows.
bool Hide(std::vector<uint8_t>& bytes) {
  const std::array<uint8_t, 8> use = {0, 0, 0, 8, 0, 0, 0x40, 0x33};
  const auto at =
      std::search(bytes.begin() + kHeaderBytes, bytes.end(), use.begin() + 2, use.end());
  if (at == bytes.end()) return false;
  *(at + 4) = 0x4f;
  return true;
}

TEST(PpkTest, NobodyOnTheWayTakesItOut) {
  for (const size_t message : {size_t{0}, size_t{1}}) {
    for (const bool required : {false, true}) {
      SCOPED_TRACE(std::to_string(message) + " required " + std::to_string(required));
      Network net(8);
      Configure(net.a, TunnelOfA(), Said{.required = required});
      Configure(net.b, TunnelOfB(), Said{.required = required});
      bool hidden = false;
      net.on_packet = [&](size_t index, const Side&, std::vector<uint8_t>& bytes) {
        if (index == message) hidden = Hide(bytes);
        return true;
      };
      net.a.Acquire(1);
      net.Run();
      EXPECT_TRUE(hidden);
      EXPECT_EQ(Ppks(net), "not up") << "the proofs cover both messages";
      EXPECT_EQ(net.a.Children() + net.b.Children(), 0U);
    }
  }
}

// ---- peers that have keys and do not keep to it

// What `b` gets in the place of a's IKE_AUTH, or a in the place of b's answer.
void InjectAuth(Network& net, Side& to, const Side& from, bool response,
                const std::vector<uint8_t>* identity) {
  const IkeSa& sa = *AnySa(to);
  MessageBuilder message;
  const bool to_a = &to == &net.a;
  AddId(message, to_a ? PayloadType::kIdResponder : PayloadType::kIdInitiator, IdType::kIpv4,
        Buffer{192, 0, 2, static_cast<uint8_t>(to_a ? 2 : 1)});
  AddAuth(message, AuthMethod::kSharedKey, Buffer(32, 7));
  if (identity != nullptr) AddNotify(message, NotifyType::kPpkIdentity, *identity);
  Inject(to, from.address,
         MessageFor(sa, Cover::kRightKeys, ExchangeType::kIkeAuth, response, 1, message));
}

TEST(PpkTest, AnAnswerWithoutItEndsTheSetUp) {
  Network net(9);
  Configure(net.a, TunnelOfA(), Said{.required = true});
  Configure(net.b, TunnelOfB(), Said{.required = true});
  PassOnly(net, 2);
  net.a.Acquire(1);
  net.Pass(100);
  ASSERT_EQ(AnySa(net.a)->state, IkeSa::State::kAuth);
  InjectAuth(net, net.a, net.b, /*response=*/true, nullptr);
  net.Run();
  EXPECT_EQ(net.a.record.lines(), std::vector<std::string>{"ike failed no_ppk"});
  EXPECT_EQ(net.a.fwd.sas().size(), 0U);
}

TEST(PpkTest, IdentitiesThatAreNone) {
  const std::vector<std::vector<uint8_t>> identities = {
      {}, {2}, {1, 'q', '1'}, {2, 'q'}, {0, 'q', '1'}, std::vector<uint8_t>(3'000, 2)};
  for (const auto& identity : identities) {
    Network net(10);
    Configure(net.a, TunnelOfA(), Said{.required = true});
    Configure(net.b, TunnelOfB(), Said{});
    PassOnly(net, 2);
    net.a.Acquire(1);
    net.Pass(100);
    ASSERT_EQ(AnySa(net.b)->state, IkeSa::State::kHalfOpen);
    InjectAuth(net, net.b, net.a, /*response=*/false, &identity);
    EXPECT_EQ(net.b.record.lines(), std::vector<std::string>{"ike failed no_ppk"});
    EXPECT_EQ(net.b.IkeSas(), 0U);
  }
}

}  // namespace
}  // namespace vam::ike::test
