// What strangers and broken peers can do with tickets (RFC 5723, 9): cost a little, and no more.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sw/ike/v2/auth/signed_octets.h"
#include "sw/ike/v2/exchange/own_proof.h"
#include "sw/ike/v2/exchange/session_resume.h"
#include "sw/ike/v2/wire/notify_data.h"
#include "tests/ike/resumption.h"
#include "tests/support/seed.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

constexpr ExchangeType kResume = ExchangeType::kIkeSessionResume;
constexpr net::Address kStranger = net::Address::V4(0xc6336401);

// IKE_SESSION_RESUME with whatever stands in the place of a ticket.
Buffer RequestWith(Bytes ticket, uint64_t spi) {
  MessageBuilder message;
  message.Add(PayloadType::kNonce, Buffer(32, 0x17));
  AddNotify(message, NotifyType::kTicketOpaque, ticket);
  Header header;
  header.initiator_spi = spi;
  header.exchange = kResume;
  header.from_initiator = true;
  return *message.Finish(header);
}

// The type of the notify that a gateway says in clear; nothing: it says nothing.
std::optional<NotifyType> AnswerOf(Side& side) {
  const auto packets = side.fwd.TakePackets();
  if (packets.size() != 1) return std::nullopt;
  const Buffer& bytes = packets.front().bytes;
  const auto chain = ParseChain(PayloadType{bytes[16]}, Bytes(bytes).subspan(kHeaderBytes));
  const auto notifies = ParseNotifies(chain->payloads);
  return notifies->size() == 1 ? std::optional(notifies->front().type) : std::nullopt;
}

// a was up, and b knows its ticket.
class Lost : public ResumptionNetwork {
 public:
  explicit Lost(uint64_t seed) : ResumptionNetwork(seed) {
    SetUpAndLose();
    ticket = Ticket();
  }
  Buffer Ticket() {
    const HeldTicket* const held = Held().Find(KeyOfB());
    return held == nullptr ? Buffer() : held->ticket;
  }
  // What a keeps beside its ticket becomes another.
  void Spoil(const std::function<void(TicketState& state)>& change) {
    auto held = Held().Take(KeyOfB());
    ASSERT_NE(held, nullptr);
    change(held->state);
    Held().Put(KeyOfB(), std::move(held));
  }
  Buffer ticket;

 private:
  HeldTickets& Held() { return a.machine.core().tickets().held; }
  HeldKey KeyOfB() const { return {a.address, b.address, 0, "P"}; }
};

TEST(ResumptionHostileTest, AReplayedTicketMakesNothing) {
  Lost net(1);
  net.Call();
  ASSERT_TRUE(net.IsResumed());
  const Buffer first = net.LastOf(kResume, false);
  for (const net::Address& from : {net.a.address, kStranger}) {
    Inject(net.b, from, UnderAnotherSpi(first, 0x1234));
    EXPECT_EQ(AnswerOf(net.b), NotifyType::kTicketNack);
  }
  EXPECT_EQ(net.CauseOf(net.b, Cause::kTicketUsed), 2U);
  EXPECT_TRUE(net.IsResumed());
}

