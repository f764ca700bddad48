// IKE between the wire and its role: local delivery (design.md, section 7), the datagrams of the
// role, RFC 3948 and RFC 7296, 2 and 3.1, over both IP versions.
#include <map>

#include "sw/fwd/ike_queues.h"
#include "tests/unit/sw/fwd/ike_fixture.h"
#include "tests/unit/sw/fwd/ike_message.h"

namespace vam::fwd::test {
namespace {

using api::IkeClass;

struct Family {
  const char* name;
  const char* own;
  const char* peer;
  size_t ip_bytes;
};
constexpr Family kFamilies[] = {{"V4", "192.0.2.1", "192.0.2.2", 20},
                                {"V6", "2001:db8:f::1", "2001:db8:f::2", 40}};
constexpr const char* kDual =
    "ipv6 unicast-routing\ninterface Ethernet0/1\n ipv6 address 2001:db8:f::1/64\n"
    "ipv6 neighbor 2001:db8:f::2 Ethernet0/1 0200.0002.0001\n";

class IkeDeliveryTest : public ::testing::TestWithParam<Family> {
 protected:
  IkeDeliveryTest() {
    // Policy would protect whatever goes to the peer, but for what is IKE's own.
    g.Configure(TunnelConfig(1, 2, std::string(kDual) + "access-list 101 permit ip any any\n"));
    for (int i = 0; i < 40; ++i) {  // until the address is known to be unique
      g.clock.AdvanceNs(kNsPerSecond / 10);
      g.Settle();
    }
    g.ports[1]->out.clear();
    g.gateway->SetIkePresent(true);
  }
  ~IkeDeliveryTest() override { g.ExpectBalanced(); }

  static Frame FromPeer(uint16_t from_port, uint16_t to_port, const Frame& payload,
                        UdpSum sum = UdpSum::kRight) {
    return Datagram(GetParam().peer, GetParam().own, from_port, to_port, payload, sum);
  }
  void Send(const Frame& packet) {
    const uint16_t type = packet[0] >> 4 == 6 ? net::kEtherTypeIpv6 : net::kEtherTypeIpv4;
    g.ports[1]->in.push_back(Ethernet(PortMac(1, 1), HostMac(2), packet, type));
    g.Settle();
  }
  struct Delivered {
    api::IkePacket packet{};
    Frame message;
  };
  std::vector<Delivered> Take() {
    std::vector<Delivered> all;
    for (IkeQueues& queues = Queues(); !queues.Front().empty(); queues.Pop()) {
      const Bytes bytes = queues.Front();
      const auto packet = api::DecodeFast<api::IkePacket>(bytes);
      EXPECT_TRUE(packet.has_value());
      all.push_back({*packet, {bytes.begin() + sizeof(api::IkePacket), bytes.end()}});
    }
    return all;
  }
  IkeQueues& Queues() { return g.gateway->forwarder().ike_queues(); }

  // As the role sends.
  static api::IkePacket Head(bool encapsulated) {
    api::IkePacket packet{};
    packet.endpoints.local = ToFast(At(GetParam().own));
    packet.endpoints.remote = ToFast(At(GetParam().peer));
    packet.endpoints.local_port = encapsulated ? 4500 : 500;
    packet.endpoints.remote_port = encapsulated ? 40123 : 500;
    packet.endpoints.interface = 1;
    packet.flags = encapsulated ? api::kIkeEncapsulated : 0;
    packet.ike_class = IkeClass::kKnownSpi;
    return packet;
  }
  void FromRole(api::IkePacket head, const Frame& message) {
    head.length = static_cast<uint32_t>(message.size());
    const Bytes bytes = api::EncodeFast(head);
    Frame payload(bytes.begin(), bytes.end());
    payload.insert(payload.end(), message.begin(), message.end());
    EXPECT_TRUE(g.gateway->ike().Receive(api::MessageType::kIkePacket, 0, payload));
    g.Settle();
  }
  std::vector<Frame> OnWire() {
    std::vector<Frame> packets;
    for (; !g.ports[1]->out.empty(); g.ports[1]->out.pop_front()) {
      packets.push_back(Payload(g.ports[1]->out.front()));
    }
    return packets;
  }

