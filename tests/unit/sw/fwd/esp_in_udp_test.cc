// ESP in UDP (RFC 3948) between gateways: both ways, sizes, NATs in transport mode, moved ends.
// Against Scapy: esp_in_udp_scapy_test.cc.
#include "sw/fwd/udp_encap.h"
#include "tests/unit/sw/fwd/natt_fixture.h"

namespace vam::fwd::test {
namespace {

class EspInUdpTest : public NattTest {
 protected:
  std::vector<api::Event> Moved() { return ike_b.Events(api::EventKind::kEndpointChanged); }
};

// The headers of RFC 3948, 2.1, byte by byte, over both versions.
TEST_F(EspInUdpTest, GoesOutBehindAUdpHeaderAndComesInAgain) {
  for (const bool v6 : {false, true}) {
    Start(v6);
    SetUp2();
    const Frame packet = Protected();
    const size_t ip = ip_bytes();
    ASSERT_GT(packet.size(), ip + 16);
    const Bytes segment = Bytes(packet).subspan(ip);
    EXPECT_EQ(packet[v6 ? 6 : 9], 17);
    EXPECT_EQ(LoadBe16(segment.data()), 4500);
    EXPECT_EQ(LoadBe16(&segment[2]), 4500);
    EXPECT_EQ(LoadBe16(&segment[4]), segment.size());
    EXPECT_EQ(LoadBe32(&segment[8]), spi);
    if (v6) {
      EXPECT_EQ(LoadBe16(&packet[4]), segment.size());
      EXPECT_EQ(net::UpperChecksum(At(End(1)), At(End(2)), 17, segment), 0);
    } else {
      EXPECT_EQ(LoadBe16(&packet[2]), packet.size());
      EXPECT_TRUE(net::Ipv4ChecksumOk(packet));
      EXPECT_EQ(LoadBe16(&segment[6]), 0) << "RFC 3948, 2.1";
    }
    b.ports[0]->out.clear();
    ToB(packet);
    ASSERT_EQ(b.ports[0]->out.size(), 1u);
    const Frame inner = Payload(b.ports[0]->out.front());
    EXPECT_EQ(Frame(inner.begin() + 20, inner.end()), [] {
      const Frame sent = UdpPacket({});
      return Frame(sent.begin() + 20, sent.end());
    }());
    ToB(packet);
    EXPECT_EQ(b.Count(Reason::kReplayDuplicate), v6 ? 2u : 1u);
  }
}

// RFC 7296, 2.23: both forms are taken whatever was agreed.
TEST_F(EspInUdpTest, PlainEspOfTheSameSaIsTakenToo) {
  Start();
  SetUp2();
  Frame packet = Protected();
  packet.erase(packet.begin() + 20, packet.begin() + 28);
  packet[9] = 50;
  StoreBe16(&packet[2], static_cast<uint16_t>(packet.size()));
  StoreBe16(&packet[10], 0);
  StoreBe16(&packet[10], net::Checksum(Bytes(packet).first(20)));
  ToB(packet);
  EXPECT_EQ(b.ports[0]->out.size(), 1u);
  EXPECT_TRUE(Moved().empty());
}

TEST_F(EspInUdpTest, WhatFollowsTheDatagramIsNotTheEspPacket) {
  Start();
  SetUp2();
  Frame packet = Protected();
  packet.insert(packet.end(), {1, 2, 3});
  StoreBe16(&packet[2], static_cast<uint16_t>(packet.size()));
  StoreBe16(&packet[10], 0);
  StoreBe16(&packet[10], net::Checksum(Bytes(packet).first(20)));
  ToB(packet);
  EXPECT_EQ(b.ports[0]->out.size(), 1u);
}

// The outer packet in fragments is put together before its UDP header is looked at.
TEST_F(EspInUdpTest, FragmentsOfTheOuterPacketComeTogether) {
  Start();
  SetUp2();
  const Frame packet = Protected({.payload = 400});
  for (const size_t from : {size_t{200}, size_t{0}}) {
    const size_t to = from == 0 ? 200 : packet.size() - 20;
    Frame part(packet.begin(), packet.begin() + 20);
    part.insert(part.end(), packet.begin() + 20 + static_cast<ptrdiff_t>(from),
                packet.begin() + 20 + static_cast<ptrdiff_t>(to));
    StoreBe16(&part[2], static_cast<uint16_t>(part.size()));
    StoreBe16(&part[6], static_cast<uint16_t>((from == 0 ? 0x2000 : 0) | (from / 8)));
    StoreBe16(&part[10], 0);
    StoreBe16(&part[10], net::Checksum(Bytes(part).first(20)));
    ToB(part);
  }
  EXPECT_EQ(b.ports[0]->out.size(), 1u);
}

// Eight bytes more than plain ESP, in what fits, in what is cut and in what ICMP says.
TEST_F(EspInUdpTest, SizesCountTheHeader) {
  Start();
  SetUp2();
  const uint32_t set = a.gateway->sets().All().back();
  const auto& bundle = a.gateway->sets().bundle(a.gateway->sets().at(set).outbound.back());
  ipsec::SaSettings plain = bundle.sas[0].settings;
  ASSERT_EQ(plain.udp_local, 4500);
  plain.udp_local = plain.udp_remote = 0;
  for (size_t bytes = 60; bytes < 1600; bytes += 7) {
    EXPECT_EQ(a.gateway->path().EncapsulatedBytes(set, bytes, 20),
              ipsec::EncapsulatedBytes(plain, bytes, 20) + 8);
  }
  const size_t mtu = a.gateway->path().PlaintextMtu(set, 1500, 20);
  EXPECT_EQ(mtu, ipsec::PlaintextMtu(plain, 1492, 20));
  // The largest that fits leaves in one piece of at most 1,500 bytes, one byte more in two.
  const Frame one = Protected({.payload = mtu - 28, .df = true});
  EXPECT_LE(one.size(), 1500u);
  EXPECT_GT(one.size(), 1500u - 8);
  FromInside(UdpPacket({.payload = mtu - 27}));
  const auto two = OnWire();
  ASSERT_EQ(two.size(), 2u);
  for (const Frame& part : two) EXPECT_EQ(LoadBe32(&part[28]), spi) << "cut before encryption";
  a.ports[0]->out.clear();
  FromInside(UdpPacket({.payload = mtu - 27, .df = true}));
  ASSERT_EQ(a.ports[0]->out.size(), 1u);
  const Frame error = Payload(a.ports[0]->out.front());
  EXPECT_EQ(error[20], 3);
  EXPECT_EQ(error[21], 4);
  EXPECT_EQ(LoadBe16(&error[26]), mtu);
}

// RFC 4301, 8.2: a router's ICMP that quotes the datagram teaches the path's MTU.
TEST_F(EspInUdpTest, AnIcmpErrorThatQuotesItIsBelieved) {
  Start();
  SetUp2();
  const Frame packet = Protected({.payload = 1000});
  Frame icmp(20 + 8 + 60);
  net::Ipv4Header header;
  header.total_bytes = static_cast<uint16_t>(icmp.size());
  header.ttl = 60;
  header.protocol = net::kProtocolIcmp;
  header.source = At("192.0.2.77");
  header.destination = At(End(1));
  ASSERT_TRUE(net::WriteIpv4(header, icmp).has_value());
  ASSERT_TRUE(
      net::WriteIcmp({3, 4, 0, 900}, Bytes(packet).first(60), MutableBytes(icmp).subspan(20))
          .has_value());
  a.ports[1]->in.push_back(Ethernet(PortMac(1, 1), HostMac(9), icmp));
  a.Settle();
  const uint32_t set = a.gateway->sets().All().back();
  EXPECT_EQ(a.gateway->forwarder().PathMtu(a.gateway->sets().at(set).key.entry), 900u);
  FromInside(UdpPacket({.payload = 1000}));
  EXPECT_EQ(OnWire().size(), 2u);
}

// RFC 3948, 3.1.2: the sender's checksum is for the addresses before the NAT. It is seen by who
// checks it: the receiver itself, for IKE inside of the transport SA.
TEST_F(EspInUdpTest, TransportBehindANatGetsItsChecksumsRight) {
  ipsec::PolicyLine out;
  out.source = Net(End(1), 0);
  out.destination = Net(End(2), 0);
  ipsec::PolicyLine in;
  in.source = Net(End(2), 0);
  in.destination = Net("198.51.100.0");
  Start(false, {out}, {in});
  SetUp2([](api::SaInstall& sa) { sa.mode = api::FastMode::kTransport; });
  b.gateway->SetIkePresent(true);
  FromInside(Datagram(End(1), End(2), 777, 500, IkeMessage()));
  const auto packets = OnWire();
  ASSERT_EQ(packets.size(), 1u);
  ASSERT_EQ(LoadBe32(&packets[0][28]), spi);
  ToB(Translated(packets[0], "198.51.100.9", 1025));
  EXPECT_EQ(b.Count(Reason::kUdpChecksum), 0u);
  const Bytes queued = b.gateway->forwarder().ike_queues().Front();
  ASSERT_FALSE(queued.empty());
  const auto head = api::DecodeFast<api::IkePacket>(queued);
  EXPECT_EQ(*FromFast(head->endpoints.remote), At("198.51.100.9"));
  EXPECT_EQ(head->endpoints.remote_port, 777);
}

TEST_F(EspInUdpTest, AMovedPeerIsToldOfOnceAndChangesNothing) {
  Start();
  SetUp2();
  ToB(Translated(Protected(), End(1), kNatPort));
  EXPECT_TRUE(Moved().empty()) << "that is where the SA says";
  ToB(Translated(Protected(), "198.51.100.9", 1025));
  auto events = Moved();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].sa_id, in_id);
  EXPECT_EQ(*FromFast(events[0].endpoints.local), At(End(2)));
  EXPECT_EQ(*FromFast(events[0].endpoints.remote), At("198.51.100.9"));
  EXPECT_EQ(events[0].endpoints.local_port, 4500);
  EXPECT_EQ(events[0].endpoints.remote_port, 1025);
  EXPECT_EQ(events[0].endpoints.interface, 1u);
  b.clock.AdvanceNs(2 * kNsPerSecond);
  ToB(Translated(Protected(), "198.51.100.9", 1025));
  EXPECT_TRUE(Moved().empty()) << "once for each change";
  // What its SAs send still goes to where they say.
  const IkeSas& sas = b.gateway->ike_sas();
  EXPECT_EQ(sas.SettingsOf(sas.sas().at(in_id)).remote, At(End(1)));
  EXPECT_EQ(b.ports[0]->out.size(), 3u);
}

