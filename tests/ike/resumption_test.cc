// Session resumption (RFC 5723): an IKE SA that was lost comes back by its ticket, and by an
// ordinary set-up where it cannot.
#include "tests/ike/resumption.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/exchange/rekey_ike.h"
#include "sw/ike/v2/exchange/resumption.h"
#include "sw/ike/v2/wire/notify_data.h"
#include "tests/ike/certificates.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

constexpr ExchangeType kInit = ExchangeType::kIkeSaInit;
constexpr ExchangeType kResume = ExchangeType::kIkeSessionResume;
constexpr ExchangeType kAuth = ExchangeType::kIkeAuth;

TEST(ResumptionTest, ComesBackWithoutAKeyExchange) {
  ResumptionNetwork net(1);
  net.Call();
  ASSERT_TRUE(net.IsFull());
  EXPECT_EQ(net.Held(net.a), 1U);
  EXPECT_EQ(net.Held(net.b), 0U);
  net.LoseSession();
  EXPECT_EQ(net.a.record.Count("ike down no_answer"), 1U);
  EXPECT_EQ(net.a.IkeSas(), 0U);
  ASSERT_EQ(net.Held(net.a), 1U);
  net.log.clear();
  net.Call();
  ASSERT_TRUE(net.IsResumed());
  EXPECT_EQ(net.log.size(), 4U);
  EXPECT_EQ(net.CountOf(kResume), 2U);
  EXPECT_EQ(net.CountOf(kAuth), 2U);
  // And once more, by the ticket that came with it.
  net.LoseSession();
  net.Call();
  ASSERT_TRUE(net.IsResumed());
  EXPECT_EQ(net.CountOf(kInit), 0U);
  const TicketCounts& of_a = net.CountsOf(net.a);
  const TicketCounts& of_b = net.CountsOf(net.b);
  EXPECT_EQ(of_a.started, 2U);
  EXPECT_EQ(of_a.succeeded, 2U);
  EXPECT_EQ(of_a.fell_back, 0U);
  EXPECT_EQ(of_a.received, 3U);
  EXPECT_EQ(of_b.requested, 3U);
  EXPECT_EQ(of_b.given, 3U);
  EXPECT_EQ(of_b.presented, 2U);
  EXPECT_EQ(of_b.accepted, 2U);
}

// ---- keys, computed here with HMAC alone (RFC 5723, 5.1; RFC 7296, 2.13 to 2.15)

Buffer Hmac(Bytes key, const Buffer& text) {
  Buffer out(32);
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), text.data(), text.size(), out.data(),
       nullptr);
  return out;
}

