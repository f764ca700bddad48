// Two gateways with a manually keyed tunnel between them, engines in software.
#include "tests/unit/sw/fwd/gateway_fixture.h"

namespace vam::fwd::test {
namespace {

// Ethernet0/0 is inside (10.N.0.0/24), Ethernet0/1 outside (192.0.2.N).
std::string Config(int self, int peer, const std::string& extra = "") {
  const std::string n = std::to_string(self), p = std::to_string(peer);
  const std::string key_a = "000102030405060708090a0b0c0d0e0fcafebabe";
  const std::string key_b = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfefffacedbad";
  return "interface Ethernet0/0\n ip address 10." + n + ".0.1 255.255.255.0\n" +
         "interface Ethernet0/1\n ip address 192.0.2." + n + " 255.255.255.0\n crypto map M\n" +
         "ip route 10." + p + ".0.0 255.255.255.0 192.0.2." + p + "\n" +
         "arp 192.0.2." + p + " 0200.000" + p + ".0001 arpa\n" + "arp 10." + n +
         ".0.5 02ff.0000.000" + n + " arpa\narp 10." + n + ".0.7 02ff.0000.000" + n +
         " arpa\naccess-list 101 permit ip 10." + n +
         ".0.0 0.0.0.255 10." + p + ".0.0 0.0.0.255\n" +
         "crypto ipsec manual-counter-mode enable\ncrypto ipsec transform-set T esp-gcm 128\n" + "crypto map M 10 ipsec-manual\n set peer 192.0.2." +
         p + "\n set transform-set T\n match address 101\n" +
         " set session-key inbound esp " + std::to_string(1000 + self) + " cipher " +
         (self == 1 ? key_b : key_a) + "\n set session-key outbound esp " +
         std::to_string(1000 + peer) + " cipher " + (self == 1 ? key_a : key_b) + "\n" + extra;
}

class TunnelTest : public ::testing::Test {
 protected:
  TunnelTest() {
    a.Configure(Config(1, 2));
    b.Configure(Config(2, 1));
    a.Settle();
    b.Settle();
  }
  ~TunnelTest() override {
    a.ExpectBalanced();
    b.ExpectBalanced();
  }

  void FromInside(TestGateway& g, uint8_t number, const Frame& packet) {
    g.ports[0]->in.push_back(Ethernet(PortMac(number, 0), HostMac(number), packet));
    g.Settle();
  }
  // Moves what stands on the wire between the outside ports.
  size_t Wire() {
    size_t moved = 0;
    for (auto [from, to] : {std::pair(&a, &b), std::pair(&b, &a)}) {
      while (!from->ports[1]->out.empty()) {
        wire.push_back(from->ports[1]->out.front());
        to->ports[1]->in.push_back(from->ports[1]->out.front());
        from->ports[1]->out.pop_front();
        ++moved;
      }
      to->Settle();
    }
    return moved;
  }

