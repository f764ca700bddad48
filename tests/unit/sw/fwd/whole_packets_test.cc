// SAs for packets with certain ports take whole packets only (RFC 4301, 7): what is too long is cut
// after encryption, and fragments from inside come together before it.
#include <iterator>

#include "tests/unit/sw/fwd/ike_fixture.h"
#include "tests/unit/sw/fwd/snapshot_fixture.h"

namespace vam::fwd::test {
namespace {

// [from, to) of the packet's payload as a fragment of it.
Frame Part(const Frame& packet, size_t from, size_t to, uint16_t identification = 7) {
  net::Ipv4Header header = *net::ParseIpv4(packet);
  header.identification = identification;
  header.fragment_offset = static_cast<uint16_t>(from / 8);
  header.more_fragments = to < packet.size() - 20;
  to = std::min(to, packet.size() - 20);
  header.total_bytes = static_cast<uint16_t>(20 + to - from);
  Frame part(20);
  EXPECT_TRUE(net::WriteIpv4(header, part).has_value());
  part.insert(part.end(), packet.begin() + 20 + static_cast<ptrdiff_t>(from),
              packet.begin() + 20 + static_cast<ptrdiff_t>(to));
  return part;
}

Frame V6Part(const std::string& from, const std::string& to, const Frame& upper, size_t begin,
             size_t end) {
  Frame body(8);
  body[0] = net::kProtocolUdp;
  StoreBe16(&body[2], static_cast<uint16_t>(begin | (end < upper.size() ? 1 : 0)));
  StoreBe32(&body[4], 0xabcd);
  body.insert(body.end(), upper.begin() + static_cast<ptrdiff_t>(begin),
              upper.begin() + static_cast<ptrdiff_t>(std::min(end, upper.size())));
  return V6Packet(from, to, net::kNextFragment, body);
}

class WholePacketsTest : public ::testing::Test {
 protected:
  WholePacketsTest() { Lists("permit udp any any eq 53", "permit udp any eq 53 any"); }
  ~WholePacketsTest() override {
    a.ExpectBalanced();
    b.ExpectBalanced();
  }
  void Lists(const std::string& of_a, const std::string& of_b) {
    for (const auto& [g, self, line] : {std::tuple(&a, 1, of_a), std::tuple(&b, 2, of_b)}) {
      g->Configure(TunnelConfig(
          self, 3 - self,
          "crypto map M 10 ipsec-manual\n match address 150\naccess-list 150 " + line + "\n"));
      g->Settle();
    }
  }
  void FromInside(const Frame& packet, uint16_t type = net::kEtherTypeIpv4) {
    a.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), packet, type));
    a.Settle();
  }
  // Moves A's outside frames to B; what passed is in `wire`.
  void Wire() { std::ranges::move(Carry(a, b), std::back_inserter(wire)); }
  // The only packet that arrived inside B, without its IP header.
  Frame Arrived(size_t header_bytes = 20) {
    EXPECT_EQ(b.ports[0]->out.size(), 1u);
    if (b.ports[0]->out.empty()) return {};
    const Frame packet = Payload(b.ports[0]->out.front());
    return {packet.begin() + static_cast<ptrdiff_t>(header_bytes), packet.end()};
  }
  static Frame Upper(const Frame& packet) { return {packet.begin() + 20, packet.end()}; }

  TestGateway a{1}, b{2};
  std::vector<Frame> wire;
};

TEST_F(WholePacketsTest, FragmentsFromInsideAreProtectedTogether) {
  const Frame whole = UdpPacket({.payload = 1000, .destination_port = 53});
  FromInside(Part(whole, 504, 2000));  // the order does not matter
  EXPECT_TRUE(a.ports[1]->out.empty());
  EXPECT_EQ(a.gateway->forwarder().InFlight(), 1u);
  FromInside(Part(whole, 0, 504));
  Wire();
  ASSERT_EQ(wire.size(), 1u);
  EXPECT_EQ(net::ParseIpv4(wire[0])->protocol, net::kProtocolEsp);
  EXPECT_EQ(a.Count(Reason::kReassembled), 2u);
  EXPECT_EQ(Arrived(), Upper(whole));
  EXPECT_EQ(b.Count(Reason::kSelectorMismatch), 0u);
}

