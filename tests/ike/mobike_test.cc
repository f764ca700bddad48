// MOBIKE (RFC 4555): an IKE SA and its children go on when addresses change.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sw/ike/v2/exchange/nat_detection.h"
#include "sw/ike/v2/wire/notify_data.h"
#include "tests/ike/forge.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

constexpr net::Address kNewA = net::Address::V4(0xc633640a);     // 198.51.100.10
constexpr net::Address kOther = net::Address::V4(0xc633640b);    // 198.51.100.11
constexpr net::Address kSecondB = net::Address::V4(0xc0000216);  // 192.0.2.22

// `also`: other addresses of this side.
Policy::Parts Mobile(const Tunnel& tunnel, bool mobike = true, std::vector<net::Address> also = {},
                     bool unchecked = false) {
  auto profile = ProfileOf(tunnel);
  profile->mobike = mobike;
  profile->mobike_unchecked = unchecked;
  profile->dpd = {10, 2, false};
  Policy::Parts parts = PolicyWith(tunnel, profile);
  auto child = std::make_shared<ChildConfig>(*parts.children.front());
  child->also = std::move(also);
  parts.children.front() = child;
  return parts;
}

// The two children SAs of a side, by direction.
const api::SaInstall* SaOf(const Side& side, api::FastDirection direction) {
  const api::SaInstall* newest = nullptr;
  for (const auto& [id, sa] : side.fwd.sas()) {
    if (sa.direction == direction) newest = &sa;
  }
  return newest;
}
const api::SaInstall* Out(const Side& side) { return SaOf(side, api::FastDirection::kOut); }
const api::SaInstall* In(const Side& side) { return SaOf(side, api::FastDirection::kIn); }
net::Address RemoteOf(const api::SaInstall* sa) { return *FromFast(sa->endpoints.remote); }
net::Address LocalOf(const api::SaInstall* sa) { return *FromFast(sa->endpoints.local); }
bool InUdp(const api::SaInstall* sa) { return (sa->flags & api::kSaUdpEncapsulated) != 0; }

class MobikeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    net.a.SetPolicy(Mobile(TunnelOfA()));
    net.b.SetPolicy(Mobile(TunnelOfB()));
  }
  void Begin() {
    net.a.Acquire(1);
    net.Run();
    ASSERT_EQ(net.Mismatch(), "");
    ASSERT_NE(net.a.Up(), nullptr);
    ASSERT_NE(net.b.Up(), nullptr);
  }
  // a's interface gets another address.
  void MoveA(const net::Address& to) {
    Tunnel tunnel = TunnelOfA();
    tunnel.local = net.a.address = to;
    net.a.SetPolicy(Mobile(tunnel));
  }
  void MoveB(const net::Address& to) {
    Tunnel tunnel = TunnelOfB();
    tunnel.local = net.b.address = to;
    net.b.SetPolicy(Mobile(tunnel));
  }
  // A request of `side`'s peer with the right keys, from an address and port, to an address.
  void Forge(Side& side, MessageBuilder& inner, uint32_t id, const net::Address& from,
             const net::Address& to, bool response = false,
             ExchangeType type = ExchangeType::kInformational) {
    const Buffer bytes = MessageFor(*side.Up(), Cover::kRightKeys, type, response, id, inner);
    FakeFwd::Packet packet;
    packet.bytes = bytes;
    packet.packet.flags = api::kIkeEncapsulated;
    packet.packet.endpoints.local = api::ToFast(from);
    packet.packet.endpoints.remote = api::ToFast(to);
    packet.packet.endpoints.local_port = packet.packet.endpoints.remote_port = 4500;
    side.machine.Receive(api::MessageType::kIkePacket, 0, AsReceived(packet));
  }

  Network net{1};
};

TEST_F(MobikeTest, BothAgreeOnItAndGoToPort4500) {
  Begin();
  for (Side* side : {&net.a, &net.b}) {
    const IkeSa& sa = *side->Up();
    ASSERT_NE(sa.mobike, nullptr);
    EXPECT_EQ(sa.mobike->mover, side == &net.a);
    EXPECT_EQ(sa.ends.local_port, 4500);
    EXPECT_EQ(sa.ends.remote_port, 4500);
    // Without a NAT ESP is not in UDP.
    EXPECT_FALSE(InUdp(Out(*side)));
    EXPECT_FALSE(InUdp(In(*side)));
  }
  EXPECT_EQ(net.packets(), 4U);
}

