// Negotiated SAs: what happens without one (M1 to M3), set-up by a stub of the IKE role, rekeying,
// removal, lifetimes.
#include "sw/fwd/ike_sas.h"

#include <set>

#include "sw/base/text.h"
#include "sw/fwd/ike_link.h"
#include "tests/unit/sw/fwd/ike_fixture.h"

namespace vam::fwd::test {
namespace {

constexpr size_t kSpiAt = net::kEthernetHeaderBytes + net::kIpv4HeaderBytes;

class IkeSasTest : public ::testing::Test {
 protected:
  IkeSasTest() {
    for (auto [g, self] : {std::pair(&a, 1), std::pair(&b, 2)}) {
      g->Configure(TunnelConfig(self, 3 - self));
      g->Settle();
      NegotiateLines(*g, self, {LineTo(self, "10." + std::to_string(3 - self) + ".0.0")});
    }
  }
  ~IkeSasTest() override {
    a.ExpectBalanced();
    b.ExpectBalanced();
  }
  static void NegotiateLines(TestGateway& g, int self, const std::vector<ipsec::PolicyLine>& lines,
                             EntryRules rules = {.kind = EntryKind::kIsakmp}) {
    Negotiate(g, self, lines, rules);
    g.Settle();
  }
  static void FromInside(TestGateway& g, uint8_t number, const UdpSpec& spec = {}) {
    g.ports[0]->in.push_back(Ethernet(PortMac(number, 0), HostMac(number), UdpPacket(spec)));
    g.Settle();
  }
  // Moves A's outside frames to B.
  size_t Wire() {
    const size_t count = a.ports[1]->out.size();
    for (; !a.ports[1]->out.empty(); a.ports[1]->out.pop_front()) {
      wire.push_back(a.ports[1]->out.front());
      b.ports[1]->in.push_back(a.ports[1]->out.front());
    }
    b.Settle();
    return count;
  }
  // A tunnel from A to B for A's set `policy`; returns {A's outbound, B's inbound} ids.
  std::pair<uint64_t, uint64_t> SetUp(uint64_t policy, uint8_t key = 0,
                                      const api::SaInstall* shape = nullptr) {
    const api::SpiReserved spi = ike_b.Reserve(ike_b.Open());
    EXPECT_EQ(spi.error, 0u);
    api::SaInstall in = ike_b.Sa(ike_b.opened.policy, true, spi.spi[0], spi.sa_id[0], key);
    api::SaInstall out = ike_a.Sa(policy, false, spi.spi[0], 0, key);
    if (shape != nullptr) {
      for (api::SaInstall* sa : {&in, &out}) {
        sa->soft_ms = shape->soft_ms;
        sa->hard_ms = shape->hard_ms;
        sa->idle_ms = shape->idle_ms;
        sa->silence_ms = shape->silence_ms;
        sa->soft_bytes = shape->soft_bytes;
        sa->hard_bytes = shape->hard_bytes;
      }
    }
    EXPECT_EQ(ike_b.Install(in).error, 0u);
    const api::SaInstalled installed = ike_a.Install(out);
    EXPECT_EQ(installed.error, 0u);
    return {installed.sa_id, spi.sa_id[0]};
  }

