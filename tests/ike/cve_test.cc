// Faults that others had and that no other test here is named after. All of them, with their tests:
// docs/cve-lessons.md.
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "sw/crypto/key_exchange.h"
#include "tests/ike/certificates.h"
#include "tests/ike/forge.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

Buffer InitWith(uint16_t group, const Buffer& ke) {
  MessageBuilder message;
  IkeOffer offer;
  offer.ciphers = {{EncryptionId::kAesGcm16, 256}};
  offer.prfs = {PrfId::kHmacSha256};
  offer.groups = {group};
  AddSa(message, Propose({&offer, 1}, 0, 0));
  AddKe(message, group, ke);
  message.Add(PayloadType::kNonce, Buffer(32, 1));
  Header header;
  header.initiator_spi = 77;
  header.from_initiator = true;
  return *message.Finish(header);
}

// Policies of B that take every group that is not legacy.
Policy::Parts EveryGroup() {
  Policy::Parts parts = PolicyOf(TunnelOfB());
  parts.ike.front().offers.front().groups = {14, 15, 16, 19, 20, 21, 31, 32};
  return parts;
}

size_t PublicBytes(uint16_t group) {
  SeededRng rng(3);
  return crypto::KeyExchange::Start(static_cast<crypto::Group>(group), rng)->public_data().size();
}

// B knows the keys, and not yet who A is.
Side& HalfOpen(Network& net) {
  net.a.Acquire(1);
  PassOnly(net, 2);
  net.Pass(10);
  EXPECT_EQ(AnySa(net.b)->state, IkeSa::State::kHalfOpen);
  return net.b;
}

void ExpectNothing(const Side& side) {
  EXPECT_EQ(side.record.Count("ike up"), 0U);
  EXPECT_EQ(side.IkeSas(), 0U);
  EXPECT_TRUE(side.fwd.sas().empty());
}

