// ESP in UDP by a card that knows nothing of UDP: it makes and takes plain ESP, fwd does the rest
// (DP-68).
#include <gtest/gtest.h>

#include <memory>

#include "sim/model/model_card.h"
#include "tests/unit/sw/fwd/ike_fixture.h"

namespace vam::fwd::test {
namespace {

class CardUdpTest : public ::testing::Test {
 protected:
  CardUdpTest() {
    for (auto [g, self] : {std::pair(&a, 1), std::pair(&b, 2)}) {
      g->idle_turns = 50;  // the card works when it is polled
      g->Configure(TunnelConfig(self, 3 - self));
      g->Settle();
      Negotiate(*g, self, {LineTo(self, self == 1 ? "10.2.0.0" : "10.1.0.0")});
    }
  }
  static api::SaInstall InUdp(api::SaInstall sa) {
    sa.flags = api::kSaUdpEncapsulated;
    sa.endpoints.local_port = sa.endpoints.remote_port = 4500;
    return sa;
  }

  CardTestGateway a{1, std::make_unique<sim::ModelCard>()};
  CardTestGateway b{2, std::make_unique<sim::ModelCard>()};
  BasicStubIke<CardTestGateway> ike_a{a, 1}, ike_b{b, 2};
};

TEST_F(CardUdpTest, TheCardCarriesIt) {
  const uint64_t policy_b = ike_b.Open();
  const api::SpiReserved spi = ike_b.Reserve(policy_b);
  const auto in = ike_b.Install(InUdp(ike_b.Sa(policy_b, true, spi.spi[0], spi.sa_id[0])));
  const auto out = ike_a.Install(InUdp(ike_a.Sa(ike_a.Open(), false, spi.spi[0])));
  ASSERT_EQ(in.error, 0u);
  ASSERT_EQ(out.error, 0u);
  EXPECT_EQ(a.gateway->broker().Find(out.sa_id)->engine, a.gateway->card());
  EXPECT_EQ(b.gateway->broker().Find(in.sa_id)->engine, b.gateway->card());
  a.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({.payload = 700})));
  a.Settle();
  ASSERT_EQ(a.ports[1]->out.size(), 1u);
  const Frame wire = a.ports[1]->out.front();
  const Frame packet = Payload(wire);
  EXPECT_EQ(packet[9], net::kProtocolUdp);
  EXPECT_TRUE(net::Ipv4ChecksumOk(packet));
  EXPECT_EQ(LoadBe32(&packet[28]), spi.spi[0]);
  b.ports[1]->in.push_back(wire);
  b.Settle();
  ASSERT_EQ(b.ports[0]->out.size(), 1u);
  const Frame plain = UdpPacket({.payload = 700}), arrived = Payload(b.ports[0]->out.front());
  ASSERT_EQ(arrived.size(), plain.size());
  EXPECT_TRUE(std::equal(plain.begin() + 20, plain.end(), arrived.begin() + 20));
  a.ExpectBalanced();
  b.ExpectBalanced();
}

}  // namespace
}  // namespace vam::fwd::test