  TestGateway a{1}, b{2};
  StubIke ike_a{a, 1}, ike_b{b, 2};
  std::vector<Frame> wire;
};

// M1: the packet that asks is also the first that is protected.
TEST_F(IkeSasTest, PacketWithoutAnSaAsksAndIsSentWhenItIsThere) {
  FromInside(a, 1);
  EXPECT_TRUE(a.ports[1]->out.empty());
  const auto acquires = ike_a.TakeAll<api::Acquire>(api::MessageType::kAcquire);
  ASSERT_EQ(acquires.size(), 1u);
  const api::Acquire& acquire = acquires[0];
  EXPECT_NE(acquire.map[0], 0) << "which entry asks";
  EXPECT_NE(acquire.sequence, 0u);
  EXPECT_EQ(*FromFast(acquire.peer), Outside(2));
  EXPECT_EQ(*FromFast(acquire.packet.local_first), *net::Address::Parse("10.1.0.5"));
  EXPECT_EQ(*FromFast(acquire.packet.remote_last), *net::Address::Parse("10.2.0.7"));
  EXPECT_EQ(acquire.packet.protocol, 17);
  EXPECT_EQ(acquire.packet.remote_port_first, 2000);
  EXPECT_EQ(*FromFast(acquire.line.local_first), *net::Address::Parse("10.1.0.0"));
  EXPECT_EQ(*FromFast(acquire.line.remote_last), *net::Address::Parse("10.2.0.255"));
  EXPECT_EQ(acquire.interface, 1u);
  FromInside(a, 1);
  EXPECT_TRUE(ike_a.TakeAll<api::Acquire>(api::MessageType::kAcquire).empty()) << "one is enough";
  SetUp(acquire.policy);
  EXPECT_EQ(Wire(), 2u);
  EXPECT_EQ(b.ports[0]->out.size(), 2u);
  EXPECT_EQ(a.gateway->path().Pending(), 0u);
}

// The question may be lost with the role that was asked, or be too early after the one before.
TEST_F(IkeSasTest, AsksAgainWhilePacketsWait) {
  const auto asked = [this] {
    a.Settle();
    return ike_a.TakeAll<api::Acquire>(api::MessageType::kAcquire);
  };
  FromInside(a, 1);
  ASSERT_EQ(asked().size(), 1u);
  for (int second = 1; second <= 3; ++second) {
    a.clock.AdvanceNs(EnginePath::kAcquireIntervalNs - 1);
    EXPECT_EQ(asked().size(), 0u);
    a.clock.AdvanceNs(1);
    const auto again = asked();
    ASSERT_EQ(again.size(), 1u) << second;
    if (second == 3) SetUp(again[0].policy);
  }
  EXPECT_EQ(Wire(), 1u);
  for (int second = 1; second <= 12; ++second) {
    a.clock.AdvanceNs(EnginePath::kAcquireIntervalNs);
    EXPECT_EQ(asked().size(), 0u) << "nothing waits";
  }
}

TEST_F(IkeSasTest, AnInboundSaThatIsUsedFirstIsTold) {
  SetUp(ike_a.Open());
  static_cast<void>(ike_b.Take());
  for (int i = 0; i < 2; ++i) FromInside(a, 1);
  Wire();
  EXPECT_EQ(ike_b.Events(api::EventKind::kFirstInbound).size(), 1u);
}

TEST_F(IkeSasTest, TheQueueIsBoundedAndEnds) {
  for (size_t i = 0; i < PendingPackets::kMaxPackets + 3; ++i) FromInside(a, 1);
  EXPECT_EQ(a.Count(Reason::kPendingFull), 3u);
  a.clock.AdvanceNs(PendingPackets::kMaxWaitNs - 1);
  a.Settle();
  EXPECT_EQ(a.Count(Reason::kPendingTimeout), 0u);
  a.clock.AdvanceNs(1);
  a.Settle();
  EXPECT_EQ(a.Count(Reason::kPendingTimeout), PendingPackets::kMaxPackets);
  a.clock.AdvanceNs(EnginePath::kAcquireIntervalNs);
  a.Settle();
  static_cast<void>(ike_a.Take());
  FromInside(a, 1);
  EXPECT_EQ(ike_a.TakeAll<api::Acquire>(api::MessageType::kAcquire).size(), 1u) << "asks again";
}

TEST_F(IkeSasTest, BytesInTheQueueAreBounded) {
  PendingPackets pending;
  const auto packet = [] {
    rte_mbuf* m = rte_pktmbuf_alloc(SharedPool());
    rte_pktmbuf_append(m, 9000);
    return m;
  };
  for (int i = 0; i < 7; ++i) EXPECT_EQ(pending.Add(1, packet(), 0), Reason::kOk);
  rte_mbuf* last = packet();
  EXPECT_EQ(pending.Add(1, last, 0), Reason::kPendingFull) << "72 000 bytes";
  EXPECT_EQ(pending.Add(2, last, 0), Reason::kOk);
  EXPECT_EQ(pending.size(), 8u);
}

// What waited is judged by the policy of the moment when it leaves.
TEST_F(IkeSasTest, WaitingPacketsPassPolicyAgain) {
  FromInside(a, 1);
  NegotiateLines(a, 1, {LineTo(1, "10.9.0.0")});
  EXPECT_EQ(a.gateway->path().Pending(), 0u);
  ASSERT_EQ(a.ports[1]->out.size(), 1u) << "the line that caught it is gone";
  EXPECT_EQ(net::ParseIpv4(Payload(a.ports[1]->out.front()))->protocol, net::kProtocolUdp);
}

TEST_F(IkeSasTest, WithoutAnIkeRoleNothingWaits) {
  a.gateway->SetIkePresent(false);
  FromInside(a, 1);
  EXPECT_EQ(a.Count(Reason::kIkeNoRole), 1u);
  EXPECT_EQ(a.gateway->path().Pending(), 0u);
}

// M2 is TunnelTest.NoNumbersMeansNoPackets. M3: a dynamic entry drops and asks nobody.
TEST_F(IkeSasTest, DynamicEntryNeverAsks) {
  NegotiateLines(a, 1, {LineTo(1, "10.2.0.0")}, {.kind = EntryKind::kDynamic});
  FromInside(a, 1);
  EXPECT_EQ(a.Count(Reason::kPolicyNoSa), 1u);
  EXPECT_TRUE(ike_a.Take().empty());
  EXPECT_TRUE(a.ports[1]->out.empty());
}

// M5 for a negotiated entry, with and without its SAs.
TEST_F(IkeSasTest, ClearTextForALineIsRefused) {
  for (int i = 0; i < 2; ++i) {
    b.ports[1]->in.push_back(Ethernet(PortMac(2, 1), PortMac(1, 1), UdpPacket({})));
    b.Settle();
    EXPECT_EQ(b.Count(Reason::kPolicyCleartext), i + 1u);
    if (i == 0) SetUp(ike_a.Open());
  }
  // M6: what no line names goes in clear.
  FromInside(a, 1, {.source = "10.9.0.5"});
  EXPECT_EQ(a.ports[1]->out.size(), 1u);
}

// SY-59: another permit line is another SA set.
TEST_F(IkeSasTest, EachLineHasItsOwnSet) {
  NegotiateLines(a, 1, {LineTo(1, "10.2.0.0", 53), LineTo(1, "10.2.0.0", 54)});
  FromInside(a, 1, {.destination_port = 54});
  FromInside(a, 1, {.destination_port = 53});
  const auto acquires = ike_a.TakeAll<api::Acquire>(api::MessageType::kAcquire);
  ASSERT_EQ(acquires.size(), 2u);
  EXPECT_NE(acquires[0].policy, acquires[1].policy);
  EXPECT_EQ(acquires[0].line.remote_port_first, 54);
  SetUp(acquires[1].policy);
  EXPECT_EQ(Wire(), 1u) << "the other one still waits";
  EXPECT_EQ(a.gateway->path().Pending(), 1u);
}

// A packet that comes by the SAs of another line is refused (RFC 4301, 5.2).
TEST_F(IkeSasTest, InnerPacketMustBeOfTheLineOfItsSet) {
  SetUp(ike_a.Open());
  NegotiateLines(b, 2, {LineTo(2, "10.9.0.0"), LineTo(2, "10.1.0.0")});
  EXPECT_EQ(b.gateway->ike_sas().sas().size(), 1u) << "the line has moved, and the set with it";
  FromInside(a, 1);
  Wire();
  EXPECT_EQ(b.ports[0]->out.size(), 1u);
  FromInside(a, 1, {.destination = "10.2.0.9"});
  b.ports[0]->out.clear();
  NegotiateLines(b, 2, {LineTo(2, "10.9.0.0")});
  EXPECT_TRUE(b.gateway->ike_sas().sas().empty());
  EXPECT_EQ(ike_b.Events(api::EventKind::kPolicyGone).size(), 1u);
  Wire();
  EXPECT_EQ(b.Count(Reason::kNoSa), 1u);
}

// SY-60.
TEST_F(IkeSasTest, PerHostSetsAreByPairAndBounded) {
  NegotiateLines(a, 1, {LineTo(1, "10.2.0.0")}, {.kind = EntryKind::kIsakmp, .per_host = true});
  for (const char* to : {"10.2.0.7", "10.2.0.7", "10.2.0.8"}) {
    FromInside(a, 1, {.destination = to});
  }
  EXPECT_EQ(ike_a.TakeAll<api::Acquire>(api::MessageType::kAcquire).size(), 2u);
  SaSets& sets = a.gateway->sets();
  SaSetKey key = sets.at(sets.All().back()).key;
  for (uint32_t i = 0; sets.host_sets() < SaSets::kMaxHostSets; ++i) {
    key.source = net::Address::V4(0x0b000000 + i);
    ASSERT_TRUE(sets.Open(key).has_value());
  }
  FromInside(a, 1, {.destination = "10.2.0.9"});
  EXPECT_EQ(a.Count(Reason::kSaSetsFull), 1u);
  a.clock.AdvanceNs(2 * IkeSas::kHostSetIdleNs);
  a.Settle();
  a.Settle();
  EXPECT_EQ(sets.host_sets(), 0u) << "they give their places back";
}

TEST_F(IkeSasTest, RekeyOverlapsWithoutLoss) {
  const auto old = SetUp(ike_a.Open());
  FromInside(a, 1);
  const uint64_t policy = ike_a.opened.policy;
  const auto next = SetUp(policy, 100);
  FromInside(a, 1);
  ASSERT_EQ(a.ports[1]->out.size(), 2u);
  EXPECT_NE(LoadBe32(&a.ports[1]->out[0][kSpiAt]), LoadBe32(&a.ports[1]->out[1][kSpiAt]));
  EXPECT_EQ(ike_a.Delete(old.first), 0u);
  EXPECT_EQ(ike_b.Delete(old.second, true), 0u);
  EXPECT_EQ(Wire(), 2u);
  EXPECT_EQ(b.ports[0]->out.size(), 2u) << "the old inbound SA drains";
  b.clock.AdvanceNs(IkeSas::kDrainNs);
  b.Settle();
  b.ports[1]->in.push_back(wire[0]);
  b.Settle();
  EXPECT_EQ(b.Count(Reason::kNoSa), 1u);
  EXPECT_EQ(ike_a.Delete(next.first), 0u);
  EXPECT_NE(ike_a.Delete(next.first), 0u) << "it is gone";
}

// What the broker places the next SA by.
TEST_F(IkeSasTest, WhatAnSaCarriedIsKnownOfTheNext) {
  const auto old = SetUp(ike_a.Open());
  for (int i = 0; i < 10; ++i) FromInside(a, 1);
  a.clock.AdvanceNs(5 * kNsPerSecond);
  api::SaInstall next = ike_a.Sa(ike_a.opened.policy, false, 0x5000, 0, 100);
  next.replaces = old.first;
  next.flags |= api::kSaReplaces;
  const api::SaInstalled installed = ike_a.Install(next);
  ASSERT_EQ(installed.error, 0u);
  EXPECT_EQ(a.gateway->broker().Find(old.first)->rate, offload::Broker::kUnknownRate);
  EXPECT_NEAR(a.gateway->broker().Find(installed.sa_id)->rate, 2, 0.01);
}

TEST_F(IkeSasTest, BundleIsUsedWhenAllOfItIsThere) {
  const uint64_t policy = ike_a.Open();
  api::SaInstall esp = ike_a.Sa(policy, false, 0x1111);
  api::SaInstall ah = ike_a.Sa(policy, false, 0x2222);
  ah.encryption = api::FastEncryption::kNone;
  ah.integrity = api::FastIntegrity::kHmacSha256_128;
  ah.protocol = 51;
  ah.mode = api::FastMode::kTransport;
  ah.key_length = 0;
  ah.auth_length = 32;
  esp.bundle_size = ah.bundle_size = 2;
  ah.bundle_index = 1;
  EXPECT_EQ(ike_a.Install(ah).error, 0u);
  FromInside(a, 1);
  EXPECT_EQ(a.gateway->path().Pending(), 1u);
  EXPECT_NE(ike_a.Install(ah).error, 0u) << "it has that place already";
  const api::SaInstalled installed = ike_a.Install(esp);
  EXPECT_EQ(installed.error, 0u);
  ASSERT_EQ(a.ports[1]->out.size(), 1u);
  const Frame frame = a.ports[1]->out.front();
  EXPECT_EQ(net::ParseIpv4(Payload(frame))->protocol, net::kProtocolAh);
  EXPECT_EQ(LoadBe32(&frame[kSpiAt + 28]), 0x1111u);
  EXPECT_EQ(ike_a.Delete(installed.sa_id), 0u);
  EXPECT_TRUE(a.gateway->ike_sas().sas().empty()) << "a bundle goes as a whole";
  // Half a bundle does not wait for ever.
  EXPECT_EQ(ike_a.Install(ah).error, 0u);
  a.clock.AdvanceNs(IkeSas::kAssemblyNs);
  EXPECT_EQ(ike_a.Events(api::EventKind::kHardExpired).size(), 1u);
  EXPECT_TRUE(a.gateway->ike_sas().sas().empty());
}

// Both sides have begun to rekey the same SA.
TEST_F(IkeSasTest, TwoSasOfOneSetAreInstalledAtOnce) {
  const uint64_t policy = ike_a.Open();
  std::set<uint64_t> answered;
  for (const uint32_t spi : {0x1111u, 0x2222u}) {
    const api::SaInstall sa = ike_a.Sa(policy, false, spi);
    EXPECT_TRUE(a.gateway->ike().Receive(api::MessageType::kSaInstall, spi, api::EncodeFast(sa)));
  }
  for (const auto& sa : ike_a.TakeAll<api::SaInstalled>(api::MessageType::kSaInstalled)) {
    EXPECT_EQ(sa.error, 0u);
    answered.insert(sa.sa_id);
  }
  EXPECT_EQ(answered.size(), 2u);
  for (const uint64_t id : answered) {
    EXPECT_EQ(a.gateway->ike_sas().sas().at(id).state, IkeSas::State::kLive);
  }
  FromInside(a, 1);
  ASSERT_EQ(a.ports[1]->out.size(), 1u);
  EXPECT_EQ(LoadBe32(&a.ports[1]->out.front()[kSpiAt]), 0x2222u);
}

TEST_F(IkeSasTest, SpisAreFreshAndReservedForATime) {
  std::set<uint32_t> spis;
  for (int i = 0; i < 50; ++i) {
    const api::SpiReserved reserved = ike_a.Reserve(ike_a.Open(), 50, 1000, 4);
    EXPECT_EQ(reserved.error, 0u);
    for (const uint32_t spi : reserved.spi) {
      EXPECT_GE(spi, 256u);
      EXPECT_TRUE(spis.insert(spi).second);
    }
  }
  EXPECT_EQ(a.gateway->ike_sas().sas().size(), 200u);
  const api::SpiReserved late = ike_a.Reserve(ike_a.Open(), 50, 1000);
  a.clock.AdvanceNs(kNsPerSecond);
  EXPECT_EQ(ike_a.Events(api::EventKind::kHardExpired).size(), 201u);
  EXPECT_TRUE(a.gateway->ike_sas().sas().empty());
  const auto in = ike_a.Sa(ike_a.opened.policy, true, late.spi[0], late.sa_id[0]);
  EXPECT_EQ(ike_a.Install(in).error, static_cast<uint32_t>(ErrorCode::kNotFound) + 1);
}

// IOS-55, IOS-56.
TEST_F(IkeSasTest, SecondsEndAnSaAndWarnBefore) {
  api::SaInstall shape{};
  shape.hard_ms = 120'000;
  SetUp(ike_a.Open(), 0, &shape);
  static_cast<void>(ike_a.Take());
  FromInside(a, 1);
  a.clock.AdvanceNs(90 * kNsPerSecond);
  auto events = ike_a.TakeAll<api::Event>(api::MessageType::kEvent);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, api::EventKind::kSoftTime);
  a.clock.AdvanceNs(30 * kNsPerSecond);
  events = ike_a.TakeAll<api::Event>(api::MessageType::kEvent);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, api::EventKind::kHardExpired);
  EXPECT_EQ(a.gateway->ike_sas().totals().expired_time, 1u);
  FromInside(a, 1);
  EXPECT_EQ(a.gateway->path().Pending(), 1u) << "it asks again";
}