TEST_F(EspInUdpTest, MovesAreToldOfOnceASecond) {
  Start();
  SetUp2();
  for (uint16_t port = 2000; port < 2010; ++port) {
    ToB(Translated(Protected(), End(1), port));
  }
  EXPECT_EQ(Moved().size(), 1u);
  b.clock.AdvanceNs(kNsPerSecond);
  ToB(Translated(Protected(), End(1), 2010));
  auto events = Moved();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].endpoints.remote_port, 2010);
  b.clock.AdvanceNs(kNsPerSecond);
  ToB(Translated(Protected(), End(1), kNatPort));
  EXPECT_EQ(Moved().size(), 1u) << "back again is a change too";
}

// Nobody may move a peer but by a packet of its own, and no packet from before the move.
TEST_F(EspInUdpTest, ForgedAndLatePacketsMoveNobody) {
  Start();
  SetUp2();
  Frame forged = Protected();
  forged.back() ^= 1;
  ToB(Translated(forged, "198.51.100.9", 1025));
  EXPECT_EQ(b.Count(Reason::kIcvFailed), 1u);
  EXPECT_TRUE(Moved().empty());
  const Frame late = Protected();
  const Frame first = Protected();
  ToB(Translated(first, "198.51.100.9", 1025));
  EXPECT_EQ(Moved().size(), 1u);
  b.clock.AdvanceNs(2 * kNsPerSecond);
  ToB(Translated(late, End(1), kNatPort));
  EXPECT_TRUE(Moved().empty()) << "it was under way";
  ToB(Translated(first, "203.0.113.1", 1));
  EXPECT_EQ(b.Count(Reason::kReplayDuplicate), 1u);
  EXPECT_TRUE(Moved().empty()) << "a copy of a packet proves nothing";
}

