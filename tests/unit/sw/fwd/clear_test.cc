// `clear crypto sa` in all its forms.
#include "sw/fwd/clear.h"

#include "tests/unit/sw/fwd/ike_fixture.h"

namespace vam::fwd::test {
namespace {

class ClearManualTest : public ::testing::Test {
 protected:
  ClearManualTest() {
    g.Configure(TunnelConfig(1, 2));
    g.Settle();
  }
  ~ClearManualTest() override { g.ExpectBalanced(); }

  const SaManager::Pair& pair() { return g.gateway->sas().pairs().begin()->second; }
  // The first outbound number of the SA in use.
  uint64_t First() { return pair().layers[0].outbound_first; }
  std::string Clear(const api::ClearRequest& request) {
    const api::ClearReply reply = g.gateway->ClearSas(request);
    g.Settle();
    return reply.error();
  }
  static api::ClearRequest Entry(const std::string& destination, uint32_t protocol, uint32_t spi) {
    api::ClearRequest request;
    request.set_destination(destination);
    request.set_protocol(protocol);
    request.set_spi(spi);
    return request;
  }

  TestGateway g{1};
};

// SY-64 and law 6: at once, with numbers beyond those that were used.
TEST_F(ClearManualTest, ManualSasComeBackAtOnce) {
  const uint64_t before = pair().layers[0].outbound_id;
  EXPECT_EQ(First(), 1u);
  EXPECT_EQ(Clear({}), "");
  EXPECT_NE(pair().layers[0].outbound_id, before);
  EXPECT_EQ(First(), 1001u);
  EXPECT_EQ(g.gateway->sas().DownReason(pair()), "");
}

TEST_F(ClearManualTest, ByPeer) {
  api::ClearRequest request;
  request.set_peer("192.0.2.9");
  EXPECT_EQ(Clear(request), "");
  EXPECT_EQ(First(), 1u);
  request.set_peer("192.0.2.2");
  EXPECT_EQ(Clear(request), "");
  EXPECT_EQ(First(), 1001u);
  request.set_peer("gateway.example");
  EXPECT_EQ(Clear(request), "No such peer address: gateway.example.");
}

TEST_F(ClearManualTest, ByMap) {
  api::ClearRequest request;
  request.set_map("N");
  EXPECT_EQ(Clear(request), "");
  EXPECT_EQ(First(), 1u);
  request.set_map("M");
  EXPECT_EQ(Clear(request), "");
  EXPECT_EQ(First(), 1001u);
}

TEST_F(ClearManualTest, ByEntryOfEitherDirection) {
  EXPECT_EQ(Clear(Entry("192.0.2.2", 50, 1002)), "");  // outbound
  EXPECT_EQ(First(), 1001u);
  EXPECT_EQ(Clear(Entry("192.0.2.1", 50, 1001)), "");  // inbound
  EXPECT_EQ(First(), 2001u);
  for (const auto& other :
       {Entry("192.0.2.2", 50, 1001), Entry("192.0.2.2", 51, 1002), Entry("192.0.2.3", 50, 1002)}) {
    EXPECT_EQ(Clear(other), "No SA has this destination, protocol and SPI.");
  }
  EXPECT_EQ(First(), 2001u);
  EXPECT_EQ(Clear(Entry("192.0.2.2", 6, 1002)), "The protocol of an SA is ESP (50) or AH (51).");
}

TEST_F(ClearManualTest, OneFilterAtATime) {
  api::ClearRequest request = Entry("192.0.2.2", 50, 1002);
  request.set_map("M");
  EXPECT_NE(Clear(request), "");
  EXPECT_EQ(First(), 1u);
}

TEST_F(ClearManualTest, CountersAreClearedApart) {
  g.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({})));
  g.Settle();
  const auto count = [this] { return g.gateway->sets().at(pair().set).counters.encrypted.value(); };
  EXPECT_EQ(count(), 1u);
  const uint64_t before = pair().layers[0].outbound_id;
  g.gateway->ClearFlowCounters();
  EXPECT_EQ(count(), 0u);
  EXPECT_EQ(pair().layers[0].outbound_id, before);
}

TEST(ClearNegotiated, IkeIsToldAndTheNextPacketAsks) {
  TestGateway g{1};
  g.Configure(TunnelConfig(1, 2));
  g.Settle();
  Negotiate(g, 1, {LineTo(1, "10.2.0.0")});
  StubIke ike(g, 1);
  const uint64_t policy = ike.Open();
  EXPECT_EQ(ike.Install(ike.Sa(policy, false, 0x1111)).error, 0u);
  api::ClearRequest request;
  request.set_map("N");
  EXPECT_EQ(g.gateway->ClearSas(request).error(), "");
  EXPECT_EQ(g.gateway->ike_sas().sas().size(), 1u);
  request.set_map("M");
  EXPECT_EQ(g.gateway->ClearSas(request).error(), "");
  EXPECT_TRUE(g.gateway->ike_sas().sas().empty());
  EXPECT_EQ(ike.Events(api::EventKind::kCleared).size(), 1u);
  g.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({})));
  EXPECT_EQ(ike.TakeAll<api::Acquire>(api::MessageType::kAcquire).size(), 1u);
  g.ExpectBalanced();
}

}  // namespace
}  // namespace vam::fwd::test