TEST_F(IkeSasTest, UnusedSaIsNotRekeyed) {
  api::SaInstall shape{};
  shape.hard_ms = 120'000;
  SetUp(ike_a.Open(), 0, &shape);
  static_cast<void>(ike_a.Take());
  a.clock.AdvanceNs(120 * kNsPerSecond);
  const auto events = ike_a.TakeAll<api::Event>(api::MessageType::kEvent);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, api::EventKind::kHardExpired);
  EXPECT_EQ(events[0].value, 0u);
}

TEST_F(IkeSasTest, KilobytesEndAnSaAndWarnBefore) {
  api::SaInstall shape{};
  shape.hard_bytes = 100'000;  // soft: 50 000, as 256 KB before is no time at all
  SetUp(ike_a.Open(), 0, &shape);
  static_cast<void>(ike_a.Take());
  int packets = 0;
  for (; ike_a.Events(api::EventKind::kSoftBytes).empty() && packets < 100; ++packets) {
    FromInside(a, 1, {.payload = 972});
  }
  EXPECT_EQ(packets, 50);
  for (int i = 0; i < 60; ++i) FromInside(a, 1, {.payload = 972});
  EXPECT_EQ(ike_a.Events(api::EventKind::kHardExpired).size(), 1u);
  EXPECT_EQ(a.gateway->ike_sas().totals().expired_volume, 1u);
  EXPECT_GE(a.Count(Reason::kHardBytes), 1u);
}