// Not UDP's: AH, alone or around ESP, and other ports than 4500.
TEST_F(EspInUdpTest, WhatCannotBeInUdpIsRefused) {
  Start();
  const uint64_t policy = ike_a.Open();
  const auto refused = [&](const Change& change, ErrorCode code) {
    api::SaInstall sa = InUdp(ike_a.Sa(policy, false, 0x1234), 1);
    change(sa);
    EXPECT_EQ(ike_a.Install(sa).error, static_cast<uint32_t>(code) + 1);
  };
  const Change ah = [](api::SaInstall& sa) {
    sa.encryption = api::FastEncryption::kNone;
    sa.integrity = api::FastIntegrity::kHmacSha256_128;
    sa.protocol = 51;
    sa.mode = api::FastMode::kTransport;
    sa.key_length = 0;
    sa.auth_length = 32;
  };
  refused(ah, ErrorCode::kUnsupported);
  refused([](auto& sa) { sa.endpoints.local_port = 4501; }, ErrorCode::kInvalidArgument);
  refused([](auto& sa) { sa.endpoints.remote_port = 0; }, ErrorCode::kMalformed);
  api::SaInstall inner = InUdp(ike_a.Sa(policy, false, 0x1111), 1);
  inner.bundle_size = 2;
  EXPECT_EQ(ike_a.Install(inner).error, 0u);
  api::SaInstall outer = ike_a.Sa(policy, false, 0x2222);
  ah(outer);
  outer.bundle_size = 2;
  outer.bundle_index = 1;
  EXPECT_EQ(ike_a.Install(outer).error, static_cast<uint32_t>(ErrorCode::kInvalidArgument) + 1);
}

