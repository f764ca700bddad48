// Oracle: the hashes in the recorded IKE_SA_INIT of strongSwan, between 192.0.2.1 and 192.0.2.2.
#include "sw/ike/v2/exchange/nat_detection.h"

#include <gtest/gtest.h>

#include <utility>

#include "sw/ike/v2/exchange/nonce.h"
#include "tests/unit/sw/ike/v2/wire/messages.h"

namespace vam::ike::v2 {
namespace {

using test::Buffer;

Incoming ReadOf(const Buffer& wire) {
  Incoming incoming;
  incoming.header = *ParseHeader(wire);
  incoming.raw = wire;
  incoming.payloads = *ParseInner(incoming.header.next_payload, Bytes(wire).subspan(kHeaderBytes));
  incoming.notifies = *ParseNotifies(incoming.payloads);
  return incoming;
}

Buffer Last(std::string_view name) {
  Buffer wire;
  for (const test::Recorded& message : test::LoadRecorded("strongswan_psk.txt")) {
    if (message.name == "strongswan_psk.txt: " + std::string(name)) wire = message.wire;
  }
  EXPECT_FALSE(wire.empty());
  return wire;
}

Ends EndsOf(const char* local, const char* remote) {
  Ends ends;
  ends.local = *net::Address::Parse(local);
  ends.remote = *net::Address::Parse(remote);
  return ends;
}

TEST(NatDetectionTest, HashesOfStrongSwan) {
  const Buffer request = Last("ike_sa_init request 0 of a");
  const Buffer response = Last("ike_sa_init response 0 of b");
  const Incoming asked = ReadOf(request);
  const Incoming answered = ReadOf(response);
  const uint64_t spi_i = answered.header.initiator_spi;
  const uint64_t spi_r = answered.header.responder_spi;
  const Ends at_b = EndsOf("192.0.2.2", "192.0.2.1");
  const Ends at_a = EndsOf("192.0.2.1", "192.0.2.2");
  const auto found = [](const Incoming& message, uint64_t i, uint64_t r, const Ends& ends) {
    const NatFound nat = FindNat(message, i, r, ends);
    return std::pair(nat.here, nat.there);
  };
  // The source hashes fit no address: charon forces encapsulation that way. A NAT over there.
  EXPECT_EQ(found(asked, spi_i, 0, at_b), std::pair(false, true));
  EXPECT_EQ(found(answered, spi_i, spi_r, at_a), std::pair(false, true));
  // Another address or port of ours, or the SPI of another IKE SA, is not what they hashed.
  Ends other = at_b;
  other.local = *net::Address::Parse("10.0.0.1");
  EXPECT_EQ(found(asked, spi_i, 0, other), std::pair(true, true));
  other = at_b;
  other.local_port = 4500;
  EXPECT_EQ(found(asked, spi_i, 0, other), std::pair(true, true));
  EXPECT_EQ(found(asked, spi_i, spi_r, at_b), std::pair(true, true));
}

TEST(NatDetectionTest, OursAreFoundByTheOtherSide) {
  for (const bool v6 : {false, true}) {
    const Ends ours = v6 ? EndsOf("2001:db8::1", "2001:db8::2") : EndsOf("10.0.0.1", "10.0.0.2");
    const Ends theirs = v6 ? EndsOf("2001:db8::2", "2001:db8::1") : EndsOf("10.0.0.2", "10.0.0.1");
    MessageBuilder message;
    AddNatDetection(message, 5, 0, ours);
    Header header;
    header.initiator_spi = 5;
    const Buffer wire = *message.Finish(header);
    const Incoming incoming = ReadOf(wire);
    const auto found = [&](const Ends& ends) {
      const NatFound nat = FindNat(incoming, 5, 0, ends);
      return std::pair(nat.here, nat.there);
    };
    EXPECT_EQ(found(theirs), std::pair(false, false));
    Ends other = theirs;
    other.remote_port = 1024;
    EXPECT_EQ(found(other), std::pair(false, true));
    other.local_port = 1024;
    EXPECT_EQ(found(other), std::pair(true, true));
    other.remote_port = theirs.remote_port;
    EXPECT_EQ(found(other), std::pair(true, false));
    other = theirs;
    other.remote = *net::Address::Parse(v6 ? "2001:db8::3" : "10.0.0.3");
    EXPECT_EQ(found(other), std::pair(false, true));
  }
}

// Several source hashes: one that fits will do (2.23). None at all: the peer knows no NAT.
TEST(NatDetectionTest, SeveralSourcesAndNone) {
  const Ends ends = EndsOf("10.0.0.2", "10.0.0.1");
  MessageBuilder message;
  AddNotify(message, NotifyType::kNatDetectionSourceIp, Buffer(20, 1));
  AddNotify(message, NotifyType::kNatDetectionSourceIp,
            ComputeNatHash(5, 0, ends.remote, ends.remote_port));
  Header header;
  header.initiator_spi = 5;
  const Buffer wire = *message.Finish(header);
  EXPECT_FALSE(FindNat(ReadOf(wire), 5, 0, ends).there);
  EXPECT_FALSE(FindNat(Incoming{}, 5, 0, ends).there);
  EXPECT_FALSE(FindNat(Incoming{}, 5, 0, ends).here);
}

TEST(NonceTest, LengthsAndOrder) {
  SeededRng rng(1);
  const Buffer a = MakeNonce(rng);
  EXPECT_EQ(a.size(), 32U);
  EXPECT_NE(a, MakeNonce(rng));
  EXPECT_TRUE(LowerNonce(Buffer{1, 2}, Buffer{1, 3}));
  EXPECT_FALSE(LowerNonce(Buffer{0x80}, Buffer{0x7f}));  // bytes have no sign
  EXPECT_TRUE(LowerNonce(Buffer{1, 2}, Buffer{1, 2, 0}));
  EXPECT_FALSE(LowerNonce(a, a));
  EXPECT_EQ(LowestNonce(Buffer{9}, Buffer{3}), Buffer{3});
  EXPECT_EQ(LowestNonce(Buffer{3}, Buffer{9}), Buffer{3});
}

}  // namespace
}  // namespace vam::ike::v2