// Without ESN the numbers end at 2^32 - 1, and what comes then is dropped: well before that it is
// told, once (RFC 4303, 3.3.3).
TEST_F(IkeSasTest, NumbersNearTheirEndAreTold) {
  for (const bool esn : {false, true}) {
    const api::SpiReserved spi = ike_b.Reserve(ike_b.Open());
    IkeSaRequest request = *FromFast(ike_a.Sa(ike_a.Open(), false, spi.spi[0]));
    request.params.esn = esn;
    request.params.initial_seq = 0xffffffff - IkeSas::kNumbersLeft - 3;
    const auto installed = a.gateway->ike_sas().Install(std::move(request), 0);
    ASSERT_TRUE(installed.has_value());
    static_cast<void>(ike_a.Take());
    size_t told = 0;
    for (int packets = 1; packets <= 6; ++packets) {
      FromInside(a, 1);
      const auto events = ike_a.Events(api::EventKind::kSequenceNear);
      told += events.size();
      EXPECT_EQ(told, !esn && packets >= 3 ? 1u : 0u) << packets;
      for (const api::Event& event : events) EXPECT_EQ(event.sa_id, *installed);
    }
    EXPECT_EQ(a.ports[1]->out.size(), 6u) << "it goes on";
    a.ports[1]->out.clear();
    EXPECT_EQ(ike_a.Delete(*installed), 0u);
  }
}