TEST_F(WholePacketsTest, WhatIsTooLongIsCutAfterEncryption) {
  const Frame whole = UdpPacket({.payload = 1472, .destination_port = 53});
  FromInside(whole);
  Wire();
  ASSERT_EQ(wire.size(), 2u);
  for (const Frame& esp : wire) {
    EXPECT_EQ(net::ParseIpv4(esp)->protocol, net::kProtocolEsp);
    EXPECT_TRUE(net::ParseIpv4(esp)->IsFragment());
    EXPECT_LE(esp.size(), 1500u);
  }
  EXPECT_EQ(Arrived(), Upper(whole));
  // A packet that may not be cut: its sender is told, as with every SA.
  FromInside(UdpPacket({.payload = 1472, .df = true, .destination_port = 53}));
  EXPECT_EQ(a.Count(Reason::kMtuExceeded), 1u);
}

TEST_F(WholePacketsTest, FragmentsOfALongPacketToo) {
  const Frame whole = UdpPacket({.payload = 4000, .destination_port = 53});
  for (size_t at = 0; at < 4008; at += 1480) FromInside(Part(whole, at, at + 1480));
  Wire();
  EXPECT_EQ(wire.size(), 3u);
  Frame together;
  for (const Frame& part : b.ports[0]->out) {
    together.insert(together.end(), part.begin() + 34, part.end());
  }
  EXPECT_EQ(together, Upper(whole)) << "it is cut once more, to fit the inside of the peer";
}

// The same for ICMP types: a later fragment hides them too.
TEST_F(WholePacketsTest, IcmpTypesNeedTheWholePacket) {
  Lists("permit icmp any any echo", "permit icmp any any echo");
  Frame ping = UdpPacket({.payload = 1000, .protocol = net::kProtocolIcmp});
  ASSERT_TRUE(net::WriteIcmp({net::kIcmpEchoRequest, 0, 0, 1}, Bytes(ping).subspan(28),
                             MutableBytes(ping).subspan(20))
                  .has_value());
  FromInside(Part(ping, 0, 504));
  EXPECT_TRUE(a.ports[1]->out.empty());
  FromInside(Part(ping, 504, 2000));
  Wire();
  EXPECT_EQ(wire.size(), 1u);
  EXPECT_EQ(Arrived(), Upper(ping));
}

// Without ports in the line nothing waits, and parts go through the tunnel as parts.
TEST_F(WholePacketsTest, WithoutPortsPartsPassAsTheyAre) {
  Lists("permit udp any any", "permit udp any any");
  const Frame whole = UdpPacket({.payload = 1000, .destination_port = 53});
  FromInside(Part(whole, 504, 2000));
  FromInside(Part(whole, 0, 504));
  EXPECT_EQ(a.gateway->forwarder().InFlight(), 0u);
  Wire();
  EXPECT_EQ(wire.size(), 2u);
  EXPECT_EQ(b.ports[0]->out.size(), 2u);
}

// Only together they show that no line is for them: then they go on in clear, cut again if need be.
TEST_F(WholePacketsTest, PacketsOfOtherPortsLeaveInClear) {
  const Frame small = UdpPacket({.payload = 1000, .destination_port = 54});
  FromInside(Part(small, 504, 2000));
  FromInside(Part(small, 0, 504));
  Wire();
  ASSERT_EQ(wire.size(), 1u);
  EXPECT_EQ(Upper(wire[0]), Upper(small));
  EXPECT_EQ(net::ParseIpv4(wire[0])->identification, 7u);
  wire.clear();
  const Frame large = UdpPacket({.payload = 2000, .destination_port = 54});
  FromInside(Part(large, 0, 1480));
  FromInside(Part(large, 1480, 3000));
  Wire();
  ASSERT_EQ(wire.size(), 2u);
  Frame together = Upper(wire[0]);
  together.insert(together.end(), wire[1].begin() + 20, wire[1].end());
  EXPECT_EQ(together, Upper(large));
}

