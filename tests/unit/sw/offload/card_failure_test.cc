// A gateway whose card fails under traffic: fail closed, no packet lost from the books, fresh
// numbers afterwards.
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "sim/model/model_card.h"
#include "tests/unit/sw/fwd/gateway_fixture.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

class CardFailureTest : public ::testing::TestWithParam<bool> {
 protected:
  CardFailureTest() {
    // Not eager: packets stay on the card until it is polled.
    auto owned = std::make_unique<sim::ModelCard>(sim::ModelCardConfig{.card = {}, .eager = false});
    card = owned.get();
    a = std::make_unique<CardTestGateway>(uint8_t{1}, std::move(owned));
    a->idle_turns = 50;  // the card works when it is polled
    a->Configure(TunnelConfig(1, 2));
    a->Settle();
  }
  ~CardFailureTest() override { a->ExpectBalanced(); }

  void Send(int packets = 1) {
    for (int i = 0; i < packets; ++i) {
      a->ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({})));
    }
  }
  void Break() { GetParam() ? card->SetGone(true) : card->SetFrozen(true); }
  void TimePasses() {
    for (int i = 0; i < 50; ++i) {
      a->clock.AdvanceNs(100 * kNsPerMs);
      a->Settle();
    }
  }
  const offload::Broker::Placement* Outbound() {
    return a->gateway->broker().Find(
        a->gateway->sas().pairs().begin()->second.layers[0].outbound_id);
  }
  // Every frame on the wire is ESP, and none holds what was sent.
  void ExpectOnlyEsp() {
    const Frame sent = UdpPacket({});
    for (const Frame& frame : a->ports[1]->out) {
      const Frame packet = Payload(frame);
      EXPECT_EQ(net::ParseIpv4(packet)->protocol, net::kProtocolEsp);
      EXPECT_EQ(std::search(packet.begin(), packet.end(), sent.begin() + 28, sent.end()),
                packet.end());
    }
  }

  sim::ModelCard* card = nullptr;
  std::unique_ptr<CardTestGateway> a;
};

TEST_P(CardFailureTest, PacketsEndAsEngineFailedAndNothingLeavesInClear) {
  Send();
  a->Settle();
  ASSERT_EQ(a->ports[1]->out.size(), 1u);
  ASSERT_EQ(Outbound()->engine->name(), "card");
  a->give_numbers = false;
  Break();
  Send(20);
  a->Settle();
  TimePasses();
  EXPECT_TRUE(a->gateway->broker().card_failed());
  EXPECT_EQ(a->Count(Reason::kEngineFailed), 20u);
  EXPECT_EQ(a->gateway->forwarder().InFlight(), 0u);
  Send(3);
  a->Settle();
  EXPECT_EQ(a->ports[1]->out.size(), 1u);
  EXPECT_EQ(a->Count(Reason::kEngineFailed) + a->Count(Reason::kPolicyNoSa), 23u);
  ExpectOnlyEsp();
}

TEST_P(CardFailureTest, SoftwareGoesOnWithNumbersTheCardNeverHad) {
  Send(7);
  a->Settle();
  Break();
  a->Settle();
  TimePasses();
  ASSERT_TRUE(a->gateway->broker().card_failed());
  Send(2);
  a->Settle();
  ASSERT_EQ(Outbound()->engine->name(), "software");
  EXPECT_EQ(Outbound()->reason, "The card has failed.");
  ASSERT_EQ(a->ports[1]->out.size(), 9u);
  EXPECT_EQ(LoadBe32(&a->ports[1]->out[6][38]), 7u);
  EXPECT_EQ(LoadBe32(&a->ports[1]->out[7][38]), 1001u);
  ExpectOnlyEsp();
}

TEST_P(CardFailureTest, ConfigurationWithoutKeysKeepsTheTrafficIn) {
  a->Configure(
      TunnelConfig(1, 2,
                   "crypto map M 10 ipsec-manual\n no match address 101\n match address 101\n"
                   " no set session-key outbound esp\n"));
  a->Settle();
  Send(4);
  a->Settle();
  EXPECT_EQ(a->Count(Reason::kPolicyDiscard), 4u);
  EXPECT_TRUE(a->ports[1]->out.empty());
}

TEST_P(CardFailureTest, FailureWhileInstallingLeavesNothingHanging) {
  CardTestGateway fresh{1, [this] {
                          auto owned = std::make_unique<sim::ModelCard>();
                          card = owned.get();
                          return owned;
                        }()};
  fresh.Configure(TunnelConfig(1, 2));
  Break();
  for (int i = 0; i < 50; ++i) {
    fresh.Settle();
    fresh.clock.AdvanceNs(100 * kNsPerMs);
  }
  fresh.Settle();
  EXPECT_TRUE(fresh.gateway->broker().card_failed());
  EXPECT_FALSE(fresh.gateway->broker().busy());
  const SaManager::Pair& pair = fresh.gateway->sas().pairs().begin()->second;
  EXPECT_EQ(fresh.gateway->sas().DownReason(pair), "");
  EXPECT_EQ(fresh.gateway->broker().Find(pair.layers[0].outbound_id)->engine->name(), "software");
}

INSTANTIATE_TEST_SUITE_P(Faults, CardFailureTest, ::testing::Bool(), [](const auto& param_info) {
  return param_info.param ? "Gone" : "Frozen";
});

}  // namespace
}  // namespace vam::fwd::test