TEST_F(IkeSasTest, RekeyPoints) {
  IkeSaRequest request;
  request.hard_ns = 3600 * kNsPerSecond;
  request.params.lifetimes.hard_bytes = uint64_t{4608000} * 1024;
  SetRekeyPoint(request);
  EXPECT_EQ(request.soft_ns, 3570 * kNsPerSecond);
  EXPECT_EQ(request.params.lifetimes.soft_bytes, uint64_t{4608000 - 256} * 1024);
  IkeSaRequest none;  // `kilobytes disable`
  SetRekeyPoint(none);
  EXPECT_EQ(none.soft_ns, 0u);
  EXPECT_EQ(none.params.lifetimes.soft_bytes, 0u);
  IkeSaRequest given;
  given.hard_ns = 100;
  given.soft_ns = 99;
  SetRekeyPoint(given);
  EXPECT_EQ(given.soft_ns, 99u);
}

TEST_F(IkeSasTest, IdleTunnelIsTold) {
  api::SaInstall shape{};
  shape.idle_ms = 60'000;
  SetUp(ike_a.Open(), 0, &shape);
  static_cast<void>(ike_a.Take());
  for (int i = 0; i < 3; ++i) {
    FromInside(a, 1);
    a.clock.AdvanceNs(60 * kNsPerSecond);
    EXPECT_TRUE(ike_a.Events(api::EventKind::kIdle).empty());
  }
  a.clock.AdvanceNs(60 * kNsPerSecond);
  EXPECT_EQ(ike_a.Events(api::EventKind::kIdle).size(), 1u);
}