  TestGateway g;
};

TEST_P(IkeDeliveryTest, OfPort500ReachesTheRole) {
  const Frame message = IkeMessage({.id = 7});
  Send(FromPeer(500, 500, message));
  const auto all = Take();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].message, message);
  const api::IkePacket& packet = all[0].packet;
  EXPECT_EQ(*FromFast(packet.endpoints.local), At(GetParam().own));
  EXPECT_EQ(*FromFast(packet.endpoints.remote), At(GetParam().peer));
  EXPECT_EQ(packet.endpoints.local_port, 500);
  EXPECT_EQ(packet.endpoints.remote_port, 500);
  EXPECT_EQ(packet.endpoints.front_vrf, 0);
  EXPECT_EQ(packet.endpoints.interface, 1u);
  EXPECT_EQ(packet.flags, 0);
  EXPECT_EQ(packet.ike_class, IkeClass::kNew);
  EXPECT_EQ(g.Count(Reason::kLocalDelivered), 1u);
}

TEST_P(IkeDeliveryTest, OfPort4500LosesItsMarker) {
  const Frame message = IkeMessage();
  Send(FromPeer(40123, 4500, WithMarker(message)));
  const auto all = Take();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].message, message);
  EXPECT_EQ(all[0].packet.flags, api::kIkeEncapsulated);
  EXPECT_EQ(all[0].packet.endpoints.local_port, 4500);
  EXPECT_EQ(all[0].packet.endpoints.remote_port, 40123);
}

TEST_P(IkeDeliveryTest, KeepalivesEndSilently) {
  Send(FromPeer(40123, 4500, {0xff}));
  EXPECT_EQ(g.Count(Reason::kNattKeepalive), 1u);
  EXPECT_TRUE(Take().empty());
  EXPECT_TRUE(OnWire().empty());
  EXPECT_EQ(g.gateway->forwarder().interface_counters(1).rx_drops.value(), 0u);
}

TEST_P(IkeDeliveryTest, EspOfNoSaAndWhatIsTooShortHaveTheirReasons) {
  Send(FromPeer(40123, 4500, {0, 0, 0x12, 0x34, 0, 0, 0, 1}));
  EXPECT_EQ(g.Count(Reason::kNoSa), 1u);
  Send(FromPeer(40123, 4500, {0, 0, 0x12, 0x34, 0, 0, 0}));
  Send(FromPeer(40123, 4500, {0, 0}));
  Send(FromPeer(40123, 4500, {}));
  EXPECT_EQ(g.Count(Reason::kEspShort), 3u);
  EXPECT_TRUE(OnWire().empty());
}

TEST_P(IkeDeliveryTest, ChecksumsAreChecked) {
  const bool v6 = At(GetParam().own).is_v6();
  Send(FromPeer(500, 500, IkeMessage(), UdpSum::kWrong));
  Send(FromPeer(4500, 4500, WithMarker(IkeMessage()), UdpSum::kWrong));
  Send(FromPeer(4500, 4500, {0, 0, 0x12, 0x34, 0, 0, 0, 1}, UdpSum::kWrong));
  EXPECT_EQ(g.Count(Reason::kUdpChecksum), 3u);
  // RFC 8200, 8.1: IPv6 has one always; RFC 6935, 5: but for a tunnel's packets.
  Send(FromPeer(500, 500, IkeMessage(), UdpSum::kNone));
  EXPECT_EQ(g.Count(Reason::kUdpChecksum), v6 ? 4u : 3u);
  EXPECT_EQ(Take().size(), v6 ? 0u : 1u);
  Send(FromPeer(4500, 4500, {0, 0, 0x12, 0x34, 0, 0, 0, 1}, UdpSum::kNone));
  EXPECT_EQ(g.Count(Reason::kNoSa), 1u);
}

TEST_P(IkeDeliveryTest, HeadersAreChecked) {
  Frame wrong = IkeMessage();
  wrong[27] ^= 1;
  Send(FromPeer(500, 500, wrong));
  Send(FromPeer(4500, 4500, WithMarker({})));
  EXPECT_EQ(g.Count(Reason::kIkeMalformed), 2u);
  Send(FromPeer(500, 500, IkeMessage({.version = 0x10})));
  EXPECT_EQ(g.Count(Reason::kIkeNoRole), 1u) << "IKEv1 has no role";
  Send(FromPeer(0, 500, IkeMessage()));
  Frame cut = FromPeer(500, 500, IkeMessage());
  StoreBe16(&cut[GetParam().ip_bytes + 4], 2000);  // longer than the packet
  Send(cut);
  EXPECT_EQ(g.Count(Reason::kIpMalformed), 2u);
  EXPECT_TRUE(Take().empty());
}

TEST_P(IkeDeliveryTest, WithoutARoleItEndsByName) {
  g.gateway->SetIkePresent(false);
  Send(FromPeer(500, 500, IkeMessage()));
  Send(FromPeer(4500, 4500, WithMarker(IkeMessage())));
  EXPECT_EQ(g.Count(Reason::kIkeNoRole), 2u);
}