TEST_F(MobikeTest, OneSideThatDoesNotWantItIsEnough) {
  for (const bool a_wants : {false, true}) {
    Network other(2);
    other.a.SetPolicy(Mobile(TunnelOfA(), a_wants));
    other.b.SetPolicy(Mobile(TunnelOfB(), !a_wants));
    other.a.Acquire(1);
    other.Run();
    ASSERT_NE(other.a.Up(), nullptr);
    EXPECT_EQ(other.a.Up()->mobike, nullptr);
    EXPECT_EQ(other.b.Up()->mobike, nullptr);
    EXPECT_EQ(other.a.Up()->ends.local_port, a_wants ? 4500 : 500);
  }
}

TEST_F(MobikeTest, AnotherAddressOfOursByConfiguration) {
  Begin();
  const uint32_t spi_a = In(net.a)->spi, spi_b = In(net.b)->spi;
  MoveA(kNewA);
  net.Run();
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(LocalOf(Out(net.a)), kNewA);
  EXPECT_EQ(LocalOf(In(net.a)), kNewA);
  EXPECT_EQ(RemoteOf(Out(net.b)), kNewA);
  EXPECT_EQ(RemoteOf(In(net.b)), kNewA);
  // The very same SAs.
  EXPECT_EQ(In(net.a)->spi, spi_a);
  EXPECT_EQ(In(net.b)->spi, spi_b);
  EXPECT_EQ(net.a.record.Count("ike moved"), 1U);
  EXPECT_EQ(net.b.record.Count("ike moved"), 1U);
  EXPECT_EQ(net.a.fwd.gaps() + net.b.fwd.gaps(), 0U);
  EXPECT_EQ(net.a.record.Count("child up"), 1U);
}

// What the configuration knows it by stays: no second IKE SA is made, of either side.
TEST_F(MobikeTest, TheConfigurationFindsItAgain) {
  Begin();
  MoveA(kNewA);
  net.Run();
  net.a.Acquire(7);
  net.b.Acquire(8);
  net.Run();
  EXPECT_EQ(net.a.IkeSas(), 1U);
  EXPECT_EQ(net.b.IkeSas(), 1U);
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(RemoteOf(Out(net.b)), kNewA);
}

TEST_F(MobikeTest, RekeysGoOnAtTheNewAddress) {
  Begin();
  MoveA(kNewA);
  net.Run();
  RekeyIke(net.b.machine.core(), *net.b.Up());
  net.b.machine.Poll();
  net.Run();
  ASSERT_NE(net.a.Up(), nullptr);
  ASSERT_NE(net.a.Up()->mobike, nullptr);
  ASSERT_NE(net.b.Up()->mobike, nullptr);
  // Who began the first one moves it, whoever made it anew.
  EXPECT_TRUE(net.b.Up()->initiator);
  EXPECT_TRUE(net.a.Up()->mobike->mover);
  EXPECT_FALSE(net.b.Up()->mobike->mover);
  MoveA(kOther);
  net.Run();
  EXPECT_EQ(RemoteOf(Out(net.b)), kOther);
  net.a.Event(Out(net.a)->sa_id, api::EventKind::kSoftTime);
  net.Run();
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(RemoteOf(Out(net.b)), kOther);
  EXPECT_EQ(LocalOf(In(net.a)), kOther);
}

// RFC 4555, 3.7: packets go to the new address when the peer has answered there.
TEST_F(MobikeTest, PacketsFollowWhenThePeerHasAnswered) {
  Begin();
  const size_t before = net.packets();
  net.on_packet = [&](size_t index, const Side&, Buffer&) { return index < before + 2; };
  MoveA(kNewA);  // the update and its answer, and no more
  net.Run(900);
  EXPECT_EQ(LocalOf(Out(net.a)), kNewA);
  EXPECT_EQ(net.b.Up()->ends.remote, kNewA);
  EXPECT_EQ(RemoteOf(Out(net.b)), net::Address::V4(0xc0000201));
  net.on_packet = nullptr;
  net.Run();
  EXPECT_EQ(RemoteOf(Out(net.b)), kNewA);
}