// DP-43: only while something is sent, and only when nothing comes back for the whole time.
TEST_F(IkeSasTest, ASilentPeerIsTold) {
  api::SaInstall shape{};
  shape.silence_ms = 10'000;
  SetUp(ike_a.Open(), 0, &shape);
  static_cast<void>(ike_a.Take());
  const auto pass = [this](uint64_t seconds) {
    for (uint64_t i = 0; i < seconds; ++i) {
      a.clock.AdvanceNs(kNsPerSecond);
      a.Settle();
    }
    return ike_a.Events(api::EventKind::kSilence).size();
  };
  EXPECT_EQ(pass(60), 0u) << "nothing was sent";
  FromInside(a, 1);
  EXPECT_EQ(pass(4), 0u);
  EXPECT_EQ(pass(11), 1u) << "one packet went, none came";
  EXPECT_EQ(pass(60), 0u) << "nothing more was sent";
  for (int i = 0; i < 3; ++i) {
    FromInside(a, 1);
    EXPECT_LE(pass(5), 1u);
  }
  FromInside(a, 1);
  EXPECT_EQ(pass(6), 1u) << "again while it goes on";
}

// The role ends: its SAs carry on, the next packet has the new one asked, and what that installs
// takes over without a packet lost.
TEST_F(IkeSasTest, SasOfARoleThatHasGoneAreReplaced) {
  const auto old = SetUp(ike_a.Open());
  const uint64_t policy = ike_a.opened.policy;
  FromInside(a, 1);
  EXPECT_EQ(Wire(), 1u);
  static_cast<void>(ike_a.Take());
  a.gateway->SetIkePresent(false);
  EXPECT_EQ(a.gateway->ike_sas().totals().orphaned, 1u);
  FromInside(a, 1);
  EXPECT_EQ(Wire(), 1u);
  a.gateway->SetIkePresent(true);
  for (int second = 0; second < 3; ++second) {
    a.clock.AdvanceNs(kNsPerSecond);
    for (int i = 0; i < 5; ++i) FromInside(a, 1);
    const auto asked = ike_a.TakeAll<api::Acquire>(api::MessageType::kAcquire);
    ASSERT_EQ(asked.size(), 1u) << "once a second";
    EXPECT_EQ(asked[0].policy, policy);
    EXPECT_EQ(Wire(), 5u) << "packets go on meanwhile";
  }
  b.gateway->SetIkePresent(false);
  b.gateway->SetIkePresent(true);
  const auto next = SetUp(policy, 100);
  EXPECT_FALSE(a.gateway->ike_sas().sas().contains(old.first));
  EXPECT_TRUE(a.gateway->ike_sas().sas().contains(next.first));
  a.clock.AdvanceNs(2 * kNsPerSecond);
  FromInside(a, 1);
  EXPECT_EQ(Wire(), 1u);
  EXPECT_TRUE(ike_a.TakeAll<api::Acquire>(api::MessageType::kAcquire).empty());
  // B answers only: its old inbound SA drains when it has one that goes out again.
  EXPECT_TRUE(b.gateway->ike_sas().sas().contains(old.second));
  EXPECT_EQ(ike_b.Install(ike_b.Sa(ike_b.opened.policy, false, 0x4711, 0, 100)).error, 0u);
  b.clock.AdvanceNs(IkeSas::kDrainNs);
  b.Settle();
  EXPECT_FALSE(b.gateway->ike_sas().sas().contains(old.second));
  EXPECT_TRUE(b.gateway->ike_sas().sas().contains(next.second));
}

