// Faults that others had and that no other test here is named after. All of them, with their tests:
// docs/cve-lessons.md.
#include <gtest/gtest.h>

#include <initializer_list>

#include "sw/crypto/key_exchange.h"
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