TEST_F(WholePacketsTest, ALostFragmentEndsTheOthers) {
  const Frame whole = UdpPacket({.payload = 1000, .destination_port = 53});
  FromInside(Part(whole, 0, 504));
  a.clock.AdvanceNs(Reassembler::Limits().v4_ns + 1);
  a.Settle();
  EXPECT_EQ(a.Count(Reason::kReassemblyTimeout), 1u);
  EXPECT_EQ(a.gateway->forwarder().InFlight(), 0u);
  FromInside(Part(whole, 504, 2000));  // too late
  EXPECT_TRUE(a.ports[1]->out.empty());
  EXPECT_TRUE(a.ports[0]->out.empty()) << "its receiver tells, not this gateway";
  // Through the tunnel the loss of an outer fragment costs that packet alone.
  FromInside(UdpPacket({.payload = 1472, .destination_port = 53}));
  ASSERT_EQ(a.ports[1]->out.size(), 2u);
  a.ports[1]->out.pop_back();
  FromInside(UdpPacket({.payload = 100, .destination_port = 53}));
  Wire();
  EXPECT_EQ(Arrived().size(), 108u);
  b.clock.AdvanceNs(Reassembler::Limits().v4_ns + 1);
  b.Settle();
  EXPECT_EQ(b.Count(Reason::kReassemblyTimeout), 1u);
}