Buffer Joined(std::initializer_list<Bytes> parts) {
  Buffer out;
  for (const Bytes part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

Buffer Of(Bytes key) { return {key.begin(), key.end()}; }

Buffer NonceOf(const Buffer& message) {
  const auto chain = ParseChain(PayloadType{message[16]}, Bytes(message).subspan(kHeaderBytes));
  const Bytes body = Find(chain->payloads, PayloadType::kNonce)->body;
  return {body.begin(), body.end()};
}

// The body of a payload of an encrypted message.
Buffer InnerOf(const SkKeys& keys, const Buffer& message, PayloadType type) {
  const auto chain = ParseChain(PayloadType{message[16]}, Bytes(message).subspan(kHeaderBytes));
  const auto text = Open(keys, message, *chain->encrypted);
  const auto inner = ParseInner(chain->encrypted->first_inner, *text);
  const Bytes body = Find(*inner, type)->body;
  return {body.begin(), body.end()};
}

TEST(ResumptionTest, KeysAndProofsAreThoseOfTheRfc) {
  ResumptionNetwork net(2);
  net.Call();
  const Buffer old_d = Of(net.a.Up()->keys.d());
  net.LoseSession();
  net.log.clear();
  net.Call();
  ASSERT_TRUE(net.IsResumed());
  const Buffer request = net.LastOf(kResume, false);
  const Buffer answer = net.LastOf(kResume, true);
  const Buffer ni = NonceOf(request);
  const Buffer nr = NonceOf(answer);
  const std::string label = "Resumption";
  const Buffer seed =
      Hmac(old_d, Joined({{reinterpret_cast<const uint8_t*>(label.data()), label.size()}, ni, nr}));
  // prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr); SPIs are the first 16 bytes of the answer.
  const Buffer text = Joined({ni, nr, Bytes(answer).first(16)});
  Buffer material;
  Buffer block;
  for (uint8_t i = 1; material.size() < 3 * 32 + 2 * 36; ++i) {
    block = Hmac(seed, Joined({block, text, Bytes(&i, 1)}));
    material.insert(material.end(), block.begin(), block.end());
  }
  // AES-GCM-256: SK_d, SK_ei and SK_er with salts, SK_pi, SK_pr.
  const auto cut = [&material](size_t at, size_t size) {
    return Buffer(material.begin() + static_cast<ptrdiff_t>(at),
                  material.begin() + static_cast<ptrdiff_t>(at + size));
  };
  const Buffer pi = cut(104, 32);
  const Buffer pr = cut(136, 32);
  for (const Side* side : {&net.a, &net.b}) {
    const IkeKeys& keys = const_cast<Side*>(side)->Up()->keys;
    EXPECT_EQ(Of(keys.d()), cut(0, 32));
    EXPECT_EQ(Of(keys.ei()), cut(32, 36));
    EXPECT_EQ(Of(keys.er()), cut(68, 36));
  }
  // AUTH = prf (SK_px, message | nonce | prf (SK_px, ID)), without "Key Pad for IKEv2".
  const auto auth_of = [](const Buffer& key, const Buffer& message, const Buffer& nonce,
                          const Buffer& id) {
    return Hmac(key, Joined({message, nonce, Hmac(key, id)}));
  };
  const auto sent_auth = [](const Buffer& body) { return Buffer(body.begin() + 4, body.end()); };
  const SkKeys to_b = net.b.Up()->inbound();
  const Buffer auth_request = net.LastOf(kAuth, false);
  const Buffer idi = InnerOf(to_b, auth_request, PayloadType::kIdInitiator);
  EXPECT_EQ(sent_auth(InnerOf(to_b, auth_request, PayloadType::kAuth)),
            auth_of(pi, request, nr, idi));
  const SkKeys to_a = net.a.Up()->inbound();
  const Buffer auth_answer = net.LastOf(kAuth, true);
  const Buffer idr = InnerOf(to_a, auth_answer, PayloadType::kIdResponder);
  EXPECT_EQ(sent_auth(InnerOf(to_a, auth_answer, PayloadType::kAuth)),
            auth_of(pr, answer, ni, idr));
}

TEST(ResumptionTest, WithEverySuite) {
  struct Suite {
    Cipher cipher;
    IntegrityId integrity;
    PrfId prf;
  };
  for (const Suite& suite :
       {Suite{{EncryptionId::kAesCbc, 256}, IntegrityId::kHmacSha512_256, PrfId::kHmacSha512},
        Suite{{EncryptionId::kAesGcm16, 128}, IntegrityId::kNone, PrfId::kHmacSha384},
        Suite{{EncryptionId::kChaCha20Poly1305, 0}, IntegrityId::kNone, PrfId::kHmacSha256}}) {
    Changes changes;
    changes.parts = [&suite](Policy::Parts& parts) {
      IkeOffer& offer = parts.ike.front().offers.front();
      offer.ciphers = {suite.cipher};
      offer.integrities = {suite.integrity};
      if (suite.integrity == IntegrityId::kNone) offer.integrities.clear();
      offer.prfs = {suite.prf};
    };
    ResumptionNetwork net(3, changes);
    net.SetUpAndLose();
    net.Call();
    EXPECT_TRUE(net.IsResumed());
    EXPECT_EQ(net.a.Up()->suite.prf, suite.prf);
    EXPECT_EQ(net.a.Up()->suite.cipher, suite.cipher);
  }
}

// ---- who wants it

TEST(ResumptionTest, OnlyWhereBothSayIt) {
  for (const auto& [of_a, of_b] : {std::pair(0U, 0U), {3'600U, 0U}, {0U, 3'600U}}) {
    ResumptionNetwork net(4, {.resumption_s = of_a}, {.resumption_s = of_b});
    net.Call();
    ASSERT_TRUE(net.IsFull());
    EXPECT_EQ(net.Held(net.a), 0U);
    EXPECT_EQ(net.CountsOf(net.a).asked, of_a == 0 ? 0U : 1U);
    EXPECT_EQ(net.CountsOf(net.b).given, 0U);
    net.LoseSession();
    net.Call();
    EXPECT_TRUE(net.IsFull());
    EXPECT_EQ(net.CountOf(kResume), 0U);
    EXPECT_EQ(net.CountsOf(net.a).asked, of_a == 0 ? 0U : 2U) << "not again on the same IKE SA";
  }
}

// The gateway lost nothing: its old IKE SA goes without a word when the new one is up (4.3.4).
TEST(ResumptionTest, TheOldIkeSaOfTheGatewayGoes) {
  ResumptionNetwork net(5);
  net.Call();
  net.a.machine.core().End(*net.a.Up(), Cause::kNoAnswer);
  net.a.machine.Poll();
  ASSERT_EQ(net.Held(net.a), 1U);
  net.log.clear();
  net.Call();
  EXPECT_TRUE(net.IsResumed());
  EXPECT_EQ(net.b.record.Count("ike down replaced"), 1U);
  EXPECT_EQ(net.CountOf(ExchangeType::kInformational), 0U);
}

// ---- when it cannot

TEST(ResumptionTest, ANewRoleKnowsNoTicketOfTheOldOne) {
  ResumptionNetwork net(6);
  net.SetUpAndLose();
  net.RestartB();
  net.Call();
  ASSERT_TRUE(net.IsFull());
  EXPECT_EQ(net.CauseOf(net.b, Cause::kTicketUnknownKey), 1U);
  EXPECT_EQ(net.CauseOf(net.a, Cause::kTicketRefused), 1U);
  EXPECT_EQ(net.CountsOf(net.a).fell_back, 1U);
  EXPECT_EQ(net.Held(net.a), 1U) << "that of the new IKE SA";
  net.LoseSession();
  net.Call();
  EXPECT_TRUE(net.IsResumed());
}

TEST(ResumptionTest, APeerThatDoesNotAnswerIsCalledWithoutIt) {
  ResumptionNetwork net(7);
  net.SetUpAndLose();
  net.pass = [](const Side&, Buffer& bytes) { return TypeOf(bytes) != kResume; };
  net.log.clear();
  net.Call();
  EXPECT_TRUE(net.IsFull());
  EXPECT_EQ(net.CountOf(kResume), 3U);
  EXPECT_EQ(net.CountsOf(net.a).fell_back, 1U);
}

// Anybody on the way can say TICKET_NACK: it costs a key exchange, and no ticket.
TEST(ResumptionTest, ARefusalInClearTakesNoTicketAway) {
  for (const NotifyType said : {NotifyType::kTicketNack, NotifyType::kNoProposalChosen}) {
    ResumptionNetwork net(8);
    net.SetUpAndLose();
    net.pass = [](const Side&, Buffer&) { return false; };
    net.a.Acquire(9);
    net.Pass(10);
    MessageBuilder message;
    AddNotify(message, said);
    Header header;
    header.initiator_spi = AnySa(net.a)->spi;
    header.exchange = kResume;
    header.response = true;
    Inject(net.a, net.b.address, *message.Finish(header));
    EXPECT_EQ(net.CountsOf(net.a).fell_back, 1U);
    // The key exchange comes to nothing either.
    net.Run();
    EXPECT_EQ(net.a.IkeSas(), 0U);
    ASSERT_EQ(net.Held(net.a), 1U);
    net.pass = {};
    net.Call();
    EXPECT_TRUE(net.IsResumed());
  }
}

// What comes under another exchange's type ends no call.
TEST(ResumptionTest, AnAnswerOfAnotherExchangeIsNone) {
  ResumptionNetwork net(9);
  net.SetUpAndLose();
  net.a.Acquire(9);
  for (const ExchangeType type : {kInit, kAuth}) {
    MessageBuilder message;
    AddNotify(message, NotifyType::kNoProposalChosen);
    Header header;
    header.initiator_spi = AnySa(net.a)->spi;
    header.exchange = type;
    header.response = true;
    Inject(net.a, net.b.address, *message.Finish(header));
  }
  net.Run();
  EXPECT_TRUE(net.IsResumed());
}

TEST(ResumptionTest, EachMessageMayBeLost) {
  for (size_t lost = 0; lost < 4; ++lost) {
    ResumptionNetwork net(10 + lost);
    net.SetUpAndLose();
    size_t sent = 0;
    net.pass = [&sent, lost](const Side&, Buffer&) { return sent++ != lost; };
    net.Call();
    EXPECT_TRUE(net.IsResumed()) << lost;
    EXPECT_EQ(net.CountsOf(net.b).accepted, 1U);
  }
}

// IKE_AUTH never comes through: the call goes on by an ordinary set-up.
TEST(ResumptionTest, WithoutAnAnswerToIkeAuthItIsBegunAnew) {
  ResumptionNetwork net(15);
  net.SetUpAndLose();
  bool shut = true;
  net.pass = [&](const Side& from, Buffer& bytes) {
    if (TypeOf(bytes) == kInit) shut = false;
    return !(shut && &from == &net.b && TypeOf(bytes) == kAuth);
  };
  net.Call();
  net.Pass(60'000);
  EXPECT_EQ(net.CountsOf(net.a).fell_back, 1U);
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.b.IkeSas(), 1U);
}

// ---- its life

TEST(ResumptionTest, ATicketEndsWithItsTime) {
  ResumptionNetwork net(16, {.resumption_s = 3'600}, {.resumption_s = 300});
  net.SetUpAndLose();
  ASSERT_EQ(net.Held(net.a), 1U);
  net.Pass(300'000);
  EXPECT_EQ(net.Held(net.a), 0U);
  net.Call();
  EXPECT_TRUE(net.IsFull());
  EXPECT_EQ(net.CountOf(kResume), 0U);
}

// An IKE SA that lives on has a ticket at any time, over all changes of the key.
TEST(ResumptionTest, AnotherIsAskedForInTime) {
  ResumptionNetwork net(17, {.resumption_s = 600});
  net.Call();
  for (int i = 0; i < 30; ++i) {
    net.Pass(400'000);
    ASSERT_EQ(net.Held(net.a), 1U) << i;
  }
  EXPECT_GT(net.CountsOf(net.b).given, 20U);
  net.LoseSession();
  net.Call();
  EXPECT_TRUE(net.IsResumed());
}

TEST(ResumptionTest, ATicketThatIsPromisedIsAskedForAgain) {
  ResumptionNetwork net(18);
  net.Call();
  IkeSa& sa = *net.a.Up();
  MessageBuilder message;
  AddNotify(message, NotifyType::kTicketAck);
  Incoming answer;
  const Buffer body = *message.Finish({});
  answer.payloads = ParseChain(PayloadType::kNotify, Bytes(body).subspan(kHeaderBytes))->payloads;
  answer.notifies = *ParseNotifies(answer.payloads);
  const uint64_t before = net.CountsOf(net.b).given;
  NoteTicket(net.a.machine.core(), sa, answer);
  net.Pass(11'000);
  EXPECT_EQ(net.CountsOf(net.b).given, before + 1);
}

TEST(ResumptionTest, RekeyingMakesAnotherTicket) {
  for (const bool by_b : {false, true}) {
    ResumptionNetwork net(19);
    net.Call();
    Side& side = by_b ? net.b : net.a;
    RekeyIke(side.machine.core(), *side.Up());
    side.machine.Poll();
    net.Pass(500);
    EXPECT_EQ(net.Held(net.a), 0U) << "the old one is for nothing";
    net.Pass(3'000);
    ASSERT_EQ(net.Held(net.a), 1U);
    net.LoseSession();
    net.Call();
    EXPECT_TRUE(net.IsResumed());
  }
}

// 6.2: when an IKE SA is deleted, its ticket goes.
TEST(ResumptionTest, AnIkeSaThatEndsInGoodOrderLeavesNoTicket) {
  for (const bool by_b : {false, true}) {
    for (const Cause cause : {Cause::kClearedByOperator, Cause::kDeletedByUs}) {
      ResumptionNetwork net(20);
      net.Call();
      Side& side = by_b ? net.b : net.a;
      DeleteIke(side.machine.core(), *side.Up(), cause);
      side.machine.Poll();
      if (!by_b) {
        EXPECT_EQ(net.Held(net.a), 0U) << "before the peer has answered";
      }
      net.Run();
      EXPECT_EQ(net.Held(net.a), 0U);
      net.Call();
      EXPECT_TRUE(net.IsFull());
    }
  }
}

// The time until both must prove themselves again goes on (RFC 4478).
TEST(ResumptionTest, DoesNotPutOffReauthentication) {
  for (const bool of_b : {true, false}) {
    const Changes with{.profile = [](Profile& profile) { profile.reauth_s = 900; }};
    ResumptionNetwork net(21, of_b ? Changes{} : with, of_b ? with : Changes{});
    net.Call();
    const uint64_t by_ns = net.a.Up()->reauth.by_ns;
    const HeldTicket* const held = HeldFor(net.a.machine.core(), *net.a.Up());
    ASSERT_NE(held, nullptr);
    EXPECT_LE(held->state.expires_ns, by_ns);
    net.LoseSession();
    net.Call();
    ASSERT_TRUE(net.IsResumed());
    EXPECT_LE(net.a.Up()->reauth.by_ns, by_ns);
    EXPECT_GE(net.a.Up()->reauth.by_ns + 2 * kNsPerSecond, by_ns);
    if (of_b) {
      EXPECT_LE(net.b.Up()->reauth.by_ns, by_ns + kNsPerSecond);
    }
    // In time it is made by a key exchange.
    net.Pass(900'000);
    EXPECT_TRUE(net.IsFull());
    EXPECT_EQ(net.b.record.Count("ike down not_reauthenticated"), 0U);
  }
}

TEST(ResumptionTest, NoTicketOutlivesTheIkeSa) {
  ResumptionNetwork net(22, {.resumption_s = 86'400,
                             .profile = [](Profile& profile) { profile.lifetime_s = 1'200; }});
  net.Call();
  const HeldTicket* const held = HeldFor(net.a.machine.core(), *net.a.Up());
  ASSERT_NE(held, nullptr);
  // The client counts from when it has heard.
  EXPECT_LE(held->state.expires_ns, net.b.Up()->expires_ns + kNsPerSecond / 10);
}

// ---- the configuration of then and of now

Changes Marked(uint8_t mark) {
  return {.profile = [mark](Profile& profile) { profile.mark.fill(mark); }};
}

TEST(ResumptionTest, AnotherConfigurationOfTheGatewayTakesNoOldTicket) {
  const Changes gone{.parts = [](Policy::Parts& parts) {
    parts.profiles.clear();
    parts.children.clear();
  }};
  const Changes weaker{.parts = [](Policy::Parts& parts) {
    parts.ike.front().offers.front().ciphers = {{EncryptionId::kAesCbc, 128}};
  }};
  const Changes off{.resumption_s = 0};
  const Changes hybrid{.parts = [](Policy::Parts& parts) {
    parts.ike.front().offers.front().additional_groups = {{36}};
  }};
  for (const auto& [changes, again] :
       {std::pair(Marked(1), true), {weaker, true}, {off, true}, {gone, false}, {hybrid, false}}) {
    ResumptionNetwork net(23);
    net.SetUpAndLose();
    net.ConfigureB(changes);
    net.Call();
    EXPECT_EQ(net.IsFull(), again);
    EXPECT_FALSE(net.IsResumed());
    const uint64_t refused =
        net.CauseOf(net.b, Cause::kTicketPolicy) + net.CauseOf(net.b, Cause::kTicketUnknownKey);
    EXPECT_EQ(refused, 1U);
  }
}

// It is looked at again when the peer has proved that the ticket is its own.
TEST(ResumptionTest, AConfigurationThatComesInBetween) {
  ResumptionNetwork net(24);
  net.SetUpAndLose();
  net.pass = [&net](const Side&, Buffer& bytes) {
    if (TypeOf(bytes) == kAuth) net.ConfigureB(Marked(1));
    return true;
  };
  net.Call();
  EXPECT_EQ(net.CauseOf(net.b, Cause::kTicketPolicy), 1U);
  EXPECT_TRUE(net.IsFull());
}

TEST(ResumptionTest, AnotherConfigurationOfTheClientForgetsTickets) {
  for (const Changes& changes : {Marked(1), Changes{.resumption_s = 0}}) {
    ResumptionNetwork net(25);
    net.Call();
    net.ConfigureA({});
    EXPECT_EQ(net.Held(net.a), 1U) << "the same again changes nothing";
    net.LoseSession();
    net.ConfigureA(changes);
    EXPECT_EQ(net.Held(net.a), 0U);
    net.Call();
    EXPECT_TRUE(net.IsFull());
  }
}

// ---- beside other extensions

TEST(ResumptionTest, ACookieFirst) {
  ResumptionNetwork net(26);
  net.SetUpAndLose();
  net.ConfigureB({.parts = [](Policy::Parts& parts) { parts.settings.cookie_above = 1; }});
  // Somebody is half-open.
  Network other(99);
  other.a.Acquire(1);
  const auto init = other.a.fwd.TakePackets();
  Inject(net.b, net::Address::V4(0xc6336401), init.front().bytes);
  ASSERT_EQ(net.b.machine.core().half_open(), 1U);
  static_cast<void>(net.b.fwd.TakePackets());
  net.log.clear();
  net.Call();
  EXPECT_EQ(net.CauseOf(net.b, Cause::kCookieWanted), 1U);
  EXPECT_EQ(net.CountOf(kResume), 4U);
  ASSERT_NE(net.a.Up(), nullptr);
  EXPECT_TRUE(net.a.Up()->resumption.resumed);
  EXPECT_EQ(net.Mismatch(), "");
}

TEST(ResumptionTest, BehindANat) {
  ResumptionNetwork net(27);
  net.translate = [&net](const Side& to, api::FastEndpoints& ends) {
    if (&to == &net.b) ends.remote_port += 10'000;
    if (&to == &net.a) ends.local_port -= 10'000;
  };
  net.Call();
  ASSERT_TRUE(net.IsFull());
  net.LoseSession();
  net.Call();
  ASSERT_TRUE(net.IsResumed());
  EXPECT_TRUE(net.a.Up()->nat_here);
  EXPECT_TRUE(net.b.Up()->nat_there);
  EXPECT_EQ(net.a.Up()->ends.remote_port, net::kNattPort);
}

TEST(ResumptionTest, PeersByCertificatesSignNothing) {
  CertificateNetwork net(28);
  const auto policy = [](const Tunnel& tunnel, const Issued& own) {
    auto profile = ProfileOf(tunnel, Proof{.own = own});
    profile->resumption_s = 3'600;
    profile->dpd = {.interval_s = 10, .retry_s = 2, .on_demand = false};
    return PolicyWith(tunnel, profile);
  };
  net.a.SetPolicy(policy(TunnelOfA(), LeafOfA()));
  net.b.SetPolicy(policy(TunnelOfB(), LeafOfB()));
  net.SetUp();
  ASSERT_EQ(net.WhyNotUp(), "");
  EXPECT_NE(net.b.Up()->reauth.by_ns, 0U);  // the certificate ends
  net.b.machine.core().End(*net.b.Up(), Cause::kInternal);
  net.b.machine.Poll();
  net.Pass(60'000);
  const size_t signed_before = net.a.pki.signed_by().size() + net.b.pki.signed_by().size();
  net.a.Acquire(2);
  net.Run();
  ASSERT_EQ(net.WhyNotUp(), "");
  EXPECT_TRUE(net.b.Up()->resumption.resumed);
  EXPECT_EQ(net.a.pki.signed_by().size() + net.b.pki.signed_by().size(), signed_before);
  EXPECT_EQ(net.b.Up()->peer_subject, "CN=a,O=Example");
  EXPECT_EQ(net.b.Up()->peer_auth, AuthKind::kEcdsa);
  EXPECT_NE(net.b.Up()->reauth.by_ns, 0U);  // the certificate ends
}

// The secret of the post-quantum key exchange is in SK_d: no other is made.
TEST(ResumptionTest, AdditionalKeyExchangesAreNotRepeated) {
  const Changes hybrid{.parts = [](Policy::Parts& parts) {
    parts.ike.front().offers.front().additional_groups = {{36}};
  }};
  ResumptionNetwork net(29, hybrid);
  net.SetUpAndLose();
  net.log.clear();
  net.Call();
  ASSERT_TRUE(net.IsResumed());
  EXPECT_EQ(net.log.size(), 4U);
  EXPECT_EQ(net.b.Up()->suite.additional_groups, std::vector<uint16_t>{36});
}

// So is a post-quantum preshared key (RFC 8784).
TEST(ResumptionTest, APostQuantumKeyStaysInTheKeys) {
  const auto with = [](const net::Address& remote) {
    return Changes{.profile = [remote](Profile& profile) {
      const std::string text = "a post-quantum preshared key, 32";
      const Bytes bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
      KeyringPeer peer;
      peer.name = "peer";
      peer.addresses = {net::Prefix::Host(remote)};
      peer.local = *SharedKey::From(bytes);
      peer.remote = *SharedKey::From(bytes);
      peer.ppk = std::make_unique<const Ppk>(Ppk{"q1", *SharedKey::From(bytes), true});
      std::vector<KeyringPeer> peers;
      peers.push_back(std::move(peer));
      profile.keyring = std::make_shared<const Keyring>("K", std::move(peers));
    }};
  };
  ResumptionNetwork net(30, with(TunnelOfA().remote), with(TunnelOfB().remote));
  net.SetUpAndLose();
  net.Call();
  ASSERT_TRUE(net.IsResumed());
  EXPECT_EQ(net.a.Up()->ppk, "q1");
  EXPECT_EQ(net.b.Up()->ppk, "q1");
}

TEST(ResumptionTest, WithoutAChildAtFirstAndWithMobike) {
  const Changes changes{.profile = [](Profile& profile) {
    profile.childless = config::IkeChildless::kForce;
    profile.mobike = true;
  }};
  ResumptionNetwork net(31, changes);
  net.SetUpAndLose();
  net.Call();
  ASSERT_TRUE(net.IsResumed());
  EXPECT_NE(net.a.Up()->mobike, nullptr);
  EXPECT_NE(net.b.Up()->mobike, nullptr);
}

// Both want it at once: one by its ticket, the other by IKE_SA_INIT.
TEST(ResumptionTest, CrossesWithAnOrdinarySetUp) {
  for (uint64_t seed = 40; seed < 50; ++seed) {
    ResumptionNetwork net(seed);
    net.weather = {.loss_percent = 0, .repeat_percent = 0, .delay_ms = 5, .jitter_ms = 20};
    net.SetUpAndLose();
    net.a.Acquire(7);
    net.b.Acquire(8);
    net.Run();
    EXPECT_EQ(net.Mismatch(), "") << seed;
    EXPECT_GE(net.a.Children(), 1U) << seed;
    EXPECT_EQ(net.a.Children(), net.b.Children()) << seed;
  }
}

// More is asked for while the first message is out: all of it comes along, whichever way.
TEST(ResumptionTest, EverythingThatIsAskedForComesAlong) {
  for (const bool restart : {false, true}) {
    ResumptionNetwork net(51);
    net.SetUpAndLose();
    if (restart) net.RestartB();
    for (uint64_t policy = 11; policy <= 13; ++policy) net.a.Acquire(policy);
    net.Run();
    EXPECT_EQ(net.Mismatch(), "");
    EXPECT_EQ(net.a.Children(), 3U);
    EXPECT_EQ(net.b.Children(), 3U);
    EXPECT_EQ(net.a.Up()->resumption.resumed, !restart);
  }
}

TEST(ResumptionTest, OverBadNetworks) {
  size_t resumed = 0;
  for (uint64_t seed = 60; seed < 90; ++seed) {
    ResumptionNetwork net(seed);
    net.Call();
    net.weather = {.loss_percent = 15, .repeat_percent = 20, .delay_ms = 10, .jitter_ms = 80};
    net.LoseSession();
    net.Call();
    EXPECT_EQ(net.Mismatch(), "") << "seed " << seed;
    ASSERT_GE(net.a.Children(), 1U) << "seed " << seed;
    EXPECT_EQ(net.a.Children(), net.b.Children()) << "seed " << seed;
    resumed += net.a.Up() != nullptr && net.a.Up()->resumption.resumed ? 1 : 0;
  }
  EXPECT_GT(resumed, 20U);
}

}  // namespace
}  // namespace vam::ike::test