// Only what is outermost is in UDP.
TEST_F(EspInUdpTest, ABundleHasOneUdpHeader) {
  Start();
  const uint64_t policy = ike_a.Open();
  for (const uint8_t index : {uint8_t{0}, uint8_t{1}}) {
    api::SaInstall sa = InUdp(ike_a.Sa(policy, false, 0x1111u * (index + 1u)), 1);
    sa.bundle_size = 2;
    sa.bundle_index = index;
    ASSERT_EQ(ike_a.Install(sa).error, 0u);
  }
  const Frame packet = Protected();
  EXPECT_EQ(packet[9], 17);
  EXPECT_EQ(LoadBe32(&packet[28]), 0x2222u);
  const uint32_t set = a.gateway->sets().All().back();
  EXPECT_EQ(a.gateway->path().EncapsulatedBytes(set, UdpPacket({}).size(), 20), packet.size());
}

TEST(UdpEncapTest, RepairsOnlyWhatHasAChecksumToRepair) {
  Frame udp = Datagram("10.1.0.5", "10.2.0.7", 1, 2, {1, 2, 3}, UdpSum::kWrong);
  RepairUpperChecksum(udp);
  EXPECT_EQ(udp, Datagram("10.1.0.5", "10.2.0.7", 1, 2, {1, 2, 3}));
  const Frame none = Datagram("10.1.0.5", "10.2.0.7", 1, 2, {1, 2, 3}, UdpSum::kNone);
  udp = none;
  RepairUpperChecksum(udp);
  EXPECT_EQ(udp, none);
  Frame v6 = Datagram("2001:db8::1", "2001:db8::2", 1, 2, {9}, UdpSum::kWrong);
  RepairUpperChecksum(v6);
  EXPECT_EQ(v6, Datagram("2001:db8::1", "2001:db8::2", 1, 2, {9}));
  Frame fragment = Datagram("10.1.0.5", "10.2.0.7", 1, 2, {1, 2, 3}, UdpSum::kWrong);
  fragment[6] = 0x20;
  const Frame before = fragment;
  RepairUpperChecksum(fragment);
  EXPECT_EQ(fragment, before);
  // TCP: 20 bytes, its checksum at 16 (RFC 9293, 3.1).
  Frame tcp = UdpPacket({.payload = 12, .protocol = net::kProtocolTcp});
  RepairUpperChecksum(tcp);
  EXPECT_EQ(net::UpperChecksum(At("10.1.0.5"), At("10.2.0.7"), 6, Bytes(tcp).subspan(20)), 0);
  Frame cut = UdpPacket({.payload = 11, .protocol = net::kProtocolTcp});
  const Frame short_tcp = cut;
  RepairUpperChecksum(cut);
  EXPECT_EQ(cut, short_tcp);
}

}  // namespace
}  // namespace vam::fwd::test