struct BadSa {
  const char* name;
  ErrorCode code;
  void (*spoil)(api::SaInstall& sa);
};
const BadSa kBadSas[] = {
    {"Policy", ErrorCode::kNotFound, [](auto& sa) { sa.policy += 1000; }},
    {"OutboundId", ErrorCode::kInvalidArgument, [](auto& sa) { sa.sa_id = 9; }},
    {"Direction", ErrorCode::kMalformed, [](auto& sa) { sa.direction = api::FastDirection{3}; }},
    {"Mode", ErrorCode::kMalformed, [](auto& sa) { sa.mode = api::FastMode{0}; }},
    {"Protocol", ErrorCode::kMalformed, [](auto& sa) { sa.protocol = 6; }},
    {"Encryption", ErrorCode::kMalformed,
     [](auto& sa) { sa.encryption = api::FastEncryption{32}; }},
    {"Integrity", ErrorCode::kMalformed, [](auto& sa) { sa.integrity = api::FastIntegrity{11}; }},
    {"KeyLength", ErrorCode::kInvalidArgument, [](auto& sa) { sa.key_length = 19; }},
    {"KeyTooLong", ErrorCode::kMalformed, [](auto& sa) { sa.key_length = 37; }},
    {"AuthTooLong", ErrorCode::kMalformed, [](auto& sa) { sa.auth_length = 65; }},
    {"Spi", ErrorCode::kInvalidArgument, [](auto& sa) { sa.spi = 255; }},
    {"Flag", ErrorCode::kMalformed, [](auto& sa) { sa.flags = 8; }},
    {"Reserved", ErrorCode::kMalformed, [](auto& sa) { sa.reserved = 1; }},
    {"Family", ErrorCode::kMalformed, [](auto& sa) { sa.endpoints.remote.family = 5; }},
    {"NoRemote", ErrorCode::kInvalidArgument, [](auto& sa) { sa.endpoints.remote = {}; }},
    {"LongV4", ErrorCode::kMalformed, [](auto& sa) { sa.endpoints.local.bytes[4] = 1; }},
    {"OutboundWindow", ErrorCode::kMalformed, [](auto& sa) { sa.replay_window = 64; }},
    {"BundleSize", ErrorCode::kInvalidArgument, [](auto& sa) { sa.bundle_size = 5; }},
    {"BundleIndex", ErrorCode::kInvalidArgument, [](auto& sa) { sa.bundle_index = 1; }},
    {"ReplacesNothing", ErrorCode::kNotFound,
     [](auto& sa) {
       sa.flags = api::kSaReplaces;
       sa.replaces = 12345;
     }},
    {"ReplacesWithoutFlag", ErrorCode::kMalformed, [](auto& sa) { sa.replaces = 1; }},
    {"SoftAboveHard", ErrorCode::kInvalidArgument,
     [](auto& sa) {
       sa.soft_ms = 2;
       sa.hard_ms = 1;
     }},
    {"Centuries", ErrorCode::kMalformed, [](auto& sa) { sa.hard_ms = UINT64_MAX; }},
    {"NoPrefix", ErrorCode::kUnsupported,
     [](auto& sa) {
       sa.selector.local_first = ToFast(net::Address::V4(1));
       sa.selector.local_last = ToFast(net::Address::V4(2));
     }},
    {"Ports", ErrorCode::kMalformed,
     [](auto& sa) {
       sa.selector.local_port_first = 0xffff;
       sa.selector.local_port_last = 1;
     }},
    {"UdpPort", ErrorCode::kInvalidArgument,
     [](auto& sa) {
       sa.flags = api::kSaUdpEncapsulated;
       sa.endpoints.local_port = sa.endpoints.remote_port = 500;
     }},
    {"InsideVrf", ErrorCode::kUnsupported, [](auto& sa) { sa.inside_vrf = 3; }},
    {"IdentityThatWritesLines", ErrorCode::kMalformed,
     [](auto& sa) { SetText(sa.peer_identity, "gw\n%SYS-5-FORGED: yes"); }},
    {"IdentityThatIsNoText", ErrorCode::kMalformed,
     [](auto& sa) { SetText(sa.peer_identity, "\xff"); }},
    {"DescriptionWithAnEscape", ErrorCode::kMalformed,
     [](auto& sa) { SetText(sa.peer_description, "a\x1b[2J"); }},
    {"BytesBehindTheIdentity", ErrorCode::kMalformed,
     [](auto& sa) { sa.peer_identity.back() = 'x'; }},
};

