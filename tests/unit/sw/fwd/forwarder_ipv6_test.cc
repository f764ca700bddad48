// IPv6 through the forwarder: RFC 8200, 4443, 4861, 4862. Vectors of the formats themselves:
// tests/unit/sw/net.
#include "tests/unit/sw/fwd/snapshot_fixture.h"

namespace vam::fwd::test {
namespace {

constexpr const char* kHostA = "2001:db8:1::5";
constexpr const char* kHostB = "2001:db8:2::7";
constexpr const char* kOwnA = "2001:db8:1::1";
constexpr const char* kEmpty = "interface Ethernet0/0\ninterface Ethernet0/1\n";

class Ipv6Test : public ::testing::Test {
 protected:
  Ipv6Test() { Publish(); }
  ~Ipv6Test() override { g.ExpectBalanced(); }

  void Publish(const std::function<void(Snapshot&)>& change = [](Snapshot&) {}) {
    PublishWith(g, kEmpty, [&](Snapshot& s) {
      AddV6(s, 0, kOwnA);
      AddV6(s, 1, "2001:db8:2::1");
      s.static_neighbors.push_back({kGlobalVrf, At(kHostA), HostMac(1)});
      s.static_neighbors.push_back({kGlobalVrf, At(kHostB), HostMac(2)});
      change(s);
    });
  }
  void Send(const Frame& packet, size_t port = 0) {
    SendTo(PortMac(1, static_cast<uint8_t>(port)), packet, port);
  }
  void SendTo(const net::MacAddress& to, const Frame& packet, size_t port = 0) {
    g.ports[port]->in.push_back(Ethernet(to, HostMac(1), packet, net::kEtherTypeIpv6));
    g.Settle();
  }
  void SendGroup(const Frame& packet, size_t port = 0) {
    SendTo(net::MulticastMac(net::ParseIpv6(packet)->destination), packet, port);
  }
  std::deque<Frame>& Out(size_t port) { return g.ports[port]->out; }