// Both ends cut: the role's message leaves in fragments, and comes back in them.
TEST_P(IkeDeliveryTest, FragmentsComeTogetherFirst) {
  const Frame message = IkeMessage({.body = 5000});
  FromRole(Head(true), message);
  std::vector<Frame> parts = OnWire();
  ASSERT_EQ(parts.size(), 4u);
  std::swap(parts[0], parts[2]);
  for (Frame& part : parts) {
    // To us: the ends change places, which no checksum of UDP sees; the ports too.
    const size_t at = At(GetParam().own).is_v6() ? 8 : 12, bytes = at == 8 ? 16 : 4;
    std::swap_ranges(part.begin() + at, part.begin() + at + bytes, part.begin() + at + bytes);
  }
  for (Frame& part : parts) {
    const bool v6 = At(GetParam().own).is_v6();
    const size_t offset = v6 ? LoadBe16(&part[42]) & 0xfff8 : (LoadBe16(&part[6]) & 0x1fff) * 8;
    const size_t udp = v6 ? 48 : 20;
    if (offset == 0) std::swap_ranges(&part[udp], &part[udp + 2], &part[udp + 2]);
    // Only the first shows its ports, which are 4500 and 40123.
    Send(part);
  }
  const auto all = Take();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].message, message);
  EXPECT_EQ(all[0].packet.endpoints.remote_port, 40123);
}

TEST_P(IkeDeliveryTest, AFloodOfFirstMessagesLeavesTheOthersAlone) {
  api::IkeSpi spi{0x5151, api::IkeSpiState::kUp, {}};
  EXPECT_TRUE(g.gateway->ike().Receive(api::MessageType::kIkeSpi, 0, api::EncodeFast(spi)));
  for (size_t i = 0; i < IkeQueues::kMaxNew + 50; ++i) {
    g.ports[1]->in.push_back(
        Ethernet(PortMac(1, 1), HostMac(2), FromPeer(500, 500, IkeMessage({.spi_i = 1 + i})),
                 At(GetParam().own).is_v6() ? net::kEtherTypeIpv6 : net::kEtherTypeIpv4));
  }
  g.Settle();
  Send(FromPeer(500, 500, IkeMessage({.spi_r = 0x5151, .id = 3})));
  EXPECT_EQ(g.Count(Reason::kIkeNewFull), 50u);
  const auto all = Take();
  ASSERT_EQ(all.size(), IkeQueues::kMaxNew + 1);
  EXPECT_EQ(all[0].packet.ike_class, IkeClass::kKnownSpi);
  EXPECT_EQ(LoadBe32(&all[0].message[20]), 3u);
  EXPECT_EQ(LoadBe64(all[1].message.data()), 1u) << "the oldest stay";
  EXPECT_EQ(LoadBe64(all.back().message.data()), IkeQueues::kMaxNew);
}

// RFC 768, RFC 3948: byte by byte against a datagram made by the test.
TEST_P(IkeDeliveryTest, TheRolesMessagesLeaveInClear) {
  const Frame message = IkeMessage({.body = 41});  // an odd length for the checksum
  for (const bool encapsulated : {false, true}) {
    FromRole(Head(encapsulated), message);
    const std::vector<Frame> out = OnWire();
    ASSERT_EQ(out.size(), 1u);
    const Frame expected =
        Datagram(GetParam().own, GetParam().peer, encapsulated ? 4500 : 500,
                 encapsulated ? 40123 : 500, encapsulated ? WithMarker(message) : message);
    const auto ip = static_cast<ptrdiff_t>(GetParam().ip_bytes);
    EXPECT_EQ(Frame(out[0].begin() + ip, out[0].end()),
              Frame(expected.begin() + ip, expected.end()));
    const size_t at = ip == 40 ? 8 : 12;
    EXPECT_TRUE(std::equal(out[0].begin() + at, out[0].begin() + ip, expected.begin() + at));
    if (ip == 20) {
      EXPECT_TRUE(net::Ipv4ChecksumOk(out[0]));
      EXPECT_FALSE(net::ParseIpv4(out[0])->dont_fragment);
    }
  }
}

