// Compression beside a card (SY-14, SY-167): IPComp is always software's, and ESP around it is in
// transport mode, which this card does not have.
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "sim/model/model_card.h"
#include "tests/unit/sw/fwd/gateway_fixture.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

std::unique_ptr<CardTestGateway> WithCard(uint8_t number) {
  auto g = std::make_unique<CardTestGateway>(number, std::make_unique<sim::ModelCard>());
  g->idle_turns = 50;  // the card works when it is polled
  g->Configure(
      TunnelConfig(number, 3 - number, "crypto ipsec transform-set T comp-lzs esp-gcm 128\n"));
  g->Settle();
  return g;
}

const offload::Broker::Placement& Placed(CardTestGateway& g, size_t layer) {
  const auto& pair = g.gateway->sas().pairs().begin()->second;
  return *g.gateway->broker().Find(pair.layers.at(layer).outbound_id);
}

TEST(CardBundle, CompressionWorksWithACardPresent) {
  const auto a = WithCard(1), b = WithCard(2);
  EXPECT_EQ(Placed(*a, 0).reason, "The card cannot: lzs.");
  EXPECT_EQ(Placed(*a, 1).reason, "The card cannot: transport.");
  const Frame plain = UdpPacket({.payload = 1200});  // of a pattern that repeats after 256 bytes
  a->ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), plain));
  a->Settle();
  ASSERT_EQ(a->ports[1]->out.size(), 1u);
  const Frame wire = a->ports[1]->out.front();
  EXPECT_EQ(net::ParseIpv4(Payload(wire))->protocol, net::kProtocolEsp);
  EXPECT_LT(wire.size(), plain.size() * 3 / 4) << "sent as it is";
  b->ports[1]->in.push_back(wire);
  b->Settle();
  ASSERT_EQ(b->ports[0]->out.size(), 1u);
  const Frame arrived = Payload(b->ports[0]->out.front());
  ASSERT_EQ(arrived.size(), plain.size());
  EXPECT_TRUE(std::equal(plain.begin() + 20, plain.end(), arrived.begin() + 20));
  a->ExpectBalanced();
  b->ExpectBalanced();
}

}  // namespace
}  // namespace vam::fwd::test