  TestGateway a{1}, b{2};
  std::vector<Frame> wire;
};

TEST_F(TunnelTest, CarriesBothWaysAndShowsOnlyEsp) {
  const Frame request = UdpPacket({});
  FromInside(a, 1, request);
  EXPECT_EQ(Wire(), 1u);
  ASSERT_EQ(b.ports[0]->out.size(), 1u);
  Frame arrived = Payload(b.ports[0]->out.front());
  EXPECT_EQ(net::ParseIpv4(arrived)->ttl, 62);  // two hops
  EXPECT_TRUE(net::Ipv4ChecksumOk(arrived));
  EXPECT_TRUE(std::equal(arrived.begin() + 20, arrived.end(), request.begin() + 20));
  ASSERT_EQ(wire.size(), 1u);
  EXPECT_EQ(net::ParseIpv4(Payload(wire[0]))->protocol, net::kProtocolEsp);
  const auto marker = std::search(wire[0].begin(), wire[0].end(), request.begin() + 28, request.end());
  EXPECT_EQ(marker, wire[0].end());

  FromInside(b, 2, UdpPacket({.source = "10.2.0.7", .destination = "10.1.0.5"}));
  Wire();
  EXPECT_EQ(a.ports[0]->out.size(), 1u);
}

TEST_F(TunnelTest, OtherTrafficGoesInClear) {
  FromInside(a, 1, UdpPacket({.source = "10.9.0.5"}));
  ASSERT_EQ(a.ports[1]->out.size(), 1u);
  EXPECT_EQ(net::ParseIpv4(Payload(a.ports[1]->out.front()))->protocol, net::kProtocolUdp);
}

TEST_F(TunnelTest, ClearTextThatShouldBeProtectedIsRefused) {
  b.ports[1]->in.push_back(Ethernet(PortMac(2, 1), PortMac(1, 1), UdpPacket({})));
  b.Settle();
  EXPECT_EQ(b.Count(Reason::kPolicyCleartext), 1u);
  EXPECT_TRUE(b.ports[0]->out.empty());
}

TEST_F(TunnelTest, DfPacketLearnsThePlaintextMtu) {
  FromInside(a, 1, UdpPacket({.payload = 1447 - 28, .df = true}));
  EXPECT_EQ(a.Count(Reason::kMtuExceeded), 1u);
  ASSERT_EQ(a.ports[0]->out.size(), 1u);
  EXPECT_EQ(net::ParseIcmp(Bytes(Payload(a.ports[0]->out.front())).subspan(20))->rest, 1446u);
  FromInside(a, 1, UdpPacket({.payload = 1446 - 28, .df = true}));
  Wire();
  EXPECT_EQ(b.ports[0]->out.size(), 1u);
}

TEST_F(TunnelTest, NoNumbersMeansNoPackets) {
  TestGateway c{1};
  c.give_numbers = false;
  c.Configure(Config(1, 2));
  c.Settle();
  FromInside(c, 1, UdpPacket({}));
  EXPECT_EQ(c.Count(Reason::kPolicyNoSa), 1u);
  EXPECT_TRUE(c.ports[1]->out.empty());
}

TEST_F(TunnelTest, IncompleteEntryDropsWhatItNames) {
  a.Configure(Config(1, 2, "crypto map M 10 ipsec-manual\n no set peer 192.0.2.2\n"));
  a.Settle();
  FromInside(a, 1, UdpPacket({}));
  EXPECT_EQ(a.Count(Reason::kPolicyDiscard), 1u);
  EXPECT_TRUE(a.ports[1]->out.empty());
}

TEST_F(TunnelTest, WatermarkBringsMoreNumbersWithoutLoss) {
  // Blocks are of 999 numbers; the second is given when the first is three quarters used.
  for (int i = 0; i < 900; ++i) FromInside(a, 1, UdpPacket({}));
  Wire();
  EXPECT_EQ(b.ports[0]->out.size(), 900u);
  EXPECT_EQ(a.gateway->sas().pairs().begin()->second.outbound_first, 1u);
}

TEST_F(TunnelTest, EndOfNumbersStopsTheSa) {
  for (int i = 0; i < 1005; ++i) FromInside(a, 1, UdpPacket({}));
  Wire();
  EXPECT_EQ(b.ports[0]->out.size(), 999u);
  EXPECT_EQ(a.Count(Reason::kHardPackets), 6u);
}

TEST_F(TunnelTest, UnchangedPairsSurviveACommit) {
  FromInside(a, 1, UdpPacket({}));
  const uint64_t before = a.gateway->sas().pairs().begin()->second.outbound_id;
  a.Configure(Config(1, 2, "hostname other\n"));
  a.Settle();
  EXPECT_EQ(a.gateway->sas().pairs().begin()->second.outbound_id, before);
  FromInside(a, 1, UdpPacket({}));
  Wire();
  EXPECT_EQ(b.ports[0]->out.size(), 2u);
}

TEST_F(TunnelTest, FlippedBitIsCountedAndNothingComesOut) {
  FromInside(a, 1, UdpPacket({}));
  Frame frame = a.ports[1]->out.front();
  a.ports[1]->out.clear();
  frame[frame.size() - 20] ^= 0x10;
  b.ports[1]->in.push_back(frame);
  b.Settle();
  EXPECT_EQ(b.Count(Reason::kIcvFailed), 1u);
  EXPECT_TRUE(b.ports[0]->out.empty());
}

TEST_F(TunnelTest, ShowTellsTheSamePackets) {
  for (int i = 0; i < 3; ++i) FromInside(a, 1, UdpPacket({}));
  Wire();
  b.gateway->RefreshStats();
  b.Settle();
  api::ShowRequest request;
  request.set_kind(api::SHOW_IPSEC_SA);
  const api::ShowReply reply = b.gateway->Show(request);
  ASSERT_EQ(reply.ipsec_sa().interface_size(), 1);
  const api::IpsecFlow& flow = reply.ipsec_sa().interface(0).flow(0);
  EXPECT_EQ(flow.pkts_decaps(), 3u);
  EXPECT_EQ(flow.pkts_verify(), 3u);
  EXPECT_EQ(flow.inbound_esp(0).packets(), 3u);
  EXPECT_EQ(flow.inbound_esp(0).engine(), "software");
  EXPECT_EQ(flow.inbound_esp(0).engine_reason(), "No card is configured.");
  EXPECT_EQ(flow.down_reason(), "");
}

}  // namespace
}  // namespace vam::fwd::test