// Somebody who has seen the first message is quicker: without the keys it has a half-open IKE SA
// that ends by itself, and the client comes up all the same.
TEST(ResumptionHostileTest, ACopiedTicketDoesNotHinderItsOwner) {
  Lost net(2);
  net.pass = [&net](const Side& from, Buffer& bytes) {
    if (&from == &net.a && TypeOf(bytes) == kResume) {
      Inject(net.b, kStranger, UnderAnotherSpi(bytes, 0x4321));
    }
    return true;
  };
  net.a.Acquire(9);
  net.Run(5'000);
  ASSERT_NE(net.a.Up(), nullptr);
  EXPECT_TRUE(net.a.Up()->resumption.resumed);
  EXPECT_EQ(net.b.machine.core().half_open(), 1U);
  net.Pass(31'000);
  EXPECT_TRUE(net.IsResumed());
  EXPECT_EQ(net.b.record.Count("ike failed half_open_too_long"), 1U);
}

TEST(ResumptionHostileTest, TheSameRequestAgainGetsTheSameAnswer) {
  Lost net(3);
  const Buffer request = RequestWith(net.ticket, 77);
  Inject(net.b, net.a.address, request);
  const auto first = net.b.fwd.TakePackets();
  Inject(net.b, net.a.address, request);
  const auto again = net.b.fwd.TakePackets();
  ASSERT_EQ(first.size(), 1U);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(first.front().bytes, again.front().bytes);
  EXPECT_EQ(net.b.IkeSas(), 1U);
}

TEST(ResumptionHostileTest, EveryByteOfATicketCounts) {
  Lost net(4);
  uint64_t spi = 100;
  for (size_t at = 0; at < net.ticket.size(); ++at) {
    Buffer flipped = net.ticket;
    flipped[at] ^= 1;
    Inject(net.b, net.a.address, RequestWith(flipped, ++spi));
    ASSERT_EQ(AnswerOf(net.b), NotifyType::kTicketNack) << at;
    Inject(net.b, net.a.address, RequestWith(Bytes(net.ticket).first(at), ++spi));
    ASSERT_EQ(AnswerOf(net.b), at == 0 ? NotifyType::kInvalidSyntax : NotifyType::kTicketNack)
        << at;
  }
  Buffer longer = net.ticket;
  longer.push_back(0);
  Inject(net.b, net.a.address, RequestWith(longer, ++spi));
  EXPECT_EQ(AnswerOf(net.b), NotifyType::kTicketNack);
  EXPECT_EQ(net.b.IkeSas(), 0U);
  EXPECT_EQ(net.CauseOf(net.b, Cause::kTicketUnknownKey), 8U) << "flipped in the name of the key";
}

TEST(ResumptionHostileTest, ATicketThatIsOverIsRefused) {
  Lost net(5);
  net.Pass(3'600'000);
  Inject(net.b, net.a.address, RequestWith(net.ticket, 1));
  EXPECT_EQ(AnswerOf(net.b), NotifyType::kTicketNack);
  EXPECT_EQ(net.CauseOf(net.b, Cause::kTicketExpired), 1U);
  // And when its key has gone, nobody can read it.
  net.Pass(3'600'000);
  Inject(net.b, net.a.address, RequestWith(net.ticket, 2));
  EXPECT_EQ(AnswerOf(net.b), NotifyType::kTicketNack);
  EXPECT_EQ(net.CauseOf(net.b, Cause::kTicketUnknownKey), 1U);
}

TEST(ResumptionHostileTest, AFloodOfGarbageKeepsNothing) {
  Lost net(6);
  SeededRng rng(vam::test::TestSeed());
  for (uint64_t i = 1; i <= 5'000; ++i) {
    Buffer garbage(rng.Below(600) + 1);
    rng.Fill(garbage);
    // Every other one under the name of the key.
    if (i % 2 == 0 && garbage.size() > 9) std::copy_n(net.ticket.begin(), 9, garbage.begin());
    Inject(net.b, net::Address::V4(0xc6330000 + static_cast<uint32_t>(i)), RequestWith(garbage, i));
  }
  EXPECT_EQ(net.b.IkeSas(), 0U);
  EXPECT_EQ(net.b.machine.core().tickets().used.size(), 0U);
  EXPECT_EQ(net.CauseOf(net.b, Cause::kTicketForged) + net.CauseOf(net.b, Cause::kTicketUnknownKey),
            5'000U);
  static_cast<void>(net.b.fwd.TakePackets());
  net.Call();
  EXPECT_TRUE(net.IsResumed());
}

// A good ticket, copied: no more half-open IKE SAs of one address than of anybody's.
TEST(ResumptionHostileTest, HalfOpenIkeSasAreBounded) {
  Lost net(7);
  for (uint64_t spi = 1; spi <= 100; ++spi) {
    Inject(net.b, kStranger, RequestWith(net.ticket, spi));
  }
  EXPECT_EQ(net.b.machine.core().half_open(), 16U);
  EXPECT_EQ(net.CauseOf(net.b, Cause::kTooManyHalfOpen), 84U);
}

TEST(ResumptionHostileTest, WithoutRoomForUsedOnesNoneIsTaken) {
  Lost net(8);
  UsedTickets& used = net.b.machine.core().tickets().used;
  TicketId id{};
  const uint64_t end_ns = net.clock.MonotonicNs() + 600 * kNsPerSecond;
  for (uint32_t i = 0; i < UsedTickets::kMost; ++i) {
    StoreBe32(id.data(), i);
    ASSERT_TRUE(used.Add(id, end_ns, net.clock.MonotonicNs()));
  }
  net.Call();
  EXPECT_TRUE(net.IsFull());
  EXPECT_EQ(net.CauseOf(net.b, Cause::kTicketTableFull), 1U);
  EXPECT_EQ(used.size(), UsedTickets::kMost);
  // They are forgotten when they end.
  net.Pass(600'000);
  net.LoseSession();
  net.Call();
  EXPECT_TRUE(net.IsResumed());
  EXPECT_EQ(used.size(), 1U);
}

// ---- IKE_AUTH by somebody who has the keys, or has not

// b has taken the ticket and waits for IKE_AUTH, which does not come.
class HalfWay : public Lost {
 public:
  explicit HalfWay(uint64_t seed) : Lost(seed) {
    pass = [this](const Side& from, Buffer& bytes) {
      return &from != &a || TypeOf(bytes) == kResume;
    };
    a.Acquire(9);
    Pass(100);
    pass = {};
  }
  // IKE_AUTH of this identity, whose proof is right but for `spoil`.
  void Auth(const Identity& identity, uint8_t spoil, const Identity& responder = {},
            AuthMethod method = AuthMethod::kSharedKey) {
    IkeSa& sa = *AnySa(b);
    MessageBuilder message;
    AddId(message, PayloadType::kIdInitiator, static_cast<IdType>(identity.type), identity.data);
    if (!responder.empty()) {
      AddId(message, PayloadType::kIdResponder, static_cast<IdType>(responder.type),
            responder.data);
    }
    const Buffer rest = RestOfId(identity);
    Buffer proof =
        *ResumedAuth(sa.suite.prf, sa.keys.pi(), *OctetsOf(sa, /*of_initiator=*/true, rest));
    proof[0] ^= spoil;
    AddAuth(message, method, proof);
    Inject(b, a.address,
           MessageFor(sa, Cover::kRightKeys, ExchangeType::kIkeAuth, false, 1, message));
  }
};

TEST(ResumptionHostileTest, AWrongProofUsesNoTicketUp) {
  const Identity of_a = Identity::Of(TunnelOfA().local);
  const Identity of_b = Identity::Of(TunnelOfB().local);
  const Identity strange = Identity::Of(kStranger);
  struct Case {
    Identity identity;
    uint8_t spoil;
    Identity responder;
    AuthMethod method;
    Cause cause;
  };
  const std::array cases = {
      Case{of_a, 1, {}, AuthMethod::kSharedKey, Cause::kAuthFailed},
      Case{strange, 0, {}, AuthMethod::kSharedKey, Cause::kTicketIdentity},
      Case{of_a, 0, strange, AuthMethod::kSharedKey, Cause::kTicketIdentity},
      Case{of_a, 0, of_b, AuthMethod::kDigitalSignature, Cause::kAuthMethod},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(Name(one.cause));
    HalfWay net(9);
    ASSERT_NE(AnySa(net.b), nullptr);
    net.Auth(one.identity, one.spoil, one.responder, one.method);
    EXPECT_EQ(net.CauseOf(net.b, one.cause), 1U);
    EXPECT_EQ(net.b.IkeSas(), 0U);
    EXPECT_EQ(net.b.machine.core().tickets().used.size(), 0U);
    EXPECT_EQ(net.CountsOf(net.b).accepted, 0U);
  }
  // The same with nothing wrong.
  HalfWay net(9);
  net.Auth(of_a, 0, of_b);
  EXPECT_EQ(net.CountsOf(net.b).accepted, 1U);
  EXPECT_EQ(net.b.machine.core().tickets().used.size(), 1U);
}

// Two half-open ones by one ticket, both with the keys: one comes up.
TEST(ResumptionHostileTest, OfTwoByOneTicketOneComesUp) {
  HalfWay net(10);
  IkeSa& first = *AnySa(net.b);
  Resuming& resuming = *first.setup->resuming;
  ASSERT_TRUE(net.b.machine.core().tickets().used.Add(
      resuming.shown.id, resuming.shown.state.expires_ns, net.clock.MonotonicNs()));
  net.Auth(Identity::Of(TunnelOfA().local), 0);
  EXPECT_EQ(net.CauseOf(net.b, Cause::kTicketUsed), 1U);
  EXPECT_EQ(net.b.IkeSas(), 0U);
}

// The client's state is not that of the ticket: nothing that it encrypts is taken, and it begins
// anew.
TEST(ResumptionHostileTest, AnotherKeyThanTheTicketsIsNoUse) {
  Lost net(11);
  net.Spoil([](TicketState& state) { std::ranges::fill(state.sk_d.Resize(32), uint8_t{7}); });
  net.Call();
  net.Pass(60'000);
  EXPECT_TRUE(net.IsFull());
  EXPECT_GE(net.CauseOf(net.b, Cause::kWrongIcv), 1U);
}

// A gateway that answers under another identity than before is another one.
TEST(ResumptionHostileTest, TheGatewaysIdentityIsTheTicketsToo) {
  Lost net(12);
  net.Spoil([](TicketState& state) { state.peer_identity = Identity::Of(kStranger); });
  net.Call();
  EXPECT_EQ(net.CauseOf(net.a, Cause::kTicketIdentity), 1U);
  net.Pass(60'000);
  EXPECT_TRUE(net.IsFull());
}

// Requests that are none of this exchange.
TEST(ResumptionHostileTest, MalformedRequests) {
  Lost net(13);
  const auto send = [&net](MessageBuilder& message, uint64_t spi) {
    Header header;
    header.initiator_spi = spi;
    header.exchange = kResume;
    header.from_initiator = true;
    Inject(net.b, net.a.address, *message.Finish(header));
    return AnswerOf(net.b);
  };
  MessageBuilder no_ticket;
  no_ticket.Add(PayloadType::kNonce, Buffer(32, 1));
  EXPECT_EQ(send(no_ticket, 1), NotifyType::kInvalidSyntax);
  MessageBuilder no_nonce;
  AddNotify(no_nonce, NotifyType::kTicketOpaque, net.ticket);
  EXPECT_EQ(send(no_nonce, 2), NotifyType::kInvalidSyntax);
  MessageBuilder short_nonce;
  short_nonce.Add(PayloadType::kNonce, Buffer(32, 1));
  AddNotify(short_nonce, NotifyType::kTicketOpaque);
  EXPECT_EQ(send(short_nonce, 3), NotifyType::kInvalidSyntax);
  EXPECT_EQ(net.CauseOf(net.b, Cause::kMalformed), 3U);
  EXPECT_EQ(net.b.IkeSas(), 0U);
}

}  // namespace
}  // namespace vam::ike::test