class BadSaTest : public IkeSasTest, public ::testing::WithParamInterface<BadSa> {};

TEST_P(BadSaTest, IsRefusedAndLeavesNothing) {
  api::SaInstall sa = ike_a.Sa(ike_a.Open(), false, 0x1234);
  GetParam().spoil(sa);
  EXPECT_EQ(ike_a.Install(sa).error, static_cast<uint32_t>(GetParam().code) + 1);
  EXPECT_TRUE(a.gateway->ike_sas().sas().empty());
  EXPECT_TRUE(a.gateway->broker().placements().empty());
}
TEST_F(IkeSasTest, OnlyOutboundSasTellOfThePeer) {
  api::SaInstall sa = ike_a.Sa(ike_a.Open(), true, 0x1234, 1);
  SetText(sa.peer_identity, "gw");
  EXPECT_EQ(ike_a.Install(sa).error, static_cast<uint32_t>(ErrorCode::kMalformed) + 1);
}
INSTANTIATE_TEST_SUITE_P(All, BadSaTest, ::testing::ValuesIn(kBadSas),
                         [](const auto& test) { return test.param.name; });

TEST_F(IkeSasTest, MessagesOfTheWrongLengthAreRefused) {
  for (const auto type : {api::MessageType::kSpiReserve, api::MessageType::kSaInstall,
                          api::MessageType::kSaDelete, api::MessageType::kPolicyOpen}) {
    const std::vector<uint8_t> bytes(7);
    EXPECT_TRUE(a.gateway->ike().Receive(type, 5, bytes));
    const auto out = ike_a.Take();
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(out[0].request, 5u);
  }
  EXPECT_FALSE(a.gateway->ike().Receive(api::MessageType::kPrepare, 5, {}));
}

TEST_F(IkeSasTest, ProposalsAreChecked) {
  EXPECT_NE(ike_a.Open(0), 0u);
  EXPECT_EQ(ike_a.Open(0), ike_a.Open(0));
  EXPECT_EQ(ike_a.Open(7), 0u);
  EXPECT_EQ(ike_a.opened.error, static_cast<uint32_t>(ErrorCode::kNotFound) + 1);
  NegotiateLines(a, 1, {LineTo(1, "10.2.0.0")}, {.kind = EntryKind::kIsakmp, .per_host = true});
  EXPECT_EQ(ike_a.Open(0), 0u);
  EXPECT_EQ(ike_a.opened.error, static_cast<uint32_t>(ErrorCode::kInvalidArgument) + 1);
  EXPECT_NE(ike_a.Open(0, "10.1.0.5", "10.2.0.7"), 0u);
}

}  // namespace
}  // namespace vam::fwd::test