// A public value that was longer than the buffer for it.
TEST(CveTest, Cve2023_41913_PublicValuesOfEveryLength) {
  Network net(1);
  net.b.SetPolicy(EveryGroup());
  for (const uint16_t group : std::initializer_list<uint16_t>{14, 15, 16, 19, 20, 21, 31, 32}) {
    const size_t right = PublicBytes(group);
    for (const size_t bytes : {size_t{1}, right - 1, right + 1, 2 * right, size_t{8'000}}) {
      Inject(net.b, net.a.address, InitWith(group, Buffer(bytes, 9)));
      EXPECT_EQ(net.b.IkeSas(), 0U) << "group " << group << ", " << bytes << " bytes";
    }
  }
  EXPECT_TRUE(net.b.fwd.sas().empty());
}

// g^x = 0: a public value without an inverse ended the daemon.
TEST(CveTest, Cve2015_3240_PublicValuesThatAreNone) {
  Network net(1);
  net.b.SetPolicy(EveryGroup());
  for (const uint16_t group : std::initializer_list<uint16_t>{14, 15, 16, 19, 20, 21, 31, 32}) {
    for (const uint8_t fill : std::initializer_list<uint8_t>{0x00, 0xff}) {
      // All ones are a public value of Montgomery's curves, reduced (RFC 7748, 5).
      if (fill == 0xff && group >= 31) continue;
      Inject(net.b, net.a.address, InitWith(group, Buffer(PublicBytes(group), fill)));
      EXPECT_EQ(net.b.IkeSas(), 0U) << "group " << group << ", bytes of " << int{fill};
    }
  }
}

// Nothing is sent that was not asked for, and each request is answered once: nobody can have us
// flood a third.
TEST(CveTest, Cve2016_5361_ResponderDoesNotRepeatItself) {
  Network net(1);
  net.a.Acquire(1);
  PassOnly(net, 1);
  size_t of_b = 0;
  net.on_packet = [&](size_t index, const Side& from, Buffer&) {
    of_b += &from == &net.b ? 1 : 0;
    return index < 1;
  };
  net.Pass(10);
  EXPECT_EQ(of_b, 1U);
  // The initiator asks again by itself; what it says does not arrive.
  net.Pass(600'000);
  EXPECT_EQ(of_b, 1U);
  EXPECT_EQ(net.b.IkeSas(), 0U) << "nobody came";
}

// CVE-2021-45079, CVE-2015-8023 and CVE-2018-5389's kind: success that is only said. EAP is not
// built: what asks for it, or says that it went well, ends the IKE SA.
TEST(CveTest, Cve2021_45079_SuccessOfEapThatNobodyBegan) {
  for (const uint8_t code : std::initializer_list<uint8_t>{1, 2, 3, 4}) {
    Network net(1);
    PassOnly(net, 3);  // B never gets IKE_AUTH answered
    net.a.Acquire(1);
    net.Pass(10);
    ASSERT_EQ(AnySa(net.a)->state, IkeSa::State::kAuth);
    MessageBuilder message;
    AddId(message, PayloadType::kIdResponder, IdType::kIpv4, Buffer{192, 0, 2, 2});
    message.Add(PayloadType::kEap, Buffer{code, 1, 0, 4});
    Inject(net.a, net.b.address,
           MessageFor(*AnySa(net.a), Cover::kRightKeys, ExchangeType::kIkeAuth, true, 1, message));
    EXPECT_EQ(net.a.record.Count("ike up"), 0U);
    EXPECT_EQ(net.a.IkeSas(), 0U);
    EXPECT_TRUE(net.a.fwd.sas().empty());
  }
}

// A server took its client's word that EAP had gone well.
TEST(CveTest, Cve2015_8023_SuccessThatTheClientSays) {
  for (const uint8_t code : std::initializer_list<uint8_t>{1, 2, 3, 4}) {
    Network net(1);
    Side& b = HalfOpen(net);
    MessageBuilder message;
    AddId(message, PayloadType::kIdInitiator, IdType::kIpv4, Buffer{192, 0, 2, 1});
    message.Add(PayloadType::kEap, Buffer{code, 1, 0, 4});
    Inject(b, net.a.address,
           MessageFor(*AnySa(b), Cover::kRightKeys, ExchangeType::kIkeAuth, false, 1, message));
    ExpectNothing(b);
  }
}

// A length inside EAP that wrapped around. EAP is not built, and whatever it says ends the set-up.
TEST(CveTest, Cve2026_25075_LengthsInsideEap) {
  for (const uint16_t length : std::initializer_list<uint16_t>{0, 1, 4, 5, 8, 9, 0xffff}) {
    for (const size_t bytes : {0, 1, 3, 4, 5, 8, 22}) {
      Network net(1);
      Side& b = HalfOpen(net);
      Buffer eap{2, 1, static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length), 21};
      eap.resize(bytes, 0xff);  // of TTLS: with every flag
      MessageBuilder message;
      AddId(message, PayloadType::kIdInitiator, IdType::kIpv4, Buffer{192, 0, 2, 1});
      message.Add(PayloadType::kEap, eap);
      Inject(b, net.a.address,
             MessageFor(*AnySa(b), Cover::kRightKeys, ExchangeType::kIkeAuth, false, 1, message));
      ExpectNothing(b);
    }
  }
}

// What was found out about a certificate was not looked at: one with the right name was enough.
TEST(CveTest, Cve2023_26463_TheVerdictOnACertificateCounts) {
  for (const bool initiator : {true, false}) {
    const std::string name = initiator ? "CN=a,O=Example" : "CN=b,O=Example";
    const auto evil = Issued::SelfSigned({.subject = "CN=root,O=Example", .ca = true});
    for (const Issued& own : {Issued::SelfSigned({.subject = name}), evil.Issue({.subject = name}),
                              Root().Issue({.subject = name, .not_after_s = 1'699'999'999})}) {
      CertificateNetwork net(1);
      const Proof proof{.own = own, .intermediates = {evil}};
      initiator ? net.ConfigureA(proof) : net.ConfigureB(proof);
      net.SetUp();
      const Side& judge = initiator ? net.b : net.a;
      EXPECT_EQ(judge.record.Count("ike failed certificate_refused"), 1U);
      EXPECT_EQ(judge.record.Count("ike up"), 0U);
      EXPECT_TRUE(judge.fwd.sas().empty());
    }
  }
}

// A rekey made a half-open IKE SA one that was up, and nobody had proved anything.
TEST(CveTest, Cve2014_2338_ARekeyBeforeAuth) {
  Network net(1);
  Side& b = HalfOpen(net);
  MessageBuilder message;
  AddSa(message, Propose(b.machine.core().policy().FindIke(b.address, 0)->offers, 0x1234, 8));
  SeededRng rng(1);
  const auto exchange = crypto::KeyExchange::Start(static_cast<crypto::Group>(31), rng);
  AddKe(message, 31, exchange->public_data());
  message.Add(PayloadType::kNonce, Buffer(32, 1));
  Inject(b, net.a.address,
         MessageFor(*AnySa(b), Cover::kRightKeys, ExchangeType::kCreateChildSa, false, 1, message));
  ExpectNothing(b);
  EXPECT_EQ(b.record.Count("refused unexpected"), 1U);
}

// INFORMATIONAL met an IKE SA that had no keys yet, or no peer.
TEST(CveTest, Cve2019_12312_InformationalBeforeAuth) {
  for (const size_t passed : {size_t{0}, size_t{2}, size_t{3}}) {
    for (const Cover cover : {Cover::kClear, Cover::kRightKeys, Cover::kWrongKeys}) {
      if (passed == 0 && cover == Cover::kRightKeys) continue;  // there are none
      for (const bool response : {false, true}) {
        for (const bool deletes : {false, true}) {
          Network net(1);
          net.a.Acquire(1);
          PassOnly(net, passed);
          net.Pass(10);
          Side& side = passed == 2 ? net.b : net.a;
          const Side& other = passed == 2 ? net.a : net.b;
          MessageBuilder message;
          if (deletes) AddDeleteIke(message);
          Inject(
              side, other.address,
              MessageFor(*AnySa(side), cover, ExchangeType::kInformational, response, 1, message));
          EXPECT_EQ(side.record.Count("ike up"), 0U);
          EXPECT_TRUE(side.fwd.sas().empty());
          EXPECT_LE(side.IkeSas(), 1U);
        }
      }
    }
  }
}

// A fragment of IKEv1, which is not built, had no message to belong to. Those of IKEv2 (RFC 7383):
// of no IKE SA, and of one whose peer has no keys to show.
TEST(CveTest, Cve2013_6076_FragmentsOfNothing) {
  constexpr size_t kNextPayload = 16;  // the builder makes no SKF that is not sealed
  Network net(1);
  Side& b = HalfOpen(net);
  const auto number = [](uint16_t value) {
    return Buffer{static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
  };
  for (const uint16_t index : std::initializer_list<uint16_t>{0, 1, 2, 0xffff}) {
    for (const uint16_t total : std::initializer_list<uint16_t>{0, 1, 2, 0xffff}) {
      for (const size_t bytes : {0, 1, 7, 40}) {
        for (const bool known : {true, false}) {
          Buffer body = number(index);
          for (const uint8_t byte : number(total)) body.push_back(byte);
          body.resize(body.size() + bytes, 7);
          MessageBuilder message;
          message.Add(PayloadType::kVendorId, body);
          Buffer packet =
              MessageFor(*AnySa(b), Cover::kClear, ExchangeType::kIkeAuth, false, 1, message);
          packet[kNextPayload] = static_cast<uint8_t>(PayloadType::kEncryptedFragment);
          if (!known) packet[0] ^= 1;
          Inject(b, net.a.address, packet);
          Inject(b, net.a.address, Bytes(packet).first(packet.size() - 1));
        }
      }
    }
  }
  EXPECT_EQ(b.IkeSas(), 1U);
  EXPECT_EQ(AnySa(b)->state, IkeSa::State::kHalfOpen);
  EXPECT_EQ(b.record.Count("ike up"), 0U);
}

// A responder SPI where none may be; the fault itself was in IKEv1, which is not built.
TEST(CveTest, Cve2023_30570_AResponderSpiInAFirstMessage) {
  Network net(1);
  net.b.SetPolicy(EveryGroup());
  constexpr size_t kResponderSpi = 15, kVersion = 17, kExchange = 18;
  Buffer first = InitWith(31, Buffer(PublicBytes(31), 9));
  first[kResponderSpi] = 1;
  Inject(net.b, net.a.address, first);
  EXPECT_EQ(net.b.record.Count("refused malformed"), 1U);
  for (const uint8_t spi : std::initializer_list<uint8_t>{0, 1}) {
    for (const uint8_t exchange : std::initializer_list<uint8_t>{2, 4, 5, 6, 32}) {  // of IKEv1
      first[kResponderSpi] = spi;
      first[kVersion] = 0x10;
      first[kExchange] = exchange;
      Inject(net.b, net.a.address, first);
    }
  }
  EXPECT_EQ(net.b.record.Count("refused wrong_version"), 10U);
  EXPECT_EQ(net.b.IkeSas(), 0U);
}

// An ICV that one exchange did not look at.
TEST(CveTest, Cve2019_10155_EveryExchangeLooksAtTheIcv) {
  Network net(1);
  net.a.Acquire(1);
  net.Run();
  ASSERT_EQ(net.b.Children(), 1U);
  PassOnly(net, 0);
  size_t wrong = 0;
  for (const ExchangeType type :
       {ExchangeType::kIkeAuth, ExchangeType::kCreateChildSa, ExchangeType::kInformational}) {
    MessageBuilder message;
    AddDeleteIke(message);
    Inject(net.b, net.a.address,
           MessageFor(*AnySa(net.b), Cover::kWrongKeys, type, false, 2, message));
    EXPECT_EQ(net.b.record.Count("refused wrong_icv"), ++wrong);
  }
  EXPECT_EQ(net.b.Children(), 1U);
}

// A peer for whom no key is configured, at either end.
TEST(CveTest, Cve2024_2357_NoKeyForThePeer) {
  for (const bool initiator : {true, false}) {
    Network net(1);
    const Tunnel tunnel = initiator ? TunnelOfA() : TunnelOfB();
    const auto profile = ProfileOf(tunnel);
    profile->keyring = nullptr;
    (initiator ? net.a : net.b).SetPolicy(PolicyWith(tunnel, profile));
    net.a.Acquire(1);
    net.Run();
    EXPECT_EQ((initiator ? net.a : net.b).record.Count("ike failed no_shared_key"), 1U);
    EXPECT_EQ(net.a.record.Count("ike up") + net.b.record.Count("ike up"), 0U);
    net.Pass(600'000);
    EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
  }
}

}  // namespace
}  // namespace vam::ike::test