TEST_F(MobikeTest, UncheckedTheyFollowAtOnce) {
  net.b.SetPolicy(Mobile(TunnelOfB(), true, {}, /*unchecked=*/true));
  Begin();
  const size_t before = net.packets();
  net.on_packet = [&](size_t index, const Side&, Buffer&) { return index < before + 1; };
  MoveA(kNewA);
  net.Run(900);
  EXPECT_EQ(RemoteOf(Out(net.b)), kNewA);
}

// Somebody on the way gives the update another source: nothing goes there, and the peer is where it
// was.
TEST_F(MobikeTest, ASpoofedSourceGetsNoPackets) {
  Begin();
  MessageBuilder inner;
  AddNotify(inner, NotifyType::kUpdateSaAddresses);
  net.reachable = [](const api::FastEndpoints& ends) { return *FromFast(ends.remote) != kOther; };
  Forge(net.b, inner, net.b.Up()->responses.next_id(), kOther, net.b.address);
  EXPECT_EQ(net.b.Up()->ends.remote, kOther);
  net.Pass(100'000);
  ASSERT_NE(net.b.Up(), nullptr) << "the check went back to the address that was proven";
  EXPECT_EQ(net.b.Up()->ends.remote, net.a.address);
  EXPECT_EQ(RemoteOf(Out(net.b)), net.a.address);
  EXPECT_EQ(net.Mismatch(), "");
}

TEST_F(MobikeTest, TheSameUpdateAgainChangesNothing) {
  Begin();
  MoveA(kNewA);
  Buffer update;
  net.on_packet = [&](size_t, const Side& from, Buffer& bytes) {
    if (&from == &net.a && update.empty()) update = bytes;
    return true;
  };
  net.Run();
  const size_t moves = net.b.fwd.moves();
  // As it was, from somewhere else: it gets its answer and no more.
  Inject(net.b, kOther, update, 4500);
  net.Run();
  EXPECT_EQ(net.b.Up()->ends.remote, kNewA);
  EXPECT_EQ(net.b.fwd.moves(), moves);
}

// Of several in the window the one with the highest number counts (3.5).
TEST_F(MobikeTest, TheLatestUpdateWinsWhateverTheOrder) {
  Begin();
  IkeSa& sa = *net.b.Up();
  const uint32_t first = sa.responses.next_id();
  MessageBuilder later, earlier;
  AddNotify(later, NotifyType::kUpdateSaAddresses);
  AddNotify(earlier, NotifyType::kUpdateSaAddresses);
  Forge(net.b, later, first + 1, kOther, net.b.address);
  EXPECT_EQ(sa.ends.remote, kOther);
  Forge(net.b, earlier, first, kNewA, net.b.address);
  EXPECT_EQ(sa.ends.remote, kOther);
}

// Only who began the first IKE SA moves it.
TEST_F(MobikeTest, AnUpdateOfTheOtherSideIsNotTaken) {
  Begin();
  IkeSa& sa = *net.a.Up();
  const Ends before = sa.ends;
  const size_t sent = net.packets();
  MessageBuilder inner;
  AddNotify(inner, NotifyType::kUpdateSaAddresses);
  Forge(net.a, inner, sa.responses.next_id(), kOther, net.a.address);
  net.Run();
  EXPECT_EQ(sa.ends, before);
  EXPECT_EQ(net.a.fwd.moves(), 0U);
  EXPECT_GT(net.packets(), sent) << "it gets its answer";
  EXPECT_EQ(net.a.machine.core().causes().of(Cause::kUnexpected), 1U);
}

// What peers that did not agree on it say of addresses means nothing.
TEST_F(MobikeTest, WithoutTheAgreementNothingMoves) {
  net.a.SetPolicy(Mobile(TunnelOfA(), false));
  Begin();
  MessageBuilder inner;
  AddNotify(inner, NotifyType::kUpdateSaAddresses);
  Forge(net.b, inner, net.b.Up()->responses.next_id(), kOther, net.b.address);
  net.Run();
  EXPECT_EQ(net.b.Up()->ends.remote, net.a.address);
  EXPECT_EQ(net.b.fwd.moves(), 0U);
}

TEST_F(MobikeTest, AnAddressThatIsNotOursIsRefused) {
  Begin();
  MessageBuilder inner;
  AddNotify(inner, NotifyType::kUpdateSaAddresses);
  Buffer answer;
  net.on_packet = [&](size_t, const Side& from, Buffer& bytes) {
    if (&from == &net.b) answer = bytes;
    return false;
  };
  Forge(net.b, inner, net.b.Up()->responses.next_id(), kNewA, kOther);
  net.Pass(10);
  EXPECT_FALSE(answer.empty());
  EXPECT_EQ(net.b.Up()->ends.remote, net.a.address);
  EXPECT_EQ(net.b.fwd.moves(), 0U);
}

// NO_NATS_ALLOWED (4.2.6): the addresses and ports as they were sent, and as they came.
TEST_F(MobikeTest, ANatWhereNoneMayBe) {
  Begin();
  const auto forge = [this](const net::Address& said) {
    MessageBuilder inner;
    AddNotify(inner, NotifyType::kUpdateSaAddresses);
    Buffer data;
    for (const net::Address& one : {said, net.b.address}) {
      for (const uint8_t byte : one.bytes()) data.push_back(byte);
    }
    for (int i = 0; i < 2; ++i) {
      data.push_back(4500 >> 8);
      data.push_back(4500 & 0xff);
    }
    AddNotify(inner, NotifyType::kNoNatsAllowed, data);
    Forge(net.b, inner, net.b.Up()->responses.next_id(), kNewA, net.b.address);
  };
  forge(kOther);
  EXPECT_EQ(net.b.Up()->ends.remote, net.a.address);
  forge(kNewA);
  EXPECT_EQ(net.b.Up()->ends.remote, kNewA);
}

// Who answers without the cookie has not seen the request (3.7).
TEST_F(MobikeTest, AnAnswerWithoutTheCookieEndsTheIkeSa) {
  Begin();
  MessageBuilder inner;
  AddNotify(inner, NotifyType::kUpdateSaAddresses);
  net.on_packet = [](size_t, const Side&, Buffer&) { return false; };
  Forge(net.b, inner, net.b.Up()->responses.next_id(), kNewA, net.b.address);
  net.Pass(10);
  MessageBuilder answer;
  Forge(net.b, answer, net.b.Up()->requests.next_id() - 1, kNewA, net.b.address, true);
  net.on_packet = nullptr;
  net.Run();
  EXPECT_EQ(net.b.record.Count("ike down malformed"), 1U);
  EXPECT_EQ(net.b.fwd.sas().size(), 0U);
}

// ---- NATs

TEST_F(MobikeTest, ANatAtTheNewAddressIsFound) {
  Begin();
  net.translate = [this](const Side& to, api::FastEndpoints& ends) {
    if (&to == &net.a) ends.local = api::ToFast(net.a.address);
    if (&to == &net.b) ends.remote = api::ToFast(kOther);
  };
  MoveA(kNewA);
  net.Run();
  EXPECT_TRUE(net.a.Up()->nat_here);
  EXPECT_TRUE(net.b.Up()->nat_there);
  for (const Side* side : {&net.a, &net.b}) {
    EXPECT_TRUE(InUdp(Out(*side)));
    EXPECT_TRUE(InUdp(In(*side)));
  }
  EXPECT_EQ(RemoteOf(Out(net.b)), kOther);
  EXPECT_EQ(net.Mismatch(), "");
  // And back to where there is none.
  net.translate = nullptr;
  MoveA(net::Address::V4(0xc0000201));
  net.Run();
  EXPECT_FALSE(net.a.Up()->nat_here);
  EXPECT_FALSE(InUdp(Out(net.a)));
  EXPECT_FALSE(InUdp(Out(net.b)));
  EXPECT_EQ(net.Mismatch(), "");
}

// The NAT has another address: liveness tells, not what comes from somewhere else (3.8).
TEST_F(MobikeTest, ANatThatChangesIsFoundByLiveness) {
  net::Address outside = kNewA;
  net.translate = [&](const Side& to, api::FastEndpoints& ends) {
    if (&to == &net.a) ends.local = api::ToFast(net.a.address);
    if (&to == &net.b) ends.remote = api::ToFast(outside);
  };
  Tunnel tunnel = TunnelOfB();
  tunnel.remote = kNewA;
  // a shows its own address, and comes from the NAT's.
  auto profile = ProfileOf(tunnel);
  profile->match = ProfileOf(TunnelOfB())->match;
  profile->mobike = true;
  net.b.SetPolicy(PolicyWith(tunnel, profile));
  Begin();
  ASSERT_TRUE(net.a.Up()->nat_here);
  net.Pass(30'000);
  outside = kOther;
  const uint64_t in_b = In(net.b)->sa_id;
  api::Event event{};
  event.sa_id = in_b;
  event.kind = api::EventKind::kEndpointChanged;
  event.endpoints = In(net.b)->endpoints;
  event.endpoints.remote = api::ToFast(kOther);
  net.b.machine.Receive(api::MessageType::kEvent, 0, api::EncodeFast(event));
  net.Run();
  EXPECT_EQ(RemoteOf(Out(net.b)), kNewA) << "a packet alone moves nothing";
  net.Pass(30'000);
  EXPECT_EQ(RemoteOf(Out(net.b)), kOther);
  EXPECT_EQ(net.b.record.Count("child up"), 1U);
}

// ---- ways that break

TEST_F(MobikeTest, ADeadWayIsLeftForAnotherAddressOfThePeer) {
  net.b.SetPolicy(Mobile(TunnelOfB(), true, {kSecondB}));
  Begin();
  EXPECT_EQ(net.a.Up()->mobike->theirs, std::vector<net::Address>{kSecondB});
  net::Address dead = net.b.address;
  net.reachable = [&](const api::FastEndpoints& ends) { return *FromFast(ends.remote) != dead; };
  net.translate = [&](const Side& to, api::FastEndpoints& ends) {
    if (&to == &net.b) ends.local = api::ToFast(kSecondB);
    if (&to == &net.a) ends.remote = api::ToFast(kSecondB);
  };
  // a's liveness finds nobody, and the request is answered at the other address.
  net.Pass(60'000);
  ASSERT_NE(net.a.Up(), nullptr);
  EXPECT_EQ(RemoteOf(Out(net.a)), kSecondB);
  EXPECT_EQ(LocalOf(Out(net.b)), kSecondB);
  EXPECT_EQ(LocalOf(In(net.b)), kSecondB);
  EXPECT_EQ(net.a.record.Count("child up"), 1U);
  // And on to the first one again.
  dead = kSecondB;
  net.translate = nullptr;
  net.Pass(120'000);
  ASSERT_NE(net.a.Up(), nullptr);
  EXPECT_EQ(RemoteOf(Out(net.a)), net.b.address);
  EXPECT_EQ(net.Mismatch(), "");
}

// Who was called may not move the IKE SA, and tells where it is; the mover does not wait for
// liveness.
TEST_F(MobikeTest, ACalledPeerThatLosesItsAddressIsFollowed) {
  Begin();
  const uint32_t spi_a = In(net.a)->spi, spi_b = In(net.b)->spi;
  const net::Address lost = net.b.address;
  net.reachable = [&](const api::FastEndpoints& ends) {
    return *FromFast(ends.remote) != lost && *FromFast(ends.local) != lost;
  };
  MoveB(kSecondB);
  net.Run(1000);
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(RemoteOf(Out(net.a)), kSecondB);
  EXPECT_EQ(LocalOf(Out(net.b)), kSecondB);
  EXPECT_EQ(LocalOf(In(net.b)), kSecondB);
  EXPECT_EQ(In(net.a)->spi, spi_a);
  EXPECT_EQ(In(net.b)->spi, spi_b);
  EXPECT_TRUE(net.a.Up()->mobike->theirs.empty());
  // And again, with an IKE SA that the other side made anew.
  RekeyIke(net.b.machine.core(), *net.b.Up());
  net.b.machine.Poll();
  net.Run(1000);
  MoveB(kOther);
  net.Run(1000);
  EXPECT_EQ(RemoteOf(Out(net.a)), kOther);
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(net.a.record.Count("child up"), 1U);
}

// A list from another address that still has the one in use moves nothing.
TEST_F(MobikeTest, AListFromAnotherAddressOfThePeer) {
  Begin();
  MessageBuilder list;
  AddAdditionalAddress(list, net.b.address);
  Forge(net.a, list, net.a.Up()->responses.next_id(), kSecondB, net.a.address);
  EXPECT_EQ(net.a.Up()->ends.remote, net.b.address);
  EXPECT_EQ(net.a.Up()->mobike->theirs, (std::vector<net::Address>{net.b.address, kSecondB}));
  // Of the other version: not where the address in use could go.
  const auto from = net::Address::Parse("2001:db8::2"), to = net::Address::Parse("2001:db8::1");
  ASSERT_TRUE(from && to);
  MessageBuilder none;
  AddNotify(none, NotifyType::kNoAdditionalAddresses);
  Forge(net.a, none, net.a.Up()->responses.next_id(), *from, *to);
  EXPECT_EQ(net.a.Up()->ends.remote, net.b.address);
  EXPECT_EQ(net.a.Up()->mobike->theirs, std::vector<net::Address>{*from});
}

// Somebody on the way changes the source of such a list: the mover asks there, gets no answer, and
// is back where the peer is before packets have gone elsewhere.
TEST_F(MobikeTest, AListWithASpoofedSourceGetsNoPackets) {
  Begin();
  net.reachable = [](const api::FastEndpoints& ends) { return *FromFast(ends.remote) != kOther; };
  MessageBuilder none;
  AddNotify(none, NotifyType::kNoAdditionalAddresses);
  Forge(net.a, none, net.a.Up()->responses.next_id(), kOther, net.a.address);
  EXPECT_EQ(net.a.Up()->ends.remote, kOther);
  EXPECT_EQ(RemoteOf(Out(net.a)), net.b.address);
  net.Pass(120'000);
  ASSERT_NE(net.a.Up(), nullptr);
  EXPECT_EQ(net.a.Up()->ends.remote, net.b.address);
  EXPECT_EQ(RemoteOf(Out(net.a)), net.b.address);
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(net.a.record.Count("child up"), 1U);
}

TEST_F(MobikeTest, WhenNoWayIsLeftItEnds) {
  net.b.SetPolicy(Mobile(TunnelOfB(), true, {kSecondB}));
  Begin();
  net.reachable = [](const api::FastEndpoints&) { return false; };
  net.Pass(300'000);
  EXPECT_EQ(net.a.record.Count("ike down no_answer"), 1U);
  EXPECT_EQ(net.b.record.Count("ike down no_answer"), 1U);
  EXPECT_EQ(net.a.fwd.sas().size() + net.b.fwd.sas().size(), 0U);
}

// What a peer tells of its addresses is bounded, and takes the place of what it told before (3.6).
TEST_F(MobikeTest, ListsOfAddressesAreReplacedAndBounded) {
  Begin();
  MobikeState& state = *net.a.Up()->mobike;
  MessageBuilder many;
  for (uint32_t i = 1; i <= 60; ++i) AddAdditionalAddress(many, net::Address::V4(0xc6336400 + i));
  AddNotify(many, NotifyType::kAdditionalIp4Address, Buffer{1, 2, 3});
  AddAdditionalAddress(many, net::Address::V4(0xe0000001));  // no host's
  Forge(net.a, many, net.a.Up()->responses.next_id(), net.b.address, net.a.address);
  EXPECT_EQ(state.theirs.size(), MobikeState::kMostAddresses);
  MessageBuilder nothing;
  Forge(net.a, nothing, net.a.Up()->responses.next_id(), net.b.address, net.a.address);
  EXPECT_EQ(state.theirs.size(), MobikeState::kMostAddresses);
  MessageBuilder none;
  AddNotify(none, NotifyType::kNoAdditionalAddresses);
  Forge(net.a, none, net.a.Up()->responses.next_id(), net.b.address, net.a.address);
  EXPECT_TRUE(state.theirs.empty());
}

TEST_F(MobikeTest, AnotherListOfOursIsTold) {
  Begin();
  net.b.SetPolicy(Mobile(TunnelOfB(), true, {kSecondB}));
  net.Run();
  EXPECT_EQ(net.a.Up()->mobike->theirs, std::vector<net::Address>{kSecondB});
  net.b.SetPolicy(Mobile(TunnelOfB()));
  net.Run();
  EXPECT_TRUE(net.a.Up()->mobike->theirs.empty());
}

// ---- fwd

TEST_F(MobikeTest, WhatFwdCannotMoveIsMadeAnew) {
  Begin();
  const uint32_t spi = In(net.b)->spi;
  net.b.fwd.RefuseNext(api::MessageType::kSaMove, ErrorCode::kUnsupported);
  MoveA(kNewA);
  net.Run();
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_NE(In(net.b)->spi, spi);
  EXPECT_EQ(RemoteOf(Out(net.b)), kNewA);
  EXPECT_EQ(net.b.record.Count("child up"), 2U);
  EXPECT_EQ(net.b.Children(), 1U);
}

// An engine still installs the next child of a rekey: it goes to the new address when it is there,
// and nothing is made anew.
TEST_F(MobikeTest, AMoveWhileAChildIsInstalled) {
  for (Side* slow : {&net.a, &net.b}) {
    Network other(slow == &net.a ? 3 : 4);
    Side& side = slow == &net.a ? other.a : other.b;
    other.a.SetPolicy(Mobile(TunnelOfA()));
    other.b.SetPolicy(Mobile(TunnelOfB()));
    other.a.Acquire(1);
    other.Run();
    side.fwd.HoldInstalls();
    other.a.Event(Out(other.a)->sa_id, api::EventKind::kSoftTime);
    other.Pass(100);
    Tunnel tunnel = TunnelOfA();
    tunnel.local = other.a.address = kNewA;
    other.a.SetPolicy(Mobile(tunnel));
    other.Pass(100);
    EXPECT_EQ(other.b.Up()->ends.remote, kNewA);
    side.fwd.LetInstallsGo();
    other.Run();
    EXPECT_EQ(other.Mismatch(), "");
    EXPECT_EQ(LocalOf(In(other.a)), kNewA);
    EXPECT_EQ(LocalOf(Out(other.a)), kNewA);
    EXPECT_EQ(RemoteOf(In(other.b)), kNewA);
    EXPECT_EQ(RemoteOf(Out(other.b)), kNewA);
    EXPECT_EQ(other.a.record.Count("child up"), 2U) << "the first one, and its rekey";
    EXPECT_EQ(other.b.record.Count("child up"), 2U);
    // Both old ones, the new inbound one when fwd has it; a begins with what comes in, before the
    // peer knows.
    EXPECT_EQ(side.fwd.moves(), slow == &net.a ? 4U : 3U);
  }
}

// Moves while everything is lost, late, doubled and out of order.
TEST(MobikeWeatherTest, MovesInBadWeather) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Network net(seed);
    net.a.SetPolicy(Mobile(TunnelOfA()));
    net.b.SetPolicy(Mobile(TunnelOfB()));
    net.a.Acquire(1);
    net.Run();
    net.weather = {20, 20, 5, 50};
    for (uint32_t i = 0; i < 10; ++i) {
      Tunnel tunnel = TunnelOfA();
      tunnel.local = net.a.address = net::Address::V4(0xc6336420 + i);
      net.a.SetPolicy(Mobile(tunnel));
      net.Pass(i % 3 == 0 ? 20 : 700);
      if (i == 5 && net.b.Up() != nullptr) {
        RekeyIke(net.b.machine.core(), *net.b.Up());
        net.b.machine.Poll();
      }
    }
    net.weather = {};
    net.Run();
    net.Pass(1000);
    ASSERT_NE(net.a.Up(), nullptr) << "seed " << seed;
    EXPECT_EQ(net.Mismatch(), "") << "seed " << seed;
    EXPECT_EQ(RemoteOf(Out(net.b)), net.a.address) << "seed " << seed;
    EXPECT_EQ(LocalOf(In(net.a)), net.a.address) << "seed " << seed;
    EXPECT_EQ(net.a.IkeSas(), 1U) << "seed " << seed;
  }
}

}  // namespace
}  // namespace vam::ike::test
