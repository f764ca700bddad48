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

TEST_F(ClearManualTest, ByVrf) {
  api::ClearRequest request;
  request.set_vrf("red");
  EXPECT_EQ(Clear(request), "There is no VRF red.");
  g.Configure(TunnelConfig(1, 2, "vrf definition red\n"));
  g.Settle();
  EXPECT_EQ(Clear(request), "");
  EXPECT_EQ(First(), 1u) << "its SAs are of the global table";
}

TEST_F(ClearManualTest, SasOfAVrf) {
  g.Configure(TunnelConfig(
      1, 2,
      "vrf definition red\n address-family ipv4\ninterface Ethernet0/0\n vrf forwarding red\n"
      " ip address 10.1.0.1 255.255.255.0\n"
      "interface Ethernet0/1\n vrf forwarding red\n"
      " ip address 192.0.2.1 255.255.255.0\n"));
  g.Settle();
  const uint64_t before = pair().layers[0].outbound_id;
  api::ClearRequest request;
  request.set_vrf("red");
  EXPECT_EQ(Clear(request), "");
  EXPECT_NE(pair().layers[0].outbound_id, before);
}

// MG-16: every session that agrees with all that is named.
TEST_F(ClearManualTest, SessionsByTheirEnds) {
  api::ClearRequest request;
  request.set_kind(api::CLEAR_CRYPTO_SESSION);
  request.set_local("192.0.2.1");
  request.set_peer("192.0.2.9");
  EXPECT_EQ(Clear(request), "");
  EXPECT_EQ(First(), 1u) << "the peer is another one";
  request.set_peer("192.0.2.2");
  request.set_peer_port(4500);
  EXPECT_EQ(Clear(request), "");
  EXPECT_EQ(First(), 1u) << "not within UDP";
  request.set_peer_port(500);
  EXPECT_EQ(Clear(request), "");
  EXPECT_EQ(First(), 1001u);
  request.clear_peer();
  request.clear_peer_port();
  request.set_local_port(500);
  EXPECT_EQ(Clear(request), "");
  EXPECT_EQ(First(), 2001u);
  request.set_front_vrf("red");
  EXPECT_EQ(Clear(request), "There is no VRF red.");
  request.clear_front_vrf();
  request.set_local("here");
  EXPECT_EQ(Clear(request), "No such local address: here.");
}

// MG-15: all of them.
TEST_F(ClearManualTest, AllSessions) {
  api::ClearRequest request;
  request.set_kind(api::CLEAR_CRYPTO_SESSION);
  EXPECT_EQ(g.gateway->Clear(request).error(), "");
  g.Settle();
  EXPECT_EQ(First(), 1001u);
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

TEST(ClearNegotiated, BySaAndBySession) {
  TestGateway g{1};
  g.Configure(TunnelConfig(1, 2));
  g.Settle();
  Negotiate(g, 1, {LineTo(1, "10.2.0.0"), LineTo(1, "10.3.0.0")});
  StubIke ike(g, 1);
  const uint64_t first = ike.Open(0), second = ike.Open(1);
  const uint64_t kept = ike.Install(ike.Sa(first, false, 0x1111)).sa_id;
  api::SaInstall other = ike.Sa(second, false, 0x2222);
  other.endpoints.remote = ToFast(*net::Address::Parse("192.0.2.3"));
  ASSERT_EQ(ike.Install(other).error, 0u);
  api::ClearRequest request;
  request.set_kind(api::CLEAR_CRYPTO_SESSION);
  request.set_peer("192.0.2.3");
  EXPECT_EQ(g.gateway->Clear(request).error(), "");
  ASSERT_EQ(g.gateway->ike_sas().sas().size(), 1u);
  EXPECT_TRUE(g.gateway->ike_sas().sas().contains(kept));
  request.Clear();
  request.set_kind(api::CLEAR_CRYPTO_SA);
  request.set_destination("192.0.2.2");
  request.set_protocol(50);
  request.set_spi(0x2222);
  EXPECT_EQ(g.gateway->Clear(request).error(), "No SA has this destination, protocol and SPI.");
  request.set_spi(0x1111);
  EXPECT_EQ(g.gateway->Clear(request).error(), "");
  EXPECT_TRUE(g.gateway->ike_sas().sas().empty());
  EXPECT_EQ(ike.Events(api::EventKind::kCleared).size(), 2u);
  g.ExpectBalanced();
}

}  // namespace
}  // namespace vam::fwd::test