TEST_F(WholePacketsTest, WhatWaitsIsBoundedAndApartFromLocalFragments) {
  const size_t most = Reassembler::Limits().packets_per_source;
  const Frame whole = UdpPacket({.payload = 1000, .destination_port = 53});
  const Frame local =
      UdpPacket({.destination = "10.1.0.1", .payload = 1000, .destination_port = 9});
  FromInside(Part(local, 0, 504));
  for (size_t i = 0; i < most + 3; ++i) {
    FromInside(Part(whole, 0, 504, static_cast<uint16_t>(100 + i)));
  }
  EXPECT_EQ(a.Count(Reason::kReassemblyFull), 3u);
  EXPECT_EQ(a.gateway->forwarder().InFlight(), most + 1);
  FromInside(Part(local, 504, 2000));
  EXPECT_EQ(a.Count(Reason::kReassembled), 2u);
  const Frame endless = UdpPacket({.payload = 9000, .destination_port = 53});
  FromInside(Part(endless, 8000, 9000));
  FromInside(Part(UdpPacket({.payload = 12'000, .destination_port = 53}), 10'000, 12'000));
  EXPECT_EQ(a.Count(Reason::kFragmentMalformed), 1u)
      << "longer than any packet that is put together";
}

TEST_F(WholePacketsTest, OverlapsEndThePacket) {
  const Frame whole = UdpPacket({.payload = 1000, .destination_port = 53});
  FromInside(Part(whole, 0, 504));
  FromInside(Part(whole, 8, 512));
  FromInside(Part(whole, 504, 2000));
  EXPECT_EQ(a.Count(Reason::kFragmentOverlap), 3u);
  EXPECT_TRUE(a.ports[1]->out.empty());
}

// The line has no ports, but IKE agreed on some: the SA says so.
TEST_F(WholePacketsTest, AnSaNarrowedToPortsTakesWholePackets) {
  Negotiate(a, 1, {LineTo(1, "10.2.0.0")});
  a.Settle();
  StubIke ike(a, 1);
  const uint64_t policy = ike.Open();
  api::SaInstall sa = ike.Sa(policy, false, 0x5151);
  sa.selector.protocol = net::kProtocolUdp;
  sa.selector.remote_port_first = sa.selector.remote_port_last = 53;
  EXPECT_EQ(ike.Install(sa).error, 0u);
  const Frame whole = UdpPacket({.payload = 1000, .destination_port = 53});
  FromInside(Part(whole, 504, 2000));
  EXPECT_TRUE(a.ports[1]->out.empty());
  FromInside(Part(whole, 0, 504));
  ASSERT_EQ(a.ports[1]->out.size(), 1u);
  EXPECT_EQ(net::ParseIpv4(Payload(a.ports[1]->out.front()))->protocol, net::kProtocolEsp);
}

std::string V6Config(int self, const std::string& line) {
  const std::string n = std::to_string(self), p = std::to_string(3 - self);
  const std::string key_a = "000102030405060708090a0b0c0d0e0fcafebabe";
  const std::string key_b = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfefffacedbad";
  return "ipv6 unicast-routing\ninterface Ethernet0/0\n ipv6 address 2001:db8:" + n +
         "::1/64\ninterface Ethernet0/1\n ipv6 address 2001:db8:99::" + n +
         "/64\n ipv6 crypto map M\nipv6 route 2001:db8:" + p + "::/64 2001:db8:99::" + p +
         "\nipv6 neighbor 2001:db8:99::" + p + " Ethernet0/1 0200.000" + p +
         ".0001\nipv6 neighbor 2001:db8:" + n + "::5 Ethernet0/0 02ff.0000.000" + n +
         "\nipv6 access-list L\n " + line +
         "\ncrypto ipsec manual-counter-mode enable\ncrypto ipsec transform-set T esp-gcm 128\n"
         "crypto map ipv6 M 10 ipsec-manual\n set peer 2001:db8:99::" +
         p + "\n set transform-set T\n match address L\n set session-key inbound esp " +
         std::to_string(1000 + self) + " cipher " + (self == 1 ? key_b : key_a) +
         "\n set session-key outbound esp " + std::to_string(1000 + 3 - self) + " cipher " +
         (self == 1 ? key_a : key_b) + "\n";
}

TEST_F(WholePacketsTest, OfIpv6) {
  a.Configure(V6Config(1, "permit udp any any eq 53"));
  b.Configure(V6Config(2, "permit udp any eq 53 any"));
  for (int i = 0; i < 40; ++i) {  // until the addresses are known to be unique
    for (TestGateway* g : {&a, &b}) {
      g->clock.AdvanceNs(kNsPerSecond / 10);
      g->Settle();
    }
  }
  for (TestGateway* g : {&a, &b}) {
    for (MemoryPort* port : g->ports) port->out.clear();
  }
  const std::string from = "2001:db8:1::5", to = "2001:db8:2::5";
  const auto send = [&](uint16_t port, size_t payload) {
    const Frame packet = V6Udp(from, to, payload, 64, port);
    const Frame upper(packet.begin() + 40, packet.end());
    FromInside(V6Part(from, to, upper, 640, 1280), net::kEtherTypeIpv6);
    FromInside(V6Part(from, to, upper, 1280, 3000), net::kEtherTypeIpv6);
    EXPECT_TRUE(a.ports[1]->out.empty());
    FromInside(V6Part(from, to, upper, 0, 640), net::kEtherTypeIpv6);
    wire.clear();
    Wire();
    return upper;
  };
  const auto next_headers = [&] {
    std::vector<uint8_t> all;
    for (const Frame& packet : wire) all.push_back(net::ParseIpv6(packet)->next_header);
    return all;
  };
  using Headers = std::vector<uint8_t>;
  // The far gateway forwards what it gets as it is: only a source cuts IPv6.
  const Frame upper = send(53, 1360);
  EXPECT_EQ(next_headers(), Headers{net::kProtocolEsp});
  EXPECT_EQ(Arrived(40), upper);
  send(53, 2000);
  EXPECT_EQ(next_headers(), (Headers{net::kNextFragment, net::kNextFragment}));
  EXPECT_EQ(b.Count(Reason::kReassembled), 2u);
  EXPECT_EQ(b.Count(Reason::kMtuExceeded), 1u);
  send(54, 2000);
  EXPECT_EQ(next_headers(), (Headers{net::kNextFragment, net::kNextFragment}))
      << "in clear, and cut again, for the gateway put it together";
  EXPECT_EQ(a.Count(Reason::kReassembled), 9u);
}

}  // namespace
}  // namespace vam::fwd::test
