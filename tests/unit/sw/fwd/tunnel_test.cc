// Two gateways with a manually keyed tunnel between them, engines in software.
#include "tests/unit/sw/fwd/gateway_fixture.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

class TunnelTest : public ::testing::Test {
 protected:
  TunnelTest() {
    a.Configure(TunnelConfig(1, 2));
    b.Configure(TunnelConfig(2, 1));
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

  static uint32_t SequenceOf(const Frame& esp) { return LoadBe32(&esp[14 + 20 + 4]); }

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
  const auto marker =
      std::search(wire[0].begin(), wire[0].end(), request.begin() + 28, request.end());
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
  c.Configure(TunnelConfig(1, 2));
  c.Settle();
  FromInside(c, 1, UdpPacket({}));
  EXPECT_EQ(c.Count(Reason::kPolicyNoSa), 1u);
  EXPECT_TRUE(c.ports[1]->out.empty());
}

TEST_F(TunnelTest, IncompleteEntryDropsWhatItNames) {
  a.Configure(TunnelConfig(1, 2, "crypto map M 10 ipsec-manual\n no set peer 192.0.2.2\n"));
  a.Settle();
  FromInside(a, 1, UdpPacket({}));
  EXPECT_EQ(a.Count(Reason::kPolicyDiscard), 1u);
  EXPECT_TRUE(a.ports[1]->out.empty());
}

TEST_F(TunnelTest, WatermarkBringsMoreNumbersWithoutLoss) {
  // Blocks are of 1000 numbers; the next one is asked for when the one in use is three quarters
  // used.
  const uint64_t sa = a.gateway->sas().pairs().begin()->second.layers[0].outbound_id;
  for (int i = 0; i < 2900; ++i) FromInside(a, 1, UdpPacket({}));
  Wire();
  EXPECT_EQ(b.ports[0]->out.size(), 2900u);
  EXPECT_EQ(a.Count(Reason::kHardPackets), 0u);
  const SaManager::Pair& pair = a.gateway->sas().pairs().begin()->second;
  EXPECT_EQ(pair.layers[0].outbound_id, sa) << "the SA was replaced instead of extended";
  EXPECT_EQ(pair.layers[0].outbound_first, 1u);
  EXPECT_EQ(pair.layers[0].outbound_end, 4001u);
  EXPECT_EQ(SequenceOf(wire.back()), 2900u);
}

TEST_F(TunnelTest, BlockThatIsNoContinuationIsUsedByAnotherSa) {
  a.next_number[{"M", false}] = 5001;  // the numbers between were reserved and never handed out
  const uint64_t sa = a.gateway->sas().pairs().begin()->second.layers[0].outbound_id;
  for (int i = 0; i < 1005; ++i) FromInside(a, 1, UdpPacket({}));
  Wire();
  EXPECT_NE(a.gateway->sas().pairs().begin()->second.layers[0].outbound_id, sa);
  EXPECT_EQ(SequenceOf(wire[999]), 1000u);
  ASSERT_GT(wire.size(), 1000u);
  EXPECT_EQ(SequenceOf(wire[1000]), 5001u);
  EXPECT_EQ(wire.size() + a.Count(Reason::kHardPackets), 1005u);
}

TEST_F(TunnelTest, EndOfNumbersStopsTheSa) {
  a.give_numbers = false;
  for (int i = 0; i < 1006; ++i) FromInside(a, 1, UdpPacket({}));
  Wire();
  EXPECT_EQ(b.ports[0]->out.size(), 1000u);
  EXPECT_EQ(a.Count(Reason::kHardPackets) + a.Count(Reason::kPolicyNoSa), 6u);
  EXPECT_EQ(a.gateway->sas().DownReason(a.gateway->sas().pairs().begin()->second),
            "Waiting for sequence numbers.");
}

TEST_F(TunnelTest, RestartBeginsAtTheNextBlock) {
  FromInside(a, 1, UdpPacket({}));
  a.gateway->sas().Restart();
  a.Settle();
  FromInside(a, 1, UdpPacket({}));
  Wire();
  ASSERT_EQ(wire.size(), 2u);
  EXPECT_EQ(SequenceOf(wire[1]), 1001u);
}

TEST_F(TunnelTest, UnchangedPairsSurviveACommit) {
  FromInside(a, 1, UdpPacket({}));
  const uint64_t before = a.gateway->sas().pairs().begin()->second.layers[0].outbound_id;
  a.Configure(TunnelConfig(1, 2, "hostname other\n"));
  a.Settle();
  EXPECT_EQ(a.gateway->sas().pairs().begin()->second.layers[0].outbound_id, before);
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