// As a host puts it together, by offset.
TEST_P(IkeDeliveryTest, ALongMessageLeavesInFragments) {
  const bool v6 = At(GetParam().own).is_v6();
  const Frame message = IkeMessage({.body = 12'000});
  FromRole(Head(true), message);
  const Frame expected =
      Datagram(GetParam().own, GetParam().peer, 4500, 40123, WithMarker(message));
  Frame joined(expected.size() - GetParam().ip_bytes);
  size_t bytes = 0;
  for (const Frame& part : OnWire()) {
    EXPECT_LE(part.size(), 1500u);
    const size_t offset = v6 ? LoadBe16(&part[42]) & 0xfff8 : (LoadBe16(&part[6]) & 0x1fff) * 8;
    const size_t header = v6 ? 48 : 20;
    ASSERT_LE(offset + part.size() - header, joined.size());
    std::copy(part.begin() + static_cast<ptrdiff_t>(header), part.end(),
              joined.begin() + static_cast<ptrdiff_t>(offset));
    bytes += part.size() - header;
  }
  EXPECT_EQ(bytes, joined.size());
  EXPECT_EQ(joined,
            Frame(expected.begin() + static_cast<ptrdiff_t>(GetParam().ip_bytes), expected.end()));
  FromRole(Head(true), IkeMessage({.body = 20'000}));
  EXPECT_EQ(g.Count(Reason::kIkeRefused), 1u) << "no buffer is so long";
}

TEST_P(IkeDeliveryTest, AnEmptyMessageIsAKeepalive) {
  FromRole(Head(true), {});
  const std::vector<Frame> out = OnWire();
  ASSERT_EQ(out.size(), 1u);
  const Bytes segment = Bytes(out[0]).subspan(GetParam().ip_bytes);
  ASSERT_EQ(segment.size(), 9u);
  EXPECT_EQ(segment[8], 0xff);
  EXPECT_EQ(LoadBe16(segment.data()), 4500);
  EXPECT_EQ(LoadBe16(&segment[2]), 40123);
  EXPECT_EQ(net::UpperChecksum(At(GetParam().own), At(GetParam().peer), 17, segment), 0);
  FromRole(Head(false), {});
  EXPECT_EQ(g.Count(Reason::kIkeRefused), 1u) << "on port 500 there is no such thing";
}

TEST_P(IkeDeliveryTest, ImpossibleMessagesOfTheRoleAreRefused) {
  const Frame message = IkeMessage();
  std::map<std::string, std::function<void(api::IkePacket&)>> counted = {
      {"not ours", [](auto& p) { p.endpoints.local = p.endpoints.remote; }},
      {"other VRF", [](auto& p) { p.endpoints.front_vrf = 77; }},
      {"no remote", [](auto& p) { p.endpoints.remote = {}; }},
      {"remote port", [](auto& p) { p.endpoints.remote_port = 0; }},
      {"group", [](auto& p) { p.endpoints.remote = ToFast(At("224.0.0.1")); }},
      {"group6", [](auto& p) { p.endpoints.remote = ToFast(At("ff02::1")); }},
  };
  uint64_t refused = 0;
  for (const auto& [name, spoil] : counted) {
    api::IkePacket head = Head(false);
    spoil(head);
    FromRole(head, message);
    EXPECT_EQ(g.Count(Reason::kIkeRefused), ++refused) << name;
  }
  // What no field says is not even counted as a packet: the role speaks another language.
  std::map<std::string, std::function<void(api::IkePacket&)>> malformed = {
      {"flags", [](auto& p) { p.flags = 2; }},
      {"reserved", [](auto& p) { p.reserved = 1; }},
      {"reserved of the ends", [](auto& p) { p.endpoints.reserved = 1; }},
      {"port", [](auto& p) { p.endpoints.local_port = 4500; }},
      {"interface", [](auto& p) { p.endpoints.interface = 0x10000; }},
      {"family", [](auto& p) { p.endpoints.local.family = 5; }},
  };
  const uint64_t made = g.gateway->forwarder().counters().originated.value();
  for (const auto& [name, spoil] : malformed) {
    api::IkePacket head = Head(false);
    spoil(head);
    FromRole(head, message);
  }
  EXPECT_EQ(g.gateway->forwarder().counters().originated.value(), made);
  EXPECT_TRUE(OnWire().empty());
}

TEST_P(IkeDeliveryTest, AnotherRoleFindsNothingOfTheLast) {
  Send(FromPeer(500, 500, IkeMessage()));
  g.gateway->SetIkePresent(false);
  g.gateway->SetIkePresent(true);
  EXPECT_TRUE(Take().empty());
  EXPECT_TRUE(g.gateway->ike().Take().empty());
}

TEST_P(IkeDeliveryTest, TheLinkGivesSoManyAtATime) {
  // Each is answered by an error.
  for (uint32_t i = 1; i <= 5; ++i) {
    g.gateway->ike().Receive(api::MessageType::kSpiReserve, i, {});
  }
  const auto first = g.gateway->ike().Take(2);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].request, 1u);
  EXPECT_EQ(first[1].request, 2u);
  EXPECT_EQ(g.gateway->ike().Take().size(), 3u);
}

INSTANTIATE_TEST_SUITE_P(Ip, IkeDeliveryTest, ::testing::ValuesIn(kFamilies),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace vam::fwd::test