  TestGateway g;
};

TEST_F(Ipv6Test, ForwardsWithLowerHopLimit) {
  Send(V6Udp(kHostA, kHostB, 32, 9));
  ASSERT_EQ(Out(1).size(), 1u);
  const auto ethernet = net::ParseEthernet(Out(1).front());
  EXPECT_EQ(ethernet->ether_type, net::kEtherTypeIpv6);
  EXPECT_EQ(ethernet->destination, HostMac(2));
  EXPECT_EQ(Payload(Out(1).front()), V6Udp(kHostA, kHostB, 32, 8));
}

TEST_F(Ipv6Test, HopLimitNoRouteAndBadPacketsEndInTheirReasons) {
  Send(V6Udp(kHostA, kHostB, 32, 1));
  EXPECT_EQ(g.Count(Reason::kTtlExpired), 1u);
  ASSERT_EQ(Out(0).size(), 1u);
  EXPECT_EQ(Icmp6Of(Out(0).front())[0], net::kIcmp6TimeExceeded);
  Send(V6Udp(kHostA, "2001:db8:3::1"));
  EXPECT_EQ(g.Count(Reason::kNoRoute), 1u);
  EXPECT_EQ(Icmp6Of(Out(0).back())[0], net::kIcmp6Unreachable);
  Frame cut = V6Udp(kHostA, kHostB);
  cut.pop_back();
  Send(cut);
  EXPECT_EQ(g.Count(Reason::kIpMalformed), 1u);
  Send(UdpPacket({}));  // IPv4 in a frame that says IPv6
  EXPECT_EQ(g.Count(Reason::kIpMalformed), 2u);
  for (const auto& [from, to] :
       {std::pair("ff02::5", kHostB), std::pair("::1", kHostB), std::pair("::", kHostB),
        std::pair(kHostA, "::1"), std::pair("::ffff:10.0.0.1", kHostB),
        std::pair(kHostA, "ff02::9"), std::pair(kHostA, "fe80::77")}) {
    Send(V6Udp(from, to));
  }
  EXPECT_EQ(g.Count(Reason::kMartian), 7u);
  Out(0).clear();
  Send(V6Udp("fe80::5", kHostB));  // RFC 4291, 2.5.6: never forwarded
  EXPECT_EQ(g.Count(Reason::kMartian), 8u);
  EXPECT_TRUE(Out(1).empty());
}

TEST_F(Ipv6Test, TooBigSaysTheMtu) {
  Send(V6Udp(kHostA, kHostB, 1500 - 48 + 1));
  EXPECT_EQ(g.Count(Reason::kMtuExceeded), 1u);
  ASSERT_EQ(Out(0).size(), 1u);
  const Frame error = Icmp6Of(Out(0).front());
  EXPECT_EQ(error[0], net::kIcmp6PacketTooBig);
  EXPECT_EQ(LoadBe32(&error[4]), 1500u);
  EXPECT_LE(Payload(Out(0).front()).size(), net::kIpv6MinMtu);
}

TEST_F(Ipv6Test, AnswersEchoAlsoBehindExtensionHeaders) {
  const Frame body = {1, 2, 3, 4, 5};
  Send(V6Icmp(kHostA, kOwnA, {net::kIcmp6EchoRequest, 0, 0, 0xabcd0001}, body));
  ASSERT_EQ(Out(0).size(), 1u);
  const Frame reply = Icmp6Of(Out(0).front());
  EXPECT_EQ(reply[0], net::kIcmp6EchoReply);
  EXPECT_EQ(LoadBe32(&reply[4]), 0xabcd0001u);
  EXPECT_EQ(Frame(reply.begin() + 8, reply.end()), body);

  Frame options = {net::kProtocolIcmpV6, 0, 1, 4, 0, 0, 0, 0};
  const Frame plain = V6Icmp(kHostA, kOwnA, {net::kIcmp6EchoRequest, 0, 0, 7}, body);
  options.insert(options.end(), plain.begin() + 40, plain.end());
  Send(V6Packet(kHostA, kOwnA, net::kNextDestination, options));
  ASSERT_EQ(Out(0).size(), 2u);
  EXPECT_EQ(LoadBe32(&Icmp6Of(Out(0).back())[4]), 7u);
  EXPECT_EQ(g.Count(Reason::kLocalDelivered), 2u);
}

TEST_F(Ipv6Test, LinkLocalAddressOfThePortAnswers) {
  const std::string own = net::ToString(net::LinkLocalOf(PortMac(1, 0)));
  Publish([](Snapshot& s) {
    s.static_neighbors.push_back({kGlobalVrf, At("fe80::5"), HostMac(5), 0});
  });
  Send(V6Icmp("fe80::5", own, {net::kIcmp6EchoRequest, 0, 0, 7}, {}));
  ASSERT_EQ(Out(0).size(), 1u);
  EXPECT_EQ(net::ParseEthernet(Out(0).front())->destination, HostMac(5));
  // It belongs to its link alone.
  Send(V6Icmp("fe80::5", own, {net::kIcmp6EchoRequest, 0, 0, 7}, {}), 1);
  EXPECT_EQ(g.Count(Reason::kMartian), 1u);
}

TEST_F(Ipv6Test, RoutingHeaderIsNotFollowed) {
  Frame routing = {net::kProtocolUdp, 2, 0, 1};  // RFC 5095: type 0, one segment left
  routing.resize(24);
  Send(V6Packet(kHostA, kOwnA, net::kNextRouting, routing));
  EXPECT_EQ(g.Count(Reason::kExtensionRefused), 1u);
  ASSERT_EQ(Out(0).size(), 1u);
  const Frame error = Icmp6Of(Out(0).front());
  EXPECT_EQ(error[0], net::kIcmp6ParameterProblem);
  EXPECT_EQ(LoadBe32(&error[4]), 43u);
}

TEST_F(Ipv6Test, UnknownUpperLayerAndPort) {
  Send(V6Packet(kHostA, kOwnA, 200, Frame(8)));
  EXPECT_EQ(Icmp6Of(Out(0).back())[0], net::kIcmp6ParameterProblem);
  Send(V6Udp(kHostA, kOwnA));
  EXPECT_EQ(Icmp6Of(Out(0).back())[1], net::kIcmp6CodePortUnreachable);
  EXPECT_EQ(g.Count(Reason::kLocalUnknown), 2u);
}

// RFC 4443, 2.4 e: nothing about errors, groups or redirects.
TEST_F(Ipv6Test, NoErrorAboutErrors) {
  Send(V6Icmp(kHostA, kHostB, {net::kIcmp6Unreachable, 0, 0, 0}, Frame(8), 1));
  EXPECT_TRUE(Out(0).empty());
  for (int i = 0; i < 150; ++i) Send(V6Udp(kHostA, kHostB, 1, 1));
  EXPECT_EQ(Out(0).size(), 100u);
}

TEST_F(Ipv6Test, SolicitsAndSendsWhatWaited) {
  for (size_t i = 0; i < 10; ++i) Send(V6Udp(kHostA, "2001:db8:2::50"));
  EXPECT_EQ(g.Count(Reason::kArpQueueFull), 10 - NdTable::kMaxWaiting);
  ASSERT_EQ(Out(1).size(), 1u);
  const auto ethernet = net::ParseEthernet(Out(1).front());
  EXPECT_EQ(net::ToString(ethernet->destination), "33:33:ff:00:00:50");
  const auto ip = net::ParseIpv6(Payload(Out(1).front()));
  EXPECT_EQ(ip->hop_limit, 255);
  EXPECT_EQ(net::ToString(ip->destination), "ff02::1:ff00:50");
  EXPECT_EQ(net::ToString(ip->source), "2001:db8:2::1");
  const auto asked = net::ParseNd(Icmp6Of(Out(1).front()));
  EXPECT_EQ(net::ToString(asked->target), "2001:db8:2::50");
  EXPECT_EQ(asked->link, PortMac(1, 1));

  net::NdMessage answer{true, At("2001:db8:2::50"), HostMac(9), false, true, true};
  Send(NdPacket("2001:db8:2::50", "2001:db8:2::1", answer), 1);
  ASSERT_EQ(Out(1).size(), 1 + NdTable::kMaxWaiting);
  EXPECT_EQ(net::ParseEthernet(Out(1).back())->destination, HostMac(9));
  EXPECT_EQ(g.Count(Reason::kNdConsumed), 1u);
}

TEST_F(Ipv6Test, GivesUpAfterThreeSolicitations) {
  Send(V6Udp(kHostA, "2001:db8:2::51"));
  for (unsigned i = 0; i < NdTable::kTries; ++i) {
    EXPECT_EQ(Out(1).size(), i + 1);
    g.clock.AdvanceNs(NdTable::kRetryNs);
    g.Settle();
  }
  EXPECT_EQ(g.Count(Reason::kArpUnresolved), 1u);
  EXPECT_EQ(Icmp6Of(Out(0).back())[1], net::kIcmp6CodeAddressUnreachable);
  EXPECT_EQ(g.gateway->forwarder().InFlight(), 0u);
}

// RFC 4861, 7.3: stale after 30 s, used for 5 more, then asked directly, then forgotten.
TEST_F(Ipv6Test, NeighbourThatDisappearsIsFoundOut) {
  const char* neighbour = "2001:db8:2::50";
  Send(V6Udp(kHostA, neighbour));
  Send(NdPacket(neighbour, "2001:db8:2::1", {true, At(neighbour), HostMac(9), false, true, true}),
       1);
  Out(1).clear();
  g.clock.AdvanceNs(NdTable::kReachableNs + kNsPerSecond);
  Send(V6Udp(kHostA, neighbour));
  EXPECT_EQ(Out(1).size(), 1u);  // still sent
  g.clock.AdvanceNs(NdTable::kDelayNs);
  g.Settle();
  ASSERT_EQ(Out(1).size(), 2u);
  EXPECT_EQ(net::ParseEthernet(Out(1).back())->destination, HostMac(9));  // unicast probe
  EXPECT_EQ(net::ParseIpv6(Payload(Out(1).back()))->destination, At(neighbour));
  for (unsigned i = 0; i < NdTable::kTries; ++i) {
    g.clock.AdvanceNs(NdTable::kRetryNs);
    g.Settle();
  }
  EXPECT_EQ(Out(1).size(), 1 + NdTable::kTries);
  Send(V6Udp(kHostA, neighbour));
  EXPECT_EQ(net::ParseEthernet(Out(1).back())->destination.bytes[0], 0x33);  // asked anew
  g.clock.AdvanceNs(10 * kNsPerSecond);
  g.Settle();
}

TEST_F(Ipv6Test, AnswersSolicitationsAndLearnsTheSender) {
  const net::NdMessage ask{false, At(kOwnA), HostMac(8), false, false, false};
  SendGroup(NdPacket("2001:db8:1::8", "ff02::1:ff00:1", ask));
  ASSERT_EQ(Out(0).size(), 1u);
  EXPECT_EQ(net::ParseEthernet(Out(0).front())->destination, HostMac(8));
  const auto answer = net::ParseNd(Icmp6Of(Out(0).front()));
  EXPECT_TRUE(answer->advertisement && answer->router && answer->solicited &&
              answer->override_known);
  EXPECT_EQ(answer->target, At(kOwnA));
  EXPECT_EQ(answer->link, PortMac(1, 0));
  Send(V6Udp(kHostB, "2001:db8:1::8"), 1);  // no question needed any more
  ASSERT_EQ(Out(0).size(), 2u);
  EXPECT_EQ(net::ParseIpv6(Payload(Out(0).back()))->next_header, net::kProtocolUdp);
  // Another's probe for our address is answered to all.
  SendGroup(NdPacket("::", "ff02::1:ff00:1", {false, At(kOwnA), {}, false, false, false}));
  EXPECT_EQ(net::ParseIpv6(Payload(Out(0).back()))->destination, net::AllNodes());
  EXPECT_FALSE(net::ParseNd(Icmp6Of(Out(0).back()))->solicited);
  // One for another target is heard and ignored.
  SendGroup(NdPacket("2001:db8:1::8", "ff02::1:ff00:1",
                     {false, At("2001:db8:1::77"), HostMac(8), false, false, false}));
  EXPECT_EQ(g.Count(Reason::kNdConsumed), 3u);
  EXPECT_EQ(Out(0).size(), 3u);
}

TEST_F(Ipv6Test, DiscoveryFromAfarOrBrokenIsNotBelieved) {
  const net::NdMessage ask{false, At(kOwnA), HostMac(8), false, false, false};
  const Frame good = NdPacket("2001:db8:1::8", "ff02::1:ff00:1", ask);
  Frame bad = good;
  bad[7] = 254;  // crossed a router
  SendGroup(bad);
  bad = good;
  bad[42] ^= 1;  // checksum
  SendGroup(bad);
  SendGroup(NdPacket("::", "ff02::1:ff00:1", ask));  // a probe with a link address
  SendGroup(NdPacket("2001:db8:1::8", "ff02::1",
                     {true, At("2001:db8:1::8"), HostMac(8), false, true, false}));
  EXPECT_EQ(g.Count(Reason::kNdMalformed), 4u);
  EXPECT_TRUE(Out(0).empty());
  EXPECT_EQ(g.gateway->forwarder().NdEntries().size(), 2u);  // the static ones
}

TEST_F(Ipv6Test, AddressIsProvenUniqueFirst) {
  Publish([](Snapshot& s) {
    s.interfaces[0].addresses6[0].address = At("2001:db8:1::99");
    s.interfaces[0].dad_probes = 1;
  });
  // Link-local was there before; the new address is asked about.
  ASSERT_EQ(Out(0).size(), 1u);
  const Frame probe = Payload(Out(0).front());
  EXPECT_TRUE(net::ParseIpv6(probe)->source.IsUnspecified());
  EXPECT_EQ(net::ParseNd(Icmp6Of(Out(0).front()))->target, At("2001:db8:1::99"));
  const Frame ping = V6Icmp(kHostA, "2001:db8:1::99", {net::kIcmp6EchoRequest, 0, 0, 7}, {});
  Send(ping);
  EXPECT_EQ(g.Count(Reason::kAddressTentative), 1u);
  g.clock.AdvanceNs(kNsPerSecond);
  g.Settle();
  Send(ping);
  EXPECT_EQ(Icmp6Of(Out(0).back())[0], net::kIcmp6EchoReply);
}

TEST_F(Ipv6Test, DuplicateAddressStaysUnused) {
  Publish([](Snapshot& s) {
    s.interfaces[0].addresses6[0].address = At("2001:db8:1::99");
    s.interfaces[0].dad_probes = 1;
  });
  SendGroup(NdPacket("2001:db8:1::99", "ff02::1",
                     {true, At("2001:db8:1::99"), HostMac(9), false, false, true}));
  g.clock.AdvanceNs(5 * kNsPerSecond);
  g.Settle();
  Send(V6Icmp(kHostA, "2001:db8:1::99", {net::kIcmp6EchoRequest, 0, 0, 7}, {}));
  EXPECT_EQ(g.Count(Reason::kAddressTentative), 1u);
}

TEST_F(Ipv6Test, NeighbourTableIsBounded) {
  for (unsigned i = 0; i < NdTable::kMaxUnresolved + 100; ++i) {
    Send(V6Udp(kHostA, "2001:db8:2::1:" + std::to_string(i)));
  }
  EXPECT_EQ(g.Count(Reason::kArpQueueFull), 100u);
  for (int i = 0; i < 4; ++i) {
    g.clock.AdvanceNs(kNsPerSecond);
    g.Settle();
  }
  EXPECT_EQ(g.gateway->forwarder().InFlight(), 0u);
}

// RFC 8200, 4.5 and RFC 6946.
TEST_F(Ipv6Test, FragmentsComeTogether) {
  const Frame body(3000, 0x5a);
  const Frame ping = V6Icmp(kHostA, kOwnA, {net::kIcmp6EchoRequest, 0, 0, 7}, body);
  const auto fragment = [&](size_t from, size_t to, uint32_t id) {
    to = std::min(to, ping.size() - 40);
    const bool more = to < ping.size() - 40;
    Frame out = {net::kProtocolIcmpV6, 0, 0, 0, 0, 0, 0, 0};
    StoreBe16(&out[2], static_cast<uint16_t>(from | (more ? 1 : 0)));
    StoreBe32(&out[4], id);
    out.insert(out.end(), ping.begin() + 40 + static_cast<ptrdiff_t>(from),
               ping.begin() + 40 + static_cast<ptrdiff_t>(to));
    return V6Packet(kHostA, kOwnA, net::kNextFragment, out);
  };
  Send(fragment(2400, 9999, 5));
  Send(fragment(0, 1200, 5));
  Send(fragment(0, 9999, 5));  // atomic: a packet of its own
  EXPECT_EQ(g.Count(Reason::kLocalDelivered), 1u);
  Send(fragment(1200, 2400, 5));
  EXPECT_EQ(g.Count(Reason::kLocalDelivered), 2u);
  EXPECT_EQ(g.Count(Reason::kReassembled), 3u);
  // The replies are longer than the link: their source is this gateway, which cuts them.
  EXPECT_EQ(g.Count(Reason::kFragmented), 2u);
  ASSERT_EQ(Out(0).size(), 6u);
  size_t payload = 0;
  for (const Frame& frame : Out(0)) {
    const Frame packet = Payload(frame);
    const auto chain = net::WalkIpv6(*net::ParseIpv6(packet), packet);
    ASSERT_TRUE(chain && chain->has_fragment);
    EXPECT_EQ(chain->fragment_offset * 8u, payload % (ping.size() - 40));
    payload += packet.size() - 48;
  }
  EXPECT_EQ(payload, 2 * (ping.size() - 40));

  Send(fragment(0, 1201, 6));
  EXPECT_EQ(g.Count(Reason::kFragmentMalformed), 1u);
  EXPECT_EQ(Icmp6Of(Out(0).back())[0], net::kIcmp6ParameterProblem);
  Send(fragment(0, 1200, 7));
  g.clock.AdvanceNs(60 * kNsPerSecond);
  g.Settle();
  EXPECT_EQ(g.Count(Reason::kReassemblyTimeout), 1u);
}

TEST_F(Ipv6Test, WithoutIpv6TheInterfaceKnowsNoSuchFrames) {
  Publish([](Snapshot& s) { s.interfaces[0].ipv6 = false; });
  Send(V6Udp(kHostA, kHostB));
  EXPECT_EQ(g.Count(Reason::kUnknownEthertype), 1u);
}

}  // namespace
}  // namespace vam::fwd::test
